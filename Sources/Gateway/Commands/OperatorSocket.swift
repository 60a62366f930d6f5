import EdgeHTTP
import FormatJSON
import Payments

/// The operators' socket of a running gateway, as commands ask it.
struct OperatorSocket {
    private let client: EdgeClient

    /// Runs `work` with the line open; it is closed whatever comes of it.
    static func with<Result>(
        _ config: GatewayConfig, _ work: (OperatorSocket) async throws -> Result
    ) async throws -> Result {
        let client = try EdgeClient(to: try EdgeDestination("unix:\(config.operatorSocket)"))
        do {
            let result = try await work(OperatorSocket(client: client))
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// The gateway's answer, its own refusals thrown; nil when no gateway listens.
    /// - Parameter doubt: what to do when it broke off in the middle, for the person at the keyboard.
    func ask(
        _ method: String, _ path: String, query: String = "", body: JSONValue? = nil,
        withinMilliseconds: Int = 15_000, doubt: String
    ) async throws -> JSONValue? {
        var request = WireRequest(method: method, path: path, query: query)
        if let body {
            request.body = body.bytes()
            request.headers = [WireHeader("Content-Type", "application/json")]
        }
        switch await client.send(request, timeoutMilliseconds: withinMilliseconds) {
        case .replied(let reply):
            guard let json = try? JSONValue.parse(reply.body) else {
                throw Failure.usage("the gateway's answer cannot be read")
            }
            if let error = json["error"]?.string { throw Failure.usage(error) }
            return json
        case .unknown(let why): throw Failure.usage("the gateway did not answer in full: \(why). \(doubt)")
        case .notSent: return nil
        }
    }
}
