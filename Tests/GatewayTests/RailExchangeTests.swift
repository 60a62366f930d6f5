import Foundation
import Testing

/// An asynchronous rail and the running program: connections carry 202, and every answer is a message of its own.
@Suite("A rail that answers by messages")
struct RailExchangeTests {
    /// The gateway between a core bank that does everything and a clearing that takes what it is sent.
    private struct World {
        let scratch: Scratch
        let gateway: RunningGateway
        let clearing: HookReceiver
        let bank: StubPeer
        let port: Int

        init() async throws {
            scratch = try Scratch()
            let clearing = try HookReceiver { _ in .status(202) }
            let bank = try StubPeer.coreBank()
            let path = try RunningGateway.configuration(scratch, hub: 9, drain: "100ms")
            let text = try String(contentsOfFile: path, encoding: .utf8)
                .replacing("address: http://127.0.0.1:9\n", with: "address: http://127.0.0.1:\(clearing.port)\n")
                .replacing("127.0.0.1:9/fineract", with: "127.0.0.1:\(bank.port)/fineract")
                .replacing("clearingBic: RTPCLRXX}", with: "clearingBic: RTPCLRXX, exchange: asynchronous}")
            gateway = try RunningGateway(try scratch.write("interlock.yaml", text))
            (self.clearing, self.bank) = (clearing, bank)
            port = try await gateway.ready().scheme
        }

        /// Posts a message; true when it was taken with 202 and nothing more.
        func post(_ document: String, _ name: String) async throws -> Bool {
            let body = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:\(name)\">\(document)</Document>"
            let head = [
                "POST /iso:rtp1/bank-a HTTP/1.1", "Host: localhost", "Content-Type: application/xml",
                "Content-Length: \(body.utf8.count)", "Connection: close", "", "",
            ]
            let answer = try await RunningGateway.exchange(port, head.joined(separator: "\r\n") + body)
            return answer.hasPrefix("HTTP/1.1 202") && answer.hasSuffix("\r\n\r\n")
        }

        /// The message number `count` that the clearing was sent.
        func sent(_ count: Int) async -> String {
            await clearing.until { $0.taken.count >= count || $0.deliveries.count >= count }
            let delivery = clearing.deliveries[count - 1]
            #expect(delivery.head.hasPrefix("POST /iso20022 "), "\(delivery.head)")
            return delivery.body
        }

        func end() async {
            gateway.signal(SIGTERM)
            #expect(await gateway.end() == 0)
            clearing.stop()
        }
    }

    private func order(_ amount: String = "12.50", transaction: String? = "TX-1") -> String {
        let now = Date().formatted(.iso8601)
        return """
            <FIToFICstmrCdtTrf><GrpHdr><MsgId>M-1</MsgId><CreDtTm>\(now)</CreDtTm><NbOfTxs>1</NbOfTxs>\
            <SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf>\
            <InstgAgt><FinInstnId><BICFI>FARBKENA</BICFI></FinInstnId></InstgAgt></GrpHdr>\
            <CdtTrfTxInf><PmtId><EndToEndId>E2E-1</EndToEndId>\
            \(transaction.map { "<TxId>\($0)</TxId>" } ?? "")</PmtId>\
            <IntrBkSttlmAmt Ccy="KES">\(amount)</IntrBkSttlmAmt>\
            <IntrBkSttlmDt>\(now.prefix(10))</IntrBkSttlmDt><ChrgBr>SLEV</ChrgBr>\
            <Dbtr><Nm>Wanjala</Nm></Dbtr><DbtrAcct><Id><Othr><Id>D-1</Id></Othr></Id></DbtrAcct>\
            <DbtrAgt><FinInstnId><BICFI>FARBKENA</BICFI></FinInstnId></DbtrAgt>\
            <CdtrAgt><FinInstnId><BICFI>BANKAKE1</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>Nakato</Nm></Cdtr>\
            <CdtrAcct><Id><Othr><Id>A-1</Id></Othr></Id></CdtrAcct></CdtTrfTxInf></FIToFICstmrCdtTrf>
            """
    }

    private func enquiry(_ transaction: String = "TX-1") -> String {
        """
        <FIToFIPmtStsReq><GrpHdr><MsgId>Q-1</MsgId><CreDtTm>2026-01-01T00:00:00Z</CreDtTm></GrpHdr>\
        <OrgnlGrpInf><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId></OrgnlGrpInf>\
        <TxInf><OrgnlTxId>\(transaction)</OrgnlTxId></TxInf></FIToFIPmtStsReq>
        """
    }

    private func final(endToEnd: String = "E2E-1") -> String {
        """
        <FIToFIPmtStsRpt><GrpHdr><MsgId>F-1</MsgId><CreDtTm>2026-01-01T00:00:00Z</CreDtTm></GrpHdr>\
        <OrgnlGrpInfAndSts><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>\
        </OrgnlGrpInfAndSts><TxInfAndSts><OrgnlEndToEndId>\(endToEnd)</OrgnlEndToEndId>\
        <OrgnlTxId>TX-1</OrgnlTxId><TxSts>ACSC</TxSts></TxInfAndSts></FIToFIPmtStsRpt>
        """
    }

    private static let (transfer, report, question) = ("pacs.008.001.08", "pacs.002.001.10", "pacs.028.001.03")

    @Test func anOrderItsRepeatsAndItsEnquiriesAreAnsweredByMessages() async throws {
        let world = try await World()
        #expect(try await world.post(order(), Self.transfer))
        let yes = await world.sent(1)
        #expect(yes.contains("<TxSts>ACCP</TxSts>") && yes.contains("<OrgnlTxId>TX-1</OrgnlTxId>"), "\(yes)")

        // The same again gets the same again, byte for byte; another order under its names is refused.
        #expect(try await world.post(order(), Self.transfer))
        let again = await world.sent(2)
        #expect(again == yes, "\(again)\n\(yes)")
        #expect(try await world.post(order("99.99"), Self.transfer))
        let other = await world.sent(3)
        #expect(other.contains("<TxSts>RJCT</TxSts>") && other.contains("<Cd>AM05</Cd>"), "\(other)")

        #expect(try await world.post(enquiry(), Self.question))
        #expect(await world.sent(4).contains("<TxSts>ACCP</TxSts>"))
        #expect(try await world.post(enquiry("TX-2"), Self.question))
        let unknown = await world.sent(5)
        #expect(unknown.contains("<TxSts>RJCT</TxSts>") && unknown.contains("<Cd>AG09</Cd>"), "\(unknown)")

        // The final word settles it, and the payee is credited.
        #expect(try await world.post(final(), Self.report))
        try await world.gateway.log { $0.contains("\"to\":\"settled\"") }
        #expect(try await world.post(enquiry(), Self.question))
        #expect(await world.sent(6).contains("<TxSts>ACCC</TxSts>"))
        await world.end()
    }

    @Test func aFinalWordWithAWrongNameIsNoAnswerAndIsAskedAbout() async throws {
        let world = try await World()
        #expect(try await world.post(order(), Self.transfer))
        #expect(await world.sent(1).contains("<TxSts>ACCP</TxSts>"))
        #expect(try await world.post(final(endToEnd: "E2E-9"), Self.report))
        try await world.gateway.log { $0.contains("does not count") }
        #expect(await world.sent(2).contains("FIToFIPmtStsReq"))
        #expect(try await world.post(final(), Self.report))
        try await world.gateway.log { $0.contains("\"to\":\"settled\"") }
        await world.end()
    }

    @Test func whatIsNotTakenIsRefusedByAMessage() async throws {
        let world = try await World()
        #expect(try await world.post(order(transaction: nil), Self.transfer))
        let report = await world.sent(1)
        #expect(report.contains("<TxSts>RJCT</TxSts>") && report.contains("rule transaction.identified"), "\(report)")
        #expect(try await world.post("<FIToFICstmrCdtTrf><Nonsense/></FIToFICstmrCdtTrf>", Self.transfer))
        #expect(await world.sent(2).contains("<admi.002.001.01>"))
        await world.end()
    }
}
