/// Writes bounded repetitions of a schema out before libxml2 compiles it: `maxOccurs="3"` becomes three particles, each
/// inside the one before. Both say the same; but libxml2 makes a table of a content model only where nothing in it is
/// counted, and every element that is counted costs its whole type, and its parents', ten times as much to check.
enum XMLSchemaUnroll {
    /// Repetitions of more are left to be counted.
    private static let greatest = 16

    /// The same schema. Lines stay where they were; what is not understood is left as it is.
    static func apply(_ schema: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(schema.count + schema.count / 8)
        var position = 0
        while let open = schema[position...].firstIndex(of: UInt8(ascii: "<")) {
            result.append(contentsOf: schema[position..<open])
            guard let close = end(of: open, in: schema) else {
                position = open
                break
            }
            let tag = schema[open...close]
            let isCandidate = tag.dropLast().last == UInt8(ascii: "/") && counts(tag)
            let particles = isCandidate ? particles(String(decoding: tag, as: UTF8.self)) : nil
            result.append(contentsOf: particles ?? Array(tag))
            position = close + 1
        }
        result.append(contentsOf: schema[position...])
        return result
    }

    /// A first look, since few tags repeat.
    private static func counts(_ tag: ArraySlice<UInt8>) -> Bool {
        tag.indices.contains { tag[$0] == UInt8(ascii: "m") && tag[$0...].starts(with: "maxOccurs=\"".utf8) }
    }

    /// The closing bracket of what opens here: a comment's or a tag's, quotes observed.
    private static func end(of open: Int, in schema: [UInt8]) -> Int? {
        if schema[open...].starts(with: "<!--".utf8) {
            var place = open + 4
            while place + 2 < schema.count {
                if schema[place...].starts(with: "-->".utf8) { return place + 2 }
                place += 1
            }
            return nil
        }
        var quote: UInt8 = 0
        for place in open..<schema.count {
            let byte = schema[place]
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return place
            }
        }
        return nil
    }

    /// What stands in place of an element particle that may repeat; nil for any other tag.
    private static func particles(_ tag: String) -> [UInt8]? {
        guard !tag.hasPrefix("<!"), !tag.utf8.contains(UInt8(ascii: "'")),
            let name = tag.dropFirst().split(whereSeparator: { $0 == " " || $0.isNewline || $0 == "\t" }).first,
            name == "element" || name.hasSuffix(":element"),
            let most = count("maxOccurs", in: tag), most >= 2, most <= greatest
        else { return nil }
        let least = count("minOccurs", in: tag) ?? 1
        guard least <= most else { return nil }
        let prefix = name.dropLast("element".count)
        let element = without("minOccurs", in: without("maxOccurs", in: tag))
        var rest = ""
        for _ in least..<most { rest = "<\(prefix)sequence minOccurs=\"0\">\(element)\(rest)</\(prefix)sequence>" }
        let needed = String(repeating: element, count: least)
        return Array("<\(prefix)sequence>\(needed)\(rest)</\(prefix)sequence>".utf8)
    }

    private static func count(_ name: String, in tag: String) -> Int? {
        guard let found = tag.range(of: " \(name)=\"") else { return nil }
        return Int(tag[found.upper...].prefix { $0 != "\"" })
    }

    private static func without(_ name: String, in tag: String) -> String {
        guard let found = tag.range(of: " \(name)=\""), let end = tag[found.upper...].firstIndex(of: "\"") else {
            return tag
        }
        return String(tag[..<found.lower]) + String(tag[tag.index(after: end)...])
    }
}
