import FormatJSON
import Foundation
import LabWorld
import Payments

/// Payments over the whole path, and what one costs the gateway's processor against a forwarder that makes the same
/// exchanges and appends.
struct PathMeasure {
    let load: PathLoad

    private static let warmUp = 200
    private static let bound = 2.5
    /// Payments of a run whose timelines are read.
    private static let sampled = 200

    func run() async throws -> Findings {
        try await World.with("path", below: load.disk) { world, folder in
            try await measure(world, folder, try await record(world, folder))
        }
    }

    // MARK: - Recording

    private func record(_ world: World, _ folder: String) async throws -> [PaymentRoute: Script] {
        let recorder = Recorder()
        let gatewayIdentity = try world.authority.issue(commonName: "gateway", fileName: "recorder")
        let doors = world.addresses
        let addresses = Installation.Addresses(
            hub: try await recorder.open("hub", isInward: false, as: gatewayIdentity, target: doors.hub),
            clearing: try await recorder.open("clearing", isInward: false, as: gatewayIdentity, target: doors.clearing),
            core: try await recorder.open("core", isInward: false, as: gatewayIdentity, target: doors.core))
        let gateway = try await Gateway.start(
            load.interlock, Installation(folder: folder, state: "recorded", addresses: addresses))
        let inward = { (name: String, port: Int) async throws -> String in
            try await recorder.open(
                "gateway", isInward: true,
                as: try world.authority.issue(commonName: name, fileName: "\(name)-recorder"),
                target: "https://localhost:\(port)")
        }
        await world.admit(
            hubBase: try await inward("switch", gateway.scheme), clearingBase: try await inward("rtp1", gateway.scheme))
        let channel = try await inward("channel", gateway.channel)
        var recorded: [PaymentRoute: (time: ClosedRange<Int64>, crossings: [Crossing])] = [:]
        for route in load.routes {
            for number in 0..<20 { try await route.pay(number, world, channel: channel) }
            try await quiet(recorder)
            _ = recorder.take()
            let since = wallClock()
            try await route.pay(20, world, channel: channel)
            try await quiet(recorder)
            recorded[route] = (since...wallClock(), recorder.take())
        }
        await gateway.stop()
        await recorder.stop()
        var scripts: [PaymentRoute: Script] = [:]
        for (route, (time, crossings)) in recorded {
            let rows = try await Script.Rows.read(folder: "\(folder)/recorded", tenant: route.tenant, time: time)
            scripts[route] = Script(name: route.rawValue, tenant: route.tenant, crossings: crossings, appends: rows)
        }
        return scripts
    }

    /// Nothing has crossed for a while.
    private func quiet(_ recorder: Recorder) async throws {
        var count = -1
        while count != recorder.count {
            count = recorder.count
            try await Task.sleep(for: .milliseconds(400))
        }
    }

    // MARK: - Measuring

    private func measure(_ world: World, _ folder: String, _ scripts: [PaymentRoute: Script]) async throws -> Findings {
        let gateway = try await Gateway.start(
            load.interlock, Installation(folder: folder, state: "measured", addresses: world.addresses))
        await world.admit(hubBase: gateway.schemeBase, clearingBase: gateway.schemeBase)
        var findings = Findings()
        do {
            for route in load.routes {
                guard let script = scripts[route] else { continue }
                let since = Instant(nanoseconds: wallClock())
                findings.notes.append(script.line)
                findings = findings + (try await duel(route, script, world, folder, gateway))
                findings.figures += try await hops(route, gateway, since: since)
            }
        } catch {
            await gateway.stop()
            throw error
        }
        await gateway.stop()
        return findings
    }

    private func duel(
        _ route: PaymentRoute, _ script: Script, _ world: World, _ folder: String, _ gateway: Gateway
    ) async throws -> Findings {
        let far = try await ScriptWorld(
            script: script, identity: try world.authority.issue(commonName: "far", fileName: "far-\(route.id)"))
        let forwarder = try await start(script, state: "\(folder)/forwarder-\(route.id)", folder, peer: far.url)
        let (process, channel) = (gateway.child.id, gateway.channelBase)
        let pay: @Sendable (Int) async throws -> Void = { try await route.pay($0, world, channel: channel) }
        let drive = Drive(payments: load.payments, inFlight: load.inFlight)
        let warmUp = Drive(payments: Self.warmUp, inFlight: load.inFlight)
        far.send(to: "https://localhost:\(forwarder.line)")
        var cost = Duel()
        var speed = Duel()
        var ours: [Drive.Outcome] = []
        do {
            _ = try await warmUp.run(first: 0, process: process, pay)
            _ = try await warmUp.run(first: 0, process: forwarder.id) { try await far.pay($0) }
            for run in 0..<load.runs {
                let first = Self.warmUp + run * load.payments
                let own = try await drive.run(first: first, process: process, pay)
                let bare = try await drive.run(first: first, process: forwarder.id) { try await far.pay($0) }
                cost.add(own.cpuMilliseconds, against: bare.cpuMilliseconds)
                speed.add(own.perSecond, against: bare.perSecond)
                ours.append(own)
            }
        } catch {
            await forwarder.stop()
            await far.stop()
            throw error
        }
        await forwarder.stop()
        await far.stop()
        return Findings(figures: figures(route, cost, speed, ours))
    }

    private func figures(_ route: PaymentRoute, _ cost: Duel, _ speed: Duel, _ ours: [Drive.Outcome]) -> [Figure] {
        let latency = { (share: Double) in Samples(ours.map { $0.latencies.quantile(share) }).median }
        return [
            cost.figure(
                "path", "\(route.rawValue): CPU of serve for one payment", unit: "ms", limitName: "forwarder",
                bound: .atMost(Self.bound)),
            speed.figure(
                "path", "\(route.rawValue): payments", unit: "/s", limitName: "forwarder", bound: .none),
            Figure(group: "path", name: "\(route.rawValue): whole payment p50", value: latency(0.5), unit: "ms"),
            Figure(group: "path", name: "\(route.rawValue): whole payment p99", value: latency(0.99), unit: "ms"),
        ]
    }

    private func start(_ script: Script, state: String, _ folder: String, peer: String) async throws -> Child {
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try JSONEncoder().encode(script).write(to: URL(fileURLWithPath: "\(state).json"))
        return try await Child.start(
            Place.program.path,
            [
                "forwarder", "--script", "\(state).json", "--state", state, "--certificates", "\(folder)/tls", "--peer",
                peer,
            ], log: "\(state).log")
    }

    // MARK: - Hops

    /// Time at each hop, from the timelines of the newest payments.
    private func hops(_ route: PaymentRoute, _ gateway: Gateway, since: Instant) async throws -> [Figure] {
        let operators = try gateway.operators()
        let list = try await operators.ask("/payments")["payments"]?.array ?? []
        var spent: [String: [Double]] = [:]
        var order: [String] = []
        let own = list.filter { row in
            row["kind"]?.string == "transfer" && (row["receivedAt"]?.string ?? "") >= since.text
        }
        for row in own.prefix(Self.sampled) {
            let page = try await operators.ask("/payments/\(row["id"]?.string ?? "")")
            var single: [String: Double] = [:]
            for line in page["timeline"]?.array ?? [] {
                guard let hop = line["hop"]?.string, let micro = line["afterMicroseconds"]?.int else { continue }
                if !order.contains(hop) { order.append(hop) }
                single[hop, default: 0] += Double(micro) / 1_000
            }
            for (hop, milliseconds) in single { spent[hop, default: []].append(milliseconds) }
        }
        await operators.stop()
        return order.flatMap { hop -> [Figure] in
            let samples = Samples(spent[hop] ?? [])
            // What is decided in the same moment as the hop before takes no time of its own.
            guard samples.high > 0 else { return [] }
            return [("p50", 0.5), ("p99", 0.99)].map { name, share in
                Figure(
                    group: "path", name: "\(route.rawValue): hop \(hop) \(name)", value: samples.quantile(share),
                    unit: "ms")
            }
        }
    }
}
