import Foundation
import Payments
import Synchronization

/// What a rebuild put into a tenant's database.
public struct RebuildReport: Sendable, Equatable {
    public var payments = 0
    public var messages = 0
    public var auditEntries = 0

    public init() {}
}

/// Carries what is committed from the journal to the tenants' databases, in commit order, on a thread of its own.
/// The journal is pruned behind it of what those databases have durably.
final class Projector: Sendable {
    enum Request: Sendable {
        /// Project and prune all that is committed now.
        case settle(@Sendable (Result<Void, StoreError>) -> Void)
        /// Remove all that is kept no longer.
        case retain(@Sendable (RetentionCounts) -> Void)
        /// Project all, and stand still until released.
        case hold(ProjectionHold)
        case rebuild(
            tenant: String, progress: @Sendable (RebuildReport) -> Void,
            reply: @Sendable (Result<RebuildReport, StoreError>) -> Void)
    }

    struct Progress: Sendable {
        var projected: Int64 = 0
        /// Tenants whose database refused, with the last position that it surely has.
        var stalled: [String: Stall] = [:]
        /// What retention removed since the start.
        var removed = RetentionCounts()
    }

    struct Stall: Sendable {
        var position: Int64
        var reason: String
    }

    private let mailbox = Mailbox<Request>(limit: 64)
    private let progress = Mutex(Progress())
    private let ended = Latch()

    init(
        folder: String, tenants: [String], options: SQLiteStore.Options, writer: JournalWriter
    ) throws(SQLFault) {
        try WorkThread.start(named: "journal-projector") { [self] () throws(SQLFault) in
            let desk = try ProjectionDesk(folder: folder, tenants: tenants, options: options, writer: writer)
            publish(desk.progress)
            return desk
        } run: { [self] desk in
            run(desk)
            desk.close()
            ended.open()
        }
        writer.whenCommitted { [mailbox] in mailbox.poke() }
        mailbox.poke()
    }

    /// Everything up to this position is in the tenant's database.
    func floor(of tenant: String) -> Int64 {
        progress.withLock { $0.stalled[tenant]?.position ?? $0.projected }
    }

    var snapshot: Progress { progress.withLock { $0 } }

    func request(_ request: Request) -> Bool { mailbox.post(request) == .accepted }

    /// Projects what is left and ends.
    func stop() async {
        mailbox.close()
        await ended.wait()
    }

    private func publish(_ news: Progress) { progress.withLock { $0 = news } }

    private func run(_ desk: ProjectionDesk) {
        while let requests = mailbox.take(until: desk.nextLook, heedingPokes: !desk.isPausing) {
            for request in requests { serve(request, desk) }
            if !desk.isPausing { desk.round() }
            if desk.isPruneDue { desk.prune() }
            if desk.isRetentionDue { desk.retain() }
            publish(desk.progress)
        }
        desk.projectAll()
        desk.prune()
        publish(desk.progress)
    }

    private func serve(_ request: Request, _ desk: ProjectionDesk) {
        switch request {
        case .settle(let reply):
            desk.projectAll()
            desk.prune()
            publish(desk.progress)
            if let stall = desk.progress.stalled.first {
                reply(.failure(.unavailable("tenant \(stall.key): \(stall.value.reason)")))
            } else {
                reply(.success(()))
            }
        case .retain(let reply):
            desk.projectAll()
            desk.prune()
            desk.retainAll()
            publish(desk.progress)
            reply(desk.progress.removed)
        case .hold(let hold):
            desk.projectAll()
            publish(desk.progress)
            hold.stand()
        case .rebuild(let tenant, let report, let reply):
            do throws(SQLFault) {
                let result = try desk.rebuild(tenant, report)
                publish(desk.progress)
                reply(.success(result))
            } catch {
                reply(.failure(error.storeError))
            }
        }
    }
}
