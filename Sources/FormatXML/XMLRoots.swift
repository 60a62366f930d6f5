import CLibXML2

/// What came before a further root of the same bytes.
struct XMLBefore {
    var bytes = 0
    var lines = 0
    var columns = 0
    /// Local name of the root before this one; empty for the first.
    var root: [UInt8] = []
    /// A byte order mark stands before this root.
    var hasMark = false
    /// This root has an XML declaration of its own: the file is a row of whole documents.
    var isDeclared = false
}

/// Finds further roots in bytes that hold more than one: a header and a message side by side, or whole documents one
/// after another.
enum XMLRoots {
    /// The place where the next root or its declaration begins, with the inflow set to it; nil when only space follows,
    /// or anything but markup. A byte order mark may stand before it, since files are joined as they are.
    static func next(_ inflow: XMLInflow, _ s: XMLSession.Pointer) -> XMLBefore? {
        guard s.pointee.rootEnd > s.pointee.before.bytes, inflow.rewind(to: s.pointee.rootEnd) else { return nil }
        var next = XMLBefore()
        next.root = Array(s.pointee.frames[1].local)
        next.lines = s.pointee.rootEndPosition.line - 1
        next.columns = s.pointee.rootEndPosition.column - 1
        while true {
            if inflow.skip(mark) {
                next.hasMark = true
                continue
            }
            guard let byte = inflow.unit() else { return nil }
            guard [0x20, 0x09, 0x0A, 0x0D].contains(byte) else { break }
            next.columns = byte == 0x0A ? 0 : next.columns + 1
            if byte == 0x0A { next.lines += 1 }
            inflow.advance()
        }
        guard inflow.unit() == UInt8(ascii: "<") else { return nil }
        next.bytes = inflow.offset
        next.isDeclared = inflow.stands("<?xml")
        return next
    }

    private static let mark: Unicode.Scalar = "\u{FEFF}"

    /// Why this root may not follow the one before it: a bare header or message that follows its like is a document
    /// with a second one hidden in it, unless it is declared as a document of its own.
    static func objection(_ before: XMLBefore, to local: UnsafeBufferPointer<UInt8>) -> String? {
        guard !before.isDeclared, XMLParts.isRoot(local), before.root.elementsEqual(local) else { return nil }
        let name = String(xml: local)
        return "Extra content at the end of the document: a second \(name) without an XML declaration of its own."
    }
}

extension XMLSession {
    /// Notes where the root ends, in the bytes as received: what follows may be another root.
    static func endRoot(_ s: Pointer) {
        s.pointee.rootEndPosition = position(s)
        guard let input = s.pointee.parser.pointee.input, let buffer = input.pointee.buf else { return }
        if buffer.pointee.encoder == nil {
            s.pointee.rootEnd = offset(s)
        } else {
            let consumed = xmlByteConsumed(s.pointee.parser)
            s.pointee.rootEnd = consumed < 0 ? -1 : s.pointee.before.bytes + consumed
        }
    }
}
