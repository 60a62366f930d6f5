import CLibXML2
import Synchronization

/// What the parser reads: bytes that lie still in memory, or an inflow.
enum XMLInput {
    case memory(UnsafeBufferPointer<UInt8>)
    case inflow(XMLInflow)

    var inflow: XMLInflow? {
        if case .inflow(let inflow) = self { inflow } else { nil }
    }
}

/// A parser of libxml2 with its session, used again from reading to reading.
/// Sendable because it has one owner at a time: the pool under its lock, or the reading that took it out.
final class XMLContext: @unchecked Sendable {
    let session: XMLSession.Pointer
    private let parser: xmlParserCtxtPtr
    private let frames: UnsafeMutablePointer<XMLFrame>

    private static let pool = Mutex<[XMLContext]>([])
    private static let pooled = 16
    /// Names of a dictionary that a context may keep; a document full of new names does not stay in memory.
    private static let keptNames: Int32 = 8192

    private init?() {
        guard let parser = xmlNewParserCtxt() else { return nil }
        self.parser = parser
        frames = .allocate(capacity: XMLLimits.greatestDepth + 2)
        frames.initialize(repeating: .document, count: XMLLimits.greatestDepth + 2)
        session = .allocate(capacity: 1)
        session.initialize(to: XMLSession(parser: parser, frames: frames))
        parser.pointee.sax.pointee = XMLCallbacks.handler()
        parser.pointee.userData = UnsafeMutableRawPointer(session)
    }

    deinit {
        session.pointee.gathered.free()
        session.deinitialize(count: 1)
        session.deallocate()
        frames.deallocate()
        xmlFreeParserCtxt(parser)
    }

    static func take() throws(XMLError) -> XMLContext {
        XMLSchemaCompiler.install()
        if let context = pool.withLock({ $0.popLast() }) { return context }
        guard let context = XMLContext() else {
            throw XMLError(
                reason: .outOfMemory, position: XMLPosition(line: 0, column: 0), text: "No memory for a parser.")
        }
        return context
    }

    /// Keeps the context for the next reading, unless a document broke off in it or left too much behind.
    func giveBack() {
        guard session.pointee.fault == nil, !session.pointee.ended, xmlDictSize(parser.pointee.dict) < Self.keptNames
        else { return }
        session.pointee.gathered.shrink()
        session.pointee.plan = .none
        session.pointee.stranger = nil
        session.pointee.errors = []
        session.pointee.records = []
        session.pointee.before = XMLBefore()
        Self.pool.withLock { if $0.count < Self.pooled { $0.append(self) } }
    }

    /// Makes ready for a reading of one root or more.
    func prepare(_ limits: XMLLimits, _ plan: XMLPlan, _ family: XMLPrescan.Family) {
        session.pointee.limits = limits
        session.pointee.plan = plan
        session.pointee.family = family
        session.pointee.elements = 0
        session.pointee.elementLimit = limits.elements
        session.pointee.isStream = false
        session.pointee.items = XMLItems()
        session.pointee.validatedParts = 0
        session.pointee.ended = false
        session.pointee.fault = nil
    }

    /// Makes the reading one of a stream, with limits for each item in place of those of the whole.
    func limit(_ items: [String]) {
        session.pointee.isStream = true
        session.pointee.elementLimit = session.pointee.limits.itemElements
        for name in items {
            let bytes = Array(name.utf8)
            // The dictionary copies the bytes and keeps them as long as the parser lives.
            guard let interned = xmlDictLookup(parser.pointee.dict, bytes, Int32(bytes.count)) else { continue }
            session.pointee.items.names.append(interned)
        }
    }

    /// Reads one root. The session then holds what was found; a fault is returned.
    func run(_ input: XMLInput, before: XMLBefore, sink: XMLEvents) -> XMLError? {
        let s = session
        s.pointee.depth = 0
        s.pointee.frames[0] = .document
        s.pointee.gathered.clear()
        s.pointee.part = XMLOpenPart()
        s.pointee.stranger = nil
        s.pointee.partsOfRoot = 0
        s.pointee.before = before
        s.pointee.rootEnd = -1
        s.pointee.isBroken = false
        s.pointee.transcodingFailed = false
        s.pointee.sink = Unmanaged.passUnretained(sink)
        s.pointee.items.mark = before.bytes
        parser.pointee.nsNr = 0
        // The only thread-wide setting, for errors that libxml2 raises without a parser at hand; taken back below.
        xmlSetStructuredErrorFunc(s, XMLCallbacks.stray)
        withExtendedLifetime(sink) { read(input, isFirst: before.bytes == 0) }
        xmlSetStructuredErrorFunc(nil, nil)
        if let document = parser.pointee.myDoc {
            xmlFreeDoc(document)
            parser.pointee.myDoc = nil
        }
        s.pointee.sink = nil
        if s.pointee.part.depth > 0 { XMLSession.closePart(s, isWhole: false) }
        if let fault = input.inflow?.fault, !s.pointee.ended || s.pointee.fault?.reason == .malformed {
            s.pointee.fault = XMLError(
                reason: fault.reason, position: s.pointee.fault?.position ?? XMLSession.position(s),
                path: XMLSession.path(s, from: 1), text: fault.text)
            s.pointee.ended = true
        }
        let fault = outcome(input)
        // The bytes are not kept for the next reading to free.
        while let done = inputPop(parser) { xmlFreeInputStream(done) }
        return fault
    }

    private func read(_ input: XMLInput, isFirst: Bool) {
        session.pointee.isAllThere = input.inflow == nil
        xmlCtxtReset(parser)
        parser.pointee.progressive = 0
        xmlCtxtUseOptions(parser, Int32(XML_PARSE_NONET.rawValue))
        let buffer: xmlParserInputBufferPtr?
        switch input {
        case .memory(let bytes):
            // `documentBytes` holds the size far below Int32.max; libxml2 copies the bytes.
            buffer = bytes.withMemoryRebound(to: CChar.self) {
                xmlParserInputBufferCreateMem($0.baseAddress, Int32($0.count), XML_CHAR_ENCODING_NONE)
            }
        case .inflow(let inflow):
            // The inflow is held by the caller of `run` until the parser has returned.
            buffer = xmlParserInputBufferCreateIO(
                XMLCallbacks.refill, nil, Unmanaged.passUnretained(inflow).toOpaque(), XML_CHAR_ENCODING_NONE)
        }
        guard let buffer else { return noteNoMemory() }
        guard let stream = xmlNewIOInputStream(parser, buffer, XML_CHAR_ENCODING_NONE) else {
            xmlFreeParserInputBuffer(buffer)
            return noteNoMemory()
        }
        guard inputPush(parser, stream) >= 0 else {
            xmlFreeInputStream(stream)
            return noteNoMemory()
        }
        if !isFirst, let encoding, let handler = xmlFindCharEncodingHandler(encoding) {
            xmlSwitchToEncoding(parser, handler)
        }
        xmlParseDocument(parser)
    }

    private func noteNoMemory() {
        session.pointee.fault = XMLError(
            reason: .outOfMemory, position: XMLPosition(line: 0, column: 0), text: "No memory for a document.")
    }

    /// Whether nothing is left of the bytes: libxml2 takes a zero byte after the root for their end.
    private func isRead(_ input: XMLInput) -> Bool {
        // The input of a parser that has ended by itself is set until it is popped.
        guard let stream = parser.pointee.input else { return true }
        return stream.pointee.cur == stream.pointee.end && input.inflow?.isDone ?? true
    }

    /// What a further root of UTF-16 is in, since it may begin without a mark.
    private var encoding: String? {
        guard case .sixteenBit(let littleEndian) = session.pointee.family else { return nil }
        return littleEndian ? "UTF-16LE" : "UTF-16BE"
    }

    private func outcome(_ input: XMLInput) -> XMLError? {
        let s = session
        if let fault = s.pointee.fault { return fault }
        if s.pointee.ended { return nil }
        if s.pointee.transcodingFailed {
            s.pointee.fault = XMLError(
                reason: .invalidEncoding, position: XMLSession.position(s), path: XMLSession.path(s, from: 1),
                text: "The bytes are not of the encoding of the document.")
        } else if parser.pointee.wellFormed == 0 || parser.pointee.nsWellFormed == 0 {
            s.pointee.fault = XMLError(
                reason: .malformed, position: XMLSession.position(s), path: XMLSession.path(s, from: 1),
                text: "The document is not well-formed.")
        } else if !isRead(input) {
            s.pointee.fault = XMLError(
                reason: .malformed, position: XMLSession.position(s),
                text: "Extra content at the end of the document.")
        }
        return s.pointee.fault
    }
}
