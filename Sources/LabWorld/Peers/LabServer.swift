import HTTPTypes
import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import SwiftASN1
import Synchronization
import X509

#if canImport(Glibc)
    import Glibc
#endif

/// An HTTPS listener on 127.0.0.1 that demands a certificate of the lab's authority and hands over plain bytes.
public final class LabServer: Sendable {
    /// The port that was bound, also when port 0 was asked for.
    public let port: Int

    private let run: Task<Void, any Error>
    private let held: HeldChannels

    /// `https://127.0.0.1:PORT`
    public var url: String { "https://127.0.0.1:\(port)" }

    /// Largest request body that is read; more closes the connection with 413.
    static let bodyLimit = 6_000_000

    private init(port: Int, run: Task<Void, any Error>, held: HeldChannels) {
        self.port = port
        self.run = run
        self.held = held
    }

    /// Binds the port (0: any free one) and serves until `stop`.
    public static func start(
        identity: LabIdentity, port: Int = 0, demandsCertificate: Bool = true,
        handler: @escaping @Sendable (LabRequest) async -> LabAnswer
    ) async throws -> LabServer {
        let held = HeldChannels()
        let (ports, bound) = AsyncThrowingStream<Int, any Error>.makeStream(bufferingPolicy: .bufferingNewest(1))
        var logger = Logger(label: "lab")
        logger.logLevel = .critical
        let application = Application(
            responder: LabResponder(handler: handler, held: held),
            server: try .tls(
                .http1(), tlsConfiguration: serverTLS(identity, demandsCertificate: demandsCertificate)),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: nil),
            onServerRunning: { channel in bound.yield(channel.localAddress?.port ?? 0) },
            logger: logger)
        let run = Task {
            do {
                try await application.run()
                bound.finish()
            } catch {
                bound.finish(throwing: error)
                throw error
            }
        }
        for try await port in ports { return LabServer(port: port, run: run, held: held) }
        throw CancellationError()
    }

    /// Closes the listener and every connection on it.
    public func stop() async {
        held.closeAll()
        run.cancel()
        _ = await run.result
    }

    private static func serverTLS(_ identity: LabIdentity, demandsCertificate: Bool) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(identity.certificateFile)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: identity.keyFile, format: .pem)))
        tls.minimumTLSVersion = .tlsv12
        tls.trustRoots = .file(identity.authorityFile)
        tls.certificateVerification = demandsCertificate ? .noHostnameVerification : .none
        return tls
    }
}

/// Connections on which nothing will be said any more; they end with the listener or when the far side gives up.
private final class HeldChannels: Sendable {
    private let channels = Mutex<[any Channel]>([])

    func hold(_ channel: any Channel) async {
        channels.withLock { $0.append(channel) }
        hearFarewell(on: channel, closing: false)
        try? await channel.closeFuture.get()
        channels.withLock { list in list.removeAll { $0 === channel } }
    }

    func closeAll() {
        for channel in channels.withLock({ $0 }) { channel.close(promise: nil) }
    }
}

/// The pipeline stops reading while an answer is due, and keeps a half-closed connection: this makes the TLS layer read
/// on, so that the far side's farewell ends the connection at once instead of after a timeout.
private func hearFarewell(on channel: any Channel, closing: Bool) {
    channel.eventLoop.execute {
        try? channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
        if closing { channel.close(promise: nil) }
        (try? channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self))?.read()
    }
}

private struct LabContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

private struct LabResponder: HTTPResponder {
    let handler: @Sendable (LabRequest) async -> LabAnswer
    let held: HeldChannels

    func respond(to request: Request, context: LabContext) async throws -> Response {
        guard let body = try? await request.body.collect(upTo: LabServer.bodyLimit) else {
            return Response(status: .contentTooLarge)
        }
        let target = (request.head.path ?? "/").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let seen = LabRequest(
            method: request.head.method.rawValue, path: String(target[0]),
            query: target.count > 1 ? String(target[1]) : "",
            headers: request.headers.map { ($0.name.rawName, $0.value) }, body: Array(body.readableBytesView),
            commonName: await commonName(of: context.channel))
        switch await handler(seen) {
        case .reply(let reply): return response(reply)
        case .half(let reply): return half(reply, channel: context.channel)
        case .drip(let reply, let milliseconds): return drip(reply, milliseconds: milliseconds)
        case .close:
            hearFarewell(on: context.channel, closing: true)
            throw CancellationError()
        case .never:
            await held.hold(context.channel)
            throw CancellationError()
        }
    }

    private func response(_ reply: LabReply) -> Response {
        Response(
            status: .init(code: reply.status), headers: fields(reply.headers),
            body: .init(byteBuffer: ByteBuffer(bytes: reply.body)))
    }

    private func half(_ reply: LabReply, channel: any Channel) -> Response {
        let promised = max(reply.body.count, 8)
        let sent = Array(reply.body.prefix(reply.body.count / 2))
        return Response(
            status: .init(code: reply.status), headers: fields(reply.headers),
            body: .init(contentLength: promised) { writer in
                try await writer.write(ByteBuffer(bytes: sent))
                hearFarewell(on: channel, closing: true)
                throw CancellationError()
            })
    }

    private func drip(_ reply: LabReply, milliseconds: Int) -> Response {
        let parts = 8
        let size = max(1, (reply.body.count + parts - 1) / parts)
        return Response(
            status: .init(code: reply.status), headers: fields(reply.headers),
            body: .init(contentLength: reply.body.count) { writer in
                for start in stride(from: 0, to: reply.body.count, by: size) {
                    await pause(milliseconds: milliseconds / parts)
                    try await writer.write(
                        ByteBuffer(bytes: reply.body[start..<min(start + size, reply.body.count)]))
                }
                try await writer.finish(nil)
            })
    }

    private func fields(_ headers: [(name: String, value: String)]) -> HTTPFields {
        var fields = HTTPFields()
        for header in headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        return fields
    }

    private func commonName(of channel: any Channel) async -> String? {
        guard let found = try? await channel.nioSSL_peerCertificate().get(), let der = try? found.toDERBytes(),
            let certificate = try? Certificate(derEncoded: der)
        else { return nil }
        for relative in certificate.subject {
            for attribute in relative where attribute.type == .NameAttributes.commonName {
                return String(attribute.value)
            }
        }
        return nil
    }
}
