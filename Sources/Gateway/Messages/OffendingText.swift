import FormatXML

/// Finds in a file what findings are about: the text of an element or attribute by its path, or, where the markup
/// itself is broken, the piece of the line.
struct OffendingText: XMLSink {
    /// A place that is asked about, and what stands there.
    private struct Wanted {
        /// From the file's root; or, of a rule that names elements alone, the end of a path.
        let path: String
        let isWhole: Bool
        var text: String?
    }

    private struct Open {
        let length: Int
        var lastChild = ""
        var run = 1
        var text = ""
        var holdsElements = false
    }

    private var wanted: [Wanted]
    private var path = ""
    private var open: [Open] = [Open(length: 0)]
    private var left: Int

    static let shownCharacters = 120

    private init(_ paths: [String]) {
        wanted = paths.map { Wanted(path: $0, isWhole: $0.hasPrefix("/"), text: nil) }
        left = paths.count
    }

    /// The texts at these paths, as far as the file can be read; nil where nothing stands.
    static func find(_ paths: [String], in bytes: [UInt8], limits: XMLLimits) -> [String?] {
        guard !paths.isEmpty else { return [] }
        var sink = OffendingText(paths)
        // What breaks the reading is told by the finding itself.
        _ = try? XMLReader(limits: limits).read(bytes, into: &sink)
        return sink.wanted.map(\.text)
    }

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        let last = open.count - 1
        let local = String(xml: name.local)
        open[last].run = open[last].lastChild == local ? open[last].run + 1 : 1
        open[last].lastChild = local
        open[last].holdsElements = true
        let run = open[last].run
        open.append(Open(length: path.utf8.count))
        path += run > 1 ? "/\(local)[\(run)]" : "/\(local)"
        for index in 0..<attributes.count {
            let attribute = attributes[index]
            note("\(path)/@\(String(xml: attribute.name.local))", String(xml: attribute.value))
        }
        return left > 0 ? .next : .stop
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        if open[open.count - 1].text.isEmpty { open[open.count - 1].text = String(xml: bytes) }
        return .next
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        let closed = open.removeLast()
        let isLeaf = !closed.holdsElements
        note(path, closed.text.isEmpty && !isLeaf ? "<\(String(xml: name.local))>" : closed.text)
        path = String(path.utf8.prefix(closed.length)) ?? ""
        return left > 0 ? .next : .stop
    }

    private mutating func note(_ place: String, _ text: String) {
        for index in wanted.indices where wanted[index].text == nil {
            let path = wanted[index].path
            guard wanted[index].isWhole ? place == path : place.hasSuffix("/" + path) else { continue }
            wanted[index].text = OffendingText.shown(text)
            left -= 1
        }
    }

    /// One line of bounded length.
    static func shown(_ text: String) -> String {
        var line = ""
        var count = 0
        for scalar in text.unicodeScalars {
            let isSpace = scalar.value <= 0x20 || scalar.value == 0x7F
            if isSpace, line.isEmpty || line.unicodeScalars.last == " " { continue }
            line.unicodeScalars.append(isSpace ? " " : scalar)
            count += 1
            if count == shownCharacters { return line + "…" }
        }
        while line.unicodeScalars.last == " " { line.unicodeScalars.removeLast() }
        return line
    }

    /// The piece of a line around a column; empty for a file that is not of single bytes.
    static func piece(of bytes: [UInt8], line: Int, column: Int) -> String {
        guard line > 0, !bytes.prefix(64).contains(0) else { return "" }
        var start = bytes.startIndex
        for _ in 1..<max(1, line) {
            guard let feed = bytes[start...].firstIndex(of: 0x0A) else { return "" }
            start = feed + 1
        }
        let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.endIndex
        let middle = min(end, start + max(0, column - 1))
        let from = max(start, middle - 40)
        let piece = bytes[from..<min(end, middle + 40)]
        // A cut may fall into a character: such bytes show as the mark for what is unreadable.
        return shown(String(decoding: piece, as: UTF8.self))
    }
}
