import Payments

extension Capabilities {
    /// Every verb carries an Idempotency-Key and may be sent again with the stored bytes. There is no other way to ask:
    /// the interoperation API's GETs of quotes and transfers answer nothing.
    static let fineract = Capabilities(
        verbs: spoken, queries: spoken, repeatable: spoken)

    private static let spoken: Set<Verb> = [.find, .findCreditor, .validate, .reserve, .release, .post, .credit]
}
