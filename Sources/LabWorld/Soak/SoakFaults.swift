import FormatJSON

/// Faults that end by themselves: the next exchange of a kind goes wrong, and the one after it is right again.
enum SoakFaults {
    static let all: [@Sendable (RunningLab) -> Void] = hub + core + rail + wallets

    private static let hub: [@Sendable (RunningLab) -> Void] = [
        { $0.hub.moods.once("transfer", .late(milliseconds: 400)) }, { $0.hub.moods.once("transfer", .twice) },
        { $0.hub.moods.once("transfer", .reset) }, { $0.hub.moods.once("transfer", .busy(seconds: 1)) },
        { $0.hub.moods.once("transfer", .callbackFirst) }, { $0.hub.moods.once("fulfil", .silent) },
        { $0.hub.moods.once("quoteAnswer", .twice) }, { $0.hub.moods.once("partyAnswer", .twice) },
        { $0.hub.moods.once("fulfil", .reordered) }, { $0.hub.moods.once("enquiry", .lost) },
    ]

    private static let core: [@Sendable (RunningLab) -> Void] = [
        { $0.core.moods.once("create", .resetAfter) }, { $0.core.moods.once("create", .slow(milliseconds: 300)) },
        { $0.core.moods.once("create", .truncated) }, { $0.core.moods.once("create", .garbage) },
        { $0.core.moods.once("prepare", .resetAfter) }, { $0.core.moods.once("prepare", .halfBody) },
        { $0.core.moods.once("prepare", .drip(milliseconds: 600)) }, { $0.core.moods.once("release", .silent) },
        { $0.core.moods.once("release", .garbage) }, { $0.core.moods.once("quotes", .busy(seconds: 1)) },
    ]

    private static let rail: [@Sendable (RunningLab) -> Void] = [
        { $0.clearing.moods.once("settlement", .late(milliseconds: 500)) },
        { $0.clearing.moods.once("settlement", .error(code: "ED05")) },
        { $0.clearing.moods.once("pacs.002", .lost) }, { $0.clearing.moods.once("pacs.002", .twice) },
        { $0.clearing.moods.once("pacs.008", .resetAfter) }, { $0.clearing.moods.once("pacs.008", .halfBody) },
        { $0.clearing.moods.once("pacs.028", .reset) },
    ]

    private static let wallets: [@Sendable (RunningLab) -> Void] = [
        { $0.wallets[Cast.wanjiru.fspId]?.moods.once("transfer", .error(code: "5104")) },
        { $0.wallets[Cast.grace.fspId]?.moods.once("quote", .error(code: "5103")) },
        { $0.wallets[Cast.grace.fspId]?.moods.once("transfer", .slow(milliseconds: 700)) },
    ]
}

extension RunningLab {
    /// How a person with every network's report decides a parked payment: by what became of the leg that is in doubt.
    func verdict(on page: JSONValue) async -> String {
        let parked = page["steps"]?.array?.first {
            ["unknown", "refused", "asked"].contains($0["state"]?.string ?? "")
                && $0["does"]?.string != "origin.notify"
        }
        let network =
            switch parked?["does"]?.string {
            case "network.send": page["network"]?.string
            case "origin.accept": page["origin"]?.string
            case "ams.credit", "ams.post": Cast.core
            default: String?.none
            }
        guard network != Cast.core else { return "settled" }
        var names: Set<String> = []
        page["payment"].map { Self.gather($0, into: &names) }
        if network == Cast.hub {
            let transfers = await hub.transfers
            return names.contains { transfers[$0]?.state == .committed } ? "settled" : "rejected"
        }
        for (clearing, rail) in clearings where rail.name == network {
            let isPaid = await clearing.allTransactions.contains { paid in
                paid.state == .settled
                    && (names.contains(paid.txId) || names.contains(paid.endToEndId)
                        || paid.uetr.map { names.contains($0) } ?? false)
            }
            if isPaid { return "settled" }
        }
        return "rejected"
    }

    /// Every text that a payment says: its names are among them.
    private static func gather(_ value: JSONValue, into names: inout Set<String>) {
        if let text = value.string { names.insert(text) }
        for element in value.array ?? [] { gather(element, into: &names) }
        for member in value.object ?? JSONObject() { gather(member.value, into: &names) }
    }
}
