import EdgeHTTP
import Logging
import NIOCore
import NIOPosix
import Payments
import Synchronization

/// Something that happens once and can be waited for.
final class Moment: Sendable {
    private let state = Mutex((happened: false, waiting: [CheckedContinuation<Void, Never>]()))

    func happen() {
        let waiting = state.withLock { state in
            state.happened = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    var passed: Void {
        get async {
            await withCheckedContinuation { continuation in
                let happened = state.withLock { state in
                    if !state.happened { state.waiting.append(continuation) }
                    return state.happened
                }
                if happened { continuation.resume() }
            }
        }
    }
}

/// What reached a handler, in order.
final class Seen: Sendable {
    private let entries = Mutex<[(request: WireRequest, peer: EdgePeer)]>([])

    var requests: [WireRequest] { entries.withLock { $0.map(\.request) } }
    var peers: [EdgePeer] { entries.withLock { $0.map(\.peer) } }

    func note(_ request: WireRequest, _ peer: EdgePeer) { entries.withLock { $0.append((request, peer)) } }
}

let loopback = EdgeListener.Address.tcp(host: "127.0.0.1", port: 0)

/// Runs a server for as long as `body` lasts, then shuts it down gracefully.
func serving<Value: Sendable>(
    _ listener: EdgeListener = EdgeListener(loopback),
    refuse: @escaping @Sendable (EdgeRefusal, WireRequest, EdgePeer) -> WireReply? = { _, _, _ in nil },
    handler: @escaping EdgeHandler, _ body: (Int) async throws -> Value
) async throws -> Value {
    let server = try EdgeServer(listener, refuse: refuse, handler: handler)
    async let ended: Void = server.run()
    let port = try await server.port
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(port))
    } catch {
        result = .failure(error)
    }
    await server.shutdown()
    try await ended
    return try result.get()
}

/// Asks with a client made for this one request.
func ask(
    _ url: String, _ request: WireRequest, identity: EdgeIdentity = EdgeIdentity(),
    limits: EdgeClientLimits = EdgeClientLimits(), timeoutMilliseconds: Int = 10_000
) async throws -> WireOutcome {
    let client = try EdgeClient(to: try EdgeDestination(url), identity: identity, limits: limits)
    let outcome = await client.send(request, timeoutMilliseconds: timeoutMilliseconds)
    await client.shutdown()
    return outcome
}

/// Asks with a short patience, and with more if that ran out before the request even left.
func askBriefly(_ url: String, _ request: WireRequest) async throws -> WireOutcome {
    for patience in [100, 1_000] {
        let outcome = try await ask(url, request, timeoutMilliseconds: patience)
        if !outcome.isNotSent { return outcome }
    }
    return try await ask(url, request)
}

typealias RawInbound = NIOAsyncChannelInboundStream<ByteBuffer>
typealias RawOutbound = NIOAsyncChannelOutboundWriter<ByteBuffer>

func text(_ buffer: ByteBuffer) -> String { String(buffer: buffer) }

/// Opens a TCP connection and lets `body` write and read bytes as they are.
func raw<Value: Sendable>(
    _ port: Int, _ body: @Sendable (RawInbound, RawOutbound) async throws -> Value
) async throws -> Value {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    return try await channel.executeThenClose { inbound, outbound in try await body(inbound, outbound) }
}

/// Writes `request` and reads until `isEnough`, or until the server closes.
func exchange(
    _ port: Int, _ request: String, until isEnough: @escaping @Sendable (String) -> Bool = { _ in false }
) async throws -> String {
    try await raw(port) { inbound, outbound in
        try await outbound.write(ByteBuffer(string: request))
        var answer = ""
        for try await part in inbound {
            answer += text(part)
            if isEnough(answer) { break }
        }
        return answer
    }
}

/// A peer that keeps to no rule: `behaviour` runs once for each connection.
func misbehaving<Value: Sendable>(
    _ behaviour: @escaping @Sendable (RawInbound, RawOutbound) async throws -> Void,
    _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> Value {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: "127.0.0.1", port: 0) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    let port = server.channel.localAddress?.port ?? 0
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            try await withThrowingDiscardingTaskGroup { connections in
                try await server.executeThenClose { clients in
                    for try await client in clients {
                        connections.addTask {
                            try? await client.executeThenClose { try await behaviour($0, $1) }
                        }
                    }
                }
            }
        }
        let value = try await body(port)
        group.cancelAll()
        return value
    }
}

/// Reads one request without looking at it; false when the connection ended first.
@concurrent
func readRequest(_ iterator: inout RawInbound.AsyncIterator, ending: String = "\r\n\r\n") async throws -> Bool {
    var request = ""
    while let part = try await iterator.next() {
        request += text(part)
        if request.hasSuffix(ending) { return true }
    }
    return false
}

/// A port on which nobody listens.
func deadPort() async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0).get()
    let port = channel.localAddress?.port ?? 0
    try await channel.close().get()
    return port
}

extension WireOutcome {
    var reply: WireReply? { if case .replied(let reply) = self { reply } else { nil } }
    var isNotSent: Bool { if case .notSent = self { true } else { false } }
    var isUnknown: Bool { if case .unknown = self { true } else { false } }
}
