import Crypto
import FormatJSON
import Foundation
import Payments
import PaymentsEngine
import StoreSQLite
import Synchronization
import Testing

@testable import ChannelAPI

/// A receiver that the test scripts: what it was sent, and what it says to each.
final class Receiver: Sendable {
    enum Answer: Sendable { case take, refuse(Int), hang, drop }

    struct Delivery: Sendable {
        var webhook: String
        var request: WireRequest
        var event: String { request.header("Interlock-Event") ?? "" }
        var json: JSONValue { (try? JSONValue.parse(request.body)) ?? .null }
    }

    private struct State {
        var deliveries: [Delivery] = []
        var taken: [String: [String]] = [:]
        var reports: [WebhookReport] = []
        var changes = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let answer: @Sendable (_ webhook: String, _ number: Int) -> Answer

    init(_ answer: @escaping @Sendable (String, Int) -> Answer = { _, _ in .take }) { self.answer = answer }

    var deliveries: [Delivery] { state.withLock { $0.deliveries } }
    var reports: [WebhookReport] { state.withLock { $0.reports } }
    /// Events that a webhook's receiver took, in order.
    func taken(_ webhook: String) -> [String] { state.withLock { $0.taken[webhook] ?? [] } }

    private func change(_ body: (inout State) -> Void) {
        let waiting = state.withLock { state in
            body(&state)
            state.changes += 1
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits for deliveries and reports until the condition holds.
    func until(_ holds: @escaping @Sendable (Receiver) -> Bool) async {
        while true {
            let seen = state.withLock { $0.changes }
            if holds(self) { return }
            await withCheckedContinuation { continuation in
                let isOld = state.withLock { state in
                    if state.changes == seen { state.waiting.append(continuation) }
                    return state.changes != seen
                }
                if isOld { continuation.resume() }
            }
        }
    }

    var send: WebhookSender {
        { [self] webhook, request, timeoutMilliseconds in
            let number = state.withLock { state in
                state.deliveries.append(Delivery(webhook: webhook.name, request: request))
                return state.deliveries.count { $0.webhook == webhook.name }
            }
            defer { change { _ in } }
            switch answer(webhook.name, number) {
            case .take:
                change { $0.taken[webhook.name, default: []].append(request.header("Interlock-Event") ?? "") }
                return .replied(WireReply(status: 204))
            case .refuse(let status): return .replied(WireReply(status: status))
            case .drop: return .notSent("nobody listens")
            case .hang:
                // As the edge does: for as long as it was told to wait, and no longer.
                try? await ContinuousClock().sleep(for: .milliseconds(timeoutMilliseconds))
                return .unknown("no answer")
            }
        }
    }

    var tell: @Sendable (WebhookReport) -> Void { { [self] report in change { $0.reports.append(report) } } }
}

@Suite("Webhooks")
struct WebhookTests {
    /// A clock on which a second of waiting takes ten milliseconds.
    private static let quick = EngineClock(
        now: testClock.now, sleep: { try? await ContinuousClock().sleep(for: .milliseconds(max($0 / 100, 1))) })

    private func webhook(
        _ name: String, secrets: [String] = ["0123456789abcdef"], attempts: Int = 12,
        events: Set<PaymentNews.Kind> = [.settled, .rejected]
    ) -> Webhook {
        Webhook(
            tenant: "bank-a", name: name, path: "/hook", secrets: secrets.map { Array($0.utf8) }, events: events,
            timeoutMilliseconds: 60, attempts: attempts)
    }

    private func deliverer(_ receiver: Receiver, _ hooks: [Webhook]) -> (Engine) -> WebhookDeliverer {
        { engine in
            WebhookDeliverer(
                hooks, engine: engine, clock: WebhookTests.quick, jitter: { 0 }, send: receiver.send,
                tell: receiver.tell)
        }
    }

    /// Waits until the webhook has found where the feed ends: what comes from then on is told.
    private func begun(_ bench: Bench, _ names: String...) async throws {
        for name in names {
            while try await bench.store.mark("webhook/\(name)", tenant: "bank-a") == nil { await Task.yield() }
        }
    }

    @Test func everyEventIsToldOnceInOrderAndSigned() async throws {
        let receiver = Receiver()
        let secrets = ["0123456789abcdef", "the one before it"]
        try await withChannel(
            Scripted.world, webhooks: deliverer(receiver, [webhook("ledger", secrets: secrets)])
        ) { bench in
            try await begun(bench, "ledger")
            var ids: [String] = []
            for number in 0..<5 { ids.append(try await bench.received(name: "w-\(number)").text) }
            await receiver.until { $0.taken("ledger").count >= 5 }
            #expect(receiver.deliveries.compactMap { $0.json["payment"]?["id"]?.string } == ids)
            for delivery in receiver.deliveries {
                #expect(delivery.json["type"]?.string == "payment.settled")
                #expect(delivery.json["id"]?.string == delivery.event)
                #expect(delivery.request.header("Content-Type") == "application/json")
                // Whoever knows either secret finds a signature that is right over time and body.
                for secret in secrets { #expect(Self.verifies(delivery.request, secret), "rotation") }
                #expect(!Self.verifies(delivery.request, "another secret of some length"))
                var altered = delivery.request
                altered.body.append(0x20)
                #expect(!Self.verifies(altered, secrets[0]))
            }
        }
    }

    /// As docs/channel-api.md tells receivers to do it.
    private static func verifies(_ request: WireRequest, _ secret: String) -> Bool {
        let parts = (request.header("Interlock-Signature") ?? "").split(separator: ",").map(String.init)
        guard let time = parts.first(where: { $0.hasPrefix("t=") })?.dropFirst(2) else { return false }
        let signed = Data("\(time).".utf8) + Data(request.body)
        return parts.filter { $0.hasPrefix("v1=") }.contains { part in
            let hex = Array(part.dropFirst(3).utf8)
            let code = stride(from: 0, to: hex.count, by: 2).compactMap {
                UInt8(String(decoding: hex[$0..<$0 + 2], as: UTF8.self), radix: 16)
            }
            return HMAC<SHA256>.isValidAuthenticationCode(
                code, authenticating: signed, using: SymmetricKey(data: Data(secret.utf8)))
        }
    }

    @Test func aReceiverThatFailsIsAskedAgainAndNothingIsLostOrOutOfOrder() async throws {
        let receiver = Receiver { _, number in
            switch number {
            case 1: .refuse(500)
            case 2: .drop
            case 4: .hang
            case 5: .refuse(302)
            default: .take
            }
        }
        try await withChannel(Scripted.world, webhooks: deliverer(receiver, [webhook("ledger")])) { bench in
            try await begun(bench, "ledger")
            var ids: [String] = []
            for number in 0..<4 { ids.append(try await bench.received(name: "f-\(number)").text) }
            await receiver.until { $0.taken("ledger").count >= 4 }
            #expect(receiver.taken("ledger").map { String($0.prefix(26)) } == ids)
            let failures = receiver.reports.filter { $0.what == .failed }.map(\.says)
            #expect(failures == ["status 500", "no connection", "no answer in time", "status 302"])
        }
    }

    @Test func aReceiverThatHangsDelaysNobodyElse() async throws {
        let receiver = Receiver { name, _ in name == "hanging" ? .hang : .take }
        let hooks = [webhook("hanging", attempts: 100), webhook("quick")]
        try await withChannel(Scripted.world, webhooks: deliverer(receiver, hooks)) { bench in
            try await begun(bench, "hanging", "quick")
            for number in 0..<20 { _ = try await bench.received(name: "h-\(number)") }
            await receiver.until { $0.reports.count { $0.webhook == "quick" && $0.what == .delivered } >= 20 }
            #expect(receiver.taken("hanging").isEmpty)
            await receiver.until { $0.reports.contains { $0.webhook == "hanging" && $0.what == .failed } }
            let list = try JSONValue.parse(await bench.get("/v1/webhooks").body)["webhooks"]?.array ?? []
            #expect(list.first { $0["name"]?.string == "hanging" }?["state"]?.string == "retrying")
            #expect(list.first { $0["name"]?.string == "quick" }?["delivered"]?.int == 20)
            #expect(!"\(list)".contains("0123456789abcdef"), "no secret is shown")
            let others = try JSONValue.parse(await bench.get("/v1/webhooks", bearer: "key-of-b").body)
            #expect(others["webhooks"]?.array?.isEmpty == true)
        }
    }

    @Test func afterItsAttemptsAWebhookIsParkedAndAReplayGoesOn() async throws {
        let isWell = Mutex(false)
        let receiver = Receiver { _, _ in isWell.withLock { $0 } ? .take : .refuse(503) }
        try await withChannel(
            Scripted.world, webhooks: deliverer(receiver, [webhook("ledger", attempts: 3)])
        ) { bench in
            try await begun(bench, "ledger")
            let one = try await bench.received(name: "p-1")
            await receiver.until { $0.reports.contains { $0.what == .parked } }
            #expect(receiver.deliveries.count == 3)
            let two = try await bench.received(name: "p-2")
            let shown = try JSONValue.parse(await bench.get("/v1/webhooks").body)["webhooks"]?[0]
            #expect(shown?["state"]?.string == "parked" && shown?["lastFailure"]?.string == "status 503")
            #expect(receiver.deliveries.count == 3, "a parked webhook is left in peace")

            isWell.withLock { $0 = true }
            let reply = await bench.post("/v1/webhooks/ledger/replay", "{}")
            #expect(reply.status == 202)
            await receiver.until { $0.taken("ledger").count >= 2 }
            #expect(receiver.taken("ledger").map { String($0.prefix(26)) } == [one.text, two.text])
        }
    }

    @Test func anIntegratorHearsAgainWhatItMissed() async throws {
        let receiver = Receiver()
        try await withChannel(Scripted.world, webhooks: deliverer(receiver, [webhook("ledger")])) { bench in
            try await begun(bench, "ledger")
            for number in 0..<3 { _ = try await bench.received(name: "m-\(number)") }
            await receiver.until { $0.taken("ledger").count >= 3 }
            let first = receiver.deliveries[0]
            let cursor = first.json["cursor"]?.string ?? ""
            let reply = await bench.post("/v1/webhooks/ledger/replay", #"{"after":"\#(cursor)"}"#)
            #expect(reply.status == 202)
            await receiver.until { $0.taken("ledger").count >= 5 }
            let taken = receiver.taken("ledger")
            #expect(Array(taken[3...]) == Array(taken[1...2]), "the same events with the same ids")
            #expect(receiver.deliveries[3].request.body == receiver.deliveries[1].request.body)

            #expect(await bench.post("/v1/webhooks/none/replay", "{}").status == 404)
            #expect(await bench.post("/v1/webhooks/ledger/replay", #"{"after":"x"}"#).status == 422)
            #expect(await bench.post("/v1/webhooks/ledger/replay", #"{"from":"ZTA"}"#).status == 422)
        }
    }

    @Test func aRestartInTheMiddleLosesNothing() async throws {
        try await withStore { folder in
            let sick = Receiver { _, number in number <= 2 ? .take : .refuse(500) }
            var ids: [String] = []
            try await withChannel(
                Scripted.world, folder: folder, webhooks: deliverer(sick, [webhook("ledger", attempts: 1_000)])
            ) { bench in
                try await begun(bench, "ledger")
                for number in 0..<6 { ids.append(try await bench.received(name: "s-\(number)").text) }
                await sick.until { $0.reports.contains { $0.what == .failed } }
            }
            #expect(sick.taken("ledger").count == 2)
            let well = Receiver()
            try await withChannel(Scripted.world, folder: folder, webhooks: deliverer(well, [webhook("ledger")])) {
                bench in
                ids.append(try await bench.received(name: "s-6").text)
                await well.until { $0.taken("ledger").count >= 5 }
            }
            let told = (sick.taken("ledger") + well.taken("ledger")).map { String($0.prefix(26)) }
            #expect(told == ids, "each once, in order, over two lives of the gateway")
        }
    }

    @Test func onlyTheEventsThatAReceiverWantsAreTold() async throws {
        let receiver = Receiver()
        let hooks = [webhook("terms", events: [.confirmation]), webhook("all", events: Set(PaymentNews.Kind.allCases))]
        try await withChannel(Scripted.world, webhooks: deliverer(receiver, hooks)) { bench in
            try await begun(bench, "terms", "all")
            let id = try await bench.asked("t-1")
            _ = await bench.post("/v1/payments/\(id)/confirm", #"{"accept":true}"#)
            await receiver.until { $0.deliveries.contains { $0.json["type"]?.string == "payment.settled" } }
            await receiver.until { !$0.taken("terms").isEmpty }
            let terms = receiver.deliveries.filter { $0.webhook == "terms" }
            #expect(terms.map { $0.json["type"]?.string } == ["payment.confirmation"])
        }
    }
}
