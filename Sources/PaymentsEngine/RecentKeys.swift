import Payments

/// Whose the names are that this engine gave a while ago. A name is given once: as long as the store keeps it, it is
/// the same payment's. What an order of that name said is known to the store alone, since later turns of the payment
/// may name it again. They age by number and by time, so that memory forgets a name long before the store does.
struct RecentKeys {
    private var payments = Generations<Correlation, PaymentID>()

    private static let limit = 4_096

    subscript(key: Correlation) -> PaymentID? { payments[key] }

    /// The names of a commit.
    mutating func note(_ append: Append) {
        for key in append.keys { payments[key] = append.payment }
        if payments.youngCount > RecentKeys.limit / 2 { age() }
    }

    mutating func age() { payments.age() }
}
