import Payments
import Testing

extension StoreContract {
    static let told: [StoreContract] = [
        StoreContract(name: "the feed tells every commit of a tenant once, in order, from any cursor on") { bench in
            let store = try await bench.open(node: "a")
            let payments = (1...3).map { Sample.payment($0) }
            for payment in payments { #expect(try await store.append(Sample.append(payment)) == .committed) }
            #expect(try await store.append(Sample.append(Sample.payment(9), tenant: "green")) == .committed)
            var last = Sample.append(payments[0], expected: 1, events: 2, stage: "settled")
            last.view.outcome = "settled"
            #expect(try await store.append(last) == .committed)
            let all = try await store.feed(tenant: Sample.tenant, after: 0, limit: 100)
            #expect(all.map(\.payment) == payments + [payments[0]])
            #expect(all.map(\.cursor) == all.map(\.cursor).sorted() && Set(all.map(\.cursor)).count == 4)
            #expect(all[0].stageBefore == nil && all[0].kinds == ["stated"] && all[0].sequence == 1)
            #expect(all[3].stageBefore == "received" && all[3].stage == "settled" && all[3].outcome == "settled")
            #expect(all[3].kinds == ["stated", "stated"] && all[3].sequence == 3)
            for index in all.indices {
                let rest = try await store.feed(tenant: Sample.tenant, after: all[index].cursor, limit: 100)
                #expect(rest == Array(all.dropFirst(index + 1)))
            }
            #expect(try await store.feed(tenant: Sample.tenant, after: 0, limit: 2) == Array(all.prefix(2)))
            await bench.close(store)
            let next = try await bench.open(node: "a")
            #expect(try await next.feed(tenant: Sample.tenant, after: 0, limit: 100) == all)
            #expect(try await next.append(Sample.append(payments[1], expected: 1)) == .committed)
            let more = try await next.feed(tenant: Sample.tenant, after: all[3].cursor, limit: 100)
            #expect(more.map(\.payment) == [payments[1]])
            await bench.close(next)
        },
        StoreContract(name: "messages without an event are no news") { bench in
            let store = try await bench.open(node: "a")
            let payment = Sample.payment(1)
            #expect(try await store.append(Sample.append(payment)) == .committed)
            var beside = Sample.append(payment, expected: 1)
            beside.events = []
            beside.messages = [Sample.message(1)]
            #expect(try await store.append(beside) == .committed)
            #expect(try await store.feed(tenant: Sample.tenant, after: 0, limit: 9).count == 1)
            await bench.close(store)
        },
        StoreContract(name: "who waits for the feed is woken by the next commit of its tenant, and by no other") {
            bench in
            let store = try await bench.open(node: "a")
            let far = Instant(nanoseconds: .max)
            #expect(try await store.append(Sample.append(Sample.payment(1))) == .committed)
            #expect(await store.waitForFeed(tenant: Sample.tenant, after: 0, until: far))
            let cursor = try #require(
                try await store.feed(tenant: Sample.tenant, after: 0, limit: 9).last?.cursor)
            #expect(await !store.waitForFeed(tenant: Sample.tenant, after: cursor, until: Instant(nanoseconds: 0)))
            async let woken = store.waitForFeed(tenant: Sample.tenant, after: cursor, until: far)
            #expect(try await store.append(Sample.append(Sample.payment(2), tenant: "green")) == .committed)
            #expect(try await store.append(Sample.append(Sample.payment(3))) == .committed)
            #expect(await woken)
            await bench.close(store)
        },
        StoreContract(name: "a follower's mark stands until it is set anew, for each tenant and name") { bench in
            let store = try await bench.open(node: "a")
            #expect(try await store.mark("webhook", tenant: "blue") == nil)
            try await store.setMark("webhook", tenant: "blue", to: 7)
            try await store.setMark("webhook", tenant: "blue", to: 9)
            try await store.setMark("other", tenant: "blue", to: 1)
            await bench.close(store)
            let next = try await bench.open(node: "a")
            #expect(try await next.mark("webhook", tenant: "blue") == 9)
            #expect(try await next.mark("other", tenant: "blue") == 1)
            #expect(try await next.mark("webhook", tenant: "green") == nil)
            await #expect(throws: StoreError.tenantUnknown("nobody")) {
                try await next.setMark("webhook", tenant: "nobody", to: 1)
            }
            await bench.close(next)
        },
        StoreContract(name: "what is under way is summed by tenant, network and currency, without what is booked") {
            bench in
            let store = try await bench.open(node: "a")
            for number in 1...4 {
                var append = Sample.append(Sample.payment(UInt64(number)))
                append.view.network = "mojaloop:hub1"
                append.view.amount = Sample.euros(Int128(number * 100))
                if number == 2 {
                    append.bookings = [.move("out", Sample.euros(200), from: .position, "hub", to: .transit, "hub")]
                }
                if number == 3 { append.view.outcome = "rejected" }
                #expect(try await store.append(append) == .committed)
            }
            // A later commit without a booking does not take the first one's back.
            var later = Sample.append(Sample.payment(2), expected: 1)
            later.view.network = "mojaloop:hub1"
            later.view.amount = Sample.euros(200)
            #expect(try await store.append(later) == .committed)
            let expected = [("channel", Standing.Side.origin), ("mojaloop:hub1", .target)].map { network, side in
                Standing(
                    tenant: Sample.tenant, network: network, side: side, currency: Sample.euro, inFlight: 3,
                    unbooked: Sample.euros(500))
            }
            #expect(try await store.standing().sorted { $0.network < $1.network } == expected)
            await bench.close(store)
        },
        StoreContract(name: "a reconciliation finds a period's payments of a network under all their names") { bench in
            let store = try await bench.open(node: "a")
            for number in 1...5 {
                #expect(try await store.append(settled(number)) == .committed)
                if number == 2 { await bench.close(try await bench.open(node: "b")) }
            }
            let day = SettlementQuery.Period.time(
                from: Sample.start.adding(milliseconds: 2), until: Sample.start.adding(milliseconds: 5))
            var query = SettlementQuery(tenant: Sample.tenant, network: "iso:rtp1", period: day)
            let lines = try await store.settlements(query)
            #expect(lines.map(\.view.id) == [2, 3, 4].map { Sample.payment($0) })
            #expect(lines.map(\.direction) == [.sent, .received, .sent])
            #expect(lines[0].names == [Correlation("iso:rtp1/blue/transaction", "tx-2")])
            query.after = lines[0].view.id
            query.limit = 1
            #expect(try await store.settlements(query) == [lines[1]])
            let totals = try await store.settledTotals(query)
            #expect(totals.map(\.count) == [1, 2] && totals.map(\.amount) == [Sample.euros(300), Sample.euros(600)])
            query.network = "mojaloop:hub1"
            #expect(try await store.settlements(query).isEmpty)
            let date = try #require(CivilDate(year: 2027, month: 1, day: 4))
            let dated = SettlementQuery(tenant: Sample.tenant, network: "iso:rtp1", period: .businessDate(date))
            #expect(try await store.settlements(dated).map(\.view.id) == [Sample.payment(4)])
            await bench.close(store)
        },
    ]

    /// Payment number n, settled n milliseconds after the start; every third came from the network.
    private static func settled(_ number: Int) -> Append {
        var append = Sample.append(Sample.payment(UInt64(number)), stage: "settled")
        append.keys = [Correlation("iso:rtp1/blue/transaction", "tx-\(number)")]
        append.view.outcome = "settled"
        append.view.amount = Sample.euros(Int128(number * 100))
        append.view.settledAt = Sample.start.adding(milliseconds: Int64(number))
        append.view.businessDate = CivilDate(year: 2027, month: 1, day: number)
        if number % 3 == 0 { append.view.origin = "iso:rtp1" } else { append.view.network = "iso:rtp1" }
        return append
    }
}
