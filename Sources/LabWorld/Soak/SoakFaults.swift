import FormatJSON

/// Faults that end by themselves: the next exchange of a kind goes wrong, and the one after it is right again.
enum SoakFaults {
    static let all: [@Sendable (RunningLab) -> Void] = hub + core + rail + wallets

    private static let hub: [@Sendable (RunningLab) -> Void] = [
        { $0.hub.moods.next("transfer", .late(milliseconds: 400)) }, { $0.hub.moods.next("transfer", .twice) },
        { $0.hub.moods.next("transfer", .reset) }, { $0.hub.moods.next("transfer", .busy(seconds: 1)) },
        { $0.hub.moods.next("transfer", .callbackFirst) }, { $0.hub.moods.next("fulfil", .silent) },
        { $0.hub.moods.next("quoteAnswer", .twice) }, { $0.hub.moods.next("partyAnswer", .twice) },
        { $0.hub.moods.next("fulfil", .reordered) }, { $0.hub.moods.next("enquiry", .lost) },
    ]

    private static let core: [@Sendable (RunningLab) -> Void] = [
        { $0.core.moods.next("create", .resetAfter) }, { $0.core.moods.next("create", .slow(milliseconds: 300)) },
        { $0.core.moods.next("create", .truncated) }, { $0.core.moods.next("create", .garbage) },
        { $0.core.moods.next("prepare", .resetAfter) }, { $0.core.moods.next("prepare", .halfBody) },
        { $0.core.moods.next("prepare", .drip(milliseconds: 600)) }, { $0.core.moods.next("release", .silent) },
        { $0.core.moods.next("release", .garbage) }, { $0.core.moods.next("quotes", .busy(seconds: 1)) },
    ]

    private static let rail: [@Sendable (RunningLab) -> Void] = [
        { $0.clearing.moods.next("settlement", .late(milliseconds: 500)) },
        { $0.clearing.moods.next("settlement", .error(code: "ED05")) },
        { $0.clearing.moods.next("pacs.002", .lost) }, { $0.clearing.moods.next("pacs.002", .twice) },
        { $0.clearing.moods.next("pacs.008", .resetAfter) }, { $0.clearing.moods.next("pacs.008", .halfBody) },
        { $0.clearing.moods.next("pacs.028", .reset) },
    ]

    private static let wallets: [@Sendable (RunningLab) -> Void] = [
        { $0.wallets[Cast.wanjiru.fspId]?.moods.next("transfer", .error(code: "5104")) },
        { $0.wallets[Cast.grace.fspId]?.moods.next("quote", .error(code: "5103")) },
        { $0.wallets[Cast.grace.fspId]?.moods.next("transfer", .slow(milliseconds: 700)) },
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
        let text = String(decoding: page["payment"]?.bytes() ?? [], as: UTF8.self)
        if network == Cast.hub {
            let paid = await hub.transfers.values.filter { $0.state == .committed }
            return paid.contains { text.contains($0.id) } ? "settled" : "rejected"
        }
        for (clearing, rail) in clearings where rail.name == network {
            let paid = await clearing.allTransactions.filter { $0.state == .settled }
            let names = paid.flatMap { [$0.txId, $0.endToEndId] } + paid.compactMap(\.uetr)
            if names.contains(where: { text.contains($0) }) { return "settled" }
        }
        return "rejected"
    }
}
