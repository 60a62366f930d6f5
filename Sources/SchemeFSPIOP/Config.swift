public import Payments

/// Settings of one FSPIOP network, read and checked.
///
/// | name | meaning | default |
/// |---|---|---|
/// | fspId | our participant name on the network | none, required |
/// | ilpSecret | key from which fulfilments are made; at least 16 characters, never shown | none, required |
/// | hubName | the name under which the hub itself signs messages | Hub |
/// | version | `1.1` or `1.0` | 1.1 |
/// | quoteMilliseconds | how long our terms hold | 60000 |
/// | transferMilliseconds | how long a transfer of ours may take until it expires | 20000 |
/// | marginMilliseconds | time that the hub's last word may need after a transfer's expiry | 1000 |
/// | minimumMilliseconds | an order that expires sooner than this is refused | 3000 |
/// | patchMilliseconds | how long to wait for the hub's PATCH before asking | 5000 |
/// | acceptOnPut | `true` for a peer that wants an Accept header on callbacks | false |
public struct FSPIOPConfig: Sendable, Equatable {
    public enum Version: String, Sendable { case one = "1.0", oneOne = "1.1" }

    public var fspId: String
    public var ilpSecret: String
    public var hubName: String
    public var version: Version
    public var quoteMilliseconds: Int64
    public var transferMilliseconds: Int64
    public var marginMilliseconds: Int64
    public var minimumMilliseconds: Int64
    public var patchMilliseconds: Int64
    public var acceptOnPut: Bool

    private let scopePrefix: String

    /// Everything that is wrong with the settings, one sentence each; empty when they can be used.
    public static func problems(_ settings: AdapterSettings) -> [String] {
        var check = SettingsCheck(settings)
        _ = FSPIOPConfig(&check)
        return check.problems
    }

    /// Nil when `problems` has any.
    public init?(_ settings: AdapterSettings) {
        var check = SettingsCheck(settings)
        self.init(&check)
        guard check.problems.isEmpty else { return nil }
    }

    private init(_ check: inout SettingsCheck) {
        fspId = check.text("fspId", 1...32)
        ilpSecret = check.text("ilpSecret", 16...1024, spaces: true)
        hubName = check.text("hubName", 1...32, default: "Hub")
        let number = check.text("version", 1...8, default: Version.oneOne.rawValue)
        version = Version(rawValue: number) ?? .oneOne
        if Version(rawValue: number) == nil { check.problems.append("version \(number) is neither 1.1 nor 1.0") }
        quoteMilliseconds = check.milliseconds("quoteMilliseconds", default: 60_000)
        transferMilliseconds = check.milliseconds("transferMilliseconds", default: 20_000)
        marginMilliseconds = check.milliseconds("marginMilliseconds", default: 1_000)
        minimumMilliseconds = check.milliseconds("minimumMilliseconds", default: 3_000)
        patchMilliseconds = check.milliseconds("patchMilliseconds", default: 5_000)
        let flag = check.text("acceptOnPut", 4...5, default: "false")
        acceptOnPut = flag == "true"
        if !["true", "false"].contains(flag) { check.problems.append("acceptOnPut is neither true nor false") }
        if check.problems.isEmpty, marginMilliseconds >= transferMilliseconds {
            check.problems.append("marginMilliseconds must be less than transferMilliseconds")
        }
        scopePrefix = "\(check.settings.network)/\(check.settings.tenant)/"
    }

    func key(_ what: KeyScope, _ id: String) -> Correlation { Correlation(scopePrefix + what.rawValue, id) }

    /// What a correlation of ours names.
    enum KeyScope: String { case lookup, party, quote, transaction, transfer }
}

/// Reads settings and collects what is wrong with them, so that a bank sees all of it at once.
private struct SettingsCheck {
    let settings: AdapterSettings
    var problems: [String] = []

    init(_ settings: AdapterSettings) { self.settings = settings }

    mutating func text(
        _ name: String, _ length: ClosedRange<Int>, default standard: String? = nil, spaces: Bool = false
    ) -> String {
        guard let value = settings[name] ?? standard else {
            problems.append("\(name) is missing")
            return ""
        }
        let isPlain = value.utf8.allSatisfy { ($0 > 0x20 && $0 < 0x7F) || (spaces && $0 == 0x20) }
        if !length.contains(value.utf8.count) || !isPlain {
            problems.append("\(name) must be \(length.lowerBound) to \(length.upperBound) printable ASCII characters")
        }
        return value
    }

    mutating func milliseconds(_ name: String, default standard: Int64) -> Int64 {
        guard let text = settings[name] else { return standard }
        guard let value = Int64(text), (1...86_400_000).contains(value) else {
            problems.append("\(name) must be a number of milliseconds from 1 to 86400000")
            return standard
        }
        return value
    }
}
