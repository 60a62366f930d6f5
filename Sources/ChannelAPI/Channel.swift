import FormatJSON
public import Payments
public import PaymentsEngine

/// The bank's own channels: a JSON API to order payments and to see what became of them. What it can do is one table,
/// `Channel.operations`.
public struct Channel: Sendable {
    /// The name under which routes and records know this origin.
    public static let network = "channel"

    let engine: Engine
    let keys: APIKeys
    let explain: @Sendable (RouteQuestion) -> [RouteMiss]
    let identifierKinds: Set<String>
    let limits: ChannelLimits
    let streams = OpenStreams()
    let webhooks: WebhookDeliverer?

    /// - Parameters:
    ///   - identifierKinds: kinds of identifiers that orders may use (`mappings/codes/identifiers.tsv`).
    ///   - webhooks: who delivers events, where a bank wants them.
    ///   - explain: why earlier rows of the routing table did not match.
    public init(
        engine: Engine, keys: APIKeys, identifierKinds: Set<String>, limits: ChannelLimits = ChannelLimits(),
        webhooks: WebhookDeliverer? = nil, explain: @escaping @Sendable (RouteQuestion) -> [RouteMiss]
    ) {
        self.engine = engine
        self.keys = keys
        self.identifierKinds = identifierKinds
        self.limits = limits
        self.webhooks = webhooks
        self.explain = explain
    }

    public func handle(_ request: WireRequest) async -> ChannelReply {
        let parts = request.path.split(separator: "/")
        var others: [String] = []
        do throws(Problem) {
            for operation in Channel.operations {
                guard let values = operation.match(parts) else { continue }
                guard operation.method.rawValue == request.method else {
                    others.append(operation.method.rawValue)
                    continue
                }
                return try await carryOut(operation, request, values)
            }
            guard keys.caller(of: request) != nil else { throw .unauthorized }
            if others.isEmpty { throw .notFound(request.path) }
            throw .methodNotAllowed(request.method, allowed: others.joined(separator: ", "))
        } catch {
            return .whole(error.reply)
        }
    }

    private func carryOut(
        _ operation: Operation, _ request: WireRequest, _ values: [String: String]
    ) async throws(Problem) -> ChannelReply {
        var caller = APIKeys.Caller(tenant: "", key: "")
        if operation.needsKey {
            guard let known = keys.caller(of: request) else { throw .unauthorized }
            caller = known
        }
        if operation.body != nil, !(request.header("Content-Type").map(MediaType.isJSON) ?? false) {
            throw .notJSON
        }
        do throws(Problem) {
            let call = try Call(request, caller, operation, path: values)
            let reply = try await operation.handler(self, call)
            if case .whole(let whole) = reply {
                assert(operation.answers.contains { $0.status == whole.status }, "\(operation.id): \(whole.status)")
            }
            return reply
        } catch {
            assert(operation.allProblems.contains(error.kind), "\(operation.id) does not list \(error.kind)")
            throw error
        }
    }

    /// Streams end and no other begins; everything else goes on.
    public func endStreams() { streams.close() }

    public var openStreams: Int { streams.count }

    /// What a door says of a request that never reached the API.
    public static func problem(status: Int, says: String) -> WireReply {
        Problem.atTheDoor(status, says).reply
    }
}

extension Channel {
    /// The channel as an origin of payments: how a payment ended is read at its page, so nothing is sent. The payer's
    /// confirmation, where the order asks for one, comes by the API.
    public static func adapter() -> Adapter {
        Adapter(
            name: network, capabilities: Capabilities(verbs: [.notify, .confirm]),
            decode: { _, _ throws(Refusal) in
                throw Refusal(
                    .wire, Reason("malformed"), rule: "channel", says: "the channel API reads its own requests")
            },
            refuse: { refusal, _, _ in Problem.malformed(refusal.says, path: refusal.path).reply },
            compose: { input throws(Refusal) in
                guard input.verb == .confirm else {
                    return Composed(.nothing("the order's page shows how it ended"), message: "GET /v1/payments")
                }
                let message = "POST /v1/payments/{id}/confirm"
                guard input.record.payment.type.confirmation == PaymentOrder.confirmationRequired else {
                    return Composed(.nothing("the order asks for no confirmation"), message: message)
                }
                return Composed(.wait("the payer's word on the terms"), message: message)
            },
            read: { _, _ in Heard(.done) }, takeUp: { _, _, _ in Heard(.refused(Reason("internalError"))) },
            report: { _, _ throws(Refusal) in
                Composed(.nothing("the order's page shows its state"), message: "GET /v1/payments")
            })
    }
}
