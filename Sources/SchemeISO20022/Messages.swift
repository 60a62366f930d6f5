import FormatXML
import Mapping
import Payments

/// A message that was read: valid, and in the terms of the core.
struct ISOMessage {
    var definition: String
    /// The version of its header; nil without one.
    var header: String?
    /// One for each transaction; what the headers say is in each.
    var payments: [Payment]

    var payment: Payment { payments[0] }
}

/// The names of an order, as messages about it repeat them.
struct ISOOriginal: Equatable {
    var messageId: String?
    var definition = ISO20022.Definition.creditTransfer
    var createdAt: DateTime?
    var instruction: String?
    var endToEnd: String?
    var transaction: String?
    var uetr: String?

    init() {}

    /// Of an order that came in.
    init(order: Payment) {
        messageId = order.message.id
        createdAt = order.message.createdAt
        instruction = order.id.instruction
        endToEnd = order.id.endToEnd
        transaction = order.id.transaction
        uetr = order.id.uetr
    }

    /// Of a report or an enquiry: what it refers to.
    init(reference: StatusReport) {
        messageId = reference.originalMessage
        definition = reference.originalMessageType ?? definition
        createdAt = reference.originalCreatedAt
        instruction = reference.originalInstruction
        endToEnd = reference.originalEndToEnd
        transaction = reference.originalTransaction
        uetr = reference.originalUetr
    }

    /// Best effort, of a message that was refused: only names that fit the reports about them.
    init?(outline: ISOOutline) {
        func short(_ paths: String...) -> String? {
            for path in paths {
                if let value = outline.value(path), !value.isEmpty, value.unicodeScalars.count <= 35 { return value }
            }
            return nil
        }
        switch outline.definition {
        case ISO20022.Definition.creditTransfer:
            messageId = short("GrpHdr/MsgId")
            createdAt = outline.value("GrpHdr/CreDtTm").flatMap { DateTime($0) }
            instruction = short("PmtId/InstrId")
            endToEnd = short("PmtId/EndToEndId")
            transaction = short("PmtId/TxId")
            uetr = outline.value("PmtId/UETR").flatMap { ISOOriginal.isUETR($0) ? $0 : nil }
        case ISO20022.Definition.statusRequest:
            messageId = short("OrgnlGrpInf/OrgnlMsgId")
            definition = short("OrgnlGrpInf/OrgnlMsgNmId") ?? definition
            instruction = short("TxInf/OrgnlInstrId")
            endToEnd = short("TxInf/OrgnlEndToEndId")
            transaction = short("TxInf/OrgnlTxId")
            uetr = outline.value("TxInf/OrgnlUETR").flatMap { ISOOriginal.isUETR($0) ? $0 : nil }
        default: return nil
        }
        guard messageId != nil, transaction != nil || endToEnd != nil || uetr != nil else { return nil }
    }

    /// RFC 4122 version 4 in lower case, as the schema wants it.
    static func isUETR(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36, bytes[14] == 0x34, [0x38, 0x39, 0x61, 0x62].contains(bytes[19]) else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            [8, 13, 18, 23].contains(index)
                ? byte == 0x2D : (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)
        }
    }

    /// Names under which the order is found; the engine tries them in turn.
    func keys(_ settings: ISOSettings) -> [Correlation] {
        [
            settings.correlation("message", messageId, transaction),
            settings.correlation("uetr", uetr),
            settings.correlation("e2e", messageId, endToEnd),
        ].compactMap { $0 }
    }

    /// Names that no other order may bear: a sender's message id, and the UETR.
    func exclusive(_ order: Payment, _ settings: ISOSettings) -> [Correlation] {
        let sender = order.message.instructingAgent.railName ?? order.debtorAgent.railName
        return [settings.correlation("sent", sender, messageId), settings.correlation("uetr", uetr)].compactMap { $0 }
    }

    /// Names of an order of ours that stand alone: its message, and its transaction, by which a report is found whose
    /// other names are wrong.
    func ours(_ settings: ISOSettings) -> [Correlation] {
        [settings.correlation("group", messageId), settings.correlation("tx", transaction)].compactMap { $0 }
    }

    /// Whether what a report refers to can be this order: no name that both give differs, and one of them agrees.
    func agrees(with reference: ISOOriginal) -> Bool {
        let pairs = [
            (messageId, reference.messageId), (transaction, reference.transaction), (uetr, reference.uetr),
            (endToEnd, reference.endToEnd), (instruction, reference.instruction),
        ]
        var named = false
        for (ours, theirs) in pairs {
            guard let ours, let theirs else { continue }
            if ours != theirs { return false }
            named = true
        }
        return named
    }
}

extension ISORoom {
    /// One message out of bytes: well-formed, valid, its definition one of ours; else refused with its layer and place.
    func message(_ bytes: [UInt8], limits: XMLLimits) throws(Refusal) -> ISOMessage {
        let reading: ISOReading
        do throws(TranslationError) {
            reading = try mappings.readISO(bytes, validation: .parts(schema), limits: limits)
        } catch {
            throw refusal(error, bytes, limits)
        }
        let definition = reading.definition
        let isServed = ISO20022.messages.contains(definition) && isValidated(definition)
        guard isServed, reading.header.map(isValidated) ?? true else {
            let says = "\(isServed ? reading.header ?? "" : definition) is not served here."
            throw Refusal(
                .profile, Reason("versionNotSupported", detail: says), path: "Document", rule: "message.served",
                says: says)
        }
        return ISOMessage(definition: definition, header: reading.header, payments: reading.payments)
    }

    /// One message of a file of many, from 0, whose parts were validated before; its header is not looked at.
    func message(_ bytes: [UInt8], number: Int, limits: XMLLimits) throws(Refusal) -> ISOMessage {
        do throws(TranslationError) {
            let reading = try mappings.readISO(bytes, message: number, limits: limits)
            return ISOMessage(definition: reading.definition, header: nil, payments: reading.payments)
        } catch {
            throw Refusal(
                .business, Reason(error.reason.rawValue), path: error.path, line: error.line > 0 ? error.line : nil,
                column: error.column > 0 ? error.column : nil, rule: error.rule, says: error.text)
        }
    }

    private func isValidated(_ definition: String) -> Bool {
        let schema = try? schemas.schema(namespace: ISO20022.Definition.namespace + definition)
        return schema != nil
    }

    func schema(_ namespace: String) throws(XMLSchemaFault) -> XMLSchema? {
        guard XMLParts.messageDefinition(of: namespace) != nil else { return nil }
        return try schemas.schema(namespace: namespace)
    }

    /// Reads once more for the layer and the place: a message that is refused may cost more than one that is taken.
    private func refusal(_ error: TranslationError, _ bytes: [UInt8], _ limits: XMLLimits) -> Refusal {
        let (outline, fault) = outline(bytes, leaves: false, validate: true, limits: limits)
        if let fault { return Refusal(fault) }
        let layer: Refusal.Layer
        switch error.reason {
        case .versionNotSupported: layer = .profile
        case .malformed, .missingElement, .elementNotAllowed: layer = .schema
        case .internalError: layer = .wire
        default: layer = outline.documents.count == 1 ? .business : .schema
        }
        return Refusal(
            layer, Reason(error.reason.rawValue, detail: error.text), path: error.path,
            line: error.line > 0 ? error.line : nil, column: error.column > 0 ? error.column : nil, rule: error.rule,
            says: error.text)
    }

    /// Of text that was declared in a charset only that is read.
    static func limits(
        contentType: String?, of request: WireRequest, encodings: XMLEncodings
    ) throws(Refusal) -> XMLLimits {
        func refuse(_ says: String) -> Refusal {
            Refusal(.wire, Reason("malformed", detail: says), path: "Content-Type", rule: "content-type", says: says)
        }
        guard let contentType else { throw refuse("There is no Content-Type; application/xml is expected.") }
        let parts = contentType.split(separator: ";").map { ISORoom.trimmed($0).lowercased() }
        guard let type = parts.first, type == "application/xml" || type == "text/xml" else {
            throw refuse("The Content-Type is neither application/xml nor text/xml.")
        }
        var limits = XMLLimits.standard
        limits.encodings = encodings
        for parameter in parts.dropFirst() where parameter.hasPrefix("charset=") {
            let name = parameter.dropFirst("charset=".count).filter { $0 != "\"" }
            switch name {
            case "utf-8", "us-ascii": limits.encodings = .utf8
            case "utf-16", "utf-16le", "utf-16be": limits.encodings = encodings.intersection(.utf16)
            case "iso-8859-1": limits.encodings = encodings.intersection(.latin1)
            default: limits.encodings = []
            }
            if limits.encodings.isEmpty { throw refuse("The charset \(name) is not read here; send UTF-8.") }
        }
        return limits
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text = text.dropFirst() }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return text
    }
}

/// FNV-1a over the canonical content: names what was ordered, so that a repeat is told from another order. Headers,
/// message identification and creation time are no part of it: a resend may carry new ones.
enum ISOContent {
    static func hash(_ payment: Payment) -> String {
        var hash = ISOHash()
        PaymentFields.forEachScalar(of: payment) { field, value in
            if isHashed[field] { hash.take(PaymentFields.all[field].name, value.text) }
        }
        PaymentFields.forEachFilledList(of: payment) { list, count in
            let name = PaymentFields.lists[list].name
            guard name != "sideCar[]", !isOfMessage(name) else { return }
            let fields = PaymentFields.inList(name)
            for index in 0..<count {
                hash.take(name, String(index))
                for field in fields {
                    if let value = field.get(payment, index) { hash.take(field.name, value.text) }
                }
            }
        }
        for entry in payment.sideCar where isOfOrder(entry.path) { hash.take(entry.path, entry.value) }
        return hash.text
    }

    /// By field.
    private static let isHashed = PaymentFields.all.map { !isOfMessage($0.name) }

    private static func isOfMessage(_ name: String) -> Bool { name.hasPrefix("message.") || name.hasPrefix("status.") }

    /// What no field holds of the order itself; the rest is of envelope and header.
    private static func isOfOrder(_ path: String) -> Bool { orderPrefixes.contains { path.hasPrefix($0) } }

    /// What is kept as XML comes back to the same message alone, which its path names.
    private static let orderPrefixes = [
        "iso20022:GrpHdr/", "iso20022:CdtTrfTxInf", "iso20022/\(ISO20022.Definition.creditTransfer):",
    ]
}

private struct ISOHash {
    private var first: UInt64 = 0xCBF2_9CE4_8422_2325
    private var second: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func take(_ name: String, _ value: String) {
        for byte in name.utf8 { take(byte) }
        take(0xFE)
        for byte in value.utf8 { take(byte) }
        take(0xFF)
    }

    private mutating func take(_ byte: UInt8) {
        first = (first ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        second = (second ^ UInt64(byte ^ 0x5A)) &* 0x0000_0100_0000_01B3
        second = second << 5 | second >> 59
    }

    var text: String { digits(first) + digits(second) }

    private func digits(_ word: UInt64) -> String {
        let text = String(word, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
