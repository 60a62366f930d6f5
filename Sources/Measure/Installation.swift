import Crypto
import Foundation

/// A gateway's files for the world of the benchmarks: one bank on the hub, one on the rail, one core bank for both.
struct Installation {
    /// Base URLs of the neighbours.
    struct Addresses: Sendable {
        var hub: String
        var clearing: String
        var core: String
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
        try put("routes.csv", Self.routes)
        try put("\(state).yaml", yaml)
    }

    private func put(_ name: String, _ text: String) throws {
        let path = "\(folder)/\(name)"
        try? FileManager.default.removeItem(atPath: path)
        let made = FileManager.default.createFile(
            atPath: path, contents: Data((text + "\n").utf8), attributes: [.posixPermissions: 0o600])
        guard made else { throw MeasureFailure("\(path) cannot be written") }
    }

    private static let routes = """
        priority,tenant,kind,from,debtor,creditor,creditorAgent,currency,amountFrom,amountTo,purpose,\
        validFrom,validUntil,to,alternates,flow,note
        10,*,transfer,iso:*,*,*,*,*,,,,,,on-us,,incoming,the rail brings a payment for a customer
        20,*,transfer,channel,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,wallets are on the hub
        999,*,*,*,*,*,*,*,,,,,,refuse:RC04,,,nobody serves this
        """

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
            shards: 2
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
                apiKeys: [{name: measure, sha256: \(keyDigest.reversed().map(String.init).joined())}]
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
              - name: iso:rtp1
                adapter: iso20022
                address: \(addresses.clearing)
                clock: 20s
                margin: 500ms
                \(tls), roots: tls/ca.pem}
                peers: [{certificate: rtp1, sources: [LABCZZ22XXX, FARBKENAXXX]}]
                tenants:
                  bank-b: {bic: BKBBKENAXXX, clearingBic: LABCZZ22XXX}
            coreBanks:
              - name: fineract:core
                adapter: fineract
                address: \(addresses.core)/fineract-provider/api/v1
                clock: 10s
                \(tls), roots: tls/ca.pem}
                tenants:
                  bank-a: {tenantId: bank-a, headers: {Authorization: {file: secrets/core}}}
                  bank-b: {tenantId: bank-b, headers: {Authorization: {file: secrets/core}}}
            """
    }
}
