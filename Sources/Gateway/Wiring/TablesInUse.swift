import Dispatch
import Foundation
import Logging
import Mapping
import Payments
import PaymentsEngine
import Synchronization

/// The tables that the gateway runs on, exchanged as one by a reload. A payment in flight keeps those that it began
/// with (law 8): sets that are no longer the newest stay on the shelf and are compiled when a payment needs them.
final class TablesInUse: Sendable {
    /// How the last reload went.
    struct LastReload: Sendable, Equatable {
        let time: Instant
        /// Empty when it went well.
        let faults: [TableError]

        /// One line for a health page or a metric's label; nil when it went well.
        var failure: String? {
            guard let first = faults.first else { return nil }
            return faults.count == 1 ? "\(first)" : "\(first) (and \(faults.count - 1) more)"
        }
    }

    private struct State {
        var current: Installed
        /// Of all flow tables that any payment of this store began with, by `NAME@HASH`.
        var flows: [String: Flow]
        /// Translators of older sets, compiled, the last compiled at the end.
        var older: [(version: String, neighbours: [String: Neighbour])] = []
        /// Routing tables that are no longer in use, to explain what they decided.
        var olderRoutes: [RouteTable] = []
        /// Sets that were asked for and are not on the shelf.
        var missing: Set<String> = []
        var last: LastReload?
        var reloads = 0
        var failures = 0
        var isReloading = false
    }

    /// Older sets that stay compiled, and names of missing ones that are remembered.
    private let mostOlder: Int
    private static let mostOlderRoutes = 2
    private static let mostMissing = 64

    private let source: TableSource
    private let shelf: TableShelf
    private let logger: Logger
    private let state: Mutex<State>
    /// One set is compiled at a time.
    private let compiling = Mutex(())

    /// Reads the tables, keeps them on the shelf and puts them in use.
    /// - Parameter mostOlder: How many older sets stay compiled.
    init(_ source: TableSource, folder: String, mostOlder: Int = 8, logger: Logger) throws {
        self.mostOlder = mostOlder
        self.source = source
        self.logger = logger
        shelf = try TableShelf(folder: folder)
        let installed = try source.read(source.atStart)
        try shelf.keep(installed.tables)
        try shelf.keep(routes: installed.routeFile, version: installed.routes.version)
        try shelf.retire()
        state = Mutex(State(current: installed, flows: try shelf.keptFlows()))
        for commit in installed.commits { commit() }
    }

    // MARK: what the gateway asks

    var current: Installed { state.withLock { $0.current } }
    var version: String { current.version }
    var lastReload: LastReload? { state.withLock { $0.last } }
    /// How many reloads were tried since the start, and how many of them failed.
    var counts: (reloads: Int, failures: Int) { state.withLock { ($0.reloads, $0.failures) } }

    /// Why earlier rows of a routing table did not match: of the one that the question names, which may be kept only.
    func misses(_ question: RouteQuestion) -> [RouteMiss] {
        let current = current
        guard let version = question.table, version != current.routes.version else {
            return current.routes.misses(question)
        }
        if let known = state.withLock({ $0.olderRoutes.first { $0.version == version } }) {
            return known.misses(question)
        }
        guard let file = shelf.routeFile(version, name: current.routeFile.name),
            let routes = try? RouteTable(
                file: file, flows: Set(state.withLock { $0.flows.values.map(\.name) }), networks: [],
                reasons: current.tables.mappings.codes.table("reasons")),
            routes.version == version
        else { return [] }
        remember(routes)
        return routes.misses(question)
    }

    private func remember(_ routes: RouteTable) {
        state.withLock { state in
            state.olderRoutes.removeAll { $0.version == routes.version }
            state.olderRoutes.append(routes)
            if state.olderRoutes.count > TablesInUse.mostOlderRoutes { state.olderRoutes.removeFirst() }
        }
    }

    func flow(_ name: String) -> Flow? { current.tables.flows[name] }

    func pinnedFlow(_ name: String, _ version: String) -> Flow? { state.withLock { $0.flows["\(name)@\(version)"] } }

    /// - Parameter version: The tables that a payment began with; nil for the newest.
    func neighbour(_ name: String, _ tenant: String, _ version: String?) -> Neighbour? {
        let current = current
        let key = "\(name)|\(tenant)"
        guard let version, version != current.version, let older = older(version) else {
            return current.neighbours[key]
        }
        return older[key]
    }

    /// The translators of a set that is not the newest; nil when it is neither in memory nor on the shelf.
    private func older(_ version: String) -> [String: Neighbour]? {
        func known() -> [String: Neighbour]?? {
            state.withLock { state in
                if let set = state.older.first(where: { $0.version == version }) { return .some(set.neighbours) }
                return state.missing.contains(version) ? .some(nil) : .none
            }
        }
        if let known = known() { return known }
        return compiling.withLock { _ in
            if let known = known() { return known }
            guard let tables = shelf.tables(version), let neighbours = try? source.neighbours(tables) else {
                state.withLock { state in
                    if state.missing.count < TablesInUse.mostMissing { state.missing.insert(version) }
                }
                logger.error(
                    "tables missing",
                    metadata: [
                        "tables": "\(version)",
                        "says": "payments that began with them go on with the newest: put back the folder tables/",
                    ])
                return nil
            }
            logger.notice("older tables compiled", metadata: ["tables": "\(version)"])
            remember(version, neighbours)
            return neighbours
        }
    }

    private func remember(_ version: String, _ neighbours: [String: Neighbour]) {
        state.withLock { state in
            state.older.removeAll { $0.version == version }
            state.older.append((version, neighbours))
            if state.older.count > mostOlder { state.older.removeFirst() }
        }
    }

    // MARK: reloading

    /// Reads all tables anew and, when every one of them is sound, puts them in use. Does not block the caller's
    /// thread.
    /// - Parameter check: Only tells what would change.
    func reload(check: Bool = false) async -> ReloadReport {
        await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .utility).async { continuation.resume(returning: self.reloadNow(check: check)) }
        }
    }

    private func reloadNow(check: Bool) -> ReloadReport {
        let mayBegin = state.withLock { state in
            if state.isReloading { return false }
            state.isReloading = true
            return true
        }
        let before = current
        guard mayBegin else { return ReloadReport(.busy, from: before) }
        defer {
            state.withLock { $0.isReloading = false }
            SpareMemory.giveBack()
        }
        do {
            let new = try source.read(source.anew)
            let changes = TableChange.between(before, new)
            if check {
                return ReloadReport(changes.isEmpty ? .unchanged : .wouldReload, from: before, to: new, changes)
            }
            try install(new, instead: before)
            let report = ReloadReport(changes.isEmpty ? .unchanged : .reloaded, from: before, to: new, changes)
            note(report)
            return report
        } catch {
            let faults = (error as? TableErrors)?.errors ?? [TablesInUse.unkept(error)]
            let report = ReloadReport(.refused, from: before, faults: faults)
            if !check { note(report) }
            return report
        }
    }

    /// On the shelf first: a payment must not begin with tables that a power cut takes back.
    private func install(_ new: Installed, instead before: Installed) throws {
        try shelf.keep(new.tables)
        try shelf.keep(routes: new.routeFile, version: new.routes.version)
        shelf.touch(before.version)
        try shelf.retire()
        let flows = try shelf.keptFlows()
        if before.version != new.version { remember(before.version, before.neighbours) }
        state.withLock { state in
            state.flows.merge(flows) { known, _ in known }
            state.current = new
            state.missing = []
        }
        for commit in new.commits { commit() }
    }

    private static func unkept(_ error: any Error) -> TableError {
        TableError(
            file: "tables/", line: 1, column: 1, problem: "the new tables cannot be kept in the state folder: \(error)",
            remedy: "make room there, and let this user write to it")
    }

    private func note(_ report: ReloadReport) {
        state.withLock { state in
            state.last = LastReload(time: WallClock.now(), faults: report.faults)
            state.reloads += 1
            if !report.faults.isEmpty { state.failures += 1 }
        }
        guard report.outcome == .refused else {
            logger.notice(
                report.outcome == .unchanged ? "tables unchanged" : "tables reloaded",
                metadata: [
                    "from": "\(report.from)", "to": "\(report.to ?? report.from)",
                    "tables": "\(report.tables)", "changed": "\(report.changes.map(\.name).joined(separator: " "))",
                ])
            return
        }
        logger.error(
            "tables not reloaded", metadata: ["inUse": "\(report.from)", "faults": "\(report.faults.count)"])
        for fault in report.faults.prefix(ReloadReport.mostFaultsLogged) {
            logger.error(
                "table fault",
                metadata: [
                    "file": "\(fault.file)", "line": "\(fault.line)", "column": "\(fault.column)",
                    "problem": "\(fault.problem)", "remedy": "\(fault.remedy)",
                ])
        }
    }
}
