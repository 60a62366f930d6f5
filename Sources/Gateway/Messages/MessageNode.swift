import FormatJSON
import FormatXML

/// A message as a tree, for commands that look at one message of a person's: of any definition, in XML or in JSON.
struct MessageNode: Sendable {
    var name: String
    var namespace = ""
    var attributes: [(name: String, value: String)] = []
    var text = ""
    var children: [MessageNode] = []
    /// 0, 0 in JSON.
    var position = XMLPosition(line: 0, column: 0)

    /// The first element at a path such as `GrpHdr/MsgId`; the node itself for an empty one.
    subscript(path: String) -> MessageNode? {
        var node = self
        for step in path.split(separator: "/") {
            guard let next = node.children.first(where: { $0.name == step }) else { return nil }
            node = next
        }
        return node
    }

    /// Every element at a path.
    func all(_ path: String) -> [MessageNode] {
        var nodes = [self]
        for step in path.split(separator: "/") { nodes = nodes.flatMap { $0.children.filter { $0.name == step } } }
        return nodes
    }

    /// The text of the first of these paths that has one.
    func value(_ paths: String...) -> String? {
        for path in paths {
            if let text = self[path]?.text, !text.isEmpty { return text }
        }
        return nil
    }

    func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value }

    /// An amount as it stands: `KES 1250.00`.
    var amount: String? {
        guard let currency = attribute("Ccy"), !text.isEmpty else { return nil }
        return "\(currency) \(text)"
    }

    /// Every element from this one on, in order, with its path from here.
    func walk(_ visit: (_ node: MessageNode, _ path: String) -> Void) { walk("", visit) }

    private func walk(_ path: String, _ visit: (MessageNode, String) -> Void) {
        visit(self, path)
        var counts: [String: Int] = [:]
        for child in children {
            let number = counts[child.name, default: 0] + 1
            counts[child.name] = number
            let step = number > 1 ? "\(child.name)[\(number)]" : child.name
            child.walk(path.isEmpty ? step : "\(path)/\(step)", visit)
        }
    }
}

/// Builds the tree of a document; of several roots, one below the other.
struct MessageTree: XMLSink {
    private var open = [MessageNode(name: "")]
    private var space: (address: UnsafePointer<UInt8>?, text: String) = (nil, "")

    /// The roots, side by side.
    var roots: [MessageNode] { open[0].children }

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        if name.namespace.baseAddress != space.address || space.address == nil {
            space = (name.namespace.baseAddress, String(xml: name.namespace))
        }
        var node = MessageNode(name: String(xml: name.local), namespace: space.text, position: position)
        for index in 0..<attributes.count {
            let attribute = attributes[index]
            node.attributes.append((String(xml: attribute.name.local), String(xml: attribute.value)))
        }
        open.append(node)
        return .next
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        open[open.count - 1].text += String(xml: bytes)
        return .next
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        var closed = open.removeLast()
        closed.text = MessageTree.trimmed(closed.text)
        open[open.count - 1].children.append(closed)
        return .next
    }

    private static func trimmed(_ text: String) -> String {
        let blank: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r"]
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !blank.contains($0) }),
            let last = scalars.lastIndex(where: { !blank.contains($0) })
        else { return "" }
        return String(scalars[first...last])
    }
}

extension MessageNode {
    /// A message in JSON: a member is an element, an array as many of its name. An amount is an object of its currency
    /// and its digits.
    init(json value: JSONValue, name: String) {
        self.init(name: name)
        switch value {
        case .object(let object):
            if let currency = object["Ccy"]?.string, object.count == 2,
                let digits = object.members.first(where: { $0.key != "Ccy" })?.value
            {
                attributes = [("Ccy", currency)]
                text = digits.string ?? digits.number ?? ""
                return
            }
            for member in object {
                let elements = member.value.array ?? [member.value]
                children += elements.map { MessageNode(json: $0, name: member.key) }
            }
        case .string(let text), .number(let text): self.text = text
        case .bool(let bool): text = bool ? "true" : "false"
        case .array, .null: break
        }
    }
}
