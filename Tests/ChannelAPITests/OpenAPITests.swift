import FormatJSON
import Payments
import PaymentsEngine
import StoreSQLite
import Testing

@testable import ChannelAPI

/// The document at /openapi.json against the API as it answers.
@Suite("OpenAPI")
struct OpenAPITests {
    struct Documented: Hashable {
        var operation: String
        var status: Int
    }

    /// Statuses that only a door gives, before the API sees the request; and what is never busy by itself.
    private static func isDoor(_ documented: Documented) -> Bool {
        [403, 408, 413].contains(documented.status)
            || documented.status == 503 && ["listWebhooks", "readDocument"].contains(documented.operation)
    }

    private func document(_ bench: Bench) async throws -> JSONValue {
        let reply = await bench.get("/openapi.json", bearer: nil)
        #expect(reply.status == 200 && reply.header("Content-Type") == "application/json")
        return try JSONValue.parse(reply.body)
    }

    private func operations(_ document: JSONValue) -> [(path: String, method: String, json: JSONValue)] {
        (document["paths"]?.object ?? [:]).flatMap { path in
            (path.value.object ?? [:]).map { (path.key, $0.key.uppercased(), $0.value) }
        }
    }

    private func concrete(_ path: String, _ id: String = "01K0DTG4CR00000000000000AB") -> String {
        path.replacing("{id}", with: id).replacing("{kind}", with: "MSISDN")
            .replacing("{value}", with: "%2B254700000001").replacing("{name}", with: "ledger")
    }

    @Test func everyDocumentedWayIsThereAndNoOther() async throws {
        try await withChannel(Scripted.world) { bench in
            let document = try await document(bench)
            #expect(document["openapi"]?.string == "3.1.0")
            let all = operations(document)
            #expect(all.count == Channel.operations.count && all.count >= 11)
            let paths = Dictionary(grouping: all, by: \.path).mapValues { Set($0.map(\.method)) }
            for (path, methods) in paths {
                for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"] where !methods.contains(method) {
                    let reply = await bench.send(WireRequest(method: method, path: concrete(path)))
                    #expect(reply.status == 405, "\(method) \(path)")
                    let allowed = reply.header("Allow")?.split(separator: ", ").map(String.init) ?? []
                    #expect(Set(allowed) == methods)
                }
                for other in [path + "/x", path.replacing("/v1", with: "/v2") + "s", "/" + path.dropFirst(4)] {
                    #expect(await bench.get(concrete(other)).status == 404, "\(other)")
                }
            }
        }
    }

    @Test func everyDocumentedParameterIsTakenAndNoOther() async throws {
        try await withChannel(Scripted.world) { bench in
            for (path, method, json) in operations(try await document(bench)) {
                let parameters = json["parameters"]?.array ?? []
                let inPath = path.split(separator: "/").filter { $0.first == "{" }.map {
                    String($0.dropFirst().dropLast())
                }
                let listed = parameters.filter { $0["in"]?.string == "path" }.compactMap { $0["name"]?.string }
                #expect(inPath == listed)
                var request = WireRequest(method: method, path: concrete(path))
                request.headers = [WireHeader("Content-Type", "application/json")]
                if let example = json.at("requestBody.content.application/json.example") {
                    request.body = example.bytes()
                }
                for parameter in parameters where parameter["in"]?.string == "query" {
                    let (name, example) = (parameter["name"]?.string ?? "", parameter["example"]?.string ?? "")
                    request.query = "\(name)=\(QueryText.encoded(example))"
                    // An amount needs its currency.
                    if name.hasPrefix("amount") { request.query += "&currency=KES" }
                    #expect(await bench.send(request).status == 200, "\(path) \(request.query)")
                }
                request.query = "colour=red"
                let refused = await bench.send(request)
                #expect(refused.status == 400, "\(method) \(path)")
            }
        }
    }

    /// Requests that bring out every status that an operation can answer with.
    private func provoked(_ bench: Bench) async throws -> [(id: String, status: Int, request: WireRequest)] {
        func post(_ path: String, _ body: String, key: String? = nil, wait: Int = 10) -> WireRequest {
            var request = WireRequest(method: "POST", path: path, body: Array(body.utf8))
            request.headers = [WireHeader("Content-Type", "application/json"), WireHeader("Prefer", "wait=\(wait)")]
            if let key { request.headers.append(WireHeader("Idempotency-Key", key)) }
            return request
        }
        func get(_ path: String, _ query: String = "", wait: Int = 10) -> WireRequest {
            WireRequest(method: "GET", path: path, query: query, headers: [WireHeader("Prefer", "wait=\(wait)")])
        }
        let (yes, no) = (try await bench.asked("y"), try await bench.asked("n"))
        let slow = try await bench.asked("s", amount: Scripted.held)
        let holding = try JSONValue.parse(
            await bench.order(Bench.order(to: Scripted.holding, confirm: false), key: "h", prefer: "wait=0").body)
        let held = holding["id"]?.string ?? ""
        try await bench.until(held) { $0["stage"]?.string == "reserve" }
        let received = try await bench.received("100.00", name: "received").text
        let nobody = "/v1/payments/01K0DTG4CR00000000000000AB"
        let payment = "/v1/payments/"
        let reason = #"{"reason":"r"}"#
        return [
            ("orderPayment", 200, post("/v1/payments", Bench.order(confirm: false), key: "1")),
            ("orderPayment", 202, post("/v1/payments", Bench.order(), key: "2", wait: 0)),
            ("orderPayment", 400, post("/v1/payments", Bench.order())),
            ("orderPayment", 422, post("/v1/payments", "{}", key: "3")),
            ("listPayments", 200, get("/v1/payments")), ("listPayments", 400, get("/v1/payments", "limit=0")),
            ("showPayment", 200, get(payment + received)), ("showPayment", 400, get(payment + received, "a=b")),
            ("showPayment", 404, get(nobody)),
            ("confirmPayment", 202, post(payment + slow + "/confirm", #"{"accept":true}"#, wait: 0)),
            ("confirmPayment", 200, post(payment + yes + "/confirm", #"{"accept":true}"#)),
            ("confirmPayment", 400, post(payment + yes + "/confirm", "{")),
            ("confirmPayment", 404, post(nobody + "/confirm", #"{"accept":true}"#)),
            ("confirmPayment", 409, post(payment + received + "/confirm", #"{"accept":true}"#)),
            ("confirmPayment", 422, post(payment + yes + "/confirm", "{}")),
            ("cancelPayment", 200, post(payment + no + "/cancel", reason)),
            ("cancelPayment", 202, post(payment + held + "/cancel", reason, wait: 0)),
            ("cancelPayment", 400, post(payment + no + "/cancel", "")),
            ("cancelPayment", 404, post(nobody + "/cancel", reason)),
            ("cancelPayment", 409, post(payment + received + "/cancel", reason)),
            ("cancelPayment", 422, post(payment + no + "/cancel", "{}")),
            (
                "refundPayment", 200,
                post(payment + received + "/refunds", #"{"amount":"1.00","reason":"r"}"#, key: "r1")
            ),
            (
                "refundPayment", 202,
                post(
                    payment + received + "/refunds", #"{"amount":"\#(Scripted.held)","reason":"r"}"#, key: "r2", wait: 0
                )
            ),
            ("refundPayment", 400, post(payment + received + "/refunds", reason)),
            ("refundPayment", 404, post(nobody + "/refunds", reason, key: "r3")),
            ("refundPayment", 409, post(payment + yes + "/refunds", reason, key: "r4")),
            ("refundPayment", 422, post(payment + received + "/refunds", "{}", key: "r5")),
            ("findParty", 200, get("/v1/parties/MSISDN/%2B254700000001")),
            ("findParty", 202, get("/v1/parties/MSISDN/%2B254700000202", wait: 0)),
            ("findParty", 400, get("/v1/parties/PIGEON/1")),
            ("findParty", 404, get("/v1/parties/MSISDN/%2B254700000404")),
            ("findParty", 422, get("/v1/parties/MSISDN/%2B254700000403")),
            ("findParty", 504, get("/v1/parties/MSISDN/%2B254700000408")),
            ("readEvents", 200, get("/v1/events", "limit=500", wait: 0)),
            ("readEvents", 400, get("/v1/events", "limit=0")),
            ("listWebhooks", 200, get("/v1/webhooks")), ("listWebhooks", 400, get("/v1/webhooks", "a=b")),
            ("replayWebhook", 202, post("/v1/webhooks/ledger/replay", Examples.replay.description)),
            ("replayWebhook", 400, post("/v1/webhooks/ledger/replay", "{")),
            ("replayWebhook", 404, post("/v1/webhooks/none/replay", "{}")),
            ("replayWebhook", 422, post("/v1/webhooks/ledger/replay", "[]")),
            ("readDocument", 200, get("/openapi.json")), ("readDocument", 400, get("/openapi.json", "a=b")),
        ]
    }

    @Test func everyDocumentedStatusIsGivenAndEveryAnswerIsAsDocumented() async throws {
        var limits = ChannelLimits()
        limits.streamsPerTenant = 0
        let receiver = Receiver()
        let hooks: (Engine) -> WebhookDeliverer = { engine in
            let hook = Webhook(tenant: "bank-a", name: "ledger", path: "/", secrets: [[1, 2, 3]])
            return WebhookDeliverer([hook], engine: engine, clock: testClock, jitter: { 0 }, send: receiver.send)
        }
        try await withChannel(Scripted.world, limits: limits, webhooks: hooks) { bench in
            let document = try await document(bench)
            let all = operations(document)
            var seen: Set<Documented> = []
            func check(_ id: String, _ status: Int, _ request: WireRequest, bearer: String? = "key-of-a") async throws {
                let reply = await bench.send(request, bearer: bearer)
                let says = String(decoding: reply.body.prefix(300), as: UTF8.self)
                #expect(reply.status == status, "\(id) \(request.method) \(request.path): \(says)")
                let operation = try #require(all.first { $0.json["operationId"]?.string == id }?.json)
                var answer = operation["responses"]?[String(reply.status)]
                if let reference = answer?["$ref"]?.string {
                    answer = SchemaCheck(document: document).resolve(reference)
                }
                let type = reply.header("Content-Type") ?? ""
                let schema = try #require(answer?["content"]?[type]?["schema"], "\(id): \(reply.status) \(type)")
                let faults = SchemaCheck(document: document).faults(try JSONValue.parse(reply.body), schema)
                #expect(faults.isEmpty, "\(id) \(reply.status): \(faults) \(says)")
                if [429, 503].contains(reply.status) { #expect(reply.header("Retry-After") != nil) }
                seen.insert(Documented(operation: id, status: reply.status))
            }
            let requests = try await provoked(bench)
            for (id, status, request) in requests { try await check(id, status, request) }
            for (path, method, json) in all {
                let id = json["operationId"]?.string ?? ""
                var request = WireRequest(method: method, path: concrete(path))
                if json["security"] == nil { try await check(id, 401, request, bearer: nil) }
                if json["requestBody"] != nil { try await check(id, 415, request) }
                request.headers = [WireHeader("Accept", "text/event-stream")]
                if id == "readEvents" { try await check(id, 429, request) }
            }
            bench.network.release()
            await bench.store.close()
            for (id, status, request) in requests where status < 300 {
                if !Self.isDoor(Documented(operation: id, status: 503)) { try await check(id, 503, request) }
            }
            let documented = all.flatMap { _, _, json in
                (json["responses"]?.object ?? [:]).compactMap { entry in
                    Int(entry.key).map { Documented(operation: json["operationId"]?.string ?? "", status: $0) }
                }
            }
            #expect(seen == Set(documented.filter { !Self.isDoor($0) }))
        }
    }

    @Test func theExamplesOfTheDocumentAreTaken() async throws {
        try await withChannel(Scripted.world) { bench in
            let document = try await document(bench)
            for (path, method, json) in operations(document) {
                guard let content = json.at("requestBody.content.application/json"), let example = content["example"],
                    let schema = content["schema"]
                else { continue }
                #expect(SchemaCheck(document: document).faults(example, schema).isEmpty, "\(path)")
                #expect(method == "POST")
                let id: String
                switch json["operationId"]?.string {
                case "confirmPayment", "cancelPayment": id = try await bench.asked("for \(path)")
                case "refundPayment": id = try await bench.received("100.00", name: "for refunds").text
                case "replayWebhook": continue  // sent in the test of the webhooks' replay
                default: id = ""
                }
                let prefer = id.isEmpty ? "wait=0" : "wait=10"
                let reply = await bench.post(concrete(path, id), example.description, key: path, prefer: prefer)
                #expect((200...202).contains(reply.status), "\(path): \(String(decoding: reply.body, as: UTF8.self))")
            }
        }
    }

    @Test func theOrdersSchemaRefusesWhatTheAPIRefuses() async throws {
        try await withChannel(Scripted.world) { bench in
            let document = try await document(bench)
            let schema: JSONValue = ["$ref": "#/components/schemas/Order"]
            let check = SchemaCheck(document: document)
            for name in ["amount", "currency", "debtor", "creditor"] {
                var order = Examples.order
                order[name] = nil
                #expect(!check.faults(order, schema).isEmpty)
                #expect(await bench.post("/v1/payments", order.description, key: "s").status == 422)
            }
            for (name, value) in [("colour", "red"), ("confirmation", "maybe"), ("purpose", "TOOLONG")] {
                var order = Examples.order
                order[name] = .string(value)
                #expect(!check.faults(order, schema).isEmpty)
                #expect(await bench.post("/v1/payments", order.description, key: "s").status == 422)
            }
        }
    }
}
