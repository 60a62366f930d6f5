import FormatJSON
import Payments

/// The service's answer -> what became of the step. Only a whole answer with a decision that the protocol knows
/// decides; whatever else comes back is silence, and the configuration says what silence means.
enum Decision: String {
    case allow, refuse, review

    static func heard(_ reply: WireReply) -> Heard {
        guard reply.status == 200 else { return Heard(.unknown("the screening service answered HTTP \(reply.status)")) }
        guard let answer = try? JSONValue.parse(reply.body, limits: .screening), answer.object != nil else {
            return Heard(.unknown("the screening service's answer is no JSON object of the protocol"))
        }
        guard let decision = answer["decision"]?.string.flatMap(Decision.init(rawValue:)) else {
            return Heard(.unknown("the screening service's answer holds no decision that the protocol knows"))
        }
        let reference = plain(answer["reference"]?.string, atMost: 100)
        switch decision {
        case .allow: return Heard(.done)
        // Why is told to nobody: reasons travel to customers and networks. The answer itself is in the archive.
        case .refuse: return Heard(.refused(Reason("screeningRefused", network: ScreenHTTP.codes, foreign: reference)))
        case .review:
            let says = plain(answer["reason"]?.string, atMost: 500)
            return Heard(
                .review(Reason("screeningRefused", network: ScreenHTTP.codes, foreign: reference, detail: says)))
        }
    }

    /// The service's text as people may read it on a terminal: without control characters, of bounded length.
    private static func plain(_ text: String?, atMost length: Int) -> String? {
        guard let text else { return nil }
        var shown = ""
        shown.unicodeScalars.append(
            contentsOf: text.unicodeScalars.lazy.filter { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator: false
                default: true
                }
            }.prefix(length))
        return shown.isEmpty ? nil : shown
    }
}

extension JSONLimits {
    /// An answer has three members; a service may send some more.
    static let screening = JSONLimits(documentBytes: 65_536, depth: 16, members: 100, elements: 100, values: 1_000)
}
