import ChannelAPI
import Crypto
import FormatJSON
import Foundation
import Payments
import PaymentsEngine
import StoreSQLite

struct BadOrder: Sendable, CustomStringConvertible {
    var body: String
    var status: Int
    var at: String
    var description: String { "\(status) at \(at)" }
}

enum Orders {
    static let good = """
        {"amount":"100.00","currency":"KES",
         "debtor":{"name":"Ada","account":{"kind":"ACCOUNT_ID","value":"A-1"}},
         "creditor":{"identifier":{"kind":"MSISDN","value":"+254700000001"}},"endToEndId":"E2E-1","remittance":"rent"}
        """

    static let bad: [BadOrder] = [
        BadOrder(body: "{", status: 400, at: "$"),
        BadOrder(body: change("\"100.00\"", "100.00"), status: 422, at: "$.amount"),
        BadOrder(body: change("100.00", "0.00"), status: 422, at: "$.amount"),
        BadOrder(body: change("100.00", "100.001"), status: 422, at: "$.amount"),
        BadOrder(body: change("100.00", "-1"), status: 422, at: "$.amount"),
        BadOrder(body: change("100.00", "1,5"), status: 422, at: "$.amount"),
        BadOrder(body: change("KES", "KEX"), status: 422, at: "$.currency"),
        BadOrder(body: change("\"creditor\"", "\"creditr\""), status: 422, at: "$.creditr"),
        BadOrder(body: change("MSISDN", "PHONE"), status: 422, at: "$.creditor.identifier.kind"),
        BadOrder(body: change("\"rent\"", "\"a\\u0000b\""), status: 422, at: "$.remittance"),
        BadOrder(body: change("\"endToEndId\":\"E2E-1\"", "\"endToEndId\":\"\""), status: 422, at: "$.endToEndId"),
        BadOrder(body: "[]", status: 422, at: "$"),
        BadOrder(body: change("rent", "a\\uFFFFb"), status: 422, at: "$.remittance"),
        BadOrder(body: change("E2E-1", families(6)), status: 422, at: "$.endToEndId"),
        BadOrder(body: change("\"Ada\"", "\"\(families(21))\""), status: 422, at: "$.debtor.name"),
        BadOrder(body: to(iban: "hello"), status: 422, at: "$.creditor.account.value"),
        BadOrder(body: to(iban: "de89370400440532013000"), status: 422, at: "$.creditor.account.value"),
        BadOrder(body: to(iban: "DE88370400440532013000"), status: 422, at: "$.creditor.account.value"),
        BadOrder(body: to(bic: "FARBx"), status: 422, at: "$.creditor.agent.bic"),
        BadOrder(body: to(bic: "FARBKENAXX"), status: 422, at: "$.creditor.agent.bic"),
        BadOrder(body: to(bic: "FARB12NA"), status: 422, at: "$.creditor.agent.bic"),
    ]

    /// An order to an account at a bank.
    static func to(iban: String = "DE89370400440532013000", bic: String = "FARBKENAXXX") -> String {
        change(
            "\"identifier\":{\"kind\":\"MSISDN\",\"value\":\"+254700000001\"}",
            "\"account\":{\"kind\":\"IBAN\",\"value\":\"\(iban)\"},\"agent\":{\"bic\":\"\(bic)\"}")
    }

    /// Each is one character to the eye and seven to a message.
    static func families(_ count: Int) -> String {
        String(repeating: "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}", count: count)
    }

    private static func change(_ old: String, _ new: String) -> String {
        good.replacingOccurrences(of: old, with: new)
    }
}

/// A channel that a test may speak to.
struct Bench: Sendable {
    let channel: Channel
    let store: SQLiteStore
    let engine: Engine
    let network: ScriptedNetwork
    let clock: EngineClock

    func order(
        _ body: String, key: String?, bearer: String? = "key-of-a", type: String = "application/json",
        prefer: String = "wait=10"
    ) async -> WireReply {
        var request = WireRequest(method: "POST", path: "/v1/payments", body: Array(body.utf8))
        request.headers = [WireHeader("Content-Type", type), WireHeader("Prefer", prefer)]
        if let key { request.headers.append(WireHeader("Idempotency-Key", key)) }
        return await send(request, bearer: bearer)
    }

    func get(_ path: String, query: String = "", bearer: String? = "key-of-a") async -> WireReply {
        await send(WireRequest(method: "GET", path: path, query: query), bearer: bearer)
    }

    /// A path with its query, as the API itself writes them.
    func follow(_ link: String) async -> WireReply {
        let parts = link.split(separator: "?", maxSplits: 1).map(String.init)
        return await get(parts[0], query: parts.count > 1 ? parts[1] : "")
    }

    func send(_ request: WireRequest, bearer: String? = "key-of-a") async -> WireReply {
        var request = request
        if let bearer { request.headers.append(WireHeader("Authorization", "Bearer \(bearer)")) }
        guard case .whole(let reply) = await channel.handle(request) else {
            return WireReply(status: 0, body: Array("a stream".utf8))
        }
        return reply
    }
}

/// A world in which nothing is served: orders end at once.
let refusingWorld: World = {
    var row = RouteRow(line: 999, priority: 999, target: .refuse("creditorAgentUnknown"), flow: "")
    row.note = "nobody serves this"
    let decision = RouteDecision(version: "1", row: row)
    return World(
        flow: { Scripted.flows[$0] }, pinnedFlow: { name, _ in Scripted.flows[name] }, route: { _ in decision },
        neighbours: { name, tenant, _ in
            guard name == Channel.network else { return nil }
            let settings = AdapterSettings(network: name, tenant: tenant, values: [:])
            return Neighbour(adapter: Channel.adapter(), settings: settings, clockMilliseconds: 5_000)
        }, coreBank: { _ in nil })
}()

let testClock = EngineClock(
    now: { Instant(nanoseconds: Int64(Date().timeIntervalSince1970 * 1_000_000_000)) },
    sleep: { try? await ContinuousClock().sleep(for: .milliseconds($0)) })

/// A folder of the test's own for a store.
func withStore(_ test: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("channel-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await test(folder)
}

func withChannel(
    _ world: World = refusingWorld, folder: String? = nil, limits: ChannelLimits = ChannelLimits(),
    webhooks: ((Engine) -> WebhookDeliverer)? = nil, _ test: (Bench) async throws -> Void
) async throws {
    guard let folder else {
        return try await withStore { folder in
            try await withChannel(world, folder: folder, limits: limits, webhooks: webhooks, test)
        }
    }
    let store = try await SQLiteStore.open(folder: folder, node: "test", tenants: ["bank-a", "bank-b"])
    let network = ScriptedNetwork()
    let engine = Engine(
        world: world, store: store, transport: network, clock: testClock,
        entropy: { UInt64.random(in: .min ... .max) })
    let running = Task { await engine.run() }
    let keys = APIKeys([
        (sha256: hex("key-of-a"), caller: APIKeys.Caller(tenant: "bank-a", key: "app")),
        (sha256: hex("key-of-b"), caller: APIKeys.Caller(tenant: "bank-b", key: "app")),
    ])
    let deliverer = webhooks?(engine)
    let delivering = Task { await deliverer?.run() }
    let channel = Channel(
        engine: engine, keys: keys, identifierKinds: ["MSISDN", "ACCOUNT_ID", "IBAN"], limits: limits,
        webhooks: deliverer, explain: { _ in [RouteMiss(line: 10, column: "from")] })
    let result: Result<Void, any Error>
    do {
        result = .success(
            try await test(
                Bench(channel: channel, store: store, engine: engine, network: network, clock: testClock)))
    } catch {
        result = .failure(error)
    }
    network.release()
    channel.endStreams()
    delivering.cancel()
    await delivering.value
    await engine.drain(within: 2_000)
    engine.close()
    await running.value
    await store.close()
    try result.get()
}

private func hex(_ text: String) -> String {
    SHA256.hash(data: Data(text.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
