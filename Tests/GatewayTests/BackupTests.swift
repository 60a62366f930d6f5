import FormatJSON
import Foundation
import Testing

/// `interlock backup` and `interlock restore`, as an operator uses them.
@Suite("Backup", .serialized)
struct BackupTests {
    /// A gateway whose hub never answers, with so many payments in flight.
    private func running(_ scratch: Scratch, _ hub: Listener, payments: Int) async throws -> RunningGateway {
        let config = try RunningGateway.configuration(scratch, hub: hub.port, drain: "500ms")
        let gateway = try RunningGateway(config)
        let ready = try await gateway.ready()
        for number in 0..<payments {
            let answer = try await RunningGateway.order(ready.channel, key: "k-\(number)", prefer: "respond-async")
            #expect(answer.hasPrefix("HTTP/1.1 202"))
        }
        return gateway
    }

    @Test func aBackupOfARunningGatewayIsRestoredAndNothingIsSentAnew() async throws {
        let scratch = try Scratch()
        let hub = try Listener()
        let gateway = try await running(scratch, hub, payments: 3)
        let config = "\(scratch.path)/interlock.yaml"
        let made = try await Program.run(["backup", "\(scratch.path)/backup", "--config", config, "--json"])
        #expect(made.code == 0, "\(made.complaints)")
        let manifest = try JSONValue.parse(made.output.trimmingCharacters(in: .newlines))
        #expect(manifest["openPayments"]?.int == 3)
        let again = try await Program.run(["backup", "\(scratch.path)/backup", "--config", config])
        #expect(again.code == 1 && again.complaints.contains("is not empty"))
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)

        try FileManager.default.moveItem(atPath: "\(scratch.path)/state", toPath: "\(scratch.path)/lost")
        let restored = try await Program.run(["restore", "\(scratch.path)/backup", "\(scratch.path)/state"])
        #expect(restored.code == 0, "\(restored.complaints)")
        #expect(restored.output.contains("3 payments, 3 of them open"))
        let next = try RunningGateway(config)
        _ = try await next.ready()
        try await next.log { $0.contains("restored from a backup") }
        let stuck = try await Program.run(["payments", "list", "--stuck", "--config", config, "--json"])
        #expect(try JSONValue.parse(stuck.output)["payments"]?.array?.count == 3)
        let sizes = try await Program.run(["store", "--config", config])
        #expect(sizes.output.contains("journal") && sizes.output.contains("kept 30 days"))
        next.signal(SIGTERM)
        #expect(await next.end() == 0)
        withExtendedLifetime(hub) {}
    }

    @Test(arguments: ["journal.sqlite", "tenants/bank-a.sqlite", "manifest.json"])
    func aBackupThatWasChangedOrIsTornIsRefused(_ file: String) async throws {
        let scratch = try Scratch()
        let hub = try Listener()
        let gateway = try await running(scratch, hub, payments: 1)
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
        let (backup, config) = ("\(scratch.path)/backup", "\(scratch.path)/interlock.yaml")
        let made = try await Program.run(["backup", backup, "--config", config])
        #expect(made.code == 0, "\(made.complaints)")
        #expect(try await Program.run(["restore", backup, "\(scratch.path)/x", "--check"]).code == 0)
        let place = URL(fileURLWithPath: "\(backup)/\(file)")
        var bytes = try Data(contentsOf: place)
        bytes[bytes.count / 2] ^= 0x01
        try bytes.write(to: place)
        let changed = try await Program.run(["restore", backup, "\(scratch.path)/new"])
        if file == "manifest.json" {
            try FileManager.default.removeItem(at: place)
        } else {
            #expect(changed.code == 1 && changed.complaints.contains(file), "\(changed.complaints)")
            try bytes.prefix(bytes.count / 2).write(to: place)
        }
        let torn = try await Program.run(["restore", backup, "\(scratch.path)/new"])
        #expect(torn.code == 1 && torn.complaints.contains(file), "\(torn.complaints)")
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/new"))
        withExtendedLifetime(hub) {}
    }

    @Test func aFolderThatIsInUseIsNotRestoredInto() async throws {
        let scratch = try Scratch()
        let hub = try Listener()
        let gateway = try await running(scratch, hub, payments: 1)
        let (backup, config) = ("\(scratch.path)/backup", "\(scratch.path)/interlock.yaml")
        #expect(try await Program.run(["backup", backup, "--config", config]).code == 0)
        let refused = try await Program.run(["restore", backup, "\(scratch.path)/state"])
        #expect(refused.code == 1 && refused.complaints.contains("is not empty"))
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
        withExtendedLifetime(hub) {}
    }

    @Test func aRetentionThatWouldForgetRepeatsIsNoConfiguration() async throws {
        let scratch = try Scratch()
        let config = try RunningGateway.configuration(scratch, hub: 9, drain: "1s")
        let text = try String(contentsOfFile: config, encoding: .utf8)
        for (setting, says) in [
            ("{keys: 3}", "at least 7 days"), ("{keys: 90}", "exchanges is not shorter than keys"),
            ("{keys: soon}", "a number of days"), ("{kes: 30}", "did you mean keys"),
        ] {
            try scratch.write("interlock.yaml", "retention: \(setting)\n" + text)
            let result = try await Program.run(["config", "check", config, "--insecure-loopback"])
            #expect(result.code == 1 && result.complaints.contains(says), "\(setting): \(result.complaints)")
        }
    }
}
