import Foundation
import Testing

@testable import Gateway

@Suite("Configuration")
struct ConfigTests {
    private func read(_ text: String, _ scratch: Scratch) throws -> GatewayConfig {
        let file = try scratch.write("interlock.yaml", text)
        return try ConfigReader.read(path: file)
    }

    private func problems(_ text: String, _ scratch: Scratch) throws -> [ConfigProblem] {
        do {
            _ = try read(text, scratch)
            return []
        } catch let problems as ConfigProblems {
            return problems.problems
        }
    }

    /// What the example refers to, so that it can be read as it stands.
    private func furnish(_ scratch: Scratch) throws {
        for name in ["gateway.pem", "gateway.key", "ca.pem"] { try scratch.write("tls/\(name)", "pem") }
        try scratch.write("secrets/ilp-bank-a", "a secret of the bank, long enough")
        setenv("FINERACT_BANK_A", "Basic bWlmb3M6cGFzc3dvcmQ=", 1)
    }

    @Test func theShippedExampleIsAConfiguration() throws {
        let scratch = try Scratch()
        try furnish(scratch)
        let config = try read(ExampleConfig.text, scratch)
        #expect(config.tenants.map(\.name) == ["bank-a"])
        #expect(config.networks.map(\.name) == ["mojaloop:hub1", "iso:rtp1"])
        #expect(config.networks[1].clockMilliseconds == 10_000)
        #expect(config.folder == "\(scratch.path)/state")
    }

    @Test func everyProblemIsToldAtOnceWithItsLine() throws {
        let scratch = try Scratch()
        try furnish(scratch)
        let text = ExampleConfig.text
            .replacingOccurrences(of: "shards: 2 ", with: "shards: none ")
            .replacingOccurrences(of: "clock: 20s ", with: "clock: soon ")
            .replacingOccurrences(of: "node: gateway-1 ", with: "nodename: gateway-1 ")
            .replacingOccurrences(of: "coreBank: fineract:bank-a", with: "coreBank: nowhere")
        let found = try problems(text, scratch)
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
        try furnish(scratch)
        try scratch.write("secrets/ilp-bank-a", "open secret", mode: 0o644)
        let found = try problems(ExampleConfig.text, scratch)
        #expect(found.count == 1)
        #expect(found.first?.says.contains("chmod 600") == true)
    }

    @Test func aSecretInTheConfigurationItselfDoesNotPassForOne() throws {
        let scratch = try Scratch()
        try furnish(scratch)
        let text = ExampleConfig.text.replacingOccurrences(
            of: "Authorization: {environment: FINERACT_BANK_A}", with: "Authorization: Basic abc")
        let found = try problems(text, scratch)
        #expect(found.contains { $0.path.hasSuffix("Authorization") && $0.says.contains("file or the environment") })
    }

    @Test func aSecretPrintsAsNothing() {
        let secret = Secret("hunter2")
        #expect("\(secret)" == "<secret>")
        #expect(String(reflecting: secret) == "<secret>")
    }

    @Test(arguments: ["folder: [", "\t- x", "folder: a\nfolder: b"])
    func brokenYAMLIsToldWithItsLine(_ text: String) throws {
        let scratch = try Scratch()
        #expect(try !problems(text, scratch).isEmpty)
    }
}
