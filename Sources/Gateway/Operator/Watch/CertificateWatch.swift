import EdgeHTTP
import Foundation
import Logging
import Payments
import Synchronization

/// The TLS files of every door and line: read anew when they change, without a restart, and counted down to their end.
final class CertificateWatch: Sendable {
    /// One door or line with its files, and what takes them into use.
    struct Endpoint: Sendable {
        /// As metrics and messages name it: `scheme`, `channel`, `operators`, or a neighbour's name.
        var name: String
        var certificate: String?
        var key: String?
        var roots: String?
        var revoked: String?
        var reload: @Sendable () throws(EdgeFailure) -> Void
        /// What the far side showed last.
        var peer: @Sendable () -> EdgeCertificate? = { nil }

        var files: [String] { [certificate, key, roots, revoked].compactMap { $0 } }
    }

    /// One certificate in use.
    struct Line: Sendable, Equatable {
        enum Use: String, Sendable { case own, roots, peer }

        var endpoint: String
        var use: Use
        var subject: String
        var notAfter: Instant

        func days(at now: Instant) -> Int64 { notAfter.milliseconds(since: now) / 86_400_000 }
    }

    /// What tells one state of a file from another.
    private struct Facts: Equatable {
        var inode: Int?
        var size: Int?
        var changed: Date?
    }

    private struct State {
        var endpoints: [Endpoint] = []
        var facts: [String: [Facts?]] = [:]
        var told: [String: String] = [:]
        var failures: [String: String] = [:]
        var reloads = 0
        /// What stands in the files, as they were looked at last.
        var lines: [Line] = []
    }

    /// A certificate that ends within this many days is told.
    static let warningDays: Int64 = 14
    /// Between two looks at the files.
    static let lookMilliseconds: Int64 = 5_000

    private let logger: Logger
    private let state = Mutex(State())

    init(logger: Logger) { self.logger = logger }

    /// Begins to look after these too; their files are in use as they are now.
    func add(_ endpoints: [Endpoint]) {
        let facts = endpoints.map { ($0.name, $0.files.map(CertificateWatch.facts)) }
        state.withLock { state in
            state.endpoints += endpoints
            for (name, found) in facts { state.facts[name] = found }
        }
        readFiles()
    }

    private var endpoints: [Endpoint] { state.withLock { $0.endpoints } }

    /// Times that new files were taken into use.
    var reloads: Int { state.withLock { $0.reloads } }
    /// Endpoints whose new files cannot be used, and why: the old ones stay.
    var failures: [String: String] { state.withLock { $0.failures } }

    /// The certificate of each file that ends first, and what the far sides showed last.
    var lines: [Line] {
        state.withLock { $0.lines }
            + endpoints.compactMap { endpoint in
                endpoint.peer().map {
                    Line(endpoint: endpoint.name, use: .peer, subject: $0.subject, notAfter: $0.notAfter)
                }
            }
    }

    private func readFiles() {
        let lines = endpoints.flatMap { endpoint in
            [(endpoint.certificate, Line.Use.own), (endpoint.roots, .roots)].compactMap { path, use -> Line? in
                let soonest = path.map(EdgeCertificate.all)?.min { $0.notAfter < $1.notAfter }
                return soonest.map {
                    Line(endpoint: endpoint.name, use: use, subject: $0.subject, notAfter: $0.notAfter)
                }
            }
        }
        state.withLock { $0.lines = lines }
    }

    /// Looks once and takes what changed into use. A certificate whose key is still to be written fails, and is taken
    /// at the look after that.
    func look(all: Bool = false) {
        for endpoint in endpoints {
            let facts = endpoint.files.map(CertificateWatch.facts)
            let isNew = state.withLock { state in
                let known = state.facts.updateValue(facts, forKey: endpoint.name)
                return known != facts || state.failures[endpoint.name] != nil
            }
            guard isNew || all else { continue }
            do throws(EdgeFailure) {
                try endpoint.reload()
                state.withLock { state in
                    state.reloads += 1
                    state.failures[endpoint.name] = nil
                    state.told[endpoint.name] = nil
                }
                readFiles()
                logger.notice("certificates reloaded", metadata: ["endpoint": "\(endpoint.name)"])
            } catch {
                fail(endpoint.name, "\(error)")
            }
        }
    }

    private func fail(_ name: String, _ why: String) {
        let isNews = state.withLock { state in
            state.failures[name] = why
            return state.told.updateValue(why, forKey: name) != why
        }
        guard isNews else { return }
        logger.error(
            "certificates not reloaded: the old ones stay", metadata: ["endpoint": "\(name)", "why": "\(why)"])
    }

    /// Of the file itself: certificates are often links that a tool turns to the next one.
    private static func facts(_ path: String) -> Facts? {
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let found = try? FileManager.default.attributesOfItem(atPath: file) else { return nil }
        return Facts(
            inode: (found[.systemFileNumber] as? NSNumber)?.intValue, size: (found[.size] as? NSNumber)?.intValue,
            changed: found[.modificationDate] as? Date)
    }
}
