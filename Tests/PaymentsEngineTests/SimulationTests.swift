import Foundation
import Testing

@Suite("The engine's machine in a world that loses, delays, repeats and dies")
struct SimulationTests {
    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test("No payment ends twice, is paid twice, keeps a hold or is forgotten") func invariants() {
        let first = Self.number("SIM_SEED")
        let seeds = first.map { $0...$0 } ?? 1...(Self.number("SIM_SEEDS") ?? 120)
        for seed in seeds {
            var simulation = Simulation(seed: seed)
            simulation.run()
            let wrongs = simulation.wrongs()
            if !wrongs.isEmpty {
                let story = simulation.trace.suffix(160).joined(separator: "\n")
                Issue.record("SIM_SEED=\(seed): \(wrongs.joined(separator: "; "))\n\(story)")
                return
            }
        }
    }

    @Test("The same seed tells the same story, byte for byte", arguments: [7, 41, 108] as [UInt64])
    func repeats(_ seed: UInt64) {
        var first = Simulation(seed: seed)
        var second = Simulation(seed: seed)
        first.run()
        second.run()
        #expect(first.trace.count > 10)
        #expect(first.trace == second.trace)
        #expect(first.journal.rows.mapValues(\.events) == second.journal.rows.mapValues(\.events))
    }
}
