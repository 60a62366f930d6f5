/// What a reading validates on its way.
public enum XMLValidation {
    case none
    /// The document as a whole.
    case document(XMLSchema)
    /// Every sub-tree, at any depth, whose namespace has a schema; asked once for each change of namespace outside of
    /// such a sub-tree. Where a network gives the root an outer name of its own, the wrapper stands for the root.
    case parts((_ namespace: String) throws(XMLSchemaFault) -> XMLSchema?)
}

/// What a reading has seen.
public struct XMLReading: Sendable, Equatable {
    public let elements: Int
    /// Sub-trees that were validated, and found valid.
    public let validatedParts: Int
    public let roots: Int
    /// Of a stream, the elements of the names that were given as items.
    public let items: Int
}

extension XMLReading {
    init(_ run: XMLReader.Run) throws(XMLError) {
        if let fault = run.fault { throw fault }
        if !run.errors.isEmpty { throw XMLError(invalid: run.errors) }
        self.init(
            elements: run.elements, validatedParts: run.validatedParts, roots: run.roots, items: run.items)
    }
}

/// Reads documents in one pass: bytes in, events out, validation on the way. No network, no files, no entities but the
/// five of XML, no document type declarations; every size has a limit.
public struct XMLReader: Sendable {
    public let limits: XMLLimits

    public init(limits: XMLLimits = .standard) {
        self.limits = limits
    }

    /// Drives the sink over the document. Events come before the verdict: a sink's work counts only when this returns.
    @discardableResult
    public func read<Sink: XMLSink & ~Copyable>(
        _ bytes: [UInt8], validation: XMLValidation = .none, into sink: inout Sink
    ) throws(XMLError) -> XMLReading {
        let result = bytes.withUnsafeBufferPointer { buffer in
            resultOf { () throws(XMLError) in try read(buffer, validation: validation, into: &sink) }
        }
        return try result.get()
    }

    /// The same over memory of the caller's.
    @discardableResult
    public func read<Sink: XMLSink & ~Copyable>(
        _ bytes: UnsafeBufferPointer<UInt8>, validation: XMLValidation = .none, into sink: inout Sink
    ) throws(XMLError) -> XMLReading {
        let outcome = withUnsafeMutablePointer(to: &sink) { pointer in
            resultOf { () throws(XMLError) in try run(bytes, XMLPlan(validation), Sink.events(pointer)) }
        }
        return try XMLReading(try outcome.get())
    }

    /// What came of the roots of a document, faults included.
    struct Run {
        var fault: XMLError?
        var errors: [XMLSchemaError] = []
        var records: [XMLPartRecord] = []
        var elements = 0
        var validatedParts = 0
        var roots = 0
        var items = 0
    }

    func run(_ bytes: UnsafeBufferPointer<UInt8>, _ plan: XMLPlan, _ sink: XMLEvents) throws(XMLError) -> Run {
        let family = try admit(bytes)
        let context = try XMLContext.take()
        defer { context.giveBack() }
        context.prepare(limits, plan, family)
        return run(context, .memory(bytes), sink) { XMLInflow(bytes, family, limits) }
    }

    /// Reads one root after the other.
    /// - Parameter inflow: The same bytes as an inflow; asked for only where a further root may follow.
    func run(
        _ context: XMLContext, _ first: XMLInput, _ sink: XMLEvents, inflow: () -> XMLInflow
    ) -> Run {
        let s = context.session
        var run = Run()
        var before = XMLBefore()
        var input = first
        while true {
            run.roots += 1
            run.fault = context.run(input, before: before, sink: sink)
            guard run.fault?.reason == .malformed, run.roots < limits.roots, !s.pointee.ended,
                s.pointee.rootEnd > before.bytes
            else { break }
            let further = input.inflow ?? inflow()
            guard let next = XMLRoots.next(further, s) else { break }
            before = next
            input = .inflow(further)
            if case .eightBit = s.pointee.family { s.pointee.family = .eightBit(bomBytes: next.hasMark ? 3 : 0) }
            s.pointee.fault = nil
        }
        run.errors = s.pointee.errors
        run.records = s.pointee.records
        run.elements = s.pointee.elements
        run.validatedParts = s.pointee.validatedParts
        run.items = s.pointee.items.count
        return run
    }

    static var noEncoding: XMLError {
        XMLError(
            reason: .encodingNotAllowed, position: XMLPosition(line: 1, column: 1),
            text: "The document is in none of UTF-8, UTF-16 and ISO-8859-1.")
    }

    /// What can be refused before libxml2 sees a byte.
    private func admit(_ bytes: UnsafeBufferPointer<UInt8>) throws(XMLError) -> XMLPrescan.Family {
        let start = XMLPosition(line: 1, column: 1)
        guard !bytes.isEmpty else {
            throw XMLError(reason: .empty, position: start, text: "There is no document.")
        }
        guard bytes.count <= limits.documentBytes, bytes.count < Int(Int32.max) else {
            throw XMLError(
                reason: .documentTooLarge, position: start,
                text: "The document has \(bytes.count) bytes, more than \(limits.documentBytes).")
        }
        let family = XMLPrescan.family(bytes)
        var order: Bool?
        switch family {
        case .unknown: throw XMLReader.noEncoding
        case .sixteenBit(let littleEndian): order = littleEndian
        case .eightBit: order = nil
        }
        // Twice the limit: the look may take text that resembles a tag for one.
        guard !XMLPrescan.hasTagBeyond(limits.attributes * 2, bytes, sixteenBit: order) else {
            throw XMLError(
                reason: .tooManyAttributes, position: start,
                text: "An element has more than \(limits.attributes) attributes.")
        }
        return family
    }
}

func resultOf<Value>(_ body: () throws(XMLError) -> Value) -> Result<Value, XMLError> {
    do throws(XMLError) {
        return .success(try body())
    } catch {
        return .failure(error)
    }
}
