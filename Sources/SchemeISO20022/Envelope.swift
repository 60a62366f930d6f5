/// How a message is wrapped. Of what comes in, wrappers and header are what the request wore; of what goes out, what
/// the rail's settings say.
struct ISOEnvelope: Sendable, Equatable {
    struct Wrapper: Sendable, Equatable {
        var name: String
        var namespace: String
    }

    /// The names that stand between the envelope and the message, and how it is laid out.
    enum Layout: Sendable, Equatable {
        /// Header and Document inside the wrappers.
        case plain
        /// The same with an element named for the message around both.
        case typed(FedNowDirection)
        /// Header and message under names of the envelope's own namespace, their content in ISO's.
        case renamed
    }

    /// Elements around header and document, outermost first; empty for a bare Document.
    var wrappers: [Wrapper]
    /// The version of the business application header; nil without one.
    var header: String?
    var layout = Layout.plain
    var prefixes = ISOPrefixes()

    static let standardHeader = "head.001.001.02"
    static let headers = ["head.001.001.01", "head.001.001.02", "head.001.001.03"]
    static let bare = ISOEnvelope(wrappers: [], header: nil)
    static let standard = ISOEnvelope(
        wrappers: [Wrapper(name: "BusMsg", namespace: "")], header: standardHeader)

    static func isName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 64 else { return false }
        let isLetter = { (byte: UInt8) in (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == 0x5F }
        guard isLetter(first) else { return false }
        return bytes.allSatisfy { isLetter($0) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D || $0 == 0x2E }
    }
}

/// The prefixes of what is written; empty for the default namespace.
struct ISOPrefixes: Sendable, Equatable {
    var envelope = ""
    var header = ""
    var document = ""

    static let places = ["envelope", "header", "document"]
}

/// The two technical envelopes of the FedNow service, named as the service sees them.
enum FedNowDirection: String, Sendable, CaseIterable {
    /// From a participant to the service.
    case incoming = "fednow-incoming"
    /// From the service to a participant.
    case outgoing = "fednow-outgoing"

    var namespace: String { self == .incoming ? "urn:fednow:incoming:v001" : "urn:fednow:outgoing:v001" }

    var wrappers: [String] {
        self == .incoming
            ? ["FedNowIncoming", "FedNowIncomingMessage"] : ["FedNowOutgoing", "FedNowOutgoingMessage"]
    }

    /// The element around header and Document of a definition; nil when the envelope has none for it.
    func name(of definition: String) -> String? {
        switch definition.prefix(8) {
        case "admi.002": "FedNowMessageReject"
        case "admi.004": self == .incoming ? "FedNowParticipantBroadcast" : "FedNowBroadcast"
        case "admi.006": self == .incoming ? "FedNowRetrievalRequest" : nil
        case "admi.007": "FedNowReceiptAcknowledgement"
        case "admi.011": self == .incoming ? nil : "FedNowSystemResponse"
        case "pacs.002": "FedNowPaymentStatus"
        case "pacs.004": "FedNowPaymentReturn"
        case "pacs.008": "FedNowCustomerCreditTransfer"
        case "pacs.009": "FedNowInstitutionCreditTransfer"
        case "pacs.028": "FedNowPaymentStatusRequest"
        case "pain.013": "FedNowRequestForPayment"
        case "pain.014": "FedNowRequestForPaymentResponse"
        case "camt.026": "FedNowInformationRequest"
        case "camt.028": "FedNowAdditionalPaymentInformation"
        case "camt.029": "FedNowReturnRequestResponse"
        case "camt.055": "FedNowRequestForPaymentCancellationRequest"
        case "camt.056": "FedNowReturnRequest"
        case "camt.060": self == .incoming ? "FedNowAccountReportingRequest" : nil
        default: nil
        }
    }
}

/// The envelope of The Clearing House: no Document, names of its own, and prefixes on all that is ISO's.
enum TCHEnvelope {
    static let word = "tch"
    static let namespace = "urn:tch"
    static let root = "Message"
    static let header = "head.001.001.01"
    static let headerPrefix = "head"

    /// The element that stands for Document and the prefix that the network's schema gives its content; nil when the
    /// envelope has none for a definition.
    static func name(of definition: String) -> (element: String, prefix: String)? {
        switch definition.prefix(8) {
        case "pacs.008": ("CreditTransfer", "ct")
        case "pacs.002": ("MessageStatusReport", "ps")
        case "pacs.009": ("FICreditTransfer", "c9")
        case "pacs.028": ("PaymentStatusRequest", "s8")
        case "camt.026": ("RequestForInformation", "fi")
        case "camt.028": ("ResponseRequestForInformation", "if")
        case "camt.029": ("ResponseReturnOfFunds", "tr")
        case "camt.035": ("Acknowledgement", "ac")
        case "camt.056": ("ReturnOfFunds", "rt")
        case "pain.013": ("PaymentRequest", "pr")
        case "pain.014": ("ResponsePaymentRequest", "rp")
        case "remt.001": ("StandaloneRemittance", "ar")
        case "admi.002": ("MessageReject", "mr")
        case "admi.004": ("SystemNotificationEvent", "ne")
        case "acmt.022": ("TokenIdentification", "a2")
        default: nil
        }
    }
}

/// Reads the settings of a rail that say how its messages are wrapped.
///
/// | `envelope` | what is sent |
/// |---|---|
/// | an element's name, `BusMsg` when nothing is given | AppHdr and Document in it |
/// | several names with `/` between them, `DataPDU/Body` | the same, one in the other |
/// | `none`, `bare` | a Document alone |
/// | `fednow-incoming`, `fednow-outgoing` | FedNow's envelope, with its element for the message |
/// | `tch` | The Clearing House's: header and message under its own names, their content prefixed |
struct ISOEnvelopeSettings {
    /// The value of a setting; nil when it is not given.
    let value: (String) -> String?
    private(set) var faults: [String] = []

    init(value: @escaping (String) -> String?) {
        self.value = value
    }

    private static let greatestPrefix = 16

    mutating func read() -> ISOEnvelope {
        let word = value("envelope") ?? "BusMsg"
        var envelope: ISOEnvelope
        switch word {
        case "none", "bare": envelope = .bare
        case TCHEnvelope.word: envelope = tch()
        default:
            if let direction = FedNowDirection(rawValue: word) {
                envelope = fedNow(direction)
            } else {
                envelope = named(word)
            }
        }
        prefixes(&envelope)
        return envelope
    }

    private mutating func named(_ word: String) -> ISOEnvelope {
        let names = word.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        for name in names where !ISOEnvelope.isName(name) {
            faults.append(
                "envelope: \(word) is none of none, bare, fednow-incoming, fednow-outgoing, tch, nor an element name "
                    + "such as BusMsg, or several with / between them")
            break
        }
        if names.count > ISOOutline.greatestWrappers {
            faults.append("envelope: more than \(ISOOutline.greatestWrappers) elements around a message")
        }
        let namespace = namespace("")
        return ISOEnvelope(
            wrappers: names.map { .init(name: $0, namespace: namespace) }, header: header(ISOEnvelope.standardHeader))
    }

    private mutating func fedNow(_ direction: FedNowDirection) -> ISOEnvelope {
        let namespace = namespace(direction.namespace)
        return ISOEnvelope(
            wrappers: direction.wrappers.map { .init(name: $0, namespace: namespace) },
            header: header("head.001.001.02", only: direction.rawValue), layout: .typed(direction))
    }

    private mutating func tch() -> ISOEnvelope {
        ISOEnvelope(
            wrappers: [.init(name: TCHEnvelope.root, namespace: namespace(TCHEnvelope.namespace))],
            header: header(TCHEnvelope.header, only: TCHEnvelope.word), layout: .renamed)
    }

    private mutating func namespace(_ fallback: String) -> String {
        guard let text = value("envelopeNamespace") else { return fallback }
        if text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x22 || $0 == 0x3C }) || text.utf8.count > 256 {
            faults.append("envelopeNamespace: \(text.prefix(40)) is no namespace: a URI without spaces is")
        }
        return text
    }

    /// - Parameter only: The envelope that carries no other version.
    private mutating func header(_ fallback: String, only: String? = nil) -> String {
        let header = value("header") ?? fallback
        if !ISOEnvelope.headers.contains(header) {
            faults.append("header: \(header) is none of \(ISOEnvelope.headers.joined(separator: ", "))")
        } else if let only, header != fallback {
            faults.append("header: an envelope \(only) carries \(fallback), not \(header)")
        }
        return header
    }

    /// `header=head document=doc envelope=env`, in any order, each where it is wanted.
    private mutating func prefixes(_ envelope: inout ISOEnvelope) {
        for word in (value("prefixes") ?? "").split(whereSeparator: { $0 == " " || $0 == "," }) {
            let pair = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, ISOPrefixes.places.contains(pair[0]) else {
                faults.append("prefixes: \(word) is none of envelope=PREFIX, header=PREFIX, document=PREFIX")
                continue
            }
            let prefix = pair[1]
            guard ISOEnvelope.isName(prefix), prefix.utf8.count <= Self.greatestPrefix,
                !prefix.lowercased().hasPrefix("xml")
            else {
                faults.append(
                    "prefixes: \(word) names no prefix: a name of at most \(Self.greatestPrefix) characters that does "
                        + "not begin with xml")
                continue
            }
            switch pair[0] {
            case "envelope": envelope.prefixes.envelope = prefix
            case "header": envelope.prefixes.header = prefix
            default: envelope.prefixes.document = prefix
            }
        }
        check(envelope)
    }

    private mutating func check(_ envelope: ISOEnvelope) {
        let prefixes = envelope.prefixes
        if !prefixes.envelope.isEmpty, envelope.wrappers.first?.namespace.isEmpty ?? true {
            faults.append("prefixes: envelope=\(prefixes.envelope) needs an envelopeNamespace")
        }
        if !prefixes.header.isEmpty, envelope.header == nil {
            faults.append("prefixes: header=\(prefixes.header) needs an envelope with a header")
        }
        let given = [prefixes.envelope, prefixes.header, prefixes.document].filter { !$0.isEmpty }
        if Set(given).count < given.count { faults.append("prefixes: one prefix stands for two namespaces") }
    }
}
