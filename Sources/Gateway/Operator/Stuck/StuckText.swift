import FormatJSON

/// The stuck page for a person at a terminal.
enum StuckText {
    static func page(_ page: JSONValue, config: String) -> String {
        let rows = page["payments"]?.array ?? []
        guard !rows.isEmpty else { return "no payment is stuck" }
        var lines = (page["atRisk"]?.array ?? []).map { total in
            "\(word(total, "currency")) \(word(total, "amount")) at risk in \(word(total, "payments")) payments"
        }
        for row in rows { lines += [""] + lineup(row, config) }
        if let more = page["more"]?.int, more > 0 {
            lines += ["", "\(more) more with less at risk: see them with --limit \(rows.count + more)"]
        }
        if page["isCut"]?.bool == true { lines.append("there are still more: only these were looked through") }
        return lines.joined(separator: "\n")
    }

    private static func lineup(_ row: JSONValue, _ config: String) -> [String] {
        let told = row["case"] ?? .null
        let way = "\(word(row, "origin")) -> \(word(row, "network"))"
        var lines = [
            "\(word(row, "id"))  \(word(row, "currency")) \(word(row, "amount"))  \(word(row, "stage")) at "
                + "\(word(told, "step"))  \(way)  tenant \(word(row, "tenant"))  since \(word(told, "since"))"
        ]
        func add(_ name: String, _ text: String) {
            lines.append("  " + name.padded(to: 10) + text)
        }
        for entry in told["stands"]?.array ?? [] {
            let place = "\(word(entry, "account")) of \(word(entry, "network"))"
            add("stands", "\(word(entry, "currency")) \(word(entry, "amount")) on \(place)")
        }
        if let why = told["why"]?.string { add("why", why) }
        for (index, line) in (told["evidence"]?.array ?? []).enumerated() {
            add(
                index == 0 ? "evidence" : "",
                [line["at"]?.string, line["says"]?.string].compactMap { $0 }.joined(separator: "  "))
        }
        let names = told["names"]?.object?.members.compactMap { member in
            member.value.string.map { "\(member.key) \($0)" }
        }
        if let names, !names.isEmpty { add("names", names.joined(separator: ", ")) }
        let next = told["next"] ?? .null
        add("next", word(next, "what") + (next["at"]?.string.map { ", at \($0)" } ?? ""))
        add("look", word(told, "look"))
        for command in told["todo"]?.array ?? [] {
            add("then", (command.string ?? "").replacing("--config CONFIG", with: "--config \(config)"))
        }
        return lines
    }

    private static func word(_ value: JSONValue, _ name: String) -> String {
        value[name].map { $0.string ?? $0.description } ?? "-"
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
