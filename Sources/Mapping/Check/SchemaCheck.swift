import FormatXML
import Payments

/// One message's table against its schema.
extension TableCheck {
    /// Where the walk stands: a node of the table and the type that the schema gives its element.
    private struct Spot {
        let program: Program
        let shape: XMLSchemaShape
        let file: String
        var node = 0
        var type = ""
        /// Below the message's outer elements.
        var path = ""
        /// The kinds of element, or the codes, that conditions leave; nil for all.
        var kinds: Set<String>?

        var children: Range<Int> { program.writes[node].children }
    }

    mutating func message(_ name: String) {
        guard let program = mappings.translator(name)?.program, program.network.format == .xml,
            let shape = shape(name, file: "fields/\(name).tsv")
        else { return }
        var spot = Spot(program: program, shape: shape, file: "fields/\(name).tsv")
        var elements = shape.roots
        for step in program.root {
            guard let element = elements.first(where: { $0.name == step }) else {
                return faults.add(
                    spot.file, Self.top, "the schema knows no \(step) there", "mend the path of the [message] row")
            }
            spot.type = element.type
            elements = XMLSchemaShape.elements(shape.content(of: element.type) ?? [])
        }
        compare(spot)
    }

    private mutating func compare(_ spot: Spot) {
        guard let content = spot.shape.content(of: spot.type) else { return }
        let known = XMLSchemaShape.elements(content)
        var order = 0
        for child in spot.children {
            let node = spot.program.writes[child]
            guard let place = known.firstIndex(where: { $0.name == node.name.text }) else {
                tell(spot, at: child, "the schema knows no \(node.path)", "mend the path, or mark the row with <")
                continue
            }
            if place < order {
                let before = known[order].name
                tell(
                    spot, at: child, "\(node.path) is written after \(before), before which the schema wants it",
                    "move the row up")
            }
            order = max(order, place)
            descend(spot, child, known[place])
        }
        // What stands where it stood says all that it said.
        guard !spot.program.writes[spot.node].isEcho else { return }
        for particle in content { demand(particle, spot) }
    }

    private mutating func descend(_ spot: Spot, _ child: Int, _ element: XMLSchemaShape.Element) {
        let node = spot.program.writes[child]
        var inner = spot
        inner.node = child
        inner.type = element.type
        inner.path = node.path
        inner.kinds = Self.kinds(node.condition, spot.program, spot.kinds)
        if case .group(let group) = node.kind, let kind = group.kind { inner.kinds = [kind] }
        guard case .leaf(let index) = node.kind else { return compare(inner) }
        let leaf = spot.program.leaves[index]
        switch leaf.form {
        case .keep, .raw: return
        default: break
        }
        if spot.shape.content(of: element.type) != nil {
            tell(spot, at: child, "\(node.path) holds elements, not a value", "name the element below it")
        } else if case .code(let rule) = leaf.form {
            // Conditions on a field leave those of its codes that they name.
            codes(rule.column, of: element.type, in: spot.shape, only: inner.kinds)
        } else if case .const(let text) = leaf.form, spot.shape.value(of: element.type)?.allows(text) == false {
            tell(spot, at: child, "\(text) is no \(element.type)", "write a value that the schema takes")
        }
    }

    /// The kinds that a condition leaves of an element of a list.
    private static func kinds(_ condition: Condition?, _ program: Program, _ outer: Set<String>?) -> Set<String>? {
        guard case .all(let clauses)? = condition else { return outer }
        var kinds = outer
        for clause in clauses where !clause.negated && program.fields[clause.field].name.hasSuffix("[].kind") {
            guard case .oneOf(let values) = clause.test else { continue }
            kinds = kinds.map { $0.intersection(values) } ?? Set(values)
        }
        return kinds
    }

    // MARK: What a schema demands

    private mutating func demand(_ particle: XMLSchemaShape.Particle, _ spot: Spot) {
        switch particle {
        case .element(let element):
            if element.isMandatory { demand(element, spot) }
        case .sequence(let inner, let isMandatory):
            guard isMandatory || isTouched(inner, spot) else { return }
            for particle in inner { demand(particle, spot) }
        case .choice(let inner, let isMandatory):
            let branches = inner.filter { isTouched([$0], spot) }
            for case .sequence(let parts, _) in branches {
                for particle in parts { demand(particle, spot) }
            }
            guard isMandatory, branches.isEmpty, !inner.isEmpty else { return }
            let paths = XMLSchemaShape.elements(inner).map { path($0, spot) }
            guard !paths.contains(where: spot.program.omitted.contains) else { return }
            tell(
                spot, at: spot.node, "the schema demands one of \(paths.joined(separator: ", ")) and no row writes any",
                Self.remedy)
        case .any: return
        }
    }

    private static let remedy = "add a row that writes it, or one of the form omit that says why not"

    private mutating func demand(_ element: XMLSchemaShape.Element, _ spot: Spot) {
        let path = path(element, spot)
        guard !spot.program.omitted.contains(path) else { return }
        let nodes = spot.children.filter {
            spot.program.writes[$0].name.text == element.name && !spot.program.writes[$0].isEcho
        }
        guard let first = nodes.first else {
            return tell(
                spot, at: spot.node, "\(path) is mandatory in the schema and no row writes it", Self.remedy)
        }
        // What is written through this element alone is not written without it.
        guard spot.children.count > nodes.count || spot.node == 0 else { return }
        guard !nodes.contains(where: { isCertain($0, spot.program) }) else { return }
        tell(
            spot, at: first, "\(path) is mandatory in the schema and its row may write nothing",
            "end the path with !, or give the form a default")
    }

    /// Whether a node is written, or its absence refused, wherever the element around it is.
    private func isCertain(_ node: Int, _ program: Program) -> Bool {
        let write = program.writes[node]
        if write.required { return true }
        switch write.kind {
        case .structure:
            // What is mandatory within an inner thing says nothing of the thing itself.
            guard !write.isScope, write.condition == nil else { return false }
            return write.children.contains { isCertain($0, program) }
        case .leaf(let index):
            guard write.condition == nil || write.place == .lastAlternative else { return false }
            switch program.leaves[index].form {
            case .const, .countOfPayments: return true
            case .text(let rule): return rule.fallback != nil
            case .number(let fallback): return fallback != nil
            case .code(let rule): return rule.text.fallback != nil
            default: return false
            }
        case .group, .payments, .batches: return false
        }
    }

    private func isTouched(_ particles: [XMLSchemaShape.Particle], _ spot: Spot) -> Bool {
        let written = spot.children.filter { !spot.program.writes[$0].isEcho }
        let names = Set(written.map { spot.program.writes[$0].name.text })
        return XMLSchemaShape.elements(particles).contains {
            names.contains($0.name) || spot.program.omitted.contains(path($0, spot))
        }
    }

    private func path(_ element: XMLSchemaShape.Element, _ spot: Spot) -> String {
        spot.path.isEmpty ? element.name : "\(spot.path)/\(element.name)"
    }

    /// Tells a fault at the row that made a node.
    private mutating func tell(_ spot: Spot, at node: Int, _ problem: String, _ remedy: String) {
        let parts = spot.program.writeRows[node].split(separator: ":")
        let line = parts.last.flatMap { Int($0) } ?? 1
        let file = parts.count == 2 ? String(parts[0]) : spot.file
        faults.add(file, TableSheet.Cell(text: "", line: line, column: 1), problem, remedy)
    }
}
