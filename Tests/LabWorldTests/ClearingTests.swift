import Testing

@testable import LabWorld

/// A clearing with a connected participant BANKUS33XXX (endpoint given by the test) and a simulated one, PEERUS33XXX.
struct ClearingWorld {
    static let bank = "BANKUS33XXX"
    static let other = "PEERUS33XXX"

    let world: TestWorld
    let clearing: Clearing

    init(
        clockMilliseconds: Int = 10_000, baseURL: String = "https://127.0.0.1:9", world given: TestWorld? = nil
    ) async throws {
        world = try given ?? TestWorld()
        var settings = Clearing.Settings()
        settings.answerClockMilliseconds = clockMilliseconds
        clearing = try Clearing(identity: try world.authority.issue(commonName: "rtp"), settings: settings)
        try await clearing.start()
        await clearing.join(bic: Self.bank, baseURL: baseURL, commonName: "bank", balance: amount("1000"))
        await clearing.simulate(bic: Self.other, balance: amount("1000"))
    }

    func transaction(_ text: String = "10.50", txId: String = ISOMessages.newId(), account: String = "ACC-1")
        -> (ClearingTransaction, ClearingOrder)
    {
        let order = ClearingOrder(from: Self.bank, to: Self.other, amount: amount(text), creditorAccount: account)
        let transaction = ClearingTransaction(
            txId: txId, endToEndId: "E2E", instructionId: nil, messageId: ISOMessages.newId(), uetr: nil,
            amount: order.amount, currency: "USD", settlementDate: LabTime.isoDate(LabTime.now()), acceptedAt: nil,
            debtorAgent: Self.bank, creditorAgent: Self.other, debtorAccount: "DBTR", creditorAccount: account)
        return (transaction, order)
    }

    func message(_ transaction: ClearingTransaction, _ order: ClearingOrder) -> XMLTree {
        ISOMessages.wrap(
            Clearing.creditTransfer(transaction, order), message: ISOMessages.creditTransfer, from: Self.bank,
            to: Self.other, id: transaction.messageId)
    }

    func post(_ body: [UInt8], as name: String = "bank", milliseconds: Int = 5_000) async throws -> LabReply? {
        let request = LabRequest(
            method: "POST", path: "/iso20022", headers: [("Content-Type", "application/xml")], body: body)
        return try await world.with(client: name) {
            await $0.send(request, to: clearing.url, milliseconds: milliseconds).reply
        }
    }

    func enquiry(_ transaction: ClearingTransaction) -> XMLTree {
        let content = XMLTree(
            "FIToFIPmtStsReq",
            [
                XMLTree("GrpHdr", [XMLTree("MsgId", ISOMessages.newId()), XMLTree("CreDtTm", "2026-01-01T00:00:00Z")]),
                XMLTree(
                    "OrgnlGrpInf",
                    [XMLTree("OrgnlMsgId", transaction.messageId), XMLTree("OrgnlMsgNmId", "pacs.008.001.08")]),
                XMLTree("TxInf", [XMLTree("OrgnlTxId", transaction.txId)]),
            ])
        return XMLTree("Document", namespace: ISOMessages.namespace(ISOMessages.statusRequest), [content])
    }

    /// Status code and reason of a pacs.002.
    static func status(_ reply: LabReply?) -> [String?] {
        let envelope = reply.flatMap { ISOMessages.read($0.body) }
        let tx = envelope?.content["TxInfAndSts"]
        return [tx?.text("TxSts"), tx?.text("StsRsnInf/Rsn/Cd")]
    }
}

@Suite struct ClearingOutgoingTests {
    @Test func transferSettlesAtOnce() async throws {
        let lab = try await ClearingWorld()
        let (transaction, order) = lab.transaction()
        let reply = try await lab.post(lab.message(transaction, order).bytes)
        #expect(ClearingWorld.status(reply) == ["ACSC", nil])
        #expect(await lab.clearing.settlementBalance(of: ClearingWorld.bank) == amount("989.5"))
        #expect(await lab.clearing.credited("ACC-1", at: ClearingWorld.other) == amount("10.5"))
        #expect(await lab.clearing.imbalance == .zero)
        #expect(lab.clearing.journal.violations == [])
        await lab.clearing.stop()
    }

    @Test func bareDocumentIsTakenToo() async throws {
        let lab = try await ClearingWorld()
        let (transaction, order) = lab.transaction()
        let bare = XMLTree(
            "Document", namespace: ISOMessages.namespace(ISOMessages.creditTransfer),
            [Clearing.creditTransfer(transaction, order)])
        #expect(ClearingWorld.status(try await lab.post(bare.bytes)) == ["ACSC", nil])
        await lab.clearing.stop()
    }

    @Test func businessRefusalsMoveNothing() async throws {
        let lab = try await ClearingWorld()
        await lab.clearing.refuse(account: "SHUT", at: ClearingWorld.other, reason: "AC04")
        let (closed, closedOrder) = lab.transaction(account: "SHUT")
        #expect(ClearingWorld.status(try await lab.post(lab.message(closed, closedOrder).bytes)) == ["RJCT", "AC04"])
        let (dear, dearOrder) = lab.transaction("1000.01")
        #expect(ClearingWorld.status(try await lab.post(lab.message(dear, dearOrder).bytes)) == ["RJCT", "AM23"])
        #expect(ClearingWorld.status(try await lab.post(lab.enquiry(closed).bytes)) == ["RJCT", "AC04"])
        #expect(await lab.clearing.settlementBalance(of: ClearingWorld.bank) == amount("1000"))
        #expect(lab.clearing.journal.violations == [])
        await lab.clearing.stop()
    }

    @Test func sendingAgainIsADuplicateAndAViolation() async throws {
        let lab = try await ClearingWorld()
        let (transaction, order) = lab.transaction()
        let message = lab.message(transaction, order).bytes
        _ = try await lab.post(message)
        #expect(ClearingWorld.status(try await lab.post(message)) == ["RJCT", "AM05"])
        #expect(await lab.clearing.settlementBalance(of: ClearingWorld.bank) == amount("989.5"))
        #expect(ClearingWorld.status(try await lab.post(lab.enquiry(transaction).bytes)) == ["ACSC", nil])
        #expect(lab.clearing.journal.takeViolations().count == 1)
        await lab.clearing.stop()
    }

    @Test func silenceIsResolvedByAsking() async throws {
        let lab = try await ClearingWorld()
        lab.clearing.moods.next("pacs.008", .silent)
        lab.clearing.moods.next("pacs.008", .lost)
        let (settled, order) = lab.transaction()
        #expect(try await lab.post(lab.message(settled, order).bytes, milliseconds: 1_000) == nil)
        #expect(ClearingWorld.status(try await lab.post(lab.enquiry(settled).bytes)) == ["ACSC", nil])
        let (lost, lostOrder) = lab.transaction()
        #expect(try await lab.post(lab.message(lost, lostOrder).bytes, milliseconds: 1_000) == nil)
        #expect(ClearingWorld.status(try await lab.post(lab.enquiry(lost).bytes)) == ["RJCT", "NOOR"])
        #expect(await lab.clearing.settlementBalance(of: ClearingWorld.bank) == amount("989.5"))
        await lab.clearing.stop()
    }

    @Test func brokenMessagesAreRejectedAsMessages() async throws {
        let lab = try await ClearingWorld()
        let (transaction, order) = lab.transaction()
        let right = String(decoding: lab.message(transaction, order).bytes, as: UTF8.self)
        let broken: [(String, Int)] = [
            ("<a>", 400), (right.replacing("<NbOfTxs>1<", with: "<NbOfTxs>2<"), 400),
            (right.replacing("CLRG", with: "INDA"), 400),
            (right.replacing("<InstgAgt><FinInstnId><BICFI>BANKUS33XXX", with: "<InstgAgt><FinInstnId><BICFI>X"), 403),
            (right.replacing("Ccy=\"USD\">10.50<", with: "Ccy=\"USD\">10.505<"), 400),
            (right.replacing("<MsgDefIdr>pacs.008.001.08", with: "<MsgDefIdr>pacs.008.001.09"), 400),
            (right.replacing("?><BusMsg", with: "?><!DOCTYPE BusMsg><BusMsg"), 400),
        ]
        for (text, status) in broken {
            let reply = try await lab.post(Array(text.utf8))
            #expect(reply?.status == status)
            #expect(reply.flatMap { ISOMessages.read($0.body) }?.message == ISOMessages.messageReject)
        }
        #expect(lab.clearing.journal.takeViolations().count == broken.count)
        #expect(try await lab.post(Array(right.utf8), as: "stranger")?.status == 403)
        #expect(await lab.clearing.allTransactions.isEmpty)
        await lab.clearing.stop()
    }
}

@Suite struct ClearingIncomingTests {
    /// A bank that answers pacs.008 with this status, and says 200 to everything else.
    static func bank(
        _ world: TestWorld, _ heard: LabJournal, answer: @escaping @Sendable (ClearingTransaction) -> LabAnswer
    ) async throws -> LabServer {
        try await LabServer.start(identity: try world.authority.issue(commonName: "bank")) { request in
            guard let envelope = ISOMessages.read(request.body) else { return .reply(LabReply(status: 400)) }
            if envelope.message == ISOMessages.creditTransfer,
                let transaction = ClearingTransaction.read(envelope.content).transaction
            {
                return answer(transaction)
            }
            let tx = envelope.content["TxInfAndSts"]
            let status = [tx?.text("TxSts"), tx?.text("StsRsnInf/Rsn/Cd")].compactMap { $0 }.joined(separator: " ")
            heard.note(.received, "pacs.002", id: status, party: request.path, status: 200)
            return .reply(LabReply(status: 200))
        }
    }

    static func report(_ transaction: ClearingTransaction, _ code: String, _ reason: String? = nil) -> LabAnswer {
        let status = ISOMessages.Status(code: code, reason: reason)
        let tree = ISOMessages.report(
            transaction, status, from: ClearingWorld.bank, to: transaction.debtorAgent)
        return .reply(LabReply(status: 200, headers: [("Content-Type", "application/xml")], body: tree.bytes))
    }

    struct Outcome {
        let payment: ClearingPayment
        let finals: [String]
        let violations: [String]
        let balance: LabAmount
        let enquired: [String?]
    }

    func run(
        clockMilliseconds: Int = 5_000, settlesWhenSilent: Bool = false, finalMood: Mood = .normal,
        answer: @escaping @Sendable (ClearingTransaction) -> LabAnswer
    ) async throws -> Outcome {
        let heard = LabJournal()
        let world = try TestWorld()
        let server = try await Self.bank(world, heard, answer: answer)
        let lab = try await ClearingWorld(clockMilliseconds: clockMilliseconds, baseURL: server.url, world: world)
        lab.clearing.moods.next("pacs.002", finalMood)
        var order = ClearingOrder(
            from: ClearingWorld.other, to: ClearingWorld.bank, amount: amount("25"), creditorAccount: "ACC-9")
        order.settlesWhenSilent = settlesWhenSilent
        let payment = await lab.clearing.pay(order)
        #expect(await lab.clearing.imbalance == .zero)
        let transaction = try #require(await lab.clearing.transaction(txId: payment.txId))
        let enquired = ClearingWorld.status(try await lab.post(lab.enquiry(transaction).bytes))
        let outcome = Outcome(
            payment: payment, finals: heard.exchanges.map(\.id), violations: lab.clearing.journal.violations,
            balance: await lab.clearing.settlementBalance(of: ClearingWorld.bank), enquired: enquired)
        await server.stop()
        await lab.clearing.stop()
        return outcome
    }

    @Test func acceptedIsSettledAndReported() async throws {
        let outcome = try await run { Self.report($0, "ACCP") }
        #expect(outcome.payment.state == .settled && outcome.payment.answered == "ACCP")
        #expect(outcome.finals == ["ACSC"])
        #expect(outcome.balance == amount("1025"))
        #expect(outcome.violations == [])
    }

    @Test func refusedMovesNothing() async throws {
        let outcome = try await run { Self.report($0, "RJCT", "AC04") }
        #expect(outcome.payment.state == .rejected && outcome.payment.reason == "AC04")
        #expect(outcome.finals == ["RJCT AC04"])
        #expect(outcome.balance == amount("1000"))
        #expect(outcome.violations == [])
    }

    @Test func silenceWithinTheClockIsATimeout() async throws {
        let outcome = try await run(clockMilliseconds: 300) { _ in .never }
        #expect(outcome.payment.state == .rejected && outcome.payment.reason == "AB05")
        #expect(outcome.finals == ["RJCT AB05"])
        #expect(outcome.balance == amount("1000"))
    }

    @Test func settledThoughSilentIsOnlyLearntByAsking() async throws {
        let outcome = try await run(clockMilliseconds: 300, settlesWhenSilent: true) { _ in .never }
        #expect(outcome.payment.state == .settled && outcome.finals == [])
        #expect(outcome.enquired == ["ACSC", nil])
        #expect(outcome.balance == amount("1025"))
    }

    @Test func finalReportCanBeLostTwiceOrFalse() async throws {
        let lost = try await run(finalMood: .silent) { Self.report($0, "ACCP") }
        #expect(lost.finals == [] && lost.enquired == ["ACSC", nil])
        let twice = try await run(finalMood: .twice) { Self.report($0, "ACCP") }
        #expect(twice.finals == ["ACSC", "ACSC"])
        let lie = try await run(finalMood: .lying) { Self.report($0, "ACCP") }
        #expect(lie.finals == ["RJCT AB05"] && lie.enquired == ["ACSC", nil])
    }

    @Test func answerAboutSomethingElseIsAViolation() async throws {
        let outcome = try await run { transaction in
            var other = transaction
            other.txId = "OTHER"
            return Self.report(other, "ACCP")
        }
        #expect(outcome.payment.state == .rejected)
        #expect(outcome.violations.count == 1)
        #expect(outcome.balance == amount("1000"))
    }
}
