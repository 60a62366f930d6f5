import Foundation
import FoundationXML

/// One element of an XML document as the lab reads and writes it: local name, namespace, text, children in order.
public struct XMLTree: Sendable, Equatable {
    public var name: String
    /// Empty for none; when writing, declared where it differs from the parent's.
    public var namespace: String
    public var attributes: [String: String]
    public var children: [XMLTree]
    public var text: String

    public init(_ name: String, _ text: String, attributes: [String: String] = [:]) {
        self.name = name
        self.text = text
        self.attributes = attributes
        namespace = ""
        children = []
    }

    /// Children that are nil are left out.
    public init(_ name: String, namespace: String = "", _ children: [XMLTree?]) {
        self.name = name
        self.namespace = namespace
        self.children = children.compactMap { $0 }
        attributes = [:]
        text = ""
    }

    /// Reads a document; nil when it is not well-formed, has a DOCTYPE, or is deeper than 64 elements.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= 1_000_000, !String(decoding: bytes, as: UTF8.self).contains("<!DOCTYPE") else {
            return nil
        }
        let parser = XMLParser(data: Data(bytes))
        parser.shouldProcessNamespaces = true
        let reader = TreeReader()
        parser.delegate = reader
        guard parser.parse(), let root = reader.root, !reader.tooDeep else { return nil }
        self = root
    }

    /// The first element at a path of local names below this one.
    public subscript(path: String) -> XMLTree? {
        var node = self
        for step in path.split(separator: "/") {
            guard let next = node.children.first(where: { $0.name == step }) else { return nil }
            node = next
        }
        return node
    }

    /// The trimmed text at a path; nil when there is no such element.
    public func text(_ path: String) -> String? {
        self[path].map { $0.text.trimmingCharacters(in: .whitespacesAndNewlines) }
    }

    public func all(_ name: String) -> [XMLTree] { children.filter { $0.name == name } }

    /// The document in UTF-8 with its declaration.
    public var bytes: [UInt8] {
        var out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
        write(into: &out, inherited: "")
        return Array(out.utf8)
    }

    private func write(into out: inout String, inherited: String) {
        let own = namespace.isEmpty ? inherited : namespace
        out += "<\(name)"
        if own != inherited { out += " xmlns=\"\(Self.escaped(own))\"" }
        for (key, value) in attributes.sorted(by: { $0.key < $1.key }) { out += " \(key)=\"\(Self.escaped(value))\"" }
        out += ">" + Self.escaped(text)
        for child in children { child.write(into: &out, inherited: own) }
        out += "</\(name)>"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}

/// Builds the tree while Foundation's parser walks the document.
private final class TreeReader: NSObject, XMLParserDelegate {
    var root: XMLTree?
    var tooDeep = false
    private var open: [XMLTree] = []

    func parser(
        _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?,
        qualifiedName qName: String?, attributes attributeDict: [String: String]
    ) {
        var element = XMLTree(elementName, "", attributes: attributeDict)
        element.namespace = namespaceURI ?? ""
        open.append(element)
        if open.count > 64 {
            tooDeep = true
            parser.abortParsing()
        }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if !open.isEmpty { open[open.count - 1].text += string }
    }

    func parser(_ parser: XMLParser, foundCDATA CDATABlock: Data) {
        if !open.isEmpty { open[open.count - 1].text += String(decoding: CDATABlock, as: UTF8.self) }
    }

    func parser(
        _ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?, qualifiedName qName: String?
    ) {
        guard let closed = open.popLast() else { return }
        if open.isEmpty { root = closed } else { open[open.count - 1].children.append(closed) }
    }
}
