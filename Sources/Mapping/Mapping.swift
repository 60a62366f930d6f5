import FormatJSON
public import FormatXML
public import Payments

/// One file of `mappings/`, read by the caller: this room does no input or output of its own.
public struct TableFile: Sendable {
    /// Below `mappings/`, such as `fields/iso20022/pacs.008.001.08.tsv`.
    public let name: String
    public let bytes: [UInt8]

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    public init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }
}

/// All tables, compiled: the one place that knows how a field of a payment is said in a message.
///
///     let mappings = try Mappings(files: files)                          // every error of every table at once
///     let transfer = mappings.translator("fspiop/transfers.post")!      // one per table of fields/<network>/
///     let reading = try transfer.read(json: body)                       // -> reading.payment
///     let writing = try transfer.write(payment)                         // -> writing.bytes, writing.losses
///     let message = try mappings.readISO(bytes) { schemas[$0] }         // envelope, AppHdr and Document in one pass
///     mappings.codes.table("reasons")?.canonical(of: "AC04", in: "iso") // -> "creditorAccountClosed"
///
/// A value; a reload makes a new one and the payments in flight keep theirs.
public struct Mappings: Sendable {
    /// Content hash of all files, 16 hexadecimal digits: what a payment remembers of the tables it was read with.
    public let version: String
    public let codes: CodeTables
    let bookkeeping: Bookkeeping
    let shelf: TranslatorShelf

    /// Compiles `fields/` and `codes/`; files of other folders are only hashed. Throws every error of every table.
    public init(files: [TableFile]) throws(TableErrors) {
        try self.init(files, try TableCompiler.compile(files), hasAll: true)
    }

    /// The same, with the tables that are needed now: another one is compiled when it is first asked for, and is not
    /// there if it has an error. A gateway has tables of many messages, and speaks few.
    /// - Parameter needed: Whether a message's table is compiled now; its errors are thrown.
    public init(files: [TableFile], needed: (_ message: String) -> Bool) throws(TableErrors) {
        let wanted = TableCompiler.names(files).filter(needed)
        try self.init(files, try TableCompiler.compile(files, only: wanted), hasAll: false)
    }

    private init(_ files: [TableFile], _ compiled: TableCompiler.Output, hasAll: Bool) throws(TableErrors) {
        codes = compiled.codes
        bookkeeping = compiled.bookkeeping
        version = ContentHash.of(files)
        shelf = TranslatorShelf(compiled.translators, rest: hasAll ? [] : files)
    }

    /// The translator of a message, such as `iso20022/pacs.008.001.08` or `fspiop/transfers.post`.
    public func translator(_ message: String) -> Translator? { shelf.translator(message) }

    /// All messages that have a table, sorted.
    public var messages: [String] { shelf.messages }
}

/// What was read from a message.
public struct Reading: Sendable {
    /// One for each transaction of the message, at least one; what stands in the header is in each.
    public var payments: [Payment]
    /// How many leaves no row maps: they are in the side-car of their payment.
    public var kept: Int

    /// The first payment: of most messages the only one.
    public var payment: Payment { payments[0] }

    public init(payments: [Payment], kept: Int) {
        precondition(!payments.isEmpty, "a reading has a payment")
        self.payments = payments
        self.kept = kept
    }
}

/// A message as bytes, and what it could not say.
public struct Writing: Sendable {
    public let bytes: [UInt8]
    public let losses: [Loss]
}

/// A value that a payment holds and the message written from it does not say.
public struct Loss: Sendable, Equatable {
    public enum Reason: String, Sendable, CaseIterable {
        /// No row of the target's table has a place for the field.
        case noPlace
        /// A row has a place for it that something else took, or that its condition closes.
        case placeTaken
        /// The target has no code for the canonical one.
        case noCode
        /// The target's code, which was written, says less than the canonical one.
        case coarser
        /// Longer than the target allows; `cut` when its beginning was written.
        case tooLong
        case cut
        /// The value is not of the shape the target asks, such as an upper-case UUID.
        case wrongShape
    }

    /// A name of the vocabulary; an element of a list carries its place: `fees[0].amount`.
    public let field: String
    /// For reports that stand beside the payment; logs name the field alone.
    public let value: String
    public let reason: Reason
    /// Which payment of the message, from 0.
    public let payment: Int
}

/// Why a message could not be read or written: what to tell its sender, and where to look.
public struct TranslationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Canonical reasons: the names of `mappings/codes/reasons.tsv`.
    public enum Reason: String, Sendable, CaseIterable {
        case malformed
        case missingElement
        case contentInvalid
        case contentTooLong
        case elementNotAllowed
        case charactersNotAllowed
        case payloadTooLarge
        case amountInvalid
        case amountTooFine
        case dateInvalid
        case controlTotalsWrong
        case transactionCountWrong
        case versionNotSupported
        case internalError
    }

    public let reason: Reason
    /// The element or member, such as `CdtTrfTxInf[2]/IntrBkSttlmAmt`.
    public let path: String
    /// Both from 1; 0 when a message was being written.
    public let line: Int
    public let column: Int
    /// The row of the table or the rule of the schema that was broken.
    public let rule: String
    /// What is wrong, in a sentence without the place; holds no value of the message but the one at fault.
    public let text: String

    public init(_ reason: Reason, path: String, line: Int = 0, column: Int = 0, rule: String, text: String) {
        self.reason = reason
        self.path = path
        self.line = line
        self.column = column
        self.rule = rule
        self.text = text
    }

    public var description: String {
        let place = line > 0 ? "line \(line), column \(column), " : ""
        return "\(place)\(path): \(text) [\(rule)]"
    }
}

/// One row of a table as coverage shows it.
public struct Coverage: Sendable, Equatable {
    public enum Direction: String, Sendable {
        case both, readOnly, writeOnly
    }

    public let path: String
    /// The field's name; nil when the path is kept in the side-car or written as a constant.
    public let field: String?
    public let form: String
    public let direction: Direction
    public let required: Bool
    public let note: String
}

/// What a message of a network says, both ways: one table, compiled.
public struct Translator: Sendable {
    /// `<network>/<message>`, the table's place below `mappings/fields` without its ending.
    public let message: String
    let program: Program

    /// Reads a JSON message in one pass. Members that no row maps go to the side-car of the payment.
    public func read(json bytes: [UInt8]) throws(TranslationError) -> Reading {
        try JSONFields.read(bytes, program)
    }

    /// Reads a bare XML document, its root the first element of the table's `[message]` row, and validates it in the
    /// same pass when a schema is given. For a message in an envelope see `Mappings.readISO`.
    public func read(
        xml bytes: [UInt8], schema: XMLSchema? = nil, limits: XMLLimits = .standard
    ) throws(TranslationError) -> Reading {
        try XMLFields.read(bytes, program, schema, limits)
    }

    public func write(_ payment: Payment) throws(TranslationError) -> Writing { try write([payment]) }

    /// Writes one message. Header fields are taken from the first payment; all are written under `[payment]`.
    public func write(_ payments: [Payment]) throws(TranslationError) -> Writing {
        guard program.network.format == .json else {
            var writer = XMLWriter()
            writer.declaration()
            let losses = try write(payments, into: &writer)
            return Writing(bytes: writer.bytes, losses: losses)
        }
        let (target, losses) = try FieldWriter.write(program, JSONTarget(), payments)
        return Writing(bytes: target.writer.bytes, losses: losses)
    }

    /// Writes an XML message as elements of a document that is under way, from its outermost element (`Document`,
    /// `AppHdr`) with its namespace declared.
    /// - Parameters:
    ///   - prefix: of every element; empty declares the default namespace.
    ///   - isInner: The caller has opened an element of a name of its own in place of the outermost, and has declared
    ///     the namespace under the prefix.
    public func write(
        _ payments: [Payment], into writer: inout XMLWriter, prefix: String = "", isInner: Bool = false
    ) throws(TranslationError) -> [Loss] {
        let (target, losses) = try FieldWriter.write(
            program, XMLTarget(writer, prefix: prefix, isInner: isInner, program: program), payments)
        writer = target.writer
        return losses
    }

    /// Every row of the table, includes resolved, in the order of writing.
    public var coverage: [Coverage] { program.coverage }

    /// Names of the fields that the message can say.
    public var fields: [String] { program.writableNames }
}
