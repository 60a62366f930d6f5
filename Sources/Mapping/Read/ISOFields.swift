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

/// What was learnt of a message that was read as a stream.
public struct ISOStreamReading: Sendable {
    public enum Failure: Error, Sendable {
        /// It is not well-formed, breaks its schema, or costs more than is allowed.
        case document(XMLError)
        /// A row of its table, or its own count, is broken.
        case content(TranslationError)
    }

    /// Such as `pain.001.001.09`; nil when no message began that has a table.
    public fileprivate(set) var definition: String?
    /// Transactions that were given away.
    public fileprivate(set) var count = 0
    /// What stands around the transactions; nil after an error.
    public fileprivate(set) var around: ISOReading?
    public fileprivate(set) var error: Failure?
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

    /// Reads a message of any size in one pass and bounded memory: a file of a million transfers, a year's statement.
    /// Each transaction is given away as it ends, with all that the header and its group said before it; none is kept.
    /// What was given away counts only when the answer has no error: an element that the schema refuses, or a count
    /// that does not agree, may stand at the very end.
    /// - Parameters:
    ///   - items: Further elements that are limited each for itself, beside the transactions of all tables.
    ///   - each: Takes one transaction.
    public func streamISO(
        _ stream: XMLStream, items: [String] = [], validation: XMLValidation = .none, limits: XMLLimits = .standard,
        each: @escaping (consuming Payment) -> Void
    ) -> ISOStreamReading {
        var sink = ISOFields(self, each: each)
        var result = ISOStreamReading()
        do {
            try XMLReader(limits: limits).read(
                stream: stream, items: transactionNames + items, validation: validation, into: &sink)
        } catch {
            result.error = .document(error)
        }
        (result.definition, result.count) = (sink.definition, sink.count)
        guard result.error == nil else { return result }
        do throws(TranslationError) {
            result.around = try sink.finish()
        } catch {
            result.error = .content(error)
        }
        return result
    }

    /// The elements that are one transaction each, of all messages in XML.
    public var transactionNames: [String] {
        var names: Set<String> = []
        for message in messages where message.hasPrefix("iso20022/") {
            guard let program = translator(message)?.program else { continue }
            for (index, node) in program.reads.enumerated() where node.isPayment {
                names.insert(String(decoding: program.names[program.nameRange(index)], as: UTF8.self))
            }
        }
        return names.sorted()
    }

    /// The table whose messages have this namespace.
    func program(namespace: String) -> Program? { shelf.program(namespace: namespace) }
}

/// What a stream of transactions has told so far.
final class ISOTaken {
    typealias Head = (definition: String, reading: Reading)

    let head: Head?
    var count = 0

    init(head: Head?) { self.head = head }
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
    /// How much the envelope said before each of the wrappers that are open; how many of those, outermost first, the
    /// message stood in, and how many another one.
    private var before: [Int] = []
    private var holders = 0
    private var others = 0
    private var failure: TranslationError?
    private var hasFailed = false
    private var unknown: (namespace: String, position: XMLPosition)?
    /// A header of no namespace of ours, while what is in it may still be the header that a network wraps in its own.
    private var strange: (namespace: String, position: XMLPosition, depth: Int)?
    /// The message to read of a file of many, and how many began.
    private let wanted: Int?
    private var begun = 0
    /// Of a stream: takes each transaction as it ends.
    private let each: ((consuming Payment) -> Void)?
    private var taken: ISOTaken?
    /// Of a stream, how many transactions were given away.
    var count: Int { taken?.count ?? 0 }
    /// The message that began, if it has a table.
    private(set) var definition: String?

    init(_ mappings: Mappings, message: Int? = nil, each: ((consuming Payment) -> Void)? = nil) {
        self.mappings = mappings
        self.each = each
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
            before.append(envelope.count)
            for index in 0..<attributes.count {
                guard let step = AttributeName.step(attributes[index].name) else { continue }
                guard keep("/@" + step, attributes[index].value) else { return .stop }
            }
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
        case nil: return keep("", bytes) ? .next : .stop
        }
    }

    /// Keeps what a wrapper says; false when they all say too much.
    private mutating func keep(_ step: String, _ value: UnsafeBufferPointer<UInt8>) -> Bool {
        let path = "envelope:" + outer.joined(separator: "/") + step
        guard envelope.count < MappingLimits.keptEntries else {
            hasFailed = true
            failure = TranslationError(
                .payloadTooLarge, path: path, rule: "envelope", text: "the envelope says too much")
            return false
        }
        envelope.append(SideCarEntry(path: path, value: String(xml: value)))
        return true
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        let isSound: Bool
        switch active {
        case .header: isSound = header?.end() ?? false
        case .message: isSound = message?.end() ?? false
        case .other: isSound = true
        case nil:
            closeWrapper()
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

    /// A wrapper ends. Of a file of many messages, what stands around others alone is not said of the one that is read.
    private mutating func closeWrapper() {
        outer.removeLast()
        let first = before.removeLast()
        let isOthers = outer.count < others && outer.count >= holders
        (holders, others) = (min(holders, outer.count), min(others, outer.count))
        if isOthers, wanted != nil { envelope.removeLast(envelope.count - first) }
    }

    /// Decides by its namespace whether an element begins the header or the message. A network may give the outermost
    /// element a name and namespace of its own; then the element below it decides.
    private mutating func choose(_ name: XMLName, _ position: XMLPosition) {
        let namespace = String(xml: name.namespace)
        guard let program = mappings.program(namespace: namespace) else {
            if name.isLocal("Document") {
                if unknown == nil { unknown = (namespace, position) }
                // It stands among the wrappers itself.
                others = outer.count + 1
            }
            if name.isLocal("AppHdr"), strange == nil, wanted == nil { strange = (namespace, position, outer.count) }
            return
        }
        let local = String(xml: name.local)
        // A wrapper may stand in a message's namespace, of which the message itself is another element.
        if outer.isEmpty, local != program.root.first { return }
        if program.root.last == "AppHdr" {
            guard wanted == nil else { return active = .other }
            strange = nil
            if each != nil, message != nil {
                return refuse(.elementNotAllowed, local, position, "the header of a stream stands before the message")
            }
            if header == nil {
                header = XMLFeed(program, depth: local == "AppHdr" ? 0 : 1)
            } else if local == "AppHdr" || outer.last != "AppHdr" {
                return refuse(.elementNotAllowed, local, position, "a second header stands in the envelope")
            }
            active = .header
            return
        }
        begun += 1
        if let wanted, wanted != begun - 1 {
            others = outer.count
            return active = .other
        }
        guard message == nil else {
            return refuse(.elementNotAllowed, local, position, "a second message stands in the envelope")
        }
        let depth = local == program.root.first ? 0 : program.root.count - 1
        definition = program.name
        holders = outer.count
        message = XMLFeed(program, depth: depth, drain: drain())
        active = .message
    }

    /// Of a stream the header is read by the time that the first transaction is given away.
    private mutating func drain() -> Drain? {
        guard let each else { return nil }
        do throws(TranslationError) {
            let head = try finishHeader()
            let taken = ISOTaken(head: head)
            self.taken = taken
            return Drain { payment in
                taken.count += 1
                guard let head else { return each(payment) }
                var payment = payment
                payment.layUnder(head.reading.payment)
                each(payment)
            }
        } catch {
            (hasFailed, failure) = (true, error)
            return nil
        }
    }

    private mutating func finishHeader() throws(TranslationError) -> ISOTaken.Head? {
        guard let feed = header.take() else { return nil }
        let definition = feed.program.name
        return (definition, try feed.finish())
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
        let head = if let taken { taken.head } else { try finishHeader() }
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
