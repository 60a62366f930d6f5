import Payments

/// Who waits for an answer whose name is not one payment's own, such as a party's: everybody who asked hears it. Held
/// in memory only, since such answers move no money: after a crash the question is asked again.
struct WaitingRoom {
    private var byName: [Correlation: Set<PaymentID>] = [:]
    private var byPayment: [PaymentID: Set<Correlation>] = [:]
    /// Names that were called last: who asked twice is answered twice; the second answer is no riddle.
    private var called = Generations<Correlation, Bool>()

    private static let remembered = 256

    mutating func enter(_ payment: PaymentID, _ name: Correlation) {
        byName[name, default: []].insert(payment)
        byPayment[payment, default: []].insert(name)
    }

    /// The payment has ended.
    mutating func leave(_ payment: PaymentID) {
        for name in byPayment.removeValue(forKey: payment) ?? [] {
            byName[name]?.remove(payment)
            if byName[name]?.isEmpty == true { byName[name] = nil }
        }
    }

    /// Everybody who waits for this answer; they wait no longer.
    mutating func call(_ name: Correlation) -> Set<PaymentID> {
        let waiting = byName.removeValue(forKey: name) ?? []
        for payment in waiting {
            byPayment[payment]?.remove(name)
            if byPayment[payment]?.isEmpty == true { byPayment[payment] = nil }
        }
        if !waiting.isEmpty {
            called[name] = true
            if called.youngCount >= Self.remembered { called.age() }
        }
        return waiting
    }

    /// Whether this answer was heard a short while ago by all who waited for it.
    func wasCalled(_ name: Correlation) -> Bool { called[name] != nil }
}
