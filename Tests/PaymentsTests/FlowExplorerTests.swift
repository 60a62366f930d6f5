import Payments
import Testing

/// A flow that must not load, and a word that its refusal must say.
struct BadFlow: Sendable, CustomTestStringConvertible {
    var flow: Flow
    var says: String
    /// Whether the refusal must tell a story; a table whose very shape is wrong needs none.
    var tells = true

    var testDescription: String { flow.name }
}

private let accept = step(.accept, .query, .operatorDecides, pivot: true)
private let credit = step(.credit, .query, .operatorDecides)

private let stories: [BadFlow] = [
    BadFlow(
        flow: flow("a hold taken as refused", step(.reserve, .refuse, undo: .release), goodSend, goodPost, goodNotify),
        says: "orphan hold"),
    BadFlow(
        flow: flow(
            "a hold queried, then taken as refused", step(.reserve, .query, .refuse, undo: .release), goodSend,
            goodPost,
            goodNotify), says: "orphan hold"),
    BadFlow(
        flow: flow("a hold left alone", step(.reserve, .leave, undo: .release), goodSend, goodPost, goodNotify),
        says: "orphan hold"),
    BadFlow(
        flow: flow("a hold tried again", step(.reserve, .retry, .query, undo: .release), goodSend, goodPost),
        says: "twice"),
    BadFlow(flow: flow("a pivot tried again", goodReserve, step(.send, .retry, pivot: true), goodPost), says: "twice"),
    BadFlow(
        flow: flow("a pivot queried, then tried again", step(.send, .query, .retry, pivot: true), goodNotify),
        says: "twice"),
    BadFlow(
        flow: flow("a pivot taken as refused", step(.send, .refuse, pivot: true), goodNotify), says: "two outcomes"),
    BadFlow(
        flow: flow("a pivot taken as refused under a hold", goodReserve, step(.send, .refuse, pivot: true), goodPost),
        says: "undone though"),
    BadFlow(flow: flow("a pivot left alone", step(.send, .leave, pivot: true), goodNotify), says: "two outcomes"),
    BadFlow(flow: flow("a hold never posted", goodReserve, goodSend, goodNotify), says: "orphan hold"),
    BadFlow(
        flow: flow("a posting left alone", goodReserve, goodSend, step(.post, .leave), goodNotify),
        says: "orphan hold"),
    BadFlow(
        flow: flow("a posting tried again", goodReserve, goodSend, step(.post, .retry, .operatorDecides), goodNotify),
        says: "twice"),
    BadFlow(
        flow: flow("a posting taken as refused", goodReserve, goodSend, step(.post, .refuse), goodNotify), says: "twice"
    ),
    BadFlow(flow: flow("a credit left alone", accept, step(.credit, .leave), goodNotify), says: "two outcomes"),
    BadFlow(
        flow: flow("a yes to the origin before the far side paid", step(.accept, .query), goodSend, goodNotify),
        says: "two outcomes"),
    BadFlow(
        flow: flow("a yes to the origin left alone", goodSend, step(.accept, .leave), goodNotify),
        says: "two outcomes"),
    BadFlow(flow: flow("no way out of unknown", step(.lookup), goodSend, goodNotify), says: "no way out"),
]

private let shapes: [BadFlow] = [
    BadFlow(flow: Flow(name: "no steps", version: "test", steps: []), says: "1 to 16 steps"),
    BadFlow(
        flow: Flow(
            name: "too many steps", version: "test",
            steps: (0..<17).map { step(.lookup, .refuse, name: "lookup\($0)") }), says: "1 to 16 steps"),
    BadFlow(flow: flow("one name twice", step(.find, .refuse), step(.lookup, .refuse, name: "find")), says: "one name"),
    BadFlow(flow: flow("no pivot", goodReserve, step(.send, .query), goodPost), says: "exactly one pivot"),
    BadFlow(flow: flow("two pivots", goodSend, accept), says: "exactly one pivot"),
    BadFlow(flow: flow("a pivot that commits nothing", step(.lookup, .refuse, pivot: true)), says: "does not commit"),
    BadFlow(
        flow: flow("an undo at the pivot", step(.send, .query, undo: .release, pivot: true)),
        says: "nothing to undo"),
    BadFlow(
        flow: flow("an undo after the pivot", goodReserve, goodSend, step(.post, .query, undo: .release)),
        says: "nothing to undo"),
    BadFlow(flow: flow("a credit before the pivot", credit, accept), says: "before the pivot"),
    BadFlow(flow: flow("a posting before the pivot", goodReserve, goodPost, goodSend), says: "before the pivot"),
    BadFlow(flow: flow("a hold after the pivot", goodSend, goodReserve, goodPost), says: "at or after the pivot"),
    BadFlow(flow: flow("a hold that cannot be released", step(.reserve, .query), goodSend, goodPost), says: "release"),
    BadFlow(flow: flow("a posting without a hold", goodSend, goodPost), says: "no step makes"),
    BadFlow(flow: flow("a release as a step", goodSend, step(.release, .query)), says: "a release is an undo"),
    BadFlow(
        flow: flow("a second transfer", goodSend, step(.send, .query, name: "again")), says: "a second time"),
    BadFlow(flow: flow("told before it ended", goodNotify, goodSend), says: "after the origin was told"),
]

@Suite("Flows are explored before they load") struct FlowExplorerTests {
    @Test("The shipped flows are safe in every story", arguments: try FlowTable.names())
    func shipped(_ name: String) throws {
        try FlowExplorer.explore(FlowTable(name).flow)
    }

    @Test(
        "Flows that no table has yet, and that are safe",
        arguments: [
            flow("send alone", goodSend, goodNotify),
            flow("hold, send, post, no notification", goodReserve, goodSend, goodPost),
            flow("no money at all", step(.lookup, .refuse), goodNotify),
            flow("notify one by one", goodSend, goodNotify, step(.notify, .leave, name: "webhook")),
            flow("operator at once", step(.send, .operatorDecides, pivot: true), goodNotify),
        ])
    func safe(_ flow: Flow) throws {
        try FlowExplorer.explore(flow)
    }

    @Test("Flows with a story that goes wrong are refused, and the story is told", arguments: stories)
    func badStory(_ bad: BadFlow) throws {
        let defect = try #require(refusal(of: bad.flow))
        #expect(defect.says.contains(bad.says), "\(defect)")
        #expect(!defect.trace.isEmpty, "\(defect)")
        #expect(defect.flow == bad.flow.name)
    }

    @Test("Tables of a wrong shape are refused at once", arguments: shapes)
    func badShape(_ bad: BadFlow) throws {
        let defect = try #require(refusal(of: bad.flow))
        #expect(defect.says.contains(bad.says), "\(defect)")
        #expect(defect.trace.isEmpty)
    }

    @Test("The story told is a short one, in order") func shortest() throws {
        let bad = flow("left alone", step(.find, .retry, .refuse), step(.send, .leave, pivot: true), goodNotify)
        let trace = try #require(refusal(of: bad)).trace
        #expect(trace.contains("send silent"))
        #expect(trace.contains("send left alone"))
        #expect(trace.count <= 6, "\(trace)")
    }

    private func refusal(of flow: Flow) -> FlowDefect? {
        do throws(FlowDefect) {
            try FlowExplorer.explore(flow)
            return nil
        } catch {
            return error
        }
    }
}
