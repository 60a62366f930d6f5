import FormatJSON
import Foundation
import Testing

@Suite("Commands")
struct CommandTests {
    private var vectors: URL { Program.root.appendingPathComponent("conformance/vectors/iso20022") }

    struct Vector: Sendable, CustomStringConvertible {
        var file: String
        var expect: String
        var description: String { file }
    }

    static let manifest: [Vector] = {
        let url = Program.root.appendingPathComponent("conformance/vectors/iso20022/manifest.tsv")
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").dropFirst().filter { !$0.hasPrefix("#") }.map { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return Vector(file: cells[0], expect: cells[1])
        }
    }()

    @Test func theManifestIsThere() { #expect(Self.manifest.count >= 40) }

    @Test func validateAgreesWithEveryVector() async throws {
        let files = Self.manifest.map { vectors.appendingPathComponent($0.file).path }
        let result = try await Program.run(["validate", "--json"] + files)
        var verdicts: [String: Set<String>] = [:]
        for line in result.output.split(separator: "\n") {
            let part = try JSONValue.parse(String(line))
            if part["summary"] != nil { continue }
            let file = try #require(part["file"]?.string)
            verdicts[file, default: []].insert(try #require(part["verdict"]?.string))
        }
        #expect(result.code == 1, "some of the vectors are invalid")
        for (vector, file) in zip(Self.manifest, files) {
            let parts = verdicts[file] ?? []
            let verdict = parts.contains("invalid") ? "invalid" : parts.contains("unsupported") ? "unsupported" : "ok"
            #expect(!parts.isEmpty && verdict == vector.expect, "\(vector.file): \(parts)")
        }
    }

    @Test(arguments: [("pacs.008-minimal.xml", Int32(0)), ("wire-doctype.xml", 1), ("unsupported-version.xml", 2)])
    func validateTellsTheWorstByItsExitCode(_ file: String, _ code: Int32) async throws {
        let result = try await Program.run(["validate", vectors.appendingPathComponent(file).path])
        #expect(result.code == code, "\(result.output)\(result.complaints)")
    }

    @Test func validateNamesThePlaceTheLayerAndTheRule() async throws {
        let scratch = try Scratch()
        let valid = try String(contentsOf: vectors.appendingPathComponent("pacs.008-minimal.xml"), encoding: .utf8)
        let broken = valid.replacingOccurrences(of: "<NbOfTxs>1</NbOfTxs>", with: "<NbOfTxs>one</NbOfTxs>")
        #expect(broken != valid)
        let file = try scratch.write("broken.xml", broken)
        let result = try await Program.run(["validate", file])
        #expect(result.code == 1)
        #expect(result.output.hasPrefix("invalid \(file):"))
        #expect(result.output.contains(" schema ") && result.output.contains("NbOfTxs"))
        let json = try await Program.run(["validate", "--json", file])
        let fault = try JSONValue.parse(json.output.split(separator: "\n").map(String.init)[0])
        #expect(fault["verdict"]?.string == "invalid")
        #expect(fault["faults"]?[0]?["line"]?.int ?? 0 > 0)
    }

    @Test func theShippedTablesAreSound() async throws {
        let result = try await Program.run(["tables", "check"])
        #expect(result.code == 0, "\(result.output)\(result.complaints)")
        #expect(result.output.hasPrefix("ok: "))
    }

    @Test func aBadTableIsToldWithFileLineAndMend() async throws {
        let scratch = try Scratch()
        let copy = "\(scratch.path)/mappings"
        try FileManager.default.copyItem(atPath: Program.root.appendingPathComponent("mappings").path, toPath: copy)
        let flow = "\(copy)/flows/outgoing.tsv"
        let text = try String(contentsOfFile: flow, encoding: .utf8)
        let bad = text.replacingOccurrences(of: "ams.release", with: "-")
        #expect(bad != text)
        try bad.write(toFile: flow, atomically: true, encoding: .utf8)
        let result = try await Program.run(["tables", "check", "--mappings", copy])
        #expect(result.code == 1)
        #expect(result.output.contains("flows/outgoing.tsv:") && result.output.contains("without a release"))
    }

    @Test func routeExplainTellsTheRowAndTheMisses() async throws {
        let routes = Program.root.appendingPathComponent("mappings/routes/example.csv").path
        let scratch = try Scratch()
        let payment = try scratch.write(
            "payment.json",
            """
            {"amount.settlement":"KES 100",
             "creditor.identifiers[0].kind":"MSISDN","creditor.identifiers[0].value":"+254"}
            """
        )
        let result = try await Program.run(["route", "explain", "--routes", routes, "--from", "channel", payment])
        #expect(result.code == 0, "\(result.complaints)")
        #expect(result.output.contains("to mojaloop:hub1, flow outgoing"))
        #expect(result.output.contains("did not match: from"))
    }

    @Test func paymentsWithoutAProcessReadsAndResolveRefuses() async throws {
        let scratch = try Scratch()
        let result = try await Program.run(["payments", "list", "--config", "\(scratch.path)/missing.yaml"])
        #expect(result.code == 1)
        #expect(result.complaints.contains("missing.yaml:1"))
    }

    /// In the shell of whoever is called at night, on a machine where the gateway may never have run.
    @Test func whoeverOnlyLooksNeedsNoSecretAndMakesNoFolder() async throws {
        let scratch = try Scratch()
        let config = try RunningGateway.configuration(scratch, hub: 9, drain: "1s")
        let text = try String(contentsOfFile: config, encoding: .utf8)
        try scratch.write(
            "interlock.yaml", text.replacing("{file: secret}", with: "{environment: INTERLOCK_UNSET_BY_THIS_TEST}"))
        let routes = "\(scratch.path)/routes.csv"
        for command in [
            ["payments", "list"], ["payments", "list", "--stuck"], ["payments", "review"], ["caps"], ["store"],
            ["route", "diff", routes, routes], ["networks"],
        ] {
            let result = try await Program.run(command + ["--config", config])
            #expect(result.code == 1, "\(command)")
            #expect(
                result.complaints.contains("no gateway runs on \(scratch.path)/state"),
                "\(command): \(result.complaints)")
            #expect(result.complaints.contains("interlock serve"), "\(command): what to do")
            #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/state"), "\(command)")
            #expect(result.output.contains("mojaloop:hub1") == (command == ["networks"]), "\(result.output)")
        }
        let json = try JSONValue.parse(
            try await Program.run(["networks", "--json", "--config", config]).output)
        #expect(json["networks"]?[0]?["name"]?.string == "mojaloop:hub1")
        #expect(json["networks"]?[0]?["state"]?.string == "unwatched")
    }

    @Test func theVersionIsOneLine() async throws {
        let result = try await Program.run(["--version"])
        #expect(result.code == 0)
        #expect(result.output.split(separator: "\n").count == 1)
    }
}
