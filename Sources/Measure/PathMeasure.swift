import EdgeHTTP
import FormatJSON
import Foundation
import LabWorld
import Payments

/// Payments over the whole path, and what one costs the gateway's processor against a forwarder that makes the same
/// exchanges and appends.
struct PathMeasure {
    enum Route: String, CaseIterable {
        case rail = "ISO 20022 to Fineract"
        case wallet = "channel to Mojaloop"

        var tenant: String { self == .rail ? "bank-b" : "bank-a" }
    }

    let runs: Int
    let payments: Int
    let inFlight: Int
    let interlock: String
    let disk: String

    private static let warmUp = 200
    private static let bound = 2.5
    /// Payments of a run whose timelines are read.
    private static let sampled = 200

    func run() async throws -> Findings {
        let folder = try Place.scratch("path", below: disk)
        let world = try await World.start(folder: folder)
        do {
            let scripts = try await record(world, folder)
            let findings = try await measure(world, folder, scripts)
            await world.stop()
            Place.remove(folder)
            return findings
        } catch {
            await world.stop()
            throw MeasureFailure("\(error) (its files are in \(folder))")
        }
    }

    // MARK: - Recording

    private func record(_ world: World, _ folder: String) async throws -> [Route: Script] {
        let recorder = Recorder()
        let gatewayIdentity = try world.authority.issue(commonName: "gateway", fileName: "recorder")
        let doors = world.addresses
        let addresses = Installation.Addresses(
            hub: try await recorder.open("hub", isInward: false, as: gatewayIdentity, target: doors.hub),
            clearing: try await recorder.open("clearing", isInward: false, as: gatewayIdentity, target: doors.clearing),
            core: try await recorder.open("core", isInward: false, as: gatewayIdentity, target: doors.core))
        let gateway = try await Gateway.start(
            interlock, Installation(folder: folder, state: "recorded", addresses: addresses))
        let inward = { (name: String, port: Int) async throws -> String in
            try await recorder.open(
                "gateway", isInward: true,
                as: try world.authority.issue(commonName: name, fileName: "\(name)-recorder"),
                target: "https://localhost:\(port)")
        }
        await world.admit(
            hubBase: try await inward("switch", gateway.scheme), clearingBase: try await inward("rtp1", gateway.scheme))
        let channel = try await inward("channel", gateway.channel)
        var recorded: [Route: (since: Int64, crossings: [Crossing])] = [:]
        for route in Route.allCases {
            for number in 0..<20 { try await pay(route, number, world, channel: channel) }
            try await quiet(recorder)
            _ = recorder.take()
            let since = wallClock()
            try await pay(route, 20, world, channel: channel)
            try await quiet(recorder)
            recorded[route] = (since, recorder.take())
        }
        await gateway.child.stop()
        await recorder.stop()
        var scripts: [Route: Script] = [:]
        for (route, (since, crossings)) in recorded {
            let rows = try await Script.Rows.read(folder: "\(folder)/recorded", tenant: route.tenant, since: since)
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

    private func pay(_ route: Route, _ number: Int, _ world: World, channel: String) async throws {
        switch route {
        case .rail: try await world.payFromRail(number)
        case .wallet: try await world.payToWallet(number, channel: channel)
        }
    }

    // MARK: - Measuring

    /// One run of one side.
    private struct Outcome {
        var perSecond: Double
        var latencies: Samples
        var cpuMilliseconds: Double
    }

    private func measure(_ world: World, _ folder: String, _ scripts: [Route: Script]) async throws -> Findings {
        let gateway = try await Gateway.start(
            interlock, Installation(folder: folder, state: "measured", addresses: world.addresses))
        let base = "https://localhost:\(gateway.scheme)"
        await world.admit(hubBase: base, clearingBase: base)
        let channel = "https://localhost:\(gateway.channel)"
        var findings = Findings()
        do {
            for route in Route.allCases {
                guard let script = scripts[route] else { continue }
                let since = Instant(nanoseconds: wallClock())
                findings.notes.append(script.line)
                findings =
                    findings
                    + (try await duel(route, script, world, folder, process: gateway.child.id) { number in
                        try await pay(route, number, world, channel: channel)
                    })
                findings.figures += try await hops(route, gateway.socket, since: since)
            }
        } catch {
            await gateway.child.stop()
            throw error
        }
        await gateway.child.stop()
        return findings
    }

    private func duel(
        _ route: Route, _ script: Script, _ world: World, _ folder: String, process: Int32,
        _ pay: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Findings {
        let far = try await ScriptWorld(
            script: script, identity: try world.authority.issue(commonName: "far", fileName: "far-\(route.tenant)"))
        let forwarder = try await start(script, folder, peer: far.url)
        far.send(to: "https://localhost:\(forwarder.line)")
        var cost = Duel()
        var speed = Duel()
        var ours: [Outcome] = []
        do {
            _ = try await drive(Self.warmUp, first: 0, process: process, pay)
            _ = try await drive(Self.warmUp, first: 0, process: forwarder.id) { try await far.pay($0) }
            for run in 0..<runs {
                let first = Self.warmUp + run * payments
                let own = try await drive(payments, first: first, process: process, pay)
                let bare = try await drive(payments, first: first, process: forwarder.id) { try await far.pay($0) }
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

    private func figures(_ route: Route, _ cost: Duel, _ speed: Duel, _ ours: [Outcome]) -> [Figure] {
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

    private func start(_ script: Script, _ folder: String, peer: String) async throws -> Child {
        let state = "\(folder)/forwarder-\(script.tenant)"
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

    /// A fixed number of payments, so many in flight, and what they cost the process.
    private func drive(
        _ count: Int, first: Int, process: Int32, _ pay: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Outcome {
        let cpu = ProcessMeter.cpuSeconds(process)
        let begun = ContinuousClock.now
        let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
            for caller in 0..<inFlight {
                group.addTask {
                    var own: [Double] = []
                    for number in stride(from: first + caller, to: first + count, by: inFlight) {
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
            perSecond: Double(count) / spent, latencies: Samples(latencies),
            cpuMilliseconds: (ProcessMeter.cpuSeconds(process) - cpu) * 1_000 / Double(count))
    }

    // MARK: - Hops

    /// Time at each hop, from the timelines of the newest payments.
    private func hops(_ route: Route, _ socket: String, since: Instant) async throws -> [Figure] {
        let client = try EdgeClient(to: try EdgeDestination("unix:\(socket)"))
        let list = try await ask(client, "/payments")["payments"]?.array ?? []
        var spent: [String: [Double]] = [:]
        var order: [String] = []
        let own = list.filter { row in
            row["kind"]?.string == "transfer" && (row["receivedAt"]?.string ?? "") >= since.text
        }
        for row in own.prefix(Self.sampled) {
            let page = try await ask(client, "/payments/\(row["id"]?.string ?? "")")
            var single: [String: Double] = [:]
            for line in page["timeline"]?.array ?? [] {
                guard let hop = line["hop"]?.string, let micro = line["afterMicroseconds"]?.int else { continue }
                if !order.contains(hop) { order.append(hop) }
                single[hop, default: 0] += Double(micro) / 1_000
            }
            for (hop, milliseconds) in single { spent[hop, default: []].append(milliseconds) }
        }
        await client.shutdown()
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

    private func ask(_ client: EdgeClient, _ path: String) async throws -> JSONValue {
        let outcome = await client.send(WireRequest(method: "GET", path: path), timeoutMilliseconds: 10_000)
        guard case .replied(let reply) = outcome, reply.status == 200 else {
            throw MeasureFailure("the operators' socket did not answer \(path): \(outcome)")
        }
        return try JSONValue.parse(reply.body)
    }
}

/// A gateway that runs.
private struct Gateway {
    let child: Child
    let scheme: Int
    let channel: Int
    let socket: String

    static func start(_ interlock: String, _ installation: Installation) async throws -> Gateway {
        try installation.write()
        let child = try await Child.start(
            interlock, ["serve", "--config", installation.file, "--log-level", "warning"],
            log: "\(installation.folder)/\(installation.state).log")
        let port = { (text: String?) in text?.split(separator: ":").last.flatMap { Int($0) } }
        guard let ready = try? JSONValue.parse(Array(child.line.utf8)), let scheme = port(ready["scheme"]?.string),
            let channel = port(ready["channel"]?.string), let socket = ready["operator"]?.string
        else {
            await child.stop()
            throw MeasureFailure("the gateway's first line is no ready line: \(child.line)")
        }
        return Gateway(child: child, scheme: scheme, channel: channel, socket: socket)
    }
}
