import FormatJSON
import Foundation
import Testing

/// The running program: its doors, and its stop.
@Suite("Serve", .serialized)
struct ServeTests {
    @Test func aStopRefusesWhatIsNewAnswersWhoWaitsAndTellsWhatIsOpen() async throws {
        let scratch = try Scratch()
        // A hub that takes connections and never answers: the payment stays in flight.
        let silent = try Listener()
        let config = try RunningGateway.configuration(scratch, hub: silent.port, drain: "1500ms")
        let gateway = try RunningGateway(config)
        let ready = try await gateway.ready()
        let held = Task { try await RunningGateway.order(ready.channel, key: "k-1", prefer: "wait=50") }
        try await gateway.log { $0.contains("payment moved") }

        let stopped = ContinuousClock.now
        gateway.signal(SIGTERM)
        try await gateway.log { $0.contains("\"stopping\"") }
        let refused = try await RunningGateway.order(ready.channel, key: "k-2", prefer: "wait=50")
        #expect(refused.hasPrefix("HTTP/1.1 503"))
        #expect(refused.contains("Retry-After: ") && refused.contains("the gateway is stopping"))
        let answer = try await held.value
        #expect(answer.hasPrefix("HTTP/1.1 202") && answer.contains("\"stage\":"))

        #expect(await gateway.end() == 0)
        #expect(ContinuousClock.now - stopped < .seconds(6))
        #expect(ContinuousClock.now - stopped > .seconds(1), "the time that is configured was given to the answer")
        let last = try #require(gateway.errors.split(separator: "\n").last { $0.contains("\"stopped\"") })
        #expect(try JSONValue.parse(String(last))["openPayments"]?.string == "1")
        withExtendedLifetime(silent) {}
    }

    @Test func aStopWithNothingInFlightIsQuick() async throws {
        let scratch = try Scratch()
        let gateway = try RunningGateway(try RunningGateway.configuration(scratch, hub: 9, drain: "60s"))
        _ = try await gateway.ready()
        let stopped = ContinuousClock.now
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
        #expect(ContinuousClock.now - stopped < .seconds(3))
    }

    @Test func aPortInUseIsOneClearLineAndNothingIsReady() async throws {
        let scratch = try Scratch()
        let taken = try Listener()
        let config = try RunningGateway.configuration(scratch, hub: 9, drain: "1s", scheme: taken.port)
        let gateway = try RunningGateway(config)
        #expect(await gateway.end() == 1)
        #expect(!gateway.output.contains("ready"))
        let lines = gateway.errors.split(separator: "\n").filter { !$0.hasPrefix("{") }
        #expect(lines == ["scheme: cannot listen on 127.0.0.1:\(taken.port): the address is in use by another process"])
        withExtendedLifetime(taken) {}
    }

    @Test(arguments: ["http//bad", "ftp://127.0.0.1:9", "http://"])
    func aNeighbourThatCannotBeReachedIsNamed(_ address: String) async throws {
        let scratch = try Scratch()
        let config = try RunningGateway.configuration(scratch, hub: 9, drain: "1s")
        let text = try String(contentsOfFile: config, encoding: .utf8)
        let bad = text.replacingOccurrences(of: "http://127.0.0.1:9/fineract-provider/api/v1", with: address)
        let result = try await Program.run(
            ["serve", "--insecure-loopback", "--config", try scratch.write("bad.yaml", bad)])
        #expect(bad != text && result.code == 1 && !result.output.contains("ready"))
        #expect(result.complaints.contains("coreBanks[0].address: \(address) is no address"), "\(result.complaints)")
    }

    /// Certificates that cannot be used end a start with one line each, and no trap.
    @Test(arguments: [
        ("clientRoots: tls/ca.pem ", "clientRoots: tls/nope.pem ", "scheme.tls.clientRoots: "),
        ("key: tls/gateway.key        #", "key: tls/other.key   #", "is not the key of the first certificate"),
        ("https://hub.example:4001", "http//bad", "networks[0].address: http//bad is no address"),
    ])
    func aStartThatCannotBeIsTold(_ from: String, _ to: String, _ says: String) async throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        try scratch.write("tls/other.key", Certificates.otherKey)
        let config = try scratch.write("interlock.yaml", Furnished.example.replacingFirst(from, to))
        for arguments in [["config", "check", config], ["serve", "--config", config]] {
            let result = try await Program.run(arguments)
            #expect(result.code == 1 && !result.output.contains("ready"))
            let lines = result.complaints.split(separator: "\n")
            #expect(lines.count == 1 && lines[0].hasPrefix("\(config):") && lines[0].contains(says), "\(lines)")
        }
    }

    @Test func configCheckTellsTablesAndSettingsTogether() async throws {
        let scratch = try Scratch()
        try Furnished.fill(scratch)
        let config = try scratch.write("interlock.yaml", Furnished.example.replacingFirst("# shards: 2", "shards: 0"))
        let routes = try String(contentsOfFile: "\(scratch.path)/routes.csv", encoding: .utf8)
        try scratch.write("routes.csv", routes.replacingFirst(",mojaloop:hub1,", ",nowhere:hub,"))
        let result = try await Program.run(["config", "check", config])
        #expect(result.code == 1)
        #expect(result.complaints.contains(": shards: must be a whole number"), "\(result.complaints)")
        #expect(result.complaints.contains("routes.csv:") && result.complaints.contains("nowhere:hub"))
        try scratch.write("routes.csv", routes)
        try scratch.write("interlock.yaml", Furnished.example)
        let good = try await Program.run(["config", "check", config])
        #expect(good.code == 0 && good.output.hasPrefix("ok: "), "\(good.complaints)")
    }

    @Test func aFolderTooDeepForTheOperatorsSocketIsRefusedWithLineAndLimit() async throws {
        let scratch = try Scratch()
        let folder = "state-" + String(repeating: "x", count: 100)
        let config = try RunningGateway.configuration(scratch, hub: 9, drain: "1s", folder: folder)
        let line = try String(contentsOfFile: config, encoding: .utf8).split(separator: "\n")
            .firstIndex { $0.hasPrefix("folder:") }
        for arguments in [["config", "check", config], ["serve", "--insecure-loopback", "--config", config]] {
            let result = try await Program.run(arguments)
            #expect(result.code == 1 && !result.output.contains("ready"))
            #expect(result.complaints.contains("\(config):\((line ?? -9) + 1): folder:"), "\(result.complaints)")
            #expect(result.complaints.contains("at most 103 bytes"))
        }
    }
}
