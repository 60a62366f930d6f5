import Payments
import Testing

extension StoreContract {
    static let reads: [StoreContract] = [
        StoreContract(name: "a new opening finds all that was committed") { bench in
            let first = try await bench.open(node: "a")
            let payment = Sample.payment(1)
            var append = Sample.append(payment, events: 3)
            append.exchanges = [Sample.exchange(1), Sample.exchange(2)]
            append.closed = [1]
            append.messages = [Sample.message(1), Sample.message(2)]
            append.keys = [Correlation("key", "1")]
            append.wake = Sample.start
            append.view = fullView(payment)
            append.bookings = [.move("out", Sample.euros(7), from: .position, "hub", to: .transit, "hub")]
            #expect(try await first.append(append) == .committed)
            let entry = AuditEntry(
                time: Sample.start, who: "olga", action: "resolve", subject: "p", detail: "phoned")
            try await first.audit(entry, tenant: Sample.tenant)
            await bench.close(first)
            let second = try await bench.open(node: "a")
            #expect(try await second.events(of: payment, after: 0) == append.events)
            #expect(try await second.exchanges(of: payment) == append.exchanges)
            #expect(try await second.messages(of: payment) == append.messages)
            #expect(try await second.holder(of: Correlation("key", "1"))?.payment == payment)
            #expect(try await second.nextTimer() == Sample.start)
            #expect(try await second.view(of: payment) == append.view)
            #expect(try await second.list(PaymentQuery(tenant: Sample.tenant)) == [append.view])
            #expect(try await second.balances(tenant: Sample.tenant).count == 2)
            #expect(try await second.auditLog(tenant: Sample.tenant, limit: 10) == [entry])
            await bench.close(second)
        },
        StoreContract(name: "a list shows what was committed just now, newest first, page by page") { bench in
            let store = try await bench.open(node: "a")
            let payments = (1...7).map { Sample.payment($0) }
            for payment in payments { #expect(try await store.append(Sample.append(payment)) == .committed) }
            let first = try await store.list(PaymentQuery(tenant: Sample.tenant, limit: 3))
            #expect(first.map(\.id) == [payments[6], payments[5], payments[4]])
            let next = try await store.list(
                PaymentQuery(tenant: Sample.tenant, before: first.last?.id, limit: 10))
            #expect(next.map(\.id) == payments[0...3].reversed())
            #expect(try await store.append(Sample.append(payments[2], expected: 1, stage: "settled")) == .committed)
            let settled = try await store.list(PaymentQuery(tenant: Sample.tenant, stage: "settled"))
            #expect(settled.map(\.id) == [payments[2]])
            await bench.close(store)
        },
        StoreContract(name: "a list finds by end-to-end id, debtor and creditor, and what is stuck") { bench in
            let store = try await bench.open(node: "a")
            let (named, parked, plain) = (Sample.payment(1), Sample.payment(2), Sample.payment(3))
            var first = Sample.append(named)
            first.view = fullView(named)
            first.view.isParked = false
            var second = Sample.append(parked, stage: "unknown")
            second.view.isParked = true
            let batch = [first, second, Sample.append(plain)]
            #expect(try await store.append(batch, leaseUntil: Sample.lease).allSatisfy { $0 == .committed })
            for text in ["e2e-1", "msisdn:1", "iban:2"] {
                let found = try await store.list(PaymentQuery(tenant: Sample.tenant, search: text))
                #expect(found.map(\.id) == [named])
            }
            #expect(try await store.list(PaymentQuery(tenant: Sample.tenant, search: "e2e")).isEmpty)
            let stuck = try await store.list(PaymentQuery(tenant: Sample.tenant, stuckOnly: true))
            #expect(stuck.map(\.id) == [parked])
            await bench.close(store)
        },
        StoreContract(name: "tenants do not see each other, and an unknown one is refused") { bench in
            let store = try await bench.open(node: "a")
            let (mine, theirs) = (Sample.payment(1), Sample.payment(2))
            #expect(try await store.append(Sample.append(mine)) == .committed)
            #expect(try await store.append(Sample.append(theirs, tenant: "green")) == .committed)
            #expect(try await store.list(PaymentQuery(tenant: Sample.tenant)).map(\.id) == [mine])
            #expect(try await store.list(PaymentQuery(tenant: "green")).map(\.id) == [theirs])
            await #expect(throws: StoreError.tenantUnknown("nobody")) {
                try await store.append(Sample.append(Sample.payment(3), tenant: "nobody"))
            }
            await #expect(throws: StoreError.tenantUnknown("nobody")) {
                try await store.list(PaymentQuery(tenant: "nobody"))
            }
            #expect(try await store.view(of: Sample.payment(3)) == nil)
            await bench.close(store)
        },
        StoreContract(name: "a payment with an outcome is no longer open") { bench in
            let store = try await bench.open(node: "a")
            let payment = Sample.payment(1)
            #expect(try await store.append(Sample.append(payment)) == .committed)
            #expect(try await store.append(Sample.append(Sample.payment(2))) == .committed)
            var last = Sample.append(payment, expected: 1, stage: "settled")
            last.view.outcome = "settled"
            #expect(try await store.append(last) == .committed)
            #expect(try await store.openPayments() == 1)
            await bench.close(store)
        },
        StoreContract(name: "a store that was closed says so") { bench in
            let store = try await bench.open(node: "a")
            await bench.close(store)
            await #expect(throws: StoreError.closed) { try await store.append(Sample.append(Sample.payment(1))) }
            await #expect(throws: StoreError.closed) { try await store.events(of: Sample.payment(1), after: 0) }
            #expect(
                await !store.waitForChange(of: Sample.payment(1), after: 0, until: Instant(nanoseconds: .max)))
        },
    ]

    /// A view with every field set.
    static func fullView(_ payment: PaymentID) -> PaymentView {
        var view = Sample.view(payment, stage: "send")
        view.sequence = 3
        view.network = "mojaloop:hub1"
        view.outcome = "rejected"
        view.isParked = true
        view.amount = Money(units: -99_999_999_999_999_999_999_999, currency: Sample.euro)
        view.endToEnd = "e2e-1"
        view.debtor = "msisdn:1"
        view.creditor = "iban:2"
        view.reason = "AC01 “closed”"
        view.step = "send"
        view.openSince = Sample.start.adding(milliseconds: 5)
        view.doubt = "no answer in time"
        view.settledAt = Sample.start.adding(milliseconds: 9)
        view.businessDate = CivilDate(year: 2027, month: 2, day: 28)
        return view
    }
}
