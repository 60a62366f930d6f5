import Payments

/// The resources of FSPIOP 1.x that this adapter speaks, as their first path segment writes them.
enum Resource: String, CaseIterable {
    case parties, quotes, transfers

    /// Nil when the path is of no resource that we speak.
    init?(path: String) {
        guard let first = path.split(separator: "/").first else { return nil }
        self.init(rawValue: String(first))
    }

    /// Resources of FSPIOP 1.1 that we know and do not serve: 501, where an unknown one is 404.
    static let unserved: Set<String> = [
        "participants", "transactionRequests", "authorizations", "transactions", "bulkQuotes", "bulkTransfers",
    ]
}

/// Whom a lookup is about (FSPIOP 1.1 §6.3).
struct PartyName: Equatable {
    var idType: String
    var identifier: String
    var subId: String?

    static let idTypes = ["MSISDN", "EMAIL", "PERSONAL_ID", "BUSINESS", "DEVICE", "ACCOUNT_ID", "IBAN", "ALIAS"]
    static let longest = 128

    /// The name under which question and answer of a lookup find each other.
    var key: String { ([idType, identifier] + (subId.map { [$0] } ?? [])).map(Percent.encode).joined(separator: "/") }

    var path: String { "/parties/\(key)" }

    /// Why these names cannot stand in a path; nil when they can. `.` and `..` would name another resource to whoever
    /// resolves paths, and a sub-id `error` would make an answer of a question.
    var problem: String? {
        let names = [identifier] + (subId.map { [$0] } ?? [])
        guard names.allSatisfy({ (1...PartyName.longest).contains($0.unicodeScalars.count) }) else {
            return "has an identifier that is not 1 to 128 characters"
        }
        guard !names.contains("."), !names.contains(".."), subId != "error" else {
            return "has an identifier that cannot stand in a path"
        }
        return nil
    }
}

/// What a path names.
enum Target: Equatable {
    case party(PartyName, isError: Bool)
    case quotes
    case quote(String, isError: Bool)
    case transfers
    case transfer(String, isError: Bool)

    var resource: Resource {
        switch self {
        case .party: .parties
        case .quotes, .quote: .quotes
        case .transfers, .transfer: .transfers
        }
    }

    /// Methods that FSPIOP 1.1 §6.1 defines here and we take.
    var methods: [String] {
        switch self {
        case .party(_, let isError): isError ? ["PUT"] : ["GET", "PUT"]
        case .quotes, .transfers: ["POST"]
        case .quote(_, let isError): isError ? ["PUT"] : ["GET", "PUT"]
        case .transfer(_, let isError): isError ? ["PUT"] : ["GET", "PUT", "PATCH"]
        }
    }

    init(_ request: WireRequest) throws(Refusal) {
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        var segments: [String] = []
        for part in parts {
            guard let text = Percent.decode(part) else {
                throw .malformed("path", "has a segment that is not percent-encoded UTF-8")
            }
            segments.append(text)
        }
        guard let first = segments.first, request.path.hasPrefix("/"), !segments.contains("") else {
            throw Target.unknown(request.path)
        }
        guard let resource = Resource(rawValue: first) else {
            guard !Resource.unserved.contains(first) else {
                throw .fspiop(
                    .wire, "2002", "featureNotSupported", path: "path", rule: "FSPIOP 1.1 §6.1",
                    says: "The resource \(first) is not implemented here")
            }
            throw Target.unknown(request.path)
        }
        let rest = Array(segments.dropFirst())
        switch resource {
        case .parties: self = try Target.party(rest, request)
        case .quotes where rest.isEmpty: self = .quotes
        case .transfers where rest.isEmpty: self = .transfers
        case .quotes: self = .quote(try Target.identified(rest, request), isError: rest.count == 2)
        case .transfers: self = .transfer(try Target.identified(rest, request), isError: rest.count == 2)
        }
        guard methods.contains(request.method) else {
            throw .fspiop(
                .wire, ErrorCode.clientError, "contentInvalid", path: "method",
                rule: methods.joined(separator: ", "), says: "\(request.method) is not defined for \(first)")
        }
    }

    private static func unknown(_ path: String) -> Refusal {
        .fspiop(
            .wire, ErrorCode.unknownURI, "messageMisrouted", path: "path", rule: "FSPIOP 1.1 §6.1",
            says: "Unknown URI - \(path.prefix(80))")
    }

    private static func identified(_ segments: [String], _ request: WireRequest) throws(Refusal) -> String {
        guard segments.count == 1 || (segments.count == 2 && segments[1] == "error") else {
            throw unknown(request.path)
        }
        guard Form.isCorrelationId(segments[0]) else {
            throw .malformed("path", "names no identifier: a UUID in lower case is wanted", rule: "FSPIOP 1.1 §7.3.8")
        }
        return segments[0]
    }

    private static func party(_ segments: [String], _ request: WireRequest) throws(Refusal) -> Target {
        var names = segments
        let isError = names.count > 2 && names.last == "error"
        if isError { names.removeLast() }
        guard names.count == 2 || names.count == 3 else { throw unknown(request.path) }
        guard PartyName.idTypes.contains(names[0]) else {
            throw .malformed("path", "has an unknown PartyIdType", rule: "FSPIOP 1.1 §7.5.6")
        }
        let party = PartyName(idType: names[0], identifier: names[1], subId: names.count == 3 ? names[2] : nil)
        if let problem = party.problem { throw .malformed("path", problem, rule: "FSPIOP 1.1 §7.3.24") }
        return .party(party, isError: isError)
    }
}

/// Percent-encoding of one path segment (RFC 3986 §2).
enum Percent {
    /// Nil when the escapes are broken, the text is no UTF-8 or has control characters.
    static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self),
            decoded.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { return nil }
        return decoded
    }

    /// Leaves `+` as it is: it is legal in a path, and telephone numbers begin with it.
    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E, 0x5F, 0x7E, 0x40, 0x3A: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
