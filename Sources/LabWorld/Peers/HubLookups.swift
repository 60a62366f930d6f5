import FormatJSON

/// A quote on its way through the hub.
struct HubQuote {
    let hash: [UInt8]
    let payer: String
    let payee: String
    /// The callback that the payer got, to send again for the same request.
    var answer: LabRequest?
}

/// Account lookup and quotes: the hub passes them on and keeps only what it needs to bring the answer back.
extension Hub {
    func lookUp(_ request: LabRequest, _ segments: [String], source: String, mood: Mood) throws(FSPIOPFault) {
        guard FSPIOPRules.identifierTypes.contains(segments[1]) else {
            throw .malformed("party identifier type \(segments[1])")
        }
        guard (1...128).contains(segments[2].count) else { throw .malformed("party identifier") }
        if case .error(let code) = mood {
            let fault = FSPIOPFault(code: code.isEmpty ? "3204" : code, text: "Party not found")
            return refuse(source, request.path, resource: "parties", fault)
        }
        let key = Self.partyKey(segments[1], segments[2], segments.count > 3 ? segments[3] : nil)
        guard let owner = owners[key] else {
            let fault = FSPIOPFault(code: "3204", text: "Party not found")
            return refuse(source, request.path, resource: "parties", fault, mood: mood)
        }
        lookups[key, default: []].insert(source)
        pass(request, to: owner, onFailure: source, path: request.path, mood: mood)
    }

    func answerLookUp(_ request: LabRequest, _ segments: [String], source: String, mood: Mood) throws(FSPIOPFault) {
        let isError = segments.last == "error"
        let ids = Array(segments.dropFirst().prefix(segments.count - (isError ? 2 : 1)))
        guard ids.count >= 2 else { throw .malformed("path") }
        let key = Self.partyKey(ids[0], ids[1], ids.count > 2 ? ids[2] : nil)
        var message = request
        if isError {
            try checkError(request)
        } else {
            var json = try FSPIOPRules.body(
                of: request,
                required: ["party.partyIdInfo.partyIdType", "party.partyIdInfo.partyIdentifier"])
            let information = json.at("party.partyIdInfo")
            guard information?["partyIdType"]?.string == ids[0], information?["partyIdentifier"]?.string == ids[1]
            else { throw .malformed("the party in the body is not the one in the path") }
            if let fspId = information?["fspId"]?.string, fspId != source {
                throw FSPIOPFault(code: "3100", text: "Generic validation error - fspId is not the source")
            }
            if mood == .lying {
                json["party"]?["name"] = "Someone Else"
                json["party"]?["partyIdInfo"]?["fspId"] = "nobody"
                message.body = json.canonicalBytes
            }
        }
        guard owners[key] == source else {
            throw FSPIOPFault(code: "3100", text: "Generic validation error - \(source) does not own \(key)")
        }
        let asked = lookups[key] ?? []
        guard let named = request.header("FSPIOP-Destination") else {
            for fspId in asked { tell(fspId, message, mood: mood) }
            return
        }
        guard asked.contains(named) else {
            return journal.violation("\(source) answers a lookup of \(key) that \(named) never made")
        }
        tell(named, message, mood: mood)
    }

    func quote(_ request: LabRequest, source: String, mood: Mood) throws(FSPIOPFault) {
        let json = try FSPIOPRules.body(
            of: request,
            required: [
                "quoteId", "transactionId", "payee.partyIdInfo.partyIdType", "payee.partyIdInfo.partyIdentifier",
                "payer.partyIdInfo.partyIdType", "payer.partyIdInfo.partyIdentifier", "amountType",
                "transactionType.scenario", "transactionType.initiator", "transactionType.initiatorType",
            ])
        let quoteId = try FSPIOPRules.correlationId(json, "quoteId")
        _ = try FSPIOPRules.correlationId(json, "transactionId")
        _ = try FSPIOPRules.money(json["amount"], "amount")
        guard ["SEND", "RECEIVE"].contains(json["amountType"]?.string) else { throw .malformed("amountType") }
        if json["expiration"] != nil { _ = try FSPIOPRules.dateTime(json, "expiration") }
        if let payer = json.at("payer.partyIdInfo.fspId")?.string, payer != source {
            throw FSPIOPFault(code: "3100", text: "Generic validation error - payer FSP is not the source")
        }
        let path = "/quotes/\(quoteId)"
        let hash = FSPIOPRules.contentHash(json)
        if let known = quotes[quoteId] {
            guard known.hash == hash, known.payer == source else {
                journal.violation("quote \(quoteId) from \(source): same id, other content")
                let fault = FSPIOPFault(code: "3106", text: "Modified request - quote \(quoteId)")
                return refuse(source, path, resource: "quotes", fault)
            }
            if let answer = known.answer { tell(source, answer, mood: mood) }
            return
        }
        if case .error(let code) = mood {
            let fault = FSPIOPFault(code: code.isEmpty ? "2001" : code, text: "Internal server error")
            return refuse(source, path, resource: "quotes", fault)
        }
        let payee = json.at("payee.partyIdInfo.fspId")?.string ?? request.header("FSPIOP-Destination") ?? ""
        guard participants[payee] != nil else {
            let fault = FSPIOPFault(code: "3203", text: "Payee FSP ID not found")
            return refuse(source, path, resource: "quotes", fault)
        }
        quotes[quoteId] = HubQuote(hash: hash, payer: source, payee: payee)
        pass(request, to: payee, onFailure: source, path: path, mood: mood)
    }

    func answerQuote(_ request: LabRequest, _ segments: [String], source: String, mood: Mood) throws(FSPIOPFault) {
        guard let known = quotes[segments[1]], known.payee == source else {
            throw FSPIOPFault(code: "3205", text: "Quote ID not found")
        }
        var message = request
        if segments.count == 3 {
            try checkError(request)
        } else {
            var json = try FSPIOPRules.body(
                of: request, required: ["transferAmount", "expiration", "ilpPacket", "condition"])
            let (amount, currency) = try FSPIOPRules.money(json["transferAmount"], "transferAmount")
            _ = try FSPIOPRules.dateTime(json, "expiration")
            guard let condition = json["condition"]?.string, FSPIOPRules.isCondition(condition) else {
                throw .malformed("condition")
            }
            guard let packet = json["ilpPacket"]?.string, let payment = ILPVersion1.read(packet) else {
                throw .malformed("ilpPacket")
            }
            if payment.minorUnits != amount.minorUnits(decimals: LabAmount.decimals(of: currency)) {
                journal.violation("quote \(segments[1]): the packet says \(payment.minorUnits), the quote \(amount)")
            }
            if mood == .lying {
                json["transferAmount"] = FSPIOPRules.money(amount + amount, currency)
                message.body = json.canonicalBytes
            }
        }
        quotes[segments[1]]?.answer = message
        if case .error(let code) = mood {
            let fault = FSPIOPFault(code: code.isEmpty ? "2001" : code, text: "Internal server error")
            return refuse(known.payer, "/quotes/\(segments[1])", resource: "quotes", fault)
        }
        tell(known.payer, message, mood: mood)
    }

    func enquireQuote(_ id: String, source: String, mood: Mood) {
        guard let known = quotes[id], known.payer == source, let answer = known.answer else {
            let fault = FSPIOPFault(code: "3205", text: "Quote ID not found")
            return refuse(source, "/quotes/\(id)", resource: "quotes", fault, mood: mood)
        }
        tell(source, answer, mood: mood)
    }

    func checkError(_ request: LabRequest) throws(FSPIOPFault) {
        let json = try FSPIOPRules.body(of: request, required: ["errorInformation.errorCode"])
        guard let code = json.at("errorInformation.errorCode")?.string, code.count == 4, let number = Int(code),
            (1000...9999).contains(number)
        else { throw .malformed("errorCode") }
        guard let text = json.at("errorInformation.errorDescription")?.string, (1...128).contains(text.count) else {
            throw .malformed("errorDescription")
        }
    }
}
