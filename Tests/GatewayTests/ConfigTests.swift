import Foundation
import Testing

@testable import Gateway

@Suite("Configuration")
struct ConfigTests {
    @Test func theShippedExampleIsAConfiguration() throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        let config = try Furnished.read(Furnished.example, scratch)
        #expect(config.tenants.map(\.name) == ["bank-a"])
        #expect(config.networks.map(\.name) == ["mojaloop:hub1", "iso:rtp1"])
        #expect(config.networks[1].clockMilliseconds == 10_000)
        #expect(config.folder == "\(scratch.path)/state")
    }

    @Test func everyProblemIsToldAtOnceWithItsLine() throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        let text = Furnished.example
            .replacingOccurrences(of: "# shards: 2 ", with: "shards: none ")
            .replacingOccurrences(of: "clock: 20s ", with: "clock: soon ")
            .replacingOccurrences(of: "node: gateway-1 ", with: "nodename: gateway-1 ")
            .replacingOccurrences(of: "coreBank: fineract:bank-a", with: "coreBank: nowhere")
        let found = try Furnished.problems(text, scratch)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        func line(_ part: String) -> Int { (lines.firstIndex { $0.contains(part) } ?? -1) + 1 }
        #expect(found.contains { $0.path == "shards" && $0.line == line("shards: none") })
        #expect(found.contains { $0.path.hasSuffix("clock") && $0.line == line("clock: soon") })
        #expect(found.contains { $0.path == "nodename" && $0.says.contains("not a setting") })
        #expect(found.contains { $0.says.contains("nowhere") })
        #expect(found.count == 4)
    }

    @Test func aSecretThatEverybodyCanReadIsRefused() throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        try scratch.write("secrets/ilp-bank-a", "open secret", mode: 0o644)
        let found = try Furnished.problems(Furnished.example, scratch, for: .run(insecureLoopback: false))
        #expect(found.count == 1)
        #expect(found.first?.says.contains("chmod 600") == true)
    }

    @Test func aSecretInTheConfigurationItselfDoesNotPassForOne() throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        let text = Furnished.example.replacingOccurrences(
            of: "Authorization: {environment: FINERACT_BANK_A}", with: "Authorization: Basic abc")
        let found = try Furnished.problems(text, scratch)
        #expect(found.contains { $0.path.hasSuffix("Authorization") && $0.says.contains("file or the environment") })
    }

    @Test func aSecretPrintsAsNothing() {
        let secret = Secret("hunter2")
        #expect("\(secret)" == "<secret>")
        #expect(String(reflecting: secret) == "<secret>")
    }

    @Test(arguments: [
        ("folder: [\n", 2, "not YAML"), ("node: a\n\t- x", 2, "not YAML"), ("- a", 1, "not a list of settings"),
        ("folder: a\nnode: b\nfolder: c", 3, "folder stands twice in one list, first in line 1"),
        ("scheme:\n  port: 1\n  host: x\n  port: 2", 4, "port stands twice in one list, first in line 2"),
    ])
    func brokenYAMLIsToldInOneLineWithItsPlace(_ text: String, _ line: Int, _ says: String) throws {
        let scratch = try Scratch()
        let found = try Furnished.problems(text, scratch)
        #expect(found.count == 1 && found.first?.line == line, "\(found)")
        #expect(found.first?.says.contains(says) == true && found.first?.says.contains("\n") == false, "\(found)")
    }
}
