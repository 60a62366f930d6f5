import FormatJSON
import Foundation
import Testing

@testable import LabWorld

enum LabPage {
    static func parse(_ text: String) throws -> JSONValue { try JSONValue.parse(text) }
}

struct StartTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "lab-test-" + FSPIOPRules.newIdentifier().prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    @Test("every file of the gateway's configuration is for its owner alone, and no secret stands in the YAML")
    func files() async throws {
        try await withFolder { folder in
            let configuration = Configuration(
                folder: folder,
                addresses: .init(hub: 1, clearing: 2, secondClearing: 3, core: 4, screening: 5, webhook: 6),
                clocks: .production)
            try configuration.write(coreUser: "someone", corePassword: "hush")
            for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
                let mode = attributes[.posixPermissions] as? Int ?? 0o777
                #expect(mode & 0o077 == 0, "\(name) has mode \(String(mode, radix: 8))")
            }
            let yaml = try String(contentsOfFile: configuration.file, encoding: .utf8)
            #expect(!yaml.contains("hush"))
            #expect(Cast.tenants.allSatisfy { !yaml.contains(Cast.apiKey($0)) })
        }
    }

    @Test("a program that never becomes ready is told with its log's end")
    func neverReady() async throws {
        try await withFolder { folder in
            let program = "\(folder)/gateway.sh"
            let script = Data("#!/bin/sh\necho 'routes.csv:3: no such network' >&2\nexit 1\n".utf8)
            #expect(
                FileManager.default.createFile(
                    atPath: program, contents: script, attributes: [.posixPermissions: 0o700]))
            let gateway = GatewayProcess(
                executable: program, configuration: "none.yaml", log: "\(folder)/log", defect: nil)
            await #expect {
                _ = try await gateway.start(seconds: 20)
            } throws: { error in
                "\(error)".contains("routes.csv:3: no such network")
            }
            #expect(!gateway.isRunning)
        }
    }

    @Test("the ready line tells the doors; SIGTERM ends the process, and a planted defect reaches its environment")
    func readyAndStopped() async throws {
        try await withFolder { folder in
            let program = "\(folder)/gateway.sh"
            let ready =
                #"{"ready":true,"scheme":"127.0.0.1:7443","channel":"127.0.0.1:7080","operator":"/run/it.sock"}"#
            let script = """
                #!/bin/sh
                echo "$INTERLOCK_PLANTED_DEFECT" >&2
                trap 'exit 0' TERM
                echo '\(ready)'
                while :; do sleep 0.05; done
                """
            #expect(
                FileManager.default.createFile(
                    atPath: program, contents: Data(script.utf8), attributes: [.posixPermissions: 0o700]))
            let gateway = GatewayProcess(
                executable: program, configuration: "none.yaml", log: "\(folder)/log", defect: "lostCallback")
            let doors = try await gateway.start(seconds: 20)
            #expect(doors.schemePort == 7443)
            #expect(doors.channelPort == 7080)
            #expect(doors.operatorSocket == "/run/it.sock")
            #expect(await gateway.terminate(seconds: 20))
            #expect(gateway.tail() == "lostCallback")
        }
    }
}
