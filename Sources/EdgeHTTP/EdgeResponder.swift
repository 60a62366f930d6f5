import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import Payments

/// Takes one request from Hummingbird to the handler and its answer back, without a router or middleware.
struct EdgeResponder: Sendable {
    let limits: EdgeLimits
    let requiresCertificate: Bool
    let admission: EdgeAdmission
    let refuse: @Sendable (EdgeRefusal, WireRequest, EdgePeer) -> WireReply?
    let handler: EdgeStreamHandler
    let logger: Logger
    private let date = EdgeDate()

    /// A refused body shorter than this is read and dropped so that the connection can be kept.
    private static let cheapBodyBytes = 64 * 1024

    @concurrent
    func respond(
        to request: Request, from peer: EdgePeer, on channel: any Channel, with writer: consuming ResponseWriter
    ) async throws {
        let isHead = request.method == .head
        guard var wire = Self.wire(request.head) else {
            let refused = WireRequest(method: request.method.rawValue, path: request.head.path ?? "")
            let reply = refusal(.targetNotAPath, refused, peer, closing: true)
            return try await send(reply, isHead: isHead, with: writer)
        }
        if requiresCertificate && peer.certificate == nil {
            let reply = refusal(.certificateUnreadable, wire, peer, closing: true)
            return try await send(reply, isHead: isHead, with: writer)
        }
        let length = request.headers[.contentLength].map { Int($0) ?? Int.max }
        guard length ?? 0 <= limits.bodyBytes else {
            let reply = refusal(.bodyTooLarge, wire, peer, closing: true)
            return try await send(reply, isHead: isHead, with: writer)
        }
        guard admission.enter() else {
            let hasLongBody = length ?? 0 > Self.cheapBodyBytes || request.headers[.transferEncoding] != nil
            let reply = refusal(.busy, wire, peer, closing: hasLongBody)
            return try await send(reply, isHead: isHead, with: writer)
        }
        var heldBytes = 0
        defer { admission.leave(bytes: heldBytes) }
        if request.headers[.expect]?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        if let refused = try await readBody(of: request, length: length, into: &wire, heldBytes: &heldBytes) {
            let reply = refusal(refused, wire, peer, closing: true)
            return try await send(reply, isHead: isHead, with: writer)
        }
        switch await handler(wire, peer) {
        case .whole(let reply): try await send(reply, isHead: isHead, with: writer)
        case .stream(let stream): try await send(stream, for: request, on: channel, with: writer)
        }
    }

    // MARK: reading

    private static func wire(_ head: HTTPRequest) -> WireRequest? {
        guard let target = head.path, target.utf8.first == UInt8(ascii: "/") || target == "*" else { return nil }
        let path: Substring
        let query: Substring
        if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = target[..<mark]
            query = target[target.utf8.index(after: mark)...]
        } else {
            path = target[...]
            query = ""
        }
        var headers: [WireHeader] = []
        headers.reserveCapacity(head.headerFields.count + 1)
        if let host = head.authority { headers.append(WireHeader("Host", host)) }
        for field in head.headerFields { headers.append(WireHeader(field.name.rawName, field.value)) }
        return WireRequest(
            method: head.method.rawValue, path: String(path), query: String(query), headers: headers)
    }

    /// The reason for refusing, if there is one; throws when the connection broke.
    private func readBody(
        of request: Request, length: Int?, into wire: inout WireRequest, heldBytes: inout Int
    ) async throws -> EdgeRefusal? {
        if let length {
            guard admission.take(bytes: length) else { return .busy }
            heldBytes = length
            wire.body.reserveCapacity(min(length, Self.cheapBodyBytes))
        }
        do {
            for try await part in request.body {
                let total = wire.body.count + part.readableBytes
                guard total <= limits.bodyBytes else { return .bodyTooLarge }
                if total > heldBytes {
                    guard admission.take(bytes: total - heldBytes) else { return .busy }
                    heldBytes = total
                }
                wire.body.append(contentsOf: part.readableBytesView)
            }
        } catch is EdgeReadTimeout {
            return .readTimedOut
        } catch is HTTPParserError {
            return .requestUnreadable
        }
        return nil
    }

    // MARK: answering

    /// The answer to bytes that are no request: nobody but the gate meets them.
    func unreadable(by peer: EdgePeer) -> WireReply {
        var reply = refusal(.requestUnreadable, WireRequest(method: "", path: ""), peer, closing: true)
        if head(of: reply) == nil { reply = EdgeRefusal.requestUnreadable.standardReply }
        reply.headers.append(WireHeader("Date", date.now))
        return reply
    }

    private func refusal(
        _ reason: EdgeRefusal, _ request: WireRequest, _ peer: EdgePeer, closing: Bool
    ) -> WireReply {
        logger.debug("refused", metadata: ["reason": "\(reason)", "peer": "\(peer.remoteAddress)"])
        var bare = request
        bare.body = []
        var reply = refuse(reason, bare, peer) ?? reason.standardReply
        if closing { reply.headers.append(WireHeader("Connection", "close")) }
        return reply
    }

    @concurrent
    private func send(_ reply: WireReply, isHead: Bool, with writer: consuming ResponseWriter) async throws {
        guard let head = head(of: reply) else {
            logger.error("the handler's answer is not HTTP", metadata: ["status": "\(reply.status)"])
            let failed = head(of: WireReply(status: 500)) ?? HTTPResponse(status: .internalServerError)
            return try await write(failed, [], with: writer)
        }
        let isBare = isHead || reply.status == 204 || reply.status == 304
        try await write(head, isBare ? [] : reply.body, with: writer)
    }

    @concurrent
    private func write(_ head: HTTPResponse, _ body: [UInt8], with writer: consuming ResponseWriter) async throws {
        do {
            if body.isEmpty {
                try await writer.writeResponse(head)
            } else {
                try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
            }
        } catch {
            // Not the original: Hummingbird would answer a parser error a second time.
            logger.debug("answer not taken", metadata: ["error": "\(error)"])
            throw EdgeAnswerNotTaken()
        }
    }

    /// Passes the parts on as the connection takes them, until one of the two sides has enough; the connection ends
    /// with the stream.
    @concurrent
    private func send(
        _ stream: EdgeStream, for request: Request, on channel: any Channel, with writer: consuming ResponseWriter
    ) async throws {
        defer { stream.ended() }
        let closing = WireReply(status: stream.status, headers: stream.headers + [WireHeader("Connection", "close")])
        guard request.method == .get, let head = head(of: closing, isStream: true) else {
            return try await send(WireReply(status: 500), isHead: request.method == .head, with: writer)
        }
        do {
            let presence = try await EdgePresence.of(channel)
            var writer: any ResponseBodyWriter = try await writer.writeHead(head)
            while let bytes = await presence.next(of: stream) { try await writer.write(ByteBuffer(bytes: bytes)) }
            try await writer.finish(nil)
        } catch {
            logger.debug("stream not taken", metadata: ["error": "\(error)"])
            throw EdgeAnswerNotTaken()
        }
    }

    /// nil when the answer cannot be said in HTTP, such as a line break in a header value.
    private func head(of reply: WireReply, isStream: Bool = false) -> HTTPResponse? {
        guard (200...599).contains(reply.status) else { return nil }
        var fields = HTTPFields()
        fields.reserveCapacity(reply.headers.count + 2)
        for header in reply.headers {
            guard let name = HTTPField.Name(header.name), HTTPField.isValidValue(header.value) else { return nil }
            if name == .contentLength || name == .transferEncoding { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        if !isStream, reply.status != 204, reply.status != 304 {
            fields.append(HTTPField(name: .contentLength, value: String(reply.body.count)))
        }
        if fields[.date] == nil { fields.append(HTTPField(name: .date, value: date.now)) }
        return HTTPResponse(status: .init(code: reply.status), headerFields: fields)
    }
}

/// The peer was gone, or went, before its answer was written.
struct EdgeAnswerNotTaken: Error {}
