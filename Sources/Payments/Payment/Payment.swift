/// What kind of order a payment record carries. Returns and cancellations are payments of their own (money.md), never
/// an undo.
public enum PaymentKind: String, Sendable, CaseIterable {
    case transfer
    case requestToPay
    case `return`
    case cancellation
    case statusEnquiry
    case partyLookup
}

/// The identifications that travel with a payment (ISO 20022 PaymentIdentification7), each as its source wrote it.
public struct Identifications: Sendable, Hashable {
    public var instruction: String?
    public var endToEnd: String?
    public var transaction: String?
    public var uetr: String?
    public var clearingReference: String?
    /// FSPIOP quoteId, transactionId and transferId of this payment on its Mojaloop side.
    public var quote: String?
    public var schemeTransaction: String?
    public var transfer: String?
    /// The codes under which the core bank knows the payment and its hold (Fineract transactionCode and transferCode).
    public var amsTransaction: String?
    public var amsTransfer: String?

    public init() {}
}

/// One charge and who took it (ISO 20022 ChrgsInf).
public struct Charge: Sendable, Hashable {
    public var amount: Money?
    public var agent = Agent()
    public var type: String?

    public init() {}
}

/// The amounts of a payment. `settlement` is what moves between the agents; `instructed` what the debtor ordered.
public struct Amounts: Sendable, Hashable {
    public var settlement: Money?
    public var instructed: Money?
    /// Units of the settlement currency for one of the instructed, as the source wrote it.
    public var exchangeRate: String?

    public init() {}
}

/// Header of the message that carried the payment (ISO 20022 GroupHeader93 and business application header).
public struct MessageHeader: Sendable, Hashable {
    public var id: String?
    public var createdAt: DateTime?
    public var count: Int?
    public var businessId: String?
    /// When the business application header was made (head.001 CreDt); the message itself has `createdAt`.
    public var businessCreatedAt: DateTime?
    public var definition: String?
    public var service: String?
    public var from = Agent()
    public var to = Agent()
    public var possibleDuplicate: String?
    public var instructingAgent = Agent()
    public var instructedAgent = Agent()

    public init() {}
}

public struct Settlement: Sendable, Hashable {
    public var method: String?
    public var date: CivilDate?
    public var clearingSystem: String?
    public var clearingSystemProprietary: String?
    public var priority: String?

    public init() {}
}

/// Payment type information (ISO 20022 PaymentTypeInformation28) and, beside it, the FSPIOP transaction type.
public struct PaymentType: Sendable, Hashable {
    public var instructionPriority: String?
    public var clearingChannel: String?
    public var serviceLevel: String?
    public var serviceLevelProprietary: String?
    public var localInstrument: String?
    public var localInstrumentProprietary: String?
    public var categoryPurpose: String?
    public var categoryPurposeProprietary: String?
    public var scenario: String?
    public var subScenario: String?
    public var initiator: String?
    public var initiatorType: String?
    public var amountType: String?
    /// Which party's institution a message to a core bank speaks for: `PAYER` or `PAYEE`.
    public var role: String?

    public init() {}
}

public struct Remittance: Sendable, Hashable {
    public var unstructured: [String] = []
    public var creditorReference: String?

    public init() {}
}

/// The agreed terms of a payment on a network that quotes (FSPIOP 1.1 §6.5.3 PUT /quotes).
public struct Terms: Sendable, Hashable {
    /// What the payer's institution pays on the network.
    public var transferAmount: Money?
    public var payeeReceiveAmount: Money?
    public var payeeFee: Money?
    public var payeeCommission: Money?
    /// What our own core bank charges its customer.
    public var ownFee: Money?
    public var expiresAt: DateTime?
    public var ilpPacket: String?
    public var condition: String?
    /// The preimage of `condition`: proof that the payee is paid. Written at the quote, sent only after settlement
    /// (money.md).
    public var fulfilment: String?

    public init() {}
}

/// The state that a far side reports, in its own code and ours.
public struct StatusReport: Sendable, Hashable {
    /// The code as received: `ACSC`, `COMMITTED`.
    public var code: String?
    public var reason: String?
    public var reasonProprietary: String?
    public var description: String?
    public var additional: [String] = []
    public var acceptedAt: DateTime?
    public var completedAt: DateTime?
    public var originalMessage: String?
    public var originalMessageType: String?
    public var originalCreatedAt: DateTime?
    public var originalInstruction: String?
    public var originalEndToEnd: String?
    public var originalTransaction: String?
    public var originalUetr: String?
    public var groupCode: String?
    public var groupReason: String?
    public var groupReasonProprietary: String?
    public var statusId: String?
    public var enquiryId: String?

    public init() {}
}

/// What a source said that no field holds: kept with its path, in order, so that nothing is dropped in silence (law 5).
public struct SideCarEntry: Sendable, Hashable {
    public var path: String
    public var value: String

    public init(path: String, value: String) {
        self.path = path
        self.value = value
    }
}

/// The canonical payment: one vocabulary, ISO 20022's business terms, in which every message of every network is a
/// projection. A message fills the fields it speaks of; laid over each other they are the payment.
public struct Payment: Sendable, Hashable {
    public var id = Identifications()
    public var message = MessageHeader()
    public var amount = Amounts()
    public var settlement = Settlement()
    public var type = PaymentType()
    public var chargeBearer: String?
    public var fees: [Charge] = []
    public var debtor = Party()
    public var debtorAccount = Account()
    public var debtorAgent = Agent()
    public var creditor = Party()
    public var creditorAccount = Account()
    public var creditorAgent = Agent()
    public var ultimateDebtor = Party()
    public var ultimateCreditor = Party()
    public var initiatingParty = Party()
    public var intermediaryAgent = Agent()
    public var purpose: String?
    public var purposeProprietary: String?
    public var remittance = Remittance()
    public var regulatory: [String] = []
    public var acceptedAt: DateTime?
    public var expiresAt: DateTime?
    public var terms = Terms()
    public var status = StatusReport()
    public var sideCar: [SideCarEntry] = []

    public init() {}
}
