import EdgeHTTP
import Foundation
import NIOCore
import Payments
import Synchronization
import Testing

@Suite("Certificates that change, end or are taken back while connections live")
struct EdgeRevocationTests {
    private let authority: TestAuthority
    private let gateway: TestAuthority.Issued
    private let peer: TestAuthority.Issued
    private let get = WireRequest(method: "GET", path: "/")

    init() throws {
        authority = try TestAuthority("Scheme Root")
        gateway = try authority.issue("gateway", dnsNames: ["gateway.test"])
        peer = try authority.issue("dfspA", dnsNames: ["a.dfsp.test"])
    }

    private func listener(revoked: String? = nil) -> EdgeListener {
        EdgeListener(
            loopback,
            tls: EdgeListenerTLS(
                certificateChainPath: gateway.certificatePath, privateKeyPath: gateway.keyPath,
                clientTrustRootsPath: authority.rootPath, revokedPath: revoked))
    }

    private func identity(_ own: TestAuthority.Issued?, revoked: String? = nil) -> EdgeIdentity {
        EdgeIdentity(
            own: own?.own, trustRootsPath: authority.rootPath, serverName: "gateway.test", revokedPath: revoked)
    }

    /// Runs a server that a test may tell to read its files anew.
    private func reloadable(
        _ listener: EdgeListener, _ seen: Seen, _ body: (EdgeServer, String) async throws -> Void
    ) async throws {
        let server = try EdgeServer(listener) { request, peer in
            seen.note(request, peer)
            return WireReply(status: 200)
        }
        async let ended: Void = server.run()
        let port = try await server.port
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(server, "https://127.0.0.1:\(port)"))
        } catch {
            result = .failure(error)
        }
        await server.shutdown()
        try await ended
        try result.get()
    }

    @Test func aPeerThatIsTakenBackIsRefusedOnNewAndKeptConnections() async throws {
        let revoked = try authority.revoke([])
        let other = try authority.issue("dfspB", dnsNames: ["b.dfsp.test"])
        let seen = Seen()
        try await reloadable(listener(revoked: revoked), seen) { server, url in
            let kept = try EdgeClient(to: EdgeDestination(url), identity: identity(peer))
            #expect(await kept.send(get, timeoutMilliseconds: 10_000).reply?.status == 200)
            try authority.revoke([peer], at: revoked)
            #expect(await kept.send(get, timeoutMilliseconds: 10_000).reply?.status == 200, "not read yet")
            try server.reload()
            let cut = await kept.send(get, timeoutMilliseconds: 10_000)
            #expect(cut.reply == nil, "its connection ends with its next bytes")
            let fresh = try await ask(url, get, identity: identity(peer))
            #expect(fresh.reply == nil)
            let untouched = try await ask(url, get, identity: identity(other))
            #expect(untouched.reply?.status == 200)
            await kept.shutdown()
        }
        #expect(seen.peers.map { $0.certificate?.commonName } == ["dfspA", "dfspA", "dfspB"])
    }

    @Test func nothingLeavesToAServerThatWasTakenBack() async throws {
        let revoked = try authority.revoke([])
        let seen = Seen()
        try await reloadable(listener(), seen) { _, url in
            let client = try EdgeClient(
                to: EdgeDestination(url), identity: identity(peer, revoked: revoked))
            #expect(await client.send(get, timeoutMilliseconds: 10_000).reply?.status == 200)
            #expect(client.peerCertificate?.subject == "gateway")
            try authority.revoke([gateway], at: revoked)
            try client.reload()
            guard case .notSent(let why) = await client.send(get, timeoutMilliseconds: 10_000) else {
                Issue.record("nothing may leave")
                return
            }
            #expect(why.contains("gateway") && why.contains("revoked"), "\(why)")
            await client.shutdown()
        }
        #expect(seen.requests.count == 1)
    }

    @Test func aCertificateThatEndsIsRefusedOnAKeptConnectionToo() async throws {
        let brief = try authority.issue("dfspC", dnsNames: [], until: .now + 3)
        let seen = Seen()
        try await reloadable(listener(), seen) { _, url in
            let client = try EdgeClient(to: EdgeDestination(url), identity: identity(brief))
            #expect(await client.send(get, timeoutMilliseconds: 10_000).reply?.status == 200)
            let patience = ContinuousClock.now + .seconds(15)
            var last: WireOutcome = .notSent("")
            repeat {
                last = await client.send(get, timeoutMilliseconds: 10_000)
            } while last.reply != nil && ContinuousClock.now < patience
            #expect(last.reply == nil, "its time was over")
            await client.shutdown()
        }
    }

    @Test func newFilesAreTakenIntoUseWithoutARestart() async throws {
        let seen = Seen()
        try await reloadable(listener(), seen) { server, url in
            let client = try EdgeClient(to: EdgeDestination(url), identity: identity(peer))
            #expect(await client.send(get, timeoutMilliseconds: 10_000).reply?.status == 200)
            let next = try authority.issue("gateway-2", dnsNames: ["gateway.test"], until: .now + 40_000)
            try next.replace(gateway)
            try server.reload()
            let nextPeer = try authority.issue("dfspA-2", dnsNames: [])
            try nextPeer.replace(peer)
            try client.reload()
            #expect(await client.send(get, timeoutMilliseconds: 10_000).reply?.status == 200)
            #expect(client.peerCertificate?.subject == "gateway-2")
            await client.shutdown()
        }
        #expect(seen.peers.map { $0.certificate?.commonName } == ["dfspA", "dfspA-2"])
    }

    @Test func filesThatCannotBeUsedLeaveTheOldOnesInUse() async throws {
        let seen = Seen()
        try await reloadable(listener(revoked: try authority.revoke([])), seen) { server, url in
            let client = try EdgeClient(to: EdgeDestination(url), identity: identity(peer))
            try "no certificate".write(toFile: gateway.certificatePath, atomically: true, encoding: .utf8)
            #expect(throws: EdgeFailure.self) { try server.reload() }
            try "no key".write(toFile: peer.keyPath, atomically: true, encoding: .utf8)
            #expect(throws: EdgeFailure.self) { try client.reload() }
            #expect(await client.send(get, timeoutMilliseconds: 10_000).reply?.status == 200)
            await client.shutdown()
        }
    }

    @Test func whatIsOnItsWayIsNotCutByAReload() async throws {
        let (entered, release) = (Moment(), Moment())
        try await serving(
            listener(),
            handler: { request, _ in
                if request.path == "/slow" {
                    entered.happen()
                    await release.passed
                }
                return WireReply(status: 200)
            }
        ) { port in
            let client = try EdgeClient(to: EdgeDestination("https://127.0.0.1:\(port)"), identity: identity(peer))
            async let slow = client.send(
                WireRequest(method: "POST", path: "/slow"), timeoutMilliseconds: 10_000)
            await entered.passed
            try client.reload()
            #expect(await client.send(get, timeoutMilliseconds: 10_000).reply?.status == 200)
            release.happen()
            #expect(await slow.reply?.status == 200)
            await client.shutdown()
        }
    }

    @Test func listsThatAreNoneAreNamed() throws {
        let folder = try TestFolder()
        for text in ["", "no list", "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"] {
            let path = try folder.write(text, as: "revoked.pem")
            #expect { _ = try EdgeRevocations(path: path) } throws: { "\($0)".contains(path) }
            #expect(
                EdgeTLSFiles.faults(certificate: nil, key: nil, roots: nil, revoked: path).map(\.file) == [.revoked])
        }
        let good = try authority.revoke([peer, gateway])
        let list = try EdgeRevocations(path: good)
        #expect(list.count == 2 && list.nextUpdate != nil)
        #expect(EdgeTLSFiles.faults(certificate: nil, key: nil, roots: nil, revoked: good).isEmpty)
    }
}

@Suite("Answers that are none: unknown, never done or refused")
struct EdgeBrokenAnswerTests {
    private let post = WireRequest(method: "POST", path: "/transfers", body: Array("{}".utf8))

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{\"state\":\"ACCEP",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"state\":\"ACC",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnonsense",
        "HTTP/1.1 200", "HTTP/1.1 banana\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "\u{16}\u{3}\u{1}garbage\n\n", "",
    ])
    func itIsUnknown(_ answer: String) async throws {
        let outcome = try await misbehaving({ inbound, outbound in
            for try await part in inbound where text(part).contains("{}") { break }
            if !answer.isEmpty { try await outbound.write(.init(string: answer)) }
        }) { port in
            try await ask("http://127.0.0.1:\(port)", post)
        }
        #expect(outcome.isUnknown, "\(outcome)")
    }
}
