import FormatJSON
import Mapping
import Payments

/// The tables of `mappings/fields/fspiop` and the code tables, as this adapter asks them.
struct Bodies: Sendable {
    /// Tables of `fields/fspiop`, named as their files.
    enum Table: String, CaseIterable {
        case partiesPut = "parties.put"
        case quotesPost = "quotes.post"
        case quotesPut = "quotes.put"
        case transfersPost = "transfers.post"
        case transfersPut = "transfers.put"
        case transfersPatch = "transfers.patch"
    }

    private let mappings: Mappings

    init(_ mappings: Mappings) { self.mappings = mappings }

    func read(_ table: Table, _ bytes: [UInt8]) throws(Refusal) -> Payment {
        do throws(TranslationError) {
            return try translator(table).read(json: bytes).payment
        } catch {
            throw Refusal(
                .schema, Reason(error.reason.rawValue), path: error.path, line: error.line, column: error.column,
                rule: error.rule, says: error.text)
        }
    }

    /// Compact, keys sorted: the form that every signature check of the network agrees on.
    func write(_ table: Table, _ payment: Payment) throws(Refusal) -> (body: JSONValue, losses: [Payments.Loss]) {
        do throws(TranslationError) {
            let writing = try translator(table).write(payment)
            guard let body = try? JSONValue.parse(writing.bytes) else {
                throw TranslationError(
                    .internalError, path: table.rawValue, rule: "well-formed", text: "the table wrote no JSON")
            }
            let losses = writing.losses.map { loss in
                Payments.Loss(message: "fspiop/\(table.rawValue)", field: loss.field, why: loss.reason.rawValue)
            }
            return (body, losses)
        } catch {
            throw Refusal(
                .business, Reason(error.reason.rawValue, detail: error.text), path: error.path, rule: error.rule,
                says: error.text)
        }
    }

    private func translator(_ table: Table) throws(TranslationError) -> Translator {
        guard let translator = mappings.translator("fspiop/\(table.rawValue)") else {
            throw TranslationError(
                .internalError, path: table.rawValue, rule: "mappings/fields/fspiop", text: "the table is missing")
        }
        return translator
    }

    /// What an error code means; nil for a code that no row lists, which decides nothing (law 6).
    func canonical(_ code: String) -> String? {
        guard let name = mappings.codes.table("reasons")?.canonical(of: code, in: "fspiop"), name != "other" else {
            return nil
        }
        return name
    }

    /// The error code that says this reason; 2001 "internal server error" where no row has one.
    func code(_ reason: Reason) -> String {
        if reason.network == "fspiop", let foreign = reason.foreign, ErrorCode.isText(foreign) { return foreign }
        if let code = mappings.codes.table("reasons")?.code(for: reason.canonical, in: "fspiop") { return code }
        return ErrorCode.byCanonical[reason.canonical] ?? ErrorCode.internalError
    }

    func says(_ reason: Reason) -> String {
        mappings.codes.table("reasons")?.says(reason.canonical) ?? reason.canonical
    }
}
