import FormatJSON

/// What can be looked at: accounts, identifiers, transactions; and the two harmless writes, parties and quotes.
extension CoreBank {
    func look(_ request: LabRequest, _ steps: [String], tenant: String) -> LabReply {
        do {
            switch (steps.first, steps.count, request.method) {
            case ("health", 1, "GET"):
                return LabReply(status: 200, headers: [("Content-Type", "text/plain")], body: Array("OK".utf8))
            case ("parties", 3...4, "GET"):
                return .json(200, ["accountId": .string(try owner(steps, tenant: tenant))])
            case ("parties", 3...4, "DELETE"):
                let account = try owner(steps, tenant: tenant)
                tenants[tenant]?.identifiers[Self.key(steps)] = nil
                return .json(200, ["accountId": .string(account)])
            case ("accounts", 2, "GET"):
                return .json(200, describe(try find(steps[1], tenant: tenant), tenant: tenant))
            case ("accounts", 3, "GET") where steps[2] == "identifiers":
                let list = identifiers(of: try find(steps[1], tenant: tenant), tenant: tenant)
                return .json(200, ["identifiers": .array(list)])
            case ("accounts", 3, "GET") where steps[2] == "kyc":
                return .json(200, try Self.kyc(try find(steps[1], tenant: tenant)))
            case ("accounts", 3, "GET") where steps[2] == "transactions":
                return .json(200, transactions(of: try find(steps[1], tenant: tenant)))
            case ("transactions", 4, "GET") where ["transfers", "quotes"].contains(steps[2]):
                // Fineract has no status query: the answer is empty whatever happened.
                return .json(200, .null)
            default:
                journal.violation("\(request.method) \(request.path) is no path of the interoperation API")
                return LabReply(status: 404)
            }
        } catch {
            return error.reply
        }
    }

    private static func key(_ steps: [String]) -> String {
        Hub.partyKey(steps[1], steps[2], steps.count > 3 ? steps[3] : nil)
    }

    private func owner(_ steps: [String], tenant: String) throws(CoreBankFault) -> String {
        guard (FSPIOPRules.identifierTypes + ["BBAN"]).contains(steps[1]) else { throw .invalid("idType") }
        guard let account = tenants[tenant]?.identifiers[Self.key(steps)] else {
            throw .notFound("error.msg.interop.account.not.found", "Account not found for \(steps[1]) \(steps[2])")
        }
        return account
    }

    private func find(_ id: String, tenant: String) throws(CoreBankFault) -> Account {
        guard let account = tenants[tenant]?.accounts[id] else {
            throw .notFound("error.msg.interop.account.not.found", "Account \(id) not found")
        }
        return account
    }

    private func describe(_ account: Account, tenant: String) -> JSONValue {
        [
            "accountId": .string(account.externalId), "savingProductId": "1", "productName": "Savings",
            "shortProductName": "SAV", "currency": .string(account.currency),
            "accountBalance": .number(account.balance.description),
            "availableBalance": .number(account.available.description),
            "status": account.isClosed ? "CLOSED" : "ACTIVE", "subStatus": "NONE", "accountType": "INDIVIDUAL",
            "depositType": "SAVINGS_DEPOSIT", "identifiers": .array(identifiers(of: account, tenant: tenant)),
        ]
    }

    /// Fineract joins the client's file: where that is incomplete there is no such account.
    private static func kyc(_ account: Account) throws(CoreBankFault) -> JSONValue {
        guard !account.name.isEmpty else {
            throw .notFound("error.msg.interop.account.not.found", "Client details not found")
        }
        let parts = account.name.split(separator: " ", maxSplits: 1).map(String.init)
        return [
            "firstName": .string(parts[0]), "lastName": .string(parts.count > 1 ? parts[1] : ""),
            "displayName": .string(account.name), "nationality": "KE", "idType": "PASSPORT",
        ]
    }

    private func identifiers(of account: Account, tenant: String) -> [JSONValue] {
        let own = (tenants[tenant]?.identifiers ?? [:]).filter { $0.value == account.externalId }.keys.sorted()
        return own.map { key in
            let parts = key.split(separator: "/").map(String.init)
            return .members([
                "idType": .string(parts[0]), "idValue": .string(parts[1]),
                "subIdOrType": parts.count > 2 ? .string(parts[2]) : nil,
            ])
        }
    }

    private func transactions(of account: Account) -> JSONValue {
        let list = account.history.enumerated().map { index, entry -> JSONValue in
            let date = LabTime.isoDate(entry.at).split(separator: "-").compactMap { Int($0) }
            let day = JSONValue.array(date.map { .integer($0) })
            return [
                "accountId": .string(account.externalId), "savingTransactionId": .string(String(index + 1)),
                "transactionType": .string(entry.type), "amount": .number(entry.amount.description),
                "currency": .string(account.currency), "accountBalance": .number(entry.balance.description),
                "bookingDateTime": day, "valueDateTime": day, "note": .string(entry.note),
            ]
        }
        return ["transactions": .array(list)]
    }

    func registerParty(_ request: LabRequest, _ steps: [String], tenant: String) throws(CoreBankFault) -> LabReply {
        let json = try Self.body(request, allowed: ["accountId"])
        guard let id = json["accountId"]?.string else { throw .invalid("accountId") }
        let account = try usable(id, tenant: tenant)
        let type = steps[1]
        let taken = (tenants[tenant]?.identifiers ?? [:]).contains { entry in
            entry.value == account.externalId && entry.key.hasPrefix(type + "/")
        }
        guard !taken else {
            throw .domain(
                "error.msg.interop.duplicate.account.identifier", "The account has an identifier of type \(type)")
        }
        tenants[tenant]?.identifiers[Self.key(steps)] = id
        return .json(200, ["resourceId": 1, "accountId": .string(id)])
    }

    private static let quoteFields: Set<String> = [
        "transactionCode", "quoteCode", "requestCode", "accountId", "amount", "fees", "fspFee", "fspCommission",
        "transactionRole", "transactionType", "amountType", "note", "geoCode", "expiration", "extensionList", "locale",
        "dateFormat",
    ]

    func quote(_ request: LabRequest, tenant: String, mood: Mood) throws(CoreBankFault) -> LabReply {
        let json = try Self.body(request, allowed: Self.quoteFields)
        guard let id = json["accountId"]?.string else { throw .invalid("accountId") }
        guard let code = json["quoteCode"]?.string, let transaction = json["transactionCode"]?.string else {
            throw .invalid("quoteCode")
        }
        guard let role = json["transactionRole"]?.string, Self.roles.contains(role) else {
            throw .invalid("transactionRole")
        }
        guard ["SEND", "RECEIVE"].contains(json["amountType"]?.string) else { throw .invalid("amountType") }
        let (amount, currency) = try Self.money(json["amount"], "amount")
        let account = try usable(id, tenant: tenant)
        guard account.currency == currency else {
            throw .domain("error.msg.currency.mismatch", "Currency of the account is \(account.currency)")
        }
        var fee = role == "PAYER" ? account.withdrawalFee : .zero
        if role == "PAYER", account.available < amount + fee {
            throw .domain(
                "error.msg.savingsaccount.transaction.insufficient.account.balance", "Insufficient account balance.")
        }
        if mood == .lying { fee += LabAmount(units: 100_000) }
        return .json(
            200,
            [
                "transactionCode": .string(transaction), "state": "ACCEPTED", "quoteCode": .string(code),
                "fspFee": ["amount": .number(fee.description), "currency": .string(currency)],
                "fspCommission": ["amount": 0, "currency": .string(currency)],
            ])
    }
}
