import Payments
import SchemeISO20022
import Testing

/// Where we take another agent's payments, the rail knows that agent in them, and not us.
@Suite struct ServedAgentTests {
    private static let serves = ["serves": "OTHRGB2L"]

    private func record(addressedTo agent: String) throws -> PaymentRecord {
        var order = Order()
        order.creditorAgent = "<BICFI>\(agent)</BICFI>"
        order.instructed = agent
        guard case .opens(_, let payment) = try Rail.decode(order.document, Rail.context(Self.serves)).meaning else {
            throw Records.Missing()
        }
        var record = try Records.received()
        record.payment = payment
        return record
    }

    @Test(arguments: ["OTHRGB2L", "ZIWAUGK0"])
    func answersAndQuestionsAreOfTheAgentThatWasAddressed(_ agent: String) throws {
        var record = try record(addressedTo: agent)
        let question = try Rail.adapter.compose(Records.input(.accept, .query, record, Self.serves))
        guard case .request(let asked) = question.form else { throw Records.Missing() }
        #expect(Rail.check(asked.body)["FinInstnId/BICFI"]?.first == agent)
        let yes = try Rail.adapter.compose(Records.input(.accept, .ask, record, Self.serves))
        guard case .reply(let said) = yes.form else { throw Records.Missing() }
        #expect(Rail.check(said.body)["FinInstnId/BICFI"]?.first == agent)
        record.refusal = Reason("creditorAccountClosed")
        let no = try Rail.adapter.compose(
            Records.input(.notify, .ask, record, Self.serves, outcome: .rejected))
        guard case .reply(let refused) = no.form else { throw Records.Missing() }
        #expect(Rail.check(refused.body)["FinInstnId/BICFI"]?.first == agent)
    }
}
