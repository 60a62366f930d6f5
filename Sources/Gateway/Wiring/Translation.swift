import FormatJSON
import Foundation
import Mapping
import Payments
import PaymentsEngine

/// A message put into the words of another network by the tables alone: what `interlock translate` does, without a
/// running gateway and without a network's settings.
struct Translation {
    enum Language: String, CaseIterable {
        case canonical, fspiop, iso20022
    }

    /// What the file turned out to be: `canonical`, or a message as `network/message`.
    struct Source {
        var name: String
        var payments: [Payment]
        /// Leaves that no row maps.
        var kept: Int
    }

    /// A value that the gateway makes when it sends such a message.
    struct Made: Equatable {
        var field: String
        var value: String
        var why: String
    }

    struct Output {
        var source: String
        var target: String
        var bytes: [UInt8]
        var made: [Made] = []
        /// What stands elsewhere in the target: from, to.
        var moved: [(from: String, to: String)] = []
        var losses: [Mapping.Loss] = []
        var kept = 0
    }

    let tables: Tables
    let now: Instant
    /// The same bytes make the same identifications.
    private var identities: IdentitySource

    init(tables: Tables, now: Instant, seed: [UInt8]) {
        self.tables = tables
        self.now = now
        let digits = ContentName.of(seed).prefix(16)
        identities = IdentitySource(seed: UInt64(digits, radix: 16) ?? 0)
    }

    mutating func translate(_ source: Source, to language: Language, message: String?) throws -> Output {
        guard language != .canonical else {
            return Output(source: source.name, target: "canonical", bytes: canonical(source), kept: source.kept)
        }
        let target = try self.target(source, language, message)
        guard let translator = tables.mappings.translator(target) else {
            throw Failure.usage("there is no table \(target): \(known(language))")
        }
        guard source.payments.count == 1 || language == .iso20022 else {
            throw Failure.usage(
                "the message has \(source.payments.count) transactions and \(target) says one: "
                    + "name it with --transaction")
        }
        var output = Output(source: source.name, target: target, bytes: [], kept: source.kept)
        var payments = source.payments
        for index in payments.indices {
            place(&payments[index], target, &output, isFirst: index == 0)
            make(&payments[index], translator, &output, isFirst: index == 0)
        }
        let writing: Writing
        do throws(TranslationError) {
            writing = try translator.write(payments)
        } catch {
            throw Failure.usage("\(source.name) -> \(target): \(error)\(hint(error, target))")
        }
        output.bytes = writing.bytes
        output.losses = writing.losses
        return output
    }

    /// One payment as an object; several, of one message, as an array.
    private func canonical(_ source: Source) -> [UInt8] {
        let payments = source.payments.compactMap { payment -> JSONValue? in
            var json = JSONWriter()
            PaymentCodec.write(payment, into: &json)
            return try? JSONValue.parse(json.bytes)
        }
        let value = payments.count == 1 ? payments[0] : JSONValue.array(payments)
        return value.bytes(pretty: true)
    }

    // MARK: what to write

    private func target(_ source: Source, _ language: Language, _ message: String?) throws -> String {
        if let message {
            let name = message.contains("/") ? message : "\(language.rawValue)/\(message)"
            guard name.hasPrefix(language.rawValue + "/") else {
                throw Failure.usage("\(message) is no message of \(language.rawValue): \(known(language))")
            }
            return name
        }
        if source.name.hasPrefix(language.rawValue + "/") { return source.name }
        let status = source.payments[0].status
        let isAnswer = status.code != nil || status.groupCode != nil || source.name.hasSuffix(".put")
        let isRefusal = status.reason != nil || status.groupReason != nil
        switch language {
        case .iso20022: return isAnswer || isRefusal ? "iso20022/pacs.002.001.10" : "iso20022/pacs.008.001.08"
        default: return isRefusal ? "fspiop/error.put" : isAnswer ? "fspiop/transfers.put" : "fspiop/quotes.post"
        }
    }

    private func known(_ language: Language) -> String {
        let names = tables.mappings.messages.filter { $0.hasPrefix(language.rawValue + "/") }
        return "write one of \(names.joined(separator: ", "))"
    }

    /// Puts what is there where the target looks for it, as the gateway does when it sends an order.
    private func place(_ payment: inout Payment, _ target: String, _ output: inout Output, isFirst: Bool) {
        func moved(_ from: String, _ to: String) { if isFirst { output.moved.append((from, to)) } }
        if payment.amount.settlement == nil, payment.status.code == nil {
            if let amount = payment.terms.transferAmount {
                payment.amount.settlement = amount
                moved("terms.transferAmount", "amount.settlement")
            } else if let amount = payment.amount.instructed {
                payment.amount.settlement = amount
                moved("amount.instructed", "amount.settlement")
            }
        }
        if target == "fspiop/quotes.post" {
            nameParties(&payment, moved)
        } else if target == "fspiop/transfers.post", payment.terms.transferAmount == nil {
            payment.terms.transferAmount = payment.amount.settlement
            moved("amount.settlement", "terms.transferAmount")
        } else if target == "iso20022/pacs.008.001.08" {
            nameAccounts(&payment, moved)
        }
    }

    /// FSPIOP knows a party by one identifier: an account's number stands in where the party itself has none.
    private func nameParties(_ payment: inout Payment, _ moved: (String, String) -> Void) {
        let kinds = tables.mappings.codes.table("identifiers")
        // One whose kind is understood there as it is here; else one that has a code at all.
        func isExact(_ identifier: Identifier) -> Bool {
            let code = identifier.kind.flatMap { kinds?.code(for: $0, in: "fspiop") }
            return code.flatMap { kinds?.canonical(of: $0, in: "fspiop") } == identifier.kind && code != nil
        }
        func isKnown(_ identifier: Identifier) -> Bool {
            identifier.kind.map { kinds?.code(for: $0, in: "fspiop") != nil } ?? false
        }
        func name(
            _ party: WritableKeyPath<Payment, Party>, _ account: WritableKeyPath<Payment, Account>, _ side: String
        ) {
            guard !payment[keyPath: party].identifiers.contains(where: isKnown),
                let index = payment[keyPath: account].identifiers.firstIndex(where: isExact)
                    ?? payment[keyPath: account].identifiers.firstIndex(where: isKnown)
            else { return }
            payment[keyPath: party].identifiers = [payment[keyPath: account].identifiers.remove(at: index)]
            moved("\(side)Account.identifiers[\(index)]", "\(side).identifiers[0]")
        }
        name(\.creditor, \.creditorAccount, "creditor")
        name(\.debtor, \.debtorAccount, "debtor")
    }

    /// A rail knows a party by its account, and by a name in one piece.
    private func nameAccounts(_ payment: inout Payment, _ moved: (String, String) -> Void) {
        func name(
            _ party: WritableKeyPath<Payment, Party>, _ account: WritableKeyPath<Payment, Account>, _ side: String
        ) {
            var known = payment[keyPath: party]
            if payment[keyPath: account].identifiers.isEmpty, !known.identifiers.isEmpty {
                payment[keyPath: account].identifiers = known.identifiers
                known.identifiers = []
                moved("\(side).identifiers[]", "\(side)Account.identifiers[]")
            }
            let parts = [known.firstName, known.middleName, known.lastName].compactMap { $0 }
            if known.name == nil, !parts.isEmpty {
                known.name = parts.joined(separator: " ")
                moved("\(side).firstName, middleName, lastName", "\(side).name")
            }
            payment[keyPath: party] = known
        }
        name(\.creditor, \.creditorAccount, "creditor")
        name(\.debtor, \.debtorAccount, "debtor")
    }

    // MARK: what only the gateway makes

    /// Fills what the target demands, no other network says and the gateway makes anew for every message.
    private mutating func make(
        _ payment: inout Payment, _ translator: Translator, _ output: inout Output, isFirst: Bool
    ) {
        let required = Set(translator.coverage.filter(\.required).compactMap(\.field))
        let sayable = Set(translator.fields)
        let isOrder = output.target == "iso20022/pacs.008.001.08"
        for (name, why) in Translation.makable {
            guard let field = PaymentFields.field(name), sayable.contains(name), field.get(payment, 0) == nil,
                required.contains(name) || (isOrder && Translation.ofOrders.contains(name)),
                let value = value(of: name)
            else { continue }
            _ = field.set(&payment, value)
            if isFirst { output.made.append(Made(field: name, value: value.text, why: why)) }
        }
    }

    private static let ofOrders: Set<String> = ["id.uetr", "settlement.date"]

    private static let makable = [
        ("message.id", "every message has its own"), ("message.businessId", "every message has its own"),
        ("message.createdAt", "when it is written"), ("message.businessCreatedAt", "when it is written"),
        ("settlement.date", "by the network's calendar"), ("id.uetr", "follows the payment from then on"),
        ("id.quote", "the payer's institution names its quote"),
        ("id.schemeTransaction", "the payer's institution names the transaction"),
        ("id.transfer", "the payer's institution names its transfer"),
        ("expiresAt", "by the network's clock"), ("terms.expiresAt", "by the network's clock"),
    ]

    /// How long a made expiry lies ahead.
    private static let clockMilliseconds: Int64 = 30_000

    private mutating func value(of name: String) -> FieldValue? {
        switch name {
        case "message.id", "message.businessId":
            return .text(String(identities.uuid().filter { $0 != "-" }))
        case "message.createdAt", "message.businessCreatedAt": return .dateTime(DateTime(now))
        case "settlement.date": return .date(now.date)
        case "expiresAt", "terms.expiresAt":
            return .dateTime(DateTime(now.adding(milliseconds: Translation.clockMilliseconds)))
        default: return .text(identities.uuid())
        }
    }

    private func hint(_ error: TranslationError, _ target: String) -> String {
        let isTerms = error.reason == .missingElement && target == "fspiop/transfers.post"
        return isTerms ? "; terms come from the payee's answer to a quote: translate to quotes.post" : ""
    }
}
