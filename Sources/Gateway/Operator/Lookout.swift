import ChannelAPI
import Logging
import Payments
import PaymentsEngine
import StoreSQLite

/// What the house watches: its neighbours, its ledger, its clock and what passes. Made before the engine, which asks it
/// for the networks' health and tells it of every commit.
struct Lookout: Sendable {
    let book: MetricsBook
    let networks: NetworkWatch
    let ledger = LedgerWatch()
    let clock: GuardedClock
    let logger: Logger

    /// Between two sums over the ledger.
    static let ledgerMilliseconds: Int64 = 2_000

    init(_ config: GatewayConfig, reasons: [String], logger: Logger, clock: GuardedClock = WallClock.guarded) {
        let networks = config.networks.map(\.name)
        let others = (config.coreBanks + config.controls.screening).map(\.name)
        book = MetricsBook(names: Set(networks + others + [Channel.network]), reasons: Set(reasons))
        self.networks = NetworkWatch(networks: networks, coreBanks: others, now: { clock.now() }) { row in
            logger.log(
                level: row.isUp ? .notice : .warning, row.isUp ? "neighbour answers again" : "neighbour is down",
                metadata: ["neighbour": "\(row.name)", "why": "\(row.why)"])
        }
        self.clock = clock
        self.logger = logger
        clock.onJump { jump in
            logger.error(
                "alarm",
                metadata: [
                    "says": "the host's clock was set by \(jump.milliseconds) ms while we ran; timers go on as before",
                    "hostOffset": "\(clock.report.hostOffsetMilliseconds)",
                ])
        }
    }

    /// The engine's observer and the book's beside it.
    func observer(_ other: EngineObserver) -> EngineObserver { book.observing(other) }

    /// Adds up the ledger until the task is cancelled; a sum that is not zero stops the sends.
    func watchLedger(_ engine: Engine, _ store: SQLiteStore) async {
        var wasBroken = false
        while !Task.isCancelled {
            if let balances = try? await store.balances(tenant: nil) {
                let isBroken = !ledger.note(balances)
                if isBroken != wasBroken {
                    engine.ledgerIsBroken(isBroken)
                    logger.log(
                        level: isBroken ? .critical : .notice, "alarm",
                        metadata: ["says": "the ledger \(isBroken ? "does not add up: nothing is sent" : "adds up")"])
                }
                wasBroken = isBroken
            }
            try? await Task.sleep(for: .milliseconds(Lookout.ledgerMilliseconds))
        }
    }

    /// Reads which payments were open before this start, so that they are counted too.
    func resume(_ store: SQLiteStore, tenants: [String]) async {
        let stages = ["received", "parked", "unknown", "undoing"] + Hop.allCases.map(\.rawValue)
        for tenant in tenants {
            for stage in stages {
                var query = PaymentQuery(tenant: tenant, stage: stage, limit: 1_000)
                while !Task.isCancelled, let page = try? await store.list(query), let last = page.last {
                    book.resume(page)
                    query.before = last.id
                    if page.count < query.limit { break }
                }
            }
        }
        book.resume(nil)
    }
}
