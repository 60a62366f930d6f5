/// The `path` of a rule: where it looks (`scope`), and what it looks at below (`rest`), as in
/// `CdtTrfTxInf:PmtTpInf/LclInstrm/Cd`. Each step is a list of names that may stand there.
struct ProfilePath: Hashable {
    enum Origin: Hashable {
        /// The message's own element, such as `FIToFICstmrCdtTrf`.
        case message
        /// Any element of the name.
        case anywhere
        /// The business application header; for what a message is compared with.
        case header
    }

    var origin: Origin
    var scope: [[String]]
    var rest: [[String]]
    /// `//*`: the text of every element.
    var isEveryText = false

    /// Reads a path cell; nil when it is not one.
    init?(cell: String) {
        if cell == "//*" {
            self.init(.message, [], [])
            isEveryText = true
            return
        }
        var text = Substring(cell)
        var origin = Origin.message
        if text.hasPrefix("//") {
            origin = .anywhere
            text = text.dropFirst(2)
        } else if text.hasPrefix("head/") {
            origin = .header
            text = text.dropFirst(5)
        }
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count <= 2, let first = halves.first else { return nil }
        guard let before = Self.steps(first) else { return nil }
        guard halves.count == 2 else {
            if origin == .anywhere, before.isEmpty { return nil }
            // Without a colon a rule looks from the message, except that one about an element is about each of them.
            self.init(origin, [], before)
            return
        }
        guard origin != .header, !before.isEmpty, let after = Self.steps(halves[1]) else { return nil }
        self.init(origin, before, after)
    }

    /// Reads a path that stands in a check or a condition: `/A/B` from the message, `head/A` in the header, else from
    /// the scope of its rule.
    init?(reference: String, of rule: ProfilePath) {
        guard !reference.contains("|"), !reference.contains(":") else { return nil }
        if reference.hasPrefix("/") {
            guard let steps = Self.steps(reference.dropFirst()), !steps.isEmpty else { return nil }
            self.init(.message, [], steps)
        } else if reference.hasPrefix("head/") {
            guard let steps = Self.steps(reference.dropFirst(5)), !steps.isEmpty else { return nil }
            self.init(.header, [], steps)
        } else {
            guard let steps = Self.steps(Substring(reference)), !steps.isEmpty else { return nil }
            self.init(rule.origin == .header ? .message : rule.origin, rule.scope, steps)
            if rule.scope.isEmpty { self.origin = .message }
        }
    }

    private init(_ origin: Origin, _ scope: [[String]], _ rest: [[String]]) {
        self.origin = origin
        self.scope = scope
        self.rest = rest
    }

    /// The scope alone.
    var scopeOnly: ProfilePath { ProfilePath(scope.isEmpty ? .message : origin, scope, []) }

    /// The same path in the header's own program.
    var asMessage: ProfilePath { ProfilePath(.message, scope, rest) }

    /// From the message or the scope's name on, without the colon.
    var steps: [[String]] { scope + rest }

    private static func steps(_ text: Substring) -> [[String]]? {
        if text == "." || text.isEmpty { return text == "." ? [] : nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= ProfileLimits.pathSteps else { return nil }
        var steps: [[String]] = []
        for part in parts {
            let names = part.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard names.allSatisfy(isName) else { return nil }
            steps.append(names)
        }
        return steps
    }

    private static func isName(_ name: String) -> Bool {
        let body = name.hasPrefix("@") ? name.dropFirst() : name[...]
        return !body.isEmpty
            && body.utf8.allSatisfy { byte in
                let letter = byte | 0x20
                return (letter >= 0x61 && letter <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || byte == 0x5F
            }
    }

    /// Every way through the alternatives of some steps.
    static func ways(_ steps: [[String]]) -> [[String]] {
        steps.reduce([[]]) { ways, names in ways.flatMap { way in names.map { way + [$0] } } }
    }
}
