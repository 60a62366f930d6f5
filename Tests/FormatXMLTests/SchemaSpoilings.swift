/// A change of a document that may cost it its validity.
enum Spoiling: CaseIterable {
    case value, edge, drop, again, exchange, shuffle, strange, foreign, child, attribute, currency, bare, namespace
    case rename, stray, space, emptied, withoutValue, typed, builtIn

    /// - Returns: whether the document was changed.
    func apply(
        to document: inout TreeNode, at path: [Int], _ model: SchemaModel, _ random: inout SeededRandom
    ) -> Bool {
        switch self {
        case .value, .edge, .currency, .bare: text(&document, path, model, &random)
        case .drop, .again, .exchange, .shuffle, .strange, .foreign: siblings(&document, path, model, &random)
        default: element(&document, path, model, &random)
        }
    }

    /// Changes what an element says.
    private func text(
        _ document: inout TreeNode, _ path: [Int], _ model: SchemaModel, _ random: inout SeededRandom
    ) -> Bool {
        let node = document.node(path[...])
        switch self {
        case .value, .edge:
            guard case .text(let rule, _) = model.types[node.type] else { return false }
            let text = self == .value ? rule.valid(&random) : rule.edge(&random)
            document.edit(path[...]) { $0.text = text }
        case .currency:
            let code = random.one(of: ["EUR", "eur", "EU", "", "EURO", "E1R", " EUR"])
            document.edit(path[...]) { $0.attributes = [("Ccy", code)] }
        default:
            guard !node.attributes.isEmpty else { return false }
            document.edit(path[...]) { $0.attributes = [] }
        }
        return true
    }

    /// Changes what stands beside an element.
    private func siblings(
        _ document: inout TreeNode, _ path: [Int], _ model: SchemaModel, _ random: inout SeededRandom
    ) -> Bool {
        guard let index = path.last else { return false }
        let times = random.one(of: [1, 1, 2, 3, 6, 10])
        let name = random.one(of: model.names)
        let place = index + random.below(2)
        document.edit(path.dropLast()) { parent in
            switch self {
            case .drop: parent.children.remove(at: index)
            case .again:
                parent.children.insert(contentsOf: Array(repeating: parent.children[index], count: times), at: index)
            case .exchange: parent.children.swapAt(index, max(0, index - 1))
            case .shuffle: parent.children.shuffle(using: &random)
            case .strange: parent.children.insert(TreeNode(name: random.chance(50) ? "Unknwn" : name), at: place)
            default:
                let namespace = random.one(of: ["", "urn:example:other"])
                parent.children.insert(TreeNode(name: name, namespace: namespace), at: place)
            }
        }
        return true
    }

    /// Changes an element itself.
    private func element(
        _ document: inout TreeNode, _ path: [Int], _ model: SchemaModel, _ random: inout SeededRandom
    ) -> Bool {
        let node = document.node(path[...])
        let name = random.one(of: model.names)
        let coin = random.chance(50)
        var attribute = random.one(of: [
            ("bad", "1"), ("o:bad", "1"), ("xml:lang", "en"), ("xsi:schemaLocation", "a b"),
        ])
        switch self {
        case .withoutValue: attribute = ("xsi:nil", random.one(of: ["true", "false", "1", "maybe"]))
        case .typed:
            // A type that our files have and the standard has not is among them, but not for the content of a wildcard:
            // that may claim any type that there is.
            let types = model.types.keys.sorted()
            let own = node.type.isEmpty ? "Nope" : "NonEmptyText"
            let names = [node.type, random.one(of: types), random.one(of: types), own, "Nope"]
            attribute = ("xsi:type", "t:" + random.one(of: names))
        case .builtIn: attribute = ("xsi:type", "xs:" + random.one(of: ["string", "decimal", "anyType", "date"]))
        default: break
        }
        let namespace = random.one(of: ["", "urn:example:other", model.namespace + "1"])
        guard self != .stray || !path.isEmpty else { return false }
        document.edit(path[...]) { node in
            switch self {
            case .attribute, .typed, .builtIn: node.attributes.append(attribute)
            case .withoutValue:
                node.attributes.append(attribute)
                if coin { (node.text, node.children) = ("", []) }
            case .child: node.children.append(TreeNode(name: coin ? name : "Unknwn", text: "x"))
            case .namespace: node.namespace = namespace
            case .rename: node.name = coin ? name : node.name + "X"
            case .stray where coin && !node.children.isEmpty: node.text = "stray"
            case .stray: node.tail = "stray"
            case .space: node.tail = "\n  \t"
            default: (node.text, node.children) = ("", [])
            }
        }
        return true
    }
}
