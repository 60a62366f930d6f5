import FormatJSON

extension Scenario {
    /// Hostile and broken input at each door: the scheme's own error, and nothing begins.
    static let malformed: [Scenario] = [
        Scenario("a channel sends what is no order") { stage in
            let channel = stage.lab.channel("bank-a")
            let key = FSPIOPRules.newIdentifier()
            let order = ChannelClient.Order(
                from: Cast.alice, toKind: "MSISDN", toValue: Cast.wanjiru.msisdn, amount: "5")
            let broken = try await channel.post(Array("{\"amount\":".utf8), key: key)
            try stage.equal(broken.status, 400, "the status of broken JSON")
            var misspelt = order.json
            misspelt["ammount"] = "5"
            try stage.equal(try await channel.post(misspelt.bytes(), key: key).status, 422, "of an unknown member")
            var float = order.json
            float["amount"] = .number("5.0")
            try stage.equal(try await channel.post(float.bytes(), key: key).status, 422, "of an amount as a number")
            try stage.equal(try await channel.post(order.json.bytes(), key: nil).status, 400, "without Idempotency-Key")
            let stranger = try await channel.post(order.json.bytes(), key: key, apiKey: "guessed")
            try stage.equal(stranger.status, 401, "with a key of nobody")
            try await stage.nothingBegan()
        },
        Scenario("the hub sends what is no quote") { stage in
            var broken = stage.quote(FSPIOPRules.newIdentifier(), FSPIOPRules.newIdentifier(), "5")
            broken.body = Array("{\"quoteId\":".utf8)
            try stage.equal(try await stage.hubIsTold(broken), "400 3101", "the answer to broken JSON")
            var incomplete = stage.quote(FSPIOPRules.newIdentifier(), FSPIOPRules.newIdentifier(), "5")
            var json = try JSONValue.parse(incomplete.body)
            json["transactionId"] = nil
            incomplete.body = json.canonicalBytes
            try stage.equal(try await stage.hubIsTold(incomplete), "400 3102", "the answer without transactionId")
            var future = stage.quote(FSPIOPRules.newIdentifier(), FSPIOPRules.newIdentifier(), "5")
            future.setHeader("Accept", "application/vnd.interoperability.quotes+json;version=9")
            try stage.equal(try await stage.hubIsTold(future), "406 3001", "the answer to version 9")
            try await stage.nothingBegan()
        },
        Scenario("the rail sends what is no credit transfer") { stage in
            let good = stage.creditTransfer(stage.railOrder("5")).message.bytes
            let text = String(decoding: good, as: UTF8.self)
            let broken = try await stage.railSends(Array(good.dropLast(40)), to: "bank-b")
            try stage.equal(broken.message, ISOMessages.messageReject, "the answer to broken XML")
            let entity = text.replacing("<BusMsg", with: "<!DOCTYPE a [<!ENTITY e \"x\">]><BusMsg")
            let declared = try await stage.railSends(Array(entity.utf8), to: "bank-b")
            try stage.equal(declared.message, ISOMessages.messageReject, "the answer to a DOCTYPE")
            let negative = text.replacing(">5.00<", with: ">-5.00<")
            try stage.expect(negative != text, "the amount is written otherwise than this scenario thinks")
            let schema = try await stage.railSends(Array(negative.utf8), to: "bank-b")
            try stage.expect(
                schema.message == ISOMessages.messageReject || schema.status == "RJCT",
                "a negative amount was answered with \(schema)")
            try await stage.nothingBegan()
        },
        Scenario("messages of senders who may not send them") { stage in
            let forged = FSPIOPRules.message(
                "POST", "/quotes", resource: "quotes", source: "bank-a", destination: "bank-a",
                body: try JSONValue.parse(
                    stage.quote(FSPIOPRules.newIdentifier(), FSPIOPRules.newIdentifier(), "5").body))
            let told = try await stage.hubIsTold(forged)
            try stage.expect(told.hasPrefix("4"), "our own name as FSPIOP-Source was answered with \(told)")
            let order = stage.railOrder("5") { $0.fromBIC = "EVILKENAXXX" }
            let evil = try await stage.railSends(stage.creditTransfer(order).message.bytes, to: "bank-b")
            try stage.expect(
                evil.message == ISOMessages.messageReject || evil.status == "RJCT" || evil.http == 403,
                "an agent that the certificate does not name was answered with \(evil)")
            try await stage.nothingBegan()
        },
        Scenario("certificates that may not speak for a network") { stage in
            let stranger = try LabClient(identity: stage.lab.authority.issue(commonName: "stranger"))
            let quote = stage.quote(FSPIOPRules.newIdentifier(), FSPIOPRules.newIdentifier(), "5")
            let outcome = await stranger.send(quote, to: stage.lab.endpoint(Cast.hub, "bank-a"))
            let order = stage.creditTransfer(stage.railOrder("5")).message.bytes
            let rail = try await stage.railSends(order, to: "bank-b", client: stage.lab.hub.peer.client)
            await stranger.stop()
            try stage.expect((outcome.status ?? 0) >= 400, "a stranger was answered with \(outcome)")
            try stage.expect(
                rail.http >= 400 || rail.message == ISOMessages.messageReject || rail.status == "RJCT",
                "the hub's certificate on the rail's door was answered with \(rail)")
            let elsewhere = try LabCA(folder: "\(stage.lab.folder)/elsewhere")
            let own = try elsewhere.issue(commonName: "switch")
            let forged = LabIdentity(
                commonName: "switch", authorityFile: "\(stage.lab.authority.folder)/ca.pem",
                certificateFile: own.certificateFile, keyFile: own.keyFile)
            let client = try LabClient(identity: forged)
            let unheard = await client.send(quote, to: stage.lab.endpoint(Cast.hub, "bank-a"))
            await client.stop()
            try stage.equal(unheard.status, nil, "the answer to a certificate of another authority")
            try await stage.nothingBegan()
        },
    ]
}

extension Stage {
    func nothingBegan() async throws {
        try equal(try await newPayments().count, 0, "the number of payments")
        try await settle()
    }

    /// HTTP status and FSPIOP error code of our answer.
    func hubIsTold(_ message: LabRequest) async throws -> String {
        guard case .replied(let reply) = await hubSends(message) else { throw LabFailure("no answer") }
        let json = try? JSONValue.parse(reply.body)
        return "\(reply.status) \(json?.at("errorInformation.errorCode")?.string ?? "")"
    }
}
