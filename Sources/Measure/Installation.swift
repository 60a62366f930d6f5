import Crypto
import Foundation

/// A gateway's files for the world of the benchmarks: one bank on the hub, one on the rail, one that carries payments
/// between them, one core bank for all.
struct Installation {
    /// Base URLs of the neighbours.
    struct Addresses: Sendable {
        var hub: String
        var clearing: String
        var core: String
        /// A second hub; nil leaves it out.
        var mute: String?
    }

    let folder: String
    /// Name of the folder for the journal, so that two gateways may follow one another on the same files.
    let state: String
    let addresses: Addresses

    var file: String { "\(folder)/\(state).yaml" }

    static let apiKey = "measure-key"

    func write() throws {
        for name in ["secrets", state] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        try put("secrets/ilp", Data(repeating: 7, count: 32).base64EncodedString())
        try put("secrets/core", "Basic " + Data("mifos:password".utf8).base64EncodedString())
        try put("routes.csv", routes)
        try put("directory.csv", Self.directory)
        try put("\(state).yaml", yaml)
    }

    private func put(_ name: String, _ text: String) throws {
        let path = "\(folder)/\(name)"
        try? FileManager.default.removeItem(atPath: path)
        let made = FileManager.default.createFile(
            atPath: path, contents: Data((text + "\n").utf8), attributes: [.posixPermissions: 0o600])
        guard made else { throw MeasureFailure("\(path) cannot be written") }
    }

    private var routes: String {
        var rows = [
            "5,bank-c,transfer,mojaloop:*,*,account:directory,*,*,,,,,,iso:rtp1,,bridge-offer,the hub pays the rail",
            "6,bank-c,transfer,iso:*,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,bridge,the rail pays a wallet on the hub",
            "10,*,transfer,iso:*,*,*,*,*,,,,,,on-us,,incoming,the rail brings a payment for a customer",
            "20,*,transfer,channel,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,wallets are on the hub",
            "999,*,*,*,*,*,*,*,,,,,,refuse:RC04,,,nobody serves this",
        ]
        if addresses.mute != nil {
            rows.insert(
                "15,*,transfer,channel,*,MSISDN:\(World.muteWallet),*,*,,,,,,mojaloop:hub2,,outgoing,some on another",
                at: 3)
        }
        let columns =
            "priority,tenant,kind,from,debtor,creditor,creditorAgent,currency,amountFrom,amountTo,purpose,"
            + "validFrom,validUntil,to,alternates,flow,note"
        return ([columns] + rows).joined(separator: "\n")
    }

    /// Accounts on the rail that customers of the hub may pay.
    private static var directory: String {
        let rows = (0..<World.accounts).map { number in
            "MSISDN,\(World.farMSISDN(number)),bic,\(World.railBIC),ACCOUNT_ID,FAR-\(number),Fatuma Farah,iso:rtp1"
        }
        return (["identifierKind,identifier,agentKind,agent,accountKind,account,name,network"] + rows)
            .joined(separator: "\n")
    }

    private var keyDigest: String {
        SHA256.hash(data: Data(Self.apiKey.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    private var yaml: String {
        let tls = "tls: {certificate: tls/gateway.pem, key: tls/gateway.key"
        return """
            node: \(state)
            folder: \(state)
            routes: routes.csv
            scheme:
              host: 127.0.0.1
              port: 0
              \(tls), clientRoots: tls/ca.pem}
            channel:
              host: 127.0.0.1
              port: 0
              \(tls)}
            tenants:
              - name: bank-a
                coreBank: fineract:core
                apiKeys: [{name: measure, sha256: \(keyDigest)}]
              - name: bank-b
                coreBank: fineract:core
                apiKeys: [{name: measure, sha256: \(String(keyDigest.reversed()))}]
              - name: bank-c
                coreBank: fineract:core
                directory: directory.csv
                apiKeys: [{name: measure, sha256: \(String(keyDigest.dropFirst(32) + keyDigest.prefix(32)))}]
            networks:
              - name: mojaloop:hub1
                adapter: fspiop
                address: \(addresses.hub)
                clock: 20s
                margin: 500ms
                \(tls), roots: tls/ca.pem}
                peers: [{certificate: switch, sources: ["*"]}]
                tenants:
                  bank-a: {fspId: bank-a, hubName: switch, ilpSecret: {file: secrets/ilp}}
                  bank-c: {fspId: bank-c, hubName: switch, ilpSecret: {file: secrets/ilp}}
            \(secondHub)
              - name: iso:rtp1
                adapter: iso20022
                address: \(addresses.clearing)
                clock: 20s
                margin: 500ms
                \(tls), roots: tls/ca.pem}
                peers: [{certificate: rtp1, sources: [LABCZZ22XXX, \(World.railBIC)]}]
                tenants:
                  bank-b: {bic: \(World.bankBIC), clearingBic: LABCZZ22XXX}
                  bank-c: {bic: \(World.bridgeBIC), clearingBic: LABCZZ22XXX}
            coreBanks:
              - name: fineract:core
                adapter: fineract
                address: \(addresses.core)/fineract-provider/api/v1
                clock: 10s
                \(tls), roots: tls/ca.pem}
                tenants:
                  bank-a: {tenantId: bank-a, headers: {Authorization: {file: secrets/core}}}
                  bank-b: {tenantId: bank-b, headers: {Authorization: {file: secrets/core}}}
                  bank-c: {tenantId: bank-c, headers: {Authorization: {file: secrets/core}}}
            """
    }

    private var secondHub: String {
        guard let address = addresses.mute else { return "" }
        return """
              - name: mojaloop:hub2
                adapter: fspiop
                address: \(address)
                clock: 20s
                margin: 500ms
                tls: {certificate: tls/gateway.pem, key: tls/gateway.key, roots: tls/ca.pem}
                peers: [{certificate: switch, sources: ["*"]}]
                tenants:
                  bank-a: {fspId: bank-a, hubName: switch, ilpSecret: {file: secrets/ilp}}
            """
    }
}
