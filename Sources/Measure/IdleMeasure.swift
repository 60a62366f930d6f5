import Foundation

/// What a gateway costs that has nothing to do.
struct IdleMeasure {
    let runs: Int
    let interlock: String
    let disk: String

    private static let memoryMegabytes = 60.0
    private static let startMilliseconds = 500.0

    func run() async throws -> Findings {
        let folder = try Place.scratch("idle", below: disk)
        defer { Place.remove(folder) }
        let world = try await World.start(folder: folder)
        let configuration = Installation(folder: folder, state: "state", addresses: world.addresses)
        try configuration.write()
        var starts: [Double] = []
        var memory: [Double] = []
        var first: Double?
        do {
            // The first start makes the databases.
            for number in 0...runs {
                let gateway = try await Child.start(
                    interlock, ["serve", "--config", configuration.file], log: "\(folder)/gateway.log")
                try await Task.sleep(for: .milliseconds(500))
                let resident = ProcessMeter.megabytes(gateway.id, .resident)
                await gateway.stop()
                if number == 0 {
                    first = gateway.startMilliseconds
                } else {
                    starts.append(gateway.startMilliseconds)
                    memory.append(resident)
                }
            }
        } catch {
            await world.stop()
            throw error
        }
        await world.stop()
        let figure = { (name: String, values: [Double], unit: String, limit: Double) in
            let samples = Samples(values)
            return Figure(
                group: "idle", name: name, value: samples.median, unit: unit, limitName: "stated", limit: limit,
                bound: .atMost(1), spread: (samples.low / limit, samples.high / limit))
        }
        return Findings(
            figures: [
                figure("resident memory of serve", memory, "MB", Self.memoryMegabytes),
                figure("exec to ready line", starts, "ms", Self.startMilliseconds),
            ], notes: ["the very first start, which makes the databases: \(number(first ?? .nan)) ms"])
    }
}
