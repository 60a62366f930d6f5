public import Payments

/// What a profile asks of a message: one row of `profiles/NAME.tsv` as it stands.
public struct ProfileRule: Sendable, Equatable {
    public enum Severity: String, Sendable, CaseIterable {
        /// The network would not take the message.
        case refuse
        /// The network takes it; someone should look.
        case warn
    }

    /// Such as `SI-014`; unique in its profile.
    public let id: String
    /// Families such as `pacs.008`, definitions such as `pacs.008.001.08`, `*` for every message, `head`.
    public let messages: [String]
    public let path: String
    public let check: String
    public let when: String
    public let severity: Severity
    /// The days on which the rule holds, both of them included; nil where it has no bound.
    public let from: CivilDate?
    public let until: CivilDate?
    /// Where the fact comes from, and how sure it is.
    public let source: String
    public let says: String
    /// What the sender can do about it.
    public let mend: String
    /// The row's line in the table.
    public let line: Int

    /// Whether the rule holds on a day.
    public func holds(on day: CivilDate) -> Bool {
        (from.map { $0 <= day } ?? true) && (until.map { day <= $0 } ?? true)
    }

    /// Whether the rule is about messages of a definition, such as `pacs.008.001.08`.
    func concerns(_ definition: String) -> Bool {
        messages.contains { name in
            name == "*"
                ? !definition.hasPrefix("head.")
                : name == "head"
                    ? definition.hasPrefix("head.") : definition == name || definition.hasPrefix(name + ".")
        }
    }
}

/// One way in which a message breaks a profile.
public struct ProfileFinding: Sendable, Equatable, CustomStringConvertible {
    public let profile: String
    public let rule: String
    public let severity: ProfileRule.Severity
    /// Of the message concerned, such as `pacs.008.001.08`.
    public let message: String
    /// From the message's own element, as in `CdtTrfTxInf[2]/Cdtr/PstlAdr`; the first of its name carries no number.
    public let path: String
    /// Both from 1; of an element that is missing, the place of the one in which it should stand.
    public let line: Int
    public let column: Int
    /// The offending text, at most `ProfileLimits.shownCharacters` of it; empty for what is missing.
    public let text: String
    public let says: String
    public let mend: String
    public let source: String

    public var description: String {
        let shown = text.isEmpty ? "" : " (\(text))"
        return "line \(line), column \(column), \(path): \(says)\(shown) [\(profile) \(rule)]"
    }
}

/// What a profile found in a document.
public struct ProfileVerdict: Sendable, Equatable {
    /// By place; at most `ProfileLimits.findings`.
    public let findings: [ProfileFinding]
    /// Findings beyond those that are kept.
    public let omitted: Int
    /// Definitions of the messages that were seen, in order, at most `ProfileLimits.messages`.
    public let messages: [String]

    /// Whether the network would take what was read: there was a message, and no rule refuses it.
    public var isTaken: Bool { !messages.isEmpty && !findings.contains { $0.severity == .refuse } }
}

/// What a profile may cost us, beyond the limits of the format.
public enum ProfileLimits {
    /// Findings that are kept of one document; the rest are counted.
    public static let findings = 100
    /// Characters of an offending text that are shown.
    public static let shownCharacters = 60
    /// Definitions of messages that are named of one document.
    public static let messages = 100
    /// Breaches at a time that wait for what comes later in the same transaction.
    static let pending = 1000
    /// Bytes of a text that are kept to compare it with another.
    static let keptTextBytes = 2048
    /// Elements within one path of a table.
    static let pathSteps = 16
    /// Paths of one table of rules that alternatives stand for.
    static let alternatives = 256
}
