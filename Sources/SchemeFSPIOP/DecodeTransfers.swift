import FormatJSON
import Payments

extension Decoder {
    /// POST /transfers (FSPIOP 1.1 §6.7.3.2): found by its own id, else by the quote that its packet names. The id of
    /// the transfer need not be that of the transaction.
    func transferOrdered(_ message: Message) throws(Refusal) -> Inbound {
        let (json, hash) = try body(message, BodyRules.transfersPost)
        let config = message.config
        if let payerFsp = json["payerFsp"]?.string, payerFsp != message.headers.source {
            throw .invalid(
                .identity, "payerFsp", "payerFsp \(payerFsp) is not FSPIOP-Source \(message.headers.source)",
                rule: "FSPIOP 1.1 §6.7.3.2")
        }
        if let payeeFsp = json["payeeFsp"]?.string, payeeFsp != config.fspId {
            throw .fspiop(
                .business, ErrorCode.payeeUnknown, "creditorAgentUnknown", path: "payeeFsp",
                rule: "FSPIOP 1.1 §6.7.3.2", says: "Payee FSP ID not found - this is \(config.fspId)")
        }
        var order = try bodies.read(.transfersPost, message.request.body)
        guard let transfer = order.id.transfer, let text = order.terms.ilpPacket, let expiry = order.expiresAt else {
            throw .missing("transferId")
        }
        guard let packet = ILPPacket(text), let transaction = try? JSONValue.parse(packet.transaction, limits: .fspiop)
        else { throw .malformed("ilpPacket", "is no Interledger payment packet of version 1 with a Transaction") }
        order.debtorAgent.fspId = message.headers.source
        order.creditorAgent.fspId = config.fspId
        func named(_ member: String) -> String? {
            transaction[member]?.string.flatMap { Form.isCorrelationId($0) ? $0 : nil }
        }
        order.id.quote = named("quoteId")
        order.id.schemeTransaction = named("transactionId")
        if expiry.instant.milliseconds(since: message.context.now) < config.minimumMilliseconds {
            order.status.code = Agreement.expiresTooSoon
        }
        var keys = [config.key(.transfer, transfer)]
        if let quote = order.id.quote { keys.append(config.key(.quote, quote)) }
        if let transaction = order.id.schemeTransaction { keys.append(config.key(.transaction, transaction)) }
        return Inbound(
            .takesUp(order), keys: keys, message: "POST /transfers", contentHash: hash,
            acknowledgement: message.acknowledgement, aliases: [config.key(.transfer, transfer)],
            answerBy: expiry.instant.adding(milliseconds: -config.marginMilliseconds))
    }

    /// PUT /transfers/{ID}: the payee's answer, or the hub's to an enquiry of ours in either role.
    func transferAnswered(_ id: String, _ message: Message) throws(Refusal) -> Inbound {
        let (_, hash) = try body(message, BodyRules.transfersPut)
        let read = try bodies.read(.transfersPut, message.request.body)
        return answer([.send, .accept], told(read, message), message, hash, [message.config.key(.transfer, id)])
    }

    /// PATCH /transfers/{ID} (FSPIOP 1.1 §6.7.3.4): the outcome of what we reserved. Version 1.0 has no such message.
    func transferNotified(_ id: String, _ message: Message) throws(Refusal) -> Inbound {
        guard message.headers.minor >= 1 else {
            throw .fspiop(
                .wire, ErrorCode.version, "versionNotSupported", path: "Content-Type", rule: "FSPIOP 1.1 §6.7.3.4",
                says: "PATCH /transfers needs version 1.1")
        }
        let (_, hash) = try body(message, BodyRules.transfersPatch)
        let read = try bodies.read(.transfersPatch, message.request.body)
        return answer([.accept], told(read, message), message, hash, [message.config.key(.transfer, id)])
    }

    private func told(_ read: Payment, _ message: Message) -> Heard {
        var learned = Payment()
        learned.status.code = read.status.code
        learned.status.completedAt = read.status.completedAt
        learned.terms.fulfilment = read.terms.fulfilment
        switch read.status.code {
        case "COMMITTED": return Heard(.done, learned: learned, facts: [.settled])
        case "ABORTED":
            learned.terms.fulfilment = nil
            let reason = Reason(
                "refusedNoReason", network: "fspiop", foreign: "ABORTED", detail: "The transfer was aborted")
            return Heard(.refused(reason), learned: learned)
        case "RECEIVED", "RESERVED": return Heard(.pending)
        default: return Heard(.unknown("transferState \(read.status.code ?? "is missing")"))
        }
    }

    /// PUT /transfers/{ID}/error. Only what says that the transfer cannot happen any more is a refusal (law 2).
    func transferRefused(_ id: String, _ message: Message) throws(Refusal) -> Inbound {
        let (information, hash) = try error(message)
        return answer(
            [.send, .accept], TransferError.heard(information, bodies), message, hash,
            [message.config.key(.transfer, id)])
    }
}

/// What an error about a transfer decides.
enum TransferError {
    static func heard(_ information: ErrorInformation, _ bodies: Bodies) -> Heard {
        let reason = information.reason(bodies)
        let says = "error \(information.code) \(information.description)"
        switch information.code {
        case ErrorCode.transferUnknown: return Heard(.absent(reason))
        // Somebody used the id for another content: says nothing about the first.
        case ErrorCode.modified: return Heard(.unknown(says))
        case let code where ErrorCode.isTransient(code): return Heard(.unknown(says))
        case let code where bodies.canonical(code) == nil: return Heard(.unknown(says))
        default: return Heard(.refused(reason))
        }
    }
}
