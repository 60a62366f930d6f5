import FormatJSON
import Payments
import PaymentsEngine

extension PaymentRecord {
    /// Brought by a network for a customer of this bank.
    var isReceived: Bool {
        guard let origin, origin.kind == .transfer, origin.network != Channel.network else { return false }
        return route?.target == .onUs
    }
}

/// The refunds of one payment, each found by its number: the store gives a number to one payment alone, so two orders
/// at the same time cannot both count on the same rest.
struct RefundBook {
    let engine: Engine
    let tenant: String
    let original: PaymentID

    /// Refunds of one payment, rejected ones included.
    static let most = 100

    func name(_ number: Int) -> Correlation {
        Correlation("\(Channel.network)/\(tenant)/refund", "\(original)/\(number)")
    }

    /// All refunds so far, in order.
    func read() async throws(Problem) -> [PaymentView] {
        var refunds: [PaymentView] = []
        do throws(StoreError) {
            for number in 1...RefundBook.most {
                guard let holder = try await engine.store.holder(of: name(number)) else { break }
                guard let view = try await engine.store.view(of: holder.payment) else {
                    throw .corrupt("refund \(number) of \(original) is not there")
                }
                refunds.append(view)
            }
        } catch {
            throw .storeAway
        }
        return refunds
    }

    /// What is left of an amount after the refunds that are made or under way.
    static func rest(of amount: Money, after refunds: [PaymentView]) -> Money {
        var rest = amount
        for refund in refunds where refund.outcome != PaymentOutcome.rejected.rawValue {
            guard let given = refund.amount, let less = try? rest.subtracting(given) else {
                return .zero(amount.currency)
            }
            rest = less
        }
        return rest
    }
}

/// Giving back what came in: a payment of its own in the other direction (money.md: never an undo).
extension Channel {
    private struct RefundOrder {
        var amount: String?
        var reason: String
        var hash: String
    }

    func refund(_ call: Call) async throws(Problem) -> ChannelReply {
        let key = try idempotencyKey(call)
        let id = try call.payment()
        let order = try refundOrder(call, id)
        let name = Correlation("\(Channel.network)/\(call.caller.tenant)/order", key)
        // A repeat is answered from the first one, whatever is left to refund by now.
        if let holder = try await holder(of: name) {
            guard holder.contentHash == order.hash else { throw await reused(key, holder.payment, call) }
            return try await pageWhenEnded(holder.payment, call)
        }
        return try await begin(order, of: id, key: name, call)
    }

    private func begin(
        _ order: RefundOrder, of id: PaymentID, key: Correlation, _ call: Call
    ) async throws(Problem) -> ChannelReply {
        let record = try await ownPage(id, call.caller).record
        guard record.isReceived, let amount = record.payment.amount.settlement else {
            throw .notPossible("only a payment that a network brought for a customer of this bank is refunded")
        }
        guard record.outcome == .settled else {
            let state = record.outcome?.rawValue ?? "still under way"
            throw .notPossible("the payment is \(state): only a settled one is refunded")
        }
        if let credit = record.flow?.index(of: .credit), record.steps.indices.contains(credit),
            record.steps[credit].state != .done
        {
            throw .notPossible("the customer was never credited: the amount is the bank's to place")
        }
        let book = RefundBook(engine: engine, tenant: call.caller.tenant, original: id)
        for _ in 0..<RefundBook.most {
            let earlier = try await book.read()
            guard earlier.count < RefundBook.most else {
                throw .notPossible("the payment has \(earlier.count) refunds, more are not taken")
            }
            let payment = try refund(of: record, amount, order, after: earlier)
            let inbound = Inbound(
                .opens(.transfer, payment), keys: [key, book.name(earlier.count + 1)],
                message: "POST /v1/payments/{id}/refunds", contentHash: order.hash,
                duplicate: DuplicateRule(sameContent: .replay, otherContent: .refuse("duplicate")))
            switch await open(inbound, call) {
            case .opened(let refund), .repeated(let refund): return try await pageWhenEnded(refund, call)
            case .busy(let why): throw .busy(why)
            case .otherContent(let holder), .refusedRepeat(let holder):
                // The key, or only the number? With a number that is taken, the sum is done anew.
                guard try await self.holder(of: key) != nil else { continue }
                throw await reused(key.key, holder, call)
            }
        }
        throw .busy("too many refunds of the payment are ordered at once")
    }

    private func holder(of key: Correlation) async throws(Problem) -> KeyHolder? {
        do throws(StoreError) {
            return try await engine.store.holder(of: key)
        } catch {
            throw .storeAway
        }
    }

    private func refundOrder(_ call: Call, _ id: PaymentID) throws(Problem) -> RefundOrder {
        let body = try BodyReader(call.request.body)
        try body.known("$", ["amount", "reason"])
        guard let reason = try body.text(body.json, "reason", at: "$", limit: 140) else {
            throw .invalid("is missing: say why in up to 140 characters", at: "$.reason")
        }
        var content = body.json
        content["refunds"] = .string(id.text)
        var order = RefundOrder(amount: nil, reason: reason, hash: OrderReader.hash(content))
        if body.json["amount"] != nil {
            guard let digits = body.json["amount"]?.string else {
                throw .invalid("write the amount as a string of digits, such as \"12.50\"", at: "$.amount")
            }
            order.amount = digits
        }
        return order
    }

    /// The payment that gives it back: the sides change places.
    private func refund(
        of record: PaymentRecord, _ amount: Money, _ order: RefundOrder, after earlier: [PaymentView]
    ) throws(Problem) -> Payment {
        let rest = RefundBook.rest(of: amount, after: earlier)
        guard rest.isPositive else { throw .notPossible("nothing is left to refund of \(amount)") }
        var wanted = rest
        if let digits = order.amount {
            wanted = try OrderReader.money(digits, amount.currency)
            guard wanted.units <= rest.units else {
                throw .notPossible("\(rest) is left to refund of \(amount)", at: "$.amount")
            }
        }
        let original = record.payment
        var payment = Payment()
        payment.id.original = record.id.text
        payment.amount.settlement = wanted
        payment.debtor = original.creditor
        payment.debtorAccount = original.creditorAccount
        if payment.debtorAccount.identifiers.isEmpty {
            payment.debtorAccount.identifiers = original.creditor.identifiers
        }
        payment.creditor = original.debtor
        payment.creditorAccount = original.debtorAccount
        payment.creditorAgent = original.debtorAgent
        payment.remittance.unstructured = [order.reason]
        payment.type.scenario = "TRANSFER"
        payment.chargeBearer = "SLEV"
        return payment
    }
}
