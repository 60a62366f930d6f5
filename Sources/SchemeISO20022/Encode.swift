import FormatXML
import Mapping
import Payments

/// A message of ours before it is bytes.
struct ISODraft {
    var definition: String
    var content: Payment
    var envelope: ISOEnvelope
    /// To whom; the header's To and InstdAgt.
    var receiver: Agent
}

extension ISORoom {
    static let contentType = WireHeader("Content-Type", "application/xml; charset=utf-8")

    /// Writes a draft under a new message identification. The identification of the header is the message's own.
    func write(
        _ draft: ISODraft, id: String, _ settings: ISOSettings, now: Instant
    ) throws(Refusal) -> (bytes: [UInt8], losses: [Payments.Loss]) {
        var content = draft.content
        content.message = MessageHeader()
        content.message.id = id
        content.message.createdAt = DateTime(now)
        content.message.instructingAgent = settings.ours
        content.message.instructedAgent = draft.receiver
        if draft.definition == ISO20022.Definition.creditTransfer { content.message.count = 1 }
        var writer = XMLWriter()
        writer.declaration()
        do {
            guard let shape = EnvelopeShape(draft.envelope, draft.definition) else {
                throw unwritten("the rail's envelope has no element for \(draft.definition)", "internalError", "")
            }
            try shape.open(&writer)
            if let header = draft.envelope.header {
                let isInner = try shape.open(shape.header, &writer)
                try write(header, draft, id, settings, now, shape.header.prefix, isInner, &writer)
                if isInner { writer.end() }
            }
            guard let translator = mappings.translator("iso20022/" + draft.definition) else {
                throw unwritten("there is no table for \(draft.definition)", "internalError", "")
            }
            let isInner = try shape.open(shape.document, &writer)
            let losses = try translator.write(
                [content], into: &writer, prefix: shape.document.prefix, isInner: isInner)
            while writer.depth > 0 { writer.end() }
            return (
                writer.bytes,
                losses.map { Payments.Loss(message: draft.definition, field: $0.field, why: $0.reason.rawValue) }
            )
        } catch let error as TranslationError {
            throw unwritten(error.text, error.reason.rawValue, error.path)
        } catch let error as Refusal {
            throw error
        } catch {
            throw unwritten("the envelope cannot be written", "internalError", "")
        }
    }

    private func write(
        _ header: String, _ draft: ISODraft, _ id: String, _ settings: ISOSettings, _ now: Instant,
        _ prefix: String, _ isInner: Bool, _ writer: inout XMLWriter
    ) throws {
        var payment = Payment()
        payment.message.from = settings.ours
        payment.message.to = draft.receiver
        payment.message.businessId = id
        payment.message.definition = draft.definition
        payment.message.service = settings.service
        payment.message.businessCreatedAt = DateTime(now)
        guard let translator = mappings.translator("iso20022/" + header) else {
            throw unwritten("there is no table for \(header)", "internalError", "")
        }
        _ = try translator.write([payment], into: &writer, prefix: prefix, isInner: isInner)
    }

    private func unwritten(_ says: String, _ reason: String, _ path: String) -> Refusal {
        Refusal(.business, Reason(reason, detail: says), path: path, rule: "message.writable", says: says)
    }

    /// How an answer to this order is wrapped: with a header when it came with one.
    func envelope(of order: Payment, _ settings: ISOSettings) -> ISOEnvelope {
        guard order.message.businessId != nil else {
            var bare = ISOEnvelope.bare
            bare.prefixes.document = settings.envelope.prefixes.document
            return bare
        }
        return settings.envelope.header == nil ? .standard : settings.envelope
    }

    /// Whom an answer to this order goes to.
    func sender(of order: Payment, _ settings: ISOSettings) -> Agent {
        if order.message.from.railName != nil { return order.message.from }
        if order.message.instructingAgent.railName != nil { return order.message.instructingAgent }
        return settings.clearing
    }

    /// A pacs.002 about one order.
    func statusReport(
        _ original: ISOOriginal, _ status: String, _ reason: Reason?, acceptedAt: DateTime? = nil
    ) -> Payment {
        var report = Payment()
        refer(to: original, &report)
        report.status.code = status
        report.status.acceptedAt = acceptedAt
        if let reason {
            report.status.reason = codes.reasonCode(reason)
            if let words = codes.words(reason) { report.status.additional = [words] }
        }
        return report
    }

    func refer(to original: ISOOriginal, _ payment: inout Payment) {
        payment.status.originalMessage = original.messageId ?? "NOTPROVIDED"
        payment.status.originalMessageType = original.definition
        payment.status.originalCreatedAt = original.createdAt
        payment.status.originalInstruction = original.instruction
        payment.status.originalEndToEnd = original.endToEnd
        payment.status.originalTransaction = original.transaction
        payment.status.originalUetr = original.uetr
    }

    func reply(_ bytes: [UInt8], status: Int = 200, headers: [WireHeader] = []) -> WireReply {
        WireReply(status: status, headers: [Self.contentType] + headers, body: bytes)
    }
}
