import Payments

/// The synchronous answer to a message of ours (FSPIOP 1.1 §3.2.3): 202 and 200 say "received", 4xx "not accepted, and
/// no callback will come".
struct ReplyReader {
    let bodies: Bodies

    func read(_ reply: WireReply, _ input: ComposeInput) -> Heard {
        switch reply.status {
        case 200...299:
            return Heard(input.verb == .notify ? .done : .pending)
        case 400...499:
            return refused(reply, input)
        default:
            return Heard(.unknown(ReplyReader.says(reply)))
        }
    }

    /// Statuses that FSPIOP 1.1 §3.2.3 table 3 defines as "not accepted".
    private static let definite: Set<Int> = [400, 401, 403, 404, 405, 406]

    private func refused(_ reply: WireReply, _ input: ComposeInput) -> Heard {
        let information = ErrorInformation(reply.body)
        let says = ReplyReader.says(reply, information)
        if input.purpose == .query {
            guard let information, information.code == ErrorCode.transferUnknown else { return Heard(.unknown(says)) }
            return Heard(.absent(information.reason(bodies)))
        }
        guard ReplyReader.definite.contains(reply.status) else { return Heard(.unknown(says)) }
        switch input.verb {
        case .accept:
            // A fulfilment left us: only the hub's state of the transfer may say that it came to nothing.
            return Heard(.unknown(says))
        case .send:
            guard let information else { return Heard(.unknown(says)) }
            if information.code == ErrorCode.transferUnknown { return Heard(.unknown(says)) }
            return TransferError.heard(information, bodies)
        default:
            let reason = information?.reason(bodies) ?? Reason("refusedNoReason", network: "fspiop", detail: says)
            return Heard(.refused(reason))
        }
    }

    private static func says(_ reply: WireReply, _ information: ErrorInformation? = nil) -> String {
        let text = "HTTP \(reply.status)"
        guard let known = information ?? ErrorInformation(reply.body) else { return text }
        return "\(text), error \(known.code) \(known.description)"
    }
}
