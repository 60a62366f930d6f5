import ChannelAPI
import EdgeHTTP
import Logging
import Payments

/// The connections to the receivers of webhooks, one client each: what one of them holds up is its own.
final class WebhookLines: Sendable {
    private let clients: [String: EdgeClient]

    private init(_ clients: [String: EdgeClient]) { self.clients = clients }

    /// Longest answer that is read of a receiver; only its status counts.
    private static let answerBytes = 64 * 1024

    static func open(_ tenants: [TenantConfig], logger: Logger) async throws -> WebhookLines {
        var clients: [String: EdgeClient] = [:]
        for tenant in tenants {
            for webhook in tenant.webhooks {
                var limits = EdgeClientLimits()
                limits.inFlight = 1
                limits.waiting = 1
                limits.answerBytes = answerBytes
                do throws(EdgeFailure) {
                    let identity = EdgeIdentity(trustRootsPath: webhook.roots)
                    clients[key(tenant.name, webhook.name)] = try EdgeClient(
                        to: try EdgeDestination(webhook.address), identity: identity, limits: limits, logger: logger)
                } catch {
                    for client in clients.values { await client.shutdown() }
                    throw Failure.usage("webhook \(webhook.name) of \(tenant.name): \(error)")
                }
            }
        }
        return WebhookLines(clients)
    }

    static func webhooks(_ tenants: [TenantConfig]) -> [Webhook] {
        tenants.flatMap { tenant in
            tenant.webhooks.map { config in
                Webhook(
                    tenant: tenant.name, name: config.name, path: config.path, query: config.query,
                    secrets: config.secrets.map { Array($0.value.utf8) }, events: config.events,
                    timeoutMilliseconds: config.timeoutMilliseconds, attempts: config.attempts)
            }
        }
    }

    var send: WebhookSender {
        { [clients] webhook, request, timeoutMilliseconds in
            guard let client = clients[WebhookLines.key(webhook.tenant, webhook.name)] else {
                return .notSent("no webhook is named \(webhook.name)")
            }
            return await client.send(request, timeoutMilliseconds: timeoutMilliseconds)
        }
    }

    func shutdown() async {
        for client in clients.values { await client.shutdown() }
    }

    /// Names and counts; neither an address nor a body, which may hold secrets and persons.
    static func tell(_ logger: Logger) -> @Sendable (WebhookReport) -> Void {
        { report in
            let level: Logger.Level =
                switch report.what {
                case .delivered: .debug
                case .replayed: .notice
                case .failed, .storeAway: .warning
                case .parked: .error
                }
            logger.log(
                level: level, "webhook \(report.what.rawValue)",
                metadata: [
                    "tenant": "\(report.tenant)", "webhook": "\(report.webhook)", "event": "\(report.event ?? "")",
                    "attempt": "\(report.attempt)", "says": "\(report.says)",
                ])
        }
    }

    private static func key(_ tenant: String, _ webhook: String) -> String { "\(tenant)/\(webhook)" }
}
