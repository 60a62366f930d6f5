import CLibXML2
import Glibc

/// One open element. The names lie in the dictionary of the parser, which lives longer than the reading.
struct XMLFrame {
    var local: UnsafeBufferPointer<UInt8>
    var namespace: UnsafeBufferPointer<UInt8>
    /// The name of the last child and how many of that name came in a row: the number in a path.
    var lastChild: UnsafePointer<UInt8>?
    var childRun: Int32 = 0
    var run: Int32 = 1
    var line: Int32 = 0
    var column: Int32 = 0
    /// Namespace declarations in scope.
    var scope: Int32 = 0
    /// First byte of the start tag, where it was asked for.
    var offset = -1

    /// What stands above the root.
    static var document: XMLFrame {
        XMLFrame(
            local: UnsafeBufferPointer(start: nil, count: 0), namespace: UnsafeBufferPointer(start: nil, count: 0))
    }
}

/// The text of the open element, gathered from all its pieces. The memory is kept from reading to reading.
struct XMLGatheredText {
    private(set) var base = UnsafeMutablePointer<UInt8>.allocate(capacity: 4096)
    private(set) var count = 0
    private var capacity = 4096
    /// Only spaces, tabs, line feeds and carriage returns so far.
    private(set) var isBlank = true

    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }

    @inline(__always)
    mutating func append(_ piece: UnsafePointer<UInt8>, _ length: Int) {
        if count + length > capacity { grow(to: count + length) }
        // `grow` made room for `length` bytes after the `count` that are there; the piece is the parser's own memory.
        memcpy(base + count, piece, length)
        if isBlank { isBlank = Self.isBlank(piece, length) }
        count += length
    }

    @inline(__always)
    mutating func clear() {
        count = 0
        isBlank = true
    }

    private mutating func grow(to wanted: Int) {
        capacity = max(wanted, capacity * 2)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        memcpy(larger, base, count)
        base.deallocate()
        base = larger
    }

    /// Gives memory of unusual size back.
    mutating func shrink() {
        clear()
        guard capacity > 65536 else { return }
        base.deallocate()
        capacity = 4096
        base = .allocate(capacity: capacity)
    }

    /// Ends the life of the memory; nothing may be appended any more.
    func free() {
        base.deallocate()
    }

    @inline(__always)
    private static func isBlank(_ piece: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        for index in 0..<length {
            let byte = piece[index]
            if byte != 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09 { return false }
        }
        return true
    }
}

/// The state of one reading. It lives in memory of its own and is touched through its pointer in single accesses only,
/// because libxml2 calls back (a schema error inside a forwarded event) while an outer callback is under way.
struct XMLSession {
    typealias Pointer = UnsafeMutablePointer<XMLSession>

    let parser: xmlParserCtxtPtr
    let frames: UnsafeMutablePointer<XMLFrame>
    var gathered = XMLGatheredText()
    var limits = XMLLimits.standard
    var plan = XMLPlan.none
    /// Borrowed from `XMLReader.read` for the time of one `run`.
    var sink: Unmanaged<XMLEvents>?
    var depth = 0
    var elements = 0
    /// The element that is one too many; moves on from item to item in a stream.
    var elementLimit = 0
    /// The parser has all bytes of the root, and of what follows it.
    var isAllThere = false
    /// The limits of items hold instead of those of a document.
    var isStream = false
    var items = XMLItems()
    /// Reading ended: a fault, or a sink that has seen enough. Callbacks that still come do nothing.
    var ended = false
    var fault: XMLError?
    /// The parser reported the fault: the next start tag ends the reading.
    var isBroken = false
    var family = XMLPrescan.Family.unknown
    var part = XMLOpenPart()
    /// Of a root in a message's namespace that its schema does not declare: the schema.
    var stranger: XMLSchema?
    var partsOfRoot = 0
    var records: [XMLPartRecord] = []
    var validatedParts = 0
    var errors: [XMLSchemaError] = []
    /// What precedes this root in the same bytes.
    var before = XMLBefore()
    /// First byte after the last root element in the bytes as received; -1 before its end.
    var rootEnd = -1
    var rootEndPosition = XMLPosition(line: 0, column: 0)
    /// libxml2 could not transcode the input, or was out of memory: reported outside the parser's own handler.
    var transcodingFailed = false
}

extension XMLSession {
    /// Ends the reading with a fault; the first one counts. For SAX callbacks only: libxml2 looks for the stop there.
    static func fail(_ s: Pointer, _ reason: XMLError.Reason, _ text: String) {
        if s.pointee.fault == nil {
            s.pointee.fault = XMLError(reason: reason, position: position(s), path: path(s, from: 1), text: text)
        }
        stop(s)
    }

    static func stop(_ s: Pointer) {
        s.pointee.ended = true
        xmlStopParser(s.pointee.parser)
    }

    /// Where the parser stands.
    @inline(__always)
    static func position(_ s: Pointer) -> XMLPosition {
        // The input of a parser that is in a callback is set; after `xmlStopParser` it is an empty one.
        guard let input = s.pointee.parser.pointee.input else { return XMLPosition(line: 0, column: 0) }
        return placed(s, input.pointee.line, input.pointee.col)
    }

    @inline(__always)
    static func placed(_ s: Pointer, _ line: Int32, _ column: Int32) -> XMLPosition {
        let first = line <= 1 ? s.pointee.before.columns : 0
        return XMLPosition(line: Int(line) + s.pointee.before.lines, column: Int(column) + first)
    }

    /// The path from the element at a depth to the innermost open one.
    static func path(_ s: Pointer, from first: Int, to last: Int? = nil) -> String {
        let last = last ?? s.pointee.depth
        guard first <= last else { return "" }
        var path = ""
        for depth in first...last {
            let frame = s.pointee.frames[depth]
            path += "/" + String(xml: frame.local)
            if frame.run > 1 { path += "[\(frame.run)]" }
        }
        return path
    }

    @inline(__always)
    static func obey(_ s: Pointer, _ flow: XMLFlow) {
        switch flow {
        case .next: return
        case .stop: stop(s)
        case .refuse(let text): fail(s, .refused, "\(text)")
        }
    }

    /// Gives the gathered text to the schema and the sink.
    static func deliverText(_ s: Pointer) {
        let bytes = s.pointee.gathered.bytes
        if let forward = s.pointee.part.forward { forward.text(bytes) }
        guard !s.pointee.ended, let sink = s.pointee.sink else { return }
        // The sink is held by the caller of `run` until the parser has returned.
        obey(s, sink._withUnsafeGuaranteedRef { $0.text(bytes) })
    }
}

/// A zero-terminated name of libxml2 with its length.
@inline(__always)
func zeroTerminated(_ text: UnsafePointer<UInt8>?) -> UnsafeBufferPointer<UInt8> {
    guard let text else { return UnsafeBufferPointer(start: nil, count: 0) }
    // libxml2 ends every name with a zero byte.
    return UnsafeBufferPointer(start: text, count: strlen(UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self)))
}
