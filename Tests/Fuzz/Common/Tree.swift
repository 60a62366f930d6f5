import CLibXML2

/// libxml2's own push parser with its own tree: the same library as the reader's, by another way through it and
/// without a line of ours.
enum Tree {
    /// The events of a document that is fed in pieces; nil when it is not well-formed.
    static func events(of document: [UInt8], in pieces: Pieces) -> [Record.Event]? {
        var pieces = pieces
        xmlSetStructuredErrorFunc(nil) { _, _ in }
        defer { xmlSetStructuredErrorFunc(nil, nil) }
        guard let parser = xmlCreatePushParserCtxt(nil, nil, nil, 0, nil) else { return nil }
        defer { xmlFreeParserCtxt(parser) }
        xmlCtxtUseOptions(parser, Int32(XML_PARSE_NONET.rawValue))
        document.withUnsafeBytes { bytes in
            var place = 0
            while place < bytes.count {
                // Four bytes first: the encoding is told by them.
                let count = min(max(pieces.next(), place == 0 ? 4 : 1), bytes.count - place)
                let piece = bytes.baseAddress.map { $0 + place }
                xmlParseChunk(parser, piece?.assumingMemoryBound(to: CChar.self), Int32(count), 0)
                place += count
            }
            xmlParseChunk(parser, nil, 0, 1)
        }
        guard let tree = parser.pointee.myDoc else { return nil }
        defer { xmlFreeDoc(tree) }
        guard parser.pointee.wellFormed == 1, parser.pointee.nsWellFormed == 1 else { return nil }
        var walk = TreeWalk()
        walk.siblings(tree.pointee.children)
        return walk.events
    }
}

/// The events that a tree of libxml2 stands for.
private struct TreeWalk {
    var events: [Record.Event] = []
    private var text = ""

    /// Walks a list of siblings; true if an element was among them.
    @discardableResult
    mutating func siblings(_ first: xmlNodePtr?) -> Bool {
        var hasElements = false
        var next = first
        while let node = next {
            switch node.pointee.type {
            case XML_ELEMENT_NODE:
                say(always: false)
                hasElements = true
                element(node)
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: text += string(node.pointee.content)
            default: break
            }
            next = node.pointee.next
        }
        return hasElements
    }

    private mutating func element(_ node: xmlNodePtr) {
        var element = Record.Element(name: string(node.pointee.name), namespace: uri(node.pointee.ns))
        var next = node.pointee.properties
        while let attribute = next {
            // References in it are resolved: its children are texts.
            var value = ""
            var piece = attribute.pointee.children
            while let part = piece {
                value += string(part.pointee.content)
                piece = part.pointee.next
            }
            element.attributes.append(
                Record.Attribute(
                    name: string(attribute.pointee.name), namespace: uri(attribute.pointee.ns), value: value))
            next = attribute.pointee.next
        }
        events.append(.start(element))
        let hasElements = siblings(node.pointee.children)
        say(always: !hasElements)
        events.append(.end)
    }

    /// Space between elements is not told, that of an element without others is.
    private mutating func say(always: Bool) {
        let isBlank = text.utf8.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        if !text.isEmpty, always || !isBlank { events.append(.text(text)) }
        text = ""
    }

    private func uri(_ namespace: xmlNsPtr?) -> String { string(namespace?.pointee.href) }

    private func string(_ text: UnsafePointer<UInt8>?) -> String {
        text.map { String(cString: $0) } ?? ""
    }
}
