import Payments

/// The flow tables of the gateway, row by row. `outgoing` is the one without its controls, `guarded` has them.
enum ModelFlows {
    static let all: [Flow] = [
        outgoing, guarded, onUs, incoming, bridge, bridgeOffer, lookup, lookupDirectory, parties, refused,
    ]

    static func named(_ name: String) -> Flow? { all.first { $0.name == name } }

    static let outgoing = flow(
        "outgoing", row(.find, .plan, 5_000, 1), row(.lookup, .plan, 5_000, 2), row(.quote, .plan, 5_000, 1),
        row(.validate, .plan, 5_000, 1), row(.reserve, .reserve, 5_000, 0, undo: .release),
        row(.send, .send, nil, 0, pivot: true), row(.post, .settle, 5_000, nil), row(.notify, .notify, 5_000, 12))
    static let guarded = flow(
        "guarded", row(.due, .plan, nil, 0), row(.screen, .plan, 500, 0), row(.find, .plan, 5_000, 1),
        row(.lookup, .plan, 5_000, 2), row(.quote, .plan, 5_000, 1), row(.validate, .plan, 5_000, 1),
        row(.confirm, .plan, 60_000, 0), row(.reserve, .reserve, 5_000, 0, undo: .release),
        row(.send, .send, nil, 0, pivot: true), row(.post, .settle, 5_000, nil), row(.notify, .notify, 5_000, 12))
    static let onUs = flow(
        "on-us", row(.findCreditor, .plan, 5_000, 1), row(.find, .plan, 5_000, 1), row(.validate, .plan, 5_000, 1),
        row(.reserve, .reserve, 5_000, 0, undo: .release), row(.post, .send, 5_000, 0, pivot: true),
        row(.credit, .settle, 5_000, nil), row(.notify, .notify, 5_000, 12))
    static let bridgeOffer = flow(
        "bridge-offer", row(.directory, .plan, 1_000, 0), row(.screen, .plan, 500, 0), row(.offer, .plan, nil, 2),
        row(.send, .send, nil, 0, pivot: true), row(.accept, .settle, nil, 0), row(.notify, .notify, 5_000, 12))
    static let lookupDirectory = flow(
        "lookup-directory", row(.directory, .plan, 1_000, 0), row(.notify, .notify, 5_000, 3))
    static let parties = flow("parties", row(.lookup, .plan, 5_000, 2), row(.notify, .notify, 5_000, 3))
    static let incoming = flow(
        "incoming", row(.find, .plan, 4_000, 1), row(.validate, .plan, 4_000, 1), row(.offer, .plan, nil, 2),
        row(.accept, .send, nil, 0, pivot: true), row(.credit, .settle, 5_000, nil), row(.notify, .notify, 5_000, 12))
    static let bridge = flow(
        "bridge", row(.lookup, .plan, 2_000, 0), row(.quote, .plan, 2_000, 0), row(.send, .send, nil, 0, pivot: true),
        row(.accept, .settle, nil, 0), row(.notify, .notify, 5_000, 12))
    static let lookup = flow("lookup", row(.find, .plan, 4_000, 1), row(.notify, .notify, 5_000, 3))
    static let refused = flow("refused", row(.notify, .notify, 5_000, 12))

    private static func flow(_ name: String, _ steps: FlowStep...) -> Flow {
        Flow(name: name, version: "\(name)-1", steps: steps)
    }

    private static func row(
        _ verb: Verb, _ hop: Hop, _ within: Int64?, _ retries: Int?, undo: Verb? = nil, pivot: Bool = false
    ) -> FlowStep {
        let policies: [UnknownPolicy]
        switch verb {
        case .notify: policies = [.retry, .leave]
        case .lookup, .quote: policies = pivotless(retries) ? [.refuse] : [.retry, .refuse]
        case .find, .findCreditor, .validate, .offer: policies = [.retry, .refuse]
        case .due, .directory, .confirm: policies = [.refuse]
        case .screen: policies = [.policy]
        default: policies = [.query, .operatorDecides]
        }
        return FlowStep(
            name: verb.rawValue, verb: verb, hop: hop, undo: undo, isPivot: pivot, withinMilliseconds: within,
            retries: retries, onUnknown: policies)
    }

    private static func pivotless(_ retries: Int?) -> Bool { retries == 0 }
}
