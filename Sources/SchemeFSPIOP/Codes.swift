import FormatJSON
import Payments

/// FSPIOP 1.1 §7.6 error codes that the protocol itself needs; all others come from `mappings/codes/reasons.tsv`.
enum ErrorCode {
    static let internalError = "2001"
    static let busy = "2003"
    static let clientError = "3000"
    static let version = "3001"
    static let unknownURI = "3002"
    static let validation = "3100"
    static let malformed = "3101"
    static let missing = "3102"
    static let tooManyElements = "3103"
    static let tooLarge = "3104"
    static let modified = "3106"
    static let payeeUnknown = "3203"
    static let payeeLimit = "5200"
    static let quoteUnknown = "3205"
    static let transferUnknown = "3208"
    static let quoteExpired = "3302"
    static let transferExpired = "3303"

    /// What the engine says of orders without an offer, where the reasons' table has no row.
    static let byCanonical = ["offerLapsed": quoteExpired]

    /// `^[1-9]\d{3}$`.
    static func isText(_ text: String) -> Bool {
        let digits = Array(text.utf8)
        return digits.count == 4 && digits[0] != 0x30 && digits.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    /// Communication and server errors: they say that something failed, not that the transfer was refused.
    static func isTransient(_ code: String) -> Bool { code.hasPrefix("1") || code.hasPrefix("2") }
}

extension Refusal {
    /// A refusal in the network's own code.
    static func fspiop(
        _ layer: Layer, _ code: String, _ canonical: String, path: String, rule: String, says: String
    ) -> Refusal {
        Refusal(
            layer, Reason(canonical, network: "fspiop", foreign: code, detail: says), path: path, rule: rule,
            says: says)
    }

    static func missing(_ path: String, rule: String = "FSPIOP 1.1 §6") -> Refusal {
        fspiop(
            .schema, ErrorCode.missing, "missingElement", path: path, rule: rule,
            says: "Missing mandatory element - \(path)")
    }

    static func malformed(_ path: String, _ says: String, rule: String = "FSPIOP 1.1 §7.2") -> Refusal {
        fspiop(.schema, ErrorCode.malformed, "malformed", path: path, rule: rule, says: "\(path) \(says)")
    }

    static func invalid(_ layer: Layer, _ path: String, _ says: String, rule: String) -> Refusal {
        fspiop(layer, ErrorCode.validation, "contentInvalid", path: path, rule: rule, says: says)
    }
}

/// The scheme's own answer to a message that was refused (FSPIOP 1.1 §3.2.3, §7.6): a status and errorInformation.
struct RefusalAnswer {
    let bodies: Bodies

    func reply(_ refusal: Refusal, _ request: WireRequest, _ context: InboundContext) -> WireReply {
        // Whoever may not speak gets one code, whether the edge found it out or we did.
        let code = refusal.layer == .identity ? ErrorCode.validation : bodies.code(refusal.reason)
        let version = FSPIOPConfig(context.settings)?.version ?? .oneOne
        let resource = Resource(path: request.path)
        let type = resource.map { MediaType.text($0, version) } ?? "application/json"
        var headers = [WireHeader("Content-Type", type)]
        let status = RefusalAnswer.status(refusal, code)
        if status == 503 { headers.append(WireHeader("Retry-After", "5")) }
        if status == 405 { headers.append(WireHeader("Allow", refusal.rule)) }
        var information = ErrorInformation(code: code, description: refusal.says)
        if code == ErrorCode.version { information.extensions = RefusalAnswer.versions(version) }
        return WireReply(status: status, headers: headers, body: information.json.canonicalBytes)
    }

    private static func status(_ refusal: Refusal, _ code: String) -> Int {
        switch code {
        case ErrorCode.version: return 406
        case ErrorCode.unknownURI: return 404
        case ErrorCode.clientError where refusal.path == "method": return 405
        case "2002": return 501
        case "2003", "2004", "2005": return 503
        default: break
        }
        if refusal.layer == .identity { return 403 }
        if code.hasPrefix("1") { return 503 }
        if code.hasPrefix("2") { return 500 }
        return 400
    }

    /// Key is the major, value the minor version.
    private static func versions(_ newest: FSPIOPConfig.Version) -> [(key: String, value: String)] {
        newest == .oneOne ? [("1", "0"), ("1", "1")] : [("1", "0")]
    }
}

/// FSPIOP 1.1 §7.4.2 ErrorInformation.
struct ErrorInformation {
    var code: String
    var description: String
    var extensions: [(key: String, value: String)] = []

    static let longestDescription = 128

    init(code: String, description: String) {
        self.code = code
        self.description = description
    }

    /// The network's code and words of our own. What another system said - a core bank, another network - and what the
    /// engine noted for operators stays with us.
    init(_ reason: Reason, _ bodies: Bodies) {
        code = bodies.code(reason)
        description = (reason.network == "fspiop" ? reason.detail : nil) ?? bodies.says(reason)
    }

    /// Nil when the body is no error object.
    init?(_ body: [UInt8]) {
        guard let json = try? JSONValue.parse(body), let information = json["errorInformation"],
            let code = information["errorCode"]?.string, ErrorCode.isText(code)
        else { return nil }
        self.init(code: code, description: information["errorDescription"]?.string ?? "")
    }

    var json: JSONValue {
        let printable = description.unicodeScalars.filter { $0.value >= 0x20 }.prefix(Self.longestDescription)
        let text = printable.isEmpty ? "Error \(code)" : String(String.UnicodeScalarView(printable))
        var information: JSONValue = [
            "errorCode": .string(code), "errorDescription": .string(text),
        ]
        if !extensions.isEmpty {
            let list = extensions.map { JSONValue.object(["key": .string($0.key), "value": .string($0.value)]) }
            information["extensionList"] = ["extension": .array(list)]
        }
        return ["errorInformation": information]
    }

    /// The reason that the far side gave; the code is kept verbatim beside it.
    func reason(_ bodies: Bodies) -> Reason {
        Reason(
            bodies.canonical(code) ?? "other", network: "fspiop", foreign: code,
            detail: description.isEmpty ? nil : description)
    }
}
