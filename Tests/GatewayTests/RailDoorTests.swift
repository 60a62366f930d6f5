import Foundation
import Testing

/// What a rail's peer and the operator hear of a message that is refused.
@Suite("The door of a rail")
struct RailDoorTests {
    private func post(_ port: Int, _ path: String, method: String = "POST") async throws -> String {
        let file = Program.root.appendingPathComponent("conformance/vectors/iso20022/pacs.008-minimal.xml")
        let body = try String(contentsOf: file, encoding: .utf8)
        let head = [
            "\(method) \(path) HTTP/1.1", "Host: localhost", "Content-Type: application/xml",
            "Content-Length: \(body.utf8.count)", "Connection: close", "", "",
        ]
        return try await RunningGateway.exchange(port, head.joined(separator: "\r\n") + body)
    }

    @Test func aRefusalIsToldWithPathLineAndRule() async throws {
        let scratch = try Scratch()
        let gateway = try RunningGateway(try RunningGateway.configuration(scratch, hub: 9, drain: "1s"))
        let ready = try await gateway.ready()
        // The order has no TxId: it is missing in PmtId, at line 13 of the file.
        let answer = try await post(ready.scheme, "/iso:rtp1/bank-a")
        #expect(answer.contains("<TxSts>RJCT</TxSts>"), "\(answer)")
        #expect(answer.contains("line 13, column 13, CdtTrfTxInf/PmtId/TxId, rule transaction.identified"), "\(answer)")
        try await gateway.log { $0.contains("message refused") }
        #expect(gateway.errors.contains("\"at\":\"CdtTrfTxInf/PmtId/TxId line 13\""), "\(gateway.errors)")
        #expect(gateway.errors.contains("business transaction.identified: missingElement"))
        #expect(!gateway.errors.contains("Wanjala"))

        #expect(try await post(ready.scheme, "/iso:rtp1/bank-a/other").hasPrefix("HTTP/1.1 404"))
        #expect(try await post(ready.scheme, "/iso:rtp1/bank-a/../bank-c").hasPrefix("HTTP/1.1 404"))
        let put = try await post(ready.scheme, "/iso:rtp1/bank-a", method: "PUT")
        #expect(put.hasPrefix("HTTP/1.1 405") && put.lowercased().contains("allow: post"), "\(put)")
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
    }
}
