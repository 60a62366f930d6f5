import FormatXML

/// Elements that belong to no table, as XML that can stand below an element of the message again: whatever its
/// namespace, whatever is in it. Comments and processing instructions say nothing and are left out.
struct RawXML {
    private var writer = XMLWriter(capacity: 512)
    /// The default namespace at each open element; the message's own around them.
    private var spaces: [String]

    /// - Parameter namespace: That of the message, which elements without a declaration of their own belong to.
    init(namespace: String) { spaces = [namespace] }

    var text: String { String(decoding: writer.bytes, as: UTF8.self) }

    mutating func start(_ name: XMLName, _ attributes: XMLAttributes) {
        let space = String(xml: name.namespace)
        // What was read as XML can be written as XML: nothing here is refused.
        try? writer.start(String(xml: name.local))
        if space != spaces[spaces.count - 1] { try? writer.namespace(space) }
        spaces.append(space)
        for index in 0..<attributes.count { attribute(attributes[index], index) }
    }

    private mutating func attribute(_ attribute: XMLAttribute, _ index: Int) {
        let local = String(xml: attribute.name.local)
        let value = String(xml: attribute.value)
        if attribute.name.namespace.isEmpty {
            try? writer.attribute(local, value)
        } else if attribute.name.isIn("http://www.w3.org/XML/1998/namespace") {
            try? writer.attribute(prefix: "xml", local, value)
        } else {
            try? writer.namespace(String(xml: attribute.name.namespace), prefix: "n\(index)")
            try? writer.attribute(prefix: "n\(index)", local, value)
        }
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) { try? writer.text(bytes) }

    mutating func end() {
        writer.end()
        spaces.removeLast()
    }

    /// Whether a text that a side-car holds is a piece of XML: it may come from elsewhere than from a message.
    static func isSound(_ text: String) -> Bool {
        struct Silence: XMLSink {}
        var sink = Silence()
        return (try? XMLReader().read(Array("<r>\(text)</r>".utf8), into: &sink)) != nil
    }
}
