import AsyncHTTPClient
import FormatJSON
import Foundation
import NIOCore
import NIOHTTP1

/// The operators' questions to the running gateway, over its owner-only socket.
struct OperatorClient: Sendable {
    let client: HTTPClient
    let socket: String

    init(socket: String) {
        self.socket = socket
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func stop() async { try? await client.shutdown() }

    func get(_ path: String) async throws -> JSONValue { try await call("GET", path, nil) }

    func call(_ method: String, _ path: String, _ body: JSONValue?) async throws -> JSONValue {
        guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
            throw LabFailure("no socket path: \(socket)")
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = .RAW(value: method)
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.bytes()))
        }
        do {
            let response = try await client.execute(request, timeout: .seconds(10))
            let bytes = try await response.body.collect(upTo: 16_000_000)
            return try JSONValue.parse(Array(bytes.readableBytesView))
        } catch {
            throw LabFailure("the operators' socket did not answer \(method) \(path): \(error)")
        }
    }

    /// Rows of all payments, of every tenant.
    func payments(stuck: Bool = false) async throws -> [JSONValue] {
        try await get(stuck ? "/payments?stuck=true" : "/payments")["payments"]?.array ?? []
    }

    func payment(_ id: String) async throws -> JSONValue { try await get("/payments/\(id)") }

    func resolve(_ id: String, as outcome: String, evidence: String) async throws -> JSONValue {
        try await call(
            "POST", "/payments/\(id)/resolve",
            ["as": .string(outcome), "by": "lab", "reason": "the far side says so", "evidence": .string(evidence)])
    }
}
