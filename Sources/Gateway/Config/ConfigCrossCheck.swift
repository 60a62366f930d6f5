import EdgeHTTP

/// What no setting shows alone: names that stand twice or nowhere, doors on one port.
struct ConfigCrossCheck {
    let top: ConfigNode
    let config: GatewayConfig

    func tell(tenants: [ConfigNode], networks: [ConfigNode], banks: [ConfigNode], screening: [ConfigNode]) {
        tellFolder()
        tellPorts()
        tellTenants(tenants)
        tellKeys(tenants)
        tellNeighbours(networks, config.networks, others: ["channel", "on-us"])
        tellNeighbours(banks, config.coreBanks, others: ["channel", "on-us"] + config.networks.map(\.name))
        let others = ["channel", "on-us"] + (config.networks + config.coreBanks).map(\.name)
        tellNeighbours(screening, config.controls.screening, others: others)
    }

    private func tellFolder() {
        let excess = config.operatorSocket.utf8.count - EdgeListener.longestSocketPath
        guard excess > 0 else { return }
        top.problem(
            "is \(excess) bytes too long: the operators' socket in it, \(config.operatorSocket), may have at most "
                + "\(EdgeListener.longestSocketPath) bytes; use a folder with a shorter path", at: "folder")
    }

    private func tellPorts() {
        var doors = [("scheme", config.scheme), ("channel", config.channel)]
        if let operators = config.operators { doors.append(("operators", operators)) }
        for (index, (name, door)) in doors.enumerated() where door.port != 0 {
            let taken = doors[..<index].first { $0.1.port == door.port && Self.share($0.1.host, door.host) }
            guard let taken else { continue }
            top.child(name).problem(
                "\(door.port) is the port of \(taken.0) too: each listener needs its own", at: "port")
        }
    }

    private static func share(_ one: String, _ other: String) -> Bool {
        one == other || !Set(["0.0.0.0", "::"]).isDisjoint(with: [one, other])
    }

    private func tellTenants(_ nodes: [ConfigNode]) {
        if nodes.isEmpty { top.problem("names no tenant", at: "tenants") }
        let banks = Dictionary(config.coreBanks.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<String> = []
        for (node, tenant) in zip(nodes, config.tenants) where !tenant.name.isEmpty {
            if !seen.insert(tenant.name).inserted { node.problem("two tenants are named \(tenant.name)", at: "name") }
            guard !tenant.coreBank.isEmpty else { continue }
            guard let bank = banks[tenant.coreBank] else {
                let meant = Spelling.nearest(tenant.coreBank, in: banks.keys).map { ", did you mean \($0)?" } ?? ""
                node.problem("no core bank is named \(tenant.coreBank)\(meant)", at: "coreBank")
                continue
            }
            if bank.tenants[tenant.name] == nil {
                node.problem("\(bank.name) has no settings for \(tenant.name) under its tenants", at: "coreBank")
            }
        }
    }

    /// A key says which bank asks: one key for two banks would show one bank the other's payments.
    private func tellKeys(_ nodes: [ConfigNode]) {
        var holders: [String: String] = [:]
        for (node, tenant) in zip(nodes, config.tenants) {
            for (key, element) in zip(tenant.apiKeys, node.elements("apiKeys")) where key.sha256.count == 64 {
                let holder = holders.updateValue("\(tenant.name) (\(key.name))", forKey: key.sha256)
                if let holder {
                    element.problem("this is the key of \(holder) too: each key needs its own", at: "sha256")
                }
            }
        }
    }

    private func tellNeighbours(_ nodes: [ConfigNode], _ neighbours: [NeighbourConfig], others: [String]) {
        var names = Set(others)
        let tenants = Set(config.tenants.map(\.name))
        for (node, neighbour) in zip(nodes, neighbours) where !neighbour.name.isEmpty {
            if !names.insert(neighbour.name).inserted {
                node.problem(
                    "the name \(neighbour.name) is taken: each network, core bank and screening service needs its own",
                    at: "name")
            }
            let own = node.child("tenants")
            for tenant in neighbour.tenants.keys.sorted() where !tenants.contains(tenant) {
                let meant = Spelling.nearest(tenant, in: tenants).map { ", did you mean \($0)?" } ?? ""
                own.problem("no tenant is named \(tenant)\(meant)", at: tenant)
            }
        }
    }
}
