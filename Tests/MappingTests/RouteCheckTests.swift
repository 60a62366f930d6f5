import Payments
import Testing

@testable import Mapping

@Suite("A look at a rules table") struct RouteCheckTests {
    private func report(
        _ lines: String..., origins: Set<String> = [], last: String = RouteBench.last
    ) throws -> RouteReport {
        let table = try RouteBench.table(lines, last: last)
        return RouteCheck(
            table, flows: RouteCheckTests.flows, origins: origins, today: CivilDate(dayNumber: 20_000), pairs: 3
        ).report()
    }

    /// The flows of the repository.
    private static let flows: [String: Flow] = {
        (try? FlowTables(files: MappingFiles.all.filter { $0.name.hasPrefix("flows/") }))?.flows ?? [:]
    }()

    private func of(_ kind: RouteFinding.Kind, _ report: RouteReport) -> [RouteFinding] {
        report.findings.filter { $0.kind == kind }
    }

    @Test("A row behind a wider one with another target is an error") func neverReached() throws {
        let report = try report(
            "10,*,transfer,*,*,MSISDN:+25*,*,*,,,,,,mojaloop:hub1,,outgoing,",
            "20,a,transfer,channel,*,MSISDN:+254*,*,KES,,100,,,,iso:rtp1,,outgoing,",
            "30,a,transfer,channel,*,MSISDN:+254*,*,KES,,100,,,,mojaloop:hub1,,outgoing,",
            "40,a,transfer,channel,*,MSISDN:+26*,*,KES,,100,,,,mojaloop:hub1,,outgoing,")
        let hidden = of(.neverReached, report)
        #expect(hidden.map(\.line) == [3, 4] && hidden.map(\.other) == [2, 2])
        #expect(hidden.map(\.level) == [.error, .warning])
        #expect(report.hasErrors)
    }

    @Test("Amounts and days that several rows take together") func union() throws {
        let report = try report(
            "10,*,transfer,*,*,*,*,EUR,,100,,,,iso:rtp1,,outgoing,",
            "20,*,transfer,*,*,*,*,EUR,100.00001,500,,,,iso:rtp1,,outgoing,",
            "30,*,transfer,*,*,*,*,EUR,50,450,,,,iso:rtp2,,outgoing,",
            "40,*,transfer,*,*,*,*,EUR,450,600,,,,iso:rtp2,,outgoing,",
            "50,*,return,*,*,*,*,*,,,,2024-01-01,2024-06-30,iso:rtp1,,outgoing,",
            "60,*,return,*,*,*,*,*,,,,2024-07-01,,iso:rtp1,,outgoing,",
            "70,*,return,*,*,*,*,*,,,,2024-03-01,,iso:rtp2,,outgoing,",
            "80,*,return,*,*,*,*,*,,,,,,iso:rtp2,,outgoing,")
        #expect(of(.neverReached, report).map(\.line) == [4, 8])
    }

    @Test("Rows that are not alike may take a row's payments together") func together() throws {
        let report = try report(
            "10,*,transfer,*,*,*,*,EUR,,100,,,2024-06-30,iso:rtp1,,outgoing,",
            "20,*,*,*,*,*,*,EUR,100.00001,,,,,iso:rtp1,,outgoing,",
            "30,a,*,*,*,IBAN:*,*,*,,,,2024-07-01,,iso:rtp2,,outgoing,",
            "40,a,transfer,channel,*,IBAN:DE*,*,EUR,50,,,,,iso:rtp2,,outgoing,",
            "50,a,return,channel,*,IBAN:DE*,*,EUR,50,,,,,iso:rtp2,,outgoing,",
            "60,b,transfer,channel,*,IBAN:DE*,*,EUR,50,,,,,iso:rtp2,,outgoing,",
            "70,a,transfer,channel,*,IBAN:DE*,*,*,,,,,,iso:rtp2,,outgoing,")
        let hidden = of(.neverReached, report)
        #expect(hidden.map(\.line) == [5])
        #expect(hidden[0].says == "is never reached: lines 2, 3, 4 together take all its payments")
    }

    @Test("Amounts between the rows, and beyond the last of them") func holes() throws {
        let report = try report(
            "10,*,transfer,channel,*,IBAN:*,*,EUR,,100,,,,iso:rtp1,,outgoing,",
            "20,a,transfer,channel,*,IBAN:*,*,EUR,200,500,,,,iso:rtp1,,outgoing,",
            "30,*,transfer,channel,*,MSISDN:*,*,KES,10,,,,,mojaloop:hub1,,outgoing,",
            "40,*,transfer,channel,*,BUSINESS:*,*,KES,,,,,,mojaloop:hub1,,outgoing,", origins: ["channel"])
        let says = of(.gap, report).map(\.says).filter { $0.contains("KES") || $0.contains("EUR") }
        #expect(
            says == [
                "no row but the last takes a transfer from channel to IBAN from EUR 100.00001 to EUR 199.99999: "
                    + "it goes to refuse:nobody",
                "no row but the last takes a transfer from channel to IBAN of EUR 500.00001 and more: "
                    + "it goes to refuse:nobody",
                "no row but the last takes a transfer from channel to MSISDN of KES 9.99999 and less: "
                    + "it goes to refuse:nobody",
            ])
    }

    @Test("Ends the wrong way round, and a row of the past") func ranges() throws {
        let report = try report(
            "10,*,transfer,*,*,*,*,EUR,200,100,,,,iso:rtp1,,outgoing,",
            "20,*,transfer,*,*,*,*,*,,,,2030-01-02,2030-01-01,iso:rtp1,,outgoing,",
            "30,*,transfer,*,*,*,*,*,,,,,2001-01-01,iso:rtp1,,outgoing,")
        #expect(of(.emptyRange, report).map(\.line) == [2, 3])
        #expect(of(.expired, report).map(\.line) == [4] && of(.expired, report).map(\.level) == [.note])
    }

    @Test("Flows that do not suit, and alternates that are never tried") func targets() throws {
        let report = try report(
            "10,a,transfer,*,*,*,*,*,,,,,,on-us,iso:rtp1,outgoing,",
            "20,b,transfer,*,*,*,*,*,,,,,,iso:rtp1,,incoming,",
            "30,c,transfer,*,*,*,*,*,,,,,,iso:rtp1,iso:rtp2 iso:rtp1,outgoing,")
        #expect(of(.flowUnsuited, report).map(\.line) == [2, 3])
        #expect(of(.alternateUnused, report).map(\.line) == [2, 4])
    }

    @Test("Two rows that disagree: of one priority first, special before general not at all") func order() throws {
        let report = try report(
            "10,*,transfer,*,*,MSISDN:+254*,*,*,,,,,,mojaloop:hub1,,outgoing,",
            "20,a,transfer,*,*,MSISDN:*,*,*,,,,,,iso:rtp1,,outgoing,",
            "30,*,transfer,*,*,MSISDN:*,*,*,,,,,,iso:rtp2,,outgoing,",
            "40,*,transfer,channel,*,IBAN:*,*,*,,,,,,iso:rtp1,,outgoing,",
            "40,*,transfer,*,*,IBAN:DE*,*,*,,,,,,iso:rtp2,,outgoing,")
        let found = of(.orderDecides, report)
        #expect(found.map { [$0.line, $0.other ?? 0] } == [[3, 2], [6, 5]])
        #expect(found.map(\.level) == [.note, .warning])
        #expect(report.pairsWithSeveralNames > 0 && report.pairsLeftOut == 0 && !report.hasErrors)
    }

    @Test("More pairs than are listed are counted") func manyPairs() throws {
        let lines = (1...5).map { "\($0),bank-\($0),transfer,*,*,*,*,*,,,,,,iso:rtp\($0),,outgoing," }
        let table = try RouteBench.table(lines + ["9,*,transfer,channel,*,*,*,*,,,,,,iso:x,,outgoing,"])
        let report = RouteCheck(table, flows: [:], today: CivilDate(dayNumber: 20_000), pairs: 3).report()
        #expect(of(.orderDecides, report).count == 3 && report.pairsLeftOut == 2)
    }

    @Test("What only the last row takes, to refuse it") func gaps() throws {
        let report = try report(
            "10,*,transfer,channel,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,",
            "20,*,transfer,iso:*,*,*,*,*,,,,,,on-us,,incoming,",
            origins: ["channel", "iso:rtp1", "mojaloop:hub1"])
        let says = of(.gap, report).map(\.says)
        #expect(says.contains("no row but the last takes a return: it goes to refuse:nobody"))
        #expect(says.contains("no row but the last takes a transfer from mojaloop:hub1: it goes to refuse:nobody"))
        #expect(
            says.contains(
                "no row but the last takes a transfer from channel to any other identifier: it goes to refuse:nobody"))
        #expect(!says.contains { $0.contains("iso:rtp1") })
        #expect(of(.gap, report).allSatisfy { $0.level == .note })
    }

    @Test("What is told to be never reached is reached by nobody", arguments: 1...8 as ClosedRange<UInt64>)
    func proof(_ seed: UInt64) {
        var bench = RouteBench(seed: seed)
        let table = bench.table(rows: 120, restricted: 2)
        let report = RouteCheck(table, flows: [:], today: CivilDate(dayNumber: 20_000)).report()
        let hidden = Set(of(.neverReached, report).map(\.line))
        #expect(!hidden.isEmpty)
        var reached: Set<Int> = []
        for _ in 0..<5_000 { reached.insert(table.decide(bench.question()).line) }
        #expect(reached.isDisjoint(with: hidden))
        // As by comparing each row with each one before it.
        let plain = table.rows.indices.filter { later in
            table.rows[..<later].contains { $0.covers(table.rows[later]) }
        }
        #expect(Set(plain.map { table.rows[$0].line }).isSubset(of: hidden))
    }
}
