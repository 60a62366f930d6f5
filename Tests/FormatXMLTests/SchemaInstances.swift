import FormatXML

/// An element of a document that a test makes and spoils.
struct TreeNode: Sendable {
    var name: String
    /// Nil for the namespace of the message.
    var namespace: String?
    var attributes: [(name: String, value: String)] = []
    /// Written before the children.
    var text = ""
    /// Written behind the end of this element.
    var tail = ""
    /// Of the schema that it was made from; empty where it comes from none.
    var type = ""
    var children: [TreeNode] = []

    mutating func edit(_ path: ArraySlice<Int>, _ change: (inout TreeNode) -> Void) {
        guard let first = path.first else { return change(&self) }
        children[first].edit(path.dropFirst(), change)
    }

    func node(_ path: ArraySlice<Int>) -> TreeNode {
        path.first.map { children[$0].node(path.dropFirst()) } ?? self
    }

    /// The way to an element that is chosen step by step.
    func anyPath(_ random: inout SeededRandom) -> [Int] {
        guard !children.isEmpty, !random.chance(10) else { return [] }
        let index = random.below(children.count)
        return [index] + children[index].anyPath(&random)
    }

    /// The document in UTF-8. Prefixes that changes use are bound at the root: `xsi`, `xs`, `t` for the message's
    /// namespace, `o` for another.
    func bytes(namespace target: String) -> [UInt8] {
        var bytes: [UInt8] = []
        let declared = [
            ("xmlns", target), ("xmlns:t", target), ("xmlns:o", "urn:example:other"),
            ("xmlns:xs", "http://www.w3.org/2001/XMLSchema"),
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ]
        write(&bytes, target, within: target, declared)
        return bytes
    }

    private func write(
        _ bytes: inout [UInt8], _ target: String, within outer: String, _ declared: [(String, String)] = []
    ) {
        let own = namespace ?? target
        bytes += "<\(name)".utf8
        for (name, value) in declared where own == target || name != "xmlns" { Self.attribute(name, value, &bytes) }
        if own != outer || (own != target && !declared.isEmpty) { Self.attribute("xmlns", own, &bytes) }
        for (name, value) in attributes { Self.attribute(name, value, &bytes) }
        bytes.append(UInt8(ascii: ">"))
        Self.escape(text, &bytes)
        for child in children { child.write(&bytes, target, within: own) }
        bytes += "</\(name)>".utf8
        Self.escape(tail, &bytes)
    }

    private static func attribute(_ name: String, _ value: String, _ bytes: inout [UInt8]) {
        bytes += " \(name)=\"".utf8
        escape(value, &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ text: String, _ bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            default: bytes.append(byte)
            }
        }
    }
}

/// Makes valid documents from a schema.
struct SchemaInstances {
    let model: SchemaModel
    var random: SeededRandom
    /// The way to the element at the end of the route of the last document.
    private(set) var marked: [Int] = []
    /// How many elements beyond the mandatory ones a document may still get.
    private var room = 0

    init(_ model: SchemaModel, seed: UInt64) {
        self.model = model
        random = SeededRandom(seed: seed)
    }

    /// - Parameters:
    ///   - route: Leads to a part that the document has for certain.
    ///   - chance: Of an optional element, in hundredths.
    mutating func document(along route: [Int], chance: Int) -> TreeNode {
        marked = []
        room = 40
        return node(model.root, route[...], chance)
    }

    private mutating func node(
        _ element: SchemaModel.Element, _ route: ArraySlice<Int>, _ chance: Int
    ) -> TreeNode {
        var node = TreeNode(name: element.name, type: element.type)
        switch model.types[element.type] {
        case .text(let rule, let attributes):
            node.text = rule.valid(&random)
            for (name, type) in attributes.sorted(by: { $0.key < $1.key }) {
                if case .text(let rule, _) = model.types[type] {
                    node.attributes.append((name, rule.valid(&random)))
                }
            }
        case .choice(let parts):
            let index = route.first ?? random.below(parts.count)
            add(parts[index], route.first == nil ? nil : route.dropFirst(), isCertain: true, chance, to: &node)
        case .sequence(let parts):
            for (index, part) in parts.enumerated() {
                add(part, route.first == index ? route.dropFirst() : nil, isCertain: false, chance, to: &node)
            }
        case nil: break
        }
        return node
    }

    /// - Parameter route: Nil for a part that is not on the route.
    private mutating func add(
        _ part: SchemaModel.Part, _ route: ArraySlice<Int>?, isCertain: Bool, _ chance: Int, to node: inout TreeNode
    ) {
        switch part {
        case .any(let namespace):
            let signature = TreeNode(name: "Signature", namespace: "http://www.w3.org/2000/09/xmldsig#")
            let strange = [
                TreeNode(name: "Any", namespace: "urn:example:other"), TreeNode(name: "Any", namespace: ""),
                TreeNode(name: "Unknwn"),
            ]
            if route != nil { marked.append(node.children.count) }
            node.children.append(namespace.contains("xmldsig") ? signature : random.one(of: strange))
        case .element(let element):
            var count = max(element.least, isCertain || route != nil ? 1 : 0)
            if room > 0, element.greatest > count, random.chance(chance) {
                count = random.chance(20) ? min(element.greatest, count + 3) : count + 1
            }
            for turn in 0..<count {
                room -= 1
                let isOnRoute = route != nil && turn == 0
                if isOnRoute { marked.append(node.children.count) }
                node.children.append(self.node(element, isOnRoute ? route ?? [] : [], chance * 2 / 3))
            }
        }
    }
}
