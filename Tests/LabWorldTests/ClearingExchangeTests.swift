import Testing

@testable import LabWorld

/// A clearing on which every answer is a message of its own, and a bank that answers as the test says.
private final class ExchangeWorld: Sendable {
    typealias Answer = @Sendable (ClearingTransaction) -> ISOMessages.Status?

    let world: TestWorld
    let clearing: Clearing
    /// What the bank was sent: message and, of a report, its status and reason.
    let heard = LabJournal()
    let bank: LabServer
    private let bankClient: LabClient

    init(
        clockMilliseconds: Int = 5_000, asksWhenSilent: Bool = false, isAsynchronous: Bool = true,
        enquiry: ISOMessages.Status? = nil, answer: @escaping Answer = { _ in .init(code: "ACCP") }
    ) async throws {
        world = try TestWorld()
        var settings = Clearing.Settings()
        settings.answerClockMilliseconds = clockMilliseconds
        settings.isAsynchronous = isAsynchronous
        settings.asksWhenSilent = asksWhenSilent
        let clearing = try Clearing(identity: try world.authority.issue(commonName: "rtp"), settings: settings)
        try await clearing.start()
        self.clearing = clearing
        let (heard, identity) = (heard, try world.authority.issue(commonName: "bank"))
        let client = try LabClient(identity: identity)
        bankClient = client
        bank = try await LabServer.start(identity: identity) { request in
            guard let envelope = ISOMessages.read(request.body) else { return .reply(LabReply(status: 400)) }
            let tx = envelope.content["TxInfAndSts"]
            let parts = [envelope.message.prefix(8).description, tx?.text("TxSts"), tx?.text("StsRsnInf/Rsn/Cd")]
            heard.note(
                .received, parts.compactMap { $0 }.joined(separator: " "), id: tx?.text("OrgnlTxId") ?? "",
                party: request.path, status: 200)
            var told: (ClearingTransaction, ISOMessages.Status)?
            if envelope.message == ISOMessages.creditTransfer,
                let transaction = ClearingTransaction.read(envelope.content).transaction
            {
                told = answer(transaction).map { (transaction, $0) }
            } else if envelope.message == ISOMessages.statusRequest, let enquiry,
                let transaction = await clearing.transaction(txId: envelope.content.text("TxInf/OrgnlTxId") ?? "")
            {
                told = (transaction, enquiry)
            }
            guard let (transaction, status) = told else { return .reply(LabReply(status: 202)) }
            let report = ISOMessages.report(transaction, status, from: ClearingWorld.bank, to: "LABCZZ22XXX")
            let headers = [("Content-Type", "application/xml")]
            guard isAsynchronous else { return .reply(LabReply(status: 200, headers: headers, body: report.bytes)) }
            Task {
                _ = await client.send(
                    LabRequest(method: "POST", path: "/iso20022", headers: headers, body: report.bytes),
                    to: clearing.url)
            }
            return .reply(LabReply(status: 202))
        }
        await clearing.join(bic: ClearingWorld.bank, baseURL: bank.url, commonName: "bank", balance: amount("1000"))
        await clearing.simulate(bic: ClearingWorld.other, balance: amount("1000"))
    }

    func stop() async {
        await bank.stop()
        await bankClient.stop()
        await clearing.stop()
    }

    /// Sends an order to the clearing and gives back the status of its acknowledgement.
    func order(
        _ value: String = "10.50", txId: String = ISOMessages.newId(), debtorAgent: String = ClearingWorld.bank
    ) async throws -> LabReply? {
        var order = ClearingOrder(
            from: ClearingWorld.bank, to: ClearingWorld.other, amount: amount(value), creditorAccount: "ACC-1")
        order.txId = txId
        let transaction = ClearingTransaction(
            txId: txId, endToEndId: "E2E", instructionId: nil, messageId: ISOMessages.newId(), uetr: nil,
            amount: order.amount, currency: "USD", settlementDate: LabTime.isoDate(LabTime.now()), acceptedAt: nil,
            debtorAgent: ClearingWorld.bank, creditorAgent: ClearingWorld.other, debtorAccount: "DBTR",
            creditorAccount: "ACC-1")
        var text = String(
            decoding: ISOMessages.wrap(
                Clearing.creditTransfer(transaction, order), message: ISOMessages.creditTransfer,
                from: ClearingWorld.bank, to: ClearingWorld.other, id: transaction.messageId
            ).bytes, as: UTF8.self)
        text = text.replacing(
            "<DbtrAgt><FinInstnId><BICFI>\(ClearingWorld.bank)", with: "<DbtrAgt><FinInstnId><BICFI>\(debtorAgent)")
        let request = LabRequest(
            method: "POST", path: "/iso20022", headers: [("Content-Type", "application/xml")], body: Array(text.utf8))
        return try await world.with(client: "bank") { await $0.send(request, to: clearing.url).reply }
    }

    /// The bank's pacs.002 of its own accord.
    func tell(_ txId: String, _ code: String, _ reason: String? = nil) async throws -> Int? {
        let transaction = try #require(await clearing.transaction(txId: txId))
        let report = ISOMessages.report(
            transaction, .init(code: code, reason: reason), from: ClearingWorld.bank, to: "LABCZZ22XXX")
        let request = LabRequest(
            method: "POST", path: "/iso20022", headers: [("Content-Type", "application/xml")], body: report.bytes)
        return try await world.with(client: "bank") { await $0.send(request, to: clearing.url).reply?.status }
    }

    func pay(_ change: (inout ClearingOrder) -> Void = { _ in }) async -> ClearingPayment {
        var order = ClearingOrder(
            from: ClearingWorld.other, to: ClearingWorld.bank, amount: amount("25"), creditorAccount: "ACC-9")
        change(&order)
        return await clearing.pay(order)
    }

    func hears(_ verb: String, times: Int = 1) async -> Bool {
        await heard.wait { self.heard.count(verb) >= times }
    }
}

@Suite struct ClearingExchangeTests {
    // MARK: - Orders of a participant

    @Test func anOrderIsAcknowledgedAndAnsweredByAMessage() async throws {
        let lab = try await ExchangeWorld()
        let reply = try await lab.order()
        #expect(reply?.status == 202 && reply?.body.isEmpty == true)
        #expect(await lab.hears("pacs.002 ACSC"))
        #expect(await lab.clearing.settlementBalance(of: ClearingWorld.bank) == amount("989.5"))
        #expect(await lab.clearing.imbalance == .zero)
        #expect(lab.clearing.journal.violations == [])
        await lab.stop()
    }

    @Test func theAnswerMayComeTwiceOrFirstOrWithAWrongName() async throws {
        let lab = try await ExchangeWorld()
        lab.clearing.moods.next("pacs.008", .twice)
        _ = try await lab.order()
        #expect(await lab.hears("pacs.002 ACSC", times: 2))
        lab.clearing.moods.next("pacs.008", .callbackFirst)
        _ = try await lab.order()
        #expect(lab.heard.count("pacs.002 ACSC") == 3)
        lab.clearing.moods.next("ids", .error(code: "OrgnlTxId"))
        let txId = ISOMessages.newId()
        _ = try await lab.order(txId: txId)
        #expect(await lab.hears("pacs.002 ACSC", times: 4))
        #expect(lab.heard.exchanges.last?.id != txId)
        await lab.stop()
    }

    @Test func theOppositeMayFollowOnTheFinalWord() async throws {
        let lab = try await ExchangeWorld()
        lab.clearing.moods.next("contradiction", .error(code: "AB05"))
        _ = try await lab.order()
        #expect(await lab.hears("pacs.002 RJCT AB05"))
        #expect(lab.heard.exchanges.map(\.verb) == ["pacs.002 ACSC", "pacs.002 RJCT AB05"])
        #expect(await lab.clearing.settlementBalance(of: ClearingWorld.bank) == amount("989.5"))
        await lab.stop()
    }

    @Test func aMessageMayBeRefusedAsAMessage() async throws {
        let lab = try await ExchangeWorld()
        lab.clearing.moods.next("message", .error(code: "no reason"))
        #expect(try await lab.order()?.status == 202)
        #expect(await lab.hears("admi.002"))
        #expect(await lab.clearing.allTransactions.isEmpty)
        await lab.stop()
    }

    @Test func whoInstructsForAnotherBankPaysForIt() async throws {
        let lab = try await ExchangeWorld(isAsynchronous: false)
        #expect(ClearingWorld.status(try await lab.order(debtorAgent: "THRDUS33XXX")) == ["ACSC", nil])
        #expect(await lab.clearing.settlementBalance(of: ClearingWorld.bank) == amount("989.5"))
        #expect(await lab.clearing.imbalance == .zero)
        #expect(lab.clearing.journal.violations == [])
        await lab.stop()
    }

    // MARK: - Orders to a participant

    @Test(arguments: [("ACCP", nil, "ACSC"), ("ACWP", nil, "ACSC"), ("RJCT", "AC04", "RJCT AC04")])
    func theCreditorAgentAnswersByAMessage(code: String, reason: String?, final: String) async throws {
        let lab = try await ExchangeWorld { _ in .init(code: code, reason: reason) }
        let payment = await lab.pay()
        #expect(payment.answered == code)
        #expect(payment.state == (reason == nil ? .settled : .rejected))
        #expect(lab.heard.exchanges.map(\.verb) == ["pacs.008", "pacs.002 \(final)"])
        #expect(lab.clearing.journal.violations == [])
        await lab.stop()
    }

    @Test(arguments: [true, false]) func whatFollowsOnAnACWPIsKept(isAsynchronous: Bool) async throws {
        let lab = try await ExchangeWorld(isAsynchronous: isAsynchronous) { _ in .init(code: "ACWP") }
        let payment = await lab.pay()
        #expect(try await lab.tell(payment.txId, "ACCC") == 202)
        let transaction = try #require(await lab.clearing.transaction(txId: payment.txId))
        #expect(transaction.answered == "ACWP")
        #expect(transaction.followUp == "ACCC")
        #expect(lab.clearing.journal.violations == [])
        await lab.stop()
    }

    @Test func anotherWordThanTheFirstIsAViolation() async throws {
        let lab = try await ExchangeWorld()
        let payment = await lab.pay()
        _ = try await lab.tell(payment.txId, "ACCP")
        #expect(lab.clearing.journal.violations == [])
        _ = try await lab.tell(payment.txId, "RJCT", "AC04")
        #expect(lab.clearing.journal.takeViolations().count == 1)
        await lab.stop()
    }

    @Test func anAnswerAfterTheClockIsNoted() async throws {
        let lab = try await ExchangeWorld(clockMilliseconds: 300) { _ in nil }
        let payment = await lab.pay()
        #expect(payment.state == .rejected && payment.reason == "AB05" && payment.answered == nil)
        _ = try await lab.tell(payment.txId, "ACCP")
        let transaction = try #require(await lab.clearing.transaction(txId: payment.txId))
        #expect(transaction.late == "ACCP" && transaction.state == .rejected)
        await lab.stop()
    }

    // MARK: - Asking

    @Test(arguments: [true, false]) func theClearingAsksWhatBecameOfAnOrder(isAsynchronous: Bool) async throws {
        let lab = try await ExchangeWorld(isAsynchronous: isAsynchronous, enquiry: .init(code: "ACCC"))
        let payment = await lab.pay()
        #expect(await lab.clearing.ask(about: payment.txId) == ClearingAnswer(code: "ACCC", reason: nil))
        #expect(await lab.clearing.ask(about: "nothing") == nil)
        #expect(lab.clearing.journal.violations == [])
        await lab.stop()
    }

    @Test(arguments: [("ACCP", nil, "1025"), ("RJCT", "AC04", "1000")])
    func silenceMayBeAskedAbout(code: String, reason: String?, balance: String) async throws {
        let status = ISOMessages.Status(code: code, reason: reason)
        let lab = try await ExchangeWorld(clockMilliseconds: 500, asksWhenSilent: true, enquiry: status) { _ in nil }
        let payment = await lab.pay()
        #expect(payment.state == (reason == nil ? .settled : .rejected))
        #expect(payment.reason == reason)
        #expect(await lab.clearing.settlementBalance(of: ClearingWorld.bank) == amount(balance))
        await lab.stop()
    }
}
