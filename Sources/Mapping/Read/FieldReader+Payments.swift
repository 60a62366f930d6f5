import Payments

/// Where the transactions of a stream go, one by one.
struct Drain {
    let take: (consuming Payment) -> Void
    /// Names that no row maps, as they were before the open transaction.
    private(set) var strangers = 0

    init(_ take: @escaping (consuming Payment) -> Void) { self.take = take }

    mutating func begin(_ strangers: Int) { self.strangers = strangers }
}

/// Where one transaction ends and the next begins, and what was said around them.
extension FieldReader {
    /// What the message's header said of a field before the open transaction began.
    func headerValue(_ field: Int, _ element: Int = 0) -> FieldValue? {
        guard let outer = outer else { return nil }
        if let list = program.fields[field].list, let index = program.lists.firstIndex(where: { $0.name == list }) {
            guard element < program.lists[index].count(outer) else { return nil }
        }
        return program.fields[field].get(outer, element)
    }

    /// What was said around the open transaction or group before it began.
    var outer: Payment? { inPayment ? batch ?? header : inBatch ? header : nil }

    /// Of the payment that is being filled, where it lies: valid until something is put into it.
    func withPayment<Result>(_ body: (UnsafePointer<Payment>) -> Result) -> Result? {
        payments.withUnsafeBufferPointer { payments in
            // There is always one that is being filled: the last.
            payments.baseAddress.map { body($0 + (payments.count - 1)) }
        }
    }

    mutating func beginPayment(_ mark: Mark) {
        guard drain != nil || complete < MappingLimits.payments else {
            return fail(.payloadTooLarge, "a message has at most \(MappingLimits.payments) transactions", at: mark)
        }
        if inBatch {
            if let batch { payment = batch } else { batch = payment }
        } else if let header {
            payment = header
        } else {
            header = payment
        }
        outerHasForms = payment.sideCar.contains(where: \.isForm)
        inPayment = true
        drain?.begin(strangers.count)
    }

    mutating func endPayment() {
        complete += 1
        inPayment = false
        guard drain == nil else { return handOut() }
        // What follows the transactions belongs to the message or the group, not to the last of them.
        if let next = batch ?? header { payments.append(next) }
    }

    mutating func beginBatch(_ mark: Mark) {
        guard drain != nil || complete < MappingLimits.payments else {
            return fail(.payloadTooLarge, "a message has at most \(MappingLimits.payments) transactions", at: mark)
        }
        if let header { payment = header } else { header = payment }
        inBatch = true
        batches += 1
        firstOfBatch = complete
        // Two groups that say the same are two all the same.
        if batches > 1 { keepForm(String(batches)) }
    }

    /// A group without transactions is a payment by itself: what it says is said of all that it stands for.
    mutating func endBatch() {
        defer {
            inBatch = false
            batch = nil
        }
        guard let header else { return }
        guard let batch else {
            complete += 1
            guard drain == nil else { return handOut() }
            return payments.append(header)
        }
        if !trailing.isEmpty, drain == nil {
            for index in firstOfBatch..<complete {
                payments[index].sideCar.insert(
                    contentsOf: trailing, at: min(batch.sideCar.count, payments[index].sideCar.count))
            }
            trailing = []
        }
        payment = header
    }

    /// Gives away the transaction that is complete; what it cost is forgotten.
    private mutating func handOut() {
        guard let drain, isSound else { return }
        drain.take(payment)
        if let next = batch ?? header { payment = next }
        // Names of elements around the transactions stand before those of its own.
        strangers.removeLast(max(0, strangers.count - drain.strangers))
        entries = 0
    }

    /// What is left of a stream: what it says around its transactions.
    consuming func finishDrained() -> Result<Reading, Failure> {
        if isSound, let count = countMark, let said = payments[0].message.count, said != complete {
            let text = complete == 1 ? "1 transaction stands" : "\(complete) transactions stand"
            let error = TranslationError(
                .transactionCountWrong, path: count.path, rule: count.row, text: text + " in the message")
            return .failure(Failure(error: error, mark: count.mark))
        }
        if let failure { return .failure(failure) }
        payments[0].sideCar += trailing
        return .success(Reading(payments: payments, kept: keptCount))
    }
}
