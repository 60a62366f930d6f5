/// Half of all changes are libFuzzer's own, the other half move whole elements of XML: few changes of single bytes
/// leave a message well-formed, and fewer valid.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ size: Int, _ greatest: Int, _ seed: UInt32) -> Int {
    var dice = Dice(seed)
    guard size > Target.choices, dice.below(2) == 0 else { return plainMutation(bytes, size, greatest) }
    let input = Array(UnsafeBufferPointer(start: bytes, count: size))
    let tree = Elements(input, from: Target.choices)
    guard let changed = tree.changed(&dice), changed != input, changed.count <= greatest else {
        return plainMutation(bytes, size, greatest)
    }
    // `greatest` bytes are there.
    changed.withUnsafeBufferPointer { if let base = $0.baseAddress { bytes.update(from: base, count: $0.count) } }
    return changed.count
}

@_silgen_name("LLVMFuzzerMutate")
private func plainMutation(_ bytes: UnsafeMutablePointer<UInt8>, _ size: Int, _ greatest: Int) -> Int

struct Dice {
    private var state: UInt64

    init(_ seed: UInt32) {
        state = UInt64(seed) &+ 0x9E37_79B9_7F4A_7C15
    }

    mutating func below(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 11) % max(1, bound)
    }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}

/// Where the elements of a document lie, as far as its tags tell.
private struct Elements {
    struct Element {
        var tag: Range<Int>
        /// From the start tag's first byte to the end tag's last.
        var whole: Range<Int>
        var isLeaf = true

        var inner: Range<Int> { tag.upperBound..<max(tag.upperBound, innerEnd) }
        var innerEnd = 0
    }

    private let bytes: [UInt8]
    private var elements: [Element] = []

    init(_ bytes: [UInt8], from start: Int) {
        self.bytes = bytes
        var open: [Int] = []
        var place = start
        while let less = bytes[place...].firstIndex(of: UInt8(ascii: "<")),
            let end = bytes[less...].firstIndex(of: UInt8(ascii: ">"))
        {
            place = end + 1
            let kind = bytes[less + 1]
            if kind == UInt8(ascii: "/") {
                guard let number = open.popLast() else { continue }
                elements[number].innerEnd = less
                elements[number].whole = elements[number].whole.lowerBound..<place
            } else if kind != UInt8(ascii: "?"), kind != UInt8(ascii: "!") {
                if let outer = open.last { elements[outer].isLeaf = false }
                elements.append(Element(tag: less..<place, whole: less..<place, innerEnd: place))
                if bytes[end - 1] != UInt8(ascii: "/") { open.append(elements.count - 1) }
            }
        }
    }

    /// The document with one element changed; nil when there is none.
    func changed(_ dice: inout Dice) -> [UInt8]? {
        guard !elements.isEmpty else { return nil }
        let element = elements[dice.below(elements.count)]
        let other = elements[dice.below(elements.count)]
        switch dice.below(9) {
        case 0: return replacing(element.whole, [])
        case 1: return replacing(element.whole.upperBound..<element.whole.upperBound, bytes[element.whole])
        case 2: return replacing(element.whole, bytes[other.whole])
        case 3: return replacing(element.whole.lowerBound..<element.whole.lowerBound, bytes[other.whole])
        case 4: return replacing(element.inner, bytes[other.inner])
        case 5, 6:
            let leaves = elements.filter(\.isLeaf)
            guard let leaf = leaves.isEmpty ? nil : dice.pick(leaves) else { return nil }
            return replacing(leaf.inner, Array(dice.pick(Self.texts).utf8)[...])
        case 7:
            let place = element.tag.upperBound - (bytes[element.tag.upperBound - 2] == UInt8(ascii: "/") ? 2 : 1)
            return replacing(place..<place, Array(dice.pick(Self.attributes).utf8)[...])
        default:
            let (before, after) = dice.pick(Self.wrappers)
            let inner = Array(before.utf8) + bytes[element.whole] + Array(after.utf8)
            return replacing(element.whole, inner[...])
        }
    }

    private func replacing(_ range: Range<Int>, _ with: ArraySlice<UInt8>) -> [UInt8] {
        Array(bytes[..<range.lowerBound]) + with + Array(bytes[range.upperBound...])
    }

    /// What values of messages look like, at and beyond their bounds.
    private static let texts = [
        "", " ", "0", "1", "-1", "0.00001", "999999999999999999", "0.000000000000000001", "1e5", "+1.0", "01.50", ".5",
        "1.", "2024-02-29", "2023-02-29", "9999-12-31", "0001-01-01", "-0001-01-01", "2025-11-16",
        "2026-03-02T08:15:30Z", "2026-03-02T08:15:30.123456789+14:00", "2026-03-02T24:00:00", "2026-12-31T23:59:60Z",
        "10000-01-01T00:00:00Z", "KES", "eur", "XXX", "TMRDKEN0", "ZIWAUGK0XXX", "DE02120300000000202051",
        "DE00120300000000202051", "GB33BUKB20201555555555", "RF18539007547034", "021000021", "5493001KJTIIGC8Y1R12",
        "9f8b3c1e-5d2a-4e6b-8c7d-0a1b2c3d4e5f", "9F8B3C1E-5D2A-4E6B-8C7D-0A1B2C3D4E5F", "SLEV", "CLRG", "INST", "true",
        "pacs.008.001.08", "pacs.002.001.10", "head.001.001.02", "//x//", "/x", "a/b", "&amp;", "&#13;", "&#x10FFFF;",
        "<![CDATA[x]]>", "a<!-- -->b", "\u{E9}", "\u{1F4B6}", "e\u{301}", "\u{202E}x", "\u{FEFF}",
        String(repeating: "x", count: 35), String(repeating: "x", count: 36), String(repeating: "\u{E9}", count: 140),
        String(repeating: "x", count: 141), String(repeating: "9", count: 40), String(repeating: "x", count: 3000),
    ]
    private static let attributes = [
        " Ccy=\"EUR\"", " Ccy=\"JPY\"", " Ccy=\"\"", " xmlns=\"\"", " xmlns=\"urn:a\"",
        " xmlns:a=\"urn:a\" a:b=\"&amp;\"",
        " xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"", " xml:lang=\"&#10;\"",
        " xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08\"",
        " xmlns=\"urn:iso:std:iso:20022:tech:xsd:head.001.001.02\"", " xmlns=\"urn:swift:xsd:admi.998.001.02\"",
    ]
    private static let wrappers = [
        ("<Any>", "</Any>"), ("<w:W xmlns:w=\"urn:w\">", "</w:W>"), ("<Envelope xmlns=\"urn:e\">", "</Envelope>"),
        ("<AppHdr xmlns=\"urn:iso:std:iso:20022:tech:xsd:head.001.001.01\">", "</AppHdr>"),
        ("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10\">", "</Document>"),
        ("<!-- ", " -->"), ("<![CDATA[", "]]>"), ("", "<?p i?>"),
    ]
}
