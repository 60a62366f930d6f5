import NIOCore
import NIOHTTP1
import Payments

/// Fired into a connection whose request did not arrive in full in time.
struct EdgeReadTimeout: Error {}

/// Watches one connection between the HTTP/1.1 decoder and Hummingbird: requests that trickle, answers that nobody
/// takes, and closing in an order that lets the last answer arrive.
final class EdgeGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Whether the peer is still there, for answers that take long.
    let presence = EdgePresence()
    private let limits: EdgeLimits
    /// The answer to bytes that are no request.
    private let unreadable: (any Channel) -> WireReply
    /// Requests whose first line was read and whose answer is not written in full.
    private var unanswered = 0
    /// The first line of a request was read and its end was not.
    private var isReading = false
    /// The peer announced, by header or by version, that this is its last request.
    private var isLastRequest = false
    private var isQuiescing = false
    /// The answer that is being written announces the end of the connection.
    private var isLastAnswer = false
    private var isUnreadable = false
    private var isLingering = false
    private var lingeredBytes = 0
    private var readTimer: Scheduled<Void>?
    private var stallTimer: Scheduled<Void>?
    private var lingerTimer: Scheduled<Void>?

    init(limits: EdgeLimits, unreadable: @escaping (any Channel) -> WireReply) {
        self.limits = limits
        self.unreadable = unreadable
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        readTimer?.cancel()
        stallTimer?.cancel()
        lingerTimer?.cancel()
    }

    // MARK: requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if isLingering { return discard(part, context) }
        if isLastRequest && !isReading { return }
        switch part {
        case .head(let head):
            unanswered += 1
            isReading = true
            isLastRequest = !head.isKeepAlive
        case .body:
            break
        case .end:
            isReading = false
            readTimer?.cancel()
            readTimer = nil
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isLingering { context.read() } else if isReading && readTimer == nil { scheduleReadTimer(context) }
        context.fireChannelReadComplete()
    }

    private func scheduleReadTimer(_ context: ChannelHandlerContext) {
        readTimer = after(limits.requestReadMilliseconds, context) { gate in
            gate.readTimer = nil
            guard gate.isReading, !gate.isLingering else { return }
            switch gate.unanswered {
            case 0: context.close(promise: nil)
            case 1:
                gate.isUnreadable = true
                context.fireErrorCaught(EdgeReadTimeout())
            default: gate.scheduleReadTimer(context)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        presence.leave()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError { isUnreadable = true }
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { isQuiescing = true }
        if case .some(.inputClosed) = event as? ChannelEvent {
            presence.leave()
            if isLingering { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head where unanswered == 0:
            // Hummingbird's own word about bytes that are no request; ours says it in the listener's terms.
            writeUnreadable(context, promise)
        case .head(var head) where head.status.code >= 200:
            if isQuiescing || (isLastRequest && unanswered <= 1) {
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            }
            isLastAnswer = head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .head, .body:
            context.write(data, promise: promise)
        case .end:
            unanswered = max(0, unanswered - 1)
            if isLastAnswer { writeLastEnd(context, data, promise) } else { context.write(data, promise: promise) }
        }
    }

    private func writeUnreadable(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        let reply = unreadable(context.channel)
        var headers = HTTPHeaders(reply.headers.map { ($0.name, $0.value) })
        headers.replaceOrAdd(name: "Connection", value: "close")
        headers.replaceOrAdd(name: "Content-Length", value: String(reply.body.count))
        isLastAnswer = true
        isUnreadable = true
        let status = HTTPResponseStatus(statusCode: reply.status)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: promise)
        guard !reply.body.isEmpty else { return }
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil)
    }

    private func writeLastEnd(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.lastAnswerLeft(context) }
        written.futureResult.cascade(to: promise)
        context.writeAndFlush(data, promise: written)
    }

    /// Closing while bytes of the peer are unread makes the system reset the connection, which destroys the answer. So
    /// only our own side is closed first, and what still comes is thrown away, for a while.
    private func lastAnswerLeft(_ context: ChannelHandlerContext) {
        guard context.channel.isActive, !isLingering else { return }
        guard isReading || isUnreadable else { return context.close(promise: nil) }
        isLingering = true
        readTimer?.cancel()
        readTimer = nil
        lingerTimer = after(limits.lingerMilliseconds, context) { _ in context.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func discard(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head: context.close(promise: nil)
        case .end: context.close(promise: nil)
        case .body(let bytes):
            lingeredBytes += bytes.readableBytes
            if lingeredBytes > limits.lingerBytes { context.close(promise: nil) }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stallTimer?.cancel()
        stallTimer = nil
        if !context.channel.isWritable {
            stallTimer = after(limits.answerStallMilliseconds, context) { _ in context.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    private func after(
        _ milliseconds: Int, _ context: ChannelHandlerContext, _ action: @escaping (EdgeGate) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(milliseconds))) { action(self) }
    }
}
