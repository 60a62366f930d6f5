import Payments
public import PaymentsEngine

/// Tells every webhook what became of the payments of its bank: in the order of the feed, at least once, each on a lane
/// of its own, so a receiver that hangs delays nobody else.
public final class WebhookDeliverer: Sendable {
    let lanes: [WebhookLane]

    /// - Parameters:
    ///   - jitter: dice that spread repeats, so that receivers are not all asked at the same moment.
    ///   - tell: hears of deliveries and failures; no body and no secret.
    public init(
        _ webhooks: [Webhook], engine: Engine, clock: EngineClock, jitter: @escaping @Sendable () -> UInt64,
        send: @escaping WebhookSender, tell: @escaping @Sendable (WebhookReport) -> Void = { _ in }
    ) {
        lanes = webhooks.map {
            WebhookLane($0, engine: engine, clock: clock, jitter: jitter, send: send, tell: tell)
        }
    }

    /// Delivers until the task is cancelled; what is on its way then is told again after the next start.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            for lane in lanes { group.addTask { await lane.run() } }
        }
    }

    public func standings(of tenant: String) -> [WebhookStanding] {
        lanes.filter { $0.webhook.tenant == tenant }.map(\.standing)
    }

    func lane(_ name: String, of tenant: String) -> WebhookLane? {
        lanes.first { $0.webhook.tenant == tenant && $0.webhook.name == name }
    }
}
