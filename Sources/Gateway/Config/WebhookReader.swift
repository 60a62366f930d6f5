public import ChannelAPI
import EdgeHTTP

/// Where a bank wants to hear what becomes of its payments.
public struct WebhookConfig: Sendable {
    public var name: String
    /// `https://host:port`; path and query stand apart, because they may hold what no log should.
    public var address: String
    public var path: String
    public var query: String
    /// Who issued the receiver's certificate; nil trusts the system's roots.
    public var roots: String?
    /// The secret that signs, and while it changes the one before it.
    public var secrets: [Secret]
    public var events: Set<PaymentNews.Kind>
    public var timeoutMilliseconds: Int
    public var attempts: Int
}

extension ConfigReader {
    func webhooks(_ tenant: ConfigNode) -> [WebhookConfig] {
        var names: Set<String> = []
        return tenant.elements("webhooks").map { node in
            let webhook = webhook(node)
            if !webhook.name.isEmpty, !names.insert(webhook.name).inserted {
                node.problem("two webhooks are named \(webhook.name)", at: "name")
            }
            return webhook
        }
    }

    private func webhook(_ node: ConfigNode) -> WebhookConfig {
        let url = ReceiverURL(node.text("url"))
        let secrets = [node.child("secret"), node.child("previousSecret")].compactMap { child -> Secret? in
            let secret = SecretSource.read(child, base: base, isOpened: isRun)
            if let secret, secret.value.utf8.count < 16 {
                child.problem("is shorter than 16 characters: openssl rand -hex 32 makes one")
            }
            return secret
        }
        if !node.child("secret").exists { node.problem("is missing: it signs what is sent", at: "secret") }
        let timeout = node.milliseconds("timeout", default: 10_000)
        if timeout > 60_000 { node.problem("a receiver may take 60s at most", at: "timeout") }
        let config = WebhookConfig(
            name: node.text("name"), address: url?.address ?? "", path: url?.path ?? "/", query: url?.query ?? "",
            roots: node.optionalText("roots").map(path), secrets: secrets, events: events(node),
            timeoutMilliseconds: Int(timeout), attempts: node.integer("attempts", default: 12, 1...100))
        let isPlain = config.name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
        if !isPlain || config.name.count > 32 {
            node.problem("use at most 32 letters a-z, digits and hyphens", at: "name")
        }
        check(url, node)
        if isRun {
            for fault in EdgeTLSFiles.faults(certificate: nil, key: nil, roots: config.roots) {
                node.problem(fault.says, at: "roots")
            }
        }
        node.finish()
        return config
    }

    private func events(_ node: ConfigNode) -> Set<PaymentNews.Kind> {
        let listed = node.elements("events")
        guard !listed.isEmpty else { return PaymentNews.Kind.usual }
        var kinds: Set<PaymentNews.Kind> = []
        for element in listed {
            guard let kind = element.scalar.flatMap({ PaymentNews.Kind(rawValue: $0) }) else {
                let known = PaymentNews.Kind.allCases.map(\.rawValue)
                element.problem("is no event; known are \(known.joined(separator: ", "))")
                continue
            }
            kinds.insert(kind)
        }
        return kinds
    }

    /// The address itself is not told: a receiver's path may be a secret of its own.
    private func check(_ url: ReceiverURL?, _ node: ConfigNode) {
        guard node.child("url").exists else { return }
        guard let url, let destination = try? EdgeDestination(url.address), destination.socketPath == nil else {
            return node.problem("is no address: write https://HOST:PORT/PATH", at: "url")
        }
        guard isRun, !destination.isSecure else { return }
        if !isInsecure {
            node.problem("is plain HTTP: use https, or --insecure-loopback on one machine", at: "url")
        } else if !["127.0.0.1", "localhost", "::1"].contains(destination.host) {
            node.problem("is plain HTTP to another machine: use https", at: "url")
        }
    }
}

/// A URL in its parts, as the edge wants them.
private struct ReceiverURL {
    var address: String
    var path: String
    var query: String

    init?(_ text: String) {
        let forbidden = Set("\"<>\\^`{|}#".utf8)
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !forbidden.contains($0) }),
            let colon = text.firstRange(of: "://")
        else { return nil }
        let rest = text[colon.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        address = String(text[..<end])
        let parts = rest[end...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map(String.init) ?? ""
        if path.isEmpty { path = "/" }
        query = parts.count > 1 ? String(parts[1]) : ""
    }
}
