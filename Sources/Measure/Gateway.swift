import EdgeHTTP
import FormatJSON
import Payments

/// A real `interlock serve` that runs.
struct Gateway {
    let child: Child
    let scheme: Int
    let channel: Int
    let socket: String

    /// Base URLs of its listeners.
    var schemeBase: String { "https://localhost:\(scheme)" }
    var channelBase: String { "https://localhost:\(channel)" }

    static func start(_ interlock: String, _ installation: Installation) async throws -> Gateway {
        try installation.write()
        let child = try await Child.start(
            interlock, ["serve", "--config", installation.file, "--log-level", "warning"],
            log: "\(installation.folder)/\(installation.state).log")
        let port = { (text: String?) in text?.split(separator: ":").last.flatMap { Int($0) } }
        guard let ready = try? JSONValue.parse(Array(child.line.utf8)), let scheme = port(ready["scheme"]?.string),
            let channel = port(ready["channel"]?.string), let socket = ready["operator"]?.string
        else {
            await child.stop()
            throw MeasureFailure("the gateway's first line is no ready line: \(child.line)")
        }
        return Gateway(child: child, scheme: scheme, channel: channel, socket: socket)
    }

    func stop() async { await child.stop() }

    func kill() { child.kill() }

    /// The operators' way in; the caller shuts it down.
    func operators() throws -> OperatorLine { try OperatorLine(socket: socket) }
}

/// Questions on the operators' socket.
struct OperatorLine {
    private let client: EdgeClient

    init(socket: String) throws { client = try EdgeClient(to: try EdgeDestination("unix:\(socket)")) }

    func ask(_ path: String) async throws -> JSONValue {
        let outcome = await client.send(WireRequest(method: "GET", path: path), timeoutMilliseconds: 10_000)
        guard case .replied(let reply) = outcome, reply.status == 200 else {
            throw MeasureFailure("the operators' socket did not answer \(path): \(outcome)")
        }
        return try JSONValue.parse(reply.body)
    }

    func stop() async { await client.shutdown() }
}
