/// Where an identifier's account is: what a payment to it needs beside the identifier itself.
public struct DirectoryEntry: Sendable, Equatable {
    public var agent: Agent
    public var account: Account
    public var name: String?
    /// The only network over which the account is reached; nil means any that leads to the agent.
    public var network: String?

    public init(agent: Agent, account: Account, name: String? = nil, network: String? = nil) {
        self.agent = agent
        self.account = account
        self.name = name
        self.network = network
    }

    /// What joins the payment: its creditor agent, the creditor's account and name.
    public var learned: Payment {
        var payment = Payment()
        payment.creditorAgent = agent
        payment.creditorAccount = account
        payment.creditor.name = name
        return payment
    }
}

/// A tenant's own list of accounts elsewhere, by the identifiers that its customers and hubs know them by. Exact: what
/// is not listed is not found.
public struct Directory: Sendable {
    /// How a directory names an institution.
    public enum AgentKind: String, Sendable, CaseIterable {
        case bic, lei, clearingMember, fspId
    }

    /// One line, as small as it can be kept: a bank may list a hundred thousand.
    public struct Line: Sendable, Equatable {
        public var agentKind: AgentKind
        public var agent: String
        /// The clearing system whose member number `agent` is; empty when the network alone says it.
        public var clearingSystem: String
        public var accountKind: String
        public var account: String
        public var name: String
        public var network: String

        public init(
            agentKind: AgentKind, agent: String, clearingSystem: String = "", accountKind: String, account: String,
            name: String = "", network: String = ""
        ) {
            self.agentKind = agentKind
            self.agent = agent
            self.clearingSystem = clearingSystem
            self.accountKind = accountKind
            self.account = account
            self.name = name
            self.network = network
        }
    }

    private struct Key: Hashable {
        var kind: String
        var value: String
    }

    private var places: [Key: UInt32] = [:]
    private var lines: [Line] = []

    public init() {}

    public var count: Int { lines.count }

    /// Makes room for so many lines at once.
    public mutating func reserve(_ count: Int) {
        places.reserveCapacity(count)
        lines.reserveCapacity(count)
    }

    /// False when the identifier is listed already: then nothing changes.
    public mutating func add(_ line: Line, for identifier: Identifier) -> Bool {
        guard let key = Directory.key(identifier), places[key] == nil, let place = UInt32(exactly: lines.count) else {
            return false
        }
        places[key] = place
        lines.append(line)
        return true
    }

    /// The account of the first of these identifiers that is listed.
    /// - Parameter network: When given, accounts that another network alone reaches are not found.
    public func find(_ identifiers: [Identifier], network: String? = nil) -> DirectoryEntry? {
        for identifier in identifiers {
            guard let key = Directory.key(identifier), let place = places[key] else { continue }
            let line = lines[Int(place)]
            if let network, !line.network.isEmpty, line.network != network { continue }
            return Directory.entry(line)
        }
        return nil
    }

    private static func entry(_ line: Line) -> DirectoryEntry {
        var agent = Agent()
        switch line.agentKind {
        case .bic: agent.bic = line.agent
        case .lei: agent.lei = line.agent
        case .fspId: agent.fspId = line.agent
        case .clearingMember:
            agent.clearingMember = line.agent
            if !line.clearingSystem.isEmpty { agent.clearingSystem = line.clearingSystem }
        }
        var account = Account()
        account.identifiers = [Identifier(line.accountKind, line.account)]
        return DirectoryEntry(
            agent: agent, account: account, name: line.name.isEmpty ? nil : line.name,
            network: line.network.isEmpty ? nil : line.network)
    }

    /// Networks write one number in several ways: a mobile number with a plus sign or without, an IBAN in groups.
    private static func key(_ identifier: Identifier) -> Key? {
        guard let kind = identifier.kind, var value = identifier.value, !kind.isEmpty, !value.isEmpty else {
            return nil
        }
        switch kind {
        case "MSISDN": if value.utf8.first == 0x2B { value.removeFirst() }
        case "IBAN": value = value.filter { $0 != " " }.uppercased()
        default: break
        }
        if let subId = identifier.subId, !subId.isEmpty { value += "\u{0}" + subId }
        return Key(kind: kind, value: value)
    }
}
