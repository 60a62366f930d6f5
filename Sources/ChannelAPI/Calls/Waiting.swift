import FormatJSON
import Payments
import PaymentsEngine

/// Answers with a payment's page, perhaps after a wait for its end.
extension Channel {
    /// 200 when the payment has ended, else 202; `Prefer: wait=SECONDS` waits for its end first (RFC 7240 §4.3).
    func pageWhenEnded(_ id: PaymentID, _ call: Call, headers: [WireHeader] = []) async throws(Problem) -> ChannelReply
    {
        if let milliseconds = wait(call) {
            await engine.waitForOutcome(of: id, until: engine.now.adding(milliseconds: milliseconds))
        }
        let page = try await ownPage(id, call.caller)
        let location = WireHeader("Location", "/v1/payments/\(id)")
        let status = page.record.outcome == nil ? 202 : 200
        return .json(status, try await json(of: page), headers: [location] + headers)
    }

    /// Milliseconds that the caller prefers to wait.
    func wait(_ call: Call) -> Int64? {
        guard call.value(.prefer) != nil else { return nil }
        // Several preferences may stand in one field or in several, each with blanks around it and perhaps quoted.
        for field in call.request.headers where field.isNamed("prefer") {
            for preference in field.value.split(separator: ",") {
                let words = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(MediaType.trimmed)
                guard words.count == 2, words[0].lowercased() == "wait", let seconds = Int64(words[1]) else { continue }
                return min(max(seconds, 0), 60) * 1000
            }
        }
        return nil
    }

    /// The page of a payment of the caller's own bank.
    func ownPage(_ id: PaymentID, _ caller: APIKeys.Caller) async throws(Problem) -> PaymentPage {
        let page: PaymentPage?
        do throws(StoreError) {
            page = try await PaymentPage(id, engine: engine)
        } catch {
            throw .storeAway
        }
        guard let page, page.record.origin?.tenant == caller.tenant else { throw .notFound("payment \(id)") }
        return page
    }

    /// The page with the payments that give this one back.
    func json(of page: PaymentPage) async throws(Problem) -> JSONValue {
        var json = page.json(explain: explain)
        guard let tenant = page.record.origin?.tenant, page.record.isReceived else { return json }
        let refunds = try await RefundBook(engine: engine, tenant: tenant, original: page.record.id).read()
        if !refunds.isEmpty { json["refunds"] = .array(refunds.map { PaymentPage.row($0) }) }
        return json
    }
}
