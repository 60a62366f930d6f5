import Payments
import SchemeISO20022
import Testing

/// What a rail's settings say of dates, currencies, and who may ask about what.
@Suite struct RailSettingTests {
    // MARK: - Settlement date

    @Test func theSettlementDateIsTheBusinessDateAndNeverTheHosts() throws {
        var input = try Records.input(.send, .ask, Records.ordered())
        input.businessDate = try #require(CivilDate("2026-03-05"))
        let composed = try Rail.adapter.compose(input)
        guard case .request(let request) = composed.form else { throw Records.Missing() }
        #expect(Rail.check(request.body)["CdtTrfTxInf/IntrBkSttlmDt"] == ["2026-03-05"])
        #expect(composed.learned.settlement.date?.text == "2026-03-05")
    }

    @Test(arguments: [("2026-03-05", true), ("2026-03-06", true), ("2026-03-04", true), ("2026-03-02", false)])
    func theToleranceCountsFromTheBusinessDate(date: String, isNear: Bool) throws {
        var context = Rail.context()
        context.businessDate = try #require(CivilDate("2026-03-05"))
        var order = Order()
        order.date = "<IntrBkSttlmDt>\(date)</IntrBkSttlmDt>"
        let inbound = try Rail.adapter.decode(Rail.post(order.document), context)
        #expect((inbound.untimely == nil) == isNear)
    }

    // MARK: - Currencies

    @Test func anOrderInACurrencyThatTheRailDoesNotCarryIsRefused() throws {
        let request = Rail.post(Order().document)
        #expect(throws: Never.self) { try Rail.adapter.decode(request, Rail.context(["currencies": "USD KES"])) }
        let context = Rail.context(["currencies": "USD EUR"])
        let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(request, context) }
        #expect(refusal.rule == "currency.carried")
        #expect(refusal.line != nil)
        let said = Rail.check(Rail.adapter.refuse(refusal, request, context).body)
        #expect(said["TxInfAndSts/TxSts"] == ["RJCT"])
        #expect(said["Rsn/Cd"] == ["AM03"])
    }

    @Test func noOrderOfOursLeavesInACurrencyThatTheRailDoesNotCarry() throws {
        let input = try Records.input(.send, .ask, Records.ordered(), ["currencies": "USD"])
        let refusal = try #require(throws: Refusal.self) { try Rail.adapter.compose(input) }
        #expect(refusal.reason.canonical == "currencyNotSupported")
    }

    // MARK: - Enquiries

    private func answer(
        from asker: String, _ record: PaymentRecord, _ extra: [String: String] = [:]
    ) throws -> [String: [String]] {
        let inbound = try Rail.decode(Enquiry(from: asker).document)
        guard case .asksStatus(let enquiry) = inbound.meaning else { throw Records.Missing() }
        let input = Records.input(.notify, .ask, record, extra)
        let composed = try Rail.adapter.report(.status(enquiry: enquiry), input)
        guard case .reply(let reply) = composed.form else { throw Records.Missing() }
        return Rail.check(reply.body)
    }

    @Test func aPaymentIsToldToThoseWhomItConcerns() throws {
        let record = try Records.received()
        for asker in ["CLRGKEN0", "TMRDKEN0", "TMRDKEN0XXX"] {
            #expect(try answer(from: asker, record)["TxInfAndSts/TxSts"] == ["PDNG"])
        }
        let stranger = try answer(from: "OTHRGB2L", record)
        #expect(stranger["TxInfAndSts/TxSts"] == ["RJCT"])
        #expect(stranger["Rsn/Cd"] == ["AG09"])
        #expect(stranger["TxInfAndSts/AccptncDtTm"] == nil)
    }

    @Test func theRailSaysHowSomethingIsNotKnown() throws {
        let said = try answer(from: "CLRGKEN0", PaymentRecord(id: Records.id), ["notKnown": "NOOR"])
        #expect(said["TxInfAndSts/TxSts"] == ["RJCT"])
        #expect(said["Rsn/Cd"] == ["NOOR"])
        #expect(said["TxInfAndSts/OrgnlTxId"] == ["TX-0009"])
    }

    // MARK: - Faults

    @Test(
        arguments: [
            ("exchange", "later", "exchange: later is neither asynchronous nor synchronous"),
            ("silence", "ACSC", "silence: ACSC is neither ACWP nor RJCT"),
            ("notKnown", "nobody", "notKnown: nobody is not a code of four characters"),
            ("currencies", "KES XQX", "currencies: XQX is no currency of ISO 4217"),
        ]) func aSettingThatCannotBeIsSaid(key: String, value: String, says: String)
    {
        #expect(ISO20022.faults(in: Rail.settings([key: value])) == [says])
    }
}
