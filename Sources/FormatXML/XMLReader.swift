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
        let plan: XMLPlan
        switch validation {
        case .none: plan = .none
        case .document(let schema): plan = .whole(schema)
        case .parts(let resolve):
            plan = .parts(
                { (namespace) throws(XMLSchemaFault) in try resolve(namespace).map { .validate($0) } ?? .ignore },
                isSurvey: false)
        }
        let outcome = withUnsafeMutablePointer(to: &sink) { pointer in
            resultOf { () throws(XMLError) in try run(bytes, plan, XMLSinkBoxOf(pointer)) }
        }
        let done = try outcome.get()
        if let fault = done.fault { throw fault }
        if !done.errors.isEmpty { throw XMLError(invalid: done.errors) }
        return XMLReading(elements: done.elements, validatedParts: done.validatedParts, roots: done.roots)
    }

    /// What came of the roots of a document, faults included.
    struct Run {
        var fault: XMLError?
        var errors: [XMLSchemaError] = []
        var records: [XMLPartRecord] = []
        var elements = 0
        var validatedParts = 0
        var roots = 0
    }

    func run(_ bytes: UnsafeBufferPointer<UInt8>, _ plan: XMLPlan, _ sink: XMLSinkBox) throws(XMLError) -> Run {
        let family = try admit(bytes)
        let context = try XMLContext.take()
        defer { context.giveBack() }
        let s = context.session
        s.pointee.limits = limits
        s.pointee.plan = plan
        s.pointee.family = family
        s.pointee.elements = 0
        s.pointee.validatedParts = 0
        s.pointee.ended = false
        s.pointee.fault = nil
        var run = Run()
        var before = XMLBefore()
        var rest = bytes
        while true {
            run.roots += 1
            run.fault = context.run(rest, before: before, sink: sink)
            guard run.fault?.reason == .malformed, run.roots < limits.roots, !s.pointee.ended,
                let next = XMLRoots.next(after: s.pointee.rootEnd, in: bytes, before, XMLSession.rootName(s))
            else { break }
            before = next
            rest = UnsafeBufferPointer(rebasing: bytes[next.bytes...])
            s.pointee.fault = nil
        }
        run.errors = s.pointee.errors
        run.records = s.pointee.records
        run.elements = s.pointee.elements
        run.validatedParts = s.pointee.validatedParts
        return run
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
        case .unknown:
            throw XMLError(
                reason: .encodingNotAllowed, position: start,
                text: "The document is in none of UTF-8, UTF-16 and ISO-8859-1.")
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

/// Finds the second root of a document of several.
enum XMLRoots {
    /// The place where the next root or its declaration begins; nil when only space follows, or anything but markup.
    static func next(
        after end: Int, in bytes: UnsafeBufferPointer<UInt8>, _ before: XMLBefore, _ root: [UInt8]
    ) -> XMLBefore? {
        guard end > before.bytes, end < bytes.count else { return nil }
        var place = end
        while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
        guard place < bytes.count, bytes[place] == 0x3C else { return nil }
        var next = before
        next.roots.append(root)
        next.bytes = place
        for byte in bytes[before.bytes..<place] {
            next.columns = byte == 0x0A ? 0 : next.columns + 1
            if byte == 0x0A { next.lines += 1 }
        }
        return next
    }
}

extension XMLSession {
    /// The local name of the root that was read last.
    static func rootName(_ s: Pointer) -> [UInt8] {
        Array(s.pointee.frames[1].local)
    }
}

func resultOf<Value>(_ body: () throws(XMLError) -> Value) -> Result<Value, XMLError> {
    do throws(XMLError) {
        return .success(try body())
    } catch {
        return .failure(error)
    }
}
