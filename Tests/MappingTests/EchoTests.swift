import FormatXML
import Mapping
import Payments
import Testing

/// What stood in a message stands there again, until the payment says something else.
@Suite struct EchoTests {
    static let order = MappingFiles.mappings.translator("iso20022/pacs.008.001.08")!

    /// An order whose fields stand in unusual forms and places, with things that no field holds.
    static let document = """
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf><GrpHdr>\
        <MsgId>M-1</MsgId><CreDtTm>2026-11-23T10:00:00+01:00</CreDtTm><NbOfTxs>01</NbOfTxs>\
        <IntrBkSttlmDt>2026-11-23Z</IntrBkSttlmDt><SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>\
        <CdtTrfTxInf><PmtId><EndToEndId>E-1</EndToEndId><TxId>T-1</TxId></PmtId>\
        <IntrBkSttlmAmt Ccy="EUR">+00100.0</IntrBkSttlmAmt><ChrgBr>SLEV</ChrgBr>\
        <InstgAgt><FinInstnId><BICFI>BANKDEFF</BICFI><Othr><Id>bank</Id><Issr>hub</Issr></Othr></FinInstnId>\
        <BrnchId><Nm>High Street</Nm></BrnchId></InstgAgt>\
        <Dbtr><Nm>Ada</Nm><CtctDtls><MobNb>+49-171</MobNb></CtctDtls></Dbtr>\
        <DbtrAgt><FinInstnId><BICFI>BANKDEFF</BICFI></FinInstnId></DbtrAgt>\
        <CdtrAgt><FinInstnId/></CdtrAgt><Cdtr/>\
        <RmtInf><Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd><Strd><AddtlRmtInf>more</AddtlRmtInf></Strd>\
        </RmtInf><SplmtryData><Envlp><x:Risk xmlns:x="urn:risk" x:model="7"><x:Score>0.20</x:Score></x:Risk></Envlp>\
        </SplmtryData></CdtTrfTxInf></FIToFICstmrCdtTrf></Document>
        """

    static func payment() throws -> Payment {
        try order.read(xml: Array(document.utf8), schema: MappingFiles.schema("pacs.008.001.08")).payment
    }

    static func lines(_ payment: Payment) throws -> [String] { try CanonicalXML.lines(try order.write(payment).bytes) }

    static let before = try! CanonicalXML.lines(Array(document.utf8))

    @Test func aNewFieldTakesItsPlaceAndAllElseStays() throws {
        var payment = try Self.payment()
        #expect(try Self.lines(payment) == Self.before)
        payment.message.id = "M-2"
        payment.id.transaction = "T-2"
        let after = try Self.lines(payment)
        #expect(after.count == Self.before.count)
        let changed = zip(Self.before, after).filter { $0 != $1 }.map(\.1)
        #expect(changed.map { String($0.suffix(3)) } == ["M-2", "T-2"])
    }

    @Test func aNewValueIsWrittenInOurFormAndWhereItBelongs() throws {
        var payment = try Self.payment()
        payment.amount.settlement = Money(units: 20_000_000, currency: Currency("EUR")!)
        payment.settlement.date = CivilDate(year: 2026, month: 11, day: 24)
        let text = String(decoding: try Self.order.write(payment).bytes, as: UTF8.self)
        #expect(
            text.contains(
                #"<IntrBkSttlmAmt Ccy="EUR">200.00</IntrBkSttlmAmt><IntrBkSttlmDt>2026-11-24</IntrBkSttlmDt>"#))
        #expect(!text.contains("2026-11-23Z"))
        #expect(text.contains("<NbOfTxs>01</NbOfTxs>"))
    }

    @Test func whatWasKeptOfAnAgentIsNotSaidOfAnother() throws {
        var payment = try Self.payment()
        payment.message.instructingAgent = Agent()
        payment.message.instructingAgent.bic = "OURSDEFF"
        let writing = try Self.order.write(payment)
        let text = String(decoding: writing.bytes, as: UTF8.self)
        #expect(text.contains("<InstgAgt><FinInstnId><BICFI>OURSDEFF</BICFI></FinInstnId></InstgAgt></GrpHdr>"))
        #expect(!text.contains("High Street"))
        #expect(text.contains("<MobNb>+49-171</MobNb>"))
        #expect(writing.losses.contains { $0.field.contains("BrnchId/Nm") })
        payment.debtor.name = "Grace"
        #expect(!String(decoding: try Self.order.write(payment).bytes, as: UTF8.self).contains("+49-171"))
    }

    /// A version of the message, another message and another network take the fields; what only the source could say is
    /// told as lost, and how it stood is not.
    @Test func anotherMessageTakesTheFieldsAlone() throws {
        var payment = try Self.payment()
        payment.creditorAgent.bic = "BANKKENA"
        payment.creditor.name = "Grace"
        let version = try #require(MappingFiles.mappings.translator("iso20022/pacs.008.001.12"))
        let writing = try version.write(payment)
        let again = try version.read(xml: writing.bytes, schema: MappingFiles.schema("pacs.008.001.12")).payment
        #expect(again.amount == payment.amount)
        #expect(again.debtor.name == "Ada")
        #expect(!String(decoding: writing.bytes, as: UTF8.self).contains("Score"))
        let lost = writing.losses.map(\.field)
        #expect(lost.contains { $0.contains("SplmtryData/*") })
        #expect(lost.contains { $0.contains("MobNb") })
        #expect(!lost.contains { $0.contains("=") })
        payment.status.originalMessage = "M-1"
        payment.status.originalMessageType = "pacs.008.001.08"
        let report = try #require(MappingFiles.mappings.translator("iso20022/pacs.002.001.10"))
        _ = try report.read(xml: try report.write(payment).bytes, schema: MappingFiles.schema("pacs.002.001.10"))
    }

    @Test func headerAndTransactionThatSayTheSameBothSayItAgain() throws {
        let date = "<IntrBkSttlmDt>2026-11-23</IntrBkSttlmDt>"
        let text = Self.document.replacing("<ChrgBr>", with: "\(date)<ChrgBr>").replacing(
            "2026-11-23Z", with: "2026-11-23")
        let reading = try Self.order.read(xml: Array(text.utf8), schema: MappingFiles.schema("pacs.008.001.08"))
        #expect(try Self.lines(reading.payment) == CanonicalXML.lines(Array(text.utf8)))
    }

    @Test func textThatIsNoXMLIsNotWrittenAsXML() throws {
        var payment = try Self.payment()
        for index in payment.sideCar.indices where payment.sideCar[index].path.hasSuffix("/*") {
            payment.sideCar[index].value = "<open>"
        }
        let error = #expect(throws: TranslationError.self) { try Self.order.write(payment) }
        #expect(error?.reason == .charactersNotAllowed)
    }

    @Test func aPrefixOfOursChangesNothingThatWasKept() throws {
        let text = Self.document.replacing(
            "<x:Risk", with: #"<Note xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08">n</Note><x:Risk"#
        ).replacing("</x:Risk>", with: "</x:Risk>")
        let payment = try Self.order.read(xml: Array(text.utf8)).payment
        var writer = XMLWriter()
        _ = try Self.order.write([payment], into: &writer, prefix: "p")
        #expect(try CanonicalXML.lines(writer.bytes) == CanonicalXML.lines(Array(text.utf8)))
    }

    /// Of the elements around the message and of those whose XML is kept; also prefixes that a value speaks in.
    @Test func attributesComeBackWhereverTheyStood() throws {
        let text = Self.document
            .replacing("<Document ", with: #"<Document v="1" xml:lang="de" xmlns:q="urn:q/1" q:r="a/b" "#)
            .replacing("<FIToFICstmrCdtTrf>", with: #"<FIToFICstmrCdtTrf w="2">"#)
            .replacing("<SplmtryData>", with: #"<SplmtryData s="3" xmlns:q="urn:q/1" q:t="4">"#)
            .replacing("<Envlp>", with: #"<Envlp e="5" xmlns:z="urn:z" z:f="z:g">"#)
        let before = try CanonicalXML.lines(Array(text.utf8))
        #expect(before.contains { $0.contains("{urn:q/1}r=a/b") && $0.contains("}lang=de") })
        let reading = try Self.order.read(xml: Array(text.utf8))
        let writing = try Self.order.write(reading.payments)
        #expect(try CanonicalXML.lines(writing.bytes) == before)
        #expect(String(decoding: writing.bytes, as: UTF8.self).contains(#"xmlns:z="urn:z""#))
        #expect(writing.losses.isEmpty, "\(writing.losses.map(\.field))")
        #expect(try Self.order.read(xml: writing.bytes).payments == reading.payments)
        let version = try #require(MappingFiles.mappings.translator("iso20022/pacs.008.001.12"))
        var payment = reading.payment
        payment.creditorAgent.bic = "BANKKENA"
        payment.creditor.name = "Grace"
        let lost = try version.write(payment).losses.map(\.field)
        #expect(lost.contains("sideCar[iso20022/pacs.008.001.08:Document/@v]"))
        #expect(lost.contains("sideCar[iso20022/pacs.008.001.08:CdtTrfTxInf/SplmtryData/@s]"))
    }

    /// A side-car may come from elsewhere than from a message.
    @Test func anOuterElementHasAnAttributeOnceAndNoDeclarations() throws {
        var payment = try Self.payment()
        let own = "iso20022/pacs.008.001.08:Document"
        let attributes = [
            ("v", "1"), ("xmlns", "urn:x"), ("x:y", "2"), ("v", "3"), ("xml:lang", "de"), ("xmlns:z", "urn:z"),
            ("{urn:q}r", "4"),
        ]
        payment.sideCar += attributes.map { SideCarEntry(path: "\(own)/@\($0.0)", value: $0.1) }
        let writing = try Self.order.write(payment)
        #expect(
            writing.losses.map { "\($0.field) \($0.value)" } == [
                "sideCar[\(own)/@v] 1", "sideCar[\(own)/@xmlns] urn:x", "sideCar[\(own)/@x:y] 2",
                "sideCar[\(own)/@xmlns:z] urn:z",
            ])
        let again = try Self.order.read(xml: writing.bytes).payment.sideCar.filter { $0.path.hasPrefix("\(own)/@") }
        #expect(again.map(\.value) == ["3", "de", "4"])
    }

    @Test(arguments: ["TRF", "CHK"])
    func anAttributeOfAConstantLeavesItItsText(_ method: String) throws {
        let bytes = try Self.batch.write([Self.instruction("E-1", batch: "B-1")]).bytes
        let text = String(decoding: bytes, as: UTF8.self).replacing(
            "<PmtMtd>TRF<", with: #"<PmtMtd a="1">\#(method)<"#)
        let writing = try Self.batch.write(try Self.batch.read(xml: Array(text.utf8)).payments)
        #expect(String(decoding: writing.bytes, as: UTF8.self) == text)
        #expect(writing.losses.isEmpty, "\(writing.losses.map(\.field))")
    }

    // MARK: Groups

    static let batch = MappingFiles.mappings.translator("iso20022/pain.001.001.09")!

    static func instruction(_ name: String, batch: String) -> Payment {
        var payment = Payment()
        payment.message.id = "P-1"
        payment.message.createdAt = DateTime("2026-11-23T10:00:00.000Z")
        payment.initiatingParty.name = "Ada"
        payment.id.batch = batch
        payment.id.endToEnd = name
        payment.requestedExecutionDate = CivilDate(year: 2026, month: 11, day: 24)
        payment.debtor.name = "Ada"
        payment.debtorAccount.identifiers = [Identifier("IBAN", "DE02120300000000202051")]
        payment.debtorAgent.bic = "BANKDEFF"
        payment.amount.instructed = Money(units: 10_000_000, currency: Currency("EUR")!)
        return payment
    }

    @Test func paymentsStandInOneGroupAsLongAsTheyShareIt() throws {
        let payments = [("E-1", "B-1"), ("E-2", "B-1"), ("E-3", "B-2")].map { Self.instruction($0.0, batch: $0.1) }
        let bytes = try Self.batch.write(payments).bytes
        let again = try Self.batch.read(xml: bytes, schema: MappingFiles.schema("pain.001.001.09")).payments
        #expect(again.map(\.id.endToEnd) == ["E-1", "E-2", "E-3"])
        #expect(again.map(\.id.batch) == ["B-1", "B-1", "B-2"])
        #expect(again.map(\.message.count) == [3, 3, 3])
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.split(separator: "<PmtInf>").count == 3)
        #expect(try Self.batch.write(again).bytes == bytes)
    }

    /// The header is said once, from the first payment: of the others it says something else.
    @Test func whatTheHeaderSaysOtherwiseOfAPaymentIsLost() throws {
        var payments = [("E-1", "B-1"), ("E-2", "B-1"), ("E-3", "B-2")].map { Self.instruction($0.0, batch: $0.1) }
        payments[0].initiatingParty.phone = "+49-30"
        payments[1].initiatingParty = payments[0].initiatingParty
        func losses() throws -> [String] {
            try Self.batch.write(payments).losses.map { "\($0.payment) \($0.field) \($0.reason)" }.sorted()
        }
        #expect(try losses() == [], "what a payment does not say is not lost")
        payments[1].initiatingParty.name = "Grace"
        payments[2].message.id = "P-2"
        payments[2].initiatingParty.email = "ada@bank.example"
        #expect(
            try losses() == [
                "1 initiatingParty.name placeTaken", "2 initiatingParty.email placeTaken", "2 message.id placeTaken",
            ])
        payments[0].initiatingParty.email = String(repeating: "e", count: 3000)
        payments[1].initiatingParty = payments[0].initiatingParty
        #expect(
            try losses() == [
                "0 initiatingParty.email tooLong", "1 initiatingParty.email tooLong",
                "2 initiatingParty.email placeTaken", "2 message.id placeTaken",
            ])
    }

    /// What was kept of the header is written of the first payment; what was kept of a group, of each group.
    @Test func whatALaterGroupAloneKeepsOfTheHeaderIsLost() throws {
        var payments = [("E-1", "B-1"), ("E-2", "B-2")].map { Self.instruction($0.0, batch: $0.1) }
        payments[1].sideCar = [
            SideCarEntry(path: "iso20022/pain.001.001.09:Document/@v", value: "1"),
            SideCarEntry(path: "iso20022:GrpHdr/CtrlSum", value: "5"),
            SideCarEntry(path: "iso20022:PmtInf/BtchBookg", value: "true"),
        ]
        let writing = try Self.batch.write(payments)
        #expect(String(decoding: writing.bytes, as: UTF8.self).contains("<BtchBookg>true</BtchBookg>"))
        #expect(
            writing.losses.map { "\($0.payment) \($0.field)" } == [
                "1 sideCar[iso20022/pain.001.001.09:Document/@v]", "1 sideCar[iso20022:GrpHdr/CtrlSum]",
            ])
        payments[0].sideCar = payments[1].sideCar
        #expect(try Self.batch.write(payments).losses.isEmpty)
    }

    /// What keeps one group from being written is a loss of another, whose agent has a name besides.
    @Test func aSurveyTellsTheLossesOfEveryPayment() throws {
        var payments = [("E-1", "B-1"), ("E-2", "B-2")].map { Self.instruction($0.0, batch: $0.1) }
        for index in payments.indices { payments[index].debtorAgent.bic = "none" }
        payments[0].debtorAgent.name = "A Bank"
        let survey = Self.batch.survey(payments)
        #expect(survey.refused.count == 1)
        #expect(survey.losses.map { "\($0.payment) \($0.field) \($0.reason)" } == ["0 debtorAgent.bic wrongShape"])
    }

    @Test func whatATransactionSaysForItselfIsNotLost() throws {
        var payments = [try Self.payment(), try Self.payment()]
        payments[1].id.endToEnd = "E-2"
        payments[1].debtor.name = "Grace"
        payments[1].settlement.method = "INDA"
        let losses = try Self.order.write(payments).losses.filter { !$0.field.hasPrefix("sideCar") }
        #expect(losses.map { "\($0.payment) \($0.field)" } == ["1 settlement.method"])
    }

    @Test func aMessageOfOnePaymentTellsWhatItLosesOfOthers() throws {
        let report = try #require(MappingFiles.mappings.translator("fspiop/transfers.patch"))
        var payments = [Payment(), Payment()]
        for index in payments.indices {
            payments[index].status.code = "COMMITTED"
            payments[index].status.completedAt = DateTime("2026-11-23T09:00:0\(index).000Z")
        }
        let losses = try report.write(payments).losses
        #expect(losses.map { "\($0.payment) \($0.field)" } == ["1 status.completedAt"])
    }

    @Test func groupsThatSayTheSameStayApart() throws {
        let bytes = try Self.batch.write([Self.instruction("E-1", batch: "B-1")]).bytes
        let one = String(decoding: bytes, as: UTF8.self).replacing("<NbOfTxs>1<", with: "<NbOfTxs>2<")
        let group =
            try #require(one.firstRange(of: "<PmtInf>"))
            .lowerBound..<#require(one.firstRange(of: "</PmtInf>")).upperBound
        let two = one.replacing("</CstmrCdtTrfInitn>", with: one[group] + "</CstmrCdtTrfInitn>")
        let reading = try Self.batch.read(xml: Array(two.utf8), schema: MappingFiles.schema("pain.001.001.09"))
        #expect(reading.payments.count == 2)
        #expect(String(decoding: try Self.batch.write(reading.payments).bytes, as: UTF8.self) == two)
    }

    @Test func aGroupWithoutTransactionsIsAPayment() throws {
        let text = """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.056.001.08"><FIToFIPmtCxlReq><Assgnmt><Id>A</Id>\
            <Assgnr><Agt><FinInstnId><BICFI>BANKDEFF</BICFI></FinInstnId></Agt></Assgnr><Assgne><Agt><FinInstnId>\
            <BICFI>BANKKENA</BICFI></FinInstnId></Agt></Assgne><CreDtTm>2026-11-23T10:00:00Z</CreDtTm></Assgnmt>\
            <Undrlyg><OrgnlGrpInfAndCxl><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pacs.008</OrgnlMsgNmId>\
            <GrpCxl>true</GrpCxl></OrgnlGrpInfAndCxl></Undrlyg><Undrlyg><TxInf><OrgnlTxId>T-1</OrgnlTxId>\
            <OrgnlIntrBkSttlmAmt Ccy="EUR">5.00</OrgnlIntrBkSttlmAmt><CxlRsnInf><Rsn><Cd>DUPL</Cd></Rsn></CxlRsnInf>\
            </TxInf></Undrlyg></FIToFIPmtCxlReq></Document>
            """
        let translator = try #require(MappingFiles.mappings.translator("iso20022/camt.056.001.08"))
        let payments = try translator.read(xml: Array(text.utf8), schema: MappingFiles.schema("camt.056.001.08"))
            .payments
        #expect(payments.map(\.status.originalMessage) == ["M-1", nil])
        #expect(payments[1].status.originalAmount == Money(units: 500_000, currency: Currency("EUR")!))
        #expect(payments[1].status.reason == "DUPL")
        #expect(try CanonicalXML.lines(try translator.write(payments).bytes) == CanonicalXML.lines(Array(text.utf8)))
    }

    // MARK: Addresses

    @Test func anAddressTellsHowFarItIsStructured() {
        var address = PostalAddress()
        #expect(address.form == .empty)
        address.lines = ["High Street 1", "London"]
        address.country = "GB"
        #expect(address.form == .lines)
        address.townName = "London"
        #expect(address.form == .hybrid)
        address.lines = []
        #expect(address.form == .structured)
    }
}
