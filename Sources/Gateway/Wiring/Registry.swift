import AMSFineract
import ChannelAPI
import FormatXML
import Mapping
import Payments
import SchemeFSPIOP
import SchemeISO20022
import ScreenHTTP

/// What is plugged in: a plain list. Adding a network is one folder under Sources and one line here.
enum Registry {
    enum Kind { case network, coreBank, screening }

    struct Entry: Sendable {
        var name: String
        /// Names of the settings that its tenants may have, and those of them that are secrets.
        var settings: Set<String>
        var secrets: Set<String> = []
        var make: @Sendable (Tables) -> Adapter
        /// Everything that is wrong with a tenant's settings there, a sentence each.
        var problems: @Sendable (AdapterSettings) -> [String]
    }

    static let networks: [Entry] = [
        Entry(
            name: "fspiop",
            settings: [
                "fspId", "ilpSecret", "hubName", "version", "quoteMilliseconds", "transferMilliseconds",
                "marginMilliseconds", "minimumMilliseconds", "patchMilliseconds", "acceptOnPut",
            ], secrets: ["ilpSecret"], make: { FSPIOP.adapter(mappings: $0.mappings) },
            problems: FSPIOPConfig.problems),
        Entry(
            name: "iso20022",
            settings: [
                "bic", "memberId", "clearingSystemId", "clearingBic", "clearingMemberId", "serves", "path", "envelope",
                "envelopeNamespace", "header", "prefixes", "encodings", "service", "clockMilliseconds",
                "marginMilliseconds", "accept",
                "acceptIsFinal", "final", "settlementDays", "serviceLevel", "categoryPurpose", "localInstrument",
                "localInstrumentProprietary", "clearingSystemCode", "chargeBearer", "exchange", "silence", "notKnown",
            ], make: { ISO20022.adapter(mappings: $0.mappings, schemas: $0.schemas) },
            problems: ISO20022.faults),
    ]

    static let coreBanks: [Entry] = [
        Entry(
            name: "fineract", settings: ["tenantId", "idempotencyHeader"],
            make: { Fineract.adapter(mappings: $0.mappings) }, problems: FineractConfig.problems)
    ]

    static let screening: [Entry] = [
        Entry(
            name: ScreenHTTP.name, settings: ScreenHTTPConfig.names, make: { _ in ScreenHTTP.adapter() },
            problems: ScreenHTTPConfig.problems)
    ]

    static func entries(_ kind: Kind) -> [Entry] {
        switch kind {
        case .network: networks
        case .coreBank: coreBanks
        case .screening: screening
        }
    }

    static func entry(_ name: String) -> Entry? { (networks + coreBanks + screening).first { $0.name == name } }
}
