import Payments

extension Capabilities {
    /// FSPIOP 1.x in both roles. A transfer in doubt is asked for by GET; a repeat of the stored bytes is safe as well.
    static let fspiop = Capabilities(
        verbs: [.lookup, .quote, .send, .offer, .accept, .notify], queries: [.send, .accept],
        latenessMilliseconds: hubLatenessMilliseconds)

    /// A Mojaloop hub looks for expired transfers every 15 seconds, so its abort may come so late; and time to travel.
    static let hubLatenessMilliseconds: Int64 = 20_000
}
