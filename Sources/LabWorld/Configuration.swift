import Crypto
import Foundation

/// The gateway's configuration, routes and secrets, as files in the lab's folder.
struct Configuration {
    /// Where the peers listen.
    struct Addresses {
        var hub: Int
        var clearing: Int
        var core: Int
    }

    let folder: String
    let addresses: Addresses
    let clocks: LabClocks
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
        try put("routes.csv", Self.routes)
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
        20,*,transfer,mojaloop:*,*,*,*,*,,,,,,on-us,,incoming,a hub brings a payment for a customer of ours
        30,bank-c,transfer,iso:*,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,bridge,the rail brings a payment for a wallet
        40,*,transfer,iso:*,*,*,*,*,,,,,,on-us,,incoming,the rail brings a payment for a customer of ours
        50,bank-a,transfer,channel,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,wallets are on the hub
        60,bank-b,transfer,channel,*,*,FARB*,*,,,,,,iso:rtp1,,outgoing,banks are on the rail
        999,*,*,*,*,*,*,*,,,,,,refuse:RC04,,,nobody serves this
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
        \(waits(clocks.hubWaits))
        \(tls(indent: 4, "roots"))
            peers:
              - certificate: switch
                sources: ["*"]
            tenants:
        \(["bank-a", "bank-c"].map(hubTenant).joined(separator: "\n"))
          - name: \(Cast.rail)
            adapter: iso20022
            address: https://localhost:\(addresses.clearing)
        \(waits(clocks.railWaits))
        \(tls(indent: 4, "roots"))
            peers:
              - certificate: \(Cast.clearingName)
                sources: [\(Cast.clearingBIC), \(Cast.farBIC)]
            tenants:
        \(["bank-b", "bank-c"].map(railTenant).joined(separator: "\n"))
        coreBanks:
          - name: \(Cast.core)
            adapter: fineract
            address: https://localhost:\(addresses.core)/fineract-provider/api/v1
            clock: \(clocks.coreClock)
        \(tls(indent: 4, "roots"))
            tenants:
        \(Cast.tenants.map(coreTenant).joined(separator: "\n"))
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
        if let roots { lines.append("\(space)  \(roots): tls/ca.pem") }
        return lines.joined(separator: "\n")
    }

    private func tenant(_ name: String) -> String {
        let digest = SHA256.hash(data: Data(Cast.apiKey(name).utf8))
        let hex = digest.map { String(format: "%02x", $0) }.joined()
        return """
              - name: \(name)
                coreBank: \(Cast.core)
                apiKeys:
                  - name: lab
                    sha256: \(hex)
            """
    }

    private func hubTenant(_ name: String) -> String {
        let lines = [
            "      \(name):", "        fspId: \(name)", "        hubName: switch",
            "        ilpSecret: {file: secrets/ilp-\(name)}",
        ]
        return (lines + clocks.hubSettings.map { "        \($0.name): \($0.milliseconds)" }).joined(separator: "\n")
    }

    private func railTenant(_ name: String) -> String {
        """
              \(name):
                bic: \(Cast.bics[name] ?? "")
                clearingBic: \(Cast.clearingBIC)
                clockMilliseconds: \(clocks.rail)
                marginMilliseconds: \(clocks.railMargin)
        """
    }

    private func coreTenant(_ name: String) -> String {
        """
              \(name):
                tenantId: \(name)
                headers: {Authorization: {file: secrets/core}}
        """
    }
}
