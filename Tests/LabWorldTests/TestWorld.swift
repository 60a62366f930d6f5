import Foundation
import LabWorld

/// Certificates for one test, in a folder of its own that goes away with it.
final class TestWorld: Sendable {
    let authority: LabCA

    init() throws {
        let folder = NSTemporaryDirectory() + "interlock-lab-" + UUID().uuidString
        authority = try LabCA(folder: folder)
    }

    deinit { try? FileManager.default.removeItem(atPath: authority.folder) }

    func client(_ commonName: String) throws -> LabClient {
        try LabClient(identity: try authority.issue(commonName: commonName))
    }

    /// Runs with a client of this name and closes it.
    func with<Result>(
        client commonName: String, _ body: (LabClient) async throws -> Result
    ) async throws -> Result {
        let client = try client(commonName)
        do {
            let result = try await body(client)
            await client.stop()
            return result
        } catch {
            await client.stop()
            throw error
        }
    }
}

func amount(_ text: String) -> LabAmount { LabAmount(text)! }

extension LabOutcome {
    var reply: LabReply? { if case .replied(let reply) = self { reply } else { nil } }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
