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
        var first: Payment?
        for index in payments.indices {
            var places = TranslationPlaces(tables: tables, target: target)
            places.place(&payments[index])
            if index == 0 { output.moved = places.moved }
            make(&payments[index], translator, &output, first: first)
            if index == 0 { first = payments[0] }
        }
        let writing: Writing
        do throws(TranslationError) {
            writing = try translator.write(payments)
        } catch {
            throw refusal(error, translator, payments, output)
        }
        output.bytes = writing.bytes
        output.losses = writing.losses
        return output
    }

    /// What cannot be, with everything that stands in its way and what would be lost besides.
    private func refusal(
        _ error: TranslationError, _ translator: Translator, _ payments: [Payment], _ output: Output
    ) -> TranslationRefusal {
        let survey = translator.survey(payments)
        let source = tables.mappings.translator(output.source)
        let refused = survey.refused.isEmpty ? [Survey.Refused(error: error, fields: [])] : survey.refused
        return TranslationRefusal(
            source: output.source, target: output.target,
            faults: refused.map { TranslationRefusal.Fault($0, target: output.target, source: source) },
            made: output.made, moved: output.moved, losses: survey.losses, kept: output.kept)
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
            let name = message.contains("/") ? message : newest("\(language.rawValue)/\(message)")
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

    /// The version of a family that is written: the one that rails have in common, else the newest that has a table.
    private func newest(_ name: String) -> String {
        guard tables.mappings.translator(name) == nil else { return name }
        let versions = tables.mappings.messages.filter { $0.hasPrefix(name + ".") }
        return versions.first { Translation.common.contains($0) } ?? versions.max() ?? name
    }

    private static let common = ["iso20022/pacs.008.001.08", "iso20022/pacs.002.001.10", "iso20022/pain.001.001.09"]

    private func known(_ language: Language) -> String {
        let names = tables.mappings.messages.filter { $0.hasPrefix(language.rawValue + "/") }
        return "write one of \(names.joined(separator: ", "))"
    }

    // MARK: what only the gateway makes

    /// Fills what the target demands, no other network says and the gateway makes anew for every message.
    /// - Parameter first: The first payment of the message: what names the message is the same of all.
    private mutating func make(
        _ payment: inout Payment, _ translator: Translator, _ output: inout Output, first: Payment?
    ) {
        let required = Set(translator.coverage.filter(\.required).compactMap(\.field))
        let sayable = Set(translator.fields)
        let wanted = Translation.ofOrders.first { output.target.hasPrefix($0.key) }?.value ?? []
        for (name, why) in Translation.makable {
            guard let field = PaymentFields.field(name), sayable.contains(name), field.get(payment, 0) == nil,
                required.contains(name) || wanted.contains(name)
            else { continue }
            let known = name.hasPrefix("message.") ? first.flatMap { field.get($0, 0) } : nil
            guard let value = known ?? self.value(of: name) else { continue }
            _ = field.set(&payment, value)
            if first == nil { output.made.append(Made(field: name, value: value.text, why: why)) }
        }
    }

    /// What an order has though its schema does not demand it, by the beginning of the message.
    private static let ofOrders: [String: Set<String>] = [
        "iso20022/pacs.008.": ["id.uetr", "settlement.date"],
        "iso20022/pain.001.": ["id.batch", "requestedExecutionDate"],
    ]

    private static let makable = [
        ("message.id", "every message has its own"), ("message.businessId", "every message has its own"),
        ("message.createdAt", "when it is written"), ("message.businessCreatedAt", "when it is written"),
        ("settlement.date", "by the network's calendar"), ("requestedExecutionDate", "the day on which to pay"),
        ("id.batch", "the customer names the order's block"), ("id.uetr", "follows the payment from then on"),
        ("id.quote", "the payer's institution names its quote"),
        ("id.schemeTransaction", "the payer's institution names the transaction"),
        ("id.transfer", "the payer's institution names its transfer"),
        ("expiresAt", "by the network's clock"), ("terms.expiresAt", "by the network's clock"),
    ]

    /// How long a made expiry lies ahead.
    private static let clockMilliseconds: Int64 = 30_000

    private mutating func value(of name: String) -> FieldValue? {
        switch name {
        case "message.id", "message.businessId", "id.batch":
            return .text(String(identities.uuid().filter { $0 != "-" }))
        case "message.createdAt", "message.businessCreatedAt": return .dateTime(DateTime(now))
        case "settlement.date", "requestedExecutionDate": return .date(now.date)
        case "expiresAt", "terms.expiresAt":
            return .dateTime(DateTime(now.adding(milliseconds: Translation.clockMilliseconds)))
        default: return .text(identities.uuid())
        }
    }
}
