import FormatXML
import Payments

/// Leads the events of one XML message to its `FieldReader`: checks the outer elements, reads what is below them.
struct XMLFeed: ~Copyable {
    let program: Program
    private var reader: FieldReader
    /// Elements that are open, the outer ones included.
    private var depth: Int
    private let outer: Int
    /// What is kept as XML, while it is open, and how many elements of it are.
    private var raw: RawXML?
    private var rawDepth = 0

    init(_ program: Program, base: Payment = Payment(), depth: Int = 0, drain: Drain? = nil) {
        self.program = program
        self.depth = depth
        outer = program.root.count
        reader = FieldReader(program, base: base)
        reader.drain = drain
    }

    /// The reading, once all events were given.
    consuming func finish() throws(TranslationError) -> Reading {
        switch reader.finish() {
        case .success(let reading): return reading
        case .failure(let failure):
            let (error, mark) = (failure.error, failure.mark)
            throw TranslationError(
                error.reason, path: error.path, line: Int(mark.first), column: Int(mark.second), rule: error.rule,
                text: error.text)
        }
    }

    /// False once the message has failed, as of the other events.
    @inline(__always)
    mutating func start(_ name: XMLName, _ attributes: XMLAttributes, _ position: XMLPosition) -> Bool {
        let mark = FieldReader.Mark(position.line, position.column)
        if depth < outer {
            root(name, attributes, mark)
        } else if reader.top.isRaw {
            if raw == nil { raw = RawXML(namespace: program.namespace) }
            raw?.start(name, attributes)
            rawDepth += 1
        } else {
            reader.open(name.local, at: mark)
            for index in 0..<attributes.count { attribute(attributes[index]) }
        }
        depth += 1
        return reader.isSound
    }

    private mutating func attribute(_ attribute: XMLAttribute) {
        guard !attribute.name.namespace.isEmpty else {
            return reader.attribute(attribute.name.local, attribute.value)
        }
        guard var step = AttributeName.step(attribute.name) else { return }
        step.withUTF8 { reader.attribute($0, attribute.value) }
    }

    private mutating func root(_ name: XMLName, _ attributes: XMLAttributes, _ mark: FieldReader.Mark) {
        guard FieldReader.isSame(program.root[depth], name.local) else {
            let text = "\(program.root[depth]) is expected, not \(String(xml: name.local).prefix(40))"
            return reader.fail(.malformed, text, at: mark)
        }
        guard FieldReader.isSame(program.namespace, name.namespace) else {
            let text = "the namespace is \(String(xml: name.namespace).prefix(80)), not \(program.namespace)"
            return reader.fail(.versionNotSupported, text, at: mark)
        }
        for index in 0..<attributes.count {
            guard let step = AttributeName.step(attributes[index].name) else { continue }
            let path = program.root[...depth].joined(separator: "/")
            reader.keep(outer: "\(path)/@\(step)", attributes[index].value)
        }
    }

    @inline(__always)
    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if reader.top.isRaw {
            if raw == nil { raw = RawXML(namespace: program.namespace) }
            raw?.text(bytes)
        } else if depth > outer {
            reader.leaf(bytes, .xml)
        } else {
            reader.failHere(.malformed, "text stands where elements are expected")
        }
        return reader.isSound
    }

    @inline(__always)
    mutating func end() -> Bool {
        depth -= 1
        if rawDepth > 0 {
            rawDepth -= 1
            raw?.end()
            return reader.isSound
        }
        if reader.top.isRaw {
            reader.keep(raw: raw?.text ?? "")
            raw = nil
        }
        if depth >= outer { reader.close() }
        return reader.isSound
    }
}

/// The front end for a document that holds one message and nothing else.
struct XMLFields: XMLSink, ~Copyable {
    private var feed: XMLFeed

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
            case .documentTooLarge, .tooDeep, .tooManyElements, .tooManyAttributes, .tooManyNamespaces, .textTooLong,
                .itemTooLarge:
                .payloadTooLarge
            case .encodingNotAllowed, .encodingContradicted, .invalidEncoding: .charactersNotAllowed
            case .schemaUnusable, .outOfMemory, .unreadable: .internalError
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
