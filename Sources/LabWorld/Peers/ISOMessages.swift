import Foundation

/// ISO 20022 messages as the clearing speaks them: one envelope, three payments messages and a message reject.
enum ISOMessages {
    static let creditTransfer = "pacs.008.001.08"
    static let statusReport = "pacs.002.001.10"
    static let statusRequest = "pacs.028.001.03"
    static let messageReject = "admi.002.001.01"
    static let header = "head.001.001.02"

    static func namespace(_ message: String) -> String { "urn:iso:std:iso:20022:tech:xsd:" + message }

    /// A message out of its envelope.
    struct Envelope {
        /// Business application header, when there is one.
        let header: XMLTree?
        /// The element inside Document, such as FIToFICstmrCdtTrf.
        let content: XMLTree
        /// From the namespace: `pacs.008.001.08`.
        let message: String
    }

    /// Reads `<BusMsg>` (or any wrapper of AppHdr and Document) or a bare Document.
    static func read(_ bytes: [UInt8]) -> Envelope? {
        guard let root = XMLTree(bytes) else { return nil }
        let document = root.name == "Document" ? root : root["Document"]
        guard let document, let content = document.children.first, document.children.count == 1 else { return nil }
        let start = namespace("")
        guard document.namespace.hasPrefix(start), content.namespace == document.namespace else { return nil }
        return Envelope(
            header: root.name == "Document" ? nil : root["AppHdr"], content: content,
            message: String(document.namespace.dropFirst(start.count)))
    }

    /// Header and Document as siblings in `<BusMsg>`.
    static func wrap(_ content: XMLTree, message: String, from: String, to: String, id: String) -> XMLTree {
        let header = XMLTree(
            "AppHdr", namespace: namespace(header),
            [
                XMLTree("Fr", [XMLTree("FIId", [agentIdentification(from)])]),
                XMLTree("To", [XMLTree("FIId", [agentIdentification(to)])]), XMLTree("BizMsgIdr", id),
                XMLTree("MsgDefIdr", message), XMLTree("CreDt", LabTime.iso(LabTime.now())),
            ])
        return XMLTree("BusMsg", [header, XMLTree("Document", namespace: namespace(message), [content])])
    }

    static func newId() -> String { UUID().uuidString.replacing("-", with: "").lowercased() }

    /// BIC or clearing member identification of an agent element.
    static func agent(_ node: XMLTree?) -> String? {
        guard let institution = node?["FinInstnId"] else { return nil }
        return institution.text("BICFI") ?? institution.text("ClrSysMmbId/MmbId")
            ?? institution.text("Othr/Id")
    }

    static func agent(_ name: String, _ id: String) -> XMLTree { XMLTree(name, [agentIdentification(id)]) }

    private static func agentIdentification(_ id: String) -> XMLTree {
        let isBIC =
            (id.count == 8 || id.count == 11) && id.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) }
            && id.dropFirst(4).prefix(2).allSatisfy(\.isUppercase)
        return XMLTree(
            "FinInstnId", [isBIC ? XMLTree("BICFI", id) : XMLTree("ClrSysMmbId", [XMLTree("MmbId", id)])])
    }

    /// IBAN when it looks like one, else Othr/Id.
    static func account(_ name: String, _ id: String) -> XMLTree {
        let isIBAN =
            (15...34).contains(id.count) && id.prefix(2).allSatisfy { $0.isASCII && $0.isUppercase }
            && id.dropFirst(2).prefix(2).allSatisfy(\.isNumber)
        return XMLTree(
            name, [XMLTree("Id", [isIBAN ? XMLTree("IBAN", id) : XMLTree("Othr", [XMLTree("Id", id)])])])
    }

    static func account(_ node: XMLTree?) -> String? { node?.text("Id/IBAN") ?? node?.text("Id/Othr/Id") }

    /// What a pacs.002 says about one transaction.
    struct Status {
        var code: String
        var reason: String?
        var additional: String?
    }

    /// A pacs.002 about this transaction, from `from` to `to`.
    static func report(_ transaction: ClearingTransaction, _ status: Status, from: String, to: String) -> XMLTree {
        let now = LabTime.iso(LabTime.now())
        let reason = status.reason.map { code in
            XMLTree(
                "StsRsnInf",
                [
                    XMLTree("Rsn", [XMLTree("Cd", code)]),
                    status.additional.map { XMLTree("AddtlInf", String($0.prefix(105))) },
                ])
        }
        let content = XMLTree(
            "FIToFIPmtStsRpt",
            [
                XMLTree(
                    "GrpHdr",
                    [
                        XMLTree("MsgId", newId()), XMLTree("CreDtTm", now), agent("InstgAgt", from),
                        agent("InstdAgt", to),
                    ]),
                XMLTree(
                    "OrgnlGrpInfAndSts",
                    [
                        XMLTree("OrgnlMsgId", transaction.messageId),
                        XMLTree("OrgnlMsgNmId", creditTransfer),
                    ]),
                XMLTree(
                    "TxInfAndSts",
                    [
                        transaction.instructionId.map { XMLTree("OrgnlInstrId", $0) },
                        XMLTree("OrgnlEndToEndId", transaction.endToEndId), XMLTree("OrgnlTxId", transaction.txId),
                        transaction.uetr.map { XMLTree("OrgnlUETR", $0) }, XMLTree("TxSts", status.code), reason,
                        transaction.acceptedAt.map { XMLTree("AccptncDtTm", $0) },
                    ]),
            ])
        return wrap(content, message: statusReport, from: from, to: to, id: newId())
    }

    /// A pacs.028 about this transaction, from `from` to `to`.
    static func enquiry(_ transaction: ClearingTransaction, from: String, to: String) -> XMLTree {
        let content = XMLTree(
            "FIToFIPmtStsReq",
            [
                XMLTree(
                    "GrpHdr",
                    [
                        XMLTree("MsgId", newId()), XMLTree("CreDtTm", LabTime.iso(LabTime.now())),
                        agent("InstgAgt", from), agent("InstdAgt", to),
                    ]),
                XMLTree(
                    "OrgnlGrpInf",
                    [XMLTree("OrgnlMsgId", transaction.messageId), XMLTree("OrgnlMsgNmId", creditTransfer)]),
                XMLTree(
                    "TxInf",
                    [
                        XMLTree("OrgnlEndToEndId", transaction.endToEndId), XMLTree("OrgnlTxId", transaction.txId),
                        transaction.uetr.map { XMLTree("OrgnlUETR", $0) },
                    ]),
            ])
        return wrap(content, message: statusRequest, from: from, to: to, id: newId())
    }

    /// An admi.002 for what cannot even be read or may not be said by this sender.
    static func reject(_ text: String, related: String, from: String, to: String) -> XMLTree {
        let content = XMLTree(
            "admi.002.001.01",
            [
                XMLTree("RltdRef", [XMLTree("Ref", related)]),
                XMLTree(
                    "Rsn",
                    [
                        XMLTree("RjctgPtyRsn", "FF01"), XMLTree("RjctnDtTm", LabTime.iso(LabTime.now())),
                        XMLTree("RsnDesc", String(text.prefix(350))),
                    ]),
            ])
        return wrap(content, message: messageReject, from: from, to: to, id: newId())
    }
}
