import AsyncHTTPClient
import Glibc
import Logging
import Payments
import Synchronization

/// The connections to one peer. When certificates were read anew, new requests take new connections; the old ones close
/// once nothing is on its way by them.
final class EdgePools: Sendable {
    private struct Pool {
        var client: HTTPClient
        var users = 0
    }

    private struct State {
        var newest = 0
        var pools: [Int: Pool]

        /// The pool, when nobody uses it any more.
        mutating func retire(_ number: Int) -> HTTPClient? {
            guard pools[number]?.users == 0 else { return nil }
            return pools.removeValue(forKey: number)?.client
        }
    }

    private let state: Mutex<State>
    private let logger: Logger

    init(_ client: HTTPClient, logger: Logger) {
        state = Mutex(State(pools: [0: Pool(client: client)]))
        self.logger = logger
    }

    /// After this the caller must call `leave`, whatever happens.
    func enter() -> (number: Int, client: HTTPClient)? {
        state.withLock { state in
            state.pools[state.newest]?.users += 1
            return state.pools[state.newest].map { (state.newest, $0.client) }
        }
    }

    func leave(_ number: Int) {
        let idle = state.withLock { state -> HTTPClient? in
            state.pools[number]?.users -= 1
            return number == state.newest ? nil : state.retire(number)
        }
        if let idle { Task { await close(idle) } }
    }

    func replace(with client: HTTPClient) {
        let idle = state.withLock { state -> HTTPClient? in
            let old = state.newest
            state.newest += 1
            state.pools[state.newest] = Pool(client: client)
            return state.retire(old)
        }
        if let idle { Task { await close(idle) } }
    }

    /// What is on its way by any of them ends.
    func shutdown() async {
        let clients = state.withLock { state in
            defer { state.pools = [:] }
            return state.pools.values.map(\.client)
        }
        for client in clients { await close(client) }
    }

    private func close(_ client: HTTPClient) async {
        do {
            try await client.shutdown()
        } catch {
            logger.debug("shutdown", metadata: ["error": "\(error)"])
        }
    }
}

/// Whom a client speaks to, by certificate: nothing leaves to one that was taken back or has run out.
final class EdgePeerGuard: Sendable {
    private struct State {
        var revocations: EdgeRevocations?
        var certificate: EdgeCertificate?
    }

    private let state = Mutex(State())

    func trust(_ revocations: EdgeRevocations?) { state.withLock { $0.revocations = revocations } }

    /// What the peer showed on its newest connection.
    var certificate: EdgeCertificate? { state.withLock { $0.certificate } }

    func objection(to certificate: EdgeCertificate) -> String? {
        let revocations = state.withLock { state in
            state.certificate = certificate
            return state.revocations
        }
        return certificate.objection(revocations, now: Instant(seconds: Int64(time(nil))))
    }
}
