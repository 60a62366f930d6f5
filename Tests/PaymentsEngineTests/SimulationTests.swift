import Foundation
import Testing

@Suite("The engine's machine in a world that loses, delays, repeats and dies")
struct SimulationTests {
    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test("No payment ends twice, is paid twice, keeps a hold or is forgotten") func invariants() {
        let first = Self.number("SIM_SEED")
        let runs = Self.number("SIM_SEEDS") ?? (first == nil ? 120 : 1)
        let seeds = (first ?? 1)..<(first ?? 1) + max(1, runs)
        for seed in seeds {
            var simulation = Simulation(seed: seed)
            simulation.run()
            let wrongs = simulation.wrongs()
            if !wrongs.isEmpty {
                let story = simulation.trace.suffix(160).joined(separator: "\n")
                let again = "make simulate SEED=\(seed) tells it again"
                Issue.record("seed \(seed): \(wrongs.joined(separator: "; "))\n\(again)\n\(story)")
                return
            }
        }
        print("\(seeds.count) seeds from \(seeds.lowerBound) are clean")
    }

    @Test("A death at every commit of every flow, before it is durable and after", arguments: Set(Simulation.stories))
    func deaths(_ flow: String) {
        var told = 0
        for seed in 1...(Self.number("SIM_SEEDS") == nil ? 6 : 40) as ClosedRange<UInt64> {
            // How many commits the story has when nobody dies.
            var calm = Simulation(seed: seed, payments: 1, flow: flow, death: .init(commit: 0, isDurable: true))
            calm.run()
            #expect(calm.wrongs() == [] && calm.commits > 1)
            for commit in 1...calm.commits {
                for isDurable in [false, true] {
                    let death = Simulation.Death(commit: commit, isDurable: isDurable)
                    var story = Simulation(seed: seed, payments: 1, flow: flow, death: death)
                    story.run()
                    let wrongs = story.wrongs()
                    #expect(wrongs == [], "seed \(seed), \(flow), \(death)\n\(story.trace.joined(separator: "\n"))")
                    #expect(story.life == 2, "seed \(seed), \(flow), \(death): nobody died")
                    if !wrongs.isEmpty { return }
                    told += 1
                }
            }
        }
        print("\(flow): \(told) deaths, all clean")
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
