import FormatJSON

/// The shapes of bodies. What the API itself writes is described whole, so that a program made from it misses nothing.
enum Schemas {
    static let all: JSONValue = {
        var schemas = JSONObject()
        for (name, schema) in orders + pages + pageParts + events { schemas[name] = schema }
        return .object(schemas)
    }()

    private static func text(_ says: String? = nil, most: Int? = nil) -> JSONValue {
        var schema: JSONValue = ["type": "string"]
        if let most {
            schema["minLength"] = 1
            schema["maxLength"] = .integer(most)
        }
        if let says { schema["description"] = .string(says) }
        return schema
    }

    private static func list(_ of: JSONValue) -> JSONValue { ["type": "array", "items": of] }
    private static func ref(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    /// An object that has these members and no other.
    private static func object(_ required: [String], _ members: JSONValue) -> JSONValue {
        [
            "type": "object", "required": .array(required.map { .string($0) }), "properties": members,
            "additionalProperties": false,
        ]
    }

    private static let number: JSONValue = ["type": "integer"]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let time = text("ISO 8601, UTC.")

    private static let orders: [(String, JSONValue)] = [
        (
            "Order",
            object(
                ["amount", "currency", "debtor", "creditor"],
                [
                    "amount": text("Digits, at most the currency's minor unit: 12.50."),
                    "currency": text("ISO 4217."),
                    "debtor": object(["account"], ["name": text(most: 140), "account": ref("Identifier")]),
                    "creditor": object(
                        [],
                        [
                            "name": text(most: 140), "identifier": ref("Identifier"), "account": ref("Identifier"),
                            "agent": object(
                                [],
                                [
                                    "bic": text(most: 11), "fspId": text(most: 32), "clearingMember": text(most: 35),
                                ]),
                        ]),
                    "endToEndId": text("Travels to the payee.", most: 35),
                    "purpose": text("ISO 20022 purpose.", most: 4), "remittance": text(most: 140),
                    "requestedExecutionDate": text("A date: the payment is held until it is due."),
                    "confirmation": [
                        "type": "string", "enum": ["required"],
                        "description": "The payer sees the terms and says yes before anything is held.",
                    ],
                ])
        ),
        (
            "Identifier",
            object(
                ["kind", "value"],
                [
                    "kind": text("A name of mappings/codes/identifiers.tsv.", most: 32), "value": text(most: 128),
                    "subId": text(most: 128),
                ])
        ),
        ("Confirmation", object(["accept"], ["accept": flag])),
        ("Cancellation", object(["reason"], ["reason": text(most: 140)])),
        (
            "Refund",
            object(
                ["reason"],
                ["amount": text("The rest of the original when not given."), "reason": text(most: 140)])
        ),
        ("Replay", object([], ["after": text("The cursor of an event.", most: 64)])),
    ]

    private static let money = object(["amount", "currency"], ["amount": text(), "currency": text()])

    private static let pages: [(String, JSONValue)] = [
        (
            "Payment",
            object(
                ["id", "stage", "facts", "steps", "timeline", "losses", "bookings", "payment"],
                [
                    "id": text(), "kind": text(), "tenant": text(), "origin": text("Where it came from."),
                    "network": text("Where it goes to."), "stage": text(), "outcome": ref("Outcome"),
                    "reason": ref("Reason"), "facts": list(text()), "parked": text(), "contradictions": list(text()),
                    "original": text("The payment that this one gives back."), "terms": ref("Terms"),
                    "confirmation": object(
                        ["state"],
                        [
                            "state": [
                                "type": "string",
                                "enum": ["notYetAsked", "awaited", "given", "refused", "lapsed", "notAsked"],
                            ], "until": time,
                        ]),
                    "receivedAt": time, "changedAt": time, "route": ref("Route"), "steps": list(ref("Step")),
                    "timeline": list(ref("TimelineLine")), "losses": list(ref("Loss")),
                    "bookings": list(ref("Booking")), "refunds": list(ref("PaymentRow")),
                    "payment": ["type": "object", "description": "Canonical fields by name."],
                ])
        ),
        (
            "PaymentRow",
            object(
                ["id", "kind", "origin", "stage", "receivedAt", "changedAt"],
                [
                    "id": text(), "kind": text(), "origin": text(), "network": text(), "stage": text(),
                    "outcome": ref("Outcome"), "reason": text(), "amount": text(), "currency": text(),
                    "endToEndId": text(), "debtor": text(), "creditor": text(), "receivedAt": time, "changedAt": time,
                ])
        ),
        (
            "PaymentList",
            object(
                ["payments"],
                [
                    "payments": list(ref("PaymentRow")), "next": text("Path of the next page."),
                    "previous": text("Path of the page before."),
                ])
        ),
        (
            "Party",
            object(
                ["kind", "value", "lookup"],
                [
                    "kind": text(), "value": text(), "lookup": text("The payment of kind partyLookup."),
                    "network": text("Who told."), "name": text(), "currency": text(),
                    "agent": object([], ["bic": text(), "fspId": text(), "clearingMember": text()]),
                ])
        ),
        (
            "Problem",
            object(
                ["type", "title", "status", "detail"],
                [
                    "type": text("What a program tells problems apart by."), "title": text(), "status": number,
                    "detail": text("What is wrong and how to mend it."),
                    "at": text("The place in the body, or the header's or parameter's name."),
                ])
        ),
        ("Document", ["type": "object", "required": ["openapi", "paths"]]),
    ]

    private static let pageParts: [(String, JSONValue)] = [
        ("Outcome", ["type": "string", "enum": ["settled", "rejected"]]),
        (
            "Reason",
            object(
                ["canonical"],
                [
                    "canonical": text("A name of mappings/codes/reasons.tsv."), "network": text(),
                    "code": text("As the network wrote it."), "detail": text(),
                ])
        ),
        (
            "Terms",
            object(
                [],
                [
                    "creditorName": text("As the network told it."), "amount": money, "transferAmount": money,
                    "creditorReceives": money, "creditorFee": money, "creditorCommission": money, "ownFee": money,
                    "debited": money, "expiresAt": time,
                ])
        ),
        (
            "Route",
            object(
                ["to", "flow", "line", "version"],
                [
                    "to": text(), "flow": text(), "line": number, "note": text(), "version": text(),
                    "earlierRowsThatDidNotMatch": list(
                        object(["line", "column"], ["line": number, "column": text()])),
                ])
        ),
        (
            "Step",
            object(
                ["step", "hop", "does", "state", "attempts", "queries"],
                [
                    "step": text(), "hop": text(), "does": text(), "state": text(), "attempts": number,
                    "queries": number, "reason": ref("Reason"), "doubt": text(),
                ])
        ),
        (
            "TimelineLine",
            object(
                ["hop", "at", "afterMicroseconds", "says"],
                ["hop": text(), "at": time, "afterMicroseconds": number, "says": text()])
        ),
        (
            "Loss",
            object(["message", "field", "why"], ["message": text(), "field": text(), "why": text()])
        ),
        (
            "Booking",
            object(
                ["says", "entries"],
                [
                    "says": text(),
                    "entries": list(
                        object(
                            ["account", "network", "amount"],
                            ["account": text(), "network": text(), "amount": text()])),
                ])
        ),
    ]

    private static let events: [(String, JSONValue)] = [
        (
            "Event",
            object(
                ["id", "cursor", "type", "at", "payment"],
                [
                    "id": text("The same however often the event comes."),
                    "cursor": text("Where to go on behind it."),
                    "type": [
                        "type": "string", "enum": .array(PaymentNews.Kind.allCases.map { .string($0.rawValue) }),
                    ], "at": time, "payment": ref("PaymentRow"),
                ])
        ),
        ("EventList", object(["events", "cursor"], ["events": list(ref("Event")), "cursor": text()])),
        ("WebhookList", object(["webhooks"], ["webhooks": list(ref("Webhook"))])),
        (
            "Webhook",
            object(
                ["name", "state", "cursor", "events", "delivered", "attempts"],
                [
                    "name": text(), "state": ["type": "string", "enum": ["flowing", "retrying", "parked"]],
                    "cursor": text("The last event that the receiver took."), "events": list(text()),
                    "delivered": number, "attempts": number, "nextAttemptAt": time, "lastDeliveredAt": time,
                    "lastFailure": text(),
                ])
        ),
    ]
}
