import Crypto
import Foundation

/// The gateway's configuration, routes and secrets, as files in the lab's folder.
struct Configuration {
    /// Where the peers listen.
    struct Addresses {
        var hub: Int
        var clearing: Int
        var secondClearing: Int
        var core: Int
        var screening: Int
        var webhook: Int
    }

    let folder: String
    let addresses: Addresses
    let clocks: LabClocks
    var setting = RunningLab.Setting()
    /// Of the gateway's own listeners; 0 lets the system choose.
    var schemePort = 0
    var channelPort = 0

    var file: String { "\(folder)/interlock.yaml" }

    /// The configuration alone, once more.
    func rewrite() throws { try put("interlock.yaml", yaml) }

    /// Writes all files anew; everything secret with mode 0600.
    func write(coreUser: String, corePassword: String) throws {
        let files = FileManager.default
        for name in ["secrets", "state"] {
            try files.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        for tenant in ["bank-a", "bank-c"] {
            try put(
                "secrets/ilp-\(tenant)", SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }.base64EncodedString()
            )
        }
        try put("secrets/core", "Basic " + Data("\(coreUser):\(corePassword)".utf8).base64EncodedString())
        for tenant in Cast.tenants { try put("secrets/key-\(tenant)", Cast.apiKey(tenant)) }
        try put("secrets/webhook", Cast.webhookSecret)
        try put("routes.csv", Self.routes)
        try put("directory.csv", Self.directory)
        for (name, text) in setting.files { try put(name, text) }
        try put("interlock.yaml", yaml)
    }

    private func put(_ name: String, _ text: String) throws {
        let path = "\(folder)/\(name)"
        try? FileManager.default.removeItem(atPath: path)
        let made = FileManager.default.createFile(
            atPath: path, contents: Data((text + "\n").utf8), attributes: [.posixPermissions: 0o600])
        guard made else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
    }

    static let routes = """
        # Which network carries which payment. First match wins; an empty cell and * match all.
        priority,tenant,kind,from,debtor,creditor,creditorAgent,currency,amountFrom,amountTo,purpose,\
        validFrom,validUntil,to,alternates,flow,note
        10,bank-c,transfer,mojaloop:*,*,account:directory,FARB*,*,,,,,,iso:rtp1,,bridge-offer,the hub pays the rail
        11,bank-c,transfer,mojaloop:*,*,account:directory,DUOB*,*,,,,,,iso:rtp2,,bridge-offer,the hub pays the second rail
        20,*,transfer,mojaloop:*,*,*,*,*,,,,,,on-us,,incoming,a hub brings a payment for a customer of ours
        30,bank-c,transfer,iso:*,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,bridge,the rail brings a payment for a wallet
        31,bank-c,transfer,iso:rtp1,*,*,DUOB*,*,,,,,,iso:rtp2,,bridge,the rail brings a payment for the second rail
        40,*,transfer,iso:*,*,*,*,*,,,,,,on-us,,incoming,the rail brings a payment for a customer of ours
        45,bank-a,transfer,channel,*,account:same-tenant,*,*,,,,,,on-us,,on-us,both are customers of one bank
        50,bank-a,*,channel,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,wallets are on the hub
        60,bank-b,transfer,channel,*,*,FARB*,*,,,,,,iso:rtp1,iso:rtp2,outgoing,banks are on the rail
        61,bank-b,transfer,channel,*,*,DUOB*,*,,,,,,iso:rtp2,,outgoing,this one is on the second rail
        999,*,*,*,*,*,*,*,,,,,,refuse:RC04,,,nobody serves this
        """

    /// What bank-c answers for, although the accounts are elsewhere.
    static let directory = """
        identifierKind,identifier,agentKind,agent,accountKind,account,name,network
        MSISDN,\(Cast.farMSISDN),bic,\(Cast.farBIC),ACCOUNT_ID,\(Cast.farAccount),Fatuma Farah,iso:rtp1
        MSISDN,\(Cast.duoMSISDN),bic,\(Cast.duoBIC),ACCOUNT_ID,\(Cast.duoAccount),Dalmar Duale,iso:rtp2
        """

    private var yaml: String {
        """
        node: lab
        folder: state
        routes: routes.csv
        shards: 2
        scheme:
          host: 127.0.0.1
          port: \(schemePort)
        \(tls(indent: 2, "clientRoots"))
        channel:
          host: 127.0.0.1
          port: \(channelPort)
        \(tls(indent: 2, nil))
        tenants:
        \(Cast.tenants.map(tenant).joined(separator: "\n"))
        networks:
          - name: \(Cast.hub)
            adapter: fspiop
            address: https://localhost:\(addresses.hub)
        \(calendar(Cast.hub, nil))
        \(waits(clocks.hubWaits))
        \(heartbeat("/health"))
        \(tls(indent: 4, "roots"))
            peers:
              - certificate: switch
                sources: ["*"]
            tenants:
        \(["bank-a", "bank-c"].map(hubTenant).joined(separator: "\n"))
        \(rail(Cast.rail, Cast.clearingName, addresses.clearing, clocks.railWaits))
        \(rail(Cast.secondRail, Cast.secondClearingName, addresses.secondClearing, clocks.secondRailWaits))
        coreBanks:
          - name: \(Cast.core)
            adapter: fineract
            address: https://localhost:\(addresses.core)/fineract-provider/api/v1
            clock: \(clocks.coreClock)
        \(tls(indent: 4, "roots"))
            tenants:
        \(Cast.tenants.map(coreTenant).joined(separator: "\n"))
        screening:
          - name: \(Cast.screening)
            adapter: screen-http
            address: https://localhost:\(addresses.screening)
            within: 900ms
            silent: \(clocks.screeningSilence)
        \(tls(indent: 4, "roots"))
            tenants:
              bank-a: {}
              bank-c: {}
        caps:
        \(setting.capRows.map { "  - \($0)" }.joined(separator: "\n"))
          - {tenant: bank-a, network: \(Cast.hub), currency: \(Cast.currency), single: 3000.00}
          - {tenant: bank-b, network: \(Cast.secondRail), currency: \(Cast.currency), position: 60.00, inFlight: 2}
          - {tenant: bank-c, network: "*", currency: \(Cast.currency), single: 900.00}
        calendars:
          - {name: always, always: yes}
        \(setting.calendarRows.map { "  - \($0)" }.joined(separator: "\n"))
        """
    }

    private func calendar(_ network: String, _ usual: String?) -> String {
        (setting.calendars[network] ?? usual).map { "    calendar: \($0)" } ?? ""
    }

    private func rail(
        _ name: String, _ clearing: String, _ port: Int, _ waits: (clock: String, margin: String, lateness: String)
    ) -> String {
        let isFirst = name == Cast.rail
        let sources = [isFirst ? Cast.clearingBIC : Cast.secondClearingBIC, Cast.farBIC, Cast.duoBIC]
        return """
              - name: \(name)
                adapter: iso20022
                address: https://localhost:\(port)
            \(calendar(name, "always"))
                currencies: [\(Cast.currency)]
            \(self.waits(waits))
            \(heartbeat("/health"))
            \(tls(indent: 4, "roots"))
                peers:
                  - certificate: \(clearing)
                    sources: [\(sources.joined(separator: ", "))]
                tenants:
            \(["bank-b", "bank-c"].map { railTenant($0, isFirst: isFirst) }.joined(separator: "\n"))
            """
    }

    private func heartbeat(_ path: String) -> String {
        """
            heartbeat:
              every: \(clocks.heartbeat)
              path: \(path)
        """
    }

    private func waits(_ waits: (clock: String, margin: String, lateness: String)) -> String {
        """
            clock: \(waits.clock)
            margin: \(waits.margin)
            lateness: \(waits.lateness)
        """
    }

    private func tls(indent: Int, _ roots: String?) -> String {
        let space = String(repeating: " ", count: indent)
        var lines = ["\(space)tls:", "\(space)  certificate: tls/gateway.pem", "\(space)  key: tls/gateway.key"]
        if let roots { lines += ["\(space)  \(roots): tls/ca.pem", "\(space)  revoked: tls/revoked.pem"] }
        return lines.joined(separator: "\n")
    }

    private func tenant(_ name: String) -> String {
        let digest = SHA256.hash(data: Data(Cast.apiKey(name).utf8))
        let hex = digest.map { String(format: "%02x", $0) }.joined()
        var lines = ["  - name: \(name)", "    coreBank: \(Cast.core)"]
        if name != "bank-b" { lines.append("    screening: \(Cast.screening)") }
        if name == "bank-c" { lines.append("    directory: directory.csv") }
        if name == "bank-a" {
            lines += [
                "    own: [\"ACCOUNT_ID:A-*\"]", "    webhooks:", "      - name: lab",
                "        url: https://localhost:\(addresses.webhook)/events",
                "        roots: tls/ca.pem", "        secret: {file: secrets/webhook}", "        timeout: 1s",
            ]
        }
        lines += ["    apiKeys:", "      - name: lab", "        sha256: \(hex)"]
        return lines.joined(separator: "\n")
    }

    private func hubTenant(_ name: String) -> String {
        let lines = [
            "      \(name):", "        fspId: \(name)", "        hubName: switch",
            "        ilpSecret: {file: secrets/ilp-\(name)}",
        ]
        return (lines + clocks.hubSettings.map { "        \($0.name): \($0.milliseconds)" }).joined(separator: "\n")
    }

    private func railTenant(_ name: String, isFirst: Bool) -> String {
        var lines = [
            "      \(name):", "        bic: \(Cast.bics[name] ?? "")",
            "        clearingBic: \(isFirst ? Cast.clearingBIC : Cast.secondClearingBIC)",
            "        clockMilliseconds: \(isFirst ? clocks.rail : clocks.secondRail)",
            "        marginMilliseconds: \(clocks.railMargin)",
        ]
        if isFirst, name == "bank-c" { lines.append("        serves: \(Cast.duoBIC)") }
        if !isFirst { lines += ["        silence: \(setting.secondRailSilence)", "        exchange: asynchronous"] }
        return lines.joined(separator: "\n")
    }

    private func coreTenant(_ name: String) -> String {
        """
              \(name):
                tenantId: \(name)
                headers: {Authorization: {file: secrets/core}}
        """
    }
}
