import Payments

extension Capabilities {
    /// Every verb carries an Idempotency-Key and may be sent again with the stored bytes. There is no other way to ask:
    /// the interoperation API's GETs of quotes and transfers answer nothing.
    static let fineract = Capabilities(
        verbs: [.find, .validate, .reserve, .release, .post, .credit],
        queries: [.find, .validate, .reserve, .release, .post, .credit],
        repeatable: [.find, .validate, .reserve, .release, .post, .credit])
}
