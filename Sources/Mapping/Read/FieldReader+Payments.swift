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
        // Around a transaction stand the header and its group; around a group the header alone.
        let place = inPayment ? around.count - 1 : inBatch ? 0 : -1
        guard place >= 0, place < around.count else { return nil }
        let list = program.fieldLists[field]
        return around.withUnsafeBufferPointer { around in
            // Within the buffer, for as long as the call lasts.
            guard let said = around.baseAddress.map({ $0 + place }) else { return nil }
            if list >= 0, element >= program.lists[list].counts(said) { return nil }
            return program.value(field, said, element)
        }
    }

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
        let known = inBatch ? 1 : 0
        if around.count > known { payment = around[known] } else { around.append(payment) }
        outerHasForms = payment.sideCar.contains(where: \.isForm)
        inPayment = true
        drain?.begin(strangers.count)
    }

    mutating func endPayment() {
        complete += 1
        inPayment = false
        guard drain == nil else { return handOut() }
        // What follows the transactions belongs to the message or the group, not to the last of them.
        isComplete = true
    }

    /// What follows a transaction begins. Most messages end with their only one, and need no other.
    @inline(__always)
    mutating func goOn() {
        guard isComplete else { return }
        isComplete = false
        if let next = around.last { payments.append(next) }
    }

    mutating func beginBatch(_ mark: Mark) {
        guard drain != nil || complete < MappingLimits.payments else {
            return fail(.payloadTooLarge, "a message has at most \(MappingLimits.payments) transactions", at: mark)
        }
        if let header = around.first { payment = header } else { around.append(payment) }
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
            around.removeLast(max(0, around.count - 1))
        }
        guard let header = around.first else { return }
        guard around.count > 1 else {
            complete += 1
            guard drain == nil else { return handOut() }
            return payments.append(header)
        }
        if !trailing.isEmpty, drain == nil {
            for index in firstOfBatch..<complete {
                payments[index].sideCar.insert(
                    contentsOf: trailing, at: min(around[1].sideCar.count, payments[index].sideCar.count))
            }
            trailing = []
        }
        payment = header
    }

    /// Gives away the transaction that is complete; what it cost is forgotten.
    private mutating func handOut() {
        guard let drain, isSound else { return }
        drain.take(payment)
        if let next = around.last { payment = next }
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
