import FormatXML
import Mapping
import Payments

/// Sub-trees at random that a message's rows keep in the side-car, as the message's schema lets them be.
struct RandomKept {
    private var source: IdentitySource
    private let translator: Translator
    private let shape: XMLSchemaShape?
    private let network: String
    /// Paths of the rows that keep and write again.
    let paths: [String]

    init(seed: UInt64, _ translator: Translator) throws {
        source = IdentitySource(seed: seed)
        self.translator = translator
        let names = translator.message.split(separator: "/").map(String.init)
        // What a version of a message keeps comes back to that version alone.
        network = MappingFiles.base(of: names[1]) == nil ? names[0] : translator.message
        shape = names[0] == "iso20022" ? try MappingFiles.schemas.shape(file: "\(names[1]).xsd") : nil
        paths = translator.coverage.filter { $0.form == "keep" && $0.direction == .both }.map(\.path).filter { path in
            let parent = path.split(separator: "/").dropLast().joined(separator: "/")
            return names[0] != "iso20022" || RandomKept.parents.contains(parent)
        }
    }

    /// Elements in which a sub-tree may stand whatever the payment says: in others it may be one branch of a choice.
    private static let parents: Set = ["", "CdtTrfTxInf", "GrpHdr", "CdtTrfTxInf/RmtInf/Strd", "TxInfAndSts", "TxInf"]

    /// Entries for about every third of the rows.
    mutating func next() throws -> [SideCarEntry] {
        var entries: [SideCarEntry] = []
        for path in paths where below(3) == 0 {
            if let shape {
                var steps = path.split(separator: "/").map(String.init)
                guard let element = element(&steps, shape), !isOpen(element, shape, []) else { continue }
                fill(element, path, shape, &entries, depth: 0)
            } else {
                switch below(4) {
                case 0: entries.append(SideCarEntry(path: "\(network):\(path).#number", value: "\(below(1000)).50"))
                case 1: entries.append(SideCarEntry(path: "\(network):\(path)[1]", value: "kept \(below(1000))"))
                default: entries.append(SideCarEntry(path: "\(network):\(path)", value: "kept \(below(1000))"))
                }
            }
        }
        return entries
    }

    private func element(_ steps: inout [String], _ shape: XMLSchemaShape) -> XMLSchemaShape.Element? {
        guard let root = shape.roots.first else { return nil }
        var known = XMLSchemaShape.elements(shape.content(of: root.type) ?? [])
        // The message's own element stands between the document and the rows.
        if root.name == "Document" { known = XMLSchemaShape.elements(shape.content(of: known.first?.type ?? "") ?? []) }
        var found: XMLSchemaShape.Element?
        for step in steps {
            guard let next = known.first(where: { $0.name == step }) else { return nil }
            found = next
            known = XMLSchemaShape.elements(shape.content(of: next.type) ?? [])
        }
        return found
    }

    /// Whether it must hold elements of another schema.
    private func isOpen(_ element: XMLSchemaShape.Element, _ shape: XMLSchemaShape, _ types: [String]) -> Bool {
        guard !types.contains(element.type) else { return false }
        return (shape.content(of: element.type) ?? []).contains { particle in
            switch particle {
            case .any: true
            case .element(let inner): inner.isMandatory && isOpen(inner, shape, types + [element.type])
            case .sequence, .choice: false
            }
        }
    }

    private mutating func fill(
        _ element: XMLSchemaShape.Element, _ path: String, _ shape: XMLSchemaShape, _ entries: inout [SideCarEntry],
        depth: Int
    ) {
        guard let content = shape.content(of: element.type) else {
            let isAmount = element.type.contains("CurrencyAndAmount") || element.type.hasSuffix("CurrencyAnd_Amount")
            if isAmount { entries.append(SideCarEntry(path: "\(network):\(path)/@Ccy", value: "EUR")) }
            // A signature is kept as the XML that it holds, under whatever element.
            let kept = path.hasSuffix("/Sgntr") ? path + "/*" : path
            entries.append(SideCarEntry(path: "\(network):\(kept)", value: text(element.type, shape)))
            return
        }
        let count = entries.count
        for particle in content { fill(particle, path, shape, &entries, depth: depth) }
        // An element that is there and says nothing is kept as an empty text.
        if entries.count == count { entries.append(SideCarEntry(path: "\(network):\(path)", value: "")) }
    }

    private mutating func fill(
        _ particle: XMLSchemaShape.Particle, _ path: String, _ shape: XMLSchemaShape, _ entries: inout [SideCarEntry],
        depth: Int
    ) {
        switch particle {
        case .element(let inner):
            guard inner.isMandatory || (depth < 4 && below(4) == 0), !isOpen(inner, shape, []) else { return }
            fill(inner, "\(path)/\(inner.name)", shape, &entries, depth: depth + 1)
        case .sequence(let inner, let isMandatory):
            guard isMandatory || below(4) == 0 else { return }
            for particle in inner { fill(particle, path, shape, &entries, depth: depth) }
        case .choice(let inner, let isMandatory):
            guard isMandatory || below(4) == 0, !inner.isEmpty else { return }
            fill(Self.mandatory(inner[below(inner.count)]), path, shape, &entries, depth: depth)
        case .any: return
        }
    }

    /// A branch that was chosen is written.
    private static func mandatory(_ particle: XMLSchemaShape.Particle) -> XMLSchemaShape.Particle {
        guard case .element(let element) = particle else { return particle }
        return element.isMandatory ? particle : .sequence([particle], isMandatory: true)
    }

    // MARK: texts

    private mutating func text(_ type: String, _ shape: XMLSchemaShape) -> String {
        switch type {
        case "ISODate": return "2026-11-\(10 + below(20))"
        case "ISODateTime": return "2026-11-24T10:00:\(10 + below(50)).000Z"
        case "ISOTime": return "10:00:00.000Z"
        case "ISOYear", "ISOYearMonth": return type == "ISOYear" ? "2026" : "2026-11"
        default: break
        }
        if type.contains("Binary") { return shape.value(of: type)?.allows("YWJj") == false ? "7A7A" : "YWJj" }
        if type.hasSuffix("Indicator") || type == "TrueFalseIndicator" { return "true" }
        if type.contains("Amount") || type.hasSuffix("Rate") || type.hasSuffix("Number") || type.hasSuffix("Quantity") {
            let isWhole = type.contains("Number") && !type.contains("Decimal")
            let number = isWhole ? "\(1 + below(90))" : "\(1 + below(90)).5"
            if shape.value(of: type)?.allows(number) != false { return number }
        }
        guard let value = shape.value(of: type) else { return "kept \(below(1000))" }
        if !value.listed.isEmpty { return value.listed.sorted()[below(value.listed.count)] }
        let candidates = [
            "kept \(below(1000))", "K\(below(10))", "DE", "EUR", "BANKDEFF", "5493001KJTIIGC8Y1R12", "+49-3012345",
            "DE02120300000000202051", source.uuid(), "ABCD", "1", "12", "12345", "a", "true",
            String(repeating: "7A", count: 32),
        ]
        return candidates.first { value.allows($0) } ?? "?"
    }

    private mutating func below(_ bound: Int) -> Int { Int(source.next() % UInt64(bound)) }
}
