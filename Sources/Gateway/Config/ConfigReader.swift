import EdgeHTTP
import Foundation
import Payments
import Yams

/// YAML -> `GatewayConfig`; every error of the file at once, each with its line.
public enum ConfigReader {
    public static func read(path: String) throws -> GatewayConfig {
        let findings = ConfigNode.Findings(file: path)
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else {
            throw ConfigProblems(problems: [
                ConfigProblem(file: path, line: 1, path: "(file)", says: "does not exist or is not UTF-8 text")
            ])
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return try read(text: text, file: path, base: folder, findings)
    }

    static func read(text: String, file: String, base: String, _ findings: ConfigNode.Findings) throws -> GatewayConfig
    {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigProblems(problems: [
                ConfigProblem(file: file, line: line(of: error), path: "(file)", says: "is not YAML: \(error)")
            ])
        }
        let top = ConfigNode(root, path: "", findings: findings)
        let config = gateway(top, base)
        top.finish()
        crossCheck(config, top)
        guard findings.problems.isEmpty else {
            throw ConfigProblems(problems: findings.problems.sorted { ($0.line, $0.path) < ($1.line, $1.path) })
        }
        return config
    }

    private static func line(of error: YamlError) -> Int {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: 1
        }
    }

    private static func gateway(_ top: ConfigNode, _ base: String) -> GatewayConfig {
        let share = Installation.share
        return GatewayConfig(
            node: top.text("node", default: "interlock"),
            engine: top.integer("engine", default: 0, 0...65_535),
            folder: ConfigPath.resolve(top.text("folder"), base: base),
            mappings: top.optionalText("mappings").map { ConfigPath.resolve($0, base: base) } ?? "\(share)/mappings",
            schemas: top.optionalText("schemas").map { ConfigPath.resolve($0, base: base) } ?? "\(share)/xsd",
            routes: ConfigPath.resolve(top.text("routes"), base: base),
            scheme: listener(top.child("scheme"), base),
            channel: listener(top.child("channel"), base),
            shards: top.integer("shards", default: 2, 1...64),
            paymentsInFlight: top.integer("paymentsInFlight", default: Limits.paymentsInFlight, 1...1_000_000),
            drainMilliseconds: top.milliseconds("drain", default: Limits.drainMilliseconds),
            tenants: top.elements("tenants").map { tenant($0) },
            networks: top.elements("networks").map { neighbour($0, base, isNetwork: true) },
            coreBanks: top.elements("coreBanks").map { neighbour($0, base, isNetwork: false) })
    }

    private static func listener(_ node: ConfigNode, _ base: String) -> ListenerConfig {
        if !node.exists { node.problem("is missing: write host, port and tls") }
        let tls = node.child("tls")
        let listener = ListenerConfig(
            host: node.text("host", default: "127.0.0.1"), port: node.integer("port", default: 0, 0...65_535),
            certificate: tls.optionalText("certificate").map { ConfigPath.resolve($0, base: base) },
            key: tls.optionalText("key").map { ConfigPath.resolve($0, base: base) },
            clientRoots: tls.optionalText("clientRoots").map { ConfigPath.resolve($0, base: base) })
        if tls.exists, listener.certificate == nil || listener.key == nil {
            tls.problem("needs certificate and key")
        }
        if let key = listener.key { _ = PrivateFile.check(key) { tls.problem($0, at: "key") } }
        tls.finish()
        node.finish()
        return listener
    }

    private static func tenant(_ node: ConfigNode) -> TenantConfig {
        let keys = node.elements("apiKeys").map { key -> APIKeyConfig in
            let config = APIKeyConfig(name: key.text("name"), sha256: key.text("sha256").lowercased())
            if config.sha256.count != 64 || !config.sha256.allSatisfy(\.isHexDigit) {
                key.problem("is not a SHA-256 in hex: printf %s KEY | sha256sum", at: "sha256")
            }
            key.finish()
            return config
        }
        let tenant = TenantConfig(name: node.text("name"), coreBank: node.text("coreBank"), apiKeys: keys)
        let isPlain = tenant.name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
        if !isPlain || tenant.name.count > 32 {
            node.problem("use at most 32 letters a-z, digits and hyphens", at: "name")
        }
        node.finish()
        return tenant
    }

    private static func neighbour(_ node: ConfigNode, _ base: String, isNetwork: Bool) -> NeighbourConfig {
        let tls = node.child("tls")
        let peers = node.elements("peers").map { peer -> PeerConfig in
            let config = PeerConfig(
                certificate: peer.text("certificate"),
                sources: peer.elements("sources").compactMap { element in
                    if element.scalar == nil { element.problem("is not a name") }
                    return element.scalar
                })
            peer.finish()
            return config
        }
        if isNetwork, peers.isEmpty { node.problem("names nobody who may speak for the network", at: "peers") }
        let config = NeighbourConfig(
            name: node.text("name"), adapter: node.text("adapter"), address: node.text("address"),
            certificate: tls.optionalText("certificate").map { ConfigPath.resolve($0, base: base) },
            key: tls.optionalText("key").map { ConfigPath.resolve($0, base: base) },
            roots: tls.optionalText("roots").map { ConfigPath.resolve($0, base: base) },
            serverName: tls.optionalText("serverName"),
            clockMilliseconds: node.milliseconds("clock", default: isNetwork ? 20_000 : 5_000),
            marginMilliseconds: node.milliseconds("margin", default: isNetwork ? 2_000 : 500),
            latenessMilliseconds: isNetwork ? node.optionalMilliseconds("lateness") : nil,
            inFlight: node.integer("inFlight", default: 256, 1...10_000), peers: peers,
            tenants: Dictionary(
                node.members("tenants").map { ($0.0, settings($0.1, base)) }, uniquingKeysWith: { first, _ in first }))
        if let key = config.key { _ = PrivateFile.check(key) { tls.problem($0, at: "key") } }
        tls.finish()
        node.finish()
        return config
    }

    /// Settings of our adapter for one tenant: texts, and secrets as `{file: ...}` or `{environment: ...}`.
    private static func settings(_ node: ConfigNode, _ base: String) -> TenantSettings {
        var settings = TenantSettings(values: [:], secrets: [:], headers: [:], line: node.line)
        guard let mapping = node.node?.mapping else {
            node.problem("is not a list of settings")
            return settings
        }
        for (key, value) in mapping {
            guard let name = key.scalar?.string else { continue }
            if name == "headers" {
                for (header, inner) in node.members("headers") {
                    settings.headers[header] = SecretSource.read(inner, base: base)
                }
            } else if let text = value.scalar?.string {
                settings.values[name] = text
            } else {
                settings.secrets[name] = SecretSource.read(node.child(name), base: base)
            }
        }
        return settings
    }

    private static func crossCheck(_ config: GatewayConfig, _ top: ConfigNode) {
        let excess = config.operatorSocket.utf8.count - EdgeListener.longestSocketPath
        if excess > 0 {
            top.problem(
                "is \(excess) bytes too long: the operators' socket in it, \(config.operatorSocket), may have at most "
                    + "\(EdgeListener.longestSocketPath) bytes; use a folder with a shorter path", at: "folder")
        }
        let banks = Set(config.coreBanks.map(\.name))
        let tenants = Set(config.tenants.map(\.name))
        if tenants.isEmpty { top.problem("names no tenant", at: "tenants") }
        for tenant in config.tenants where !banks.contains(tenant.coreBank) {
            top.problem("tenant \(tenant.name): no core bank is named \(tenant.coreBank)", at: "tenants")
        }
        var names: Set<String> = ["channel", "on-us"]
        for neighbour in config.networks + config.coreBanks {
            if !names.insert(neighbour.name).inserted {
                top.problem("two neighbours are named \(neighbour.name)", at: "networks")
            }
            for tenant in neighbour.tenants.keys.sorted() where !tenants.contains(tenant) {
                top.problem("\(neighbour.name): no tenant is named \(tenant)", at: "tenants")
            }
        }
    }
}
