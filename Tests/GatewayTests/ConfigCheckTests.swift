import Foundation
import Testing

@testable import Gateway

/// What a start would stumble over is told before it, all at once.
@Suite("Configuration: what a start needs")
struct ConfigCheckTests {
    struct Plant: Sendable, CustomStringConvertible {
        var from: String
        var to: String
        /// What the problem's path ends with, and what it says.
        var path: String
        var says: String
        /// Part of the line that the problem must name; the changed text when nil.
        var line: String?

        init(_ from: String, _ to: String, _ path: String, _ says: String, line: String? = nil) {
            (self.from, self.to, self.path, self.says, self.line) = (from, to, path, says, line)
        }

        var description: String { "\(to) -> \(says)" }
    }

    static let plants: [Plant] = [
        Plant(
            "    clientRoots: tls/ca.pem ", "    # ", "scheme.tls.clientRoots", "is missing",
            line: "certificate: tls/gateway.pem"),
        Plant(
            "key: tls/gateway.key        # chmod", "key: tls/none.key    # chmod", "scheme.tls.key", "does not exist"),
        Plant("port: 7080", "port: 7443", "channel.port", "port of scheme", line: "host: 127.0.0.1"),
        Plant("https://hub.example:4001", "http//bad", "networks[0].address", "is no address"),
        Plant("https://hub.example:4001", "http://hub.example:4001", "networks[0].address", "--insecure-loopback"),
        Plant("adapter: iso20022", "adapter: iso2022", "networks[1].adapter", "did you mean iso20022?"),
        Plant(
            "adapter: fineract", "adapter: fspiop", "coreBanks[0].adapter", "no adapter is named fspiop",
            line: "- name: fineract:bank-a"),
        Plant("sources: [\"*\"]          # FSP", "sources: []          # FSP", "peers[0].sources", "names nobody"),
        Plant("fspId: bank-a ", "fspid: bank-a ", "bank-a.fspid", "did you mean fspId?"),
        Plant("bic: BANKAKE1 ", "bic: BANK ", "bank-a.bic", "BANK is not a BIC"),
        Plant("# settlementDays: 1 ", "settlementDays: soon ", "bank-a.settlementDays", "soon is no number"),
        Plant("{file: secrets/ilp-bank-a}", "plain text of a secret", "bank-a.ilpSecret", "from a file or the"),
        Plant("{file: secrets/ilp-bank-a}", "{file: secrets/none}", "bank-a.ilpSecret", "does not exist"),
        Plant("Authorization: {", "\"Autho rization\": {", "headers.Autho rization", "is no header name"),
        Plant("tenantId: bank-a ", "tenentId: bank-a ", "bank-a.tenentId", "did you mean tenantId?"),
        Plant("routes: routes.csv ", "routes: none.csv ", "routes", "does not exist"),
        Plant("# schemas: xsd", "schemas: none", "schemas", "is no folder"),
        Plant("sha256: \(Furnished.hash)", "sha256: REPLACE-ME", "sha256", "is not a SHA-256"),
        Plant("roots: tls/ca.pem         #", "rots: tls/ca.pem         #", "tls.rots", "did you mean roots?"),
        Plant("coreBank: fineract:bank-a", "coreBank: finract:bank-a", "coreBank", "did you mean fineract:bank-a?"),
        Plant("bank-a:\n        fspId", "bank-b:\n        fspId", "tenants.bank-b", "no tenant is named bank-b"),
        Plant("node: gateway-1 ", "nod: gateway-1 ", "nod", "did you mean node?"),
    ]

    private func place(_ text: String, _ part: String) -> Int {
        guard let range = text.range(of: part) else { return -1 }
        return text[..<range.lowerBound].count { $0 == "\n" } + 1
    }

    @Test func theExampleAsAStartReadsIt() throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        #expect(try Furnished.problems(Furnished.example, scratch, for: .run(insecureLoopback: false)) == [])
        let shipped = try Furnished.problems(ExampleConfig.text, scratch, for: .run(insecureLoopback: false))
        #expect(shipped.map(\.path) == ["tenants[0].apiKeys[0].sha256"], "no key opens the example as it ships")
    }

    @Test(arguments: plants) func eachIsToldWithItsLine(_ plant: Plant) throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        let text = Furnished.example.replacingFirst(plant.from, plant.to)
        #expect(text != Furnished.example)
        let found = try Furnished.problems(text, scratch, for: .run(insecureLoopback: false))
        let told = found.filter { $0.path.hasSuffix(plant.path) && $0.says.contains(plant.says) }
        #expect(told.count == 1, "\(found)")
        let near = abs((told.first?.line ?? -9) - place(text, plant.line ?? plant.to))
        #expect(near <= 2, "\(told)")
    }

    @Test func allOfThemAreToldAtOnce() throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        var text = Furnished.example
        let together = Self.plants.filter { plant in
            // Two plants in one place hide each other, and an adapter that is none knows no settings.
            ![
                "adapter: iso2022", "adapter: fspiop", "http://hub.example:4001", "plain text of a secret",
                "bank-b:\n        fspId",
            ].contains(plant.to)
        }
        for plant in together { text = text.replacingFirst(plant.from, plant.to) }
        let found = try Furnished.problems(text, scratch, for: .run(insecureLoopback: false))
        for plant in together {
            #expect(
                found.contains { $0.path.hasSuffix(plant.path) && $0.says.contains(plant.says) }, "\(plant): \(found)")
        }
        #expect(found.allSatisfy { $0.file.hasSuffix("interlock.yaml") && $0.line > 1 })
        #expect(found.map(\.line) == found.map(\.line).sorted())
    }

    @Test(arguments: [
        (Certificates.expired, Certificates.expiredKey, "certificate", "has expired"),
        (Certificates.certificate, Certificates.otherKey, "key", "is not the key of the first certificate"),
        ("no pem", Certificates.key, "certificate", "holds no certificate"),
        (Certificates.certificate, "no pem", "key", "holds no private key"),
    ])
    func identitiesAreTried(_ certificate: String, _ key: String, _ name: String, _ says: String) throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        try scratch.write("tls/gateway.pem", certificate)
        try scratch.write("tls/gateway.key", key)
        let found = try Furnished.problems(Furnished.example, scratch, for: .run(insecureLoopback: false))
        // Both listeners and the four neighbours use the pair.
        #expect(found.filter { $0.path.hasSuffix("tls.\(name)") && $0.says.contains(says) }.count == 6, "\(found)")
        #expect(try Furnished.problems(Furnished.example, scratch) == [], "who only looks needs no certificate")
    }

    @Test(arguments: ["", "no pem"]) func rootsAreTried(_ roots: String) throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        try scratch.write("tls/ca.pem", roots)
        let found = try Furnished.problems(Furnished.example, scratch, for: .run(insecureLoopback: false))
        #expect(found.map(\.path).sorted().first == "coreBanks[0].tls.roots" && found.count == 5, "\(found)")
        #expect(found.contains { $0.path == "scheme.tls.clientRoots" })
    }

    @Test func tenantsAndKeysStandOnce() throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        let second = """
              - name: bank-a
                coreBank: fineract:bank-a
                apiKeys: [{name: other, sha256: \(Furnished.hash)}]

            networks:
            """
        let text = Furnished.example.replacingFirst("\nnetworks:", "\n\(second)")
        let found = try Furnished.problems(text, scratch)
        #expect(found.map(\.path) == ["tenants[1].name", "tenants[1].apiKeys[0].sha256"], "\(found)")
        #expect(found.last?.says.contains("bank-a (mobile-app)") == true)
    }

    @Test(arguments: ["abc\r\nX-Evil: 1", "abc\ndef", "a\u{7}b"])
    func aSecretIsOneLine(_ secret: String) throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        try scratch.write("secrets/header", secret)
        let text = Furnished.example.replacingFirst("{environment: FINERACT_BANK_A}", "{file: secrets/header}")
        let run = ConfigReader.Purpose.run(insecureLoopback: false)
        let found = try Furnished.problems(text, scratch, for: run)
        #expect(found.count == 1 && found.first?.path.hasSuffix("headers.Authorization") == true, "\(found)")
        #expect(found.first?.says.contains("line break") == true && found.first?.says.contains("Evil") == false)
        #expect(try Furnished.problems(text, scratch) == [], "who only looks needs no secret")
        try scratch.write("secrets/header", "abc\r\n")
        #expect(try Furnished.problems(text, scratch, for: run) == [], "the end of the line is the editor's")
    }

    @Test func theExampleHoldsEverySettingThatTheReaderKnows() throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        let lines = Furnished.example.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            guard let match = line.firstMatch(of: #/^(?<indent> *)# (?<setting> *(?:- )?[A-Za-z]+: .*)$/#) else {
                return String(line)
            }
            return String(match.output.indent) + String(match.output.setting)
        }
        let file = try scratch.write("interlock.yaml", lines.joined(separator: "\n"))
        let (_, findings) = ConfigReader.examine(path: file, for: .look)
        #expect(findings.problems.isEmpty, "every setting is shown as it may be written: \(findings.sorted)")
        let secrets = findings.known.filter { $0.hasSuffix(".file") || $0.hasSuffix(".environment") }
        let missing = findings.known.subtracting(findings.given).subtracting(secrets)
        #expect(missing.isEmpty, "\(missing.sorted())")
        #expect(findings.known.count > 80)
        #expect(
            findings.given.contains { $0.hasSuffix(".file") }
                && findings.given.contains { $0.hasSuffix(".environment") })
    }

    /// The lists of the registry are those that the adapters read.
    @Test(arguments: [
        ("fspiop", "SchemeFSPIOP"), ("iso20022", "SchemeISO20022"), ("fineract", "AMSFineract"),
        ("screen-http", "ScreenHTTP"),
    ])
    func theRegistryKnowsWhatTheAdapterReads(_ adapter: String, _ room: String) throws {
        let folder = Program.root.appendingPathComponent("Sources/\(room)")
        func words(_ file: String) throws -> Set<String> {
            let source = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            let matches = source.matches(of: #/(?:\w+\(|\[|, )"([a-z][A-Za-z]+)"/#)
            return Set(matches.map { String($0.output.1) })
        }
        let read = try words("Config.swift")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let all = try Set(files.filter { $0.hasPrefix("Config") || $0.hasPrefix("Envelope") }.flatMap(words))
        let known = try #require(Registry.entry(adapter)).settings
        #expect(known.isSubset(of: all), "\(known.subtracting(all))")
        // Words that a setting may have, and the currencies, which the network's own setting names.
        let values: Set<String> = [
            "true", "false", "none", "default", "yes", "no", "internalError", "synchronous", "asynchronous",
            "currencies", "strict", "lenient",
        ]
        #expect(read.subtracting(known).isSubset(of: values), "\(read)")
    }
}

extension String {
    /// With the first occurrence of a part replaced.
    func replacingFirst(_ part: String, _ other: String) -> String {
        guard let range = range(of: part) else { return self }
        return replacingCharacters(in: range, with: other)
    }
}
