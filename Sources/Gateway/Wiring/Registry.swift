import AMSFineract
import ChannelAPI
import FormatXML
import Mapping
import Payments
import SchemeFSPIOP
import SchemeISO20022

/// What is plugged in: a plain list. Adding a network is one folder under Sources and one line here.
enum Registry {
    struct Entry: Sendable {
        var name: String
        var make: @Sendable (Tables) -> Adapter
        /// Everything that is wrong with a tenant's settings there, a sentence each.
        var problems: @Sendable (AdapterSettings) -> [String]
    }

    static let networks: [Entry] = [
        Entry(name: "fspiop", make: { FSPIOP.adapter(mappings: $0.mappings) }, problems: FSPIOPConfig.problems),
        Entry(
            name: "iso20022", make: { ISO20022.adapter(mappings: $0.mappings, schemas: $0.schemas) },
            problems: ISO20022.faults),
    ]

    static let coreBanks: [Entry] = [
        Entry(name: "fineract", make: { Fineract.adapter(mappings: $0.mappings) }, problems: FineractConfig.problems)
    ]

    static func entry(_ name: String) -> Entry? { (networks + coreBanks).first { $0.name == name } }
}
