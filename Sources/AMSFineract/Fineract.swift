public import Mapping
public import Payments

/// Apache Fineract as a tenant's core bank, through its interoperation API: find and validate an account, hold,
/// release, post and credit. Fineract sends nothing of its own, so nothing is decoded here.
public enum Fineract {
    /// The core bank's name in code tables and reasons.
    public static let name = "fineract"

    /// Tables that the mappings must hold.
    public static var tables: [String] { Codes.Table.allCases.map { "\(name)/\($0.rawValue)" } }

    public static func adapter(mappings: Mappings) -> Adapter {
        let codes = Codes(mappings)
        let encoder = Encoder(codes: codes)
        let reader = ReplyReader(codes: codes)
        return Adapter(
            name: name, capabilities: .fineract,
            decode: { request, _ throws(Refusal) in throw Fineract.unheardOf(request) },
            refuse: { _, _, _ in WireReply(status: 404) },
            compose: { input throws(Refusal) in try encoder.compose(input) },
            read: { reader.read($0, $1) },
            takeUp: { _, _, _ in Heard(.refused(Reason("featureNotSupported"))) },
            report: { _, _ throws(Refusal) in
                Composed(.nothing("a core bank is told nothing beside the steps"), message: "")
            })
    }

    private static func unheardOf(_ request: WireRequest) -> Refusal {
        Refusal(
            .wire, Reason("messageMisrouted"), path: "path", rule: "Fineract interoperation",
            says: "Fineract sends no messages; \(request.method) is not served")
    }
}
