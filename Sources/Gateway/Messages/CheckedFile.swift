import SchemeISO20022

/// How far a check looks, as the command line says it. Each layer includes the wire; business and profile rules come
/// after the schema.
enum CheckDepth: String, CaseIterable, Sendable {
    case wire, schema, business, profile

    /// What the examiner of files is asked for; profiles are read beside it.
    var examined: ISO20022Examiner.Depth {
        switch self {
        case .wire: .wire
        case .schema, .profile: .schema
        case .business: .business
        }
    }
}

/// One thing that is wrong with a message, for the person who mends it and for the program that counts it.
struct CheckFinding: Sendable, Equatable {
    enum Severity: String, Sendable {
        /// The message is invalid.
        case error
        /// It is taken all the same; someone should look.
        case warning
    }

    var layer: CheckDepth
    var severity = Severity.error
    /// The rail whose rule it is; empty for the other layers.
    var profile = ""
    var rule: String
    /// Steps with their numbers, the first of its name without one.
    var path: String
    /// Both from 1; 0 when not known.
    var line: Int
    var column: Int
    /// The offending text as it stands in the file, shortened; empty for what is missing.
    var found = ""
    /// What is wrong, in a sentence.
    var says: String
    /// What to do about it.
    var mend = ""
    /// Where a rail's rule comes from.
    var source = ""

    /// As a summary counts it: `schema cvc-pattern-valid`, `profile fednow FN-012`.
    var name: String {
        profile.isEmpty ? "\(layer.rawValue) \(rule)" : "\(layer.rawValue) \(profile) \(rule)"
    }
}

/// One header or message of a file, or the whole file when nothing in it could be told apart.
struct CheckedPart: Sendable, Equatable {
    /// From the file's root; `/` for the whole file.
    var path: String
    /// Such as `pacs.008.001.08`; empty when it is not known.
    var definition: String
    /// Why nothing can be said of it; empty when something can.
    var unsupported = ""
    var findings: [CheckFinding] = []
    /// The profiles that were asked about it.
    var profiles: [String] = []

    var verdict: CheckVerdict {
        if findings.contains(where: { $0.severity == .error }) { return .invalid }
        return unsupported.isEmpty ? .ok : .unsupported
    }

    var isMessage: Bool { !definition.isEmpty && !definition.hasPrefix("head.") }
}

enum CheckVerdict: String, Sendable, CaseIterable {
    case ok, invalid, unsupported
}

/// What was found in one file; never without a part.
struct CheckedFile: Sendable, Equatable {
    var name: String
    var parts: [CheckedPart]

    init(name: String, parts: [CheckedPart]) {
        precondition(!parts.isEmpty, "a checked file has a part")
        self.name = name
        self.parts = parts
    }

    /// A file of which nothing can be said.
    init(name: String, unsupported why: String) {
        self.init(name: name, parts: [CheckedPart(path: "/", definition: "", unsupported: why)])
    }

    /// The worst of its parts.
    var verdict: CheckVerdict {
        let verdicts = parts.map(\.verdict)
        return verdicts.contains(.invalid) ? .invalid : verdicts.contains(.unsupported) ? .unsupported : .ok
    }
}
