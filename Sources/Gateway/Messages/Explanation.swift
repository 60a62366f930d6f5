import FormatJSON

/// Something told in lines: a title, facts under it, and what it has within. The same is printed for people and put
/// into JSON for programs.
struct Explanation: Sendable {
    struct Fact: Sendable {
        /// The member in JSON.
        var key: String
        var label: String
        var text: String
        /// For programs alone where the title says it.
        var isShown = true
    }

    /// The member in JSON that lists sections of this kind.
    var key: String
    var title: String
    var facts: [Fact] = []
    var sections: [Explanation] = []
    /// Sections of a kind that are not told, by key.
    var omitted: [(key: String, count: Int)] = []

    init(_ key: String, _ title: String) {
        self.key = key
        self.title = title
    }

    /// Adds a fact that has a text.
    mutating func tell(_ key: String, _ label: String, _ text: String?) {
        if let text, !text.isEmpty { facts.append(Fact(key: key, label: label, text: text)) }
    }

    /// Adds what the title says, as a member of its own.
    mutating func mark(_ key: String, _ text: String) {
        if !text.isEmpty { facts.append(Fact(key: key, label: "", text: text, isShown: false)) }
    }

    /// Adds sections, so many at most.
    mutating func add(_ all: [Explanation], atMost greatest: Int) {
        sections += all.prefix(greatest)
        if let key = all.first?.key, all.count > greatest { omitted.append((key, all.count - greatest)) }
    }

    var lines: [String] { lines(indent: 0) }

    private func lines(indent: Int) -> [String] {
        let space = String(repeating: " ", count: indent)
        var lines = title.isEmpty ? [] : [space + title]
        let shown = facts.filter(\.isShown)
        let width = shown.map(\.label.count).max() ?? 0
        for fact in shown {
            let label = fact.label + String(repeating: " ", count: width - fact.label.count)
            lines.append("\(space)  \(label)  \(fact.text)")
        }
        for section in sections { lines += section.lines(indent: indent + 2) }
        for (key, count) in omitted {
            lines.append("\(space)  \(count) more \(count == 1 ? String(key.dropLast()) : key)")
        }
        return lines
    }

    var json: JSONValue {
        var object = JSONObject()
        if !title.isEmpty { object["title"] = .string(title) }
        for fact in facts {
            // A fact that is told several times is a list.
            if let first = object[fact.key] {
                object[fact.key] = .array((first.array ?? [first]) + [.string(fact.text)])
            } else {
                object[fact.key] = .string(fact.text)
            }
        }
        for section in sections {
            object[section.key] = .array((object[section.key]?.array ?? []) + [section.json])
        }
        for (key, count) in omitted { object["\(key)Omitted"] = .integer(count) }
        return .object(object)
    }
}
