import Payments

/// Which parts of a payment are filled, as bits: a writer skips the rows of an empty part, and the search for losses
/// too, without asking for each field.
enum PaymentParts {
    static let everything: UInt64 = ~0
    /// What belongs to no part; it is never empty.
    private static let none: UInt64 = 1 << 62

    static func filled(_ payment: UnsafePointer<Payment>) -> UInt64 { Payment.touched(of: payment) | none }

    /// The part of each field of `PaymentFields.all`, as a bit.
    static let bits: [UInt64] = PaymentFields.all.map { field in
        guard let part = Payment.Part.of(field: field.name), let index = Payment.Part.allCases.firstIndex(of: part)
        else { return none }
        return 1 << UInt64(index)
    }
}
