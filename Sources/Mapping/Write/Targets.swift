import FormatJSON
import FormatXML

/// Writes a message as JSON.
struct JSONTarget: FieldTarget {
    var writer = JSONWriter(reserving: 1024)

    private static let currency = JSONKey("currency")
    private static let amount = JSONKey("amount")

    mutating func beginMessage(_ attributes: [OuterAttribute]) { writer.beginObject() }
    mutating func endMessage() { writer.endObject() }

    mutating func open(_ name: WriteName, _ role: OpenRole) {
        switch role {
        case .member:
            writer.key(name.key)
            writer.beginObject()
        case .list:
            writer.key(name.key)
            writer.beginArray()
        case .element: writer.beginObject()
        }
    }

    mutating func close(_ role: OpenRole) {
        if role == .list { writer.endArray() } else { writer.endObject() }
    }

    mutating func leaf(_ name: WriteName, _ text: String, _ kind: LeafKind, inList: Bool) {
        if !inList { writer.key(name.key) }
        switch kind {
        case .xml, .string: writer.string(text)
        case .number: writer.number(text)
        case .boolean: writer.bool(text == "true")
        }
    }

    mutating func amount(_ name: WriteName, _ text: String, _ currency: String, _ place: Leaf.AmountPlace) {
        switch place {
        case .sibling(let member):
            writer.key(name.key)
            writer.string(text)
            writer.member(member, currency)
        case .object, .attribute:
            writer.key(name.key)
            writer.beginObject()
            writer.key(Self.currency)
            writer.string(currency)
            writer.key(Self.amount)
            writer.string(text)
            writer.endObject()
        }
    }

    mutating func kept(_ tree: KeptTree) {
        for child in tree.children { write(child) }
    }

    private mutating func write(_ node: KeptTree.Node) {
        writer.key(KeptStep.name(node.name))
        values(node)
    }

    private mutating func values(_ node: KeptTree.Node) {
        let isList = node.isNumbered || node.elements.count > 1
        if isList { writer.beginArray() }
        for element in node.elements { value(element) }
        if isList { writer.endArray() }
    }

    private mutating func value(_ element: KeptTree.Element) {
        if let text = element.value { return writer.string(text) }
        if element.children.count == 1, let only = element.children.first {
            // An element without a name is a list in a list.
            if only.name.isEmpty, only.isNumbered { return values(only) }
            if let step = KeptStep(rawValue: only.name), let text = only.elements.first?.value {
                return value(step, text)
            }
        }
        writer.beginObject()
        for child in element.children { write(child) }
        writer.endObject()
    }

    private mutating func value(_ step: KeptStep, _ text: String) {
        switch step {
        case .number: writer.number(text)
        case .boolean: writer.bool(text == "true")
        case .object:
            writer.beginObject()
            writer.endObject()
        case .list:
            writer.beginArray()
            writer.endArray()
        }
    }
}

/// What a side-car holds of a sub-tree, as the tree it was.
struct KeptTree {
    struct Node {
        let name: String
        var elements: [Element] = []
        /// Its first element carries a number, as in a list of JSON.
        var isNumbered = false
    }

    struct Element {
        var value: String?
        var children: [Node] = []
        /// Whether the next entry begins another element of the same name.
        var number: Int
    }

    private let separator: UInt8
    private var root = Element(number: 1)

    init(separator: UInt8) { self.separator = separator }

    var children: [Node] { root.children }

    /// Adds a text by its path, the steps of which below the root begin at a byte.
    mutating func add(_ path: String, from start: Int, _ value: String) {
        var path = path
        path.withUTF8 { KeptTree.add($0[min(start, $0.count)...], separator, value, &root) }
    }

    private typealias Steps = Slice<UnsafeBufferPointer<UInt8>>

    private static func add(_ path: Steps, _ separator: UInt8, _ value: String, _ element: inout Element) {
        let end = path.firstIndex(of: separator) ?? path.endIndex
        let (name, number, isNumbered) = parts(path[..<end])
        if element.children.last.map({ !FieldReader.isSame($0.name, UnsafeBufferPointer(rebasing: name)) }) ?? true {
            element.children.append(Node(name: String(decoding: name, as: UTF8.self)))
        }
        let last = element.children.count - 1
        if element.children[last].elements.last?.number != number {
            element.children[last].elements.append(Element(number: number))
        }
        if isNumbered { element.children[last].isNumbered = true }
        let place = element.children[last].elements.count - 1
        guard end < path.endIndex else {
            element.children[last].elements[place].value = value
            return
        }
        add(path[path.index(after: end)...], separator, value, &element.children[last].elements[place])
    }

    /// `Rcrd[2]` is the second `Rcrd`.
    private static func parts(_ step: Steps) -> (Steps, Int, isNumbered: Bool) {
        guard step.last == UInt8(ascii: "]"), let open = step.lastIndex(of: UInt8(ascii: "[")),
            let number = Int(String(decoding: step[step.index(after: open)...].dropLast(), as: UTF8.self))
        else { return (step, 1, false) }
        return (step[..<open], number, true)
    }
}

/// Writes a message as XML, from its outermost element.
struct XMLTarget: FieldTarget {
    var writer: XMLWriter
    private let prefix: String
    /// The outermost element is the caller's.
    private let isInner: Bool
    private let program: Program

    init(_ writer: XMLWriter, prefix: String, isInner: Bool, program: Program) {
        self.writer = writer
        self.prefix = prefix
        self.isInner = isInner
        self.program = program
    }

    mutating func beginMessage(_ attributes: [OuterAttribute]) throws(TranslationError) {
        for (index, name) in program.root.enumerated() {
            if index == 0, isInner { continue }
            try start(name)
            if index == 0 {
                let (namespace, prefix) = (program.namespace, prefix)
                try guarded(name) { (w) throws(XMLWriteError) in try w.namespace(namespace, prefix: prefix) }
            }
            for (number, attribute) in attributes.enumerated() where attribute.depth == index {
                try self.attribute(attribute.name, attribute.value, number, of: name)
            }
        }
    }

    /// An attribute of the element that was just opened.
    private mutating func attribute(
        _ attribute: AttributeName, _ value: String, _ number: Int, of name: String
    ) throws(TranslationError) {
        try guarded(name) { (w) throws(XMLWriteError) in try attribute.write(value, number, &w) }
    }

    mutating func endMessage() {
        for _ in program.root.dropFirst(isInner ? 1 : 0) { writer.end() }
    }

    mutating func open(_ name: WriteName, _ role: OpenRole) throws(TranslationError) {
        if role != .list { try start(name) }
    }

    mutating func close(_ role: OpenRole) {
        if role != .list { writer.end() }
    }

    mutating func leaf(_ name: WriteName, _ text: String, _ kind: LeafKind, inList: Bool) throws(TranslationError) {
        if prefix.isEmpty, let tag = name.tag {
            return try guarded(name.text) { (w) throws(XMLWriteError) in try w.element(tag, text) }
        }
        try start(name)
        try guarded(name.text) { (w) throws(XMLWriteError) in try w.text(text) }
        writer.end()
    }

    mutating func amount(
        _ name: WriteName, _ text: String, _ currency: String, _ place: Leaf.AmountPlace
    ) throws(TranslationError) {
        try start(name)
        let name = name.text
        if case .attribute(let attribute) = place {
            try guarded(name) { (w) throws(XMLWriteError) in try w.attribute(attribute, currency) }
        }
        try guarded(name) { (w) throws(XMLWriteError) in try w.text(text) }
        writer.end()
    }

    mutating func kept(_ tree: KeptTree) throws(TranslationError) {
        for child in tree.children { try write(child) }
    }

    /// What stands below the element that was just opened: names without a prefix are the message's.
    private mutating func raw(_ text: String, in name: String) throws(TranslationError) {
        guard RawXML.isSound(text) else {
            throw TranslationError(
                .charactersNotAllowed, path: name, rule: program.message, text: "what was kept of it is no XML")
        }
        let namespace = program.namespace
        if !prefix.isEmpty {
            try guarded(name) { (w) throws(XMLWriteError) in try w.namespace(namespace) }
        }
        writer.raw(Array(text.utf8))
    }

    private mutating func write(_ node: KeptTree.Node) throws(TranslationError) {
        for element in node.elements {
            try start(node.name)
            for (number, child) in element.children.enumerated() where child.name.first == "@" {
                let name = AttributeName(step: child.name)
                try attribute(name, child.elements.first?.value ?? "", number, of: node.name)
            }
            if let xml = element.children.first(where: { $0.name == "*" })?.elements.first?.value {
                try raw(xml, in: node.name)
                writer.end()
                continue
            }
            if let value = element.value {
                try guarded(node.name) { (w) throws(XMLWriteError) in try w.text(value) }
            }
            for child in element.children where child.name.first != "@" { try write(child) }
            writer.end()
        }
    }

    private mutating func start(_ name: WriteName) throws(TranslationError) {
        if prefix.isEmpty, let tag = name.tag { writer.start(tag) } else { try start(name.text) }
    }

    private mutating func start(_ name: String) throws(TranslationError) {
        let prefix = prefix
        try guarded(name) { (w) throws(XMLWriteError) in try w.start(prefix: prefix, name) }
    }

    private mutating func guarded(
        _ name: String, _ body: (inout XMLWriter) throws(XMLWriteError) -> Void
    ) throws(TranslationError) {
        do {
            try body(&writer)
        } catch {
            throw TranslationError(
                .charactersNotAllowed, path: name, rule: program.message, text: "the text cannot stand in XML: \(error)"
            )
        }
    }
}
