import Payments

/// `application/vnd.interoperability.<resource>+json;version=<major>[.<minor>]` (FSPIOP 1.1 §3.3.4).
enum MediaType {
    static func text(_ resource: Resource, _ version: FSPIOPConfig.Version) -> String {
        "\(prefix)\(resource.rawValue)+json;version=\(version.rawValue)"
    }

    /// Accept names the major version only; the answer's Content-Type says which minor it is.
    static func accept(_ resource: Resource) -> String { "\(prefix)\(resource.rawValue)+json;version=1" }

    struct Version: Equatable {
        var major: Int
        var minor: Int?
    }

    enum Reading: Equatable {
        case unversioned
        case versioned(Version)
        case malformed
    }

    /// At most one space on either side of the semicolon, as the Mojaloop validator reads it.
    static func read(_ text: some StringProtocol, _ resource: Resource) -> Reading {
        let start = "\(prefix)\(resource.rawValue)+json"
        guard text.hasPrefix(start) else { return .malformed }
        var rest = Array(text.utf8.dropFirst(start.utf8.count))[...]
        guard !rest.isEmpty else { return .unversioned }
        if rest.first == 0x20 { rest = rest.dropFirst() }
        guard rest.popFirst() == UInt8(ascii: ";") else { return .malformed }
        if rest.first == 0x20 { rest = rest.dropFirst() }
        let label = Array("version=".utf8)
        guard rest.starts(with: label) else { return .malformed }
        let numbers = rest.dropFirst(label.count).split(separator: 0x2E, omittingEmptySubsequences: false)
        guard (1...2).contains(numbers.count), let major = number(numbers[0]) else { return .malformed }
        guard numbers.count == 2 else { return .versioned(Version(major: major, minor: nil)) }
        guard let minor = number(numbers[1]) else { return .malformed }
        return .versioned(Version(major: major, minor: minor))
    }

    private static let prefix = "application/vnd.interoperability."

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...4).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

/// The headers of a received message, checked (FSPIOP 1.1 §3.2.1).
struct Headers {
    /// The FSP or hub that the message says it comes from.
    let source: String
    let minor: Int

    init(
        _ request: WireRequest, _ resource: Resource, _ config: FSPIOPConfig, permitted: [String]
    ) throws(Refusal) {
        for name in ["Content-Type", "Date", "FSPIOP-Source", "FSPIOP-Destination"] {
            try Headers.once(name, request)
        }
        minor = try Headers.contentType(request, resource, config)
        if request.method == "GET" || request.method == "POST" { try Headers.accept(request, resource, config) }
        guard let date = request.header("Date") else { throw .missing("Date", rule: Headers.table) }
        guard Instant(imfFixdate: date) != nil else {
            throw .malformed(
                "Date", "is not an RFC 7231 date such as Tue, 23 May 2017 21:12:31 GMT", rule: Headers.table)
        }
        guard let source = request.header("FSPIOP-Source"), !source.isEmpty else {
            throw .missing("FSPIOP-Source", rule: Headers.table)
        }
        guard Headers.isFspId(source) else {
            throw .malformed("FSPIOP-Source", "is not a participant name of 1 to 32 characters", rule: Headers.table)
        }
        self.source = source
        try Headers.identity(source, request, config, permitted)
    }

    private static let table = "FSPIOP 1.1 §3.2.1 table 1"

    /// A name has to stand in a header of ours as well, which carries printable ASCII and nothing else unharmed.
    static func isFspId(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// A header given twice may be read as one value here and as another behind us.
    private static func once(_ name: String, _ request: WireRequest) throws(Refusal) {
        let wanted = name.lowercased()
        if request.headers.count(where: { $0.isNamed(wanted) }) > 1 {
            throw .malformed(name, "is given more than once", rule: Headers.table)
        }
    }

    private static func contentType(
        _ request: WireRequest, _ resource: Resource, _ config: FSPIOPConfig
    ) throws(Refusal) -> Int {
        guard let text = request.header("Content-Type") else { throw .missing("Content-Type", rule: table) }
        guard case .versioned(let version) = MediaType.read(text, resource), let minor = version.minor else {
            let wanted = MediaType.text(resource, config.version)
            throw .malformed("Content-Type", "is not \(wanted)", rule: "FSPIOP 1.1 §3.3.4.2")
        }
        guard serves(version, config) else { throw unacceptable("Content-Type", version) }
        return minor
    }

    /// Items are joined by a comma alone; several lines are one list (RFC 9110 §5.3). One that we serve is enough.
    private static func accept(
        _ request: WireRequest, _ resource: Resource, _ config: FSPIOPConfig
    ) throws(Refusal) {
        let lines = request.headers.filter { $0.isNamed("accept") }
        guard !lines.isEmpty else { throw .missing("Accept", rule: table) }
        let text = lines.map(\.value).joined(separator: ",")
        var refused: MediaType.Version?
        var served = false
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            switch MediaType.read(item, resource) {
            case .unversioned: served = true
            case .versioned(let version) where serves(version, config): served = true
            case .versioned(let version): refused = version
            case .malformed:
                throw .malformed(
                    "Accept", "has an item that is not \(MediaType.accept(resource))", rule: "FSPIOP 1.1 §3.3.4.1")
            }
        }
        if !served { throw unacceptable("Accept", refused ?? MediaType.Version(major: 0, minor: nil)) }
    }

    private static func serves(_ version: MediaType.Version, _ config: FSPIOPConfig) -> Bool {
        version.major == 1 && (version.minor ?? 0) <= (config.version == .oneOne ? 1 : 0)
    }

    private static func unacceptable(_ path: String, _ version: MediaType.Version) -> Refusal {
        let number = version.minor.map { "\(version.major).\($0)" } ?? "\(version.major)"
        return .fspiop(
            .wire, ErrorCode.version, "versionNotSupported", path: path, rule: "FSPIOP 1.1 §3.3.4.3",
            says: "The Client requested to use an unsupported version - \(number)")
    }

    /// The certificate says for whom its owner may speak; `*` stands for every participant but ourselves.
    private static func identity(
        _ source: String, _ request: WireRequest, _ config: FSPIOPConfig, _ permitted: [String]
    ) throws(Refusal) {
        let mayBe = permitted.contains(source) || (permitted.contains("*") && source != config.fspId)
        guard mayBe else {
            throw .fspiop(
                .identity, ErrorCode.validation, "permissionMissing", path: "FSPIOP-Source", rule: table,
                says: "The connection's certificate does not speak for FSPIOP-Source \(source)")
        }
        if let destination = request.header("FSPIOP-Destination"), destination != config.fspId {
            throw .fspiop(
                .wire, ErrorCode.validation, "messageMisrouted", path: "FSPIOP-Destination", rule: table,
                says: "FSPIOP-Destination \(destination) is not served here; this is \(config.fspId)")
        }
    }

    /// Headers of a message of ours. Content-Length and Host are the edge's.
    static func outgoing(
        _ method: String, _ resource: Resource, to destination: String?, at now: Instant, _ config: FSPIOPConfig
    ) -> [WireHeader] {
        var headers = [
            WireHeader("Content-Type", MediaType.text(resource, config.version)),
            WireHeader("Date", now.imfFixdate),
            WireHeader("FSPIOP-Source", config.fspId),
        ]
        if let destination { headers.append(WireHeader("FSPIOP-Destination", destination)) }
        if method == "GET" || method == "POST" || (method == "PUT" && config.acceptOnPut) {
            headers.append(WireHeader("Accept", MediaType.accept(resource)))
        }
        return headers
    }
}
