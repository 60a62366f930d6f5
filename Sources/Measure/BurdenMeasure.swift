import FormatJSON
import LabWorld

/// A gateway that has lived: a million payments stored, against one that has none; and its memory while ten thousand
/// payments wait for a silent hub and others go on.
struct BurdenMeasure {
    let load: PathLoad
    var stored = 1_000_000
    var crowd = 10_000

    private static let warmUp = 200
    private static let routes: [PaymentRoute] = [.rail, .wallet]
    private static let memoryMegabytes = 150.0
    /// Ordered payments that have not reached the silent hub yet, above which no more is ordered.
    private static let underWay = 96
    private static let longestMinutes = 10.0

    func run() async throws -> Findings {
        try await World.with("burden", below: load.disk) { world, folder in
            try await measure(world, folder)
        }
    }

    private func measure(_ world: World, _ folder: String) async throws -> Findings {
        let full = Installation(folder: folder, state: "full", addresses: world.addressesWithMute)
        try full.write()
        try await Stock(folder: "\(folder)/full", tenant: PaymentRoute.rail.tenant).fill(payments: stored)
        let laden = try await Gateway.start(load.interlock, full)
        do {
            let empty = try await Gateway.start(
                load.interlock, Installation(folder: folder, state: "empty", addresses: world.addressesWithMute))
            var findings = Findings()
            do {
                for route in Self.routes { findings.figures += try await duel(route, world, laden, empty) }
            } catch {
                await empty.stop()
                throw error
            }
            await empty.stop()
            findings = findings + (try await memory(world, laden))
            laden.kill()
            return findings
        } catch {
            laden.kill()
            throw error
        }
    }

    // MARK: - Payments stored

    private func duel(
        _ route: PaymentRoute, _ world: World, _ laden: Gateway, _ empty: Gateway
    ) async throws -> [Figure] {
        var cost = Duel()
        var speed = Duel()
        _ = try await drive(route, world, laden, payments: Self.warmUp, first: 0)
        _ = try await drive(route, world, empty, payments: Self.warmUp, first: 0)
        for run in 0..<load.runs {
            let first = Self.warmUp + run * load.payments
            let own = try await drive(route, world, laden, payments: load.payments, first: first)
            let bare = try await drive(route, world, empty, payments: load.payments, first: first)
            cost.add(own.cpuMilliseconds, against: bare.cpuMilliseconds)
            speed.add(own.perSecond, against: bare.perSecond)
        }
        return [
            speed.figure(
                "burden", "\(route.rawValue): payments, \(stored) stored", unit: "/s", limitName: "none stored",
                bound: .atLeast(0.9)),
            cost.figure(
                "burden", "\(route.rawValue): CPU of serve for one payment, \(stored) stored", unit: "ms",
                limitName: "none stored", bound: .atMost(1.1)),
        ]
    }

    /// The networks know one gateway at a time.
    private func drive(
        _ route: PaymentRoute, _ world: World, _ gateway: Gateway, payments: Int, first: Int
    ) async throws -> Drive.Outcome {
        await world.admit(hubBase: gateway.schemeBase, clearingBase: gateway.schemeBase)
        let channel = gateway.channelBase
        let drive = Drive(payments: payments, inFlight: load.inFlight)
        return try await drive.run(first: first, process: gateway.child.id) {
            try await route.pay($0, world, channel: channel)
        }
    }

    // MARK: - Memory

    private func memory(_ world: World, _ gateway: Gateway) async throws -> Findings {
        await world.admit(hubBase: gateway.schemeBase, clearingBase: gateway.schemeBase)
        let operators = try gateway.operators()
        defer { Task { await operators.stop() } }
        let before = ProcessMeter.megabytes(gateway.child.id, .resident)
        try await gather(world, channel: gateway.channelBase)
        let waiting = try await open(operators)
        var figures: [Figure] = []
        for route in PaymentRoute.allCases {
            let outcome = try await drive(route, world, gateway, payments: load.payments, first: 0)
            figures.append(
                Figure(
                    group: "burden", name: "- \(route.rawValue): payments beside them", value: outcome.perSecond,
                    unit: "/s"))
        }
        let left = try await open(operators)
        guard min(waiting, left) >= crowd else {
            throw MeasureFailure("of \(crowd) payments in flight \(waiting) were there before the load, \(left) after")
        }
        let peak = ProcessMeter.megabytes(gateway.child.id, .peak)
        figures.insert(
            Figure(
                group: "burden", name: "most resident memory of serve, \(crowd) in flight under load", value: peak,
                unit: "MB", limitName: "stated", limit: Self.memoryMegabytes, bound: .atMost(1)), at: 0)
        return Findings(
            figures: figures,
            notes: [
                "\(stored) payments stored: \(number(before)) MB resident before \(crowd) more were in flight, "
                    + "\(number(ProcessMeter.megabytes(gateway.child.id, .resident))) MB after the load"
            ])
    }

    private func open(_ operators: OperatorLine) async throws -> Int {
        try await operators.ask("/state")["open"]?.int ?? 0
    }

    /// Orders payments over a hub that takes every transfer and says no more, until so many wait for it.
    private func gather(_ world: World, channel: String) async throws {
        world.mute.moods.always("transfer", .silent)
        world.mute.moods.always("enquiry", .lost)
        let deadline = ContinuousClock.now.advanced(by: .seconds(Self.longestMinutes * 60))
        var ordered = 0
        while true {
            let waiting = await world.mute.transfers(of: PaymentRoute.wallet.tenant).count
            guard waiting < crowd else { return }
            guard ContinuousClock.now < deadline else {
                throw MeasureFailure("only \(waiting) payments were in flight after \(Self.longestMinutes) minutes")
            }
            let room = max(0, Self.underWay - max(0, ordered - waiting))
            let first = ordered
            let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in first..<first + room {
                    group.addTask { try await world.orderToMute(number, channel: channel) }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            ordered += taken
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
