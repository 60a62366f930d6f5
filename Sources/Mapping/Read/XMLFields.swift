import FormatXML
import Payments

/// Leads the events of one XML message to its `FieldReader`: checks the outer elements, reads what is below them.
final class XMLFeed {
    let program: Program
    let reader: FieldReader
    /// Elements that are open, the outer ones included.
    private(set) var depth: Int

    init(_ program: Program, base: Payment = Payment(), depth: Int = 0) {
        self.program = program
        self.depth = depth
        reader = FieldReader(program, base: base)
    }

    func start(_ name: XMLName, _ attributes: XMLAttributes, _ position: XMLPosition) {
        let mark = FieldReader.Mark(first: position.line, second: position.column)
        if depth < program.root.count {
            let namespace = String(xml: name.namespace)
            if !program.root[depth].utf8.elementsEqual(name.local) {
                reader.fail(
                    .malformed, "\(program.root[depth]) is expected, not \(String(xml: name.local).prefix(40))",
                    at: mark)
            } else if namespace != program.namespace {
                reader.fail(
                    .versionNotSupported, "the namespace is \(namespace.prefix(80)), not \(program.namespace)", at: mark
                )
            }
        } else {
            reader.open(name.local, at: mark)
            for index in 0..<attributes.count where !attributes[index].name.isIn(XMLFeed.schemaInstance) {
                reader.attribute(attributes[index].name.local, attributes[index].value)
            }
        }
        depth += 1
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        if depth > program.root.count {
            reader.leaf(bytes, .xml)
        } else {
            reader.failHere(.malformed, "text stands where elements are expected")
        }
    }

    func end() {
        depth -= 1
        if depth >= program.root.count { reader.close() }
    }

    /// The reading, once all events were given.
    func finish() throws(TranslationError) -> Reading {
        if let reading = reader.finish() { return reading }
        guard let (error, mark) = reader.failure else { preconditionFailure("no reading without a failure") }
        throw TranslationError(
            error.reason, path: error.path, line: mark.first, column: mark.second, rule: error.rule, text: error.text)
    }

    private static let schemaInstance: StaticString = "http://www.w3.org/2001/XMLSchema-instance"
}

/// The front end for a document that holds one message and nothing else.
struct XMLFields: XMLSink {
    private let feed: XMLFeed

    static func read(
        _ bytes: [UInt8], _ program: Program, _ schema: XMLSchema?, _ limits: XMLLimits
    ) throws(TranslationError) -> Reading {
        precondition(program.network.format == .xml, "\(program.message) is no XML message")
        var sink = XMLFields(feed: XMLFeed(program))
        let validation: XMLValidation = schema.map { .document($0) } ?? .none
        do {
            try XMLReader(limits: limits).read(bytes, validation: validation, into: &sink)
        } catch {
            throw TranslationError(error)
        }
        return try sink.feed.finish()
    }

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        feed.start(name, attributes, position)
        return feed.reader.isSound ? .next : .stop
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        feed.text(bytes)
        return feed.reader.isSound ? .next : .stop
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        feed.end()
        return feed.reader.isSound ? .next : .stop
    }
}

extension TranslationError {
    /// What the parser or the schema found.
    init(_ error: XMLError) {
        let first = error.schemaErrors.first
        let reason: Reason =
            switch error.reason {
            case .documentTooLarge, .tooDeep, .tooManyElements, .tooManyAttributes, .tooManyNamespaces, .textTooLong:
                .payloadTooLarge
            case .encodingNotAllowed, .encodingContradicted, .invalidEncoding: .charactersNotAllowed
            case .schemaUnusable, .outOfMemory: .internalError
            case .invalid: first.map { TranslationError.reason($0) } ?? .malformed
            default: .malformed
            }
        self.init(
            reason, path: first?.path ?? error.path, line: first?.line ?? error.line,
            column: first?.column ?? error.column, rule: first?.rule.rawValue ?? "XML \(error.reason.rawValue)",
            text: first?.text ?? error.text)
    }

    private static func reason(_ error: XMLSchemaError) -> Reason {
        switch error.rule {
        case .elementContent:
            error.text.contains("issing") ? .missingElement : .elementNotAllowed
        case .contentKind, .attributeNotAllowed, .rootUndeclared, .element, .wildcard: .elementNotAllowed
        case .attributeMissing: .missingElement
        case .maxLength: .contentTooLong
        case .fractionDigits: .amountTooFine
        case .totalDigits: .amountInvalid
        default: .contentInvalid
        }
    }
}
