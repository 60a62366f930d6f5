import FormatJSON
import Mapping
import Payments

/// The tables of `mappings/fields/fineract` and the code tables, as this adapter asks them.
struct Codes: Sendable {
    /// Tables of `fields/fineract`, named as their files.
    enum Table: String, CaseIterable {
        case quote = "quote.post"
        case transfer = "transfer.post"
    }

    private let mappings: Mappings

    init(_ mappings: Mappings) { self.mappings = mappings }

    /// The canonical reason of an error code; nil for one that no row lists.
    func canonical(_ code: String) -> String? {
        guard let name = mappings.codes.table("reasons")?.canonical(of: code, in: Fineract.name), name != "other" else {
            return nil
        }
        return name
    }

    /// Words of our own for a reason. What the core bank said stays in the archive: it may name tables, users and
    /// balances, and reasons travel to customers and to other institutions.
    func says(_ canonical: String) -> String? { mappings.codes.table("reasons")?.says(canonical) }

    func write(_ table: Table, _ payment: Payment) throws(Refusal) -> (bytes: [UInt8], losses: [Payments.Loss]) {
        guard let translator = mappings.translator("\(Fineract.name)/\(table.rawValue)") else {
            throw Refusal(
                .business, Reason("internalError"), path: table.rawValue, rule: "mappings/fields/fineract",
                says: "The table is missing")
        }
        do throws(TranslationError) {
            let writing = try translator.write(payment)
            let accounts = ["debtorAccount", "creditorAccount"]
            let said = writing.losses.filter { loss in !accounts.contains { loss.field.hasPrefix($0) } }
            let losses = said.map { loss in
                Payments.Loss(message: "fineract/\(table.rawValue)", field: loss.field, why: loss.reason.rawValue)
            }
            return (writing.bytes, losses)
        } catch {
            throw Refusal(
                .business, Reason(error.reason.rawValue, detail: error.text), path: error.path, rule: error.rule,
                says: error.text)
        }
    }

    /// Fineract's idType for a kind of identifier; nil for kinds that it cannot look up.
    func idType(_ kind: String) -> String? { mappings.codes.table("identifiers")?.code(for: kind, in: Fineract.name) }
}

/// Codes that say something about the order itself.
///
/// Fineract's two "already" exceptions carry each other's code (reference behaviour of InteropServiceImpl): what was
/// attempted decides, never the text.
enum InteropCode {
    /// Answer to PREPARE: the hold stands.
    static let answersRepeatedPrepare = "error.msg.interop.transfer.already.committed"
    /// Answer to CREATE: it is committed.
    static let answersRepeatedCreate = "error.msg.interop.transfer.already.on.hold"
    static let holdMissing = "error.msg.interop.onhold.transfer.missing"
    static let accountNotFound = "error.msg.interop.account.not.found"
}

/// Fineract's error envelope. Only its codes are taken: its texts may name tables, users and balances, and what is said
/// of a step is shown to the bank's channels. The answer itself is in the archive.
struct InteropError {
    /// The envelope's own code first, then those of its errors.
    var codes: [String]

    /// Nil when the body is not Fineract's: a proxy's page says nothing about the order.
    init?(_ body: [UInt8]) {
        guard let json = try? JSONValue.parse(body, limits: .fineract), json.object != nil else { return nil }
        let errors = json["errors"]?.array ?? []
        let own = json["userMessageGlobalisationCode"]?.string
        let inner = errors.compactMap { $0["userMessageGlobalisationCode"]?.string }
        codes = ((own.map { [$0] } ?? []) + inner).filter(InteropError.isCode)
        guard !codes.isEmpty else { return nil }
    }

    /// `error.msg.something`: letters, digits, points and dashes.
    static func isCode(_ text: String) -> Bool {
        (1...200).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }

    /// The most telling code: that of the inner error where there is one.
    var specific: String { codes.last ?? "" }

    func contains(_ code: String) -> Bool { codes.contains(code) }

    /// Our user lacks a right or is not known: the command never ran.
    var isAuthorisation: Bool {
        codes.contains { $0.hasPrefix("error.msg.not.auth") || $0.hasPrefix("error.msg.unauth") }
    }
}

extension JSONLimits {
    /// Answers of the interoperation API are small.
    static let fineract = JSONLimits(documentBytes: 1_048_576, depth: 32, members: 200, elements: 1_000, values: 20_000)
}
