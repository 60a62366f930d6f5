public import Payments

/// A bank's screening service, asked once for each payment over a small JSON protocol (docs/controls.md): it allows,
/// refuses, or wants a person to look. It sends nothing of its own, so nothing is decoded here.
public enum ScreenHTTP {
    /// The adapter's name in the configuration.
    public static let name = "screen-http"
    /// The network under which the service's own case number stands in a reason.
    public static let codes = "screening"

    public static func adapter() -> Adapter {
        Adapter(
            name: name, capabilities: .screening,
            decode: { request, _ throws(Refusal) in throw ScreenHTTP.unheardOf(request) },
            refuse: { _, _, _ in WireReply(status: 404) },
            compose: { input throws(Refusal) in try Question(input).composed() },
            read: { reply, _ in Decision.heard(reply) },
            takeUp: { _, _, _ in Heard(.refused(Reason("featureNotSupported"))) },
            report: { _, _ throws(Refusal) in
                Composed(.nothing("a screening service is told nothing beside the steps"), message: "")
            })
    }

    private static func unheardOf(_ request: WireRequest) -> Refusal {
        Refusal(
            .wire, Reason("messageMisrouted"), path: "path", rule: "screening protocol",
            says: "A screening service sends no messages; \(request.method) is not served")
    }
}
