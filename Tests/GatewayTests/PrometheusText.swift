/// A strict reader of the Prometheus text format 0.0.4: whatever a scraper may refuse is an error here.
struct PrometheusText {
    struct Fault: Error, CustomStringConvertible {
        var line: Int
        var says: String
        var description: String { "line \(line): \(says)" }
    }

    struct Series: Hashable {
        var name: String
        var labels: [String: String]
    }

    private(set) var kinds: [String: String] = [:]
    private(set) var helps: [String: String] = [:]
    private(set) var values: [Series: Double] = [:]
    private var current = ""
    private var closed: Set<String> = []

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Fault(line: 0, says: "the last line has no end") }
        for (index, line) in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            try read(String(line), index + 1)
        }
        try checkHistograms()
    }

    /// The value of the one series of this name with these labels, and perhaps others.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = values.filter { series, _ in
            series.name == name && labels.allSatisfy { series.labels[$0.key] == $0.value }
        }
        return found.count == 1 ? found.first?.value : nil
    }

    /// Names of families, without the suffixes of histograms.
    var families: Set<String> { Set(kinds.keys) }

    private mutating func read(_ line: String, _ number: Int) throws {
        guard !line.isEmpty else { throw Fault(line: number, says: "an empty line") }
        if line.hasPrefix("#") { return try readComment(line, number) }
        let (series, value) = try PrometheusText.sample(line, number)
        let family = family(of: series.name)
        guard kinds[family] != nil else { throw Fault(line: number, says: "\(series.name) has no TYPE before it") }
        guard family == current else { throw Fault(line: number, says: "\(series.name) stands outside its family") }
        if kinds[family] == "counter" {
            guard series.name.hasSuffix("_total"), value >= 0 else {
                throw Fault(line: number, says: "\(series.name) is no counter's name or value")
            }
        }
        guard values.updateValue(value, forKey: series) == nil else {
            throw Fault(line: number, says: "\(series) stands twice")
        }
    }

    private mutating func readComment(_ line: String, _ number: Int) throws {
        let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == "#", parts[1] == "HELP" || parts[1] == "TYPE" else {
            throw Fault(line: number, says: "neither HELP nor TYPE: \(line)")
        }
        let name = parts[2]
        guard PrometheusText.isName(name, colon: true) else { throw Fault(line: number, says: "\(name) is no name") }
        if parts[1] == "HELP" {
            guard helps.updateValue(parts[3], forKey: name) == nil else {
                throw Fault(line: number, says: "a second HELP of \(name)")
            }
            guard !parts[3].isEmpty else { throw Fault(line: number, says: "an empty HELP of \(name)") }
            return
        }
        guard helps[name] != nil else { throw Fault(line: number, says: "TYPE of \(name) without a HELP before it") }
        guard ["counter", "gauge", "histogram"].contains(parts[3]) else {
            throw Fault(line: number, says: "\(parts[3]) is no type")
        }
        guard kinds.updateValue(parts[3], forKey: name) == nil, closed.insert(name).inserted else {
            throw Fault(line: number, says: "a second TYPE of \(name)")
        }
        current = name
    }

    private func family(of name: String) -> String {
        for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            let family = String(name.dropLast(suffix.count))
            if kinds[family] == "histogram" { return family }
        }
        return name
    }

    private static func sample(_ line: String, _ number: Int) throws -> (Series, Double) {
        var rest = line[...]
        let name = String(rest.prefix { $0 != "{" && $0 != " " })
        guard isName(name, colon: true) else { throw Fault(line: number, says: "\(name) is no name") }
        rest.removeFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest.removeFirst()
            while rest.first != "}" {
                let label = String(rest.prefix { $0 != "=" })
                guard isName(label, colon: false), !label.hasPrefix("__") else {
                    throw Fault(line: number, says: "\(label) is no label")
                }
                rest.removeFirst(label.count + 1)
                let value = try quoted(&rest, number)
                guard labels.updateValue(value, forKey: label) == nil else {
                    throw Fault(line: number, says: "the label \(label) stands twice")
                }
                if rest.first == "," { rest.removeFirst() }
            }
            rest.removeFirst()
        }
        guard rest.first == " ", let value = Double(rest.dropFirst()), !value.isNaN else {
            throw Fault(line: number, says: "no value: \(line)")
        }
        return (Series(name: name, labels: labels), value)
    }

    private static func quoted(_ rest: inout Substring, _ number: Int) throws -> String {
        guard rest.popFirst() == "\"" else { throw Fault(line: number, says: "a label's value has no quote") }
        var value = ""
        while let letter = rest.popFirst() {
            if letter == "\"" { return value }
            if letter == "\\" {
                guard let escaped = rest.popFirst(), let meant = ["\\": "\\", "\"": "\"", "n": "\n"][escaped] else {
                    throw Fault(line: number, says: "an escape that is none")
                }
                value += meant
            } else {
                value.append(letter)
            }
        }
        throw Fault(line: number, says: "a quote is not closed")
    }

    private static func isName(_ text: String, colon: Bool) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
                || (colon && $0 == 0x3A)
        }
    }

    /// Buckets grow, end with +Inf, and agree with the count; every series has a sum.
    private func checkHistograms() throws {
        for (family, kind) in kinds where kind == "histogram" {
            var buckets: [[String: String]: [(Double, Double)]] = [:]
            for (series, value) in values where series.name == "\(family)_bucket" {
                var labels = series.labels
                guard let bound = labels.removeValue(forKey: "le").flatMap({ $0 == "+Inf" ? .infinity : Double($0) })
                else { throw Fault(line: 0, says: "a bucket of \(family) without le") }
                buckets[labels, default: []].append((bound, value))
            }
            for (labels, found) in buckets {
                let sorted = found.sorted { $0.0 < $1.0 }
                let isCumulative = zip(sorted, sorted.dropFirst()).allSatisfy { $0.1 <= $1.1 }
                guard isCumulative, let last = sorted.last, last.0 == .infinity else {
                    throw Fault(line: 0, says: "the buckets of \(family) \(labels) are not cumulative up to +Inf")
                }
                guard values[Series(name: "\(family)_count", labels: labels)] == last.1,
                    values[Series(name: "\(family)_sum", labels: labels)] != nil
                else { throw Fault(line: 0, says: "count or sum of \(family) \(labels) do not agree") }
            }
        }
    }
}
