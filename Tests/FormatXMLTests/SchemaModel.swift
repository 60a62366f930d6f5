import FormatXML

/// An element of a schema's file, as it stands there.
struct SchemaDeclaration: Sendable {
    var kind = ""
    var attributes: [String: String] = [:]
    var children: [SchemaDeclaration] = []

    subscript(name: String) -> String { attributes[name] ?? "" }

    /// This one and all within.
    var all: [SchemaDeclaration] { [self] + children.flatMap(\.all) }

    /// A name without its prefix.
    static func local(_ name: String) -> String { name.split(separator: ":").last.map(String.init) ?? "" }

    /// `xs:schema` with everything in it.
    static func read(_ bytes: [UInt8]) throws(XMLError) -> SchemaDeclaration {
        var sink = Gatherer()
        try XMLReader().read(bytes, into: &sink)
        return sink.open[0].children.first ?? SchemaDeclaration()
    }

    private struct Gatherer: XMLSink {
        var open = [SchemaDeclaration()]

        mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
            var declaration = SchemaDeclaration(kind: String(xml: name.local))
            for index in 0..<attributes.count {
                declaration.attributes[String(xml: attributes[index].name.local)] = String(xml: attributes[index].value)
            }
            open.append(declaration)
            return .next
        }

        mutating func end(_ name: XMLName) -> XMLFlow {
            let closed = open.removeLast()
            open[open.count - 1].children.append(closed)
            return .next
        }
    }
}

/// What the text of a simple type may be.
struct TextRule: Sendable {
    /// The built-in type below it, without its prefix.
    var base = "string"
    var listed: [String] = []
    var patterns: [String] = []
    var least: Int?
    var greatest: Int?
    var totalDigits: Int?
    var fractionDigits: Int?
    var isNonNegative = false

    init(_ restriction: SchemaDeclaration) {
        base = SchemaDeclaration.local(restriction["base"])
        for facet in restriction.children {
            let value = facet["value"]
            switch facet.kind {
            case "enumeration": listed.append(value)
            case "pattern": patterns.append(value)
            case "minLength": least = Int(value)
            case "maxLength": greatest = Int(value)
            case "totalDigits": totalDigits = Int(value)
            case "fractionDigits": fractionDigits = Int(value)
            case "minInclusive": isNonNegative = value == "0"
            default: break
            }
        }
    }
}

/// What a schema of a single file says, read by the tests themselves: to make documents from, not to judge them.
struct SchemaModel: Sendable {
    struct Element: Sendable {
        var name: String
        var type: String
        var least: Int
        var greatest: Int
    }

    enum Part: Sendable {
        case element(Element)
        case any(namespace: String)
    }

    enum Content: Sendable {
        case sequence([Part])
        case choice([Part])
        /// Text, with attributes by the names of their types.
        case text(TextRule, attributes: [String: String])

        var parts: [Part] {
            switch self {
            case .sequence(let parts), .choice(let parts): parts
            case .text: []
            }
        }
    }

    /// A construct that no official schema has had so far.
    struct Unknown: Error {
        var place: String
    }

    let namespace: String
    let root: Element
    private(set) var types: [String: Content] = [:]
    /// Every name that an element has, sorted.
    let names: [String]

    init(_ bytes: [UInt8]) throws {
        let schema = try SchemaDeclaration.read(bytes)
        guard let root = schema.children.first(where: { $0.kind == "element" }) else { throw Unknown(place: "root") }
        namespace = schema["targetNamespace"]
        self.root = Self.element(root)
        names = Set(schema.all.filter { $0.kind == "element" }.map { $0["name"] }).sorted()
        var simple: [String: TextRule] = [:]
        for type in schema.children where type.kind == "simpleType" {
            guard let restriction = type.children.first(where: { $0.kind == "restriction" }) else {
                throw Unknown(place: type["name"])
            }
            simple[type["name"]] = TextRule(restriction)
            types[type["name"]] = .text(TextRule(restriction), attributes: [:])
        }
        for type in schema.children where type.kind == "complexType" {
            types[type["name"]] = try Self.content(type, simple)
        }
    }

    private static func element(_ declaration: SchemaDeclaration) -> Element {
        Element(
            name: declaration["name"], type: SchemaDeclaration.local(declaration["type"]),
            least: Int(declaration["minOccurs"]) ?? 1,
            greatest: declaration["maxOccurs"] == "unbounded" ? .max : Int(declaration["maxOccurs"]) ?? 1)
    }

    private static func content(_ type: SchemaDeclaration, _ simple: [String: TextRule]) throws -> Content {
        for child in type.children {
            switch child.kind {
            case "sequence": return .sequence(try child.children.map(part))
            case "choice": return .choice(try child.children.map(part))
            case "simpleContent":
                guard let base = child.children.first, base.kind == "extension",
                    let rule = simple[SchemaDeclaration.local(base["base"])]
                else { throw Unknown(place: type["name"]) }
                let attributes = base.children.map { ($0["name"], SchemaDeclaration.local($0["type"])) }
                return .text(rule, attributes: Dictionary(uniqueKeysWithValues: attributes))
            case "annotation": continue
            default: throw Unknown(place: type["name"])
            }
        }
        throw Unknown(place: type["name"])
    }

    private static func part(_ declaration: SchemaDeclaration) throws -> Part {
        switch declaration.kind {
        case "element": .element(element(declaration))
        case "any": .any(namespace: declaration["namespace"])
        default: throw Unknown(place: declaration.kind)
        }
    }

    /// The shortest way from the root to every part of every type, by the numbers of the parts on the way.
    var routes: [[Int]] {
        var routes: [[Int]] = []
        var open: [(type: String, route: [Int])] = [(root.type, [])]
        var seen: Set<String> = [root.type]
        var next = 0
        while next < open.count {
            let (type, route) = open[next]
            next += 1
            for (index, part) in (types[type]?.parts ?? []).enumerated() {
                routes.append(route + [index])
                if case .element(let element) = part, seen.insert(element.type).inserted {
                    open.append((element.type, route + [index]))
                }
            }
        }
        return routes
    }
}
