/// One row of a bank's rules table. An empty column is a nil; `*` stands for it in the CSV.
public struct RouteRow: Sendable, Equatable {
    public var line: Int
    public var priority: Int
    public var tenant: String?
    public var kind: String?
    /// The network or channel that the payment came from, exact or a prefix that ends in `*`.
    public var from: Pattern?
    public var debtor: IdentifierPattern?
    public var creditor: IdentifierPattern?
    public var creditorAgent: Pattern?
    public var currency: Currency?
    public var amountFrom: Int128?
    public var amountTo: Int128?
    public var purpose: String?
    public var validFrom: CivilDate?
    public var validUntil: CivilDate?
    public var target: RouteTarget
    public var alternates: [String]
    public var flow: String
    public var note: String

    public init(line: Int, priority: Int, target: RouteTarget, flow: String) {
        self.line = line
        self.priority = priority
        self.target = target
        self.flow = flow
        alternates = []
        note = ""
    }
}

/// A text, or the start of one; compared byte by byte, because identifiers are not words of a language.
public enum Pattern: Sendable, Equatable {
    case exact(String)
    case prefix(String)

    public init(_ text: String) {
        self = text.hasSuffix("*") ? .prefix(String(text.dropLast())) : .exact(text)
    }

    public func matches(_ text: String) -> Bool {
        switch self {
        case .exact(let wanted): wanted.isExactly(text)
        case .prefix(let start): text.beginsExactly(start)
        }
    }
}

/// `MSISDN:+254*`: a kind of identifier and a pattern for its value; `account:same-tenant` asks for a customer of our
/// own, `account:directory` for an account elsewhere that the tenant's directory knows.
public enum IdentifierPattern: Sendable, Equatable {
    case identifier(kind: String, Pattern)
    case sameTenant
    case directory
}

public enum RouteTarget: Sendable, Equatable {
    case network(String)
    case onUs
    /// Refuse with the canonical reason.
    case refuse(String)
}

extension RouteTarget: CustomStringConvertible {
    /// As the table writes it.
    public var description: String {
        switch self {
        case .network(let name): name
        case .onUs: "on-us"
        case .refuse(let reason): "refuse:\(reason)"
        }
    }
}

/// What the rules table is asked.
public struct RouteQuestion: Sendable, Equatable {
    public var tenant: String
    public var kind: PaymentKind
    public var from: String
    public var debtor: [Identifier]
    public var creditor: [Identifier]
    public var creditorAgents: [String]
    public var amount: Money?
    public var purpose: String?
    public var date: CivilDate
    public var creditorIsOurs: Bool
    public var creditorIsInDirectory: Bool
    /// The version of the table that is asked, to explain a decision of before; nil is the one in use.
    public var table: String?

    public init(tenant: String, kind: PaymentKind, from: String, payment: Payment, date: CivilDate) {
        self.tenant = tenant
        self.kind = kind
        self.from = from
        debtor = payment.debtor.identifiers + payment.debtorAccount.identifiers
        creditor = payment.creditor.identifiers + payment.creditorAccount.identifiers
        let agent = payment.creditorAgent
        creditorAgents = [agent.bic, agent.clearingMember, agent.fspId, agent.lei].compactMap { $0 }
        amount = payment.amount.settlement ?? payment.amount.instructed
        purpose = payment.purpose
        self.date = date
        creditorIsOurs = false
        creditorIsInDirectory = false
    }
}

/// The answer of the rules table, kept with the payment.
public struct RouteDecision: Sendable, Equatable {
    /// Content hash of the table.
    public var version: String
    public var line: Int
    public var target: RouteTarget
    public var alternates: [String]
    public var flow: String
    public var note: String

    public init(version: String, row: RouteRow) {
        self.version = version
        line = row.line
        target = row.target
        alternates = row.alternates
        flow = row.flow
        note = row.note
    }

    public init(
        version: String, line: Int, target: RouteTarget, alternates: [String], flow: String, note: String
    ) {
        self.version = version
        self.line = line
        self.target = target
        self.alternates = alternates
        self.flow = flow
        self.note = note
    }
}

/// Why a row did not match: the column that said no.
public struct RouteMiss: Sendable, Equatable {
    public var line: Int
    public var column: String

    public init(line: Int, column: String) {
        self.line = line
        self.column = column
    }
}

extension RouteRow {
    /// The first column that does not match; nil when the row matches.
    public func missedColumn(_ question: RouteQuestion) -> String? {
        if let tenant, !tenant.isExactly(question.tenant) { return "tenant" }
        if let kind, !kind.isExactly(question.kind.rawValue) { return "kind" }
        if let from, !from.matches(question.from) { return "from" }
        if let debtor, !debtor.matches(question.debtor) { return "debtor" }
        if let creditor,
            !creditor.matches(
                question.creditor, isOurs: question.creditorIsOurs, isInDirectory: question.creditorIsInDirectory)
        {
            return "creditor"
        }
        if let creditorAgent, !question.creditorAgents.contains(where: creditorAgent.matches) { return "creditorAgent" }
        if let currency, currency != question.amount?.currency { return "currency" }
        if let amountFrom {
            guard let units = question.amount?.units, units >= amountFrom else { return "amountFrom" }
        }
        if let amountTo {
            guard let units = question.amount?.units, units <= amountTo else { return "amountTo" }
        }
        if let purpose, question.purpose.map(purpose.isExactly) != true { return "purpose" }
        if let validFrom, question.date < validFrom { return "validFrom" }
        if let validUntil, validUntil < question.date { return "validUntil" }
        return nil
    }
}

extension IdentifierPattern {
    func matches(_ identifiers: [Identifier], isOurs: Bool = false, isInDirectory: Bool = false) -> Bool {
        switch self {
        case .sameTenant: isOurs
        case .directory: isInDirectory
        case .identifier(let kind, let pattern):
            identifiers.withUnsafeBufferPointer { identifiers in
                identifiers.indices.contains { place in
                    guard let known = identifiers[place].kind, kind.isExactly(known),
                        let value = identifiers[place].value
                    else { return false }
                    return pattern.matches(value)
                }
            }
        }
    }
}

extension String {
    /// Equal in every byte: `==` takes two spellings of one character for the same.
    func isExactly(_ other: String) -> Bool { self == other && utf8.elementsEqual(other.utf8) }

    /// Begins with these bytes.
    func beginsExactly(_ start: String) -> Bool {
        var wanted = start.utf8.makeIterator()
        var given = utf8.makeIterator()
        while let byte = wanted.next() {
            if given.next() != byte { return false }
        }
        return true
    }
}
