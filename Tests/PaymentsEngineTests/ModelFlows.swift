import Payments

/// The five flow tables of the gateway, row by row.
enum ModelFlows {
    static let all: [Flow] = [outgoing, incoming, bridge, lookup, refused]

    static func named(_ name: String) -> Flow? { all.first { $0.name == name } }

    static let outgoing = flow(
        "outgoing", row(.find, .plan, 5_000, 1), row(.lookup, .plan, 5_000, 2), row(.quote, .plan, 5_000, 1),
        row(.validate, .plan, 5_000, 1), row(.reserve, .reserve, 5_000, 0, undo: .release),
        row(.send, .send, nil, 0, pivot: true), row(.post, .settle, 5_000, nil), row(.notify, .notify, 5_000, 12))
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
        case .find, .validate, .offer: policies = [.retry, .refuse]
        default: policies = [.query, .operatorDecides]
        }
        return FlowStep(
            name: verb.rawValue, verb: verb, hop: hop, undo: undo, isPivot: pivot, withinMilliseconds: within,
            retries: retries, onUnknown: policies)
    }

    private static func pivotless(_ retries: Int?) -> Bool { retries == 0 }
}
