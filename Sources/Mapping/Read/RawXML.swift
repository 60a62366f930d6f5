import FormatXML

/// Elements that belong to no table, as XML that can stand below an element of the message again: whatever its
/// namespace, whatever is in it. Comments and processing instructions say nothing and are left out.
struct RawXML {
    private var writer = XMLWriter(capacity: 512)
    /// The default namespace at each open element; the message's own around them.
    private var spaces: [String]
    /// Prefixes that are declared in it, with the depth of the element: a text or an attribute may speak in them.
    private var prefixes: [(prefix: String, namespace: String, depth: Int)] = []

    /// - Parameter namespace: That of the message, which elements without a declaration of their own belong to.
    init(namespace: String) { spaces = [namespace] }

    var text: String { String(decoding: writer.bytes, as: UTF8.self) }

    mutating func start(_ name: XMLName, _ attributes: XMLAttributes) {
        let space = String(xml: name.namespace)
        // What was read as XML can be written as XML: nothing here is refused.
        try? writer.start(String(xml: name.local))
        if space != spaces[spaces.count - 1] { try? writer.namespace(space) }
        spaces.append(space)
        for index in 0..<attributes.declarationCount {
            let declared = attributes.declaration(index)
            if !declared.prefix.isEmpty { declare(String(xml: declared.prefix), String(xml: declared.namespace)) }
        }
        for index in 0..<attributes.count { attribute(attributes[index], index) }
    }

    private mutating func declare(_ prefix: String, _ namespace: String) {
        prefixes.append((prefix, namespace, spaces.count))
        try? writer.namespace(namespace, prefix: prefix)
    }

    /// The prefix that stands for a namespace here.
    private func prefix(of namespace: String) -> String? {
        var hidden: Set<String> = []
        for known in prefixes.reversed() {
            if hidden.insert(known.prefix).inserted, known.namespace == namespace { return known.prefix }
        }
        return nil
    }

    private mutating func attribute(_ attribute: XMLAttribute, _ index: Int) {
        let local = String(xml: attribute.name.local)
        let value = String(xml: attribute.value)
        if attribute.name.namespace.isEmpty {
            try? writer.attribute(local, value)
        } else if attribute.name.isIn("http://www.w3.org/XML/1998/namespace") {
            try? writer.attribute(prefix: "xml", local, value)
        } else {
            let namespace = String(xml: attribute.name.namespace)
            if let known = prefix(of: namespace) {
                try? writer.attribute(prefix: known, local, value)
                return
            }
            var made = "n\(index)"
            while prefixes.contains(where: { $0.prefix == made }) { made += "n" }
            declare(made, namespace)
            try? writer.attribute(prefix: made, local, value)
        }
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) { try? writer.text(bytes) }

    mutating func end() {
        writer.end()
        while let last = prefixes.last, last.depth == spaces.count { prefixes.removeLast() }
        spaces.removeLast()
    }

    /// Whether a text that a side-car holds is a piece of XML: it may come from elsewhere than from a message.
    static func isSound(_ text: String) -> Bool {
        struct Silence: XMLSink {}
        var sink = Silence()
        return (try? XMLReader().read(Array("<r>\(text)</r>".utf8), into: &sink)) != nil
    }
}
