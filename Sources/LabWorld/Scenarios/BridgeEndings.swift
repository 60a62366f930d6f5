import FormatJSON

extension Scenario {
    /// How bridges from a rail end when somebody's word is not true, comes too late or is taken back.
    static let bridgeToHubEndings: [Scenario] =
        wrongFulfilments + nearLegTakenBack + fromSecondRailEndings + railToRailEndings

    /// A fulfilment whose hash is not the condition says nothing: never a positive pacs.002 on it.
    private static let wrongFulfilments: [Scenario] = [
        Scenario("rail → hub: a fulfilment that opens nothing is not believed; the hub is asked") { stage in
            stage.lab.hub.moods.next("fulfil", .lying)
            let asked = stage.lab.hub.journal.count("GET /transfers")
            let payment = await stage.bridge(Cast.wanjiru, "9")
            try stage.equal(payment.answered, "ACCP", "our answer (\(payment))")
            try stage.expect(stage.lab.hub.journal.count("GET /transfers") > asked, "the hub was not asked")
            try await stage.settle(.bridged(Cast.wanjiru, amount("9")))
        },
        Scenario("rail → hub: nothing but a fulfilment that opens nothing: no yes to the rail, a person decides") {
            stage in
            stage.lab.hub.moods.next("fulfil", .lying)
            stage.lab.hub.moods.always("enquiry", .lost)
            let payment = await stage.bridge(Cast.wanjiru, "9")
            try stage.equal(payment.answered, "RJCT", "our answer (\(payment))")
            try stage.equal(payment.reason, "AB05", "the reason")
            try stage.expect(payment.answerMilliseconds < 5_000, "answered after \(payment.answerMilliseconds) ms")
            try await stage.settle(
                Books.farLeg(Cast.wanjiru, amount("9")) + .exposed(Cast.hub, amount("9")), open: 1)
            stage.lab.hub.moods.clear()
            try await stage.parkedThenResolved(
                as: "rejected", Books.farLeg(Cast.wanjiru, amount("9")) + .exposed(Cast.hub, amount("9")))
        },
        Scenario("second rail → hub: a fulfilment that opens nothing: settled but not posted, until the hub is heard") {
            stage in
            stage.lab.hub.moods.next("fulfil", .lying)
            stage.lab.hub.moods.always("enquiry", .lost)
            let payment = await stage.fromSecondRail("9")
            try stage.equal(payment.answered, "ACWP", "our answer (\(payment))")
            stage.lab.hub.moods.clear()
            try await stage.settle(.bridgedFromSecondRail(Cast.wanjiru, amount("9")), seconds: 20)
        },
    ]

    /// The rail does not settle what we have said yes to, and the far side has paid.
    private static let nearLegTakenBack: [Scenario] = [
        Scenario("rail → hub: the rail takes our yes back after the hub has paid: on exposure, for a person") { stage in
            stage.lab.clearing.moods.next("settlement", .error(code: "ED05"))
            let payment = await stage.bridge(Cast.wanjiru, "9")
            try stage.equal(payment.answered, "ACCP", "our answer (\(payment))")
            try stage.equal(payment.state, .rejected, "the state at the clearing")
            let exposed = Books.farLeg(Cast.wanjiru, amount("9")) + .exposed(Cast.hub, amount("9"))
            try await stage.parkedThenResolved(as: "rejected", exposed)
        },
        Scenario("rail → rail: the first rail takes our yes back after the second has paid: a person decides") {
            stage in
            stage.lab.clearing.moods.next("settlement", .error(code: "ED05"))
            let payment = await stage.toSecondRail("9")
            try stage.equal(payment.state, .rejected, "the state at the first clearing (\(payment))")
            let exposed = Books.secondRailLeg(amount("9")) + .exposed(Cast.secondRail, amount("9"))
            try await stage.parkedThenResolved(as: "rejected", exposed)
        },
        Scenario("rail → hub: the same pacs.008 again: the same answer, one transfer; other content: AM05") { stage in
            func order(_ value: String, _ txId: String? = nil) -> ClearingOrder {
                stage.railOrder(value, to: Cast.wanjiru.msisdn) { order in
                    order.toBIC = Cast.bics["bank-c"] ?? ""
                    order.creditorScheme = "MSISDN"
                    if let txId { order.txId = txId }
                }
            }
            let sent = stage.creditTransfer(order("6"))
            await stage.lab.clearing.reserve(sent.transaction)
            let first = await stage.lab.clearing.present(sent.transaction, sent.message, settlesWhenSilent: false)
            try stage.equal(first, "ACCP", "the answer")
            await stage.lab.clearing.postFinal(sent.transaction.key, to: sent.transaction.creditorAgent)
            let again = try await stage.railSends(sent.message.bytes, to: "bank-c")
            try stage.equal(again.status, "ACCP", "the answer to the repeat")
            let other = stage.creditTransfer(order("60", sent.transaction.txId)).message.bytes
            let refused = try await stage.railSends(other, to: "bank-c")
            try stage.equal([refused.status, refused.reason], ["RJCT", "AM05"], "the answer to other content")
            try await stage.settle(.bridged(Cast.wanjiru, amount("6")))
        },
        Scenario("rail → hub: the rail's final word about our yes is lost: it is asked") { stage in
            stage.lab.clearing.moods.next("pacs.002", .lost)
            let asked = stage.lab.clearing.journal.count("pacs.028")
            let payment = await stage.bridge(Cast.wanjiru, "9")
            try stage.equal(payment.state, .settled, "the state at the clearing (\(payment))")
            try await stage.settle(.bridged(Cast.wanjiru, amount("9")), seconds: 20)
            try stage.expect(stage.lab.clearing.journal.count("pacs.028") > asked, "no pacs.028 was sent")
        },
    ]

    private static let fromSecondRailEndings: [Scenario] = [
        Scenario("second rail → hub: a bank there pays a wallet") { stage in
            let payment = await stage.fromSecondRail("9")
            try stage.equal(payment.state, .settled, "the state at the clearing (\(payment))")
            try await stage.settle(.bridgedFromSecondRail(Cast.wanjiru, amount("9")))
        },
        Scenario("second rail → hub: the wallet's FSP refuses, and the rail hears it in a message") { stage in
            stage.lab.wallets[Cast.wanjiru.fspId]?.moods.next("transfer", .error(code: "5104"))
            let payment = await stage.fromSecondRail("9")
            try stage.equal(payment.answered, "RJCT", "our answer (\(payment))")
            try await stage.settle()
        },
        Scenario("second rail → hub: settled but not posted, taken back by the rail, and the hub has paid") { stage in
            stage.lab.hub.moods.next("fulfil", .late(milliseconds: 5_000))
            stage.lab.hub.moods.always("enquiry", .lost)
            stage.lab.secondClearing.moods.next("settlement", .error(code: "ED05"))
            let payment = await stage.fromSecondRail("9")
            try stage.equal(payment.answered, "ACWP", "our answer (\(payment))")
            try stage.equal(payment.state, .rejected, "the state at the clearing")
            let exposed = Books.farLeg(Cast.wanjiru, amount("9")) + .exposed(Cast.hub, amount("9"))
            try await stage.parkedThenResolved(as: "rejected", exposed)
        },
    ]

    private static let railToRailEndings: [Scenario] = [
        Scenario("rail → rail: the second rail cannot read our order: the first hears no") { stage in
            stage.lab.secondClearing.moods.next("message", .error(code: "cannot read"))
            let payment = await stage.toSecondRail("9")
            try stage.equal(payment.answered, "RJCT", "our answer (\(payment))")
            try await stage.settle(seconds: 20)
        },
        Scenario("rail → rail: the first rail's final word about our yes is lost: it is asked") { stage in
            stage.lab.clearing.moods.next("pacs.002", .lost)
            let asked = stage.lab.clearing.journal.count("pacs.028")
            let payment = await stage.toSecondRail("9")
            try stage.equal(payment.state, .settled, "the state at the first clearing (\(payment))")
            try await stage.settle(.fromRailToRail(amount("9")), seconds: 20)
            try stage.expect(stage.lab.clearing.journal.count("pacs.028") > asked, "no pacs.028 was sent")
        },
        Scenario("rail → rail: the second rail's no comes after the first was told no: exposure ends by itself") {
            stage in
            stage.lab.secondClearing.moods.next("pacs.008", .lost)
            stage.lab.secondClearing.moods.always("pacs.028", .reset)
            let payment = await stage.toSecondRail("9")
            try stage.equal(payment.answered, "RJCT", "our answer (\(payment))")
            try stage.equal(payment.reason, "AB05", "the reason")
            try await stage.settle(.exposed(Cast.secondRail, amount("9")), open: 1)
            stage.lab.secondClearing.moods.clear()
            try await stage.settle(seconds: 30)
        },
        Scenario("rail → rail: the second rail's yes comes after the first was told no: a person decides") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .late(milliseconds: 5_500))
            stage.lab.secondClearing.moods.always("pacs.028", .reset)
            let payment = await stage.toSecondRail("9")
            try stage.equal(payment.answered, "RJCT", "our answer (\(payment))")
            try stage.expect(payment.answerMilliseconds < 5_000, "answered after \(payment.answerMilliseconds) ms")
            let exposed = Books.secondRailLeg(amount("9")) + .exposed(Cast.secondRail, amount("9"))
            try await stage.parkedThenResolved(as: "rejected", exposed)
        },
    ]
}
