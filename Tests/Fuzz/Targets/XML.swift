import FormatXML

/// The reader of XML with every limit and every kind of validation.
///
/// Oracles: a second reading of the same bytes says the same, whatever parser of the pool takes it; validation changes
/// no event; a document that is not well-formed is refused with any validation; the events written by `XMLWriter` read
/// back as they were.
enum Target: FuzzTarget {
    /// How to validate, which limits, and a number for either.
    static let choices = 3
    private static let schemas = Choice(Files.definitions)

    static func run(_ choices: [UInt8], _ document: [UInt8]) {
        let limits = limits(choices[1], choices[2])
        let stopsAfter = choices[0] & 0x10 != 0 ? Int(choices[2]) : nil
        let refuses = choices[0] & 0x20 != 0
        let validation = validation(choices)
        let first = read(
            document, limits: limits, validation: validation, stopsAfter: stopsAfter, refuses: refuses)
        let second = read(
            document, limits: limits, validation: validation, stopsAfter: stopsAfter, refuses: refuses)
        expect(first.outcome == second.outcome, "read twice: \(first.outcome), then \(second.outcome)")
        expect(first.events == second.events, "read twice, the events differ")
        guard stopsAfter == nil else { return }
        check(first.outcome, limits)
        let plain = read(document, limits: limits)
        agree(plain, first)
        if case .read(let reading) = plain.outcome, reading.roots == 1 { rewrite(plain.events) }
    }

    private static func check(_ outcome: Outcome, _ limits: XMLLimits) {
        guard let error = outcome.error else { return }
        expect(
            (error.reason == .invalid) == !error.schemaErrors.isEmpty,
            "\(error.reason) with \(error.schemaErrors.count) errors of the schema")
        for found in error.schemaErrors {
            expect(found.path.hasPrefix("/"), "a schema error at the path \(found.path)")
            expect(found.line > 0, "a schema error without a line")
            expect(found.text.utf8.count <= XMLSchemaError.greatestTextBytes + 8, "a schema error is too long")
        }
        expect(error.reason != .schemaUnusable, "\(error)")
    }

    /// A validating reading beside one that does not.
    private static func agree(
        _ plain: (outcome: Outcome, events: [Record.Event]), _ valid: (outcome: Outcome, events: [Record.Event])
    ) {
        switch (plain.outcome, valid.outcome) {
        case (.read(let one), .read(let other)):
            expect(one.elements == other.elements && one.roots == other.roots, "\(one) and \(other)")
            expect(plain.events == valid.events, "validation changes what is told")
        case (.refused(let one), .refused(let other)):
            expect(one == other, "without validation \(one), with it \(other)")
        case (.refused(let error), .read): broken("only validation reads it: \(error)")
        case (.read, .refused(let error)): expect(error.reason == .invalid, "validation alone refuses: \(error)")
        }
    }

    private static func rewrite(_ events: [Record.Event]) {
        let bytes: [UInt8]
        do throws(XMLWriteError) {
            bytes = try document(events)
        } catch {
            broken("what was read cannot be written: \(error)")
        }
        let again = read(bytes)
        switch again.outcome {
        case .read: expect(again.events == events, "written and read again, the events differ")
        case .refused(let error):
            // Every attribute's namespace is declared anew, so there may be more of them.
            let isLarger = [.tooManyAttributes, .tooManyNamespaces, .tooManyNames].contains(error.reason)
            expect(isLarger, "written, it is refused: \(error)")
        }
    }

    private static func validation(_ choices: [UInt8]) -> XMLValidation {
        switch choices[0] & 3 {
        case 0: .none
        case 1:
            Files.schema(definition: schemas[choices[2], choices[1]]).map { .document($0) } ?? .none
        default: .parts { (namespace) throws(XMLSchemaFault) in try Files.schema(namespace) }
        }
    }

    private static func limits(_ kind: UInt8, _ size: UInt8) -> XMLLimits {
        let size = Int(size)
        switch kind & 15 {
        case 0: return XMLLimits(roots: 2)
        case 1: return XMLLimits(encodings: .utf8)
        case 2: return XMLLimits(encodings: .utf16)
        case 3: return XMLLimits(encodings: .latin1)
        case 4: return XMLLimits(documentBytes: size * 64)
        case 5: return XMLLimits(depth: size)
        case 6: return XMLLimits(elements: size)
        case 7: return XMLLimits(attributes: size & 7)
        case 8: return XMLLimits(names: size)
        case 9: return XMLLimits(namespaces: size & 15)
        case 10: return XMLLimits(textBytes: size)
        case 11: return XMLLimits(schemaErrors: size & 15)
        case 12: return XMLLimits(roots: 4)
        case 13:
            return XMLLimits(
                documentBytes: 2048, depth: 3, elements: 8, attributes: 2, names: 4, namespaces: 2, textBytes: 8,
                schemaErrors: 1, roots: 2)
        default: return .standard
        }
    }

    static func prepare() {
        _ = schemas
    }

    static func seeds() -> [Seed] {
        Files.vectors.filter { $0.name.hasSuffix(".xml") }.flatMap { name, bytes in
            [[2, 15, 0], [0, 0, 0], [2, 11, 3], [0x12, 15, 9]].enumerated().map { index, choices in
                Seed(name: "\(index)-\(name)", choices: choices, document: bytes)
            }
        }
    }
}
