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
    /// On-us: the code of the credit, beside `amsTransfer`, which is the debit's.
    public var amsCredit: String?
    /// The payment that this one gives back, wholly or in part, by our own id of it.
    public var original: String?
    /// The group of payments that it came in: a batch of a customer (PmtInfId), an account's statement.
    public var batch: String?
    /// The case of an investigation or of a request to give back (Case/Id), and the request for this payment (CxlId,
    /// RvslId).
    public var `case`: String?
    public var request: String?

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
    var fromBox = Boxed<Agent>()
    public var from: Agent {
        _read { yield fromBox.part }
        _modify { yield &fromBox.part }
    }
    var toBox = Boxed<Agent>()
    public var to: Agent {
        _read { yield toBox.part }
        _modify { yield &toBox.part }
    }
    public var possibleDuplicate: String?
    var instructingAgentBox = Boxed<Agent>()
    public var instructingAgent: Agent {
        _read { yield instructingAgentBox.part }
        _modify { yield &instructingAgentBox.part }
    }
    var instructedAgentBox = Boxed<Agent>()
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
    /// `required` when the payer wants to see the terms before anything is held.
    public var confirmation: String?

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
    /// The batch of the original (OrgnlPmtInfId), what the original moved between the agents, and on which day.
    public var originalBatch: String?
    public var originalAmount: Money?
    public var originalDate: CivilDate?

    public init() {}
}

/// What a source said that no field holds: kept with its path, in order, so that nothing is dropped in silence (law 5).
///
/// The path begins with where it was said: `iso20022:` for what any message of the network may say again,
/// `iso20022/pacs.008.001.08:` for what this message alone may, and `iso20022/pacs.008.001.08=` for the form and place
/// in which that message said a field of the payment.
public struct SideCarEntry: Sendable, Hashable {
    public var path: String
    public var value: String

    public init(path: String, value: String) {
        self.path = path
        self.value = value
    }

    /// Whether it tells in which form and at which place a field stood: of account for the message that it came from,
    /// and nothing that another message could lose.
    public var isForm: Bool {
        guard let end = path.utf8.firstIndex(where: { $0 == 0x3D || $0 == 0x3A }) else { return false }
        return path.utf8[end] == 0x3D
    }
}

/// The canonical payment: one vocabulary, ISO 20022's business terms, in which every message of every network is a
/// projection. A message fills the fields it speaks of; laid over each other they are the payment.
public struct Payment: Sendable, Hashable {
    public var id = Identifications()
    var messageBox = Boxed<MessageHeader>()
    public var message: MessageHeader {
        _read { yield messageBox.part }
        _modify { yield &messageBox.part }
    }
    public var amount = Amounts()
    public var settlement = Settlement()
    var typeBox = Boxed<PaymentType>()
    public var type: PaymentType {
        _read { yield typeBox.part }
        _modify { yield &typeBox.part }
    }
    public var chargeBearer: String?
    public var fees: [Charge] = []
    var debtorBox = Boxed<Party>()
    public var debtor: Party {
        _read { yield debtorBox.part }
        _modify { yield &debtorBox.part }
    }
    var debtorAccountBox = Boxed<Account>()
    public var debtorAccount: Account {
        _read { yield debtorAccountBox.part }
        _modify { yield &debtorAccountBox.part }
    }
    var debtorAgentBox = Boxed<Agent>()
    public var debtorAgent: Agent {
        _read { yield debtorAgentBox.part }
        _modify { yield &debtorAgentBox.part }
    }
    var creditorBox = Boxed<Party>()
    public var creditor: Party {
        _read { yield creditorBox.part }
        _modify { yield &creditorBox.part }
    }
    var creditorAccountBox = Boxed<Account>()
    public var creditorAccount: Account {
        _read { yield creditorAccountBox.part }
        _modify { yield &creditorAccountBox.part }
    }
    var creditorAgentBox = Boxed<Agent>()
    public var creditorAgent: Agent {
        _read { yield creditorAgentBox.part }
        _modify { yield &creditorAgentBox.part }
    }
    var ultimateDebtorBox = Boxed<Party>()
    public var ultimateDebtor: Party {
        _read { yield ultimateDebtorBox.part }
        _modify { yield &ultimateDebtorBox.part }
    }
    var ultimateCreditorBox = Boxed<Party>()
    public var ultimateCreditor: Party {
        _read { yield ultimateCreditorBox.part }
        _modify { yield &ultimateCreditorBox.part }
    }
    var initiatingPartyBox = Boxed<Party>()
    public var initiatingParty: Party {
        _read { yield initiatingPartyBox.part }
        _modify { yield &initiatingPartyBox.part }
    }
    var intermediaryAgentBox = Boxed<Agent>()
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
    /// The day on which the payer wants the payment to go out; nil is at once.
    public var requestedExecutionDate: CivilDate?
    var termsBox = Boxed<Terms>()
    public var terms: Terms {
        _read { yield termsBox.part }
        _modify { yield &termsBox.part }
    }
    var statusBox = Boxed<StatusReport>()
    public var status: StatusReport {
        _read { yield statusBox.part }
        _modify { yield &statusBox.part }
    }
    public var sideCar: [SideCarEntry] = []

    public init() {}
}

extension Payment {
    /// The parts that most messages leave empty, each by what stands before the names of its fields.
    public enum Part: String, Sendable, CaseIterable {
        case message, type, debtor, debtorAccount, debtorAgent, creditor, creditorAccount, creditorAgent
        case ultimateDebtor, ultimateCreditor, initiatingParty, intermediaryAgent, terms, status
        case debtorAddress = "debtor.address"
        case debtorAgentAddress = "debtorAgent.address"
        case creditorAddress = "creditor.address"
        case creditorAgentAddress = "creditorAgent.address"
        case ultimateDebtorAddress = "ultimateDebtor.address"
        case ultimateCreditorAddress = "ultimateCreditor.address"
        case initiatingPartyAddress = "initiatingParty.address"
        case intermediaryAgentAddress = "intermediaryAgent.address"
        case from = "message.from"
        case to = "message.to"
        case instructingAgent = "message.instructingAgent"
        case instructedAgent = "message.instructedAgent"
        case fromAddress = "message.from.address"
        case toAddress = "message.to.address"
        case instructingAgentAddress = "message.instructingAgent.address"
        case instructedAgentAddress = "message.instructedAgent.address"
        case fees = "fees[]"
        case sideCar = "sideCar[]"

        /// The part that a field belongs to: the smallest; nil when it belongs to none.
        public static func of(field name: String) -> Part? {
            allCases.filter { name.hasPrefix($0.rawValue + ".") }.max {
                $0.rawValue.utf8.count < $1.rawValue.utf8.count
            }
        }
    }

    /// Whether anything was ever put in the part: one that was not is not looked into.
    public func isTouched(_ part: Part) -> Bool { withUnsafePointer(to: self) { Payment.isTouched(part, of: $0) } }

    /// The parts in which anything was ever put, a bit for each in the order of `Part.allCases`, of a payment where it
    /// lies.
    public static func touched(of payment: UnsafePointer<Payment>) -> UInt64 {
        var touched: UInt64 = 0
        for (index, part) in Part.allCases.enumerated() where isTouched(part, of: payment) {
            touched |= 1 << UInt64(index)
        }
        return touched
    }

    static func isTouched(_ part: Part, of payment: UnsafePointer<Payment>) -> Bool {
        switch part {
        case .message: payment.pointee.messageBox.isTouched
        case .type: payment.pointee.typeBox.isTouched
        case .debtor: payment.pointee.debtorBox.isTouched
        case .debtorAccount: payment.pointee.debtorAccountBox.isTouched
        case .debtorAgent: payment.pointee.debtorAgentBox.isTouched
        case .creditor: payment.pointee.creditorBox.isTouched
        case .creditorAccount: payment.pointee.creditorAccountBox.isTouched
        case .creditorAgent: payment.pointee.creditorAgentBox.isTouched
        case .ultimateDebtor: payment.pointee.ultimateDebtorBox.isTouched
        case .ultimateCreditor: payment.pointee.ultimateCreditorBox.isTouched
        case .initiatingParty: payment.pointee.initiatingPartyBox.isTouched
        case .intermediaryAgent: payment.pointee.intermediaryAgentBox.isTouched
        case .terms: payment.pointee.termsBox.isTouched
        case .status: payment.pointee.statusBox.isTouched
        case .debtorAddress: payment.pointee.debtorBox.place.pointee.addressBox.isTouched
        case .debtorAgentAddress: payment.pointee.debtorAgentBox.place.pointee.addressBox.isTouched
        case .creditorAddress: payment.pointee.creditorBox.place.pointee.addressBox.isTouched
        case .creditorAgentAddress: payment.pointee.creditorAgentBox.place.pointee.addressBox.isTouched
        case .ultimateDebtorAddress: payment.pointee.ultimateDebtorBox.place.pointee.addressBox.isTouched
        case .ultimateCreditorAddress: payment.pointee.ultimateCreditorBox.place.pointee.addressBox.isTouched
        case .initiatingPartyAddress: payment.pointee.initiatingPartyBox.place.pointee.addressBox.isTouched
        case .intermediaryAgentAddress: payment.pointee.intermediaryAgentBox.place.pointee.addressBox.isTouched
        case .from: payment.pointee.messageBox.place.pointee.fromBox.isTouched
        case .to: payment.pointee.messageBox.place.pointee.toBox.isTouched
        case .instructingAgent: payment.pointee.messageBox.place.pointee.instructingAgentBox.isTouched
        case .instructedAgent: payment.pointee.messageBox.place.pointee.instructedAgentBox.isTouched
        case .fromAddress:
            payment.pointee.messageBox.place.pointee.fromBox.place.pointee.addressBox.isTouched
        case .toAddress:
            payment.pointee.messageBox.place.pointee.toBox.place.pointee.addressBox.isTouched
        case .instructingAgentAddress:
            payment.pointee.messageBox.place.pointee.instructingAgentBox.place.pointee.addressBox.isTouched
        case .instructedAgentAddress:
            payment.pointee.messageBox.place.pointee.instructedAgentBox.place.pointee.addressBox.isTouched
        case .fees: !payment.pointee.fees.isEmpty
        case .sideCar: !payment.pointee.sideCar.isEmpty
        }
    }
    /// Where a part lies; nil stands for what belongs to no part. What stands in a list has no one place.
    @inline(__always)
    static func place(of part: Part?, in payment: UnsafePointer<Payment>) -> UnsafeRawPointer {
        switch part {
        case .message: UnsafeRawPointer(payment.pointee.messageBox.place)
        case .type: UnsafeRawPointer(payment.pointee.typeBox.place)
        case .debtor: UnsafeRawPointer(payment.pointee.debtorBox.place)
        case .debtorAccount: UnsafeRawPointer(payment.pointee.debtorAccountBox.place)
        case .debtorAgent: UnsafeRawPointer(payment.pointee.debtorAgentBox.place)
        case .creditor: UnsafeRawPointer(payment.pointee.creditorBox.place)
        case .creditorAccount: UnsafeRawPointer(payment.pointee.creditorAccountBox.place)
        case .creditorAgent: UnsafeRawPointer(payment.pointee.creditorAgentBox.place)
        case .ultimateDebtor: UnsafeRawPointer(payment.pointee.ultimateDebtorBox.place)
        case .ultimateCreditor: UnsafeRawPointer(payment.pointee.ultimateCreditorBox.place)
        case .initiatingParty: UnsafeRawPointer(payment.pointee.initiatingPartyBox.place)
        case .intermediaryAgent: UnsafeRawPointer(payment.pointee.intermediaryAgentBox.place)
        case .terms: UnsafeRawPointer(payment.pointee.termsBox.place)
        case .status: UnsafeRawPointer(payment.pointee.statusBox.place)
        case .debtorAddress: UnsafeRawPointer(payment.pointee.debtorBox.place.pointee.addressBox.place)
        case .debtorAgentAddress: UnsafeRawPointer(payment.pointee.debtorAgentBox.place.pointee.addressBox.place)
        case .creditorAddress: UnsafeRawPointer(payment.pointee.creditorBox.place.pointee.addressBox.place)
        case .creditorAgentAddress: UnsafeRawPointer(payment.pointee.creditorAgentBox.place.pointee.addressBox.place)
        case .ultimateDebtorAddress: UnsafeRawPointer(payment.pointee.ultimateDebtorBox.place.pointee.addressBox.place)
        case .ultimateCreditorAddress:
            UnsafeRawPointer(payment.pointee.ultimateCreditorBox.place.pointee.addressBox.place)
        case .initiatingPartyAddress:
            UnsafeRawPointer(payment.pointee.initiatingPartyBox.place.pointee.addressBox.place)
        case .intermediaryAgentAddress:
            UnsafeRawPointer(payment.pointee.intermediaryAgentBox.place.pointee.addressBox.place)
        case .from: UnsafeRawPointer(payment.pointee.messageBox.place.pointee.fromBox.place)
        case .to: UnsafeRawPointer(payment.pointee.messageBox.place.pointee.toBox.place)
        case .instructingAgent: UnsafeRawPointer(payment.pointee.messageBox.place.pointee.instructingAgentBox.place)
        case .instructedAgent: UnsafeRawPointer(payment.pointee.messageBox.place.pointee.instructedAgentBox.place)
        case .fromAddress:
            UnsafeRawPointer(payment.pointee.messageBox.place.pointee.fromBox.place.pointee.addressBox.place)
        case .toAddress:
            UnsafeRawPointer(payment.pointee.messageBox.place.pointee.toBox.place.pointee.addressBox.place)
        case .instructingAgentAddress:
            UnsafeRawPointer(
                payment.pointee.messageBox.place.pointee.instructingAgentBox.place.pointee.addressBox.place)
        case .instructedAgentAddress:
            UnsafeRawPointer(payment.pointee.messageBox.place.pointee.instructedAgentBox.place.pointee.addressBox.place)
        case nil, .fees, .sideCar: UnsafeRawPointer(payment)
        }
    }
    /// Where a part may be written to.
    @inline(__always)
    static func room(of part: Part?, in payment: UnsafeMutablePointer<Payment>) -> UnsafeMutableRawPointer {
        switch part {
        case .message: UnsafeMutableRawPointer(payment.pointee.messageBox.room())
        case .type: UnsafeMutableRawPointer(payment.pointee.typeBox.room())
        case .debtor: UnsafeMutableRawPointer(payment.pointee.debtorBox.room())
        case .debtorAccount: UnsafeMutableRawPointer(payment.pointee.debtorAccountBox.room())
        case .debtorAgent: UnsafeMutableRawPointer(payment.pointee.debtorAgentBox.room())
        case .creditor: UnsafeMutableRawPointer(payment.pointee.creditorBox.room())
        case .creditorAccount: UnsafeMutableRawPointer(payment.pointee.creditorAccountBox.room())
        case .creditorAgent: UnsafeMutableRawPointer(payment.pointee.creditorAgentBox.room())
        case .ultimateDebtor: UnsafeMutableRawPointer(payment.pointee.ultimateDebtorBox.room())
        case .ultimateCreditor: UnsafeMutableRawPointer(payment.pointee.ultimateCreditorBox.room())
        case .initiatingParty: UnsafeMutableRawPointer(payment.pointee.initiatingPartyBox.room())
        case .intermediaryAgent: UnsafeMutableRawPointer(payment.pointee.intermediaryAgentBox.room())
        case .terms: UnsafeMutableRawPointer(payment.pointee.termsBox.room())
        case .status: UnsafeMutableRawPointer(payment.pointee.statusBox.room())
        case .debtorAddress: UnsafeMutableRawPointer(payment.pointee.debtorBox.room().pointee.addressBox.room())
        case .debtorAgentAddress:
            UnsafeMutableRawPointer(payment.pointee.debtorAgentBox.room().pointee.addressBox.room())
        case .creditorAddress: UnsafeMutableRawPointer(payment.pointee.creditorBox.room().pointee.addressBox.room())
        case .creditorAgentAddress:
            UnsafeMutableRawPointer(payment.pointee.creditorAgentBox.room().pointee.addressBox.room())
        case .ultimateDebtorAddress:
            UnsafeMutableRawPointer(payment.pointee.ultimateDebtorBox.room().pointee.addressBox.room())
        case .ultimateCreditorAddress:
            UnsafeMutableRawPointer(payment.pointee.ultimateCreditorBox.room().pointee.addressBox.room())
        case .initiatingPartyAddress:
            UnsafeMutableRawPointer(payment.pointee.initiatingPartyBox.room().pointee.addressBox.room())
        case .intermediaryAgentAddress:
            UnsafeMutableRawPointer(payment.pointee.intermediaryAgentBox.room().pointee.addressBox.room())
        case .from: UnsafeMutableRawPointer(payment.pointee.messageBox.room().pointee.fromBox.room())
        case .to: UnsafeMutableRawPointer(payment.pointee.messageBox.room().pointee.toBox.room())
        case .instructingAgent:
            UnsafeMutableRawPointer(payment.pointee.messageBox.room().pointee.instructingAgentBox.room())
        case .instructedAgent:
            UnsafeMutableRawPointer(payment.pointee.messageBox.room().pointee.instructedAgentBox.room())
        case .fromAddress:
            UnsafeMutableRawPointer(
                payment.pointee.messageBox.room().pointee.fromBox.room().pointee.addressBox.room())
        case .toAddress:
            UnsafeMutableRawPointer(
                payment.pointee.messageBox.room().pointee.toBox.room().pointee.addressBox.room())
        case .instructingAgentAddress:
            UnsafeMutableRawPointer(
                payment.pointee.messageBox.room().pointee.instructingAgentBox.room().pointee.addressBox.room())
        case .instructedAgentAddress:
            UnsafeMutableRawPointer(
                payment.pointee.messageBox.room().pointee.instructedAgentBox.room().pointee.addressBox.room())
        case nil, .fees, .sideCar: UnsafeMutableRawPointer(payment)
        }
    }
}
