import Testing

/// What a room may import: rooms of floors below it, and libraries by name.
struct Floor {
    var rooms: Set<String>
    var libraries: Set<String> = []
}

private let transport: Set<String> = [
    "AsyncHTTPClient", "HTTPTypes", "Hummingbird", "HummingbirdCore", "HummingbirdTLS", "NIOCore", "NIOPosix",
    "NIOHTTP1",
    "NIOSSL", "ServiceLifecycle",
]
private let certificates: Set<String> = ["Crypto", "X509", "SwiftASN1"]
private let system: Set<String> = ["Synchronization", "Glibc", "Musl", "Darwin", "Dispatch"]
private let foundation: Set<String> = ["Foundation", "FoundationEssentials"]

/// The picture of docs/architecture.md as a table: arrows point down only.
private let house: [String: Floor] = [
    "CLibXML2": Floor(rooms: []),
    "Payments": Floor(rooms: []),
    "FormatJSON": Floor(rooms: [], libraries: ["Synchronization"]),
    "FormatXML": Floor(rooms: ["CLibXML2"], libraries: system),
    "Mapping": Floor(rooms: ["Payments", "FormatJSON", "FormatXML"], libraries: ["Synchronization"]),
    "SchemeFSPIOP": Floor(rooms: ["Payments", "Mapping", "FormatJSON"], libraries: ["Crypto"]),
    "SchemeISO20022": Floor(rooms: ["Payments", "Mapping", "FormatXML"]),
    "AMSFineract": Floor(rooms: ["Payments", "Mapping", "FormatJSON"]),
    "ScreenHTTP": Floor(rooms: ["Payments", "FormatJSON"]),
    "PaymentsEngine": Floor(rooms: ["Payments", "FormatJSON"], libraries: ["Synchronization"]),
    "StoreSQLite": Floor(
        rooms: ["Payments"], libraries: system.union(foundation).union(["GRDB", "GRDBSQLite"])),
    "EdgeHTTP": Floor(
        rooms: ["Payments"],
        libraries: transport.union(certificates).union(system).union(["Logging", "FoundationEssentials"])),
    "ChannelAPI": Floor(
        rooms: ["Payments", "PaymentsEngine", "Mapping", "FormatJSON"],
        libraries: ["Crypto", "Synchronization", "FoundationEssentials"]),
    "Gateway": Floor(
        rooms: [
            "Payments", "PaymentsEngine", "Mapping", "FormatJSON", "FormatXML", "SchemeFSPIOP", "SchemeISO20022",
            "AMSFineract", "ScreenHTTP", "StoreSQLite", "EdgeHTTP", "ChannelAPI",
        ],
        libraries: system.union(foundation).union([
            "ArgumentParser", "Crypto", "Logging", "ServiceLifecycle", "UnixSignals", "Yams",
        ])),
    "interlock": Floor(rooms: ["Gateway"]),
    "LabWorld": Floor(
        rooms: ["FormatJSON", "FormatXML"],
        libraries: transport.union(certificates).union(system).union(foundation).union([
            "ArgumentParser", "FoundationXML", "Logging",
        ])),
    "lab": Floor(rooms: ["LabWorld"]),
    "Measure": Floor(
        rooms: ["Payments", "Mapping", "FormatJSON", "FormatXML", "CLibXML2", "StoreSQLite", "EdgeHTTP", "LabWorld"],
        libraries: system.union(foundation).union(["ArgumentParser", "Crypto", "GRDBSQLite"])),
    "measure": Floor(rooms: ["Measure"]),
]

/// Rooms where Foundation has no business: exact, fast, and the same on every platform.
private let withoutFoundation = [
    "Payments", "FormatJSON", "FormatXML", "Mapping", "PaymentsEngine", "SchemeFSPIOP", "SchemeISO20022", "AMSFineract",
    "ScreenHTTP",
]

/// What the world outside may not share with the gateway, or a bug could sit on both sides.
private let translators = [
    "Payments", "PaymentsEngine", "Mapping", "SchemeFSPIOP", "SchemeISO20022", "AMSFineract", "ScreenHTTP",
    "StoreSQLite",
    "EdgeHTTP", "ChannelAPI", "Gateway",
]

@Suite("Arrows between rooms point down") struct ArrowTests {
    private struct Import {
        var file: TextFile
        var line: Int
        var module: String
    }

    private func imports(of room: String) -> [Import] {
        Repository.sources.filter { $0.room == room }.flatMap { file in
            let lines = SwiftCode(file.text).text.split(separator: "\n", omittingEmptySubsequences: false)
            return lines.enumerated().compactMap { (index, line) -> Import? in
                let words = line.split(separator: " ")
                let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "typealias", "let", "var"]
                guard let place = words.firstIndex(of: "import") else { return nil }
                guard let name = words[(place + 1)...].first(where: { !kinds.contains($0) }) else { return nil }
                let module = name.split(separator: ".").first.map(String.init) ?? String(name)
                return Import(file: file, line: index + 1, module: module)
            }
        }
    }

    @Test("Every folder of Sources is a room of the picture") func known() {
        let rooms = Set(Repository.sources.map(\.room))
        #expect(rooms.isSubset(of: house.keys), "new rooms need a floor here and in docs/architecture.md")
        #expect(rooms.count > 10)
    }

    @Test("A room imports its floor's list and nothing else", arguments: house.keys.sorted())
    func floors(_ room: String) throws {
        let floor = try #require(house[room])
        let findings = imports(of: room).filter { found in
            !floor.rooms.contains(found.module) && !floor.libraries.contains(found.module)
        }.map { Finding(path: $0.file.path, line: $0.line, says: "\(room) may not import \($0.module)") }
        Repository.expectNone(
            findings, mend: "move the code to the room it belongs to; the list is in ArrowTests.swift")
    }

    @Test("Payments imports nothing at all") func payments() {
        #expect(imports(of: "Payments").map(\.module) == [])
    }

    @Test("Exact rooms do without Foundation", arguments: withoutFoundation) func exact(_ room: String) {
        let findings = imports(of: room).filter { $0.module.hasPrefix("Foundation") }
            .map { Finding(path: $0.file.path, line: $0.line, says: "\(room) uses \($0.module)") }
        Repository.expectNone(findings, mend: "use the house's own bytes, dates and amounts")
    }

    @Test("The world outside shares no translator with the gateway") func outside() {
        let findings = ["LabWorld", "lab"].flatMap(imports).filter { translators.contains($0.module) }
            .map { Finding(path: $0.file.path, line: $0.line, says: "a lab peer uses \($0.module)") }
        Repository.expectNone(findings, mend: "write the peer's own reading of the standard")
    }
}
