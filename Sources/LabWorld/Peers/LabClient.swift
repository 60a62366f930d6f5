import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// An HTTPS client that shows its own certificate and trusts only the lab's authority.
public final class LabClient: Sendable {
    private let client: HTTPClient

    /// Largest answer that is read.
    static let bodyLimit = 6_000_000

    public init(identity: LabIdentity) throws {
        let chain = try NIOSSLCertificate.fromPEMFile(identity.certificateFile)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.certificateChain = chain.map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: identity.keyFile, format: .pem))
        tls.trustRoots = .file(identity.authorityFile)
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        // A gateway that was away is found again at once, not after a growing pause.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Sends to `base` + path; a missing answer within the time is an outcome, not a thrown error.
    public func send(_ request: LabRequest, to base: String, milliseconds: Int = 10_000) async -> LabOutcome {
        var outgoing = HTTPClientRequest(url: base + request.path + (request.query.isEmpty ? "" : "?" + request.query))
        outgoing.method = .RAW(value: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if !request.body.isEmpty || request.method != "GET" { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
        do {
            let response = try await client.execute(outgoing, timeout: .milliseconds(Int64(milliseconds)))
            let body = try await response.body.collect(upTo: Self.bodyLimit)
            return .replied(
                LabReply(
                    status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
                    body: Array(body.readableBytesView)))
        } catch {
            return .failed("\(error)")
        }
    }

    /// Must be called once at the end.
    public func stop() async { try? await client.shutdown() }
}
