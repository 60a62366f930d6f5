import Yams

/// What is wrong with the configuration, and where: file, line, the setting's path and how to mend it.
public struct ConfigProblem: Error, Sendable, Equatable, CustomStringConvertible {
    public let file: String
    public let line: Int
    public let path: String
    public let says: String

    public var description: String { "\(file):\(line): \(path): \(says)" }
}

/// All problems of a configuration; they are told at once.
public struct ConfigProblems: Error, Sendable, CustomStringConvertible {
    public let problems: [ConfigProblem]

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Reads a YAML mapping setting by setting and notes every problem with its line. A setting that nobody asked for is a
/// problem too: a misspelt name must not be a silent default.
final class ConfigNode {
    final class Findings {
        let file: String
        var problems: [ConfigProblem] = []
        /// Every setting that the reader knows, and every one that the file gives, without indexes and names.
        var known: Set<String> = []
        var given: Set<String> = []
        init(file: String) { self.file = file }

        /// A problem of the file as a whole.
        func note(_ line: Int, _ says: String) {
            problems.append(ConfigProblem(file: file, line: line, path: "(file)", says: says))
        }

        /// Every problem once, in the order of the file.
        var sorted: [ConfigProblem] {
            var told: Set<String> = []
            return problems.filter { told.insert($0.description).inserted }
                .sorted { ($0.line, $0.path) < ($1.line, $1.path) }
        }
    }

    let findings: Findings
    let path: String
    /// The path with `[]` for any element and `*` for any name.
    let pattern: String
    let node: Node?
    private var asked: Set<String> = []
    private var hasToldShape = false
    private let fallbackLine: Int

    init(_ node: Node?, path: String, pattern: String, findings: Findings, line: Int = 1) {
        self.node = node
        self.path = path
        self.pattern = pattern
        self.findings = findings
        fallbackLine = line
    }

    var line: Int { node?.mark?.line ?? fallbackLine }
    var exists: Bool { node != nil }

    func problem(_ says: String, at name: String? = nil) {
        let place = name.map { path.isEmpty ? $0 : "\(path).\($0)" } ?? path
        let line = name.flatMap { node?.mapping?[Node($0)]?.mark?.line } ?? line
        findings.problems.append(
            ConfigProblem(file: findings.file, line: line, path: place.isEmpty ? "(top)" : place, says: says))
    }

    func child(_ name: String) -> ConfigNode {
        asked.insert(name)
        let inner = path.isEmpty ? name : "\(path).\(name)"
        let pattern = pattern.isEmpty ? name : "\(pattern).\(name)"
        let value = node?.mapping?[Node(name)]
        findings.known.insert(pattern)
        if value != nil { findings.given.insert(pattern) }
        return ConfigNode(value, path: inner, pattern: pattern, findings: findings, line: line)
    }

    /// The elements of a list; a missing one is empty.
    func elements(_ name: String) -> [ConfigNode] {
        let list = child(name)
        guard let node = list.node else { return [] }
        guard let sequence = node.sequence else {
            list.problem("is not a list: begin each element with -")
            return []
        }
        return sequence.enumerated().map {
            ConfigNode(
                $1, path: "\(list.path)[\($0)]", pattern: "\(list.pattern)[]", findings: findings, line: list.line)
        }
    }

    /// Name and value of each setting below `name`.
    func members(_ name: String) -> [(String, ConfigNode)] {
        let inner = child(name)
        guard let node = inner.node else { return [] }
        guard let mapping = node.mapping else {
            inner.problem("is not a list of settings")
            return []
        }
        return mapping.compactMap { key, value in
            guard let key = key.scalar?.string else { return nil }
            let member = ConfigNode(
                value, path: "\(inner.path).\(key)", pattern: "\(inner.pattern).*", findings: findings,
                line: inner.line)
            return (key, member)
        }
    }

    var scalar: String? { node?.scalar?.string }

    func text(_ name: String, default standard: String? = nil) -> String {
        let value = child(name)
        if let text = value.scalar, !text.isEmpty { return text }
        if value.exists, value.scalar == nil { value.problem("is not a text") }
        if let standard { return standard }
        if !value.exists || value.scalar?.isEmpty == true { problem("is missing", at: name) }
        return ""
    }

    func optionalText(_ name: String) -> String? {
        let value = child(name)
        if value.exists, value.scalar == nil { value.problem("is not a text") }
        return value.scalar.flatMap { $0.isEmpty ? nil : $0 }
    }

    func integer(_ name: String, default standard: Int, _ range: ClosedRange<Int>) -> Int {
        let value = child(name)
        guard value.exists else { return standard }
        guard let text = value.scalar, let number = Int(text), range.contains(number) else {
            value.problem("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return standard
        }
        return number
    }

    /// `500ms`, `10s`, `2m`.
    func milliseconds(_ name: String, default standard: Int64) -> Int64 {
        let value = child(name)
        guard value.exists else { return standard }
        let text = value.scalar ?? ""
        for (unit, factor) in [("ms", Int64(1)), ("s", 1000), ("m", 60_000)] where text.hasSuffix(unit) {
            if let number = Int64(text.dropLast(unit.count)), number > 0, number < 86_400_000 { return number * factor }
        }
        value.problem("must be a duration such as 500ms, 10s or 2m")
        return standard
    }

    /// A duration, where one is given.
    func optionalMilliseconds(_ name: String) -> Int64? {
        child(name).exists ? milliseconds(name, default: 1) : nil
    }

    /// Notes every setting below this one that nobody asked for.
    func finish() {
        tellShape()
        guard let mapping = node?.mapping else { return }
        for (key, _) in mapping {
            guard let name = key.scalar?.string, !asked.contains(name) else { continue }
            unknown(name, of: asked)
        }
    }

    /// Notes once that a text or a list stands where settings should.
    private func tellShape() {
        guard let node, node.mapping == nil, !hasToldShape else { return }
        hasToldShape = true
        problem("is not a list of settings")
    }

    /// Notes a setting that is none, with the one that was perhaps meant.
    func unknown(_ name: String, of known: Set<String>) {
        let meant = Spelling.nearest(name, in: known).map { ", did you mean \($0)?" } ?? ";"
        problem("is not a setting\(meant) known are \(known.sorted().joined(separator: ", "))", at: name)
    }
}
