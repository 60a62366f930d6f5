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
    private var fromBox = Boxed<Agent>()
    public var from: Agent {
        _read { yield fromBox.part }
        _modify { yield &fromBox.part }
    }
    private var toBox = Boxed<Agent>()
    public var to: Agent {
        _read { yield toBox.part }
        _modify { yield &toBox.part }
    }
    public var possibleDuplicate: String?
    private var instructingAgentBox = Boxed<Agent>()
    public var instructingAgent: Agent {
        _read { yield instructingAgentBox.part }
        _modify { yield &instructingAgentBox.part }
    }
    private var instructedAgentBox = Boxed<Agent>()
    public var instructedAgent: Agent {
        _read { yield instructedAgentBox.part }
        _modify { yield &instructedAgentBox.part }
    }

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
    private var messageBox = Boxed<MessageHeader>()
    public var message: MessageHeader {
        _read { yield messageBox.part }
        _modify { yield &messageBox.part }
    }
    public var amount = Amounts()
    public var settlement = Settlement()
    private var typeBox = Boxed<PaymentType>()
    public var type: PaymentType {
        _read { yield typeBox.part }
        _modify { yield &typeBox.part }
    }
    public var chargeBearer: String?
    public var fees: [Charge] = []
    private var debtorBox = Boxed<Party>()
    public var debtor: Party {
        _read { yield debtorBox.part }
        _modify { yield &debtorBox.part }
    }
    public var debtorAccount = Account()
    private var debtorAgentBox = Boxed<Agent>()
    public var debtorAgent: Agent {
        _read { yield debtorAgentBox.part }
        _modify { yield &debtorAgentBox.part }
    }
    private var creditorBox = Boxed<Party>()
    public var creditor: Party {
        _read { yield creditorBox.part }
        _modify { yield &creditorBox.part }
    }
    public var creditorAccount = Account()
    private var creditorAgentBox = Boxed<Agent>()
    public var creditorAgent: Agent {
        _read { yield creditorAgentBox.part }
        _modify { yield &creditorAgentBox.part }
    }
    private var ultimateDebtorBox = Boxed<Party>()
    public var ultimateDebtor: Party {
        _read { yield ultimateDebtorBox.part }
        _modify { yield &ultimateDebtorBox.part }
    }
    private var ultimateCreditorBox = Boxed<Party>()
    public var ultimateCreditor: Party {
        _read { yield ultimateCreditorBox.part }
        _modify { yield &ultimateCreditorBox.part }
    }
    private var initiatingPartyBox = Boxed<Party>()
    public var initiatingParty: Party {
        _read { yield initiatingPartyBox.part }
        _modify { yield &initiatingPartyBox.part }
    }
    private var intermediaryAgentBox = Boxed<Agent>()
    public var intermediaryAgent: Agent {
        _read { yield intermediaryAgentBox.part }
        _modify { yield &intermediaryAgentBox.part }
    }
    public var purpose: String?
    public var purposeProprietary: String?
    public var remittance = Remittance()
    public var regulatory: [String] = []
    public var acceptedAt: DateTime?
    public var expiresAt: DateTime?
    private var termsBox = Boxed<Terms>()
    public var terms: Terms {
        _read { yield termsBox.part }
        _modify { yield &termsBox.part }
    }
    private var statusBox = Boxed<StatusReport>()
    public var status: StatusReport {
        _read { yield statusBox.part }
        _modify { yield &statusBox.part }
    }
    public var sideCar: [SideCarEntry] = []

    public init() {}
}

extension Payment {
    /// The parts that most messages leave empty.
    public enum Part: Sendable, CaseIterable {
        case message, type, debtor, debtorAgent, creditor, creditorAgent, ultimateDebtor, ultimateCreditor
        case initiatingParty, intermediaryAgent, terms, status
    }

    /// Whether nothing in the part has a value; an untouched part is not looked into.
    public func isEmpty(_ part: Part) -> Bool {
        switch part {
        case .message: messageBox.isEmpty
        case .type: typeBox.isEmpty
        case .debtor: debtorBox.isEmpty
        case .debtorAgent: debtorAgentBox.isEmpty
        case .creditor: creditorBox.isEmpty
        case .creditorAgent: creditorAgentBox.isEmpty
        case .ultimateDebtor: ultimateDebtorBox.isEmpty
        case .ultimateCreditor: ultimateCreditorBox.isEmpty
        case .initiatingParty: initiatingPartyBox.isEmpty
        case .intermediaryAgent: intermediaryAgentBox.isEmpty
        case .terms: termsBox.isEmpty
        case .status: statusBox.isEmpty
        }
    }
}
