import FormatJSON

/// A request as a peer of the lab sees it: bytes, headers as written, and who the certificate says is asking.
public struct LabRequest: Sendable {
    public var method: String
    /// Absolute path without query, as written.
    public var path: String
    public var query: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// Common name of the caller's certificate; nil when the connection carries none.
    public var commonName: String?

    public init(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)] = [],
        body: [UInt8] = [], commonName: String? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.commonName = commonName
    }

    /// The first value of the header of this name, whatever its case.
    public func header(_ name: String) -> String? { firstHeader(name, headers) }

    /// The path cut at its slashes, percent-decoded.
    var segments: [String] { path.split(separator: "/").map { percentDecoded($0) } }

    mutating func setHeader(_ name: String, _ value: String) {
        headers.removeAll { $0.name.lowercased() == name.lowercased() }
        headers.append((name, value))
    }
}

/// The answer to a `LabRequest`.
public struct LabReply: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of the header of this name, whatever its case.
    public func header(_ name: String) -> String? { firstHeader(name, headers) }

    static func json(_ status: Int, _ body: JSONValue, type: String = "application/json") -> LabReply {
        LabReply(status: status, headers: [("Content-Type", type)], body: body.canonicalBytes)
    }
}

/// What a listener does with a request once it has been read.
public enum LabAnswer: Sendable {
    case reply(LabReply)
    /// The head and half of the body go out, then the connection closes.
    case half(LabReply)
    /// The head at once, the body a few bytes at a time over so long.
    case drip(LabReply, milliseconds: Int)
    /// The connection closes without an answer.
    case close
    /// The connection stays open and nothing is ever said on it.
    case never
}

/// What became of a request that a peer sent.
public enum LabOutcome: Sendable {
    case replied(LabReply)
    case failed(String)

    /// The HTTP status; nil when there was no answer.
    public var status: Int? {
        if case .replied(let reply) = self { reply.status } else { nil }
    }
}

private func firstHeader(_ name: String, _ headers: [(name: String, value: String)]) -> String? {
    let wanted = name.lowercased()
    return headers.first { $0.name.lowercased() == wanted }?.value
}

private func percentDecoded(_ text: Substring) -> String {
    guard text.contains("%") else { return String(text) }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2,
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
