public import FormatXML
public import Payments

/// A message of ISO 20022 in whatever envelope it came.
public struct ISOReading: Sendable {
    /// The message's definition by its namespace, such as `pacs.008.001.08`.
    public let definition: String
    /// The header's definition, such as `head.001.001.02`; nil when the message has none.
    public let header: String?
    /// One for each transaction; the fields of the header are in each.
    public var payments: [Payment]
    /// Leaves that no row maps; those of the envelope too.
    public let kept: Int

    public var payment: Payment { payments[0] }
}

extension Mappings {
    /// Reads an ISO 20022 message in one pass: whatever envelope there is, the business application header if there is
    /// one, and the message whose table its namespace chooses. Validates on the way as asked.
    /// - Parameter message: Of a file of many messages that have a table, the one to read, from 0: without the header,
    ///   which need not be its own. Nil for a document of one, where a second is refused.
    public func readISO(
        _ bytes: [UInt8], message: Int? = nil, validation: XMLValidation = .none, limits: XMLLimits = .standard
    ) throws(TranslationError) -> ISOReading {
        var sink = ISOFields(self, message: message)
        do {
            try XMLReader(limits: limits).read(bytes, validation: validation, into: &sink)
        } catch {
            throw TranslationError(error)
        }
        return try sink.finish()
    }

    /// The table whose messages have this namespace.
    func program(namespace: String) -> Program? {
        guard let colon = namespace.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let name = String(namespace[colon...].dropFirst())
        guard let program = translator("iso20022/\(name)")?.program, program.namespace == namespace else { return nil }
        return program
    }
}

/// The front end for an envelope: passes over what belongs to no message, and leads the header and the message to their
/// tables.
struct ISOFields: XMLSink, ~Copyable {
    private enum Part {
        case header, message
        /// Another message of a file of many.
        case other
    }

    private let mappings: Mappings
    private var header: XMLFeed?
    private var message: XMLFeed?
    /// Which of the two the events go to, and how many elements of it are open.
    private var active: Part?
    private var open = 0
    private var outer: [String] = []
    private var envelope: [SideCarEntry] = []
    private var failure: TranslationError?
    private var hasFailed = false
    private var unknown: (namespace: String, position: XMLPosition)?
    /// A header of no namespace of ours, while what is in it may still be the header that a network wraps in its own.
    private var strange: (namespace: String, position: XMLPosition, depth: Int)?
    /// The message to read of a file of many, and how many began.
    private let wanted: Int?
    private var begun = 0

    init(_ mappings: Mappings, message: Int? = nil) {
        self.mappings = mappings
        wanted = message
    }

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        if active == nil { choose(name, position) }
        guard !hasFailed else { return .stop }
        let isSound: Bool
        switch active {
        case .header: isSound = header?.start(name, attributes, position) ?? false
        case .message: isSound = message?.start(name, attributes, position) ?? false
        case .other: isSound = true
        case nil:
            outer.append(String(xml: name.local))
            return .next
        }
        open += 1
        return isSound ? .next : .stop
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        switch active {
        case .header: return header?.text(bytes) == true ? .next : .stop
        case .message: return message?.text(bytes) == true ? .next : .stop
        case .other: return .next
        case nil: break
        }
        let path = "envelope:" + outer.joined(separator: "/")
        guard envelope.count < MappingLimits.keptEntries else {
            hasFailed = true
            failure = TranslationError(
                .payloadTooLarge, path: path, rule: "envelope", text: "the envelope says too much")
            return .stop
        }
        envelope.append(SideCarEntry(path: path, value: String(xml: bytes)))
        return .next
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        let isSound: Bool
        switch active {
        case .header: isSound = header?.end() ?? false
        case .message: isSound = message?.end() ?? false
        case .other: isSound = true
        case nil:
            outer.removeLast()
            if let strange, outer.count == strange.depth {
                refuse(
                    .versionNotSupported, "AppHdr", strange.position,
                    ISOFields.noTable(strange.namespace, of: "the header"))
                return .stop
            }
            return .next
        }
        open -= 1
        if open == 0 { active = nil }
        return isSound ? .next : .stop
    }

    /// Decides by its namespace whether an element begins the header or the message. A network may give the outermost
    /// element a name and namespace of its own; then the element below it decides.
    private mutating func choose(_ name: XMLName, _ position: XMLPosition) {
        let namespace = String(xml: name.namespace)
        guard let program = mappings.program(namespace: namespace) else {
            if name.isLocal("Document"), unknown == nil { unknown = (namespace, position) }
            if name.isLocal("AppHdr"), strange == nil, wanted == nil { strange = (namespace, position, outer.count) }
            return
        }
        let local = String(xml: name.local)
        // A wrapper may stand in a message's namespace, of which the message itself is another element.
        if outer.isEmpty, local != program.root.first { return }
        if program.root.last == "AppHdr" {
            guard wanted == nil else { return active = .other }
            strange = nil
            if header == nil {
                header = XMLFeed(program, depth: local == "AppHdr" ? 0 : 1)
            } else if local == "AppHdr" || outer.last != "AppHdr" {
                return refuse(.elementNotAllowed, local, position, "a second header stands in the envelope")
            }
            active = .header
            return
        }
        begun += 1
        if let wanted, wanted != begun - 1 { return active = .other }
        guard message == nil else {
            return refuse(.elementNotAllowed, local, position, "a second message stands in the envelope")
        }
        let depth = local == program.root.first ? 0 : program.root.count - 1
        message = XMLFeed(program, depth: depth)
        active = .message
    }

    private mutating func refuse(
        _ reason: TranslationError.Reason, _ local: String, _ position: XMLPosition, _ text: String
    ) {
        hasFailed = true
        failure = TranslationError(
            reason, path: (outer + [local]).joined(separator: "/"), line: position.line, column: position.column,
            rule: "envelope", text: text)
    }

    private static func noTable(_ namespace: String, of what: String) -> String {
        namespace.isEmpty
            ? "\(what) has no namespace, which names its definition"
            : "\(namespace.prefix(120)) is no definition of \(what) that is served here"
    }

    mutating func finish() throws(TranslationError) -> ISOReading {
        if let failure { throw failure }
        var head: (definition: String, reading: Reading)?
        if let feed = header.take() {
            let definition = feed.program.name
            head = (definition, try feed.finish())
        }
        guard let feed = message.take() else {
            if let unknown {
                throw TranslationError(
                    .versionNotSupported, path: "Document", line: unknown.position.line,
                    column: unknown.position.column, rule: "envelope",
                    text: ISOFields.noTable(unknown.namespace, of: "the message"))
            }
            throw TranslationError(
                .malformed, path: "", line: 1, column: 1, rule: "envelope", text: "there is no message in the document")
        }
        let definition = feed.program.name
        var reading = try feed.finish()
        // Nothing is touched without need: a change of a payment that is still shared would copy it.
        if head != nil || !envelope.isEmpty {
            for index in reading.payments.indices {
                if let head { reading.payments[index].layUnder(head.reading.payment) }
                reading.payments[index].sideCar += envelope
            }
        }
        return ISOReading(
            definition: definition, header: head?.definition, payments: reading.payments,
            kept: reading.kept + (head?.reading.kept ?? 0) + envelope.count)
    }
}

extension Payment {
    /// Takes in what a header says and the message does not.
    fileprivate mutating func layUnder(_ header: Payment) {
        message.businessId = header.message.businessId
        message.businessCreatedAt = header.message.businessCreatedAt
        message.definition = header.message.definition
        message.service = header.message.service
        message.possibleDuplicate = header.message.possibleDuplicate
        message.from = header.message.from
        message.to = header.message.to
        sideCar.insert(contentsOf: header.sideCar, at: 0)
    }
}
