import FormatJSON
import Testing

@testable import LabWorld

/// The simulated screening service.
@Suite struct ScreeningTests {
    private func question(_ id: String, creditor: String, amount: String = "10.00") -> LabRequest {
        let body: JSONValue = [
            "id": .string(id), "attempt": 1, "tenant": "bank-a", "direction": "outgoing", "kind": "transfer",
            "origin": "channel", "amount": .string(amount), "currency": "KES", "creditor": ["name": .string(creditor)],
        ]
        return LabRequest(
            method: "POST", path: "/screen",
            headers: [("Content-Type", "application/json"), ("Idempotency-Key", "\(id)-1")], body: body.bytes())
    }

    private func decision(_ service: Screening, _ request: LabRequest) async -> String {
        guard case .reply(let reply) = await service.respond(to: request) else { return "none" }
        return (try? JSONValue.parse(reply.body))?["decision"]?.string ?? "HTTP \(reply.status)"
    }

    @Test func namesDecideAndMoodsOverrule() async throws {
        let world = try TestWorld()
        let service = try Screening(identity: try world.authority.issue(commonName: "screening"))
        var rules = Screening.Rules()
        (rules.refusedNames, rules.reviewedNames) = (["Bad"], ["Odd"])
        service.set(rules)
        #expect(await decision(service, question("P1", creditor: "Good")) == "allow")
        #expect(await decision(service, question("P2", creditor: "Bad")) == "refuse")
        #expect(await decision(service, question("P3", creditor: "Odd")) == "review")
        service.moods.next("screen", .error(code: "maybe"))
        #expect(await decision(service, question("P4", creditor: "Good")) == "maybe")
        service.moods.next("screen", .error(code: "500"))
        #expect(await decision(service, question("P5", creditor: "Good")) == "HTTP 500")
        #expect(service.journal.violations.isEmpty)
        await service.stop()
    }

    @Test func aQuestionThatBreaksTheProtocolIsAComplaint() async throws {
        let world = try TestWorld()
        let service = try Screening(identity: try world.authority.issue(commonName: "screening"))
        _ = await service.respond(to: question("P1", creditor: "Good"))
        _ = await service.respond(to: question("P1", creditor: "Good", amount: "11.00"))
        #expect(service.journal.takeViolations() == ["screening of P1: same Idempotency-Key, other content"])
        var keyless = question("P2", creditor: "Good")
        keyless.headers = []
        _ = await service.respond(to: keyless)
        _ = await service.respond(to: question("P3", creditor: "Good", amount: "ten"))
        #expect(
            service.journal.takeViolations() == [
                "screening of P2 without an Idempotency-Key of its own", "screening of P3: amount",
            ])
        await service.stop()
    }
}
