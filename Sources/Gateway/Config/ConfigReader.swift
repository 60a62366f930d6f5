import EdgeHTTP
import Foundation
import Payments
import Yams

/// YAML -> `GatewayConfig`; every error of the file at once, each with its line.
public struct ConfigReader {
    /// What the configuration is read for.
    public enum Purpose: Sendable, Equatable {
        /// For the store or the running process: what only a start needs, such as certificates, is not looked at.
        case look
        /// To start, or to know whether a start would succeed.
        case run(insecureLoopback: Bool)
    }

    let base: String
    let purpose: Purpose

    public static func read(path: String, for purpose: Purpose = .look) throws -> GatewayConfig {
        let (config, findings) = examine(path: path, for: purpose)
        guard let config, findings.problems.isEmpty else { throw ConfigProblems(problems: findings.sorted) }
        return config
    }

    /// The configuration as far as it can be read, and everything that is wrong with it.
    static func examine(path: String, for purpose: Purpose) -> (GatewayConfig?, ConfigNode.Findings) {
        let findings = ConfigNode.Findings(file: path)
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else {
            findings.note(1, "does not exist or is not UTF-8 text")
            return (nil, findings)
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            let (line, says) = YAMLFault.place(error, in: text)
            findings.note(line, says)
            return (nil, findings)
        }
        let base = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let top = ConfigNode(root, path: "", pattern: "", findings: findings)
        guard root?.mapping != nil else {
            findings.note(1, "is not a list of settings: `interlock config example` prints one")
            return (nil, findings)
        }
        let config = ConfigReader(base: base, purpose: purpose).gateway(top)
        top.finish()
        return (config, findings)
    }

    var isRun: Bool { purpose != .look }
    var isInsecure: Bool { purpose == .run(insecureLoopback: true) }

    func path(_ text: String) -> String { ConfigPath.resolve(text, base: base) }

    private func gateway(_ top: ConfigNode) -> GatewayConfig {
        let share = Installation.share
        let tenants = top.elements("tenants").map { (node: $0, value: tenant($0)) }
        let networks = top.elements("networks").map { (node: $0, value: neighbour($0, .network)) }
        let banks = top.elements("coreBanks").map { (node: $0, value: neighbour($0, .coreBank)) }
        let screening = top.elements("screening").map { (node: $0, value: neighbour($0, .screening)) }
        let (calendars, caps) = (calendars(top), caps(top))
        var config = GatewayConfig(
            node: top.text("node", default: "interlock"),
            engine: top.integer("engine", default: 0, 0...65_535),
            folder: path(top.text("folder")),
            mappings: top.optionalText("mappings").map(path) ?? "\(share)/mappings",
            schemas: top.optionalText("schemas").map(path) ?? "\(share)/xsd",
            routes: path(top.text("routes")),
            scheme: listener(top.child("scheme"), isMutual: true),
            channel: listener(top.child("channel"), isMutual: false),
            shards: top.integer(
                "shards", default: min(GatewayConfig.halfTheCores, GatewayConfig.mostShards),
                1...GatewayConfig.mostShards),
            paymentsInFlight: top.integer("paymentsInFlight", default: Limits.paymentsInFlight, 1...1_000_000),
            drainMilliseconds: top.milliseconds("drain", default: Limits.drainMilliseconds),
            tenants: tenants.map(\.value), networks: networks.map(\.value), coreBanks: banks.map(\.value))
        config.controls = ControlsConfig(
            calendars: calendars.map(\.value), screening: screening.map(\.value), caps: caps.map(\.value))
        config.operators = operators(top.child("operators"))
        config.retention = retention(top.child("retention"))
        if isRun { checkPlaces(config, top) }
        ConfigCrossCheck(top: top, config: config).tell(
            tenants: tenants.map(\.node), networks: networks.map(\.node), banks: banks.map(\.node),
            screening: screening.map(\.node))
        ControlsCrossCheck(config: config).tell(
            tenants: tenants.map(\.node), networks: networks.map(\.node), calendars: calendars.map(\.node),
            caps: caps.map(\.node))
        return config
    }

    private func checkPlaces(_ config: GatewayConfig, _ top: ConfigNode) {
        if !config.routes.isEmpty, !FileManager.default.isReadableFile(atPath: config.routes) {
            top.problem("\(config.routes) does not exist or cannot be read", at: "routes")
        }
        for (name, folder) in [("mappings", config.mappings), ("schemas", config.schemas)] {
            var isFolder: ObjCBool = false
            if !FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) || !isFolder.boolValue {
                top.problem("\(folder) is no folder", at: name)
            }
        }
    }

    private func listener(_ node: ConfigNode, isMutual: Bool) -> ListenerConfig {
        if !node.exists { node.problem("is missing: write host, port and tls") }
        let tls = node.child("tls")
        let roots = tls.optionalText("clientRoots").map(path)
        let listener = ListenerConfig(
            host: node.text("host", default: "127.0.0.1"), port: node.integer("port", default: 0, 0...65_535),
            certificate: tls.optionalText("certificate").map(path), key: tls.optionalText("key").map(path),
            clientRoots: roots, revoked: tls.optionalText("revoked").map(path))
        if isInsecure {
            if listener.host != "127.0.0.1" {
                node.problem("--insecure-loopback binds to 127.0.0.1 only", at: "host")
            }
        } else if isRun, node.exists, !tls.exists {
            let needs = isMutual ? "certificate, key and clientRoots" : "certificate and key"
            node.problem("needs tls with \(needs), or --insecure-loopback on one machine", at: "tls")
        } else if isRun, tls.exists, isMutual, roots == nil {
            tls.problem("is missing: the certificates of the networks are proved against it", at: "clientRoots")
        }
        check(
            tls, listener.certificate, listener.key, roots, listener.revoked, rootsName: "clientRoots", isNeeded: true)
        tls.finish()
        node.finish()
        return listener
    }

    private func tenant(_ node: ConfigNode) -> TenantConfig {
        let keys = node.elements("apiKeys").map { key -> APIKeyConfig in
            let config = APIKeyConfig(name: key.text("name"), sha256: key.text("sha256").lowercased())
            let isHash = config.sha256.count == 64 && config.sha256.allSatisfy(\.isHexDigit)
            if key.child("sha256").exists, !isHash {
                key.problem("is not a SHA-256 in hex: printf %s \"$KEY\" | sha256sum", at: "sha256")
            }
            key.finish()
            return config
        }
        let tenant = TenantConfig(
            name: node.text("name"), coreBank: node.text("coreBank"), apiKeys: keys, controls: tenantControls(node),
            webhooks: webhooks(node))
        let isPlain = tenant.name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
        if !isPlain || tenant.name.count > 32 {
            node.problem("use at most 32 letters a-z, digits and hyphens", at: "name")
        }
        node.finish()
        return tenant
    }

    // MARK: neighbours

    private func neighbour(_ node: ConfigNode, _ kind: Registry.Kind) -> NeighbourConfig {
        let isNetwork = kind == .network
        let tls = node.child("tls")
        let adapter = node.text("adapter")
        let entry = registered(adapter, node, kind)
        var config = NeighbourConfig(
            name: node.text("name"), adapter: adapter, address: node.text("address"),
            certificate: tls.optionalText("certificate").map(path), key: tls.optionalText("key").map(path),
            roots: tls.optionalText("roots").map(path), serverName: tls.optionalText("serverName"),
            revoked: tls.optionalText("revoked").map(path), heartbeat: heartbeat(node.child("heartbeat")),
            clockMilliseconds: clock(node, kind),
            marginMilliseconds: kind == .screening ? 0 : node.milliseconds("margin", default: isNetwork ? 2_000 : 500),
            latenessMilliseconds: isNetwork ? node.optionalMilliseconds("lateness") : nil,
            inFlight: node.integer("inFlight", default: 256, 1...10_000), peers: isNetwork ? peers(node) : [],
            tenants: [:])
        for (tenant, settings) in node.members("tenants") {
            let reader = AdapterSettingsReader(
                base: base, entry: entry, network: config.name, tenant: tenant, isRun: isRun)
            config.tenants[tenant] = reader.read(settings)
        }
        if isNetwork { config.controls = networkControls(node) }
        if kind == .screening { config.silence = node.silence("silent") }
        if !config.address.isEmpty { check(address: config.address, node) }
        if let name = config.serverName, !name.utf8.allSatisfy(EdgeDestination.isNameByte) {
            tls.problem("is no host name", at: "serverName")
        }
        check(
            tls, config.certificate, config.key, config.roots, config.revoked, rootsName: "roots", isNeeded: false)
        tls.finish()
        node.finish()
        return config
    }

    private func clock(_ node: ConfigNode, _ kind: Registry.Kind) -> Int64 {
        switch kind {
        case .network: node.milliseconds("clock", default: 20_000)
        case .coreBank: node.milliseconds("clock", default: 5_000)
        case .screening: node.milliseconds("within", default: 500)
        }
    }

    private func registered(_ adapter: String, _ node: ConfigNode, _ kind: Registry.Kind) -> Registry.Entry? {
        let known = Registry.entries(kind)
        let entry = known.first { $0.name == adapter }
        if entry == nil, !adapter.isEmpty {
            let names = known.map(\.name)
            let meant = Spelling.nearest(adapter, in: names).map { ", did you mean \($0)?" } ?? ";"
            node.problem(
                "no adapter is named \(adapter)\(meant) known are \(names.joined(separator: ", "))", at: "adapter")
        }
        return entry
    }

    private func peers(_ node: ConfigNode) -> [PeerConfig] {
        let list = node.elements("peers")
        if list.isEmpty { node.problem("names nobody who may speak for the network", at: "peers") }
        return list.map { peer in
            let sources = peer.elements("sources").compactMap { element -> String? in
                if element.scalar?.isEmpty ?? true { element.problem("is not a name") }
                return element.scalar
            }
            if sources.isEmpty {
                peer.problem("names nobody for whom the peer may speak; [\"*\"] is everybody but us", at: "sources")
            }
            let config = PeerConfig(certificate: peer.text("certificate"), sources: sources)
            peer.finish()
            return config
        }
    }

    private func check(address: String, _ node: ConfigNode) {
        let destination: EdgeDestination
        do throws(EdgeFailure) {
            destination = try EdgeDestination(address)
        } catch {
            return node.problem(
                "\(address) is no address: write https://HOST:PORT, with a path if need be", at: "address")
        }
        guard isRun, !destination.isSecure, destination.socketPath == nil else { return }
        if !isInsecure {
            node.problem("\(address) is plain HTTP: use https, or --insecure-loopback on one machine", at: "address")
        } else if !["127.0.0.1", "localhost", "::1"].contains(destination.host) {
            node.problem("\(address) is plain HTTP to another machine: use https", at: "address")
        }
    }

    func check(
        _ tls: ConfigNode, _ certificate: String?, _ key: String?, _ roots: String?, _ revoked: String?,
        rootsName: String, isNeeded: Bool
    ) {
        guard tls.exists else { return }
        if isNeeded || certificate != nil || key != nil {
            for (name, file) in [("certificate", certificate), ("key", key)] where file == nil {
                tls.problem("is missing", at: name)
            }
        }
        guard isRun else { return }
        let isPrivate = key.map { PrivateFile.check($0) { tls.problem($0, at: "key") } } ?? false
        guard !(isInsecure && isNeeded) else { return }
        let faults = EdgeTLSFiles.faults(
            certificate: certificate, key: isPrivate ? key : nil, roots: roots, revoked: revoked)
        for fault in faults {
            tls.problem(fault.says, at: fault.file == .roots ? rootsName : fault.file.rawValue)
        }
    }
}
