import Payments
import Testing

@testable import StoreSQLite

@Suite("Who is woken by a commit")
struct ChangeFeedTests {
    private static let past = Instant(seconds: 0)

    /// Whether somebody who waits for such news hears of the commit.
    private func hears(_ news: Awaited, of append: Append) async throws -> Bool {
        let feed = ChangeFeed(limit: 1)
        let waiter = try #require(feed.join(.payment(append.payment), after: 1, heeding: news))
        feed.announce([PaymentChange(append, sequence: 2)], [:])
        return await waiter.wait(until: Self.past, now: { Self.past })
    }

    @Test func newsWakesThoseWhoWaitForItAlone() async throws {
        let plain = Sample.append(Sample.payment(1), expected: 1)
        var reply = plain
        reply.exchanges = [Sample.exchange(0, form: .reply)]
        var request = plain
        request.exchanges = [Sample.exchange(0)]
        var parked = plain
        parked.view.isParked = true
        var ended = plain
        ended.view.outcome = "settled"
        for (append, isAnswer, isRest) in [
            (plain, false, false), (request, false, false), (reply, true, false), (parked, false, true),
            (ended, true, true),
        ] {
            #expect(try await hears(.any, of: append))
            #expect(try await hears(.answer, of: append) == isAnswer)
            #expect(try await hears(.rest, of: append) == isRest)
        }
    }
}
