/// Where requests go: scheme, host, port and an optional path prefix, or a socket file of this machine.
public struct EdgeDestination: Sendable, Equatable, CustomStringConvertible {
    public let isSecure: Bool
    /// Host name or IP address without brackets; empty for a socket file.
    public let host: String
    public let port: Int
    /// Comes before the path of every request; empty, or begins with a slash and does not end with one.
    public let pathPrefix: String
    /// The socket file; nil for TCP.
    public let socketPath: String?

    /// Reads `https://host[:port][/prefix]`, `http://host[:port][/prefix]` or `unix:/path`.
    public init(_ text: String) throws(EdgeFailure) {
        if text.hasPrefix("unix:/") {
            isSecure = false
            host = ""
            port = 0
            pathPrefix = ""
            socketPath = String(text.dropFirst(5))
            return
        }
        let rest: Substring
        if text.hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst(8)
        } else if text.hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst(7)
        } else {
            throw .destinationNotUnderstood(text)
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<slash], standardPort: isSecure ? 443 : 80) else {
            throw .destinationNotUnderstood(text)
        }
        var prefix = rest[slash...]
        while prefix.last == "/" { prefix.removeLast() }
        guard prefix.isEmpty || EdgeTarget.isPath(String(prefix)) else { throw .destinationNotUnderstood(text) }
        self.host = host
        self.port = port
        pathPrefix = String(prefix)
        socketPath = nil
    }

    public var description: String {
        if let socketPath { return "unix:\(socketPath)" }
        let shown = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return "\(isSecure ? "https" : "http")://\(shown):\(port)\(pathPrefix)"
    }

    /// As the connection pool wants it, with another host name when the certificate is to bear one.
    func poolURL(serverName: String?) -> String {
        if let socketPath { return "http+unix://\(EdgeTarget.encoded(socketPath))/" }
        let name = serverName ?? host
        let shown = name.utf8.contains(UInt8(ascii: ":")) ? "[\(name)]" : name
        return "\(isSecure ? "https" : "http")://\(shown):\(port)/"
    }

    private static func authority(_ text: Substring, standardPort: Int) -> (String, Int)? {
        var host = text
        var port = standardPort
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard host.utf8.allSatisfy({ isAddressByte($0) }) else { return nil }
            if !rest.isEmpty {
                guard rest.first == ":", let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
                port = Int(number)
            }
        } else {
            if let colon = text.firstIndex(of: ":") {
                guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { return nil }
                host = text[..<colon]
                port = Int(number)
            }
            guard host.utf8.allSatisfy({ isNameByte($0) }) else { return nil }
        }
        return host.isEmpty ? nil : (String(host), port)
    }

    /// Whether a byte may stand in a host name.
    public static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

/// What may stand in the first line of a request; anything else could be read as a second request.
enum EdgeTarget {
    /// RFC 3986 path that begins with a slash, percent-encoding left as it is.
    static func isPath(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "/") && text.utf8.allSatisfy { isPathByte($0) }
    }

    static func isQuery(_ text: String) -> Bool {
        text.utf8.allSatisfy { isPathByte($0) || $0 == UInt8(ascii: "?") }
    }

    /// RFC 9110 token, as method names are.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    /// Every byte but the plainest as `%XX`.
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "-._~%!$&'()*+,;=:@/".utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
