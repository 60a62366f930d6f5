import ArgumentParser
import ChannelAPI
import EdgeHTTP
import Foundation
import Payments
import PaymentsEngine
import StoreSQLite

/// `GET /metrics`: everything that is counted and watched, in the Prometheus text format. Labels hold names of the
/// configuration and words of the house, never an id or a person.
struct MetricsPage: Sendable {
    let lookout: Lookout
    let certificates: CertificateWatch
    let engine: Engine
    let store: SQLiteStore
    let tables: TablesInUse
    let webhooks: WebhookDeliverer
    let config: GatewayConfig

    /// Begins every name.
    static let prefix = "interlock_"

    func reply() -> WireReply {
        WireReply(
            status: 200, headers: [WireHeader("Content-Type", MetricsText.contentType)], body: Array(text().utf8))
    }

    func text() -> String {
        var page = MetricsText()
        process(&page)
        payments(&page)
        requests(&page)
        queues(&page)
        ledger(&page)
        storage(&page)
        neighbours(&page)
        clocks(&page)
        keys(&page)
        reloads(&page)
        receivers(&page)
        return page.text
    }

    private func name(_ rest: String) -> String { MetricsPage.prefix + rest }

    // MARK: the process

    private func process(_ page: inout MetricsText) {
        page.family(
            name("build_info"), .gauge, "Which program runs; always 1.",
            [([("version", Interlock.configuration.version), ("node", config.node)], "1")])
        page.single(
            name("up_since_seconds"), .gauge, "When the process began, in seconds since 1970.",
            MetricsText.seconds(milliseconds: MetricsPage.began.milliseconds))
        page.single(
            "process_resident_memory_bytes", .gauge, "Memory that the process holds.", ProcessFacts.residentBytes)
        page.single("process_open_fds", .gauge, "File descriptors in use.", ProcessFacts.openDescriptors)
        page.single("process_max_fds", .gauge, "File descriptors that may be in use.", ProcessFacts.mostDescriptors)
    }

    private static let began = WallClock.now()

    /// Called at the start, so that it is the start that is remembered.
    static func begin() { _ = began }

    // MARK: payments

    private func payments(_ page: inout MetricsText) {
        let totals = lookout.book.totals
        page.histograms(
            name("hop_seconds"),
            "Time of each hop: `commit` from a turn to its fsync, the others from the first "
                + "request of a step to its answer.",
            totals.hops.sorted { $0.key < $1.key }.map { ([("hop", $0.key)], $0.value) })
        page.histograms(
            name("payment_seconds"), "Time from a payment's receipt to its end.",
            totals.passages.sorted { ($0.key.origin, $0.key.network) < ($1.key.origin, $1.key.network) }
                .map { ([("origin", $0.key.origin), ("network", $0.key.network)], $0.value) })
        page.family(
            name("payments_received_total"), .counter, "Payments that began, by where they came from.",
            totals.received.sorted { $0.key < $1.key }.map { ([("origin", $0.key)], String($0.value)) })
        page.family(
            name("payments_finished_total"), .counter,
            "Payments that ended, by networks, outcome and canonical reason (empty when settled).",
            totals.endings.map { ending, count in
                (
                    [
                        ("origin", ending.origin), ("network", ending.network), ("outcome", ending.outcome),
                        ("reason", ending.reason),
                    ], String(count)
                )
            }.sorted { $0.0.map(\.1).lexicographicallyPrecedes($1.0.map(\.1)) })
        let afoot = lookout.book.afoot
        page.family(
            name("payments_open"), .gauge, "Payments without an outcome, by network and stage; parked ones too.",
            afoot.places.map { ([("network", $0.key.network), ("stage", $0.key.stage)], String($0.value)) }
                .sorted { $0.0.map(\.1).lexicographicallyPrecedes($1.0.map(\.1)) })
        doubts(&page, afoot)
        page.single(
            name("payments_parked_total"), .counter, "Times that a payment was parked for a person.", totals.parked)
        page.single(
            name("contradictions_total"), .counter, "Times that a far side said the opposite of what it had said.",
            totals.contradictions)
        page.single(name("alarms_total"), .counter, "Alarms about payments.", totals.alarms)
        page.single(
            name("troubles_total"), .counter,
            "Troubles of the engine: a commit that failed, a payment that "
                + "cannot be read.", totals.troubles)
        page.family(
            name("messages_refused_total"), .counter, "Messages that were refused before they became a payment.",
            totals.refused.sorted { $0.key < $1.key }.map { ([("network", $0.key)], String($0.value)) })
    }

    /// Effects whose outcome nobody knows, and payments that wait for a person: zero is told too.
    private func doubts(_ page: inout MetricsText, _ afoot: MetricsBook.Afoot) {
        let networks = config.networks.map(\.name)
        func count(_ stage: String) -> [(MetricsText.Labels, String)] {
            let known = Set(networks)
            let others = Set(afoot.places.keys.filter { $0.stage == stage }.map(\.network)).subtracting(known)
            return (networks + others.sorted()).map { network in
                let place = MetricsBook.Place(network: network, stage: stage)
                return ([("network", network)], String(afoot.places[place] ?? 0))
            }
        }
        page.family(
            name("effects_unknown"), .gauge, "Payments with a request whose outcome is unknown.", count("unknown"))
        let now = engine.now
        let oldest = Set(networks).union(afoot.oldestUnknown.keys).sorted().map { network in
            let age = afoot.oldestUnknown[network].map { max(0, now.milliseconds(since: $0)) } ?? 0
            return ([("network", network)], MetricsText.seconds(milliseconds: age)) as (MetricsText.Labels, String)
        }
        page.family(
            name("effects_unknown_oldest_seconds"), .gauge, "Age of the oldest unknown outcome; 0 when there is none.",
            oldest)
        page.family(name("payments_parked"), .gauge, "Payments that wait for a person now.", count("parked"))
    }

    // MARK: requests and queues

    private func requests(_ page: inout MetricsText) {
        let totals = lookout.book.totals
        page.family(
            name("requests_total"), .counter, "Requests of ours by neighbour and what became of them.",
            totals.requests.map { ([("peer", $0.key.peer), ("outcome", $0.key.outcome)], String($0.value)) }
                .sorted { $0.0.map(\.1).lexicographicallyPrecedes($1.0.map(\.1)) })
        page.histograms(
            name("request_seconds"), "Time from sending a request to its answer, or to giving up.",
            totals.requestTimes.sorted { $0.key < $1.key }.map { ([("peer", $0.key)], $0.value) })
    }

    private func queues(_ page: inout MetricsText) {
        let figures = engine.figures
        var rows: [(String, Int, Int)] = [
            ("payments", figures.openPayments, figures.openPaymentsLimit),
            ("mailboxes", figures.mailboxInputs, figures.mailboxLimit),
            ("reports", figures.reports, figures.reportsLimit),
            ("store_writes", store.statistics.waitingWrites, SQLiteStore.Options().waitingWrites),
        ]
        let limits = Dictionary(
            (config.networks + config.coreBanks + config.controls.screening).map { ($0.name, $0.inFlight) },
            uniquingKeysWith: { first, _ in first })
        for row in lookout.networks.rows {
            rows.append(
                ("requests:\(row.name)", row.underWay, (limits[row.name] ?? 0) + Limits.exchangesWaiting))
        }
        page.family(
            name("queue_items"), .gauge, "How much is in each queue.",
            rows.map { ([("queue", $0.0)], String($0.1)) })
        page.family(
            name("queue_limit"), .gauge, "How much each queue takes before it refuses.",
            rows.map { ([("queue", $0.0)], String($0.2)) })
        page.single(
            name("requests_waiting_in_lanes"), .gauge, "Requests that wait behind another of their lane.",
            figures.requestsWaiting)
        page.single(name("timers"), .gauge, "Timers of payments in memory.", figures.timers)
        page.single(name("draining"), .gauge, "1 while a stop waits for what is in flight.", figures.isDraining ? 1 : 0)
    }

    // MARK: money

    private func ledger(_ page: inout MetricsText) {
        let balances = lookout.ledger.balances
        page.family(
            name("ledger_balance"), .gauge,
            "Balance of the position ledger, in units of the currency: position, transit, exposure, suspense, fees, "
                + "customers.",
            balances.map { balance in
                (
                    [
                        ("tenant", balance.tenant), ("account", balance.account.rawValue),
                        ("network", balance.network), ("currency", balance.balance.currency.code),
                    ], balance.balance.decimal(atLeast: 0)
                )
            })
        let sums = LedgerWatch.sums(of: balances)
        page.single(
            name("ledger_zero_sum"), .gauge, "1 while the accounts of every tenant add up to zero in every currency.",
            sums.allSatisfy(\.isZero) ? 1 : 0)
        page.family(
            name("ledger_zero_sum_by_tenant"), .gauge, "The same for each tenant and currency.",
            sums.map { ([("tenant", $0.tenant), ("currency", $0.currency.code)], $0.isZero ? "1" : "0") })
        page.family(
            name("allowance_in_flight"), .gauge, "Payments under way that count against the caps.",
            engine.standing.map { row in
                (
                    [("tenant", row.tenant), ("network", row.network), ("currency", row.currency.code)],
                    String(row.inFlight)
                )
            })
    }
}
