import FormatJSON
import Testing

@testable import LabWorld

/// A hub with two simulated FSPs inside it, Ada at `green` and Cem at `blue`.
struct HubWorld {
    let world: TestWorld
    let hub: Hub
    let green: SimulatedFSP
    let blue: SimulatedFSP

    init(scanMilliseconds: Int = 50, cap: LabAmount = amount("1000")) async throws {
        world = try TestWorld()
        var settings = Hub.Settings()
        settings.timeoutScanMilliseconds = scanMilliseconds
        hub = try Hub(identity: try world.authority.issue(commonName: "switch"), settings: settings)
        try await hub.start()
        green = SimulatedFSP(
            fspId: "green", secret: "g",
            accounts: ["111": .init(name: "Ada", balance: amount("500"), currency: "USD")])
        blue = SimulatedFSP(
            fspId: "blue", secret: "b", accounts: ["222": .init(name: "Cem", balance: .zero, currency: "USD")])
        await hub.attach(green, netDebitCap: ["USD": cap])
        await hub.attach(blue, netDebitCap: ["USD": cap])
    }

    var violations: [String] { hub.journal.violations + green.journal.violations + blue.journal.violations }

    func order(_ text: String = "100") -> HubPaymentOrder {
        HubPaymentOrder(from: "111", to: "222", amount: amount(text), currency: "USD")
    }

    func balances() async -> [LabAmount] {
        [await green.accounts["111"]?.balance ?? .zero, await blue.accounts["222"]?.balance ?? .zero]
    }
}

@Suite struct HubPaymentTests {
    @Test func paymentOverHTTPMovesTheMoneyOnce() async throws {
        let world = try TestWorld()
        let hub = try Hub(identity: try world.authority.issue(commonName: "switch"))
        try await hub.start()
        let green = SimulatedFSP(
            fspId: "green", accounts: ["111": .init(name: "Ada", balance: amount("500"), currency: "USD")])
        let blue = SimulatedFSP(
            fspId: "blue", accounts: ["222": .init(name: "Cem", balance: .zero, currency: "USD")])
        var peers: [LabPeer] = []
        for fsp in [green, blue] {
            let peer = try await fsp.serve(
                identity: try world.authority.issue(commonName: fsp.fspId + "-cert"), hubURL: hub.url)
            await hub.register(fspId: fsp.fspId, baseURL: peer.url, commonName: fsp.fspId + "-cert")
            peers.append(peer)
        }
        await hub.own(type: "MSISDN", identifier: "222", fspId: "blue")
        let payment = await green.pay(
            HubPaymentOrder(from: "111", to: "222", amount: amount("100.25"), currency: "USD"))
        #expect(payment.state == .committed)
        #expect(payment.payeeName == "Cem")
        #expect(await green.accounts["111"]?.balance == amount("399.75"))
        #expect(await blue.accounts["222"]?.balance == amount("100.25"))
        #expect(await hub.position(of: "green", currency: "USD") == amount("100.25"))
        #expect(await hub.position(of: "blue", currency: "USD") == -amount("100.25"))
        #expect(hub.journal.violations + green.journal.violations + blue.journal.violations == [])
        for peer in peers { await peer.stop() }
        await hub.stop()
    }

    @Test func feeIsTakenFromThePayeeOrPutOnTop() async throws {
        let lab = try await HubWorld()
        var policy = SimulatedFSP.Policy()
        policy.payeeFee = amount("2")
        await lab.blue.setPolicy(policy)
        let sent = await lab.green.pay(lab.order("100"))
        #expect(sent.transferAmount == amount("100") && sent.payeeReceiveAmount == amount("98"))
        var order = lab.order("100")
        order.amountType = "RECEIVE"
        let received = await lab.green.pay(order)
        #expect(received.transferAmount == amount("102") && received.payeeReceiveAmount == amount("100"))
        #expect(await lab.balances() == [amount("298"), amount("198")])
        #expect(lab.violations == [])
        await lab.hub.stop()
    }

    @Test func payeeWhoAsksIsToldAndCreditsThen() async throws {
        let lab = try await HubWorld()
        var policy = SimulatedFSP.Policy()
        policy.asksForNotification = true
        await lab.blue.setPolicy(policy)
        let payment = await lab.green.pay(lab.order())
        #expect(payment.state == .committed)
        #expect(await lab.blue.journal.wait { await lab.blue.accounts["222"]?.balance == amount("100") })
        #expect(lab.blue.journal.count("PATCH /transfers") == 1)
        #expect(lab.violations == [])
        await lab.hub.stop()
    }

    @Test func refusalsComeBackWithTheirCode() async throws {
        let lab = try await HubWorld(cap: amount("150"))
        var unknown = lab.order()
        unknown.toIdentifier = "999"
        #expect(await lab.green.pay(unknown).errorCode == "3204")
        lab.blue.moods.next("quote", .error(code: "5103"))
        #expect(await lab.green.pay(lab.order()).errorCode == "5103")
        lab.blue.moods.next("transfer", .error(code: "5104"))
        #expect(await lab.green.pay(lab.order()).errorCode == "5104")
        #expect(await lab.green.pay(lab.order("151")).errorCode == "4001")
        #expect(await lab.balances() == [amount("500"), .zero])
        #expect(await lab.hub.position(of: "green", currency: "USD") == .zero)
        #expect(await lab.green.accounts["111"]?.held == .zero)
        #expect(lab.violations == [])
        await lab.hub.stop()
    }

    @Test func silentPayeeExpiresAndThePayerHearsOfIt() async throws {
        let lab = try await HubWorld()
        lab.blue.moods.next("transfer", .lost)
        var order = lab.order()
        order.expirySeconds = 1
        let payment = await lab.green.pay(order)
        #expect(payment.state == .refused && payment.errorCode == "3303")
        #expect(await lab.hub.transfer(payment.transferId)?.state == .aborted)
        #expect(await lab.balances() == [amount("500"), .zero])
        #expect(await lab.hub.imbalance(currency: "USD") == .zero)
        #expect(lab.violations == [])
        await lab.hub.stop()
    }

    @Test func fulfilmentAfterTheExpiryIsRefusedAndTakenBack() async throws {
        let lab = try await HubWorld()
        lab.blue.moods.next("transfer", .slow(milliseconds: 800))
        async let paid = lab.green.pay(lab.order())
        #expect(await lab.blue.journal.wait { lab.blue.journal.count("POST /transfers") == 1 })
        await lab.hub.expireTransfers(now: LabTime.now() + 60_000)
        let payment = await paid
        #expect(payment.errorCode == "3303")
        #expect(await lab.blue.journal.wait { await lab.blue.incoming[payment.transferId]?.state == .takenBack })
        #expect(await lab.balances() == [amount("500"), .zero])
        #expect(lab.violations == [])
        await lab.hub.stop()
    }

    @Test func wrongFulfilmentAbortsAndIsRecorded() async throws {
        let lab = try await HubWorld()
        lab.blue.moods.next("transfer", .lying)
        let payment = await lab.green.pay(lab.order())
        #expect(payment.state == .refused && payment.errorCode == "3100")
        #expect(lab.hub.journal.takeViolations().count == 1)
        #expect(await lab.hub.position(of: "green", currency: "USD") == .zero)
        await lab.hub.stop()
    }

    @Test func theSamePrepareTwiceReservesOnce() async throws {
        let lab = try await HubWorld()
        var order = lab.order()
        order.sendsTwice = true
        #expect(await lab.green.pay(order).state == .committed)
        #expect(await lab.hub.position(of: "green", currency: "USD") == amount("100"))
        #expect(await lab.balances() == [amount("400"), amount("100")])
        await lab.hub.stop()
    }

    @Test func lostCallbackIsLearntByAsking() async throws {
        let lab = try await HubWorld()
        lab.hub.moods.next("fulfil", .silent)
        var order = lab.order()
        order.patienceSeconds = 1
        let payment = await lab.green.pay(order)
        #expect(payment.state == .committed)
        #expect(lab.hub.journal.count("GET /transfers") == 1)
        #expect(await lab.balances() == [amount("400"), amount("100")])
        #expect(lab.violations == [])
        await lab.hub.stop()
    }

    @Test func lyingQuoteIsNoticedByTheCarefulPayer() async throws {
        let lab = try await HubWorld()
        lab.hub.moods.next("quoteAnswer", .lying)
        #expect(await lab.green.pay(lab.order()).state == .refused)
        #expect(lab.green.journal.takeViolations().count == 1)
        #expect(await lab.balances() == [amount("500"), .zero])
        await lab.hub.stop()
    }

    @Test func callbacksCanComeTwiceOrLate() async throws {
        let lab = try await HubWorld()
        lab.hub.moods.always("fulfil", .twice)
        lab.blue.moods.next("transfer", .twice)
        lab.hub.moods.next("partyAnswer", .late(milliseconds: 50))
        #expect(await lab.green.pay(lab.order()).state == .committed)
        #expect(await lab.green.journal.wait { lab.green.journal.count("PUT /transfers") == 2 })
        #expect(await lab.balances() == [amount("400"), amount("100")])
        #expect(lab.violations == [])
        await lab.hub.stop()
    }
}
