import Payments

/// Names that this engine gave to payments a while ago. A name is given once and stays: what stands here need not be
/// asked of the store. Two generations, as in `PaymentCache`.
struct RecentKeys {
    private var young: [Correlation: KeyHolder] = [:]
    private var old: [Correlation: KeyHolder] = [:]

    private static let limit = 4_096

    subscript(key: Correlation) -> KeyHolder? { young[key] ?? old[key] }

    /// The names of a commit.
    mutating func note(_ append: Append) {
        guard !append.keys.isEmpty else { return }
        let holder = KeyHolder(payment: append.payment, contentHash: append.contentHash)
        for key in append.keys where old[key] == nil { young[key] = holder }
        guard young.count > RecentKeys.limit / 2 else { return }
        old = young
        young = [:]
    }
}
