import FormatJSON
import FormatXML

/// Writes a message as JSON.
struct JSONTarget: FieldTarget {
    var writer = JSONWriter(reserving: 1024)

    mutating func beginMessage() { writer.beginObject() }
    mutating func endMessage() { writer.endObject() }

    mutating func open(_ name: String, _ role: OpenRole) {
        switch role {
        case .member:
            writer.key(name)
            writer.beginObject()
        case .list:
            writer.key(name)
            writer.beginArray()
        case .element: writer.beginObject()
        }
    }

    mutating func close(_ role: OpenRole) {
        if role == .list { writer.endArray() } else { writer.endObject() }
    }

    mutating func leaf(_ name: String, _ text: String, _ kind: LeafKind, inList: Bool) {
        if !inList { writer.key(name) }
        switch kind {
        case .xml, .string: writer.string(text)
        case .number: writer.number(text)
        case .boolean: writer.bool(text == "true")
        }
    }

    mutating func amount(_ name: String, _ text: String, _ currency: String, _ place: Leaf.AmountPlace) {
        switch place {
        case .sibling(let member):
            writer.member(name, text)
            writer.member(member, currency)
        case .object, .attribute:
            writer.key(name)
            writer.beginObject()
            writer.member("currency", currency)
            writer.member("amount", text)
            writer.endObject()
        }
    }

    mutating func kept(_ entries: [(steps: ArraySlice<Substring>, value: String)]) {
        let tree = KeptTree(entries)
        for child in tree.children { write(child) }
    }

    private mutating func write(_ node: KeptTree) {
        writer.key(node.name)
        if node.elements.count > 1 { writer.beginArray() }
        for element in node.elements {
            if let value = element.value {
                writer.string(value)
            } else {
                writer.beginObject()
                for child in element.children { write(child) }
                writer.endObject()
            }
        }
        if node.elements.count > 1 { writer.endArray() }
    }
}

/// What a side-car holds of a sub-tree, as the tree it was.
struct KeptTree {
    struct Element {
        var value: String?
        var children: [KeptTree] = []
        /// Whether the next entry begins another element of the same name.
        var number: Int
    }

    var name = ""
    var elements: [Element] = []
    var children: [KeptTree] { elements.first?.children ?? [] }

    init(_ entries: [(steps: ArraySlice<Substring>, value: String)]) {
        elements = [Element(number: 1)]
        for (steps, value) in entries { KeptTree.add(steps, value, &elements[0]) }
    }

    private init(name: String) { self.name = name }

    private static func add(_ steps: ArraySlice<Substring>, _ value: String, _ element: inout Element) {
        guard let step = steps.first else {
            element.value = value
            return
        }
        let (name, number) = parts(step)
        if element.children.last?.name != name { element.children.append(KeptTree(name: name)) }
        let last = element.children.count - 1
        if element.children[last].elements.last?.number != number {
            element.children[last].elements.append(Element(number: number))
        }
        let place = element.children[last].elements.count - 1
        add(steps.dropFirst(), value, &element.children[last].elements[place])
    }

    /// `Rcrd[2]` is the second `Rcrd`.
    private static func parts(_ step: Substring) -> (String, Int) {
        guard step.last == "]", let open = step.lastIndex(of: "["),
            let number = Int(step[step.index(after: open)...].dropLast())
        else { return (String(step), 1) }
        return (String(step[..<open]), number)
    }
}

/// Writes a message as XML, from its outermost element.
struct XMLTarget: FieldTarget {
    var writer: XMLWriter
    private let prefix: String
    private let program: Program

    init(_ writer: XMLWriter, prefix: String, program: Program) {
        self.writer = writer
        self.prefix = prefix
        self.program = program
    }

    mutating func beginMessage() throws(TranslationError) {
        for (index, name) in program.root.enumerated() {
            try start(name)
            guard index == 0 else { continue }
            let (namespace, prefix) = (program.namespace, prefix)
            try guarded(name) { (w) throws(XMLWriteError) in try w.namespace(namespace, prefix: prefix) }
        }
    }

    mutating func endMessage() {
        for _ in program.root { writer.end() }
    }

    mutating func open(_ name: String, _ role: OpenRole) throws(TranslationError) {
        if role != .list { try start(name) }
    }

    mutating func close(_ role: OpenRole) {
        if role != .list { writer.end() }
    }

    mutating func leaf(_ name: String, _ text: String, _ kind: LeafKind, inList: Bool) throws(TranslationError) {
        try start(name)
        try guarded(name) { (w) throws(XMLWriteError) in try w.text(text) }
        writer.end()
    }

    mutating func amount(
        _ name: String, _ text: String, _ currency: String, _ place: Leaf.AmountPlace
    ) throws(TranslationError) {
        try start(name)
        if case .attribute(let attribute) = place {
            try guarded(name) { (w) throws(XMLWriteError) in try w.attribute(attribute, currency) }
        }
        try guarded(name) { (w) throws(XMLWriteError) in try w.text(text) }
        writer.end()
    }

    mutating func kept(_ entries: [(steps: ArraySlice<Substring>, value: String)]) throws(TranslationError) {
        for child in KeptTree(entries).children { try write(child) }
    }

    private mutating func write(_ node: KeptTree) throws(TranslationError) {
        for element in node.elements {
            try start(node.name)
            for child in element.children where child.name.first == "@" {
                let value = child.elements.first?.value ?? ""
                try guarded(node.name) { (w) throws(XMLWriteError) in
                    try w.attribute(String(child.name.dropFirst()), value)
                }
            }
            if let value = element.value {
                try guarded(node.name) { (w) throws(XMLWriteError) in try w.text(value) }
            }
            for child in element.children where child.name.first != "@" { try write(child) }
            writer.end()
        }
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
