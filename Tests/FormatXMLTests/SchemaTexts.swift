/// Random numbers that a seed gives again.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ count: Int) -> Int { count > 0 ? Int(next() % UInt64(count)) : 0 }
    mutating func chance(_ ofHundred: Int) -> Bool { below(100) < ofHundred }
    mutating func one<Value>(of values: [Value]) -> Value { values[below(values.count)] }
}

/// Texts that a simple type takes, and texts near its borders.
extension TextRule {
    /// - Returns: a text that the type takes.
    func valid(_ random: inout SeededRandom) -> String {
        if !listed.isEmpty { return random.one(of: listed) }
        let zone = random.one(of: ["", "Z", "+01:00", "-05:30"])
        let date = "2024-0\(1 + random.below(9))-\(10 + random.below(19))"
        let time = "1\(random.below(10)):5\(random.below(10)):00" + random.one(of: ["", ".5", ".123"])
        switch base {
        case "dateTime": return date + "T" + time + (patterns.isEmpty ? zone : "Z")
        case "date": return date + zone
        case "time": return time + zone
        case "gYear": return "2024" + zone
        case "gYearMonth": return "2024-05" + zone
        case "boolean": return random.one(of: ["true", "false", "1", "0"])
        case "base64Binary": return random.one(of: ["QQ==", "QUJD", "QUJD QUJD"])
        case "decimal": return number(&random)
        default:
            if let pattern = patterns.first { return PatternText(pattern).text(&random) }
            let least = least ?? 0
            let greatest = min(greatest ?? least + 20, 300)
            return Self.letters(random.one(of: [least, max(least, greatest), min(least + 5, greatest)]), &random)
        }
    }

    /// - Returns: a text near a border of the type, on either side of it.
    func edge(_ random: inout SeededRandom) -> String {
        var edges = ["", " ", "x", "é", " " + valid(&random), valid(&random) + "\n", valid(&random) + "X"]
        if let least { edges += [Self.letters(max(0, least - 1), &random), Self.letters(least, &random)] }
        if let greatest, greatest <= 3_000 {
            edges += [greatest, greatest + 1].map { Self.letters($0, &random) }
            edges += [String(repeating: "é", count: greatest), String(repeating: " ", count: greatest)]
        }
        if let code = listed.first { edges += [code.lowercased(), String(code.dropLast()), code + code, code + " "] }
        if !patterns.isEmpty {
            let text = valid(&random)
            edges += [text.lowercased(), text.uppercased(), text + text, String(text.dropFirst())]
            edges += [Self.changed(text, &random), Self.changed(text, &random), Self.changed(text, &random)]
        }
        switch base {
        case "decimal": edges += numbers
        case "boolean": edges += ["TRUE", "yes", "2", " true "]
        case "base64Binary": edges += ["QQ=", "Q===", "QQ", "====", "QUJD\nQUJD", "Q U J D"]
        case "string": break
        default:
            edges += ["2024-02-30", "2024-02-29", "2023-02-29", "2024-13-01", "24-01-01", "-2024", "10:00", "24:00:00"]
            edges += ["2024-01-01T24:00:00", "2024-01-01T10:00", "2024-01-01T10:00:00+15:00", "2024-1-1", "02024"]
        }
        return random.one(of: edges)
    }

    private func number(_ random: inout SeededRandom) -> String {
        let total = totalDigits ?? 18
        let fraction = random.one(of: [0, fractionDigits ?? 2, random.below((fractionDigits ?? 2) + 1)])
        let whole = random.one(of: [0, 1, max(0, total - fraction)])
        let digits = (0..<min(total, whole + fraction)).map { _ in String(1 + random.below(9)) }
        let head = digits.dropLast(min(fraction, digits.count)).joined()
        let tail = digits.suffix(fraction).joined()
        let sign = !isNonNegative && random.chance(30) ? "-" : random.chance(10) ? "+" : ""
        return sign + (head.isEmpty ? "0" : head) + (tail.isEmpty ? "" : "." + tail)
    }

    private var numbers: [String] {
        let ones = { (count: Int) in String(repeating: "1", count: count) }
        let total = totalDigits ?? 18
        let fraction = fractionDigits ?? 2
        return [
            ones(total), ones(total + 1), "0." + ones(fraction), "0." + ones(fraction + 1), "0." + ones(fraction) + "0",
            ones(max(1, total - fraction)) + "." + ones(fraction), "00" + ones(total), "-0", "-0.1", "-" + ones(total),
            ".5", "5.", ".", "1e3", "INF", "1,5", "+1",
        ]
    }

    private static func letters(_ count: Int, _ random: inout SeededRandom) -> String {
        let alphabet = Array("abcXYZ019 -.é日")
        return String((0..<count).map { _ in alphabet[random.below(alphabet.count)] })
    }

    /// The text with one character added, taken away or exchanged.
    private static func changed(_ text: String, _ random: inout SeededRandom) -> String {
        var characters = Array(text)
        guard !characters.isEmpty else { return "-" }
        let index = random.below(characters.count)
        let other = random.one(of: Array("aZ9-_+ ."))
        switch random.below(3) {
        case 0: characters.remove(at: index)
        case 1: characters.insert(other, at: index)
        default: characters[index] = other
        }
        return String(characters)
    }
}

/// Makes texts that a pattern of XML Schema matches: characters, classes, groups and counts, as ISO 20022 uses them.
struct PatternText {
    private indirect enum Part {
        case characters([Character])
        case group([Part])
        case counted(Part, ClosedRange<Int>)
    }

    private let parts: [Part]

    init(_ pattern: String) {
        var rest = Substring(pattern)
        parts = Self.read(&rest)
    }

    func text(_ random: inout SeededRandom) -> String { Self.text(parts, &random) }

    private static func text(_ parts: [Part], _ random: inout SeededRandom) -> String {
        parts.map { part in
            switch part {
            case .characters(let characters): String(random.one(of: characters))
            case .group(let inner): text(inner, &random)
            case .counted(let inner, let counts):
                (0..<random.one(of: [counts.lowerBound, counts.upperBound, Int.random(in: counts, using: &random)]))
                    .map { _ in text([inner], &random) }.joined()
            }
        }.joined()
    }

    /// Up to the end or to the bracket that closes the group.
    private static func read(_ rest: inout Substring) -> [Part] {
        var parts: [Part] = []
        while let character = rest.popFirst() {
            switch character {
            case ")": return parts
            case "(": parts.append(.group(read(&rest)))
            case "[": parts.append(.characters(readClass(&rest)))
            case ".": parts.append(.characters(Array("xyz")))
            case "\\": parts.append(.characters(rest.popFirst().map { [$0] } ?? []))
            case "?": parts.append(.counted(parts.removeLast(), 0...1))
            case "*": parts.append(.counted(parts.removeLast(), 0...3))
            case "+": parts.append(.counted(parts.removeLast(), 1...4))
            case "{":
                let bounds = rest.prefix { $0 != "}" }.split(separator: ",").compactMap { Int($0) }
                rest = rest.drop { $0 != "}" }.dropFirst()
                parts.append(.counted(parts.removeLast(), (bounds.first ?? 1)...(bounds.last ?? 1)))
            default: parts.append(.characters([character]))
            }
        }
        return parts
    }

    private static func readClass(_ rest: inout Substring) -> [Character] {
        var characters: [Character] = []
        while let character = rest.popFirst(), character != "]" {
            if character == "\\" {
                if let escaped = rest.popFirst() { characters.append(escaped) }
            } else if character == "-", let first = characters.last?.asciiValue, let last = rest.first?.asciiValue,
                first < last
            {
                rest.removeFirst()
                characters += (first + 1...last).map { Character(Unicode.Scalar($0)) }
            } else {
                characters.append(character)
            }
        }
        return characters
    }
}
