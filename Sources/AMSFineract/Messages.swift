import Payments

/// On whose behalf an order speaks to the core bank.
enum Role: String {
    case payer = "PAYER"
    case payee = "PAYEE"

    /// The payer's bank holds money; no other flow does. On-us it is the payee's bank as well: the verb says for whom.
    init(_ record: PaymentRecord, _ verb: Verb) {
        let isOfPayee = verb == .findCreditor || verb == .credit
        self = isOfPayee || record.flow?.index(of: .reserve) == nil ? .payee : .payer
    }

    func account(_ payment: Payment) -> Account { self == .payer ? payment.debtorAccount : payment.creditorAccount }
    func party(_ payment: Payment) -> Party { self == .payer ? payment.debtor : payment.creditor }

    func learn(_ account: Account, _ payment: inout Payment) {
        if self == .payer { payment.debtorAccount = account } else { payment.creditorAccount = account }
    }

    /// What moves on the customer's account.
    func amount(_ payment: Payment) -> Money? {
        let agreed = payment.terms.transferAmount ?? payment.amount.settlement ?? payment.amount.instructed
        return self == .payer ? agreed : payment.terms.payeeReceiveAmount ?? agreed
    }

    /// The canonical reason, where Fineract does not say whose account it means.
    func named(_ canonical: String) -> String {
        guard self == .payer else { return canonical }
        return Role.ofPayer[canonical] ?? canonical
    }

    private static let ofPayer = [
        "creditorAccountUnknown": "debtorAccountUnknown", "creditorAccountClosed": "debtorAccountClosed",
        "creditorCurrencyNotSupported": "debtorCurrencyNotSupported", "creditorLimitExceeded": "amountAboveLimit",
    ]
}

/// Steps of the interoperation API's transfer.
enum Action: String {
    case prepare = "PREPARE"
    case create = "CREATE"
    case release = "RELEASE"
}

/// Everything that the bodies of the interoperation API say, the same in hold, commit and release: CREATE and RELEASE
/// find the hold only when amount and fee are those of PREPARE. A projection of the payment for `fields/fineract`.
struct InteropOrder {
    let accountId: String
    private(set) var payment = Payment()

    init(_ source: Payment, _ role: Role) throws(Refusal) {
        guard let accountId = role.account(source).identifier("ACCOUNT_ID"), !accountId.isEmpty else {
            throw Refusal(
                .business, Reason(role.named("creditorAccountUnknown")), path: "account",
                says: "The core bank's account is not known")
        }
        guard let amount = role.amount(source), amount.isPositive else {
            throw Refusal(.business, Reason("amountZero"), path: "amount", says: "There is no amount to move")
        }
        do throws(AmountRefusal) {
            _ = try amount.text(.fineract)
        } catch {
            throw InteropOrder.refusal(of: amount, error, role)
        }
        self.accountId = accountId
        var account = Account()
        account.identifiers = [Identifier("ACCOUNT_ID", accountId)]
        // The table has one place for our customer's account, whichever side that is.
        payment.debtorAccount = account
        payment.creditorAccount = account
        payment.amount.settlement = amount
        payment.type.role = role.rawValue
        payment.type.scenario = source.type.scenario
        payment.type.initiator = source.type.initiator
        payment.type.initiatorType = source.type.initiatorType
        payment.type.amountType = source.type.amountType
        payment.remittance.unstructured = Array(source.remittance.unstructured.prefix(1))
        payment.id.amsTransaction = source.id.amsTransaction
        if role == .payer, let fee = source.terms.ownFee, !fee.isZero { payment.terms.ownFee = fee }
    }

    /// An amount that the networks may send and this core bank cannot book.
    private static func refusal(of amount: Money, _ error: AmountRefusal, _ role: Role) -> Refusal {
        let canonical: String
        switch error {
        case .tooManyIntegerDigits, .tooManyDigits: canonical = role.named("creditorLimitExceeded")
        default: canonical = "amountTooFine"
        }
        return Refusal(
            .business, Reason(canonical), path: "amount", rule: "Fineract MoneyData",
            says: "The core bank cannot book \(amount): \(error)")
    }

    mutating func name(transaction: String?) { payment.id.amsTransaction = transaction }
    mutating func name(transfer: String) { payment.id.amsTransfer = transfer }

    /// A quote is asked before there is a fee.
    mutating func name(quote: String) {
        payment.id.quote = quote
        payment.terms.ownFee = nil
    }
}

/// Percent-encoding of one path segment (RFC 3986 §2).
enum PathSegment {
    /// False for text that no encoding makes a name of: nothing, and the dots that name another resource.
    static func isName(_ text: String) -> Bool { !text.isEmpty && text != "." && text != ".." }

    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
