public import FormatXML
import Payments

/// What a message's table covers of the message and of the vocabulary, found without running a payment.
public struct CoverageReport: Sendable, Equatable {
    /// A field that the message does not say, and why that is no loss.
    public struct Excuse: Sendable, Equatable {
        public let field: String
        public let why: String
    }

    public let message: String
    /// Every row, includes resolved, in the order of writing.
    public let rows: [Coverage]
    /// Names of the vocabulary that the message says, in either direction, in the vocabulary's order.
    public let fields: [String]
    /// Fields that it does not say, each with the reason of `fields/bookkeeping.tsv`.
    public let excused: [Excuse]
    /// Fields that it does not say and that are a loss when a payment has them.
    public let unsaid: [String]
    /// Against the message's schema; nil for JSON, and where there is no schema.
    public let schema: SchemaCoverage?

    /// Rows that carry a value of the vocabulary.
    public var mapped: [Coverage] { rows.filter { $0.field != nil } }
    /// Paths whose whole sub-tree goes to the side-car and comes back to the same network.
    public var kept: [Coverage] { rows.filter { $0.field == nil && ($0.form == "keep" || $0.form == "raw") } }
    /// Paths that are never written, with the reason in `note`.
    public var omitted: [Coverage] { rows.filter { $0.field == nil && $0.form == "omit" } }
    /// Paths that are written as a constant.
    public var constant: [Coverage] { rows.filter { $0.field == nil && $0.form.hasPrefix("const") } }
}

/// The leaves of a schema, elements that hold text, by what the table does with them. Attributes count with their
/// element.
public struct SchemaCoverage: Sendable, Equatable {
    /// A sub-tree of which no row names anything: read, it goes to the side-car; it is not written.
    public struct Unnamed: Sendable, Equatable {
        public let path: String
        public let leaves: Int
    }

    public var mapped = 0
    public var kept = 0
    public var omitted = 0
    public var unnamed: [Unnamed] = []

    public var leaves: Int { mapped + kept + omitted + unnamed.reduce(0) { $0 + $1.leaves } }
}

extension Mappings {
    /// What the table of a message covers; nil when there is no such message.
    public func coverage(of message: String, schemas: XMLSchemaFolder?) -> CoverageReport? {
        guard let program = translator(message)?.program else { return nil }
        let readable = program.readable
        var fields: [String] = []
        var excused: [CoverageReport.Excuse] = []
        var unsaid: [String] = []
        for (index, field) in program.fields.enumerated() where !field.name.hasPrefix("sideCar[]") {
            if readable[index] || program.writable[index] {
                fields.append(field.name)
            } else if let why = bookkeeping.why(field.name, program) {
                excused.append(CoverageReport.Excuse(field: field.name, why: why))
            } else {
                unsaid.append(field.name)
            }
        }
        var schema: SchemaCoverage?
        if program.network.format == .xml, let shape = try? schemas?.shape(file: "\(program.name).xsd") {
            schema = SchemaWalk(program).cover(shape)
        }
        return CoverageReport(
            message: message, rows: program.coverage, fields: fields, excused: excused, unsaid: unsaid, schema: schema)
    }
}

/// Goes through a schema and asks for each leaf what the table does with it.
private struct SchemaWalk {
    private enum Fate {
        case mapped, kept, omitted
    }

    private let root: [String]
    private var fates: [String: Fate] = [:]
    /// Paths above those that rows name.
    private var inner: Set<String> = []
    private var covered = SchemaCoverage()

    /// No schema of a message goes so deep; types that hold themselves end here too.
    private static let greatestDepth = 24

    init(_ program: Program) {
        root = program.root
        for row in program.coverage {
            let fate: Fate =
                row.field != nil || row.form.hasPrefix("const") ? .mapped : row.form == "omit" ? .omitted : .kept
            // A path that one row reads and another keeps out is mapped.
            if fates[row.path] != .mapped { fates[row.path] = fate }
            var steps = row.path.split(separator: "/")
            while steps.popLast() != nil, !steps.isEmpty { inner.insert(steps.joined(separator: "/")) }
        }
    }

    consuming func cover(_ shape: XMLSchemaShape) -> SchemaCoverage? {
        var elements = shape.roots
        var type = ""
        for step in root {
            guard let element = elements.first(where: { $0.name == step }) else { return nil }
            type = element.type
            elements = XMLSchemaShape.elements(shape.content(of: type) ?? [])
        }
        visit(shape.content(of: type) ?? [], "", [type], shape)
        return covered
    }

    private mutating func visit(
        _ particles: [XMLSchemaShape.Particle], _ path: String, _ types: [String], _ shape: XMLSchemaShape
    ) {
        for element in XMLSchemaShape.elements(particles) {
            let here = path.isEmpty ? element.name : "\(path)/\(element.name)"
            let content = shape.content(of: element.type)
            switch fates[here] {
            case .kept: covered.kept += leaves(of: element, types, shape)
            case .omitted: covered.omitted += leaves(of: element, types, shape)
            case .mapped: covered.mapped += 1
            case nil:
                guard inner.contains(here), let content, types.count < Self.greatestDepth else {
                    covered.unnamed.append(
                        SchemaCoverage.Unnamed(path: here, leaves: leaves(of: element, types, shape)))
                    continue
                }
                visit(content, here, types + [element.type], shape)
            }
        }
    }

    private func leaves(of element: XMLSchemaShape.Element, _ types: [String], _ shape: XMLSchemaShape) -> Int {
        guard let content = shape.content(of: element.type), !types.contains(element.type),
            types.count < Self.greatestDepth
        else { return 1 }
        let inner = XMLSchemaShape.elements(content)
        return max(1, inner.reduce(0) { $0 + leaves(of: $1, types + [element.type], shape) })
    }

}
