import Payments

extension Capabilities {
    /// A question has no effect: the same one may be put again.
    static let screening = Capabilities(verbs: [.screen], repeatable: [.screen])
}
