/// What a schema lets a message say, as a tree that can be asked: for checks of our own tables at the start. Messages
/// are validated by `XMLSchema`, which knows more.
public struct XMLSchemaShape: Sendable {
    /// A part of what an element holds.
    public indirect enum Particle: Sendable {
        case element(Element)
        case sequence([Particle], isMandatory: Bool)
        case choice([Particle], isMandatory: Bool)
        /// Anything, of any name.
        case any
    }

    public struct Element: Sendable {
        public let name: String
        public let type: String
        public let isMandatory: Bool
        /// How many may stand in a row; `Int.max` for any number.
        public let greatest: Int
    }

    /// The elements that a message may begin with.
    public let roots: [Element]
    private let contents: [String: [Particle]]
    private let values: [String: XMLValueShape]

    init(roots: [Element], contents: [String: [Particle]], values: [String: XMLValueShape]) {
        self.roots = roots
        self.contents = contents
        self.values = values
    }

    /// Every element that stands in a content, in order.
    public static func elements(_ particles: [Particle]) -> [Element] {
        particles.flatMap { particle -> [Element] in
            switch particle {
            case .element(let element): [element]
            case .sequence(let inner, _), .choice(let inner, _): elements(inner)
            case .any: []
            }
        }
    }

    /// What elements of a type hold; nil for a type whose elements hold text.
    public func content(of type: String) -> [Particle]? { contents[type] }

    /// What the text of elements of a type may be; nil for a type that the schema does not restrict.
    public func value(of type: String) -> XMLValueShape? { values[type] }
}

/// What the text of an element may be.
public struct XMLValueShape: Sendable {
    /// Empty when every text is listed that keeps to the lengths and patterns.
    public internal(set) var listed: Set<String> = []
    public internal(set) var least = 0
    public internal(set) var greatest = Int.max
    /// Expressions of XML Schema, all of which the text must match.
    public internal(set) var patterns: [String] = []

    public func allows(_ text: String) -> Bool {
        let count = text.unicodeScalars.count
        guard count >= least, count <= greatest, listed.isEmpty || listed.contains(text) else { return false }
        return patterns.allSatisfy { XMLPattern.matches(text, $0) }
    }
}

extension XMLSchemaFolder {
    /// The shape of the schema in a file of the folder, its includes with it; nil when there is no such file.
    public func shape(file: String) throws(XMLSchemaFault) -> XMLSchemaShape? {
        guard contents(file) != nil else { return nil }
        var reader = XMLShapeReader(folder: self)
        try reader.take(file)
        return reader.shape
    }
}

/// Gathers the declarations of a schema and of what it includes.
private struct XMLShapeReader {
    let folder: XMLSchemaFolder
    private var taken: Set<String> = []
    private var roots: [XMLSchemaShape.Element] = []
    private var types: [String: XMLDeclaration] = [:]
    private var groups: [String: XMLDeclaration] = [:]

    init(folder: XMLSchemaFolder) { self.folder = folder }

    mutating func take(_ file: String) throws(XMLSchemaFault) {
        guard taken.insert(file).inserted else { return }
        guard let bytes = folder.contents(file) else {
            throw XMLSchemaFault(file: file, line: 0, text: "There is no such file.")
        }
        var sink = XMLDeclarations()
        do throws(XMLError) {
            try XMLReader().read(bytes, into: &sink)
        } catch {
            throw XMLSchemaFault(file: file, line: error.line, text: error.text)
        }
        for declaration in sink.root.children {
            switch declaration.kind {
            case "include":
                try take(Self.resolve(declaration["schemaLocation"], beside: file))
            case "element": roots.append(element(declaration))
            case "complexType", "simpleType": types[declaration["name"]] = declaration
            case "group": groups[declaration["name"]] = declaration
            default: break
            }
        }
    }

    private static func resolve(_ location: String, beside file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return location }
        return file[...slash] + location
    }

    var shape: XMLSchemaShape {
        var contents: [String: [XMLSchemaShape.Particle]] = [:]
        var values: [String: XMLValueShape] = [:]
        for (name, type) in types {
            if let value = value(type, depth: 0) {
                values[name] = value
            } else if type.kind == "complexType" {
                contents[name] = type.children.compactMap { particle($0, depth: 0) }
            }
        }
        return XMLSchemaShape(roots: roots, contents: contents, values: values)
    }

    private func element(_ declaration: XMLDeclaration) -> XMLSchemaShape.Element {
        XMLSchemaShape.Element(
            name: declaration["name"], type: Self.local(declaration["type"]), isMandatory: declaration.isMandatory,
            greatest: declaration.greatest)
    }

    /// Groups within groups; no schema of a message goes so deep.
    private static let greatestDepth = 32

    private func particle(_ declaration: XMLDeclaration, depth: Int) -> XMLSchemaShape.Particle? {
        guard depth < Self.greatestDepth else { return nil }
        func inner() -> [XMLSchemaShape.Particle] {
            declaration.children.compactMap { particle($0, depth: depth + 1) }
        }
        switch declaration.kind {
        case "element": return .element(element(declaration))
        case "sequence", "all": return .sequence(inner(), isMandatory: declaration.isMandatory)
        case "choice": return .choice(inner(), isMandatory: declaration.isMandatory)
        case "group":
            guard let group = groups[Self.local(declaration["ref"])] else { return nil }
            let parts = group.children.compactMap { particle($0, depth: depth + 1) }
            return .sequence(parts, isMandatory: declaration.isMandatory)
        case "any": return .any
        default: return nil
        }
    }

    /// The text of a simple type, or of a complex one that holds text and attributes.
    private func value(_ type: XMLDeclaration, depth: Int) -> XMLValueShape? {
        guard depth < Self.greatestDepth else { return nil }
        var holder = type
        if type.kind == "complexType" {
            guard let simple = type.children.first(where: { $0.kind == "simpleContent" }) else { return nil }
            holder = simple
        }
        guard let rule = holder.children.first(where: { $0.kind == "restriction" || $0.kind == "extension" }) else {
            return XMLValueShape()
        }
        let base = types[Self.local(rule["base"])].flatMap { value($0, depth: depth + 1) }
        var shape = base ?? XMLValueShape()
        var patterns: [String] = []
        var listed: Set<String> = []
        for facet in rule.children {
            let text = facet["value"]
            switch facet.kind {
            case "enumeration": listed.insert(text)
            case "pattern": patterns.append(text)
            case "minLength": shape.least = max(shape.least, Int(text) ?? 0)
            case "maxLength": shape.greatest = min(shape.greatest, Int(text) ?? .max)
            case "length": (shape.least, shape.greatest) = (Int(text) ?? 0, Int(text) ?? .max)
            default: break
            }
        }
        if !listed.isEmpty { shape.listed = listed }
        // Patterns of one step are alternatives.
        if !patterns.isEmpty { shape.patterns.append(patterns.joined(separator: "|")) }
        return shape
    }

    private static func local(_ name: String) -> String { name.split(separator: ":").last.map(String.init) ?? "" }
}

/// An element of a schema's file.
private struct XMLDeclaration {
    var kind = ""
    var attributes: [String: String] = [:]
    var children: [XMLDeclaration] = []

    subscript(name: String) -> String { attributes[name] ?? "" }

    var isMandatory: Bool { attributes["minOccurs"] != "0" }

    var greatest: Int { self["maxOccurs"] == "unbounded" ? .max : Int(self["maxOccurs"]) ?? 1 }
}

/// Reads a schema's file as it stands.
private struct XMLDeclarations: XMLSink {
    private var open = [XMLDeclaration()]
    /// `xs:schema`.
    var root: XMLDeclaration { open[0].children.first ?? XMLDeclaration() }

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        var declaration = XMLDeclaration(kind: String(xml: name.local))
        for index in 0..<attributes.count {
            let attribute = attributes[index]
            declaration.attributes[String(xml: attribute.name.local)] = String(xml: attribute.value)
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
