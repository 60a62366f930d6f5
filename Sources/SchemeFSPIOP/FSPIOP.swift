public import Mapping
public import Payments

/// Mojaloop FSPIOP 1.1 and 1.0 in both roles, payer's and payee's institution: lookup, quote, transfer.
public enum FSPIOP {
    /// The network's name in code tables and reasons.
    public static let name = "fspiop"

    /// Tables that the mappings must hold.
    public static var tables: [String] { Bodies.Table.allCases.map { "fspiop/\($0.rawValue)" } }

    public static func adapter(mappings: Mappings) -> Adapter {
        let bodies = Bodies(mappings)
        let decoder = Decoder(bodies: bodies)
        let encoder = Encoder(bodies: bodies)
        let reader = ReplyReader(bodies: bodies)
        let answer = RefusalAnswer(bodies: bodies)
        return Adapter(
            name: name, capabilities: .fspiop,
            decode: { request, context throws(Refusal) in try decoder.decode(request, context) },
            refuse: { answer.reply($0, $1, $2) },
            compose: { input throws(Refusal) in try encoder.compose(input) },
            read: { reader.read($0, $1) },
            verify: { Agreement.verify($0, $1, $2) },
            takeUp: { Agreement.takeUp($0, $1, $2) },
            report: { report, input throws(Refusal) in try encoder.report(report, input) })
    }

    /// The Transaction object that an ilpPacket carries, as JSON: who pays whom, in the words of a quote. Nil for a
    /// packet that is none, or carries nothing (FSPIOP 1.1 §4.1).
    public static func transaction(ofPacket text: String) -> [UInt8]? {
        guard let packet = ILPPacket(text), !packet.transaction.isEmpty else { return nil }
        return packet.transaction
    }
}
