import FormatJSON
import Foundation

/// A refusal in Fineract's envelope.
struct CoreBankFault: Error {
    let status: Int
    let code: String
    let text: String
    var parameter = "id"

    var reply: LabReply {
        let body: JSONValue = [
            "developerMessage": .string(text), "httpStatusCode": .string(String(status)),
            "defaultUserMessage": .string(text), "userMessageGlobalisationCode": .string(code),
            "errors": [
                [
                    "developerMessage": .string(text), "defaultUserMessage": .string(text),
                    "userMessageGlobalisationCode": .string(code), "parameterName": .string(parameter), "args": [],
                ]
            ],
        ]
        return .json(status, body)
    }

    static func invalid(
        _ parameter: String, _ code: String = "validation.msg.validation.errors.exist"
    ) -> CoreBankFault {
        CoreBankFault(status: 400, code: code, text: "Validation errors exist: \(parameter)", parameter: parameter)
    }

    static func notFound(_ code: String, _ text: String) -> CoreBankFault {
        CoreBankFault(status: 404, code: code, text: text)
    }

    static func domain(_ code: String, _ text: String) -> CoreBankFault {
        CoreBankFault(status: 403, code: code, text: text)
    }
}

/// Routing, authentication, moods and idempotency of the core bank's listener.
extension CoreBank {
    public func respond(to request: LabRequest) async -> LabAnswer {
        let label = "\(request.method) \(request.path.dropFirst(Self.basePath.count))"
        guard request.path.hasPrefix(Self.basePath + "/") else {
            journal.violation("\(request.method) \(request.path) is no path of the interoperation API")
            return .reply(LabReply(status: 404))
        }
        guard let tenant = admit(request) else {
            journal.note(.received, label, id: "", party: request.commonName ?? "", status: 401)
            let fault = CoreBankFault(
                status: 401, code: "error.msg.not.authenticated", text: "Unauthenticated. Please login.")
            return .reply(fault.reply)
        }
        let steps = Array(request.segments.dropFirst(4))
        let verb = Self.verb(request, steps)
        let mood = moods.take(verb)
        if mood == .reset { return .close }
        await pause(milliseconds: mood.delayBeforeMilliseconds)
        if mood == .lost { return .never }
        if case .busy(let seconds) = mood {
            journal.note(.received, verb, id: Self.identifier(request), party: tenant, status: 503)
            return .reply(.busy(seconds: seconds, ["message": "maintenance"]))
        }
        let reply = await act(request, steps, tenant: tenant, verb: verb, mood: mood)
        journal.note(.received, verb, id: Self.identifier(request), party: tenant, status: reply.status)
        await pause(milliseconds: mood.delayAfterMilliseconds)
        return mood.answer(reply)
    }

    private func admit(_ request: LabRequest) -> String? {
        let wanted = "Basic " + Data("\(settings.user):\(settings.password)".utf8).base64EncodedString()
        guard request.header("Authorization") == wanted else {
            journal.violation("\(request.method) \(request.path): wrong or missing Authorization")
            return nil
        }
        guard let tenant = request.header("Fineract-Platform-TenantId"), tenants[tenant] != nil else {
            journal.violation("\(request.method) \(request.path): wrong or missing Fineract-Platform-TenantId")
            return nil
        }
        return tenant
    }

    private static func verb(_ request: LabRequest, _ steps: [String]) -> String {
        guard steps.first == "transfers", request.method == "POST" else { return steps.first ?? "" }
        return action(request)?.lowercased() ?? "transfers"
    }

    static func action(_ request: LabRequest) -> String? {
        for pair in request.query.split(separator: "&") where pair.hasPrefix("action=") {
            let name = pair.dropFirst(7).uppercased()
            return ["PREPARE", "CREATE", "RELEASE"].contains(name) ? name : nil
        }
        return nil
    }

    private static func identifier(_ request: LabRequest) -> String {
        let json = try? JSONValue.parse(request.body)
        return json?["transferCode"]?.string ?? json?["quoteCode"]?.string ?? request.segments.last ?? ""
    }

    private func act(
        _ request: LabRequest, _ steps: [String], tenant: String, verb: String, mood: Mood
    ) async -> LabReply {
        guard request.method == "POST" else {
            if case .error(let code) = mood { return Self.failure(code).reply }
            return look(request, steps, tenant: tenant)
        }
        guard let key = request.header("Idempotency-Key"), !key.isEmpty else {
            if steps.first == "transfers" { journal.violation("\(verb) without an Idempotency-Key") }
            return await perform(request, steps, tenant: tenant, mood: mood)
        }
        let name = "\(verb) \(key)"
        let hash = FSPIOPRules.digest(Array(request.path.utf8) + request.body)
        if let known = tenants[tenant]?.commands[name] {
            if known.hash != hash { journal.violation("\(name): same Idempotency-Key, other content") }
            guard var reply = known.reply else {
                return CoreBankFault(
                    status: 425, code: "error.msg.command.in.progress", text: "The command is still processing"
                ).reply
            }
            reply.headers.append(("x-served-from-cache", "true"))
            return reply
        }
        tenants[tenant]?.commands[name] = Command(hash: hash)
        let reply = await perform(request, steps, tenant: tenant, mood: mood)
        tenants[tenant]?.commands[name]?.reply = reply
        return reply
    }

    private static func failure(_ code: String) -> CoreBankFault {
        let status = Int(code) ?? (code.isEmpty ? 500 : 403)
        return CoreBankFault(
            status: (400..<600).contains(status) ? status : 500,
            code: Int(code) == nil && !code.isEmpty ? code : "error.msg.internal", text: "Something went wrong")
    }

    private func perform(_ request: LabRequest, _ steps: [String], tenant: String, mood: Mood) async -> LabReply {
        if case .error(let code) = mood { return Self.failure(code).reply }
        do {
            switch (steps.first, steps.count) {
            case ("transfers", 1):
                return try await transfer(request, tenant: tenant, mood: mood)
            case ("quotes", 1):
                return try quote(request, tenant: tenant, mood: mood)
            case ("parties", 3...4):
                return try registerParty(request, steps, tenant: tenant)
            default:
                return LabReply(status: 404)
            }
        } catch {
            return error.reply
        }
    }

    /// The body as an object with no fields but these.
    static func body(_ request: LabRequest, allowed: Set<String>) throws(CoreBankFault) -> JSONValue {
        guard let json = try? JSONValue.parse(request.body), let object = json.object else {
            throw .invalid("body", "error.msg.invalid.request.body")
        }
        for key in object.keys where !allowed.contains(key) {
            throw .invalid(key, "error.msg.parameter.unsupported")
        }
        return json
    }

    static func money(_ json: JSONValue?, _ name: String) throws(CoreBankFault) -> (LabAmount, String) {
        guard let object = json?.object, object.keys.allSatisfy({ ["amount", "currency"].contains($0) }),
            let text = object["amount"]?.string ?? object["amount"]?.number, let amount = LabAmount(text),
            let currency = object["currency"]?.string
        else { throw .invalid(name) }
        return (amount, currency)
    }
}
