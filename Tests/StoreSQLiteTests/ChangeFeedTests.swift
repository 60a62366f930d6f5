import Payments
import Testing

@testable import StoreSQLite

@Suite("Who is woken by a commit")
struct ChangeFeedTests {
    private static let past = Instant(seconds: 0)

    /// Whether somebody who waits for such news hears of the commit.
    private func hears(_ news: Awaited, of append: Append) async throws -> News? {
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
            #expect(try await hears(.any, of: append) != nil)
            #expect(try await (hears(.answer, of: append) != nil) == isAnswer)
            #expect(try await (hears(.rest, of: append) != nil) == isRest)
        }
    }

    @Test func whoWaitsIsHandedTheNewestAnswerOfTheCommit() async throws {
        var append = Sample.append(Sample.payment(1), expected: 1)
        append.exchanges = [
            Sample.exchange(0, form: .reply), Sample.exchange(1, form: .reply), Sample.exchange(2),
        ]
        #expect(try await hears(.answer, of: append)?.reply == append.exchanges[1])
        append.exchanges = []
        #expect(try await hears(.any, of: append) == News())
    }

    @Test func whatBeganBeforeTheFeedIsOnlyInTheJournal() throws {
        let feed = ChangeFeed(limit: 1)
        let payment = Sample.payment(1)
        feed.announce([PaymentChange(Sample.append(payment, expected: 1), sequence: 2)], [:])
        #expect(feed.hasNews(payment, after: 1, .any) == nil)
    }

    @Test func anAnswerStaysNewsWhateverFollowsIt() throws {
        let feed = ChangeFeed(limit: 1)
        let payment = Sample.payment(1)
        var reply = Sample.append(payment, expected: 1)
        reply.exchanges = [Sample.exchange(0, form: .reply)]
        feed.announce([PaymentChange(Sample.append(payment), sequence: 1)], [:])
        #expect(feed.hasNews(payment, after: 0, .any) == true)
        #expect(feed.hasNews(payment, after: 0, .answer) == false)
        #expect(feed.hasNews(payment, after: 1, .any) == false)
        feed.announce([PaymentChange(reply, sequence: 2)], [:])
        feed.announce([PaymentChange(Sample.append(payment, expected: 2), sequence: 3)], [:])
        #expect(feed.hasNews(payment, after: 2, .answer) == true)
        #expect(feed.hasNews(payment, after: 2, .rest) == false)
        #expect(feed.hasNews(payment, after: 3, .answer) == false)
    }

    @Test func whatWasNotHeardIsOnlyInTheJournal() throws {
        let feed = ChangeFeed(limit: 1)
        let payment = Sample.payment(1)
        feed.announce([PaymentChange(Sample.append(payment), sequence: 1)], [:])
        feed.forget()
        #expect(feed.hasNews(payment, after: 0, .any) == nil)
        feed.announce([PaymentChange(Sample.append(payment, expected: 1), sequence: 2)], [:])
        #expect(feed.hasNews(payment, after: 1, .any) == nil)
    }

    @Test func ofManyPaymentsThoseThatMovedLastAreKnown() throws {
        let feed = ChangeFeed(limit: 1)
        for number: UInt64 in 1...20_000 {
            feed.announce([PaymentChange(Sample.append(Sample.payment(number)), sequence: 1)], [:])
        }
        #expect(feed.hasNews(Sample.payment(1), after: 0, .any) == nil)
        #expect(feed.hasNews(Sample.payment(20_000), after: 0, .any) == true)
    }
}
