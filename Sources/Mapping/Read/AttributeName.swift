import FormatXML

/// The name of an XML attribute as the last step of a kept path: `@name`, `@xml:lang`, or `@{urn:x}name` for one of
/// another namespace.
struct AttributeName: Equatable {
    let namespace: String
    let local: String

    private static var xml: String { "http://www.w3.org/XML/1998/namespace" }

    /// The step without its `@`; nil for an attribute of XML Schema, which is the document's own.
    static func step(_ name: XMLName) -> String? {
        let local = String(xml: name.local)
        if name.namespace.isEmpty { return local }
        if name.isIn("http://www.w3.org/2001/XMLSchema-instance") { return nil }
        if name.isIn("http://www.w3.org/XML/1998/namespace") { return "xml:" + local }
        // Steps are separated by what namespaces are full of.
        let namespace = String(xml: name.namespace).replacing("%", with: "%25").replacing("/", with: "%2F")
        return "{\(namespace)}\(local)"
    }

    /// - Parameter step: With its `@`.
    init(step: String) {
        let name = step.dropFirst()
        if name.hasPrefix("xml:") {
            (namespace, local) = (Self.xml, String(name.dropFirst(4)))
        } else if name.first == "{", let end = name.lastIndex(of: "}") {
            let space = String(name[..<end].dropFirst())
            namespace = space.replacing("%2F", with: "/").replacing("%25", with: "%")
            local = String(name[end...].dropFirst())
        } else {
            (namespace, local) = ("", String(name))
        }
    }

    /// Whether an element may have it: a declaration is none, and a prefix of its own stands for nothing.
    var canStand: Bool {
        let isDeclaration = namespace.isEmpty && local == "xmlns" || namespace == "http://www.w3.org/2000/xmlns/"
        return !isDeclaration && !local.utf8.contains(UInt8(ascii: ":")) && (try? XMLTag(local)) != nil
    }

    /// Writes the attribute into the start tag that is open.
    /// - Parameter number: Sets its prefix apart from those of others in the tag.
    func write(_ value: String, _ number: Int, _ writer: inout XMLWriter) throws(XMLWriteError) {
        if namespace.isEmpty { return try writer.attribute(local, value) }
        if namespace == Self.xml { return try writer.attribute(prefix: "xml", local, value) }
        try writer.namespace(namespace, prefix: "at\(number)")
        try writer.attribute(prefix: "at\(number)", local, value)
    }
}
