import Testing

@testable import LabWorld

struct BooksTests {
    @Test("a payment moves as much as it brings: every kind of move adds up")
    func movesAddUp() {
        let seven = amount("7")
        for (books, wanted) in [
            // Customer down, nostro up; our position up, the wallet's FSP down; wallet up; our ledger balanced.
            (
                Books.toWallet(Cast.alice, Cast.wanjiru, seven),
                ["core bank-a A-ALICE": "-7", "wallet wallet-blue 254722000001": "7"]
            ),
            (Books.fromRail(Cast.bob, seven), ["core bank-b B-BOB": "7", "rail \(Cast.farBIC)": "-7"]),
            (
                Books.carriedToRail(Cast.grace, seven),
                ["wallet wallet-green 254733000001": "-7", "far \(Cast.farAccount)": "7"]
            ),
            (Books.fromRailToRail(seven), ["rail \(Cast.farBIC)": "-7", "far \(Cast.duoAccount)": "7"]),
            (Books.onUs(Cast.alice, Cast.amina, seven), ["core bank-a A-ALICE": "-7", "core bank-a A-AMINA": "7"]),
            (Books.bridged(Cast.grace, seven), ["wallet wallet-green 254733000001": "7", "rail \(Cast.farBIC)": "-7"]),
        ] {
            for (name, text) in wanted { #expect(books[name] == amount(text)) }
            let ledger = books.entries.filter { $0.key.hasPrefix("ledger ") }.reduce(LabAmount.zero) { $0 + $1.value }
            #expect(ledger == .zero)
            let hub = books.entries.filter { $0.key.hasPrefix("hub ") }.reduce(LabAmount.zero) { $0 + $1.value }
            #expect(hub == .zero)
        }
    }

    @Test("differences name the book, what it holds and what it should hold")
    func differences() {
        var found = Books.one("core bank-a A-ALICE", amount("93.5"))
        #expect(found.differences(from: found).isEmpty)
        found += .one("wallet wallet-blue 1", amount("1"))
        let expected = Books.one("core bank-a A-ALICE", amount("100"))
        #expect(
            found.differences(from: expected) == [
                "core bank-a A-ALICE is 93.5, expected 100", "wallet wallet-blue 1 is 1, expected 0",
            ])
        found += .one("wallet wallet-blue 1", amount("-1"))
        #expect(found.differences(from: .one("core bank-a A-ALICE", amount("93.5"))).isEmpty)
    }
}

struct ReportTests {
    @Test("columns stand below each other whatever the letters")
    func table() {
        let text = Report.table([["who", "how much"], ["Zoë → Åse", "5"]])
        #expect(text == "who        how much\nZoë → Åse  5       ")
    }

    @Test("the time of each hop adds up over its lines")
    func hops() {
        let page: [(String, Int)] = [("plan", 1_200), ("send", 30_050), ("plan", 800)]
        let lines = page.map { hop, time in
            "{\"hop\":\"\(hop)\",\"afterMicroseconds\":\(time)}"
        }
        let json = try? LabPage.parse("{\"timeline\":[\(lines.joined(separator: ","))]}")
        #expect(json.map(Report.hops) == "plan 2.0 · send 30.0")
    }
}
