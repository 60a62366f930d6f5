import Payments

extension ISO20022 {
    /// How late, after its clock ran out, a clearing may still settle an order. Until then "not known" is no refusal.
    static let latenessMilliseconds: Int64 = 30_000

    /// A credit transfer, our answer to one, and questions about both. Nothing is repeatable: a clearing takes the same
    /// pacs.008 twice for two payments or refuses the second (reference, retry semantics); silence is asked about.
    static let capabilities = Capabilities(
        verbs: [.send, .accept, .notify], queries: [.send, .accept], repeatable: [],
        latenessMilliseconds: latenessMilliseconds)
}
