import FormatJSON
import Testing

@testable import LabWorld

/// Faults that every peer can have, over the wire.
@Suite struct PeerMoodTests {
    @Test func aCoreBankAnswersByHalfOrNonsenseAfterItHasActed() async throws {
        let bank = try await BankWorld()
        bank.bank.moods.next("prepare", .truncated)
        let half = try await bank.send(bank.move("PREPARE", BankWorld.transfer("T1")))
        #expect(half?.status == 200)
        #expect((try? JSONValue.parse(half?.body ?? [])) == nil)
        bank.bank.moods.next("prepare", .garbage)
        let nonsense = try await bank.send(bank.move("PREPARE", BankWorld.transfer("T2")))
        #expect(nonsense?.status == 200)
        #expect((try? JSONValue.parse(nonsense?.body ?? [])) == nil)
        #expect(await bank.bank.account(tenant: "red", "A")?.holds.count == 2, "both holds were made")
        await bank.bank.stop()
    }

    @Test func aSlowDripIsWholeInTheEnd() async throws {
        let bank = try await BankWorld()
        bank.bank.moods.next("prepare", .drip(milliseconds: 80))
        let reply = try await bank.send(bank.move("PREPARE", BankWorld.transfer("T1")))
        #expect(try JSONValue.parse(reply?.body ?? [])["transferCode"]?.string == "T1")
        await bank.bank.stop()
    }

    @Test func whoIsBusySaysWhenToComeAgainAndDoesNothing() async throws {
        let bank = try await BankWorld()
        bank.bank.moods.next("prepare", .busy(seconds: 3))
        let reply = try await bank.send(bank.move("PREPARE", BankWorld.transfer("T1")))
        #expect(reply?.status == 503)
        #expect(reply?.header("Retry-After") == "3")
        #expect(await bank.bank.account(tenant: "red", "A")?.holds.isEmpty == true)
        await bank.bank.stop()
    }

    @Test func heartbeatsAreAnsweredUntilAMoodTakesThemAway() async throws {
        let bank = try await BankWorld()
        let beat = LabRequest(method: "GET", path: "/health")
        #expect(try await bank.send(beat)?.status == 200)
        bank.bank.moods.next("health", .busy(seconds: 1))
        #expect(try await bank.send(beat)?.status == 503)
        bank.bank.moods.next(MoodBoard.all, .reset)
        #expect(try await bank.send(beat) == nil)
        #expect(try await bank.send(beat)?.status == 200)
        await bank.bank.stop()
    }

    @Test func theHubCallsBackBeforeItAnswersTheRequest() async throws {
        let hub = try await HubWorld()
        hub.hub.moods.next("transfer", .callbackFirst)
        let payment = await hub.green.pay(hub.order())
        #expect(payment.state == .committed)
        let exchanges = hub.hub.journal.exchanges
        let told = exchanges.firstIndex { $0.verb == "PUT /transfers" && $0.direction == .sent && $0.party == "green" }
        let taken = exchanges.firstIndex { $0.verb == "POST /transfers" && $0.direction == .received }
        #expect(try #require(told) < (try #require(taken)))
        #expect(hub.violations.isEmpty)
        await hub.hub.stop()
    }

    @Test func aCallbackThatIsHeldBackComesAfterTheNextOne() async throws {
        let hub = try await HubWorld()
        hub.hub.moods.next("fulfil", .reordered)
        async let first = hub.green.pay(hub.order("10"))
        _ = await hub.hub.journal.wait(seconds: 5) { await !hub.hub.heldBack.isEmpty }
        let second = await hub.green.pay(hub.order("20"))
        #expect(second.state == .committed)
        #expect(await first.state == .committed)
        #expect(await hub.balances() == [amount("470"), amount("30")])
        await hub.hub.stop()
    }

    @Test func moodsAreToldInWords() {
        let board = MoodBoard()
        board.always("fulfil", .silent)
        board.always("quote", .normal)
        board.next("enquiry", .busy(seconds: 2))
        #expect(board.words == ["enquiry next busy(seconds: 2)", "fulfil silent"])
        for name in ["truncated", "garbage", "drip", "busy", "callbackFirst", "reordered"] {
            #expect(Mood(name: name, milliseconds: 2_000) != nil, "\(name)")
        }
    }
}

/// What peers say at the end of the day.
@Suite struct DayReportTests {
    @Test func theHubListsWhatItsParticipantPaidAndGot() async throws {
        let hub = try await HubWorld()
        let payment = await hub.green.pay(hub.order("12.5"))
        hub.blue.moods.next("transfer", .error(code: "5104"))
        let refused = await hub.green.pay(hub.order("3"))
        let lines = await hub.hub.report(of: "green").csv.split(separator: "\n").map(String.init)
        #expect(lines.first == "reference,direction,amount,currency,state")
        #expect(
            Set(lines.dropFirst()) == [
                "\(payment.transferId),out,12.50,USD,settled", "\(refused.transferId),out,3.00,USD,rejected",
            ])
        #expect(await hub.hub.report(of: "blue").rows.allSatisfy { $0.direction == .in })
        await hub.hub.stop()
    }

    @Test func theCoreBankListsPostingsAndHolds() async throws {
        let bank = try await BankWorld()
        for code in ["T1", "T2", "T3"] { _ = try await bank.send(bank.move("PREPARE", BankWorld.transfer(code))) }
        _ = try await bank.send(bank.move("CREATE", BankWorld.transfer("T1")))
        _ = try await bank.send(bank.move("RELEASE", BankWorld.transfer("T2")))
        let credit = BankWorld.transfer("T4", role: "PAYEE", account: "B", "5", fee: nil)
        _ = try await bank.send(bank.move("CREATE", credit))
        let report = try await bank.world.with(client: LabPeer.operatorName) {
            await $0.send(
                LabRequest(method: "GET", path: "/lab/report", query: "participant=red&date=2026-01-01"),
                to: bank.bank.url
            ).reply
        }
        #expect(
            String(decoding: report?.body ?? [], as: UTF8.self) == """
                reference,direction,amount,currency,state
                T1,out,10.00,USD,settled
                T2,out,11.00,USD,rejected
                T3,out,11.00,USD,open
                T4,in,5.00,USD,settled

                """)
        let stranger = try await bank.send(
            LabRequest(method: "GET", path: "/lab/report", query: "participant=red"))
        #expect(stranger?.status == 403)
        await bank.bank.stop()
    }
}
