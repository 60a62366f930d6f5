import FormatJSON

extension Scenario {
    /// Participants of the hub who speak about payments that are not theirs, and orders that are not what was agreed.
    static let strangers: [Scenario] = [
        Scenario("errors of a participant who has no part in it end no payment of ours") { stage in
            let wallet = stage.lab.wallets[Cast.wanjiru.fspId]
            wallet?.moods.next("quote", .slow(milliseconds: 1_000))
            wallet?.moods.next("transfer", .slow(milliseconds: 1_000))
            let (quotes, transfers) = (Set(await stage.lab.hub.quotes.keys), Set(await stage.lab.hub.transfers.keys))
            async let answer = stage.toWallet(Cast.wanjiru, "6")
            let quote = try await stage.newName { Set(await stage.lab.hub.quotes.keys).subtracting(quotes) }
            try await stage.strangerSays("quotes", "/quotes/\(quote)/error", "5103")
            let transfer = try await stage.newName { Set(await stage.lab.hub.transfers.keys).subtracting(transfers) }
            for code in ["5104", "3303", "3208"] {
                try await stage.strangerSays("transfers", "/transfers/\(transfer)/error", code)
            }
            try stage.equal(try await answer.outcome, "settled", "the outcome")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("6")))
        },
        Scenario("a COMMITTED that is not the hub's word, or not about our fulfilment, credits nobody") { stage in
            // The hub never hears our yes, so the transfer ends by its time; only liars say that it was committed.
            stage.lab.hub.moods.next("fulfil", .lost, times: 50)
            let transfers = Set(await stage.lab.hub.transfers.keys)
            let answers = stage.lab.hub.journal.count("PUT /transfers")
            async let paid = stage.fromWallet(Cast.wanjiru, "6") { $0.expirySeconds = 3 }
            let id = try await stage.newName { Set(await stage.lab.hub.transfers.keys).subtracting(transfers) }
            try await stage.eventually("our yes is on its way") {
                stage.lab.hub.journal.count("PUT /transfers") > answers
            }
            let now = JSONValue.string(LabTime.iso(LabTime.now()))
            let patch: JSONValue = ["completedTimestamp": now, "transferState": "COMMITTED"]
            try await stage.says(Cast.wanjiru.fspId, "PATCH", "transfers", "/transfers/\(id)", patch)
            let other = Base64URL.encode(FSPIOPRules.digest(Array(id.utf8)))
            let forged: JSONValue = ["transferState": "COMMITTED", "fulfilment": .string(other)]
            try await stage.says(stage.lab.hub.settings.name, "PUT", "transfers", "/transfers/\(id)", forged)
            let payment = try await paid
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try await stage.settle(seconds: 30)
        },
        Scenario("an order that is not the agreed one is refused, and the agreed one is taken") { stage in
            let payment = try await stage.fromWallet(Cast.wanjiru, "6") { $0.tampersFirst = true }
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try await stage.settle(.fromWallet(Cast.wanjiru, Cast.amina, amount("6")))
        },
        Scenario("a wallet pays an account by its number and by its IBAN, and hears the holder's name") { stage in
            let iban = "DE02120300000000202051"
            await stage.lab.core.register(
                tenant: Cast.amina.tenant, type: "IBAN", value: iban, account: Cast.amina.account)
            for (type, value) in [("ACCOUNT_ID", Cast.amina.account), ("IBAN", iban)] {
                await stage.lab.hub.own(type: type, identifier: value, fspId: Cast.amina.tenant)
                let payment = try await stage.fromWallet(Cast.wanjiru, "6", to: value) { $0.toType = type }
                try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
                try stage.equal(payment.payeeName, Cast.amina.name, "the name of the account's holder")
            }
            let once = Books.fromWallet(Cast.wanjiru, Cast.amina, amount("6"))
            try await stage.settle(once + once)
        },
        Scenario("a wallet pays in a currency that the account does not have") { stage in
            let payment = try await stage.fromWallet(Cast.wanjiru, "6") { $0.currency = "USD" }
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try stage.equal(payment.errorCode, "5106", "our error")
            try await stage.settle()
        },
    ]
}

extension Stage {
    /// The one name that comes up.
    fileprivate func newName(_ names: () async -> Set<String>) async throws -> String {
        var found: Set<String> = []
        try await eventually("the hub has the message") {
            found = await names()
            return !found.isEmpty
        }
        return found.first ?? ""
    }

    /// A message of this participant, brought by the hub as any other.
    fileprivate func says(
        _ source: String, _ method: String, _ resource: String, _ path: String, _ body: JSONValue
    ) async throws {
        let message = FSPIOPRules.message(
            method, path, resource: resource, source: source, destination: "bank-a", body: body)
        try equal(await hubSends(message).status, 200, "the acknowledgement of \(method) \(path) from \(source)")
    }

    fileprivate func strangerSays(_ resource: String, _ path: String, _ code: String) async throws {
        try await says("fsp-x", "PUT", resource, path, FSPIOPFault(code: code, text: "Says a stranger").body)
    }
}
