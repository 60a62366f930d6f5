import FormatJSON

/// Holds, commits and releases: POST /transfers?action=PREPARE|CREATE|RELEASE.
extension CoreBank {
    /// A transfer request, read.
    struct Order {
        let action: String
        let transferCode: String
        let transactionCode: String
        let account: String
        let isPayer: Bool
        let amount: LabAmount
        let fee: LabAmount
        let commission: LabAmount
        let currency: String
        let note: String?

        /// What a hold must equal, at PREPARE and again at CREATE.
        var total: LabAmount { amount + fee - commission }
    }

    private static let transferFields: Set<String> = [
        "transactionCode", "transferCode", "accountId", "amount", "fspFee", "fspCommission", "transactionRole",
        "transactionType", "note", "expiration", "extensionList", "requestCode", "geoCode", "locale", "dateFormat",
    ]

    static let roles = ["PAYER", "PAYEE"]

    func transfer(_ request: LabRequest, tenant: String, mood: Mood) async throws(CoreBankFault) -> LabReply {
        guard let action = Self.action(request) else {
            throw .invalid("action", "error.msg.unrecognized.param")
        }
        let order = try Self.order(request, action: action)
        let touches = order.isPayer || action != "PREPARE"
        if mood != .lying, touches { try await apply(order, tenant: tenant) }
        let body = JSONValue.members([
            "transactionCode": .string(order.transactionCode), "state": "ACCEPTED",
            "transferCode": .string(order.transferCode),
            "completedTimestamp": .string(String(LabTime.iso(LabTime.now()).dropLast())), "extensionList": [],
        ])
        return .json(200, body)
    }

    private static func order(_ request: LabRequest, action: String) throws(CoreBankFault) -> Order {
        let json = try body(request, allowed: transferFields)
        guard let transferCode = json["transferCode"]?.string, (1...36).contains(transferCode.count) else {
            throw .invalid("transferCode")
        }
        guard let transactionCode = json["transactionCode"]?.string, !transactionCode.isEmpty else {
            throw .invalid("transactionCode")
        }
        guard let account = json["accountId"]?.string else { throw .invalid("accountId") }
        guard let role = json["transactionRole"]?.string, roles.contains(role) else {
            throw .invalid("transactionRole")
        }
        let (amount, currency) = try money(json["amount"], "amount")
        guard amount > .zero else { throw .invalid("amount") }
        var extras: [LabAmount] = []
        for name in ["fspFee", "fspCommission"] {
            guard let value = json[name], !value.isNull else {
                extras.append(.zero)
                continue
            }
            let (extra, extraCurrency) = try money(value, name)
            guard extraCurrency == currency, extra >= .zero else { throw .invalid(name) }
            extras.append(extra)
        }
        return Order(
            action: action, transferCode: transferCode, transactionCode: transactionCode, account: account,
            isPayer: role == "PAYER", amount: amount, fee: extras[0], commission: extras[1], currency: currency,
            note: json["note"]?.string)
    }

    /// One operation at a time per account: the second loses, late, and the gateway has broken its rule.
    private func apply(_ order: Order, tenant: String) async throws(CoreBankFault) {
        guard tenants[tenant]?.busy.contains(order.account) == false else {
            journal.violation("two operations at once on account \(order.account) of \(tenant): \(order.action)")
            await pause(milliseconds: settings.conflictMilliseconds)
            throw CoreBankFault(
                status: 409, code: "error.msg.platform.service.conflict", text: "Concurrent change of the account")
        }
        tenants[tenant]?.busy.insert(order.account)
        journal.changed()
        defer { tenants[tenant]?.busy.remove(order.account) }
        await pause(milliseconds: settings.serviceMilliseconds)
        var account = try usable(order.account, tenant: tenant)
        guard account.currency == order.currency else {
            throw .domain("error.msg.currency.mismatch", "Currency of the account is \(account.currency)")
        }
        let lines: [CoreBankPosting]
        switch order.action {
        case "PREPARE": lines = try Self.hold(order, &account)
        case "CREATE": lines = order.isPayer ? try withdraw(order, &account) : try Self.deposit(order, &account)
        default: lines = try Self.release(order, &account)
        }
        tenants[tenant]?.accounts[order.account] = account
        tenants[tenant]?.ledger += lines
        journal.changed()
    }

    func usable(_ id: String, tenant: String) throws(CoreBankFault) -> Account {
        guard let account = tenants[tenant]?.accounts[id] else {
            throw .notFound("error.msg.interop.account.not.found", "Account \(id) not found")
        }
        guard !account.isClosed else {
            throw .domain("error.msg.savingsaccount.transaction.not.allowed", "Account \(id) is not active")
        }
        return account
    }

    private static func hold(_ order: Order, _ account: inout Account) throws(CoreBankFault) -> [CoreBankPosting] {
        // The codes of "already on hold" and "already committed" are exchanged, as Fineract has them.
        if account.holds[order.transferCode] != nil {
            throw .domain("error.msg.interop.transfer.already.committed", "Transfer is already committed")
        }
        guard account.available >= order.total else { throw insufficient(order) }
        account.holds[order.transferCode] = Account.Hold(amount: order.total, active: true)
        account.show("AMOUNT_HOLD", order.total)
        return []
    }

    private func withdraw(_ order: Order, _ account: inout Account) throws(CoreBankFault) -> [CoreBankPosting] {
        if account.posted.contains(order.transferCode) {
            throw .domain("error.msg.interop.transfer.already.on.hold", "Transfer is already on hold")
        }
        guard let hold = account.holds[order.transferCode], hold.amount == order.total else {
            throw .notFound("error.msg.interop.onhold.transfer.missing", "Hold of the transfer not found")
        }
        if !hold.active {
            journal.violation("CREATE after RELEASE of \(order.transferCode): the account is debited all the same")
        }
        let charged = order.amount + account.withdrawalFee
        guard account.available + hold.amount >= charged else { throw Self.insufficient(order) }
        if hold.active { account.show("AMOUNT_RELEASE", hold.amount) }
        account.holds[order.transferCode]?.active = false
        account.posted.insert(order.transferCode)
        account.balance -= order.amount
        account.show("WITHDRAWAL", order.amount, note: order.note)
        var lines = Self.posting(
            .withdrawal, order.transferCode, from: account.externalId, to: "nostro", order.amount, order.currency)
        if account.withdrawalFee > .zero {
            account.balance -= account.withdrawalFee
            account.show("WITHDRAWAL_FEE", account.withdrawalFee)
            lines += Self.posting(
                .fee, order.transferCode, from: account.externalId, to: "fees", account.withdrawalFee, order.currency)
        }
        return lines
    }

    private static func deposit(_ order: Order, _ account: inout Account) throws(CoreBankFault) -> [CoreBankPosting] {
        guard account.posted.insert(order.transferCode).inserted else {
            throw .domain("error.msg.interop.transfer.already.on.hold", "Transfer is already on hold")
        }
        account.balance += order.amount
        account.show("DEPOSIT", order.amount, note: order.note)
        return posting(
            .deposit, order.transferCode, from: "nostro", to: account.externalId, order.amount, order.currency)
    }

    private static func release(_ order: Order, _ account: inout Account) throws(CoreBankFault) -> [CoreBankPosting] {
        guard let hold = account.holds[order.transferCode], hold.active else {
            throw .notFound("error.msg.interop.onhold.transfer.missing", "Hold of the transfer not found")
        }
        account.holds[order.transferCode]?.active = false
        account.show("AMOUNT_RELEASE", hold.amount)
        return []
    }

    static func insufficient(_ order: Order) -> CoreBankFault {
        let suffix = order.fee > .zero ? ".withdraw" : ""
        return .domain(
            "error.msg.savingsaccount.transaction.insufficient.account.balance" + suffix,
            "Insufficient account balance.")
    }
}
