import ArgumentParser
import EdgeHTTP
import FormatJSON
import Foundation
import Payments
import StoreSQLite
import Synchronization

/// What the gateway is held against: a process on the same HTTP libraries and the same store that repeats, for each
/// payment, the exchanges and the appends of a recorded one, and reads nothing of them.
struct Forwarder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Repeat a recorded payment for each request; used by bench.")

    @Option(help: "The recorded payment.")
    var script: String

    @Option(help: "Folder for the journal.")
    var state: String

    @Option(help: "Folder of the certificates.")
    var certificates: String

    @Option(help: "Base URL of the far side.")
    var peer: String

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let script = try JSONDecoder().decode(Script.self, from: Data(contentsOf: URL(fileURLWithPath: script)))
        let store = try await SQLiteStore.open(folder: state, node: "forwarder", tenants: [script.tenant])
        let own = EdgeIdentity.Own(
            certificateChainPath: "\(certificates)/gateway.pem", privateKeyPath: "\(certificates)/gateway.key")
        let identity = EdgeIdentity(own: own, trustRootsPath: "\(certificates)/ca.pem")
        var limits = EdgeClientLimits()
        limits.inFlight = 256
        var clients: [String: EdgeClient] = [:]
        for link in Set(script.crossings.filter { !$0.isInward }.map(\.link)) {
            clients[link] = try EdgeClient(to: try EdgeDestination(peer), identity: identity, limits: limits)
        }
        let repeater = Repeater(script: script, store: store, clients: clients, amount: try PaymentRows.anAmount())
        let tls = EdgeListenerTLS(
            certificateChainPath: own.certificateChainPath, privateKeyPath: own.privateKeyPath,
            clientTrustRootsPath: "\(certificates)/ca.pem")
        let server = try EdgeServer(EdgeListener(.tcp(host: "127.0.0.1", port: 0), tls: tls)) { request, _ in
            await repeater.handle(request)
        }
        let running = Task { try await server.run() }
        let port = try await server.port
        FileHandle.standardOutput.write(Data("\(port)\n".utf8))
        try await running.value
    }
}

/// Names the payment and the crossing of a request to and from the forwarder.
enum Mark {
    static let header = "X-Script"

    static func text(_ payment: Int, _ crossing: Int) -> String { "\(payment)/\(crossing)" }

    static func read(_ text: String?) -> (payment: Int, crossing: Int)? {
        let parts = (text ?? "").split(separator: "/").compactMap { Int($0) }
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
}

/// Plays the script for each payment.
private final class Repeater: Sendable {
    private let script: Script
    private let store: SQLiteStore
    private let clients: [String: EdgeClient]
    private let amount: Money
    private let runs = Mutex<[Int: Run]>([:])

    init(script: Script, store: SQLiteStore, clients: [String: EdgeClient], amount: Money) {
        self.script = script
        self.store = store
        self.clients = clients
        self.amount = amount
    }

    func handle(_ request: WireRequest) async -> WireReply {
        guard let mark = Mark.read(request.header(Mark.header)), script.crossings.indices.contains(mark.crossing) else {
            return WireReply(status: 400)
        }
        let run = runs.withLock { runs in
            let run = runs[mark.payment] ?? Run()
            runs[mark.payment] = run
            return run
        }
        if mark.crossing == script.opening { Task { await play(mark.payment, run) } }
        return await run.arrive(mark.crossing)
    }

    private func play(_ payment: Int, _ run: Run) async {
        let now = Instant(nanoseconds: wallClock())
        let ids = (0...(script.appends.map(\.payment).max() ?? 0)).map { _ in
            PaymentID(at: now, engine: 0, entropy: .random(in: .min ... .max))
        }
        for move in script.moves {
            switch move {
            case .hear(let index): await run.heard(index)
            case .answer(let index): run.answer(index, with: reply(script.crossings[index]))
            case .call(let index):
                let outcome = await call(script.crossings[index], Mark.text(payment, index))
                guard case .replied = outcome else { return fail(payment, "\(outcome)") }
            case .append(let index):
                let rows = script.appends[index]
                let now = Instant(nanoseconds: wallClock())
                let append = rows.append(
                    to: ids[rows.payment], number: payment, tenant: script.tenant, amount: amount, at: now)
                let results = try? await store.append([append], leaseUntil: now.adding(milliseconds: 30_000))
                guard results == [.committed] else { return fail(payment, "\(String(describing: results))") }
            }
        }
        runs.withLock { runs in _ = runs.removeValue(forKey: payment) }
    }

    private func fail(_ payment: Int, _ why: String) {
        FileHandle.standardError.write(Data("payment \(payment): \(why)\n".utf8))
    }

    private func call(_ crossing: Crossing, _ mark: String) async -> WireOutcome {
        guard let client = clients[crossing.link] else { return .notSent("no link \(crossing.link)") }
        let headers = crossing.headers.map { WireHeader($0.name, $0.value) } + [WireHeader(Mark.header, mark)]
        let request = WireRequest(
            method: crossing.method, path: crossing.path, query: crossing.query, headers: headers, body: crossing.body)
        return await client.send(request, timeoutMilliseconds: 20_000)
    }

    private func reply(_ crossing: Crossing) -> WireReply {
        WireReply(
            status: crossing.status, headers: crossing.replyHeaders.map { WireHeader($0.name, $0.value) },
            body: crossing.replyBody)
    }
}

/// One payment under way: requests that arrived, and who waits for what.
private final class Run: Sendable {
    private struct State {
        var arrived: Set<Int> = []
        var listeners: [Int: CheckedContinuation<Void, Never>] = [:]
        var callers: [Int: CheckedContinuation<WireReply, Never>] = [:]
    }

    private let state = Mutex(State())

    /// A request has come; returns its answer.
    func arrive(_ index: Int) async -> WireReply {
        await withCheckedContinuation { caller in
            let listener = state.withLock { state in
                state.callers[index] = caller
                state.arrived.insert(index)
                return state.listeners.removeValue(forKey: index)
            }
            listener?.resume()
        }
    }

    /// Returns when the request has come.
    func heard(_ index: Int) async {
        await withCheckedContinuation { listener in
            let isThere = state.withLock { state in
                if state.arrived.contains(index) { return true }
                state.listeners[index] = listener
                return false
            }
            if isThere { listener.resume() }
        }
    }

    func answer(_ index: Int, with reply: WireReply) {
        state.withLock { $0.callers.removeValue(forKey: index) }?.resume(returning: reply)
    }
}
