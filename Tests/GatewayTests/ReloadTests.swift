import ChannelAPI
import Foundation
import Logging
import Mapping
import Payments
import PaymentsEngine
import Synchronization
import Testing

@testable import Gateway

/// Tables exchanged under a running gateway: all or nothing, and every payment with its own.
@Suite("Reload")
struct ReloadTests {
    /// A copy of the repository's tables and a state folder.
    struct House {
        let copy: TablesCommandTests.Copy
        let isWhole: Bool
        var state: String { "\(copy.scratch.path)/state" }
        var routes: String { "\(copy.mappings)/routes/example.csv" }

        /// - Parameter isWhole: With every message, as a gateway needs them; else codes, flows and routes alone.
        init(isWhole: Bool = false) throws {
            copy = try TablesCommandTests.Copy()
            self.isWhole = isWhole
            guard !isWhole else { return }
            try copy.remove("mappings/fields/bookkeeping.tsv")
            for network in ["iso20022", "fspiop", "fineract"] { try copy.remove("mappings/fields/\(network)") }
        }

        /// Its one neighbour is named by what the tables say of a reason: which tables made it can be seen.
        func open(hooks: [TableHook] = [], mostOlder: Int = 8) throws -> TablesInUse {
            var source = TableSource(
                mappings: copy.mappings, schemas: copy.schemas, routes: routes, networks: [], hooks: hooks,
                neighbours: { tables in
                    var adapter = Channel.adapter()
                    adapter.name = tables.mappings.codes.table("reasons")?.says("other") ?? ""
                    let settings = AdapterSettings(network: "iso:rtp1", tenant: "bank-a", values: [:])
                    return ["iso:rtp1|bank-a": Neighbour(adapter: adapter, settings: settings, clockMilliseconds: 1)]
                })
            if !isWhole { (source.atStart, source.anew) = (.alone, .alone) }
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            return try TablesInUse(source, folder: state, mostOlder: mostOlder, logger: logger)
        }

        /// Changes what the tables say of the reason.
        func say(_ words: String, insteadOf old: String) throws {
            try copy.edit("mappings/codes/reasons.tsv", old, words)
        }

        func words() throws -> String {
            let table = try String(contentsOfFile: "\(copy.mappings)/codes/reasons.tsv", encoding: .utf8)
            let row = table.split(separator: "\n").first { $0.hasPrefix("other\t") }
            return try #require(row?.split(separator: "\t").last.map(String.init))
        }
    }

    private func name(_ tables: TablesInUse, _ version: String?) -> String? {
        tables.neighbour("iso:rtp1", "bank-a", version)?.adapter.name
    }

    @Test func aReloadPutsAllTablesInUseAndTellsTheDifference() async throws {
        let house = try House()
        let tables = try house.open()
        let (old, words) = (tables.version, try house.words())
        try house.say("Quite another thing", insteadOf: words)

        let look = await tables.reload(check: true)
        #expect(look.outcome == .wouldReload)
        #expect(look.changes.map(\.name) == ["codes/reasons.tsv"])
        #expect(look.changes[0].rowsAdded == 1 && look.changes[0].rowsRemoved == 1)
        #expect(tables.version == old && tables.lastReload == nil, "a look changes nothing")

        let report = await tables.reload()
        #expect(report.outcome == .reloaded && report.to == look.to && report.from == look.from)
        #expect(tables.version != old && tables.version == report.tables)
        #expect(tables.lastReload?.failure == nil && tables.counts == (1, 0))
        #expect(name(tables, nil) == "Quite another thing")
        #expect(await tables.reload().outcome == .unchanged)
    }

    @Test func aBadReloadLeavesTheOldTablesAndTellsEveryFault() async throws {
        let house = try House(isWhole: true)
        let tables = try house.open()
        let (old, words) = (tables.version, try house.words())
        try house.say("Never said", insteadOf: words)
        try house.copy.edit(
            "mappings/fields/iso20022/pacs.008.001.08.tsv", "text 1..35 default NOTPROVIDED", "txet 1..35")
        try house.copy.edit("mappings/flows/outgoing.tsv", "ams.release", "-")
        try house.copy.edit("mappings/routes/example.csv", "refuse:RC04", "refuse:QQQQ")
        try house.copy.edit("xsd/pacs.008.001.08.xsd", "<xs:schema", "<xs:schemas")

        let report = await tables.reload()
        #expect(report.outcome == .refused)
        let files = Set(report.faults.map(\.file))
        let wanted: Set = ["fields/iso20022/pacs.008.001.08.tsv", "flows/outgoing.tsv", "example.csv"]
        #expect(files.isSuperset(of: wanted), "\(report.faults)")
        #expect(report.faults.contains { $0.file == "xsd/pacs.008.001.08.xsd" }, "\(report.faults)")
        #expect(report.faults.allSatisfy { $0.line > 0 && $0.column > 0 })
        #expect(tables.version == old)
        #expect(name(tables, nil) == words)
        #expect(tables.lastReload?.failure?.contains("and \(report.faults.count - 1) more") == true)
        #expect(tables.counts == (1, 1))
        #expect(ReloadReport.text(report.json).contains("the tables in use stay"))
    }

    @Test func tablesThatAreGoneAreAFaultAndNoCrash() async throws {
        let house = try House()
        let tables = try house.open()
        let old = tables.version
        try FileManager.default.removeItem(atPath: house.copy.mappings)
        let report = await tables.reload()
        #expect(report.outcome == .refused && !report.faults.isEmpty)
        #expect(tables.version == old)
    }

    @Test func aPaymentKeepsTheTablesThatItBeganWith() async throws {
        let house = try House()
        let tables = try house.open()
        let (old, words) = (tables.version, try house.words())
        let flow = try #require(tables.flow("outgoing"))
        try house.say("Quite another thing", insteadOf: words)
        try house.copy.edit("mappings/flows/outgoing.tsv", "\t12\tretry, leave", "\t11\tretry, leave")
        #expect(await tables.reload().outcome == .reloaded)
        #expect(name(tables, old) == words)
        #expect(name(tables, tables.version) == "Quite another thing")
        #expect(tables.flow("outgoing") != flow)
        #expect(tables.pinnedFlow("outgoing", flow.version) == flow)

        // After a restart they are taken from the shelf.
        let restarted = try house.open()
        #expect(restarted.version == tables.version)
        #expect(name(restarted, old) == words)
        #expect(name(restarted, nil) == "Quite another thing")
        #expect(restarted.pinnedFlow("outgoing", flow.version) == flow)
    }

    /// Which rows did not match is asked of the table that decided.
    @Test func aDecisionOfBeforeIsExplainedByItsOwnRoutes() async throws {
        let house = try House()
        let tables = try house.open()
        var question = RouteQuestion(
            tenant: "bank-a", kind: .transfer, from: "nowhere", payment: Payment(), date: CivilDate(dayNumber: 20_000))
        let decision = tables.current.routes.decide(question)
        let before = tables.misses(question)
        #expect(!before.isEmpty)
        let last = try #require(
            try String(contentsOfFile: house.routes, encoding: .utf8).split(separator: "\n").last.map(String.init))
        try house.copy.edit("mappings/routes/example.csv", last, "# moved down by a line\n" + last)
        #expect(await tables.reload().outcome == .reloaded)
        let now = tables.current.routes.decide(question)
        #expect(now.line == decision.line + 1 && now.version != decision.version)
        question.table = decision.version
        #expect(tables.misses(question) == before)
        #expect(try house.open().misses(question) == before, "after a restart from the shelf")
        question.table = "0123456789abcdef"
        #expect(tables.misses(question).isEmpty)
    }

    @Test func manyOlderTablesServeThoughFewStayCompiled() async throws {
        let house = try House()
        let tables = try house.open(mostOlder: 1)
        var versions = [(tables.version, try house.words())]
        for number in 1...2 {
            try house.say("Words \(number)", insteadOf: versions[versions.count - 1].1)
            #expect(await tables.reload().outcome == .reloaded)
            versions.append((tables.version, "Words \(number)"))
        }
        for (version, words) in versions { #expect(name(tables, version) == words) }
    }

    @Test func tablesThatNobodyKeptAreSaidToBeTheNewest() throws {
        let tables = try House().open()
        #expect(name(tables, "0123456789abcdef") == name(tables, nil))
        #expect(name(tables, "../../etc/passwd") == name(tables, nil))
        #expect(tables.neighbour("iso:none", "bank-a", nil) == nil)
    }

    @Test func theBanksOwnTablesAreReadWithTheOthers() async throws {
        let house = try House()
        let path = try house.copy.scratch.write("own.csv", "one\n")
        let inUse = Mutex("")
        let hook = TableHook(name: "own/own.csv", path: path) { file, _ throws(TableErrors) in
            let text = String(decoding: file.bytes, as: UTF8.self)
            guard text != "bad\n" else { throw TableSource.fault(file.name, "it is bad") }
            return { inUse.withLock { $0 = text } }
        }
        let tables = try house.open(hooks: [hook])
        #expect(inUse.withLock { $0 } == "one\n")
        try house.copy.scratch.write("own.csv", "one\ntwo\n")
        let report = await tables.reload()
        #expect(report.changes.map(\.name) == ["own/own.csv"] && report.changes.first?.rowsAdded == 1)
        #expect(inUse.withLock { $0 } == "one\ntwo\n")
        let words = try house.words()
        try house.say("Never said", insteadOf: words)
        try house.copy.scratch.write("own.csv", "bad\n")
        #expect(await tables.reload().faults.map(\.file) == ["own/own.csv"])
        #expect(inUse.withLock { $0 } == "one\ntwo\n" && name(tables, nil) == words, "all or nothing")
    }

    /// Sets go when they are old and many; files go with the last set that names them.
    @Test func theShelfForgetsOldTables() throws {
        let house = try House()
        let shelf = try TableShelf(folder: house.state, fewest: 2)
        let whole = try Tables.read(mappings: house.copy.mappings, schemas: house.copy.schemas, .alone)
        var versions: [String] = []
        for number in 0..<4 {
            let tables = Tables(
                mappings: whole.mappings, flows: whole.flows, schemas: whole.schemas,
                files: whole.files + [TableFile(name: "codesets/more.tsv", text: "number\n\(number)\n")],
                schemaFiles: [])
            try shelf.keep(tables)
            versions.append(tables.version)
        }
        let now = Date()
        for (age, version) in versions.reversed().enumerated() {
            // The newest two stay anyway, the next was used in time, the oldest was not.
            shelf.touch(version, at: now.addingTimeInterval(-Double(age) * TableShelf.keptSeconds * 0.45))
        }
        try shelf.retire(now: now)
        #expect(try shelf.versions() == Array(versions.reversed().prefix(3)))
        #expect(shelf.tables(versions[0]) == nil)
        #expect(shelf.tables(versions[1])?.version == versions[1], "used within the time, though not of the newest")
        #expect(shelf.tables(versions[3])?.files.count == whole.files.count + 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(house.state)/tables/files")
        #expect(names.count == whole.files.count + 3, "one file differs in each set")
    }
}

/// The same by the program: over the operators' socket and by SIGHUP.
@Suite("Reload of a running gateway", .serialized)
struct RunningReloadTests {
    private func gateway(_ copy: TablesCommandTests.Copy, hub: Int) throws -> (RunningGateway, String) {
        let config = try RunningGateway.configuration(copy.scratch, hub: hub, drain: "1s")
        let text = try String(contentsOfFile: config, encoding: .utf8)
        try copy.scratch.write("interlock.yaml", "mappings: mappings\nschemas: xsd\n" + text)
        return (try RunningGateway(config), config)
    }

    @Test func anOperatorReloadsAndABadTableIsTold() async throws {
        let copy = try TablesCommandTests.Copy()
        let silent = try Listener()
        let (gateway, config) = try gateway(copy, hub: silent.port)
        let ready = try await gateway.ready()
        // A payment in flight, with the flow of before.
        _ = try await RunningGateway.order(ready.channel, key: "k-1", prefer: "respond-async")
        try await gateway.log { $0.contains("payment moved") }

        try copy.edit("mappings/flows/outgoing.tsv", "\t12\tretry, leave", "\t11\tretry, leave")
        let check = try await Program.run(["reload", "--check", "--config", config])
        #expect(check.code == 0, "\(check.complaints)")
        #expect(check.output.hasPrefix("a reload would change ") && check.output.contains("  flows/outgoing.tsv  "))
        #expect(check.output.contains("+1 -1 rows"))
        let done = try await Program.run(["reload", "--json", "--config", config])
        #expect(done.code == 0 && done.output.contains("\"outcome\":\"reloaded\""), "\(done.complaints)")
        #expect(gateway.errors.contains("tables reloaded"))

        try copy.edit("mappings/flows/outgoing.tsv", "ams.release", "-")
        let refused = try await Program.run(["reload", "--config", config])
        #expect(refused.code == 1 && refused.output.isEmpty)
        #expect(refused.complaints.hasPrefix("not reloaded, the tables in use stay: "))
        #expect(refused.complaints.contains("flows/outgoing.tsv:") && refused.complaints.contains("without a release"))
        #expect(gateway.errors.contains("tables not reloaded") && gateway.errors.contains("\"table fault\""))
        let order = try await RunningGateway.order(ready.channel, key: "k-2", prefer: "respond-async")
        #expect(order.hasPrefix("HTTP/1.1 202"), "what runs goes on: \(order.prefix(80))")

        // The payment of before is there after a kill, with its own flow.
        gateway.signal(SIGKILL)
        _ = await gateway.end()
        try copy.edit("mappings/flows/outgoing.tsv", "ams.reserve\treserve\t-", "ams.reserve\treserve\tams.release")
        let list = try await Program.run(["payments", "list", "--json", "--config", config])
        #expect(list.code == 0, "\(list.complaints)")
        let ids = list.output.matches(of: /"id":"([0-9A-Z]{26})"/).map { String($0.1) }
        #expect(ids.count == 2)
        for id in ids {
            let page = try await Program.run(["payments", "show", id, "--config", config])
            #expect(page.code == 0 && page.output.contains("outgoing"), "\(page.complaints)")
        }
        withExtendedLifetime(silent) {}
    }

    @Test func aHangUpSignalReloads() async throws {
        let copy = try TablesCommandTests.Copy()
        let (gateway, _) = try gateway(copy, hub: 9)
        _ = try await gateway.ready()
        try copy.edit("mappings/flows/outgoing.tsv", "\t12\tretry, leave", "\t11\tretry, leave")
        gateway.signal(SIGHUP)
        try await gateway.log { $0.contains("tables reloaded") }
        try copy.edit("mappings/flows/outgoing.tsv", "ams.release", "-")
        gateway.signal(SIGHUP)
        try await gateway.log { $0.contains("tables not reloaded") }
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
    }

    @Test func withoutAGatewayAReloadSaysSo() async throws {
        let scratch = try Scratch()
        let config = try RunningGateway.configuration(scratch, hub: 9, drain: "1s")
        let result = try await Program.run(["reload", "--config", config])
        #expect(result.code == 1)
        #expect(result.complaints.contains("no gateway runs on"), "\(result.complaints)")
    }
}
