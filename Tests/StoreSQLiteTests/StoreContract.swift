import Payments
import Testing

/// A place with one journal, in which a contract case opens as many stores as it likes.
protocol StoreBench: Sendable {
    /// A store of the node: a new epoch. Several may be open at once; they see one journal.
    func open(node: String) async throws -> any PaymentStore
    /// Ends the store in order, so that the journal can be opened again.
    func close(_ store: any PaymentStore) async
}

/// What every store must do, whatever it is made of. A store's tests run all cases on a fresh bench each.
struct StoreContract: Sendable, CustomTestStringConvertible {
    var name: String
    var run: @Sendable (any StoreBench) async throws -> Void

    var testDescription: String { name }

    static let all: [StoreContract] = appends + claims + feed + reads + told + lists
}

// MARK: Material

/// Builds appends that a reader can tell apart.
enum Sample {
    static let tenant = "blue"
    static let start = Instant(seconds: 1_800_000_000)
    static let lease = start.adding(milliseconds: 30_000)
    static let euro = Currency("EUR")!

    static func payment(_ number: UInt64) -> PaymentID { PaymentID(at: start, engine: 1, entropy: number) }

    static func view(_ payment: PaymentID, tenant: String = tenant, stage: String = "received") -> PaymentView {
        PaymentView(
            id: payment, tenant: tenant, sequence: 0, kind: "credit", origin: "channel", stage: stage,
            receivedAt: start, changedAt: start)
    }

    static func append(
        _ payment: PaymentID, expected: Int = 0, events: Int = 1, tenant: String = tenant, stage: String = "received"
    ) -> Append {
        var append = Append(
            payment: payment, tenant: tenant, expected: expected,
            view: view(payment, tenant: tenant, stage: stage))
        for sequence in (expected + 1)..<(expected + 1 + events) {
            append.events.append(
                StoredEvent(
                    sequence: sequence, time: start.adding(milliseconds: Int64(sequence)), kind: "stated",
                    body: [UInt8](repeating: UInt8(truncatingIfNeeded: sequence), count: 40)))
        }
        return append
    }

    static func exchange(_ number: Int, form: Exchange.Form = .request) -> Exchange {
        Exchange(
            number: number, step: 2, purpose: .ask, peer: "hub", form: form, message: "transfer",
            wire: [1, 2, 3, UInt8(number)], deadline: start.adding(milliseconds: 5_000), isRepeatable: true)
    }

    static func message(_ number: Int) -> ArchivedMessage {
        ArchivedMessage(
            direction: number % 2 == 0 ? .sent : .received, peer: "hub", message: "transfer \(number)",
            time: start.adding(milliseconds: Int64(number)), bytes: [UInt8("a".utf8.first! + UInt8(number % 26))])
    }

    static func euros(_ units: Int128) -> Money { Money(units: units, currency: euro)! }
}

extension PaymentStore {
    /// One append, one result.
    func append(_ append: Append, leaseUntil: Instant = Sample.lease) async throws -> AppendResult {
        try #require(try await self.append([append], leaseUntil: leaseUntil).first)
    }
}

// MARK: Appends

extension StoreContract {
    static let appends: [StoreContract] = [
        StoreContract(name: "of two appenders who know the same sequence, one is committed") { bench in
            let store = try await bench.open(node: "a")
            let payment = Sample.payment(1)
            async let left = store.append(Sample.append(payment))
            async let right = store.append(Sample.append(payment))
            let results = try await [left, right]
            #expect(results.contains(.committed) && results.contains(.conflict))
            #expect(try await store.events(of: payment, after: 0).count == 1)
            #expect(try await store.append(Sample.append(payment, expected: 3)) == .conflict)
            #expect(try await store.append(Sample.append(payment, expected: 1, events: 2)) == .committed)
            #expect(try await store.events(of: payment, after: 1).map(\.sequence) == [2, 3])
            await bench.close(store)
        },
        StoreContract(name: "a name has one holder, and a repeat learns which, with which content") { bench in
            let store = try await bench.open(node: "a")
            let (first, second) = (Sample.payment(1), Sample.payment(2))
            let key = Correlation("fspiop:transfer", "t-1")
            var append = Sample.append(first)
            append.keys = [key]
            append.contentHash = "h1"
            #expect(try await store.append(append) == .committed)
            var repeated = Sample.append(second)
            repeated.keys = [Correlation("fspiop:transfer", "t-2"), key]
            repeated.contentHash = "h2"
            #expect(try await store.append(repeated) == .keyTaken(key, first, contentHash: "h1"))
            #expect(try await store.events(of: second, after: 0).isEmpty)
            #expect(try await store.holder(of: Correlation("fspiop:transfer", "t-2")) == nil)
            #expect(try await store.holder(of: key) == KeyHolder(payment: first, contentHash: "h1"))
            var again = Sample.append(first, expected: 1)
            again.keys = [key]
            again.contentHash = "h3"
            #expect(try await store.append(again) == .committed)
            #expect(try await store.holder(of: key)?.contentHash == "h1")
            await bench.close(store)
        },
        StoreContract(name: "an append that conflicts leaves nothing of itself and all of the others") { bench in
            let store = try await bench.open(node: "a")
            let payments = (1...3).map { Sample.payment($0) }
            var batch = payments.map { Sample.append($0) }
            batch[1].expected = 4
            batch[1].events = [StoredEvent(sequence: 5, time: Sample.start, kind: "stated", body: [])]
            for index in batch.indices {
                batch[index].exchanges = [Sample.exchange(1)]
                batch[index].messages = [Sample.message(index)]
                batch[index].keys = [Correlation("key", "\(index)")]
                batch[index].wake = Sample.start
                batch[index].bookings = [
                    .move("out", Sample.euros(100), from: .position, "hub", to: .transit, "hub")
                ]
            }
            #expect(try await store.append(batch, leaseUntil: Sample.lease) == [.committed, .conflict, .committed])
            let refused = payments[1]
            #expect(try await store.events(of: refused, after: 0).isEmpty)
            #expect(try await store.exchanges(of: refused).isEmpty)
            #expect(try await store.messages(of: refused).isEmpty)
            #expect(try await store.holder(of: Correlation("key", "1")) == nil)
            #expect(try await store.view(of: refused) == nil)
            let position = try await store.balances(tenant: Sample.tenant).first { $0.account == .position }
            #expect(position?.balance == Sample.euros(-200))
            let due = try await store.dueTimers(now: Sample.start, leaseUntil: Sample.lease, limit: 10)
            #expect(Set(due) == [payments[0], payments[2]])
            #expect(try await store.exchanges(of: payments[2]) == [Sample.exchange(1)])
            await bench.close(store)
        },
        StoreContract(name: "two appends to one payment in one batch follow each other") { bench in
            let store = try await bench.open(node: "a")
            let payment = Sample.payment(1)
            let batch = [Sample.append(payment, events: 2), Sample.append(payment, expected: 2, stage: "send")]
            #expect(try await store.append(batch, leaseUntil: Sample.lease) == [.committed, .committed])
            #expect(try await store.events(of: payment, after: 0).map(\.sequence) == [1, 2, 3])
            #expect(try await store.view(of: payment)?.stage == "send")
            #expect(try await store.view(of: payment)?.sequence == 3)
            await bench.close(store)
        },
        StoreContract(name: "what follows a refused append of its payment is refused too") { bench in
            let store = try await bench.open(node: "a")
            let (payment, other) = (Sample.payment(1), Sample.payment(2))
            #expect(try await store.append(Sample.append(payment, events: 2)) == .committed)
            // Made when the journal was empty, as is the one behind it: its number is right by chance.
            let batch = [
                Sample.append(payment, events: 2), Sample.append(payment, expected: 2), Sample.append(other),
            ]
            #expect(try await store.append(batch, leaseUntil: Sample.lease) == [.conflict, .conflict, .committed])
            #expect(try await store.events(of: payment, after: 0).count == 2)
            await bench.close(store)
        },
        StoreContract(name: "nothing rests of a payment that the journal does not know") { bench in
            let store = try await bench.open(node: "a")
            let payment = Sample.payment(1)
            var append = Sample.append(payment)
            append.events = []
            append.messages = [Sample.message(1)]
            await #expect(throws: StoreError.self) { try await store.append(append) }
            #expect(try await store.view(of: payment) == nil)
            #expect(try await store.messages(of: payment).isEmpty)
            await bench.close(store)
        },
        StoreContract(name: "a thousand appends at once are all committed, each once") { bench in
            let store = try await bench.open(node: "a")
            let count = 1_000
            let committed = try await withThrowingTaskGroup(of: AppendResult.self) { group in
                for number in 0..<count {
                    group.addTask { try await store.append(Sample.append(Sample.payment(UInt64(number)), events: 2)) }
                }
                return try await group.reduce(into: 0) { $0 += $1 == .committed ? 1 : 0 }
            }
            #expect(committed == count)
            #expect(try await store.openPayments() == count)
            for number in stride(from: UInt64(0), to: UInt64(count), by: 97) {
                #expect(try await store.events(of: Sample.payment(number), after: 0).count == 2)
            }
            await bench.close(store)
        },
        StoreContract(name: "the ledger adds up to zero, and lines that do not are refused with their batch") { bench in
            let store = try await bench.open(node: "a")
            let payment = Sample.payment(1)
            var append = Sample.append(payment)
            append.bookings = [
                .move("reserve", Sample.euros(1_250_000), from: .position, "hub", to: .transit, "hub"),
                .move("settle", Sample.euros(250_000), from: .transit, "hub", to: .customers, "bank"),
            ]
            #expect(try await store.append(append) == .committed)
            let balances = try await store.balances(tenant: Sample.tenant)
            #expect(balances.reduce(Int128(0)) { $0 + $1.balance.units } == 0)
            #expect(balances.first { $0.account == .transit }?.balance == Sample.euros(1_000_000))
            #expect(try await store.balances(tenant: nil) == balances)
            var crooked = Sample.append(payment, expected: 1)
            var booking = Booking.move("out", Sample.euros(5), from: .position, "hub", to: .transit, "hub")
            booking.entries[1].amount = Sample.euros(4)
            crooked.bookings = [booking]
            await #expect(throws: StoreError.self) { try await store.append(crooked) }
            #expect(try await store.balances(tenant: Sample.tenant) == balances)
            #expect(try await store.view(of: payment)?.sequence == 1)
            await bench.close(store)
        },
    ]
}
