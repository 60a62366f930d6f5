import FormatJSON

/// Every way on which a payment crosses the gateway.
enum PayPath: String, Sendable, CaseIterable {
    case channelToHub, hubToAccount, railToAccount, channelToRail, railToHub, hubToRail, railToRail, onUs

    var title: String {
        switch self {
        case .channelToHub: "Alice at bank-a pays Wanjiru, over the hub"
        case .hubToAccount: "Wanjiru pays Amina at bank-a, over the hub"
        case .railToAccount: "a bank on the rail pays Bob at bank-b"
        case .channelToRail: "Bob at bank-b pays an account on the rail"
        case .railToHub: "a bank on the rail pays Wanjiru, bridged by bank-c"
        case .hubToRail: "Wanjiru pays Fatuma on the rail, bridged by bank-c"
        case .railToRail: "a bank on the rail pays one on the second rail"
        case .onUs: "Alice pays Amina, both of bank-a"
        }
    }

    /// Whether it comes from one network and leaves over another.
    var isBridge: Bool { [.railToHub, .hubToRail, .railToRail].contains(self) }
}

extension Stage {
    /// Pays once and sees it to its end; what moved on every book, or nothing where it was refused.
    func pay(_ path: PayPath, _ value: LabAmount) async throws -> Books {
        let text = value.description
        switch path {
        case .channelToHub:
            return try await persist(value.units / 1000 % 2 == 0 ? Cast.wanjiru : Cast.grace, text)
        case .hubToAccount: return try await incoming(text)
        case .railToAccount: return await fromRail(text).state == .settled ? .fromRail(Cast.bob, value) : Books()
        case .channelToRail: return try await persistToRail(text)
        case .railToHub:
            return await bridge(Cast.wanjiru, text).state == .settled ? .bridged(Cast.wanjiru, value) : Books()
        case .hubToRail:
            let payment = try await toFatuma(Cast.wanjiru, text)
            return try await wasPaid(payment, by: Cast.wanjiru, text) ? .carriedToRail(Cast.wanjiru, value) : Books()
        case .railToRail: return await toSecondRail(text).state == .settled ? .fromRailToRail(value) : Books()
        case .onUs:
            let key = FSPIOPRules.newIdentifier()
            let outcome = try await ended(420) { try await self.onUs(text, key: key, wait: 5) }
            return outcome == "settled" ? .onUs(Cast.alice, Cast.amina, value) : Books()
        }
    }

    /// A wallet on the hub pays an account on the rail, which bank-c answers for.
    func toFatuma(
        _ wallet: Cast.Wallet, _ value: String, _ change: (inout HubPaymentOrder) -> Void = { _ in }
    ) async throws -> HubPayment {
        try await fromWallet(wallet, value, to: Cast.farMSISDN) { order in
            order.expirySeconds = 20
            order.patienceSeconds = 25
            change(&order)
        }
    }

    /// A bank on the first rail pays a bank on the second; bank-c takes its payments.
    func toSecondRail(
        _ value: String, _ change: (inout ClearingOrder) -> Void = { _ in }
    ) async -> ClearingPayment {
        var order = ClearingOrder(
            from: Cast.farBIC, to: Cast.duoBIC, amount: amount(value), creditorAccount: Cast.duoAccount)
        change(&order)
        return await lab.clearing.pay(order)
    }

    func onUs(
        _ value: String, from: Cast.Customer = Cast.alice, to: Cast.Customer = Cast.amina, key: String? = nil,
        wait: Int = 20, name: String = "Somebody"
    ) async throws -> ChannelClient.Answer {
        var order = ChannelClient.Order(from: from, toKind: "ACCOUNT_ID", toValue: to.account, amount: value)
        order.name = name
        return try await lab.channel(from.tenant).pay(order, key: key ?? FSPIOPRules.newIdentifier(), wait: wait)
    }

    /// A channel that repeats its order under the same key until it knows how it ended.
    func persist(
        _ wallet: Cast.Wallet, _ value: String, key: String = FSPIOPRules.newIdentifier(), seconds: Double = 420
    ) async throws -> Books {
        let outcome = try await ended(seconds) {
            try await self.toWallet(wallet, value, key: key, wait: 5)
        }
        return outcome == "settled" ? .toWallet(Cast.alice, wallet, amount(value)) : Books()
    }

    func persistToRail(_ value: String, seconds: Double = 420) async throws -> Books {
        let key = FSPIOPRules.newIdentifier()
        let outcome = try await ended(seconds) { try await self.toRail(value, key: key, wait: 5) }
        return outcome == "settled" ? .toRail(Cast.bob, amount(value)) : Books()
    }

    private func ended(
        _ seconds: Double, _ order: @Sendable () async throws -> ChannelClient.Answer
    ) async throws -> String {
        var outcome = "none"
        try await eventually("the order has ended", seconds: seconds) {
            outcome = (try? await order())?.json["outcome"]?.string ?? "none"
            // One that waits for a person is answered at once: nobody asks again in the same moment.
            if outcome == "none" { await pause(milliseconds: 500) }
            return outcome != "none"
        }
        return outcome
    }

    /// From a wallet; where its FSP does not know, the hub does.
    func incoming(_ value: String) async throws -> Books {
        let payment = try await fromWallet(Cast.wanjiru, value)
        let isPaid = try await wasPaid(payment, by: Cast.wanjiru, value)
        return isPaid ? .fromWallet(Cast.wanjiru, Cast.amina, amount(value)) : Books()
    }

    /// What the hub says of a payment that its payer is in doubt about; the payer's books follow.
    func wasPaid(_ payment: HubPayment, by wallet: Cast.Wallet, _ value: String) async throws -> Bool {
        guard payment.state == .unknown else { return payment.state == .committed }
        guard payment.step == "transfer" else { return false }
        let transfer = await lab.hub.waitForFinal(payment.transferId, seconds: 20)
        let isPaid = transfer?.state == .committed
        await lab.wallets[wallet.fspId]?.settle(wallet.msisdn, amount(value), paid: isPaid)
        return isPaid
    }
}
