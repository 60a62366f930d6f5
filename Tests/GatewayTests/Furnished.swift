import Foundation

@testable import Gateway

/// The shipped example with what it refers to, so that it can be read as it stands.
enum Furnished {
    /// SHA-256 of a key that nobody uses.
    static let hash = String(repeating: "5a", count: 32)

    static var example: String { ExampleConfig.text.replacingOccurrences(of: "REPLACE-ME\n", with: "\(hash)\n") }

    static func fill(_ scratch: Scratch) throws {
        try scratch.write("tls/gateway.pem", Certificates.certificate)
        try scratch.write("tls/gateway.key", Certificates.key)
        try scratch.write("tls/ca.pem", Certificates.certificate)
        try scratch.write("secrets/ilp-bank-a", "a secret of the bank, long enough")
        for name in ["webhook-ledger", "webhook-ledger-old"] {
            try scratch.write("secrets/\(name)", "a secret of the receiver, long enough")
        }
        let routes = Program.root.appendingPathComponent("mappings/routes/example.csv")
        try scratch.write("routes.csv", try String(contentsOf: routes, encoding: .utf8))
        setenv("FINERACT_BANK_A", "Basic bWlmb3M6cGFzc3dvcmQ=", 1)
        setenv("SCREENING_BANK_A", "Bearer of the screening service", 1)
    }

    static func read(
        _ text: String, _ scratch: Scratch, for purpose: ConfigReader.Purpose = .look
    ) throws -> GatewayConfig {
        try ConfigReader.read(path: try scratch.write("interlock.yaml", text), for: purpose)
    }

    static func problems(
        _ text: String, _ scratch: Scratch, for purpose: ConfigReader.Purpose = .look
    ) throws -> [ConfigProblem] {
        do {
            _ = try read(text, scratch, for: purpose)
            return []
        } catch let problems as ConfigProblems {
            return problems.problems
        }
    }
}
