import Payments
import Testing

extension StoreContract {
    static let lists: [StoreContract] = [
        StoreContract(name: "every filter of a list finds what it says and nothing else") { bench in
            let store = try await bench.open(node: "a")
            for number in 1...6 { #expect(try await store.append(varied(number)) == .committed) }
            func found(_ change: (inout PaymentQuery) -> Void) async throws -> [Int] {
                var query = PaymentQuery(tenant: Sample.tenant)
                query.order = .oldest
                change(&query)
                return try await store.list(query).map { Int($0.id.low) }
            }
            #expect(try await found { $0.outcome = "settled" } == [2, 4, 6])
            #expect(try await found { $0.network = "iso:rtp1" } == [3, 6])
            #expect(try await found { $0.origin = "mojaloop:hub1" } == [5])
            #expect(try await found { $0.currency = Currency("KES") } == [1, 4])
            #expect(try await found { $0.leastAmount = Sample.euros(300) } == [3, 5, 6])
            #expect(try await found { $0.mostAmount = Sample.euros(50_000) } == [2, 3])
            #expect(
                try await found {
                    $0.leastAmount = Sample.euros(300)
                    $0.mostAmount = Sample.euros(300)
                } == [3])
            #expect(
                try await found {
                    $0.receivedFrom = Sample.start.adding(milliseconds: 2)
                    $0.receivedUntil = Sample.start.adding(milliseconds: 5)
                } == [2, 3, 4])
            #expect(try await found { $0.search = "tx-5" } == [5])
            #expect(try await found { $0.search = "message-5" } == [5])
            #expect(try await found { $0.search = "tx" } == [])
            #expect(
                try await store.payments(
                    of: Sample.tenant, receivedFrom: Sample.start.adding(milliseconds: 2),
                    until: Sample.start.adding(milliseconds: 6), after: Sample.payment(2), limit: 2
                ).map { Int($0.low) } == [3, 4])
            await bench.close(store)
        },
        StoreContract(name: "what is stuck is listed by the money at risk, page by page in both directions") { bench in
            let store = try await bench.open(node: "a")
            for number in 1...6 {
                var append = varied(number)
                append.view.isParked = number != 2
                if number == 6 { append.view.amount = nil }
                #expect(try await store.append(append) == .committed)
            }
            var query = PaymentQuery(tenant: Sample.tenant, stuckOnly: true)
            query.order = .amount
            #expect(try await store.list(query).map { Int($0.id.low) } == [5, 3, 4, 1, 6])
            query.limit = 2
            #expect(try await store.list(query).map { Int($0.id.low) } == [5, 3])
            query.before = Sample.payment(3)
            #expect(try await store.list(query).map { Int($0.id.low) } == [4, 1])
            query.before = Sample.payment(1)
            #expect(try await store.list(query).map { Int($0.id.low) } == [6])
            (query.before, query.after) = (nil, Sample.payment(6))
            #expect(try await store.list(query).map { Int($0.id.low) } == [4, 1])
            query.after = Sample.payment(4)
            #expect(try await store.list(query).map { Int($0.id.low) } == [5, 3])
            await bench.close(store)
        },
        StoreContract(name: "pages stay what they were while payments arrive, forwards and back") { bench in
            let store = try await bench.open(node: "a")
            for number in 10...19 { #expect(try await store.append(varied(number)) == .committed) }
            var query = PaymentQuery(tenant: Sample.tenant, limit: 3)
            let first = try await store.list(query)
            #expect(first.map { Int($0.id.low) } == [19, 18, 17])
            for number in 20...25 { #expect(try await store.append(varied(number)) == .committed) }
            query.before = first.last?.id
            let second = try await store.list(query)
            #expect(second.map { Int($0.id.low) } == [16, 15, 14])
            (query.before, query.after) = (nil, second.first?.id)
            #expect(try await store.list(query) == first)
            query.after = first.first?.id
            #expect(try await store.list(query).map { Int($0.id.low) } == [22, 21, 20])
            query.order = .oldest
            query.after = Sample.payment(14)
            #expect(try await store.list(query).map { Int($0.id.low) } == [15, 16, 17])
            (query.before, query.after) = (Sample.payment(15), nil)
            #expect(try await store.list(query).map { Int($0.id.low) } == [12, 13, 14])
            await bench.close(store)
        },
        StoreContract(name: "a payment is found by a name that an earlier commit gave it") { bench in
            let store = try await bench.open(node: "a")
            #expect(try await store.append(varied(1)) == .committed)
            await bench.close(store)
            let next = try await bench.open(node: "a")
            #expect(try await next.append(Sample.append(Sample.payment(1), expected: 1, stage: "send")) == .committed)
            let found = try await next.list(PaymentQuery(tenant: Sample.tenant, search: "tx-1"))
            #expect(found.map(\.stage) == ["send"])
            await bench.close(next)
        },
    ]

    private static func varied(_ number: Int) -> Append {
        var append = Sample.append(Sample.payment(UInt64(number)))
        append.keys = [
            Correlation("iso:rtp1/blue/transaction", "tx-\(number)"),
            Correlation("iso:rtp1/blue/message", "message-\(number)"),
        ]
        append.view.outcome = number % 2 == 0 ? "settled" : nil
        append.view.network = number % 3 == 0 ? "iso:rtp1" : nil
        append.view.origin = number == 5 ? "mojaloop:hub1" : "channel"
        let units = [1: 5_000, 2: 299, 3: 300, 4: 99_999, 5: 1_000_000, 6: 70_000][number] ?? 1
        let currency = [1, 4].contains(number) ? Currency("KES")! : Sample.euro
        append.view.amount = Money(units: Int128(units), currency: currency)
        append.view.receivedAt = Sample.start.adding(milliseconds: Int64(number))
        return append
    }
}
