public import FormatXML
public import Mapping
public import Payments

/// Instant-payment rails that speak ISO 20022 in XML over HTTP: one message for each POST, the answer to a credit
/// transfer in the same exchange or as a message of its own.
public enum ISO20022 {
    public static let name = "iso20022"

    /// The adapter over compiled tables and our schemas. Both are read once; a reload makes a new adapter.
    public static func adapter(mappings: Mappings, schemas: XMLSchemaFolder) -> Adapter {
        let room = ISORoom(mappings: mappings, schemas: schemas)
        var adapter = Adapter(
            name: name, capabilities: capabilities,
            decode: { (request, context) throws(Refusal) in try room.decode(request, context) },
            refuse: { refusal, request, context in room.refuse(refusal, request, context) },
            compose: { (input) throws(Refusal) in try room.compose(input) },
            read: { reply, input in room.read(reply, input) },
            verify: { verb, heard, record in room.verify(verb, heard, record) },
            takeUp: { _, _, _ in Heard(.unknown("the network makes no offers")) },
            report: { (report, input) throws(Refusal) in try room.report(report, input) })
        adapter.objection = { refusal, request, context in room.object(refusal, request, context) }
        adapter.answersSettledNotPosted = { settings in
            guard case .success(let settings) = ISOSettings.read(settings) else { return false }
            return settings.answersSettledNotPosted
        }
        return adapter
    }

    /// Messages that the adapter reads and writes, and the header: their schemas are compiled before the first request.
    public static let messages = [
        Definition.creditTransfer, Definition.statusReport, Definition.statusRequest, Definition.messageReject,
    ]

    /// What the adapter asks of the tables and schemas beyond what they owe to each other.
    public static let demands = TableDemands(
        messages: (messages + ISOEnvelope.headers).map { "iso20022/" + $0 },
        canonicals: [
            "statuses": [
                "accepted", "blocked", "cancelled", "pending", "posted", "rejected", "settled", "settledNotPosted",
            ]
        ], columns: ["reasons": [ISOCodes.network], "statuses": [ISOCodes.network]],
        written: [
            .init(
                "reasons", ISOCodes.network, message: Definition.statusReport, type: "ExternalStatusReason1Code"),
            .init(
                "statuses", ISOCodes.network, message: Definition.statusReport,
                type: "ExternalPaymentTransactionStatus1Code"),
        ])

    /// What is wrong with the settings of a rail, each with its key; empty when they can be used.
    public static func faults(in settings: AdapterSettings) -> [String] {
        switch ISOSettings.read(settings) {
        case .success: []
        case .failure(let faults): faults.texts
        }
    }

    enum Definition {
        static let creditTransfer = "pacs.008.001.08"
        static let statusReport = "pacs.002.001.10"
        static let statusRequest = "pacs.028.001.03"
        static let messageReject = "admi.002.001.01"
        static let namespace = "urn:iso:std:iso:20022:tech:xsd:"
    }
}

/// What every translation of this room needs: tables, schemas, codes.
struct ISORoom: Sendable {
    let mappings: Mappings
    let schemas: XMLSchemaFolder
    let codes: ISOCodes

    init(mappings: Mappings, schemas: XMLSchemaFolder) {
        self.mappings = mappings
        self.schemas = schemas
        codes = ISOCodes(mappings.codes)
    }
}
