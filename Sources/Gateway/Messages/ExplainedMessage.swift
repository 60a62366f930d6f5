import FormatXML

/// One message of a file with what stands around it.
struct ExplainedMessage {
    /// Elements around it, outermost first.
    var envelope: [String]
    var header: MessageNode?
    /// The element that names the message: `FIToFICstmrCdtTrf`.
    var body: MessageNode
    /// Such as `pacs.008.001.08`; empty when no namespace says it.
    var definition: String
    /// Where the message begins, as the examiner of files has it.
    var position: XMLPosition

    /// A transaction with what it stands in, the nearest first.
    struct Transaction {
        var node: MessageNode
        var path: String
        var around: [MessageNode]
    }

    private static let transactionNames: Set<String> = [
        "CdtTrfTxInf", "CdtTrfTx", "DrctDbtTxInf", "TxInfAndSts", "TxInf",
    ]

    /// Every transaction of the message, in order.
    var transactions: [Transaction] {
        var found: [Transaction] = []
        func search(_ node: MessageNode, _ path: String, _ around: [MessageNode]) {
            var counts: [String: Int] = [:]
            for child in node.children {
                let number = counts[child.name, default: 0] + 1
                counts[child.name] = number
                let step = number > 1 ? "\(child.name)[\(number)]" : child.name
                let place = path.isEmpty ? step : "\(path)/\(step)"
                if Self.transactionNames.contains(child.name) {
                    found.append(Transaction(node: child, path: place, around: around))
                } else if child.name != "GrpHdr", child.name != "SplmtryData" {
                    search(child, place, [child] + around)
                }
            }
        }
        search(body, "", [body["GrpHdr"], body].compactMap { $0 })
        return found
    }

    /// The messages of a tree, each with the header that stands before it.
    static func find(_ roots: [MessageNode]) -> [ExplainedMessage] {
        var found: [ExplainedMessage] = []
        var header: MessageNode?
        func definition(_ node: MessageNode) -> String? { XMLParts.messageDefinition(of: node.namespace) }
        func search(_ node: MessageNode, _ outer: [String]) {
            let own = definition(node)
            if node.name == "AppHdr" || own?.hasPrefix("head.001.") == true {
                header = node
            } else if node.name == "Document" || own?.hasPrefix("head.") == false {
                let isDocument = node.name == "Document"
                let body = isDocument ? node.children.first ?? node : node
                found.append(
                    ExplainedMessage(
                        envelope: outer, header: header, body: body, definition: own ?? definition(body) ?? "",
                        position: node.position))
                header = nil
            } else {
                for child in node.children { search(child, outer + [node.name]) }
            }
        }
        for root in roots { search(root, []) }
        if found.isEmpty, let header {
            // A header alone.
            var message = ExplainedMessage(
                envelope: [], header: header, body: header, definition: "", position: header.position)
            message.definition = message.headerDefinition
            found.append(message)
        }
        return found
    }

    /// A message in JSON, of which no namespace tells what it is: its members do.
    static func find(json root: MessageNode) -> ExplainedMessage? {
        var body = root
        while let only = body.children.first, body.children.count == 1, !marks.contains(where: { only.name == $0.mark })
        {
            guard !only.children.isEmpty else { return nil }
            body = only
        }
        guard let mark = marks.first(where: { body[$0.mark] != nil }) else { return nil }
        if !marks.contains(where: { $0.root == body.name }) { body.name = mark.root }
        return ExplainedMessage(
            envelope: [], header: nil, body: body, definition: "", position: XMLPosition(line: 0, column: 0))
    }

    private static let marks: [(mark: String, root: String)] = [
        ("CdtTrfTxInf", "FIToFICstmrCdtTrf"), ("TxInfAndSts", "FIToFIPmtStsRpt"), ("Rpt", "IdVrfctnRpt"),
        ("OrgnlGrpInfAndSts", "FIToFIPmtStsRpt"), ("PmtInf", "CstmrCdtTrfInitn"), ("TxInf", "PmtRtr"),
    ]

    /// What a header says of itself.
    var headerDefinition: String {
        guard let header else { return "" }
        let own = XMLParts.messageDefinition(of: header.namespace)
        return own ?? header.children.first.flatMap { XMLParts.messageDefinition(of: $0.namespace) } ?? "AppHdr"
    }
}
