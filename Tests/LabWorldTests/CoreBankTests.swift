import FormatJSON
import Foundation
import Testing

@testable import LabWorld

/// Two banks in one core: `red` with an account of 100 that is charged 1 per withdrawal, `pink` with an empty one.
struct BankWorld {
    let world: TestWorld
    let bank: CoreBank

    init(serviceMilliseconds: Int = 0) async throws {
        world = try TestWorld()
        var settings = CoreBank.Settings()
        settings.serviceMilliseconds = serviceMilliseconds
        settings.conflictMilliseconds = 1
        bank = try CoreBank(identity: try world.authority.issue(commonName: "corebank"), settings: settings)
        try await bank.start()
        await bank.open(
            tenant: "red", account: "A", currency: "USD", balance: amount("100"), withdrawalFee: amount("1"))
        await bank.open(tenant: "red", account: "B", currency: "USD", balance: amount("0"))
        await bank.open(tenant: "pink", account: "A", currency: "USD", balance: amount("0"))
        await bank.register(tenant: "red", type: "MSISDN", value: "123", account: "A")
    }

    static func transfer(
        _ code: String, role: String = "PAYER", account: String = "A", _ text: String = "10", fee: String? = "1"
    ) -> JSONValue {
        .members([
            "transactionCode": "T", "transferCode": .string(code), "accountId": .string(account),
            "amount": ["amount": .string(text), "currency": "USD"],
            "fspFee": fee.map { ["amount": .string($0), "currency": "USD"] }, "transactionRole": .string(role),
            "transactionType": ["scenario": "TRANSFER", "initiator": "PAYER", "initiatorType": "CONSUMER"],
        ])
    }

    func request(
        _ method: String, _ path: String, query: String = "", _ body: JSONValue? = nil, key: String? = nil,
        tenant: String = "red"
    ) -> LabRequest {
        var headers = [
            (name: "Authorization", value: "Basic " + Data("mifos:password".utf8).base64EncodedString()),
            (name: "Fineract-Platform-TenantId", value: tenant), (name: "Content-Type", value: "application/json"),
        ]
        if let key { headers.append((name: "Idempotency-Key", value: key)) }
        return LabRequest(
            method: method, path: CoreBank.basePath + path, query: query, headers: headers, body: body?.bytes() ?? [])
    }

    func move(
        _ action: String, _ body: JSONValue, key: String = UUID().uuidString, tenant: String = "red"
    ) -> LabRequest {
        request("POST", "/transfers", query: "action=" + action, body, key: key, tenant: tenant)
    }

    /// Over the wire.
    func send(_ request: LabRequest, milliseconds: Int = 5_000) async throws -> LabReply? {
        try await world.with(client: "gate") {
            await $0.send(request, to: bank.url, milliseconds: milliseconds).reply
        }
    }

    /// Without a wire in between.
    func status(_ request: LabRequest) async -> Int? {
        if case .reply(let reply) = await bank.respond(to: request) { reply.status } else { nil }
    }

    func code(_ reply: LabReply?) throws -> String? {
        try JSONValue.parse(reply?.body ?? [])["userMessageGlobalisationCode"]?.string
    }

    func account(_ id: String = "A") async -> CoreBank.Account? { await bank.account(tenant: "red", id) }
}

@Suite struct CoreBankTransferTests {
    @Test func heldThenPostedWithTheFee() async throws {
        let lab = try await BankWorld()
        let order = BankWorld.transfer("t1")
        #expect(try await lab.send(lab.move("PREPARE", order))?.status == 200)
        #expect(await lab.account()?.available == amount("89"))
        #expect(await lab.account()?.balance == amount("100"))
        #expect(try await lab.send(lab.move("CREATE", order))?.status == 200)
        #expect(await lab.account()?.balance == amount("89"))
        #expect(await lab.account()?.held == .zero)
        #expect(await lab.bank.nostro(tenant: "red", currency: "USD") == amount("10"))
        let shown = try JSONValue.parse(try await lab.send(lab.request("GET", "/accounts/A/transactions"))?.body ?? [])
        let types = shown["transactions"]?.array?.compactMap { $0["transactionType"]?.string }
        #expect(types == ["AMOUNT_HOLD", "AMOUNT_RELEASE", "WITHDRAWAL", "WITHDRAWAL_FEE"])
        #expect(await lab.bank.auditFindings(tenant: "red") == [])
        #expect(lab.bank.journal.violations == [])
        await lab.bank.stop()
    }

    @Test func releasedIsAsBefore() async throws {
        let lab = try await BankWorld()
        let order = BankWorld.transfer("t1")
        _ = try await lab.send(lab.move("PREPARE", order))
        #expect(try await lab.send(lab.move("RELEASE", order))?.status == 200)
        #expect(await lab.account()?.available == amount("100"))
        #expect(try await lab.send(lab.move("RELEASE", order))?.status == 404)
        let again = try await lab.send(lab.move("PREPARE", order))
        #expect(try lab.code(again) == "error.msg.interop.transfer.already.committed")
        await lab.bank.stop()
    }

    @Test func createAfterReleaseDebitsAndIsRecorded() async throws {
        let lab = try await BankWorld()
        let order = BankWorld.transfer("t1")
        for action in ["PREPARE", "RELEASE", "CREATE"] { _ = try await lab.send(lab.move(action, order)) }
        #expect(await lab.account()?.balance == amount("89"))
        #expect(lab.bank.journal.takeViolations().count == 1)
        await lab.bank.stop()
    }

    @Test func theTwoAlreadyCodesAreExchanged() async throws {
        let lab = try await BankWorld()
        let order = BankWorld.transfer("t1")
        _ = try await lab.send(lab.move("PREPARE", order))
        let heldAgain = try await lab.send(lab.move("PREPARE", order))
        #expect(try lab.code(heldAgain) == "error.msg.interop.transfer.already.committed")
        _ = try await lab.send(lab.move("CREATE", order))
        let postedAgain = try await lab.send(lab.move("CREATE", order))
        #expect(try lab.code(postedAgain) == "error.msg.interop.transfer.already.on.hold")
        #expect(await lab.account()?.balance == amount("89"))
        await lab.bank.stop()
    }

    @Test func otherFeeAtTheCommitFindsNoHold() async throws {
        let lab = try await BankWorld()
        _ = try await lab.send(lab.move("PREPARE", BankWorld.transfer("t1")))
        let reply = try await lab.send(lab.move("CREATE", BankWorld.transfer("t1", fee: nil)))
        #expect(reply?.status == 404)
        #expect(try lab.code(reply) == "error.msg.interop.onhold.transfer.missing")
        #expect(await lab.account()?.balance == amount("100"))
        await lab.bank.stop()
    }

    @Test func payeeIsNotLookedAtBeforeTheCredit() async throws {
        let lab = try await BankWorld()
        let nowhere = BankWorld.transfer("t1", role: "PAYEE", account: "missing")
        #expect(try await lab.send(lab.move("PREPARE", nowhere))?.status == 200)
        #expect(try await lab.send(lab.move("CREATE", nowhere))?.status == 404)
        let credit = BankWorld.transfer("t2", role: "PAYEE", account: "B")
        #expect(try await lab.send(lab.move("CREATE", credit))?.status == 200)
        #expect(await lab.account("B")?.balance == amount("10"))
        #expect(await lab.bank.nostro(tenant: "red", currency: "USD") == amount("-10"))
        await lab.bank.stop()
    }

    @Test func tooMuchIsRefused() async throws {
        let lab = try await BankWorld()
        let reply = try await lab.send(lab.move("PREPARE", BankWorld.transfer("t1", "99.01")))
        #expect(reply?.status == 403)
        #expect(
            try lab.code(reply) == "error.msg.savingsaccount.transaction.insufficient.account.balance.withdraw")
        await lab.bank.stop()
    }
}

@Suite struct CoreBankProtocolTests {
    @Test func sameKeyIsAnsweredFromTheCache() async throws {
        let lab = try await BankWorld()
        let hold = lab.move("PREPARE", BankWorld.transfer("t1"), key: "k")
        let first = try await lab.send(hold)
        let second = try await lab.send(hold)
        #expect(first?.header("x-served-from-cache") == nil)
        #expect(second?.header("x-served-from-cache") == "true")
        #expect(first?.body == second?.body)
        #expect(await lab.account()?.held == amount("11"))
        #expect(try await lab.send(lab.move("CREATE", BankWorld.transfer("t1"), key: "k"))?.status == 200)
        #expect(lab.bank.journal.violations == [])
        await lab.bank.stop()
    }

    @Test func failureSticksToItsKey() async throws {
        let lab = try await BankWorld()
        lab.bank.moods.next("prepare", .error(code: "503"))
        let order = BankWorld.transfer("t1")
        #expect(try await lab.send(lab.move("PREPARE", order, key: "k"))?.status == 503)
        #expect(try await lab.send(lab.move("PREPARE", order, key: "k"))?.status == 503)
        #expect(try await lab.send(lab.move("PREPARE", order, key: "other"))?.status == 200)
        await lab.bank.stop()
    }

    @Test func timeoutIsResolvedByTheSameKey() async throws {
        let lab = try await BankWorld()
        lab.bank.moods.next("prepare", .silent)
        let hold = lab.move("PREPARE", BankWorld.transfer("t1"), key: "k")
        #expect(try await lab.send(hold, milliseconds: 1_000) == nil)
        let again = try await lab.send(hold)
        #expect(again?.status == 200 && again?.header("x-served-from-cache") == "true")
        #expect(await lab.account()?.held == amount("11"))
        await lab.bank.stop()
    }

    @Test func commandInProgressIsToldApart() async throws {
        let lab = try await BankWorld(serviceMilliseconds: 500)
        let hold = lab.move("PREPARE", BankWorld.transfer("t1"), key: "k")
        async let first = lab.status(hold)
        #expect(await lab.bank.journal.wait { await lab.bank.tenants["red"]?.busy == ["A"] })
        #expect(await lab.status(hold) == 425)
        #expect(await first == 200)
        await lab.bank.stop()
    }

    @Test func twoOperationsOnOneAccountAreAViolation() async throws {
        let lab = try await BankWorld(serviceMilliseconds: 500)
        async let first = lab.status(lab.move("PREPARE", BankWorld.transfer("t1")))
        #expect(await lab.bank.journal.wait { await lab.bank.tenants["red"]?.busy == ["A"] })
        #expect(await lab.status(lab.move("PREPARE", BankWorld.transfer("t2"))) == 409)
        #expect(await first == 200)
        #expect(lab.bank.journal.takeViolations().count == 1)
        await lab.bank.stop()
    }

    @Test func callersMustShowWhoTheyAre() async throws {
        let lab = try await BankWorld()
        var request = lab.request("GET", "/accounts/A")
        #expect(try await lab.send(request)?.status == 200)
        request.setHeader("Authorization", "Basic AAAA")
        #expect(try await lab.send(request)?.status == 401)
        #expect(try await lab.send(lab.request("GET", "/accounts/A", tenant: "blue"))?.status == 401)
        await lab.bank.stop()
    }

    @Test func unknownFieldsAndActionsAreRefused() async throws {
        let lab = try await BankWorld()
        var body = BankWorld.transfer("t1")
        #expect(try await lab.send(lab.move("ROLLBACK", body))?.status == 400)
        body["surprise"] = 1
        #expect(try await lab.send(lab.move("PREPARE", body))?.status == 400)
        #expect(await lab.account()?.held == .zero)
        await lab.bank.stop()
    }

    @Test func partiesAndAccountsAreFound() async throws {
        let lab = try await BankWorld()
        let found = try await lab.send(lab.request("GET", "/parties/MSISDN/123"))
        #expect(try JSONValue.parse(found?.body ?? [])["accountId"] == "A")
        let missing = try await lab.send(lab.request("GET", "/parties/MSISDN/124"))
        #expect(try lab.code(missing) == "error.msg.interop.account.not.found")
        let taken = try await lab.send(
            lab.request("POST", "/parties/MSISDN/125", ["accountId": "A"], key: UUID().uuidString))
        #expect(try lab.code(taken) == "error.msg.interop.duplicate.account.identifier")
        let account = try JSONValue.parse(try await lab.send(lab.request("GET", "/accounts/A"))?.body ?? [])
        #expect(account["availableBalance"]?.number == "100")
        let identifiers = try await lab.send(lab.request("GET", "/accounts/A/identifiers"))
        #expect(try JSONValue.parse(identifiers?.body ?? []).at("identifiers[0].idValue") == "123")
        let nothing = try await lab.send(lab.request("GET", "/transactions/T/transfers/t1"))
        #expect(nothing?.body == Array("null".utf8))
        await lab.bank.stop()
    }

    @Test func quoteTellsTheWithdrawalFee() async throws {
        let lab = try await BankWorld()
        func quote(_ role: String, _ text: String = "10") -> LabRequest {
            lab.request(
                "POST", "/quotes",
                [
                    "transactionCode": "T", "quoteCode": "Q", "accountId": "A", "transactionRole": .string(role),
                    "amountType": "SEND", "amount": ["amount": .string(text), "currency": "USD"],
                ])
        }
        let payer = try JSONValue.parse(try await lab.send(quote("PAYER"))?.body ?? [])
        #expect(payer.at("fspFee.amount")?.number == "1")
        let payee = try JSONValue.parse(try await lab.send(quote("PAYEE"))?.body ?? [])
        #expect(payee.at("fspFee.amount")?.number == "0")
        #expect(try await lab.send(quote("PAYER", "100"))?.status == 403)
        await lab.bank.close(tenant: "red", account: "A")
        #expect(try await lab.send(quote("PAYEE"))?.status == 403)
        await lab.bank.stop()
    }
}

@Suite struct CoreBankBooksTests {
    /// Whatever is asked in whatever order, the books balance and nothing is posted twice.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func moneyIsConserved(seed: UInt64) async throws {
        let lab = try await BankWorld()
        var random = SeededGenerator(state: seed)
        for round in 0..<400 {
            let action = ["PREPARE", "CREATE", "RELEASE"].randomElement(using: &random) ?? ""
            let body = BankWorld.transfer(
                "t\(Int.random(in: 0..<60, using: &random))",
                role: ["PAYER", "PAYER", "PAYEE"].randomElement(using: &random) ?? "",
                account: ["A", "B"].randomElement(using: &random) ?? "",
                "\(Int.random(in: 1..<30, using: &random)).\(Int.random(in: 1..<9, using: &random))",
                fee: [nil, "1", "0.5"].randomElement(using: &random) ?? nil)
            let tenant = round % 7 == 0 ? "pink" : "red"
            let key = "k\(Int.random(in: 0..<300, using: &random))"
            _ = await lab.bank.respond(to: lab.move(action, body, key: key, tenant: tenant))
        }
        for tenant in ["red", "pink"] {
            #expect(await lab.bank.auditFindings(tenant: tenant) == [])
            #expect(await lab.bank.ledger(tenant: tenant).contains { $0.kind == .deposit })
        }
        await lab.bank.stop()
    }
}

@Suite struct CoreBankSumsTests {
    @Test func aLedgerIsReadOnFromWhereItWasReadAndADoublePostingIsFound() {
        var ledger = CoreBank.posting(.opening, "", from: "capital", to: "A", amount("100"), "USD")
        var sums = CoreBankSums()
        sums.read(on: ledger)
        ledger += CoreBank.posting(.withdrawal, "t1", from: "A", to: "nostro", amount("10"), "USD")
        sums.read(on: ledger)
        sums.read(on: ledger)
        #expect(sums.balance("A", "USD") == amount("90"))
        #expect(sums.balance("nostro", "USD") == amount("10"))
        #expect(sums.findings == [])
        ledger += CoreBank.posting(.withdrawal, "t1", from: "A", to: "nostro", amount("10"), "USD")
        sums.read(on: ledger)
        #expect(sums.findings == ["A t1 was posted 2 times"])
        ledger.removeLast()
        var half = CoreBankSums()
        half.read(on: ledger)
        #expect(half.findings.contains("ledger in USD is off by -10"))
    }
}
