import ChannelAPI
import Mapping
import Payments
import PaymentsEngine
import StoreSQLite

/// The store, the neighbours, the clock, the keys and the tables.
extension MetricsPage {
    func storage(_ page: inout MetricsText) {
        let statistics = store.statistics
        page.single("interlock_store_commits_total", .counter, "Commits, each one fsync.", statistics.commits)
        page.single(
            "interlock_store_failed_commits_total", .counter, "Commits that the disk refused.", statistics.failedCommits
        )
        page.single(
            "interlock_store_appends_total", .counter, "Turns of payments that were committed.", statistics.appends)
        page.single("interlock_store_events_total", .counter, "Events that were committed.", statistics.events)
        page.single(
            "interlock_store_largest_batch", .gauge, "Turns that the fullest commit carried.", statistics.largestCommit)
        for (name, help, quantiles) in [
            ("commit", "Time of a commit from BEGIN to the end of COMMIT.", statistics.commitMicroseconds),
            ("sync", "Time of COMMIT alone: the log's write and its fsync.", statistics.syncMicroseconds),
        ] {
            page.family(
                "interlock_store_\(name)_quantile_seconds", .gauge, "\(help) Quantiles since the start.",
                [
                    ([("quantile", "0.5")], MetricsText.seconds(quantiles.p50)),
                    ([("quantile", "0.99")], MetricsText.seconds(quantiles.p99)),
                    ([("quantile", "1")], MetricsText.seconds(quantiles.longest)),
                ])
        }
        page.single(
            "interlock_store_unprojected", .gauge, "Commits that the tenants' databases do not show yet.",
            Int(statistics.unprojected))
        page.single(
            "interlock_store_stalled_tenants", .gauge, "Tenants whose database refuses what the journal has for it.",
            statistics.stalledTenants.count)
    }

    func neighbours(_ page: inout MetricsText) {
        let rows = lookout.networks.rows
        page.family(
            "interlock_neighbour_up", .gauge, "0 while nothing new goes to the neighbour.",
            rows.map { ([("peer", $0.name)], $0.isUp ? "1" : "0") })
        page.family(
            "interlock_neighbour_failures_in_a_row", .gauge, "Requests and heartbeats without an answer in a row.",
            rows.map { ([("peer", $0.name)], String($0.failuresInARow)) })
        page.family(
            "interlock_neighbour_answered_seconds_ago", .gauge, "Time since its last answer.",
            rows.compactMap { row in
                row.lastAnswer.map {
                    (
                        [("peer", row.name)],
                        MetricsText.seconds(milliseconds: max(0, engine.now.milliseconds(since: $0)))
                    )
                }
            })
    }

    func clocks(_ page: inout MetricsText) {
        page.single(
            "interlock_clock_skew_seconds", .gauge,
            "Our clock less the middle of the neighbours', as far as it is certain; 0 while they may agree.",
            MetricsText.seconds(milliseconds: lookout.networks.clockSkewMilliseconds ?? 0))
        page.family(
            "interlock_clock_skew_peer_seconds", .gauge, "The same against each neighbour.",
            lookout.networks.rows.compactMap { row in
                row.clockSkewMilliseconds.map {
                    ([("peer", row.name)], MetricsText.seconds(milliseconds: $0))
                }
            })
        let clock = lookout.clock.report
        page.single(
            "interlock_clock_host_offset_seconds", .gauge, "The host's clock less the time that the house lives by.",
            MetricsText.seconds(milliseconds: clock.hostOffsetMilliseconds))
        page.single(
            "interlock_clock_jumps_total", .counter, "Times that the host's clock was set by more than a second.",
            clock.jumps)
    }

    func keys(_ page: inout MetricsText) {
        let now = engine.now
        page.family(
            "interlock_certificate_days_left", .gauge, "Days until the first certificate of an endpoint's file ends.",
            certificates.lines.map { line in
                let days = MetricsText.seconds(line.notAfter.milliseconds(since: now) / 864 * 10)
                return ([("endpoint", line.endpoint), ("use", line.use.rawValue)], days)
            })
        page.single(
            "interlock_certificate_reloads_total", .counter, "Times that changed TLS files were taken into use.",
            certificates.reloads)
        page.family(
            "interlock_certificate_reload_failed", .gauge, "1 for an endpoint whose new TLS files cannot be used.",
            certificates.failures.keys.sorted().map { ([("endpoint", $0)], "1") })
    }

    /// Webhooks of each tenant, by the names that its configuration gives them.
    func receivers(_ page: inout MetricsText) {
        let all = config.tenants.flatMap { tenant in
            webhooks.standings(of: tenant.name).map { (tenant: tenant.name, standing: $0) }
        }
        func labels(_ entry: (tenant: String, standing: WebhookStanding)) -> MetricsText.Labels {
            [("tenant", entry.tenant), ("webhook", entry.standing.name)]
        }
        page.family(
            "interlock_webhook_failing", .gauge,
            "1 while the receiver does not take its events, 2 once it is given up.",
            all.map { entry in
                let state = entry.standing.state
                return (labels(entry), state == .flowing ? "0" : state == .retrying ? "1" : "2")
            })
        page.family(
            "interlock_webhook_delivered_total", .counter, "Events that the receiver took since the start.",
            all.map { (labels($0), String($0.standing.delivered)) })
        let now = engine.now
        page.family(
            "interlock_webhook_delivered_seconds_ago", .gauge, "Time since the receiver took an event.",
            all.compactMap { entry in
                entry.standing.lastDeliveredAt.map {
                    (labels(entry), MetricsText.seconds(milliseconds: max(0, now.milliseconds(since: $0))))
                }
            })
    }

    func reloads(_ page: inout MetricsText) {
        let last = tables.lastReload
        page.family(
            "interlock_tables_info", .gauge, "Versions of the tables in use; always 1.",
            [([("tables", tables.current.version), ("routes", tables.current.routes.version)], "1")])
        page.single(
            "interlock_tables_reload_ok", .gauge, "0 after a reload that was refused: the old tables stay.",
            last?.faults.isEmpty == false ? 0 : 1)
        page.single(
            "interlock_tables_reload_seconds", .gauge, "When the tables were last reloaded, since 1970; 0 for never.",
            MetricsText.seconds(milliseconds: last?.time.milliseconds ?? 0))
    }
}
