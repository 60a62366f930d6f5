import FormatJSON

/// The front end of a `FieldReader` for JSON.
struct JSONFields: JSONSink, ~Copyable {
    private struct Container {
        let isArray: Bool
        /// What the elements of an array are, opened anew for each.
        var child = FieldReader.Child(node: -1)
        /// An array that is an element of another one, and is kept so.
        var isInner = false
        var isEmpty = true
    }

    private var reader: FieldReader
    private let nullIsAbsent: Bool
    /// The open array or object; those around it are `containers`, outermost first.
    private var container = Container(isArray: false)
    private var containers: [Container] = []
    private var depth = 0
    /// What the key stands for whose value comes next; of an array's elements, what all of them are.
    private var child = FieldReader.Child(node: -1)

    static func read(_ bytes: [UInt8], _ program: Program) throws(TranslationError) -> Reading {
        precondition(program.network.format == .json, "\(program.message) is no JSON message")
        var sink = JSONFields(program)
        let source = JSONReader(bytes)
        do {
            try source.read(into: &sink)
        } catch {
            let reason: TranslationError.Reason =
                switch error.reason {
                case .documentTooLarge, .tooDeep, .tooManyMembers, .tooManyElements, .tooManyValues, .stringTooLong,
                    .numberTooLong:
                    .payloadTooLarge
                default: .malformed
                }
            throw TranslationError(
                reason, path: error.path, line: error.line, column: error.column, rule: "JSON \(error.reason.rawValue)",
                text: error.text)
        }
        let failure: FieldReader.Failure
        switch sink.reader.finish() {
        case .success(let reading): return reading
        case .failure(let found): failure = found
        }
        let (error, mark) = (failure.error, failure.mark)
        let place = source.place(of: Int(mark.first))
        throw TranslationError(
            error.reason, path: error.path, line: place.line, column: place.column, rule: error.rule, text: error.text)
    }

    private init(_ program: Program) {
        reader = FieldReader(program)
        nullIsAbsent = program.network.nulls
        containers.reserveCapacity(8)
    }

    private var flow: JSONFlow { reader.isSound ? .next : .stop }

    /// Opens the member whose value begins. False for the document's own value.
    @inline(__always)
    private mutating func begin(_ offset: Int) -> Bool {
        guard depth > 0 else { return false }
        guard container.isArray else {
            reader.open(child, at: FieldReader.Mark(offset))
            return true
        }
        reader.open(container.child, at: FieldReader.Mark(offset))
        reader.numberElement()
        container.isEmpty = false
        return true
    }

    @inline(__always)
    private mutating func push(_ next: Container) {
        if depth > 0 { containers.append(container) }
        container = next
        depth += 1
    }

    @inline(__always)
    private mutating func pop() {
        depth -= 1
        if let outer = containers.popLast() { container = outer }
    }

    mutating func key(_ name: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
        child = reader.child(name)
        return .next
    }

    mutating func beginObject(at offset: Int) -> JSONFlow {
        if begin(offset) { reader.expectStructure() }
        push(Container(isArray: false))
        return flow
    }

    mutating func endObject(at offset: Int) -> JSONFlow {
        pop()
        if depth > 0 { reader.closeObject() }
        return flow
    }

    mutating func beginArray(at offset: Int) -> JSONFlow {
        guard depth > 0 else {
            reader.failHere(.malformed, "an object is expected here")
            return flow
        }
        if container.isArray, reader.keeps(container.child) {
            _ = begin(offset)
            push(Container(isArray: true, child: reader.stranger(""), isInner: true))
        } else if container.isArray {
            // An array within an array: its elements are told as further ones of the outer.
            push(container)
        } else {
            reader.expectList(child)
            push(Container(isArray: true, child: child))
        }
        return flow
    }

    mutating func endArray(at offset: Int) -> JSONFlow {
        let ended = container
        pop()
        if ended.isInner {
            if ended.isEmpty { reader.keepEmpty(.list) }
            reader.close()
        } else if ended.isEmpty, reader.keeps(ended.child) {
            reader.open(ended.child, at: FieldReader.Mark(offset))
            reader.keepEmpty(.list)
            reader.close()
        }
        return flow
    }

    mutating func string(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
        scalar(text, .string, offset)
    }

    mutating func number(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
        scalar(text, .number, offset)
    }

    mutating func bool(_ value: Bool, at offset: Int) -> JSONFlow {
        let text: StaticString = value ? "true" : "false"
        return text.withUTF8Buffer { scalar($0, .boolean, offset) }
    }

    mutating func null(at offset: Int) -> JSONFlow {
        guard !nullIsAbsent || depth == 0 else { return .next }
        _ = begin(offset)
        reader.failHere(.malformed, "null is not allowed here")
        return flow
    }

    private mutating func scalar(_ text: UnsafeBufferPointer<UInt8>, _ kind: LeafKind, _ offset: Int) -> JSONFlow {
        if depth > 0, !container.isArray, reader.take(child, text, kind, at: FieldReader.Mark(offset)) {
            return .next
        }
        guard begin(offset) else {
            reader.failHere(.malformed, "an object is expected here")
            return flow
        }
        reader.leaf(text, kind)
        reader.close()
        return flow
    }
}

extension FieldReader {
    /// A JSON object begins: a row that carries a value has no place for it.
    mutating func expectStructure() {
        if isLeafOpen { failHere(.malformed, "a single value is expected here, not an object") }
    }

    /// A JSON object ends. One that is kept and held nothing is told by itself.
    mutating func closeObject() {
        if !top.hasChildren, isKept { keepEmpty(.object) }
        close()
    }

    /// The open element is one of a JSON array.
    mutating func numberElement() { top.isElement = isKept }

    /// Whether what stands under a name goes to the side-car as it is.
    func keeps(_ child: Child) -> Bool { child.node < 0 || program.reads[Int(child.node)].isKeep }

    /// A JSON array begins: what stands once must not come as a list, nor a list without one.
    mutating func expectList(_ child: Child) {
        guard standsOnce(child) else { return }
        let name = String(decoding: program.names[program.nameRange(Int(child.node))], as: UTF8.self)
        failHere(.malformed, "\(name) is no list")
    }
}
