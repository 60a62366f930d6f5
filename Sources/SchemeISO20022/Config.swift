import Payments

/// The settings of one rail, read from the neighbour's named values.
///
/// | key | meaning | default |
/// |---|---|---|
/// | `bic` or `memberId` | our name on the rail; `memberId` with `clearingSystemId` | needed |
/// | `clearingBic` or `clearingMemberId` | the clearing's name | needed |
/// | `serves` | further creditor agents whose payments we take, separated by spaces | none |
/// | `path` | where the clearing takes messages | `/iso20022` |
/// | `envelope` | what stands around AppHdr and Document: see `ISOEnvelopeSettings` | `BusMsg` |
/// | `envelopeNamespace` | namespace of those elements | none, or the network's |
/// | `header` | version of the business application header | `head.001.001.02`, of `tch` 01 |
/// | `prefixes` | `envelope=P header=P document=P`, each where it is wanted | default namespaces |
/// | `encodings` | `strict` reads UTF-8 alone, `lenient` UTF-16 and ISO-8859-1 too | `strict` |
/// | `service` | BizSvc of the header | none |
/// | `clockMilliseconds` | the rail's clock, from AccptncDtTm to our answer | 10000 |
/// | `marginMilliseconds` | our answer is ready so long before the clock | 1000 |
/// | `accept` | TxSts of our positive answer | `ACCP` |
/// | `acceptIsFinal` | `yes`: no final status follows our positive answer | `no` |
/// | `final` | TxSts that say for good that the money moved | `ACSC ACCC ACWP BLCK` |
/// | `settlementDays` | days that IntrBkSttlmDt may be away from today | 1 |
/// | `serviceLevel`, `categoryPurpose` | written where a payment does not say | none |
/// | `localInstrument`, `localInstrumentProprietary` | the same for LclInstrm, the code before the other | none |
/// | `clearingSystemCode` | the same for SttlmInf/ClrSys/Cd | none |
/// | `chargeBearer` | the same for ChrgBr | `SLEV` |
/// | `exchange` | `synchronous`: answers in the connection; `asynchronous`: as messages of their own | `synchronous` |
/// | `silence` | what we say when our time is up and the far leg is not known: `RJCT` (AB05) or `ACWP` | `RJCT` |
/// | `notKnown` | reason code for an enquiry about a payment that we do not have | `AG09` |
/// | `currencies` | those that the network's own setting names, separated by spaces | any |
struct ISOSettings: Sendable, Equatable {
    var scope: String
    var ours: Agent
    var clearing: Agent
    var serves: [String]
    var path: String
    var envelope: ISOEnvelope
    /// Encodings beside UTF-8 are read.
    var isLenient: Bool
    var service: String?
    var clockMilliseconds: Int64
    var marginMilliseconds: Int64
    var accept: String
    var acceptIsFinal: Bool
    var final: Set<String>
    var settlementDays: Int64
    var serviceLevel: String?
    var localInstrument: String?
    var localInstrumentProprietary: String?
    var categoryPurpose: String?
    var clearingSystemCode: String?
    var chargeBearer: String
    var isAsynchronous: Bool
    /// When our time is up and the far leg is not known: settled, not posted, instead of a refusal.
    var answersSettledNotPosted: Bool
    /// Nil writes the code that the tables name.
    var notKnown: String?
    /// Empty for any.
    var currencies: Set<String>

    struct Faults: Error, Equatable { var texts: [String] }

    static func read(_ values: AdapterSettings) -> Result<ISOSettings, Faults> {
        var reader = ISOSettingsReader(values: values)
        let settings = reader.settings()
        return reader.faults.isEmpty ? .success(settings) : .failure(Faults(texts: reader.faults))
    }

    /// A payment cannot be at fault for our settings: said as our own error.
    static func of(_ values: AdapterSettings) throws(Refusal) -> ISOSettings {
        switch read(values) {
        case .success(let settings): return settings
        case .failure(let faults):
            throw Refusal(
                .business, Reason("internalError"), rule: "settings", says: faults.texts.joined(separator: "; "))
        }
    }

    func correlation(_ what: String, _ parts: String?...) -> Correlation? {
        var key = ""
        for part in parts {
            guard let part, !part.isEmpty else { return nil }
            // No XML text can hold this separator, so no two lists of parts make one key.
            key += key.isEmpty ? part : "\u{1F}" + part
        }
        return Correlation("\(scope)/\(what)", key)
    }

    func isOurs(_ agent: Agent) -> Bool { agent.railName != nil && agent.railName == ours.railName }

    func carries(_ currency: Currency) -> Bool { currencies.isEmpty || currencies.contains(currency.code) }

    func isServed(_ agent: Agent) -> Bool {
        isOurs(agent) || serves.contains { Agent(railName: $0).railName == agent.railName && agent.railName != nil }
    }
}

private struct ISOSettingsReader {
    let values: AdapterSettings
    var faults: [String] = []

    mutating func settings() -> ISOSettings {
        let accept = code("accept", "ACCP")
        let final = words("final") ?? ["ACSC", "ACCC", "ACWP", "BLCK"]
        for word in final where !isCode(word) { faults.append("final: \(word) is not a status of four characters") }
        let acceptIsFinal = flag("acceptIsFinal")
        return ISOSettings(
            scope: "\(values.network)/\(values.tenant)", ours: agent("bic", "memberId"),
            clearing: agent("clearingBic", "clearingMemberId"), serves: words("serves") ?? [], path: path(),
            envelope: envelope(), isLenient: choice("encodings", "strict", "lenient"), service: text("service", 35),
            clockMilliseconds: number("clockMilliseconds", 10_000, 1_000...3_600_000),
            marginMilliseconds: margin(), accept: accept, acceptIsFinal: acceptIsFinal, final: Set(final),
            settlementDays: number("settlementDays", 1, 0...365), serviceLevel: text("serviceLevel", 4),
            localInstrument: text("localInstrument", 35),
            localInstrumentProprietary: text("localInstrumentProprietary", 35),
            categoryPurpose: text("categoryPurpose", 4), clearingSystemCode: text("clearingSystemCode", 3),
            chargeBearer: code("chargeBearer", "SLEV"),
            isAsynchronous: choice("exchange", "synchronous", "asynchronous"),
            answersSettledNotPosted: choice("silence", "RJCT", "ACWP"),
            notKnown: values["notKnown"] == nil ? nil : code("notKnown", ""), currencies: currencies())
    }

    private mutating func currencies() -> Set<String> {
        let listed = words("currencies") ?? []
        for word in listed where Currency(word)?.isListed != true {
            faults.append("currencies: \(word) is no currency of ISO 4217")
        }
        return Set(listed)
    }

    private mutating func margin() -> Int64 {
        let clock = number("clockMilliseconds", 10_000, 1_000...3_600_000)
        return number("marginMilliseconds", min(1_000, clock / 2), 0...(clock - 1))
    }

    private mutating func agent(_ bic: String, _ member: String) -> Agent {
        var agent = Agent()
        if let text = values[bic], !text.isEmpty {
            if !Agent.isBIC(text) { faults.append("\(bic): \(text) is not a BIC of 8 or 11 characters") }
            agent.bic = text
        } else if let text = values[member], !text.isEmpty {
            if text.count > 35 { faults.append("\(member): longer than 35 characters") }
            agent.clearingMember = text
            agent.clearingSystem = text.isEmpty ? nil : values["clearingSystemId"]
        } else {
            faults.append("\(bic): needed, or \(member)")
        }
        return agent
    }

    private mutating func path() -> String {
        let path = values["path"] ?? "/iso20022"
        let isPlain = path.utf8.allSatisfy { $0 > 0x20 && $0 != 0x3F && $0 < 0x7F }
        if path.utf8.first != UInt8(ascii: "/") || !isPlain {
            faults.append("path: \(path) is not an absolute path")
        }
        return path
    }

    private mutating func envelope() -> ISOEnvelope {
        var reader = ISOEnvelopeSettings { [values] in values[$0] }
        let envelope = reader.read()
        faults += reader.faults
        return envelope
    }

    private mutating func text(_ key: String, _ greatest: Int) -> String? {
        guard let text = values[key], !text.isEmpty else { return nil }
        if text.count > greatest { faults.append("\(key): longer than \(greatest) characters") }
        return text
    }

    private mutating func code(_ key: String, _ fallback: String) -> String {
        let text = values[key] ?? fallback
        if !isCode(text) { faults.append("\(key): \(text) is not a code of four characters") }
        return text
    }

    private func isCode(_ text: String) -> Bool {
        text.utf8.count == 4 && text.utf8.allSatisfy { ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39) }
    }

    private func words(_ key: String) -> [String]? {
        values[key].map { $0.split { $0 == " " || $0 == "," }.map(String.init) }
    }

    private mutating func flag(_ key: String) -> Bool { choice(key, "no", "yes") }

    /// True for the second word; the first is the default.
    private mutating func choice(_ key: String, _ first: String, _ second: String) -> Bool {
        let word = values[key] ?? first
        if word != first, word != second { faults.append("\(key): \(word) is neither \(second) nor \(first)") }
        return word == second
    }

    private mutating func number(_ key: String, _ fallback: Int64, _ range: ClosedRange<Int64>) -> Int64 {
        guard let text = values[key] else { return fallback }
        guard let number = Int64(text), range.contains(number) else {
            let fault = "\(key): \(text) is no number from \(range.lowerBound) to \(range.upperBound)"
            if !faults.contains(fault) { faults.append(fault) }
            return fallback
        }
        return number
    }
}

extension Agent {
    /// The one name under which an agent counts on a rail: its BIC with its branch, else its number at the clearing.
    var railName: String? {
        if let bic { return bic.utf8.count == 8 ? bic + "XXX" : bic }
        return clearingMember ?? fspId
    }

    /// Every name under which it may be known on a rail, the one that counts first.
    var railNames: [String] { [bic == nil ? nil : railName, clearingMember, fspId].compactMap { $0 } }

    /// The agent that a name of settings or of a certificate stands for.
    init(railName name: String) {
        self.init()
        if Agent.isBIC(name) { bic = name } else { clearingMember = name }
    }

    static func isBIC(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 8 || bytes.count == 11 else { return false }
        let isLetter = { (byte: UInt8) in byte >= 0x41 && byte <= 0x5A }
        guard bytes.allSatisfy({ isLetter($0) || ($0 >= 0x30 && $0 <= 0x39) }) else { return false }
        return isLetter(bytes[4]) && isLetter(bytes[5])
    }
}
