import Payments
@testable import PaymentsEngine
import Testing

@Suite("Who waits for an answer that names no payment")
struct WaitingRoomTests {
    private func party(_ number: Int) -> Correlation {
        Correlation("hub blue party", "MSISDN/\(number)")
    }

    private func payment(_ number: UInt64) -> PaymentID { PaymentID(high: 1, low: number) }

    @Test("Everybody who asked hears the one answer, once") func everybody() {
        var room = WaitingRoom()
        let waiting = Set((1...40).map { payment($0) })
        for payment in waiting { room.enter(payment, party(1)) }
        room.enter(payment(41), party(2))
        #expect(room.call(party(1)) == waiting)
        #expect(room.call(party(1)).isEmpty)
        #expect(room.call(party(2)) == [payment(41)])
    }

    @Test("A second answer is known for one; an answer that nobody asked for is not") func secondAnswer() {
        var room = WaitingRoom()
        room.enter(payment(1), party(1))
        #expect(!room.wasCalled(party(1)))
        _ = room.call(party(1))
        _ = room.call(party(2))
        #expect(room.wasCalled(party(1)) && !room.wasCalled(party(2)))
    }

    @Test("A payment that has ended hears nothing any more, under none of its names") func ended() {
        var room = WaitingRoom()
        for name in [party(1), party(2)] {
            room.enter(payment(1), name)
            room.enter(payment(2), name)
        }
        room.leave(payment(1))
        #expect(room.call(party(1)) == [payment(2)])
        #expect(room.call(party(2)) == [payment(2)])
    }

    @Test("What is remembered of answers is bounded, the newest longest") func bounded() {
        var room = WaitingRoom()
        for number in 1...1_000 {
            room.enter(payment(1), party(number))
            _ = room.call(party(number))
        }
        #expect(!room.wasCalled(party(1)) && room.wasCalled(party(1_000)) && room.wasCalled(party(900)))
    }
}
