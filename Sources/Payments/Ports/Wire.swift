/// One header field, name kept as it was written; comparison of names ignores case.
public struct WireHeader: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Whether the field has this name, in whatever case.
    public func isNamed(_ other: String) -> Bool { sameName(name, other) }
}

/// A request that reached us or that we send, as bytes: the only form in which the outer world and a translator meet.
public struct WireRequest: Sendable, Equatable {
    /// Upper-case method, such as `POST`.
    public var method: String
    /// Absolute path without query, percent-encoding kept as it was written.
    public var path: String
    /// Query without the question mark; empty when there is none.
    public var query: String
    public var headers: [WireHeader]
    public var body: [UInt8]

    public init(
        method: String, path: String, query: String = "", headers: [WireHeader] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The first value of the header of this name.
    public func header(_ name: String) -> String? { firstValue(name, in: headers) }
}

/// The answer to a `WireRequest`.
public struct WireReply: Sendable, Equatable {
    public var status: Int
    public var headers: [WireHeader]
    public var body: [UInt8]

    public init(status: Int, headers: [WireHeader] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of the header of this name.
    public func header(_ name: String) -> String? { firstValue(name, in: headers) }
}

/// What became of a request that we sent. Law 2: a request that may have left has three outcomes, never two.
public enum WireOutcome: Sendable, Equatable {
    /// The far side answered, whatever the status.
    case replied(WireReply)
    /// Nothing left this machine: the connection could not be opened. Safe to send again.
    case notSent(String)
    /// The request may have been received: the connection broke or the time ran out after the first byte went out.
    case unknown(String)
}

/// Who is at the other end of a connection, as its certificate says.
public struct PeerCertificate: Sendable, Equatable {
    /// The subject's common name; empty when it has none.
    public var commonName: String
    /// DNS names of the subjectAltName extension.
    public var dnsNames: [String]
    /// SHA-256 of the DER bytes, lower-case hex.
    public var fingerprint: String

    public init(commonName: String, dnsNames: [String], fingerprint: String) {
        self.commonName = commonName
        self.dnsNames = dnsNames
        self.fingerprint = fingerprint
    }
}

private func firstValue(_ name: String, in headers: [WireHeader]) -> String? {
    for header in headers where header.isNamed(name) { return header.value }
    return nil
}

private func sameName(_ left: String, _ right: String) -> Bool {
    let a = left.utf8
    let b = right.utf8
    guard a.count == b.count else { return false }
    return zip(a, b).allSatisfy { lowered($0) == lowered($1) }
}

private func lowered(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
