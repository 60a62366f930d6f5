import FormatJSON
import Payments
import PaymentsEngine

/// The bank's own view of its webhooks, and telling them again what they missed.
extension Channel {
    func webhookList(_ call: Call) async throws(Problem) -> ChannelReply {
        let standings = webhooks?.standings(of: call.caller.tenant) ?? []
        return .json(200, ["webhooks": .array(standings.map(Channel.json))])
    }

    func replay(_ call: Call) async throws(Problem) -> ChannelReply {
        let body = try BodyReader(call.request.body)
        try body.known("$", ["after"])
        var place: Int64?
        if let text = try body.text(body.json, "after", at: "$", limit: 64) {
            guard let read = PaymentNews.place(text) else {
                throw .invalid("is no cursor of an event", at: "$.after")
            }
            place = read
        }
        let name = call.value(.webhook) ?? ""
        guard let lane = webhooks?.lane(name, of: call.caller.tenant) else { throw .notFound("webhook \(name)") }
        let newest: Int64
        do throws(StoreError) {
            newest = try await NewsDesk(engine: engine).newestPlace(of: call.caller.tenant)
        } catch {
            throw .storeAway
        }
        if let place, place > newest {
            throw .invalid("lies ahead of every event here: is it a cursor of another gateway?", at: "$.after")
        }
        do throws(StoreError) {
            try await lane.replay(after: place)
        } catch {
            throw .storeAway
        }
        return .json(202, Channel.json(lane.standing))
    }

    private static func json(_ standing: WebhookStanding) -> JSONValue {
        .members([
            "name": .string(standing.name), "state": .string(standing.state.rawValue),
            "cursor": .string(PaymentNews.cursor(standing.place)),
            "events": .array(standing.events.map { .string($0) }), "delivered": .integer(standing.delivered),
            "attempts": .integer(standing.attempts),
            "nextAttemptAt": standing.nextAttemptAt.map { .string($0.text) },
            "lastDeliveredAt": standing.lastDeliveredAt.map { .string($0.text) },
            "lastFailure": standing.lastFailure.map { .string($0) },
        ])
    }
}
