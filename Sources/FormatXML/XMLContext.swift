import CLibXML2
import Synchronization

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
        session.pointee.errors = []
        session.pointee.records = []
        Self.pool.withLock { if $0.count < Self.pooled { $0.append(self) } }
    }

    /// Reads one root. The session then holds what was found; a fault is returned.
    func run(_ bytes: UnsafeBufferPointer<UInt8>, before: XMLBefore, sink: XMLSinkBox) -> XMLError? {
        let s = session
        s.pointee.depth = 0
        s.pointee.frames[0] = .document
        s.pointee.gathered.clear()
        s.pointee.part = XMLOpenPart()
        s.pointee.before = before
        s.pointee.rootEnd = -1
        s.pointee.isBroken = false
        s.pointee.transcodingFailed = false
        s.pointee.sink = Unmanaged.passUnretained(sink)
        parser.pointee.nsNr = 0
        // The only thread-wide setting, for errors that libxml2 raises without a parser at hand; taken back below.
        xmlSetStructuredErrorFunc(s, XMLCallbacks.stray)
        let document = withExtendedLifetime(sink) {
            // `documentBytes` holds the size far below Int32.max; libxml2 copies the bytes.
            bytes.withMemoryRebound(to: CChar.self) {
                xmlCtxtReadMemory(parser, $0.baseAddress, Int32($0.count), nil, nil, Int32(XML_PARSE_NONET.rawValue))
            }
        }
        xmlSetStructuredErrorFunc(nil, nil)
        if let document { xmlFreeDoc(document) }
        s.pointee.sink = nil
        if s.pointee.part.depth > 0 { XMLSession.closePart(s, isWhole: false) }
        return outcome()
    }

    private func outcome() -> XMLError? {
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
        }
        return s.pointee.fault
    }
}
