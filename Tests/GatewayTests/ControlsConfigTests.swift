import Foundation
import Mapping
import Payments
import PaymentsEngine
import Testing

@testable import Gateway

@Suite("Configuration of the controls")
struct ControlsConfigTests {
    static let plants: [ConfigCheckTests.Plant] = [
        .init(
            "calendar: rtp1 ", "calendar: rtp2 ", "networks[1].calendar",
            "no calendar is named rtp2, did you mean rtp1?"),
        .init("always: yes ", "always: no ", "calendars[0].file", "is missing: its holidays", line: "- name: rtp1"),
        .init("always: yes ", "always: perhaps ", "calendars[0].always", "must be yes or no"),
        .init("cutOff: \"19:00\"", "cutOff: \"25:00\"", "calendars[0].cutOff", "must be a time of day"),
        .init("cutOff: \"19:00\"", "cutOff: \"00:00\"", "calendars[0].cutOff", "is not after opens, 00:00"),
        .init("# opens: \"00:00\"", "opens: \"08:00\"", "calendars[0].opens", "always open opens at 00:00"),
        .init("# zone: Africa/Nairobi", "zone: Africa/Nairobbi", "calendars[0].zone", "did you mean Africa/Nairobi?"),
        .init("# timeZone: UTC ", "timeZone: EST ", "tenants[0].timeZone", "no time zone is named EST"),
        .init("# file: calendars/rtp1.csv", "file: calendars/none.csv", "calendars[0].file", "does not exist"),
        .init("# weekend: [] ", "weekend: [caturday] ", "weekend[0]", "is no day of the week"),
        .init("# currencies: [KES]", "currencies: [KSH]", "networks[0].currencies[0]", "KSH is no currency"),
        .init("# currencies: [KES]", "currencies: []", "networks[0].currencies", "names no currency"),
        .init("single: 1000000.00 ", "single: 1e6 ", "caps[0].single", "1e6 is no amount of KES"),
        .init("inFlight: 1000 ", "inFlight: many ", "caps[0].inFlight", "must be a whole number"),
        .init(
            "tenant: bank-a  ", "tenant: bank-b  ", "caps[0].tenant", "is named bank-b, did you mean bank-a?"),
        .init("network: iso:rtp1\n", "network: iso:rtp2\n", "caps[0].network", "did you mean iso:rtp1?"),
        .init("silent: review ", "silent: maybe ", "screening[0].silent", "must be refuse, allow or review"),
        .init("within: 500ms ", "within: soon ", "screening[0].within", "must be a duration"),
        .init("adapter: screen-http", "adapter: screen-htp", "screening[0].adapter", "did you mean screen-http?"),
        .init("path: /screen ", "path: screen ", "bank-a.path", "must begin with a slash"),
        .init(
            "name: screen:main", "name: iso:rtp1", "screening[0].name", "the name iso:rtp1 is taken",
            line: "adapter: screen-http"),
        .init(
            "# screening: screen:main ", "screening: screen:mian ", "[0].screening", "did you mean screen:main?"),
        .init("# directory: directory.csv", "directory: none.csv", "tenants[0].directory", "does not exist"),
    ]

    @Test(arguments: plants) func eachIsToldWithItsLine(_ plant: ConfigCheckTests.Plant) throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        let text = Furnished.example.replacingFirst(plant.from, plant.to)
        #expect(text != Furnished.example)
        let found = try Furnished.problems(text, scratch, for: .run(insecureLoopback: false))
        let told = found.filter { $0.path.hasSuffix(plant.path) && $0.says.contains(plant.says) }
        #expect(told.count == 1, "\(found)")
        let before = text.range(of: plant.line ?? plant.to).map { text[..<$0.lowerBound].count { $0 == "\n" } } ?? -9
        #expect(abs((told.first?.line ?? -99) - before - 1) <= 2, "\(told)")
    }

    @Test func capsThatNeverCountAreTold() throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        func problems(_ rows: String) throws -> [String] {
            let text = Furnished.example.replacingFirst("caps:  ", "caps: \(rows)\nother:  ")
            return try Furnished.problems(text, scratch).filter { $0.path != "other" }.map { "\($0.path): \($0.says)" }
        }
        #expect(
            try problems("[{tenant: \"*\", inFlight: 5}, {tenant: bank-a, inFlight: 2}]").first?
                .contains("caps[1]: is never reached: caps[0]") == true)
        #expect(try problems("[{tenant: bank-a, inFlight: 2}, {inFlight: 5}]") == [])
        #expect(try problems("[{single: 5}]").first?.contains("name the currency of the row") == true)
        #expect(try problems("[{tenant: bank-a}]").first?.contains("caps nothing") == true)
    }

    @Test func theCheckReadsTheFilesOfTheControls() async throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        let text = Furnished.example
            .replacingFirst("# file: calendars/rtp1.csv", "file: calendars/rtp1.csv")
            .replacingFirst("# directory: directory.csv", "directory: directory.csv")
        let config = try scratch.write("interlock.yaml", text)
        let mappings = Program.root.appendingPathComponent("mappings")
        for (name, example) in [
            ("calendars/rtp1.csv", "calendars/example.csv"), ("directory.csv", "directory/example.csv"),
        ] {
            try scratch.write(
                name, try String(contentsOf: mappings.appendingPathComponent(example), encoding: .utf8))
        }
        let good = try await Program.run(["config", "check", config])
        #expect(good.code == 0, "\(good.complaints)")
        try scratch.write(
            "calendars/rtp1.csv", "date,kind,note\n2026-01-01,from,\n2026-02-31,holiday,\n2026-12-31,until,\n")
        try scratch.write(
            "directory.csv", "identifierKind,identifier,agentKind,agent,accountKind,account\nX,1,bic,A,Y,2\n")
        let bad = try await Program.run(["config", "check", config])
        #expect(bad.code == 1)
        #expect(bad.complaints.contains("calendars/rtp1.csv:3:1: 2026-02-31 is no day of the calendar"))
        #expect(bad.complaints.contains("directories/bank-a/directory.csv:2:1: no kind of identifier is named X"))
        #expect(bad.complaints.contains("directories/bank-a/directory.csv:2:4: A is no bic"))
    }
}

@Suite("Controls as payments ask for them")
struct ControlsTests {
    private func moment(_ text: String) throws -> Instant { try #require(DateTime(text)).instant }

    private func config(_ scratch: Scratch, _ change: (inout String) -> Void = { _ in }) throws -> GatewayConfig {
        try Furnished.fill(scratch)
        var text = Furnished.example
        change(&text)
        return try Furnished.read(text, scratch)
    }

    /// Read once: these tests change none of them.
    private static let tables = Result {
        try Tables.read(mappings: "\(Program.root.path)/mappings", schemas: "\(Program.root.path)/xsd", .served)
    }

    /// Reads the files and puts them in use, as a start does.
    private func filled(_ controls: Controls) throws -> Controls {
        let tables = try Self.tables.get()
        for hook in controls.hooks {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: hook.path)))
            try hook.prepare(TableFile(name: hook.name, bytes: bytes), tables)()
        }
        return controls
    }

    struct Year: Sendable {
        var zone: String
        var changes: [String]
        var offsets: [Int64]
    }

    static let years = [
        Year(zone: "Europe/Berlin", changes: ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"], offsets: [7200, 3600]),
        Year(
            zone: "America/New_York", changes: ["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"],
            offsets: [-14400, -18000]),
        Year(
            zone: "Australia/Lord_Howe", changes: ["2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"],
            offsets: [37800, 39600]),
        Year(zone: "Africa/Nairobi", changes: [], offsets: []), Year(zone: "UTC", changes: [], offsets: []),
        Year(zone: "Asia/Kolkata", changes: [], offsets: []),
    ]

    @Test("Offsets of a zone are those of its published changes", arguments: years) func zones(_ year: Year) throws {
        let days = try #require(CivilDate("2026-01-01"))...(try #require(CivilDate("2026-12-31")))
        let zone = try #require(Zones.offsets(year.zone, covering: days))
        #expect(zone.changes.dropFirst().map(\.from) == (try year.changes.map(moment)))
        #expect(zone.changes.dropFirst().map(\.offsetSeconds) == year.offsets)
        #expect(!Zones.isKnown("Nowhere/City") && !Zones.isKnown("EST") && !Zones.isKnown(""))
    }

    @Test("The business date is the network's and the tenant's, never the host's") func businessDates() throws {
        let scratch = try Scratch()
        let config = try config(scratch) { text in
            text = text.replacingFirst("# timeZone: UTC ", "timeZone: Africa/Nairobi ")
        }
        let now = try moment("2026-11-23T15:59:59Z")
        let controls = try Controls(config, now: now)
        let rail = try #require(controls.calendar("iso:rtp1", "bank-a"))
        #expect(rail.businessDate(at: now)?.text == "2026-11-23", "a minute before seven in Nairobi")
        #expect(rail.businessDate(at: now.adding(milliseconds: 1000))?.text == "2026-11-24")
        let hub = try #require(controls.calendar("mojaloop:hub1", "bank-a"))
        #expect(hub.businessDate(at: now)?.text == "2026-11-23" && hub.isAlwaysOpen)
        #expect(hub.businessDate(at: try moment("2026-11-23T21:00:00Z"))?.text == "2026-11-24", "midnight in Nairobi")
        #expect(controls.calendar("channel", "bank-a") == hub)
        #expect(controls.calendar("iso:rtp1", "bank-z") == nil)
        #expect(controls.warnings(at: now) == [])
    }

    @Test("A calendar's own zone, days and end") func listed() throws {
        let scratch = try Scratch()
        try scratch.write(
            "calendars/rtp1.csv",
            "date,kind,note\n2026-01-01,from,\n2026-12-31,until,\n2026-12-24,half-day 12:00,\n2026-12-25,holiday,\n")
        let config = try config(scratch) { text in
            text = text.replacingFirst("# file: calendars/rtp1.csv", "file: calendars/rtp1.csv")
                .replacingFirst("always: yes ", "always: no ")
                .replacingFirst("# zone: Africa/Nairobi", "zone: Europe/Berlin")
        }
        let now = try moment("2026-11-23T12:00:00Z")
        let controls = try filled(try Controls(config, now: now))
        let rail = try #require(controls.calendar("iso:rtp1", "bank-a"))
        #expect(rail.zone.name == "Europe/Berlin" && rail.weekend == [.saturday, .sunday])
        let eve = rail.due(requested: nil, at: try moment("2026-12-24T11:00:00Z"))
        #expect(
            eve
                == .later(
                    try moment("2026-12-27T23:00:00Z"), try #require(CivilDate("2026-12-28")),
                    because: "after the cut-off of 2026-12-24 of rtp1"))
        #expect(controls.warnings(at: try moment("2026-12-01T12:00:00Z")) == [])
        let near = controls.warnings(at: try moment("2026-12-02T12:00:00Z"))
        #expect(near == ["the calendar rtp1 ends in 29 days: give it the days of the next year"])
        #expect(controls.warnings(at: try moment("2027-01-01T12:00:00Z")).first?.contains("has ended") == true)
    }

    @Test("A directory, and a reload that changes it or is refused") func directory() throws {
        let scratch = try Scratch()
        let head = "identifierKind,identifier,agentKind,agent,accountKind,account\n"
        let path = try scratch.write("directory.csv", head + "MSISDN,+2547,bic,BANKBKE1,ACCOUNT_ID,1\n")
        let config = try config(scratch) { text in
            text = text.replacingFirst("# directory: directory.csv", "directory: directory.csv")
        }
        let controls = try filled(try Controls(config, now: try moment("2026-11-23T12:00:00Z")))
        func account() -> String? {
            controls.directory("bank-a")?.find([Identifier("MSISDN", "2547")])?.account.identifier("ACCOUNT_ID")
        }
        #expect(account() == "1")
        #expect(controls.directory("bank-b") == nil)
        try Data((head + "MSISDN,+2547,bic,BANKBKE1,ACCOUNT_ID,2\n").utf8).write(to: URL(fileURLWithPath: path))
        #expect(account() == "1", "a file that changes is not read until a reload")
        _ = try filled(controls)
        #expect(account() == "2")
        try Data((head + "MSISDN,+2547,bic,,ACCOUNT_ID,3\n").utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: TableErrors.self) { _ = try filled(controls) }
        #expect(account() == "2", "what is refused changes nothing")
    }

    @Test("The first row of the caps that matches counts, and their use is shown") func caps() throws {
        let scratch = try Scratch()
        let config = try config(scratch)
        let controls = try Controls(config, now: try moment("2026-11-23T12:00:00Z"))
        let kes = try #require(Currency("KES"))
        let caps = try #require(controls.caps("bank-a", "iso:rtp1", kes))
        #expect(caps.single == (try Money("1000000", kes)) && caps.inFlight == 1000)
        #expect(controls.caps("bank-a", "mojaloop:hub1", kes) == nil)
        #expect(controls.caps("bank-a", "iso:rtp1", try #require(Currency("EUR"))) == nil)

        #expect(controls.use(of: []).map(\.percent) == [nil, 0, 0, 0], "a row that names all is shown without any use")
        var row = Allowance(tenant: "bank-a", network: "iso:rtp1", currency: kes)
        row.position = -30_000_000 * Money.unitsPerWhole
        row.claimed = 10_000_000 * Money.unitsPerWhole
        row.exposure = 3_999_999 * Money.unitsPerWhole
        row.inFlight = 1000
        let use = controls.use(of: [row])
        #expect(use.map(\.kind) == [.single, .position, .exposure, .inFlight])
        #expect(use.map(\.percent) == [nil, 80, 79, 100])
        #expect(use.filter(\.isNear).map(\.kind) == [.position, .inFlight])
        #expect(
            use[1].warning
                == "bank-a on iso:rtp1 in KES: position is at 80 % of its cap, 40000000.00 of 50000000.00 KES")
        row.position = 5 * Money.unitsPerWhole
        row.claimed = 0
        #expect(controls.use(of: [row])[1].percent == 0, "what came in leaves the whole cap")
    }

    @Test("The world asks them") func world() throws {
        let scratch = try Scratch()
        let config = try config(scratch) { text in
            text = text.replacingFirst("# currencies: [KES]", "currencies: [KES, UGX]")
                .replacingFirst("# screening: screen:main ", "screening: screen:main ")
        }
        let controls = try Controls(config, now: try moment("2026-11-23T12:00:00Z"))
        var world = World(
            flow: { _ in nil }, pinnedFlow: { _, _ in nil },
            route: { _ in preconditionFailure("nothing is routed here") }, neighbours: { _, _, _ in nil },
            coreBank: { _ in nil })
        controls.attach(to: &world)
        let kes = try #require(Currency("KES"))
        #expect(world.currencies("mojaloop:hub1") == [kes, try #require(Currency("UGX"))])
        #expect(world.currencies("iso:rtp1") == nil)
        #expect(world.screening("bank-a") == "screen:main")
        #expect(world.caps("bank-a", "iso:rtp1", kes)?.inFlight == 1000)
        #expect(world.calendar("iso:rtp1", "bank-a")?.name == "rtp1")
        #expect(config.controls.screening.first?.silence == .operatorDecides)
        #expect(config.controls.screening.first?.clockMilliseconds == 500)
    }
}
