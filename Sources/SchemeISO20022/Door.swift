import Payments

/// Where and how messages are taken: one path below the tenant's, by POST.
enum ISODoor {
    static let method = "method.post"
    static let path = "path.endpoint"

    static func check(_ request: WireRequest, _ settings: ISOSettings, _ network: String) throws(Refusal) {
        guard isEndpoint(request.path, settings, network) else {
            let says = "There is no endpoint here."
            throw Refusal(.wire, Reason("messageMisrouted", detail: says), path: "path", rule: path, says: says)
        }
        guard request.method == "POST" else {
            let says = "Messages are posted; \(request.method.prefix(16)) is not taken here."
            throw Refusal(.wire, Reason("malformed", detail: says), path: "method", rule: method, says: says)
        }
    }

    /// The tenant's own path, or below it the path at which the clearing takes messages of ours: a rail that names its
    /// participants' endpoints as its own appends that, and its name.
    private static func isEndpoint(_ path: String, _ settings: ISOSettings, _ network: String) -> Bool {
        let rail = network.split(separator: ":").last.map(String.init) ?? network
        return ["", "/", settings.path, "/iso20022", "/iso20022/\(rail)"].contains(path)
    }

    static func isBusy(_ refusal: Refusal) -> Bool {
        ["tooManyRequests", "serviceUnavailable"].contains(refusal.reason.canonical)
    }

    /// Whether the request never was a message for us.
    static func refuses(_ refusal: Refusal) -> Bool { [path, method, "content-type"].contains(refusal.rule) }

    /// The status of the answer to a refusal.
    static func status(_ refusal: Refusal, isBusy: Bool) -> Int {
        if isBusy { return 503 }
        if refusal.layer == .identity { return 403 }
        switch refusal.rule {
        case path: return 404
        case method: return 405
        default: return 400
        }
    }

    static func headers(_ refusal: Refusal, isBusy: Bool) -> [WireHeader] {
        if isBusy { return [WireHeader("Retry-After", "1")] }
        return refusal.rule == method ? [WireHeader("Allow", "POST")] : []
    }
}

extension Refusal {
    /// What the sender can do about it; nil when the refusal is about the payment and not about the message.
    var mend: String? {
        switch rule {
        case ISODoor.path: return "Post to /NETWORK/TENANT as agreed."
        case ISODoor.method: return "Use POST."
        case "content-type": return "Send Content-Type: application/xml; charset=utf-8."
        default: break
        }
        switch reason.canonical {
        case "versionNotSupported":
            let served = ISO20022.messages.joined(separator: ", ")
            return "Send one of \(served), with a header of \(ISOEnvelope.headers.joined(separator: ", "))."
        case "permissionMissing":
            return "Name the institution of your certificate, or have the name added to those it may speak for."
        case "payloadTooLarge": return "Send fewer or shorter elements."
        case "contentTooLong": return "Shorten the element."
        case "charactersNotAllowed": return "Send UTF-8, as the declaration and the Content-Type say."
        case "serviceUnavailable", "tooManyRequests": return "Send the same message again later."
        case "missingElement": return "Add the element."
        case "elementNotAllowed": return "Remove the element, or move it to its place in the sequence."
        case "contentInvalid", "amountInvalid", "amountTooFine", "dateInvalid":
            return "Send a value that the schema of the message allows."
        case "internalError": return nil
        default:
            return layer == .wire || layer == .schema
                ? "Send one message that is well-formed and valid, header and Document under one root." : nil
        }
    }
}
