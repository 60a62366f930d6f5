/// How much goes over the whole path, through which program and on which disk.
struct PathLoad: Sendable {
    let runs: Int
    /// Of one run.
    let payments: Int
    let inFlight: Int
    let interlock: String
    let disk: String
    let routes: [PaymentRoute]
}

/// A fixed number of payments, so many in flight at a time, and what they cost a process.
struct Drive {
    /// One run of one side.
    struct Outcome {
        var perSecond: Double
        var latencies: Samples
        var cpuMilliseconds: Double
    }

    let payments: Int
    let inFlight: Int

    func run(
        first: Int, process: Int32, _ pay: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Outcome {
        let cpu = ProcessMeter.cpuSeconds(process)
        let begun = ContinuousClock.now
        let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
            for caller in 0..<inFlight {
                group.addTask {
                    var own: [Double] = []
                    for number in stride(from: first + caller, to: first + payments, by: inFlight) {
                        own.append(try await seconds { try await pay(number) } * 1_000)
                    }
                    return own
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let spent = (ContinuousClock.now - begun) / .seconds(1)
        // What follows the last answer belongs to the payments too.
        try await Task.sleep(for: .milliseconds(400))
        return Outcome(
            perSecond: Double(payments) / spent, latencies: Samples(latencies),
            cpuMilliseconds: (ProcessMeter.cpuSeconds(process) - cpu) * 1_000 / Double(payments))
    }
}
