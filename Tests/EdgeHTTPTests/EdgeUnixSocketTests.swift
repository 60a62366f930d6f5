import EdgeHTTP
import Foundation
import NIOCore
import Payments
import Testing

@Suite("The operators' socket")
struct EdgeUnixSocketTests {
    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private let handler: EdgeHandler = { request, _ in WireReply(status: 200, body: request.body) }

    @Test func onlyItsUserCanReachIt() async throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/run/control"
        try await serving(EdgeListener(.unixSocket(path: path)), handler: handler) { _ in
            #expect(try mode(path) == 0o600)
            #expect(try mode("\(folder.path)/run") == 0o700)
            let request = WireRequest(method: "POST", path: "/command", body: Array("stop".utf8))
            let outcome = try await ask("unix:\(path)", request)
            #expect(outcome.reply?.body == Array("stop".utf8))
        }
        #expect(!FileManager.default.fileExists(atPath: path), "the file goes with its server")
    }

    @Test func liveSocketIsNotTakenOver() async throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/control"
        try await serving(EdgeListener(.unixSocket(path: path)), handler: handler) { _ in
            let second = try EdgeServer(EdgeListener(.unixSocket(path: path)), handler: handler)
            await #expect(throws: EdgeFailure.socketInUse(path: path)) { try await second.run() }
            let reply = try await ask("unix:\(path)", WireRequest(method: "GET", path: "/")).reply
            #expect(reply?.status == 200, "the first goes on")
        }
    }

    @Test func pathTooLongForASocketIsToldWithItsLimit() async throws {
        let folder = try TestFolder()
        let fitting = folder.path + "/" + String(repeating: "s", count: 102 - folder.path.utf8.count)
        try await serving(EdgeListener(.unixSocket(path: fitting)), handler: handler) { _ in
            #expect(FileManager.default.fileExists(atPath: fitting))
        }
        let server = try EdgeServer(EdgeListener(.unixSocket(path: fitting + "x")), handler: handler)
        await #expect {
            try await server.run()
        } throws: { error in
            "\(error)".contains("has 104 bytes, a socket's may have 103")
        }
        await #expect(throws: EdgeFailure.self, "nobody waits for a port that will not come") { try await server.port }
    }

    @Test func socketOfADeadProcessIsReplaced() async throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/control"
        try abandonSocket(path)
        #expect(FileManager.default.fileExists(atPath: path))
        try await serving(EdgeListener(.unixSocket(path: path)), handler: handler) { _ in
            let reply = try await ask("unix:\(path)", WireRequest(method: "GET", path: "/")).reply
            #expect(reply?.status == 200)
        }
    }

    /// Leaves a socket file as a killed process does: bound, and nobody behind it.
    private func abandonSocket(_ path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let address = try SocketAddress(unixDomainSocketPath: path)
        let result = address.withSockAddr { pointer, size in bind(descriptor, pointer, socklen_t(size)) }
        try #require(result == 0)
    }

    @Test func openFolderAndForeignFileAreRefused() async throws {
        let folder = try TestFolder()
        let open = "\(folder.path)/open"
        try FileManager.default.createDirectory(
            atPath: open, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        let exposed = try EdgeServer(EdgeListener(.unixSocket(path: "\(open)/control")), handler: handler)
        await #expect(throws: EdgeFailure.socketFolderOpen(path: open)) { try await exposed.run() }

        let file = try folder.write("precious", as: "control")
        let foreign = try EdgeServer(EdgeListener(.unixSocket(path: file)), handler: handler)
        await #expect(throws: EdgeFailure.self) { try await foreign.run() }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
    }
}
