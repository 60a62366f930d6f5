import Mapping
import Payments

/// Why a message cannot be put into the words of another, all of it at once, with what would be lost besides.
struct TranslationRefusal: Error {
    /// One thing that the target demands and the payment does not say, or not so.
    struct Fault: Sendable, Equatable {
        /// The place in the target that stays empty.
        var path: String
        /// A canonical reason, such as `missingElement`.
        var reason: String
        /// Names of the vocabulary that would fill it.
        var fields: [String]
        /// The table and row.
        var rule: String
        var says: String
        var mend: String
    }

    var source: String
    var target: String
    var faults: [Fault]
    var made: [Translation.Made]
    var moved: [(from: String, to: String)]
    var losses: [Mapping.Loss]
    var kept: Int
}

extension TranslationRefusal.Fault {
    /// - Parameter source: the table of the message that was read; nil for a canonical payment.
    init(_ refused: Survey.Refused, target: String, source: Translator?) {
        path = refused.error.path
        reason = refused.error.reason.rawValue
        fields = refused.fields
        rule = refused.error.rule
        says =
            fields.isEmpty && refused.error.reason == .missingElement
            ? "no field is for it, and nothing of the kind was kept" : refused.error.text
        mend = TranslationMends.mend(refused, target: target, source: source)
    }
}

/// What to do about what a target does not take.
enum TranslationMends {
    private static let shownPlaces = 4

    static func mend(_ refused: Survey.Refused, target: String, source: Translator?) -> String {
        switch refused.error.reason {
        case .missingElement: return missing(refused.fields, target, source)
        case .amountTooFine, .amountInvalid: return "Change the amount: nothing is rounded here."
        case .contentTooLong: return "Shorten the value."
        case .charactersNotAllowed: return "Remove characters that the target does not have."
        default: return "Change the value to one that the target takes."
        }
    }

    private static func missing(_ fields: [String], _ target: String, _ source: Translator?) -> String {
        if fields.contains(where: { $0.hasPrefix("terms.") }), target == "fspiop/transfers.post" {
            return "The terms come from the payee's answer to a quote: translate to quotes.post, and the transfer is"
                + " made from the answer."
        }
        // A rail has other names for an institution, and the source may say one of them.
        if target.hasPrefix("fspiop/"), fields.contains(where: { $0.hasSuffix("Agent.fspId") }),
            !fields.contains(where: { $0.contains("identifiers") })
        {
            return "A hub names institutions by names of its own, which no table knows from a BIC: write "
                + "\(fields[0]) into the canonical payment (--to canonical, then from there)."
        }
        let places = source.map { self.places(of: fields, in: $0) } ?? []
        if !places.isEmpty { return "Say it in the source: \(places.prefix(shownPlaces).joined(separator: ", "))." }
        guard let field = fields.first else { return "The target cannot be made from this message." }
        let name = source == nil ? "the payment" : "the canonical payment (--to canonical, then from there)"
        return "Write \(field) into \(name)."
    }

    /// Where the source could have said it. A party is found by its account too.
    private static func places(of fields: [String], in source: Translator) -> [String] {
        var wanted = Set(fields)
        for field in fields {
            for side in ["creditor", "debtor"] where field.hasPrefix("\(side).identifiers[") {
                wanted.insert("\(side)Account.\(field.dropFirst(side.count + 1))")
            }
        }
        var places: [String] = []
        for row in source.coverage where row.direction != .writeOnly {
            guard let field = row.field, wanted.contains(field), !field.hasSuffix(".kind"), !field.hasSuffix(".subId"),
                !places.contains(row.path)
            else { continue }
            places.append(row.path)
        }
        // An account's number is what people have at hand.
        return places.filter { $0.contains("Acct") } + places.filter { !$0.contains("Acct") }
    }
}
