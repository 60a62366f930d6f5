import Payments
import Testing

@testable import PaymentsEngine

@Suite("Shares of the caps")
struct AllowancesTests {
    private enum Word { case held, refused, contested }

    private static let begun = Instant(seconds: 1_800_000_000)
    private let ten = Model.ten()

    /// Caps of one network alone.
    private func allowances(_ capped: String, _ caps: Caps) -> Allowances {
        Allowances(caps: { _, network, _ in network == capped ? caps : nil }, isNetwork: { _, _ in false })
    }

    /// - Parameter isFirst: nothing of the payment is in the journal yet.
    private func claim(_ number: UInt64, _ caps: Allowances, on network: String, isFirst: Bool = true) -> Word {
        let claim = Claim(
            payment: payment(number), tenant: Model.tenant, network: network, amount: ten, isNear: false,
            isFirst: isFirst)
        return switch caps.claim(claim) {
        case .held: .held
        case .refused: .refused
        case .contested: .contested
        }
    }

    private func payment(_ number: UInt64) -> PaymentID { PaymentID(at: Self.begun, engine: 0, entropy: number) }

    private func inFlight(_ caps: Allowances, on network: String) -> Int {
        caps.all.first { $0.network == network }?.inFlight ?? 0
    }

    @Test("Full of payments that may never begin is contested; full of those that began is refused") func proof() {
        let caps = allowances(Model.far, Caps(position: ten, inFlight: 5))
        #expect(claim(1, caps, on: Model.far) == .held)
        #expect(claim(2, caps, on: Model.far) == .contested)
        caps.committed(record(1), bookings: [], isNew: true)
        #expect(claim(2, caps, on: Model.far) == .refused)
        #expect(inFlight(caps, on: Model.far) == 1)
    }

    @Test("Who waits for decisions goes on after the last of them, whichever it is") func decisions() async {
        let caps = allowances(Model.far, Caps(inFlight: 2))
        await caps.decided()
        #expect(claim(1, caps, on: Model.far) == .held && claim(2, caps, on: Model.far) == .held)
        #expect(claim(3, caps, on: Model.far) == .contested)
        let wait = Task { await caps.decided() }
        while caps.doubts == 0 { await Task.yield() }
        caps.unclaim(payment(1))
        // Whoever claims meanwhile is not waited for.
        #expect(claim(1, caps, on: Model.far) == .held)
        #expect(caps.doubts == 1)
        caps.committed(record(2), bookings: [], isNew: true)
        await wait.value
        #expect(caps.doubts == 0 && claim(3, caps, on: Model.far) == .contested)
        caps.unclaim(payment(1))
        #expect(claim(3, caps, on: Model.far) == .held && inFlight(caps, on: Model.far) == 2)
    }

    @Test("A contested claim leaves the share that its payment has, however often it is made") func nothingChanges() {
        let caps = allowances(Model.other, Caps(inFlight: 1))
        caps.begin([], [standing(2)], now: Self.begun.adding(milliseconds: 1))
        #expect(claim(2, caps, on: Model.other) == .held)
        for _ in 1...8 {
            caps.adopt(record(1))
            #expect(claim(1, caps, on: Model.other, isFirst: false) == .contested)
            #expect(inFlight(caps, on: Model.far) == 2)
        }
        caps.unclaim(payment(2))
        #expect(claim(1, caps, on: Model.other, isFirst: false) == .held)
        #expect(inFlight(caps, on: Model.far) == 1 && inFlight(caps, on: Model.other) == 1)
        caps.unclaim(payment(1))
        #expect(inFlight(caps, on: Model.far) == 1 && inFlight(caps, on: Model.other) == 0)
    }

    @Test("A refused claim leaves the share that its payment has until it ends") func refused() {
        let caps = allowances(Model.other, Caps(inFlight: 0))
        caps.begin([], [standing(2)], now: Self.begun.adding(milliseconds: 1))
        for _ in 1...3 {
            caps.adopt(record(1))
            #expect(claim(1, caps, on: Model.other, isFirst: false) == .refused)
            #expect(inFlight(caps, on: Model.far) == 2)
        }
        caps.unclaim(payment(1))
        #expect(inFlight(caps, on: Model.far) == 1)
    }

    /// Payments to the far network that were under way before this process.
    private func standing(_ count: Int) -> Standing {
        Standing(
            tenant: Model.tenant, network: Model.far, side: .target, currency: ten.currency, inFlight: count,
            unbooked: ten)
    }

    /// A payment under way to the far network.
    private func record(_ number: UInt64) -> PaymentRecord {
        var record = PaymentRecord(id: payment(number))
        record.origin = Origin(
            tenant: Model.tenant, network: Model.near, peer: "peer", kind: .transfer, contentHash: "")
        record.receivedAt = Self.begun
        record.payment.amount.settlement = ten
        record.route = RouteDecision(
            version: "1", line: 1, target: .network(Model.far), alternates: [], flow: "outgoing", note: "")
        return record
    }
}
