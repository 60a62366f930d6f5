import FormatJSON
import Foundation
import Payments
import Testing

@testable import Gateway

@Suite("Reconciliation")
struct ReconciliationTests {
    private let kes = Currency("KES") ?? Currency("EUR")

    private func leg(
        _ names: [String], _ direction: Leg.Direction = .out, _ amount: String = "10.00",
        _ state: Leg.State = .settled
    ) throws -> Leg {
        let currency = try #require(kes)
        return Leg(
            payment: PaymentID(high: 1, low: 1), names: names, direction: direction,
            amount: try #require(Leg.money(amount, currency)), state: state)
    }

    private func reconcile(_ ours: [Leg], _ theirs: [Leg]) -> Reconciliation {
        var result = Reconciliation()
        for leg in ours { result.add(leg) }
        for leg in theirs { result.match(leg) }
        result.finish()
        return result
    }

    @Test func anyNameFindsItsPayment() throws {
        let result = reconcile(
            [try leg(["t-1", "uetr-1", "end-1"]), try leg(["t-2", "end-2"])],
            [try leg(["uetr-1"]), try leg(["end-2"])])
        #expect(result.matched == 2 && result.differences.isEmpty)
    }

    @Test func everyKindOfDifferenceIsTold() throws {
        let result = reconcile(
            [
                try leg(["same"]), try leg(["ours"]), try leg(["amount"]), try leg(["state"], .out, "10.00", .open),
                try leg(["turned"], .in), try leg(["refused"], .out, "10.00", .rejected),
            ],
            [
                try leg(["same"]), try leg(["same"]), try leg(["amount"], .out, "11.00"), try leg(["state"]),
                try leg(["turned"], .out), try leg(["never came"], .out, "10.00", .rejected),
            ])
        let found = result.differences.map { "\($0.kind.rawValue) \(($0.theirs ?? $0.ours)?.names.first ?? "")" }
        #expect(
            Set(found) == [
                "listed twice same", "only ours ours", "amount differs amount", "state differs state",
                "only theirs turned", "only ours turned",
            ], "\(found)")
        #expect(result.matched == 1 && result.rejectedThereAlone == 1)
    }

    @Test func aNameThatSeveralPaymentsHaveDecidesNothing() throws {
        let result = reconcile(
            [try leg(["a", "NOTPROVIDED"]), try leg(["b", "NOTPROVIDED"])],
            [try leg(["a"]), try leg(["NOTPROVIDED"])])
        #expect(result.matched == 1)
        #expect(Set(result.differences.map(\.kind)) == [.onlyOurs, .onlyTheirs])
    }

    @Test func sumsAreOfWhatSettled() throws {
        let result = reconcile(
            [try leg(["a"]), try leg(["b"], .out, "5.50"), try leg(["c"], .out, "99.00", .open)], [try leg(["a"])])
        let total = try #require(result.totals.first)
        #expect(total["ours"]?.string == "15.50" && total["theirs"]?.string == "10.00")
        #expect(total["difference"]?.string == "5.50" && total["oursCount"]?.int == 2)
    }

    @Test func reportsAreReadInEveryForm() throws {
        let scratch = try Scratch()
        let forms = [
            "reference,direction,amount,currency,state\r\nr-1,out,10.00,KES,COMMITTED\r\n",
            "\u{FEFF}state,extra,Reference,currency,amount,direction\nsettled,\"a, b\",\"r-1\",KES,10,OUT",
            #"{"reference":"r-1","direction":"out","amount":"10.00","currency":"KES","state":"ACSC"}"#,
        ]
        for text in forms {
            var legs: [Leg] = []
            try ReportReader(path: try scratch.write("report", text)).each { row in legs.append(try row.get()) }
            #expect(legs.count == 1 && legs[0].names == ["r-1"] && legs[0].state == .settled, "\(text)")
            #expect(legs[0].amount.units == 1_000_000 && legs[0].direction == .out)
        }
    }

    @Test func linesThatCannotBeReadAreToldWithTheirPlace() throws {
        let scratch = try Scratch()
        let text = """
            reference,direction,amount,currency,state
            r-1,out,10.00,KES,settled
            r-2,sideways,10.00,KES,settled
            r-3,out,-1,KES,settled
            r-4,out,1.000000,KES,settled
            r-5,out,1.00,kes,settled
            r-6,out,1.00,KES,maybe
            r-7,out,"1.00,KES,settled
            ,out,1.00,KES,settled
            """
        var faults: [Int] = []
        var good = 0
        try ReportReader(path: try scratch.write("report.csv", text)).each { row in
            switch row {
            case .success: good += 1
            case .failure(let fault): faults.append(fault.line)
            }
        }
        #expect(good == 1 && faults == [3, 4, 5, 6, 7, 8, 9])
        for (text, says) in [("", "is empty"), ("reference,amount\n", "lacks direction, currency, state")] {
            let reader = try ReportReader(path: try scratch.write("bad.csv", text))
            #expect { try reader.each { _ in } } throws: { "\($0)".contains(says) }
        }
    }

    @Test func aLongReportIsReadLineByLine() throws {
        let scratch = try Scratch()
        let lines = (0..<50_000).map { "reference-\($0),in,1.00,KES,settled" }
        let path = try scratch.write(
            "long.csv", "reference,direction,amount,currency,state\n" + lines.joined(separator: "\n"))
        var count = 0
        var progress = 0
        let reader = try ReportReader(path: path)
        try reader.each(progress: { progress = $0 }) { row in
            if try row.get().names == ["reference-\(count)"] { count += 1 }
        }
        #expect(count == 50_000 && progress == reader.bytes)
        let endless = try ReportReader(
            path: try scratch.write("endless.csv", String(repeating: "x", count: 400_000)))
        #expect { try endless.each { _ in } } throws: { "\($0)".contains("longer than") }
    }
}
