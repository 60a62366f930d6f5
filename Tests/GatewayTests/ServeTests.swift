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
        // The last of the neighbours: those before it are set up already, and must be closed again.
        let bad = text.replacingOccurrences(of: "http://127.0.0.1:9/fineract-provider/api/v1", with: address)
        let result = try await Program.run(
            ["serve", "--insecure-loopback", "--config", try scratch.write("bad.yaml", bad)])
        #expect(bad != text && result.code == 1 && !result.output.contains("ready"))
        #expect(result.complaints.contains("fineract:bank-a: ") && result.complaints.contains(address))
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
