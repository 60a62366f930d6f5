import Payments
import Testing

extension StoreContract {
    static let claims: [StoreContract] = [
        StoreContract(name: "each start of a node is a new epoch") { bench in
            let first = try await bench.open(node: "a")
            let other = try await bench.open(node: "b")
            await bench.close(first)
            let second = try await bench.open(node: "a")
            #expect(second.epoch.epoch > first.epoch.epoch)
            #expect(second.epoch.node == "a" && other.epoch.node == "b")
            await bench.close(second)
            await bench.close(other)
        },
        StoreContract(name: "what a dead life of the node had claimed is handed out once") { bench in
            let dead = try await bench.open(node: "a")
            let payment = Sample.payment(1)
            var append = Sample.append(payment)
            append.exchanges = [Sample.exchange(1), Sample.exchange(2, form: .reply), Sample.exchange(3)]
            append.closed = [3]
            #expect(try await dead.append(append) == .committed)
            #expect(try await dead.orphans(now: Sample.start, leaseUntil: Sample.lease, limit: 10).isEmpty)
            let heir = try await bench.open(node: "a")
            let orphans = try await heir.orphans(now: Sample.start, leaseUntil: Sample.lease, limit: 10)
            #expect(
                orphans == [
                    OrphanedExchange(payment: payment, exchange: Sample.exchange(1)),
                    OrphanedExchange(payment: payment, exchange: Sample.exchange(2, form: .reply)),
                ])
            #expect(try await heir.orphans(now: Sample.start, leaseUntil: Sample.lease, limit: 10).isEmpty)
            await bench.close(heir)
            await bench.close(dead)
        },
        StoreContract(name: "a claim that ran out goes to one of the other nodes") { bench in
            let silent = try await bench.open(node: "a")
            let other = try await bench.open(node: "b")
            let third = try await bench.open(node: "c")
            var append = Sample.append(Sample.payment(1))
            append.exchanges = [Sample.exchange(1)]
            #expect(try await silent.append(append) == .committed)
            let before = Sample.lease.adding(milliseconds: -1)
            let later = Sample.lease.adding(milliseconds: 60_000)
            #expect(try await other.orphans(now: before, leaseUntil: later, limit: 10).isEmpty)
            async let left = other.orphans(now: Sample.lease, leaseUntil: later, limit: 10)
            async let right = third.orphans(now: Sample.lease, leaseUntil: later, limit: 10)
            let found = try await left + right
            #expect(found.map(\.exchange.number) == [1])
            await bench.close(third)
            await bench.close(other)
            await bench.close(silent)
        },
        StoreContract(name: "a claim that is lengthened stays") { bench in
            let busy = try await bench.open(node: "a")
            let other = try await bench.open(node: "b")
            var append = Sample.append(Sample.payment(1))
            append.exchanges = [Sample.exchange(1)]
            #expect(try await busy.append(append) == .committed)
            let later = Sample.lease.adding(milliseconds: 30_000)
            try await busy.extendLeases(until: later)
            #expect(try await other.orphans(now: Sample.lease, leaseUntil: later, limit: 10).isEmpty)
            let found = try await other.orphans(now: later, leaseUntil: later.adding(milliseconds: 1), limit: 10)
            #expect(found.count == 1)
            await bench.close(other)
            await bench.close(busy)
        },
        StoreContract(name: "the limit holds, and the rest is handed out next") { bench in
            let dead = try await bench.open(node: "a")
            for number in 1...5 {
                var append = Sample.append(Sample.payment(UInt64(number)))
                append.exchanges = [Sample.exchange(1)]
                append.wake = Sample.start
                #expect(try await dead.append(append) == .committed)
            }
            let heir = try await bench.open(node: "a")
            var orphans: [PaymentID] = []
            var due: [PaymentID] = []
            for expected in [2, 2, 1, 0] {
                let some = try await heir.orphans(now: Sample.start, leaseUntil: Sample.lease, limit: 2)
                let timers = try await heir.dueTimers(now: Sample.start, leaseUntil: Sample.lease, limit: 2)
                #expect(some.count == expected && timers.count == expected)
                orphans += some.map(\.payment)
                due += timers
            }
            #expect(Set(orphans).count == 5 && Set(due).count == 5)
            await bench.close(heir)
            await bench.close(dead)
        },
        StoreContract(name: "a due timer is handed out once per lease, and a new append sets it anew") { bench in
            let store = try await bench.open(node: "a")
            let payment = Sample.payment(1)
            var append = Sample.append(payment)
            append.wake = Sample.start.adding(milliseconds: 100)
            #expect(try await store.append(append) == .committed)
            #expect(try await store.nextTimer() == Sample.start.adding(milliseconds: 100))
            #expect(try await store.dueTimers(now: Sample.start, leaseUntil: Sample.lease, limit: 5).isEmpty)
            let due = Sample.start.adding(milliseconds: 100)
            #expect(try await store.dueTimers(now: due, leaseUntil: Sample.lease, limit: 5) == [payment])
            #expect(try await store.dueTimers(now: due, leaseUntil: Sample.lease, limit: 5).isEmpty)
            let later = Sample.lease.adding(milliseconds: 1_000)
            #expect(try await store.dueTimers(now: Sample.lease, leaseUntil: later, limit: 5) == [payment])
            var next = Sample.append(payment, expected: 1)
            next.wake = Sample.start
            #expect(try await store.append(next) == .committed)
            #expect(try await store.dueTimers(now: due, leaseUntil: later, limit: 5) == [payment])
            #expect(try await store.append(Sample.append(payment, expected: 2)) == .committed)
            #expect(try await store.nextTimer() == nil)
            #expect(try await store.dueTimers(now: later, leaseUntil: later, limit: 5).isEmpty)
            await bench.close(store)
        },
        StoreContract(name: "a timer that a dead life took is due again for the next") { bench in
            let dead = try await bench.open(node: "a")
            var append = Sample.append(Sample.payment(1))
            append.wake = Sample.start
            #expect(try await dead.append(append) == .committed)
            #expect(try await dead.dueTimers(now: Sample.start, leaseUntil: Sample.lease, limit: 5).count == 1)
            let heir = try await bench.open(node: "a")
            #expect(try await heir.dueTimers(now: Sample.start, leaseUntil: Sample.lease, limit: 5).count == 1)
            await bench.close(heir)
            await bench.close(dead)
        },
    ]

    static let feed: [StoreContract] = [
        StoreContract(name: "an answer that another engine commits wakes the waiter") { bench in
            let asking = try await bench.open(node: "a")
            let answering = try await bench.open(node: "b")
            let payment = Sample.payment(1)
            #expect(try await asking.append(Sample.append(payment)) == .committed)
            async let woken = asking.waitForChange(
                of: payment, after: 1, until: Instant(nanoseconds: .max))
            #expect(try await answering.append(Sample.append(Sample.payment(2))) == .committed)
            #expect(try await answering.append(Sample.append(payment, expected: 1)) == .committed)
            #expect(await woken)
            #expect(try await asking.events(of: payment, after: 1).count == 1)
            // An answer comes with the news or is in the store by then; never another one.
            async let news = asking.news(
                of: payment, after: 2, heeding: .answer, until: Instant(nanoseconds: .max))
            var reply = Sample.append(payment, expected: 2)
            reply.exchanges = [Sample.exchange(0, form: .reply)]
            #expect(try await answering.append(reply) == .committed)
            let told = try #require(await news)
            #expect(told.reply == nil || told.reply == reply.exchanges[0])
            #expect(try await asking.newestReply(of: payment) == reply.exchanges[0])
            await bench.close(answering)
            await bench.close(asking)
        },
        StoreContract(name: "a wait for what is there ends at once, one for nothing at its deadline") { bench in
            let store = try await bench.open(node: "a")
            let payment = Sample.payment(1)
            #expect(try await store.append(Sample.append(payment, events: 2)) == .committed)
            let never = Instant(nanoseconds: .max)
            #expect(await store.waitForChange(of: payment, after: 1, until: never))
            #expect(await store.waitForChange(of: payment, after: 1, until: Instant(seconds: 0)))
            #expect(await !store.waitForChange(of: payment, after: 2, until: Instant(seconds: 0)))
            #expect(await !store.waitForChange(of: Sample.payment(2), after: 0, until: Instant(seconds: 0)))
            await bench.close(store)
        },
        StoreContract(name: "who waits for an answer, or for the end, does not hear of what comes before") { bench in
            var store = try await bench.open(node: "a")
            let past = Instant(seconds: 0)
            let (answered, parked) = (Sample.payment(1), Sample.payment(2))
            func isTold(_ payment: PaymentID, after sequence: Int, _ news: Awaited) async -> Bool {
                await store.waitForChange(of: payment, after: sequence, heeding: news, until: past)
            }
            for payment in [answered, parked] {
                #expect(try await store.append(Sample.append(payment)) == .committed)
                #expect(await isTold(payment, after: 0, .any))
                #expect(await !isTold(payment, after: 0, .answer))
                #expect(await !isTold(payment, after: 0, .rest))
            }
            var reply = Sample.append(answered, expected: 1)
            reply.exchanges = [Sample.exchange(0, form: .reply)]
            #expect(try await store.append(reply) == .committed)
            #expect(await isTold(answered, after: 1, .answer))
            #expect(await !isTold(answered, after: 2, .answer))
            #expect(await !isTold(answered, after: 1, .rest))
            #expect(try await store.newestReply(of: answered) == Sample.exchange(0, form: .reply))
            var park = Sample.append(parked, expected: 1)
            park.view.isParked = true
            #expect(try await store.append(park) == .committed)
            #expect(await isTold(parked, after: 1, .rest))
            #expect(await !isTold(parked, after: 1, .answer))
            var end = Sample.append(parked, expected: 2)
            end.view.outcome = "settled"
            #expect(try await store.append(end) == .committed)
            // The next life has heard of none of them, and says the same.
            for _ in 0..<2 {
                #expect(await isTold(parked, after: 2, .rest))
                #expect(await isTold(parked, after: 2, .answer))
                #expect(await !isTold(parked, after: 3, .any))
                #expect(await isTold(answered, after: 1, .any))
                #expect(await isTold(answered, after: 1, .answer))
                #expect(await !isTold(answered, after: 1, .rest))
                #expect(await !isTold(answered, after: 2, .answer))
                await bench.close(store)
                store = try await bench.open(node: "a")
            }
            await bench.close(store)
        },
        StoreContract(name: "several payments are read in one go, each with its own") { bench in
            let store = try await bench.open(node: "a")
            let payments = [Sample.payment(2), Sample.payment(9), Sample.payment(1)]
            for (index, payment) in payments.enumerated() where index != 1 {
                var append = Sample.append(payment, events: index + 1)
                append.exchanges = [Sample.exchange(index)]
                #expect(try await store.append(append) == .committed)
            }
            let histories = try await store.histories(of: payments)
            #expect(histories.map(\.events.count) == [1, 0, 3])
            #expect(histories.map { $0.exchanges.map(\.number) } == [[0], [], [2]])
            await bench.close(store)
        },
        StoreContract(name: "many who wait for one payment are all woken") { bench in
            let store = try await bench.open(node: "a")
            let payment = Sample.payment(1)
            let woken = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        await store.waitForChange(of: payment, after: 0, until: Instant(nanoseconds: .max))
                    }
                }
                group.addTask { (try? await store.append(Sample.append(payment))) == .committed }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(woken == 51)
            await bench.close(store)
        },
        StoreContract(name: "a wait that is cancelled ends with false") { bench in
            let store = try await bench.open(node: "a")
            let wait = Task {
                await store.waitForChange(of: Sample.payment(1), after: 0, until: Instant(nanoseconds: .max))
            }
            wait.cancel()
            #expect(await !wait.value)
            await bench.close(store)
        },
    ]
}
