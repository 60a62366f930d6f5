import Mapping
import Payments
import SchemeFSPIOP
import Testing

@Suite struct ReadTests {
    enum Outcome: String { case done, pending, refused, unknown, absent, unsent, failed, review }

    static func outcome(_ observation: Observation) -> Outcome {
        switch observation {
        case .done: .done
        case .refused: .refused
        case .unknown: .unknown
        case .unsent: .unsent
        case .failed: .failed
        case .absent: .absent
        case .pending: .pending
        case .review: .review
        }
    }

    static func read(_ verb: Verb, _ status: Int, _ code: String?, purpose: Purpose = .ask) -> Heard {
        let record = Bench.record(verb == .send ? Bench.outgoing : Bench.incoming, Payment())
        let reply = WireReply(status: status, body: code.map { Array(Bench.error($0).utf8) } ?? [])
        return Bench.adapter.read(reply, Bench.input(verb, record, purpose: purpose))
    }

    @Test(
        arguments: [
            (Verb.lookup, 202, nil, Outcome.pending), (.quote, 202, nil, .pending), (.send, 202, nil, .pending),
            (.offer, 200, nil, .pending), (.accept, 200, nil, .pending), (.accept, 202, nil, .pending),
            (.notify, 200, nil, .done), (.notify, 202, nil, .done),
            (.lookup, 400, "3101", .refused), (.lookup, 404, nil, .refused), (.quote, 400, "3100", .refused),
            (.quote, 406, "3001", .refused), (.offer, 400, "3205", .refused), (.notify, 400, "3208", .refused),
            (.send, 400, "3100", .refused), (.send, 400, "4001", .refused), (.send, 403, "4300", .refused),
            (.send, 400, "3303", .refused), (.send, 400, "3106", .unknown), (.send, 400, "2001", .unknown),
            (.send, 400, "3208", .unknown), (.send, 400, "9999", .unknown), (.send, 400, nil, .unknown),
            (.send, 404, nil, .unknown), (.send, 408, "3100", .unknown), (.send, 409, nil, .unknown),
            (.send, 429, nil, .unknown), (.accept, 400, "3100", .unknown), (.accept, 400, "3303", .unknown),
            (.accept, 404, nil, .unknown), (.quote, 429, "3100", .unknown),
            (.lookup, 500, "2001", .unknown), (.quote, 503, "2003", .unknown), (.send, 500, nil, .unknown),
            (.send, 503, "2003", .unknown), (.send, 501, "2002", .unknown), (.accept, 503, nil, .unknown),
            (.notify, 500, nil, .unknown), (.send, 302, nil, .unknown), (.send, 100, nil, .unknown),
        ] as [(Verb, Int, String?, Outcome)])
    func answersToWhatWeAsk(_ verb: Verb, _ status: Int, _ code: String?, _ wanted: Outcome) {
        #expect(Self.outcome(Self.read(verb, status, code).observation) == wanted)
    }

    @Test(
        arguments: [
            (202, nil, Outcome.pending), (400, "3208", .absent), (404, "3208", .absent), (400, "3100", .unknown),
            (404, nil, .unknown), (400, "3303", .unknown), (500, "2001", .unknown), (503, nil, .unknown),
        ] as [(Int, String?, Outcome)])
    func answersToAnEnquiry(_ status: Int, _ code: String?, _ wanted: Outcome) {
        for verb in [Verb.send, .accept] {
            #expect(Self.outcome(Self.read(verb, status, code, purpose: .query).observation) == wanted)
        }
    }

    @Test func theForeignCodeIsKept() {
        guard case .refused(let reason) = Self.read(.send, 400, "4001").observation else {
            Issue.record("not refused")
            return
        }
        #expect(reason == Reason("agentLiquidity", network: "fspiop", foreign: "4001", detail: "Something is wrong"))
    }

    // MARK: - Settings

    @Test func allThatIsWrongWithTheSettingsIsSaidAtOnce() {
        let settings = AdapterSettings(
            network: "mojaloop:hub1", tenant: "green",
            values: ["ilpSecret": "short", "version": "2.0", "transferMilliseconds": "soon", "acceptOnPut": "maybe"])
        #expect(
            FSPIOPConfig.problems(settings) == [
                "fspId is missing", "ilpSecret must be 16 to 1024 printable ASCII characters",
                "version 2.0 is neither 1.1 nor 1.0",
                "transferMilliseconds must be a number of milliseconds from 1 to 86400000",
                "acceptOnPut is neither true nor false",
            ])
        #expect(FSPIOPConfig(settings) == nil)
        #expect(FSPIOPConfig.problems(Bench.settings()).isEmpty)
        #expect(FSPIOPConfig.problems(Bench.settings(["marginMilliseconds": "20000"])).count == 1)
        #expect(FSPIOPConfig.problems(Bench.settings(["fspId": "green bank"])).count == 1)
    }

    @Test func withoutSettingsNothingIsDecodedOrSent() {
        var context = Bench.context()
        context.settings.values = [:]
        let request = Bench.request("POST", "/quotes", Bench.quote)
        #expect(Bench.refusal(request, context)?.answer == Refused(500, "2000"))
    }

    @Test func everyTableIsThere() {
        for table in FSPIOP.tables { #expect(Bench.mappings.translator(table) != nil, "\(table)") }
    }
}
