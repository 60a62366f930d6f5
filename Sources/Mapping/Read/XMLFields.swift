import FormatXML
import Payments

/// Leads the events of one XML message to its `FieldReader`: checks the outer elements, reads what is below them.
final class XMLFeed {
    /// What an event touches, reached once for each: a class guards every access to its properties.
    fileprivate struct State {
        var reader: FieldReader
        /// Elements that are open, the outer ones included.
        var depth: Int
    }

    let program: Program
    private var state: State

    init(_ program: Program, base: Payment = Payment(), depth: Int = 0) {
        self.program = program
        state = State(reader: FieldReader(program, base: base), depth: depth)
    }

    /// False once the message has failed, as of the other events.
    func start(_ name: XMLName, _ attributes: XMLAttributes, _ position: XMLPosition) -> Bool {
        state.start(name, attributes, position, program)
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { state.text(bytes, program) }

    func end() -> Bool { state.end(program) }

    /// The reading, once all events were given.
    func finish() throws(TranslationError) -> Reading {
        if let reading = state.reader.finish() { return reading }
        guard let (error, mark) = state.reader.failure else { preconditionFailure("no reading without a failure") }
        throw TranslationError(
            error.reason, path: error.path, line: mark.first, column: mark.second, rule: error.rule, text: error.text)
    }
}

extension XMLFeed.State {
    private static var schemaInstance: StaticString { "http://www.w3.org/2001/XMLSchema-instance" }

    mutating func start(
        _ name: XMLName, _ attributes: XMLAttributes, _ position: XMLPosition, _ program: Program
    ) -> Bool {
        let mark = FieldReader.Mark(first: position.line, second: position.column)
        if depth < program.root.count {
            root(name, mark, program)
        } else {
            reader.open(name.local, at: mark)
            for index in 0..<attributes.count where !attributes[index].name.isIn(Self.schemaInstance) {
                reader.attribute(attributes[index].name.local, attributes[index].value)
            }
        }
        depth += 1
        return reader.isSound
    }

    private mutating func root(_ name: XMLName, _ mark: FieldReader.Mark, _ program: Program) {
        guard program.root[depth].utf8.elementsEqual(name.local) else {
            let text = "\(program.root[depth]) is expected, not \(String(xml: name.local).prefix(40))"
            return reader.fail(.malformed, text, at: mark)
        }
        guard program.namespace.utf8.elementsEqual(name.namespace) else {
            let text = "the namespace is \(String(xml: name.namespace).prefix(80)), not \(program.namespace)"
            return reader.fail(.versionNotSupported, text, at: mark)
        }
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>, _ program: Program) -> Bool {
        if depth > program.root.count {
            reader.leaf(bytes, .xml)
        } else {
            reader.failHere(.malformed, "text stands where elements are expected")
        }
        return reader.isSound
    }

    mutating func end(_ program: Program) -> Bool {
        depth -= 1
        if depth >= program.root.count { reader.close() }
        return reader.isSound
    }
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
        feed.start(name, attributes, position) ? .next : .stop
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        feed.text(bytes) ? .next : .stop
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        feed.end() ? .next : .stop
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
