/// Why a document could not be written. Offsets count bytes of the text that was given.
public enum XMLWriteError: Error, Sendable, Equatable {
    /// XML 1.0 §2.2 has no place for this character, not even as a reference.
    case illegalCharacter(scalar: UInt32, offset: Int)
    case invalidUTF8(offset: Int)
    case illegalName(String)
}

/// The name of an element that was looked at once, for whoever writes it often.
public struct XMLTag: Sendable {
    let name: [UInt8]

    /// The bare name, without a prefix.
    public init(_ name: String) throws(XMLWriteError) {
        let bytes = Array(name.utf8)
        guard bytes.withUnsafeBufferPointer(XMLEscape.isName) else { throw .illegalName(name) }
        self.name = bytes
    }
}

/// Writes a document straight to bytes, in UTF-8, without a tree. Names are written as given, so that the caller rules
/// over prefixes; text that cannot be in a document is an error, never silently changed.
public struct XMLWriter: Sendable {
    /// Written up to `count`, zeros behind it.
    private var storage: [UInt8]
    private var count = 0
    /// The name of each open element, as a place in `storage`.
    private var open: [(offset: Int, count: Int)] = []
    private var tagIsOpen = false
    private var hasChildren = false
    private let indent: Int

    /// - Parameter indent: Spaces for each level; nil writes everything on one line.
    public init(capacity: Int = 4096, indent: Int? = nil) {
        storage = [UInt8](repeating: 0, count: max(64, capacity))
        open.reserveCapacity(24)
        self.indent = indent ?? -1
    }

    /// The document so far; complete when `depth` is 0.
    public var bytes: [UInt8] { Array(storage[..<count]) }
    /// Elements that are open.
    public var depth: Int { open.count }

    /// `<?xml version="1.0" encoding="UTF-8"?>`; before the first element only.
    public mutating func declaration() {
        precondition(count == 0, "a declaration comes first")
        append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    }

    /// Opens an element by its name as it shall be read: `Document` or `ct:GrpHdr`.
    public mutating func start(_ name: String) throws(XMLWriteError) {
        try start(prefix: "", name)
    }

    /// Opens an element; an empty prefix writes the bare name.
    public mutating func start(prefix: String, _ local: String) throws(XMLWriteError) {
        closeTag()
        breakLine()
        let name = try appendName(UInt8(ascii: "<"), prefix: prefix, local)
        open.append(name)
        tagIsOpen = true
        hasChildren = false
    }

    /// Opens an element by a name that is known to be one.
    public mutating func start(_ tag: XMLTag) {
        closeTag()
        breakLine()
        let offset = count + 1
        append(tag, UInt8(ascii: "<"))
        open.append((offset, tag.name.count))
        tagIsOpen = true
        hasChildren = false
    }

    /// An element that holds only text, by a name that is known to be one; nothing is written of one that is refused.
    public mutating func element(_ tag: XMLTag, _ value: String) throws(XMLWriteError) {
        closeTag()
        breakLine()
        var value = value
        let failure = value.withUTF8 { text in
            failureOf { () throws(XMLWriteError) in try element(tag, text) }
        }
        if let failure { throw failure }
        hasChildren = true
    }

    private mutating func element(_ tag: XMLTag, _ text: UnsafeBufferPointer<UInt8>) throws(XMLWriteError) {
        let special = try XMLEscape.next(in: text, from: 0, inAttribute: false, isUTF8: true)
        guard special == nil else {
            append(tag, UInt8(ascii: "<"))
            append(">")
            let start = count
            do throws(XMLWriteError) {
                try appendEscaped(text, inAttribute: false, isUTF8: true)
            } catch {
                count = start - tag.name.count - 2
                throw error
            }
            append(tag, UInt8(ascii: "<"), UInt8(ascii: "/"))
            append(">")
            return
        }
        // Most texts stand as they are: the element is written in one go.
        tag.name.withUnsafeBufferPointer { name in
            place(2 * name.count + 5 + text.count) { place, _ in
                // `<`, the name and `>`; the text; `</`, the name and `>`. A name has at least one letter.
                guard let source = name.baseAddress else { return }
                place[0] = UInt8(ascii: "<")
                (place + 1).update(from: source, count: name.count)
                place[1 + name.count] = UInt8(ascii: ">")
                if let start = text.baseAddress { (place + 2 + name.count).update(from: start, count: text.count) }
                let end = place + 2 + name.count + text.count
                end[0] = UInt8(ascii: "<")
                end[1] = UInt8(ascii: "/")
                (end + 2).update(from: source, count: name.count)
                end[2 + name.count] = UInt8(ascii: ">")
            }
        }
    }

    /// Declares a namespace on the element that was just opened; an empty prefix declares the default.
    public mutating func namespace(_ uri: String, prefix: String = "") throws(XMLWriteError) {
        if prefix.isEmpty {
            try attribute("xmlns", uri)
        } else {
            try attribute(prefix: "xmlns", prefix, uri)
        }
    }

    /// Writes an attribute of the element that was just opened.
    public mutating func attribute(_ name: String, _ value: String) throws(XMLWriteError) {
        try attribute(prefix: "", name, value)
    }

    public mutating func attribute(prefix: String, _ local: String, _ value: String) throws(XMLWriteError) {
        precondition(tagIsOpen, "an attribute belongs to a start tag")
        let before = count
        do throws(XMLWriteError) {
            _ = try appendName(UInt8(ascii: " "), prefix: prefix, local)
            append("=\"")
            try appendEscaped(value, inAttribute: true)
        } catch {
            count = before
            throw error
        }
        append("\"")
    }

    public mutating func text(_ value: String) throws(XMLWriteError) {
        closeTag()
        try appendEscaped(value, inAttribute: false)
    }

    /// Writes text that comes as bytes of UTF-8; they are checked.
    public mutating func text(_ value: UnsafeBufferPointer<UInt8>) throws(XMLWriteError) {
        closeTag()
        try appendEscaped(value, inAttribute: false, isUTF8: false)
    }

    /// Writes text that comes as bytes of UTF-8; they are checked.
    public mutating func text(_ value: [UInt8]) throws(XMLWriteError) {
        closeTag()
        let failure = value.withUnsafeBufferPointer { buffer in
            failureOf { () throws(XMLWriteError) in try appendEscaped(buffer, inAttribute: false, isUTF8: false) }
        }
        if let failure { throw failure }
    }

    /// Closes the innermost element; one without content is written as `<Name/>`.
    public mutating func end() {
        precondition(!open.isEmpty, "no element is open")
        let name = open.removeLast()
        if tagIsOpen {
            append("/>")
            tagIsOpen = false
        } else {
            if hasChildren { breakLine() }
            appendEndTag(name.offset, name.count)
        }
        hasChildren = true
    }

    /// An element that holds only text.
    public mutating func element(_ name: String, _ value: String) throws(XMLWriteError) {
        try start(name)
        try text(value)
        end()
    }

    /// Writes bytes that are known to be a well-formed piece of a document, such as a signature or an element that was
    /// kept.
    public mutating func raw(_ piece: [UInt8]) {
        closeTag()
        piece.withUnsafeBufferPointer { append($0) }
        hasChildren = true
    }
}

// Everything below writes through `place(_:)`, which makes room first; each proof is about the bytes it asked for.
extension XMLWriter {
    /// Makes room for bytes, counts them as written and gives the place where they go.
    @inline(__always)
    private mutating func place(
        _ wanted: Int, _ write: (_ place: UnsafeMutablePointer<UInt8>, _ base: UnsafeMutablePointer<UInt8>) -> Void
    ) {
        if storage.count - count < wanted {
            storage.append(contentsOf: repeatElement(0, count: max(wanted, storage.count)))
        }
        let start = count
        storage.withUnsafeMutableBufferPointer { buffer in
            // `storage` is never empty, so it has a base.
            if let base = buffer.baseAddress { write(base + start, base) }
        }
        count += wanted
    }

    private mutating func closeTag() {
        guard tagIsOpen else { return }
        append(">")
        tagIsOpen = false
    }

    private mutating func breakLine() {
        guard indent >= 0, count > 0, !open.isEmpty || storage[count - 1] != UInt8(ascii: "\n") else { return }
        let spaces = indent * open.count
        place(1 + spaces) { place, _ in
            // One line feed and `spaces` spaces.
            place[0] = UInt8(ascii: "\n")
            (place + 1).update(repeating: UInt8(ascii: " "), count: spaces)
        }
    }

    @inline(__always)
    private mutating func append(_ literal: StaticString) {
        // A static string holds its bytes for ever.
        append(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    @inline(__always)
    private mutating func append(_ piece: UnsafeBufferPointer<UInt8>) {
        guard let source = piece.baseAddress, !piece.isEmpty else { return }
        // As many bytes as the piece has; it is never a piece of `storage`.
        place(piece.count) { place, _ in place.update(from: source, count: piece.count) }
    }

    @inline(__always)
    private mutating func append(_ tag: XMLTag, _ mark: UInt8, _ slash: UInt8? = nil) {
        tag.name.withUnsafeBufferPointer { name in
            let head = slash == nil ? 1 : 2
            place(head + name.count) { place, _ in
                // The mark, a slash perhaps, and the name, which has at least one letter.
                place[0] = mark
                if let slash { place[1] = slash }
                if let source = name.baseAddress { (place + head).update(from: source, count: name.count) }
            }
        }
    }

    private mutating func appendEndTag(_ offset: Int, _ count: Int) {
        place(count + 3) { place, base in
            // `</`, the name and `>`; the name was written before and ends before `place`.
            place[0] = UInt8(ascii: "<")
            place[1] = UInt8(ascii: "/")
            (place + 2).update(from: base + offset, count: count)
            place[count + 2] = UInt8(ascii: ">")
        }
    }

    /// Appends a mark and a name; gives the place of the name. A name that is refused leaves nothing behind.
    private mutating func appendName(
        _ mark: UInt8, prefix: String, _ local: String
    ) throws(XMLWriteError) -> (offset: Int, count: Int) {
        var prefix = prefix
        var local = local
        let start = count
        let isName = local.withUTF8 { local in
            prefix.withUTF8 { prefix in
                let head = prefix.isEmpty ? 0 : prefix.count + 1
                var isName = false
                place(1 + head + local.count) { place, _ in
                    // The mark, the prefix with its colon, and the local name.
                    place[0] = mark
                    if head > 0, let source = prefix.baseAddress {
                        (place + 1).update(from: source, count: prefix.count)
                        place[head] = UInt8(ascii: ":")
                    }
                    if let source = local.baseAddress { (place + 1 + head).update(from: source, count: local.count) }
                    isName = XMLEscape.isName(UnsafeBufferPointer(start: place + 1, count: head + local.count))
                }
                return isName
            }
        }
        guard isName else {
            count = start
            throw .illegalName(prefix.isEmpty ? local : prefix + ":" + local)
        }
        return (start + 1, count - start - 1)
    }

    private mutating func appendEscaped(_ value: String, inAttribute: Bool) throws(XMLWriteError) {
        var value = value
        let failure = value.withUTF8 { buffer in
            failureOf { () throws(XMLWriteError) in
                try appendEscaped(buffer, inAttribute: inAttribute, isUTF8: true)
            }
        }
        if let failure { throw failure }
    }

    /// Appends text with what markup needs escaped; text that is refused leaves nothing behind.
    private mutating func appendEscaped(
        _ text: UnsafeBufferPointer<UInt8>, inAttribute: Bool, isUTF8: Bool
    ) throws(XMLWriteError) {
        let before = count
        var run = 0
        do throws(XMLWriteError) {
            while let found = try XMLEscape.next(in: text, from: run, inAttribute: inAttribute, isUTF8: isUTF8) {
                append(UnsafeBufferPointer(rebasing: text[run..<found.offset]))
                append(found.reference)
                run = found.offset + 1
            }
        } catch {
            count = before
            throw error
        }
        append(UnsafeBufferPointer(rebasing: text[run..<text.count]))
    }
}

private func failureOf(_ body: () throws(XMLWriteError) -> Void) -> XMLWriteError? {
    do throws(XMLWriteError) {
        try body()
        return nil
    } catch {
        return error
    }
}
