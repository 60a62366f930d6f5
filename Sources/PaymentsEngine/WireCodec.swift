import FormatJSON
public import Payments

/// What an exchange row holds: the exact bytes to send or to answer with, so that a repeat sends the stored bytes.
public enum StoredWire: Sendable, Equatable {
    /// `lane`: requests of one lane go out one at a time.
    case request(WireRequest, lane: String?)
    case reply(WireReply)

    public var bytes: [UInt8] {
        var json = JSONWriter(reserving: 512)
        json.beginObject()
        switch self {
        case .request(let request, let lane):
            json.member("method", request.method)
            json.member("path", request.path)
            if !request.query.isEmpty { json.member("query", request.query) }
            if let lane { json.member("lane", lane) }
            StoredWire.write(request.headers, request.body, &json)
        case .reply(let reply):
            json.key("status")
            json.number(reply.status)
            StoredWire.write(reply.headers, reply.body, &json)
        }
        json.endObject()
        // Of its exact size: it may stay in memory for as long as its payment waits.
        return json.bytes.withUnsafeBufferPointer { Array($0) }
    }

    public init?(bytes: [UInt8]) {
        guard
            let json = try? JSONValue.parse(bytes, limits: JSONLimits(documentBytes: 16 << 20, stringBytes: 12 << 20)),
            let headers = StoredWire.headers(json), let body = StoredWire.body(json)
        else { return nil }
        if let status = json["status"]?.int {
            self = .reply(WireReply(status: status, headers: headers, body: body))
        } else if let method = json["method"]?.string, let path = json["path"]?.string {
            let request = WireRequest(
                method: method, path: path, query: json["query"]?.string ?? "", headers: headers, body: body)
            self = .request(request, lane: json["lane"]?.string)
        } else {
            return nil
        }
    }

    private static func write(_ headers: [WireHeader], _ body: [UInt8], _ json: inout JSONWriter) {
        json.key("headers")
        json.beginArray()
        for header in headers {
            json.string(header.name)
            json.string(header.value)
        }
        json.endArray()
        guard !body.isEmpty else { return }
        if let text = String(validating: body, as: UTF8.self) {
            json.member("body", text)
        } else {
            json.member("bodyHex", body.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
        }
    }

    private static func headers(_ json: JSONValue) -> [WireHeader]? {
        guard let flat = json["headers"]?.array?.compactMap(\.string), flat.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: flat.count, by: 2).map { WireHeader(flat[$0], flat[$0 + 1]) }
    }

    private static func body(_ json: JSONValue) -> [UInt8]? {
        if let text = json["body"]?.string { return Array(text.utf8) }
        guard let hex = json["bodyHex"]?.string else { return [] }
        let digits = hex.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count == hex.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
