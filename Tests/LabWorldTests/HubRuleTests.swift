import FormatJSON
import Testing

@testable import LabWorld

@Suite struct HubRuleTests {
    /// A header that a defect removes (nil) or replaces, and what the hub must say.
    struct Defect: Sendable {
        let header: String
        let value: String?
        let status: Int
        let code: String
    }

    static let partyType = "application/vnd.interoperability.parties+json"

    static let defects = [
        Defect(header: "Date", value: nil, status: 400, code: "3102"),
        Defect(header: "Date", value: "2024-01-01T00:00:00.000Z", status: 400, code: "3101"),
        Defect(header: "Content-Type", value: nil, status: 400, code: "3102"),
        Defect(header: "Content-Type", value: "application/json", status: 400, code: "3101"),
        Defect(
            header: "Content-Type", value: "application/vnd.interoperability.transfers+json;version=1.1", status: 400,
            code: "3101"),
        Defect(header: "Accept", value: nil, status: 400, code: "3102"),
        Defect(header: "Accept", value: "*/*", status: 400, code: "3101"),
        Defect(
            header: "Accept", value: "\(partyType);version=1, \(partyType)", status: 400, code: "3101"),
        Defect(
            header: "Accept", value: "application/vnd.interoperability.parties+json;version=2", status: 406,
            code: "3001"),
        Defect(header: "FSPIOP-Source", value: nil, status: 400, code: "3102"),
        Defect(header: "FSPIOP-Source", value: "nobody", status: 400, code: "3100"),
        Defect(header: "FSPIOP-Source", value: "blue", status: 403, code: "3100"),
    ]

    @Test(arguments: defects)
    func brokenHeadersAreRefused(defect: Defect) async throws {
        let lab = try await HubWorld()
        await lab.hub.register(fspId: "gate", baseURL: "https://127.0.0.1:9", commonName: "gate")
        var request = FSPIOPRules.message(
            "GET", "/parties/MSISDN/222", resource: "parties", source: "gate", destination: nil, body: nil)
        request.headers.removeAll { $0.name == defect.header }
        if let value = defect.value { request.headers.append((defect.header, value)) }
        let asked = request
        let outcome = try await lab.world.with(client: "gate") { await $0.send(asked, to: lab.hub.url) }
        let reply = try #require(outcome.reply)
        #expect(reply.status == defect.status)
        #expect(try JSONValue.parse(reply.body).at("errorInformation.errorCode")?.string == defect.code)
        #expect(lab.hub.journal.violations.count == 1)
        await lab.hub.stop()
    }

    static func prepare(_ changes: KeyValuePairs<String, JSONValue?> = [:], id: String) -> JSONValue {
        let terms = ILPVersion1.terms(
            minorUnits: 550, account: "g.blue.msisdn.222", transaction: Array("{}".utf8), secret: [7])
        var body: JSONValue = [
            "transferId": .string(id), "payerFsp": "green", "payeeFsp": "blue",
            "amount": ["amount": "5.5", "currency": "USD"], "ilpPacket": .string(terms.packet),
            "condition": .string(terms.condition), "expiration": .string(LabTime.iso(LabTime.now() + 60_000)),
        ]
        for (key, value) in changes { body[key] = value }
        return body
    }

    func post(_ body: JSONValue, _ lab: HubWorld) async -> LabReply? {
        await lab.green.send(
            FSPIOPRules.message(
                "POST", "/transfers", resource: "transfers", source: "green", destination: "blue", body: body)
        ).reply
    }

    static let brokenBodies: [(String, JSONValue?, String)] = [
        ("amount", ["amount": "5.50", "currency": "USD"], "3101"),
        ("amount", ["amount": 5, "currency": "USD"], "3101"),
        ("condition", nil, "3102"), ("condition", "short", "3101"), ("expiration", "2030-01-01T00:00:00Z", "3101"),
        ("transferId", "B51EC534-EE48-4575-B6A9-EAD2955B8069", "3101"), ("ilpPacket", "AAAA", "3101"),
    ]

    @Test(arguments: brokenBodies.indices)
    func brokenBodiesAreRefusedAtOnce(index: Int) async throws {
        let lab = try await HubWorld()
        let (name, value, code) = Self.brokenBodies[index]
        let reply = await post(Self.prepare([name: value], id: FSPIOPRules.newIdentifier()), lab)
        #expect(reply?.status == 400)
        #expect(try JSONValue.parse(reply?.body ?? []).at("errorInformation.errorCode")?.string == code)
        #expect(lab.hub.journal.violations.count == 1)
        await lab.hub.stop()
    }

    static let brokenPrepares: [(String, JSONValue?)] = [
        ("payerFsp", "Green"), ("payeeFsp", "green"), ("expiration", "2020-01-01T00:00:00.000Z"),
        ("amount", ["amount": "5.51", "currency": "USD"]),
    ]

    @Test(arguments: brokenPrepares.indices)
    func wrongPreparesGetAnErrorCallback(index: Int) async throws {
        let lab = try await HubWorld()
        let id = FSPIOPRules.newIdentifier()
        let (name, value) = Self.brokenPrepares[index]
        let reply = await post(Self.prepare([name: value], id: id), lab)
        #expect(reply?.status == 202 && reply?.body == [])
        #expect(await lab.green.journal.wait { await lab.green.heard["/transfers/\(id)/error"] != nil })
        let callback = await lab.green.heard["/transfers/\(id)/error"]
        let code = try JSONValue.parse(callback?.body ?? []).at("errorInformation.errorCode")?.string
        #expect(code == "3100")
        #expect(lab.hub.journal.violations.count == 1)
        await lab.hub.stop()
    }

    @Test func otherContentUnderTheSameIdIsRefused() async throws {
        let lab = try await HubWorld()
        lab.blue.moods.always("transfer", .lost)
        let id = FSPIOPRules.newIdentifier()
        _ = await post(Self.prepare(id: id), lab)
        _ = await post(Self.prepare(["note": "changed"], id: id), lab)
        #expect(await lab.green.journal.wait { await lab.green.heard["/transfers/\(id)/error"] != nil })
        let callback = await lab.green.heard["/transfers/\(id)/error"]
        let code = try JSONValue.parse(callback?.body ?? []).at("errorInformation.errorCode")?.string
        #expect(code == "3106")
        #expect(await lab.hub.position(of: "green", currency: "USD") == amount("5.5"))
        #expect(lab.hub.journal.takeViolations().count == 1)
        await lab.hub.stop()
    }

    @Test func reservedInVersionOneZeroIsNeverCommitted() async throws {
        let lab = try await HubWorld()
        lab.blue.moods.always("transfer", .lost)
        let id = FSPIOPRules.newIdentifier()
        _ = await post(Self.prepare(id: id), lab)
        let terms = ILPVersion1.terms(
            minorUnits: 550, account: "g.blue.msisdn.222", transaction: Array("{}".utf8), secret: [7])
        let answered = await lab.blue.send(
            FSPIOPRules.message(
                "PUT", "/transfers/\(id)", resource: "transfers", source: "blue", destination: "green",
                body: ["transferState": "RESERVED", "fulfilment": .string(terms.fulfilment)], version: "1.0"))
        #expect(answered.status == 200)
        #expect(await lab.hub.transfer(id)?.state == .reserved)
        await lab.hub.expireTransfers(now: LabTime.now() + 120_000)
        #expect(await lab.hub.transfer(id)?.errorCode == "3303")
        #expect(await lab.blue.journal.wait { lab.blue.journal.count("PATCH /transfers") == 1 })
        #expect(lab.hub.journal.takeViolations().count == 1)
        await lab.hub.stop()
    }

    @Test func enquiryAboutNothingIsAnswered() async throws {
        let lab = try await HubWorld()
        let path = "/transfers/" + FSPIOPRules.newIdentifier()
        _ = await lab.green.send(
            FSPIOPRules.message("GET", path, resource: "transfers", source: "green", destination: nil, body: nil))
        #expect(await lab.green.journal.wait { await lab.green.heard[path + "/error"] != nil })
        let callback = await lab.green.heard[path + "/error"]
        let code = try JSONValue.parse(callback?.body ?? []).at("errorInformation.errorCode")?.string
        #expect(code == "3208")
        await lab.hub.stop()
    }

    @Test func moodsAreSetFromOutside() async throws {
        let lab = try await HubWorld()
        func put(_ body: JSONValue) -> LabRequest {
            LabRequest(method: "PUT", path: "/lab/mood", body: body.bytes())
        }
        try await lab.world.with(client: "lab") { client in
            let inner = put(["peer": "blue", "verb": "quote", "mood": "error", "code": "5200"])
            #expect(await client.send(inner, to: lab.hub.url).status == 204)
            #expect(await client.send(put(["mood": "cheerful"]), to: lab.hub.url).status == 400)
            #expect(await client.send(put(["mood": "lost", "peer": "red"]), to: lab.hub.url).status == 400)
        }
        try await lab.world.with(client: "gate") { client in
            #expect(await client.send(put(["mood": "lost"]), to: lab.hub.url).status == 403)
        }
        #expect(await lab.green.pay(lab.order()).errorCode == "5200")
        #expect(await lab.green.pay(lab.order()).state == .committed)
        await lab.hub.stop()
    }

    @Test func resetAndHalfAnswersReachTheWire() async throws {
        let lab = try await HubWorld()
        await lab.hub.register(fspId: "gate", baseURL: "https://127.0.0.1:9", commonName: "gate")
        lab.hub.moods.next("party", .reset)
        lab.hub.moods.next("party", .halfBody)
        let request = FSPIOPRules.message(
            "GET", "/parties/MSISDN/222", resource: "parties", source: "gate", destination: nil, body: nil)
        try await lab.world.with(client: "gate") { client in
            #expect(await client.send(request, to: lab.hub.url).status == nil)
            #expect(lab.hub.journal.count("GET /parties") == 0)
            #expect(await client.send(request, to: lab.hub.url).status == nil)
            #expect(lab.hub.journal.count("GET /parties") == 1)
            #expect(await client.send(request, to: lab.hub.url).status == 202)
        }
        await lab.hub.stop()
    }
}
