import Payments

extension Capabilities {
    /// FSPIOP 1.x in both roles. A transfer in doubt is asked for by GET; a repeat with the stored bytes is safe as well.
    static let fspiop = Capabilities(
        verbs: [.lookup, .quote, .send, .offer, .accept, .notify], queries: [.send, .accept],
        latenessMilliseconds: hubLatenessMilliseconds)

    /// A Mojaloop hub looks for expired transfers every 15 seconds, so its abort may come so late; and some time to travel.
    static let hubLatenessMilliseconds: Int64 = 20_000
}
