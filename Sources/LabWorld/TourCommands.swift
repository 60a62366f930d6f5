/// What to try next, as commands to copy: each is complete for the world that runs.
struct TourCommands {
    struct Addresses {
        var channel: String
        var hub: String
        var clearing: String
        var core: String
    }

    let folder: String
    let certificates: String
    let config: String
    let interlock: String
    let addresses: Addresses

    /// Cells of the row for the bank on the first rail, and what they would be were it reached over the second.
    static let railCells = (now: ",iso:rtp1,iso:rtp2,outgoing,", next: ",iso:rtp2,,outgoing,")

    var text: String { [orders, looking, routing, misbehaviour, decision, ending].joined(separator: "\n\n") }

    private var tls: String { "--cacert \(certificates)/ca.pem" }

    private var orders: String {
        let toWallet = """
            {"amount": "12.50", "currency": "\(Cast.currency)",
                "debtor": {"name": "\(Cast.alice.name)",
                           "account": {"kind": "ACCOUNT_ID", "value": "\(Cast.alice.account)"}},
                "creditor": {"identifier": {"kind": "MSISDN", "value": "\(Cast.wanjiru.msisdn)"}}}
            """
        let toRail = """
            {"amount": "8.25", "currency": "\(Cast.currency)",
                "debtor": {"name": "\(Cast.bob.name)",
                           "account": {"kind": "ACCOUNT_ID", "value": "\(Cast.bob.account)"}},
                "creditor": {"name": "Fatuma", "account": {"kind": "ACCOUNT_ID", "value": "\(Cast.farAccount)"},
                             "agent": {"bic": "\(Cast.farBIC)"}}}
            """
        return """

            Pay a wallet yourself (again with the same key: the same payment):

            \(order(of: Cast.alice, "first-try", toWallet))

            Pay an account at a bank on the rail:

            \(order(of: Cast.bob, "first-rail", toRail))
            """
    }

    private func order(of customer: Cast.Customer, _ key: String, _ body: String) -> String {
        """
          curl -s \(tls) \(addresses.channel)/v1/payments \\
            -H "Authorization: Bearer \(Cast.apiKey(customer.tenant))" \\
            -H 'Idempotency-Key: \(key)' -H 'Prefer: wait=10' \\
            -H 'Content-Type: application/json' -d '\(body)'
        """
    }

    private var looking: String {
        """
        Look:

          \(interlock) payments list --config \(config)
          \(interlock) payments list --stuck --config \(config)
          \(interlock) payments show ID --config \(config)
        """
    }

    private var routing: String {
        """
        Which payments would another rules table send another way? Change a copy, here with the first rail's bank on the
        second one, and compare; nothing is sent, and the gateway goes on with its own table:

          sed 's/\(Self.railCells.now)/\(Self.railCells.next)/' \(folder)/routes.csv > \(folder)/next-routes.csv
          \(interlock) route diff \(folder)/routes.csv \(folder)/next-routes.csv --config \(config)
        """
    }

    private var misbehaviour: String {
        """
        Let somebody misbehave, then pay again with another key. The hub commits the next transfer and tells nobody:

        \(mood(addresses.hub, #"{"verb": "fulfil", "mood": "silent"}"#))

        The wallet's FSP refuses the next transfer; the core bank posts in silence; the rail loses a message, so pay an
        account on the rail:

        \(mood(addresses.hub, refusal))
        \(mood(addresses.core, #"{"verb": "create", "mood": "silent"}"#))
        \(mood(addresses.clearing, #"{"verb": "pacs.008", "mood": "lost"}"#))

        Back to good manners: -X DELETE on the same address.
        """
    }

    private var refusal: String {
        #"{"peer": "\#(Cast.wanjiru.fspId)", "verb": "transfer", "mood": "error", "code": "5104"}"#
    }

    private func mood(_ peer: String, _ body: String) -> String {
        let mine = "--cert \(certificates)/lab.pem --key \(certificates)/lab.key"
        return """
              curl -s \(tls) \(mine) -X PUT \(peer.replacing("127.0.0.1", with: "localhost"))/lab/mood \\
                -d '\(body)'
            """
    }

    private var decision: String {
        """
        Decide a payment that is stuck. `payments list --stuck` names it once it is parked; the evidence is yours:

          \(interlock) payments resolve ID --as settled --reason "settled there" --evidence "hub report, line 17" --config \(config)
        """
    }

    private var ending: String {
        let lab = interlock.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return """
            Two minutes of payments over every path, under faults and kills, then every book checked:

              \(lab)/lab --soak 2

            The gateway's log: \(folder)/gateway.log
            Ctrl-C stops everything; what is in flight is finished first.
            """
    }
}
