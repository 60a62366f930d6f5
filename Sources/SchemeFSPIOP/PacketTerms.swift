import FormatJSON
import Payments

/// The payee's packet held against what the quote asked (FSPIOP 1.1 §4.1, §7.4.17). The payee pays by the packet: one
/// that names somebody or something else is the promise of another payment.
struct PacketTerms {
    let packet: ILPPacket
    /// The Transaction object; nil where the packet has no data.
    let transaction: JSONValue?

    /// Nil when the packet, or the Transaction in it, cannot be read.
    init?(_ text: String) {
        guard let packet = ILPPacket(text) else { return nil }
        self.packet = packet
        guard !packet.transaction.isEmpty else {
            transaction = nil
            return
        }
        guard let transaction = try? JSONValue.parse(packet.transaction, limits: .fspiop), transaction.object != nil
        else { return nil }
        self.transaction = transaction
    }

    /// What the packet says otherwise than the payment does; nil when nothing. What it does not say is not compared.
    func objection(to payment: Payment, _ terms: Terms, ordered: Money) -> Reason? {
        if differs("quoteId", payment.id.quote) { return other("quote") }
        if differs("transactionId", payment.id.schemeTransaction) { return other("transaction") }
        let known = [terms.transferAmount, ordered].compactMap(\.self)
        if let amount = transaction?["amount"], !amount.isNull, !agrees(amount, known) {
            let says = "The amount in ilpPacket is neither what the quote takes nor what was ordered"
            return Agreement.refused(ErrorCode.validation, "amountNotAsAgreed", says)
        }
        var quoted = payment
        Encoder.nameParties(&quoted)
        let payee = quoted.creditor.identifiers.first
        if differs("payee", payee, payment.creditorAgent.fspId) { return other("payee") }
        if differs("payer", quoted.debtor.identifiers.first, payment.debtorAgent.fspId) { return other("payer") }
        guard let fspId = payment.creditorAgent.fspId, isAccount(of: payee, at: fspId) else { return other("account") }
        return nil
    }

    /// The whole address; its institution alone for a kind of name that the quote writes as another.
    private func isAccount(of payee: Identifier?, at fspId: String) -> Bool {
        guard let payee, let kind = payee.kind, PartyName.idTypes.contains(kind), let value = payee.value else {
            return packet.account.lowercased().hasPrefix("g.\(fspId.lowercased()).")
        }
        let account = ILPPacket.account(fspId: fspId, idType: kind, identifier: value, subId: payee.subId)
        return Agreement.isSame(packet.account, account)
    }

    private func other(_ what: String) -> Reason {
        Agreement.refused(ErrorCode.validation, "contentInvalid", "ilpPacket is of another \(what)")
    }

    private func differs(_ member: String, _ asked: String?) -> Bool {
        guard let asked, let said = transaction?[member], !said.isNull else { return false }
        return said.string != asked
    }

    /// The party by the name that it was asked by. Hubs change the case of an institution's name, of nothing else.
    private func differs(_ party: String, _ asked: Identifier?, _ fspId: String?) -> Bool {
        guard let said = transaction?[party], !said.isNull else { return false }
        guard let names = said["partyIdInfo"], names.object != nil else { return true }
        func differs(_ member: String, _ asked: String?) -> Bool {
            guard let asked, let said = names[member], !said.isNull else { return false }
            return said.string != asked
        }
        let kind = asked?.kind.flatMap { PartyName.idTypes.contains($0) ? $0 : nil }
        if differs("partyIdType", kind) || differs("partyIdentifier", asked?.value) { return true }
        if differs("partySubIdOrType", asked?.subId) { return true }
        guard let fspId, let said = names["fspId"], !said.isNull else { return false }
        return !(said.string.map { Agreement.isSame($0, fspId) } ?? false)
    }

    private func agrees(_ amount: JSONValue, _ known: [Money]) -> Bool {
        known.contains { known in
            guard let text = amount["amount"]?.string, amount["currency"]?.string == known.currency.code,
                let said = try? Money(text, known.currency)
            else { return false }
            return said == known
        }
    }
}
