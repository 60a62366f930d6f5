import Payments

/// The controls of a bank: on which days payments go out, who looks at them first, how much may be out.
public struct ControlsConfig: Sendable {
    public var calendars: [CalendarConfig] = []
    public var screening: [NeighbourConfig] = []
    /// The first row that matches counts.
    public var caps: [CapsRow] = []
}

/// A network's business days and hours.
public struct CalendarConfig: Sendable {
    public var name: String
    /// CSV of its days; nil for a network that is open on every day of every year.
    public var file: String?
    /// The time zone of its hours; nil means that of each tenant.
    public var zone: String?
    var weekend: Set<Weekday>
    /// Minutes of the local day.
    public var opens: Int
    public var cutOff: Int
    public var isAlwaysOpen: Bool
}

/// What one tenant has of the controls.
public struct TenantControls: Sendable {
    public var timeZone = "UTC"
    /// Name of the screening service that looks at its payments.
    public var screening: String?
    /// CSV of the accounts elsewhere that it answers for.
    public var directory: String?
    /// Identifiers of its own customers.
    var own: [OwnIdentifiers] = []
}

/// Identifiers that a tenant's own customers have: `ACCOUNT_ID:A-*`.
struct OwnIdentifiers: Sendable, Equatable {
    var kind: String
    var pattern: Pattern

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, parts[0] != "account", !parts[1].isEmpty else { return nil }
        (kind, pattern) = (parts[0], Pattern(parts[1]))
    }

    func matches(_ identifier: Identifier) -> Bool {
        identifier.kind == kind && (identifier.value.map { pattern.matches($0) } ?? false)
    }
}

/// What one network has of them.
public struct NetworkControls: Sendable {
    public var calendar: String?
    /// Currencies that it settles; nil is any.
    var currencies: Set<Currency>?
}

/// One row of the caps. What is nil matches everything.
public struct CapsRow: Sendable, Equatable {
    public var tenant: String?
    public var network: String?
    var currency: Currency?
    var caps: Caps

    func matches(_ tenant: String, _ network: String, _ currency: Currency) -> Bool {
        (self.tenant ?? tenant) == tenant && (self.network ?? network) == network
            && (self.currency ?? currency) == currency
    }

    /// Whether every payment that the other row matches is matched by this one.
    func covers(_ other: CapsRow) -> Bool {
        (tenant == nil || tenant == other.tenant) && (network == nil || network == other.network)
            && (currency == nil || currency == other.currency)
    }
}
