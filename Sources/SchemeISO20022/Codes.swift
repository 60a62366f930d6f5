import Mapping
import Payments

/// What the rail's codes mean to us, through the tables of `mappings/codes`.
struct ISOCodes: Sendable {
    static let network = "iso"
    private let reasons: CodeTable?
    private let statuses: CodeTable?

    init(_ tables: CodeTables) {
        reasons = tables.table("reasons")
        statuses = tables.table("statuses")
    }

    /// What a TxSts says to be true; nil for a code that no row lists: it decides nothing (law 6).
    func status(_ code: String) -> String? { statuses?.canonical(of: code, in: Self.network) }

    func statusCode(_ canonical: String) -> String { statuses?.code(for: canonical, in: Self.network) ?? "PDNG" }

    /// The reason that a report gives, its code kept verbatim.
    func reason(of report: StatusReport) -> Reason {
        let code = report.reason ?? report.groupReason
        let proprietary = report.reasonProprietary ?? report.groupReasonProprietary
        let foreign = code ?? proprietary
        let canonical = code.flatMap { reasons?.canonical(of: $0, in: Self.network) } ?? "other"
        let detail = report.additional.isEmpty ? report.description : report.additional.joined(separator: " ")
        return Reason(canonical, network: Self.network, foreign: foreign, detail: detail)
    }

    /// The reason for a code alone.
    func reason(code: String, detail: String?) -> Reason {
        let canonical = reasons?.canonical(of: code, in: Self.network) ?? "other"
        return Reason(canonical, network: Self.network, foreign: code, detail: detail)
    }

    /// The code that we write: that of another rail goes through unchanged, where it is one of the list.
    func reasonCode(_ reason: Reason) -> String {
        if reason.network == Self.network, let foreign = reason.foreign,
            reasons?.canonical(of: foreign, in: Self.network) != nil
        {
            return foreign
        }
        return reasons?.code(for: reason.canonical, in: Self.network) ?? "NARR"
    }

    /// The reason in words for AddtlInf, at most 105 characters; nothing where the reason is nobody's business.
    func words(_ reason: Reason) -> String? {
        guard reason.canonical != "screeningRefused", reason.canonical != "fraud" else { return nil }
        let text = reason.detail ?? reasons?.says(reason.canonical)
        return text.flatMap { ISOCodes.line($0, 105) }
    }

    /// Where a refusal says that the message is wrong, and by which rule, in lines of AddtlInf.
    static func place(of refusal: Refusal) -> [String] {
        let rule = refusal.rule.isEmpty ? "" : "rule \(refusal.rule)"
        let whole = [refusal.place, rule].filter { !$0.isEmpty }.joined(separator: ", ")
        if whole.unicodeScalars.count <= 105 { return [line(whole, 105)].compactMap { $0 } }
        return [line(refusal.place, 105), line(rule, 105)].compactMap { $0 }
    }

    /// One line of printable text of bounded length; nil when nothing is left.
    static func line(_ text: String, _ greatest: Int) -> String? {
        var line = ""
        var count = 0
        for scalar in text.unicodeScalars {
            let isSpace = scalar.value <= 0x20 || scalar.value == 0xA0
            if isSpace, line.isEmpty || line.unicodeScalars.last == " " { continue }
            guard scalar.value < 0x7F || (scalar.value > 0x9F && scalar.value < 0xFFFE) else { continue }
            line.unicodeScalars.append(isSpace ? " " : scalar)
            count += 1
            if count == greatest { break }
        }
        while line.unicodeScalars.last == " " { line.unicodeScalars.removeLast() }
        return line.isEmpty ? nil : line
    }
}

/// ISO 13616: the check digits of an IBAN, for rules and for the commands that look at a message.
public enum IBAN {
    /// Whether the digits agree; the text stands without spaces, in capitals.
    public static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 15, bytes.count <= 34 else { return false }
        var rest = 0
        for byte in bytes[4...] + bytes[..<4] {
            switch byte {
            case 0x30...0x39: rest = (rest * 10 + Int(byte - 0x30)) % 97
            case 0x41...0x5A: rest = (rest * 100 + Int(byte - 0x41) + 10) % 97
            default: return false
            }
        }
        let isLetter = { (byte: UInt8) in byte >= 0x41 && byte <= 0x5A }
        let isDigit = { (byte: UInt8) in byte >= 0x30 && byte <= 0x39 }
        return isLetter(bytes[0]) && isLetter(bytes[1]) && isDigit(bytes[2]) && isDigit(bytes[3]) && rest == 1
    }
}
