import EdgeHTTP
import Payments
import Testing

@Suite("TLS and mutual TLS")
struct EdgeTLSTests {
    private let scheme: TestAuthority
    private let gateway: TestAuthority.Issued
    private let peer: TestAuthority.Issued
    private let listener: EdgeListener

    init() throws {
        scheme = try TestAuthority("Scheme Root")
        gateway = try scheme.issue("gateway", dnsNames: ["gateway.test"])
        peer = try scheme.issue("dfspA", dnsNames: ["a.dfsp.test", "b.dfsp.test"])
        listener = EdgeListener(
            loopback,
            tls: EdgeListenerTLS(
                certificateChainPath: gateway.certificatePath, privateKeyPath: gateway.keyPath,
                clientTrustRootsPath: scheme.rootPath))
    }

    private let get = WireRequest(method: "GET", path: "/")

    private func identity(_ own: TestAuthority.Issued?) -> EdgeIdentity {
        EdgeIdentity(own: own?.own, trustRootsPath: scheme.rootPath, serverName: "gateway.test")
    }

    @Test func peerIsKnownByItsCertificate() async throws {
        let seen = Seen()
        try await serving(
            listener,
            handler: { request, peer in
                seen.note(request, peer)
                return WireReply(status: 202)
            }
        ) { port in
            let client = try EdgeClient(to: EdgeDestination("https://127.0.0.1:\(port)"), identity: identity(peer))
            for _ in 1...3 {
                let outcome = await client.send(get, timeoutMilliseconds: 10_000)
                #expect(outcome.reply?.status == 202)
            }
            await client.shutdown()
        }
        let expected = PeerCertificate(
            commonName: "dfspA", dnsNames: ["a.dfsp.test", "b.dfsp.test"], fingerprint: peer.fingerprint)
        #expect(seen.peers.map(\.certificate) == [expected, expected, expected])
        #expect(Set(seen.peers.map(\.remoteAddress)).count == 1, "one connection serves all")
    }

    @Test func peerWithoutCertificateIsRefused() async throws {
        let seen = Seen()
        try await serving(
            listener,
            handler: { request, peer in
                seen.note(request, peer)
                return WireReply(status: 200)
            }
        ) { port in
            let outcome = try await ask("https://127.0.0.1:\(port)", get, identity: identity(nil))
            #expect(outcome.reply == nil)
            let good = try await ask("https://127.0.0.1:\(port)", get, identity: identity(peer))
            #expect(good.reply?.status == 200)
        }
        #expect(seen.requests.count == 1)
    }

    @Test func peerOfAnotherAuthorityIsRefused() async throws {
        let other = try TestAuthority("Scheme Root")
        let stranger = try other.issue("dfspA", dnsNames: ["a.dfsp.test"])
        let seen = Seen()
        try await serving(
            listener,
            handler: { request, peer in
                seen.note(request, peer)
                return WireReply(status: 200)
            }
        ) { port in
            let outcome = try await ask("https://127.0.0.1:\(port)", get, identity: identity(stranger))
            #expect(outcome.reply == nil)
        }
        #expect(seen.requests.isEmpty)
    }

    @Test func clientSendsNothingToAServerOfAnotherAuthority() async throws {
        let other = try TestAuthority("Other Root")
        let seen = Seen()
        try await serving(
            listener,
            handler: { request, peer in
                seen.note(request, peer)
                return WireReply(status: 200)
            }
        ) { port in
            let trusting = EdgeIdentity(
                own: peer.own, trustRootsPath: other.rootPath, serverName: "gateway.test")
            let distrusted = try await ask("https://127.0.0.1:\(port)", get, identity: trusting)
            #expect(distrusted.isNotSent)
            let misnamed = EdgeIdentity(
                own: peer.own, trustRootsPath: scheme.rootPath, serverName: "bank.test")
            let wronglyNamed = try await ask("https://127.0.0.1:\(port)", get, identity: misnamed)
            #expect(wronglyNamed.isNotSent)
            let unnamed = EdgeIdentity(own: peer.own, trustRootsPath: scheme.rootPath)
            let notNamed = try await ask("https://127.0.0.1:\(port)", get, identity: unnamed)
            #expect(notNamed.isNotSent)
        }
        #expect(seen.requests.isEmpty)
    }

    @Test func oneWayTLSAsksForNoCertificate() async throws {
        var oneWay = listener
        oneWay.tls?.clientTrustRootsPath = nil
        let seen = Seen()
        try await serving(
            oneWay,
            handler: { request, peer in
                seen.note(request, peer)
                return WireReply(status: 200)
            }
        ) { port in
            let outcome = try await ask("https://127.0.0.1:\(port)", get, identity: identity(nil))
            #expect(outcome.reply?.status == 200)
        }
        #expect(seen.peers.first?.certificate == nil)
    }

    @Test func refusalReachesAPeerThatIsStillSending() async throws {
        var small = listener
        small.limits.bodyBytes = 1000
        try await serving(small, handler: { _, _ in WireReply(status: 200) }) { port in
            let large = WireRequest(method: "POST", path: "/", body: [UInt8](repeating: 1, count: 900_000))
            let outcome = try await ask("https://127.0.0.1:\(port)", large, identity: identity(peer))
            #expect(outcome.reply?.status == 413)
        }
    }

    @Test func unusableFilesAreNamed() throws {
        let handler: EdgeHandler = { _, _ in WireReply(status: 200) }
        var missing = listener
        missing.tls?.certificateChainPath = "/nowhere/chain.pem"
        #expect {
            try EdgeServer(missing, handler: handler)
        } throws: { "\($0)".contains("/nowhere/chain.pem") }
        var unkeyed = listener
        unkeyed.tls?.privateKeyPath = gateway.certificatePath
        #expect {
            try EdgeServer(unkeyed, handler: handler)
        } throws: { "\($0)".contains("private key \(gateway.certificatePath)") }
        var crossed = listener
        crossed.tls?.privateKeyPath = peer.keyPath
        #expect(throws: EdgeFailure.self) { try EdgeServer(crossed, handler: handler) }
        var rootless = listener
        rootless.tls?.clientTrustRootsPath = gateway.keyPath
        #expect {
            try EdgeServer(rootless, handler: handler)
        } throws: { "\($0)".contains("trust roots \(gateway.keyPath)") }
    }
}
