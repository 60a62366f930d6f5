import Payments

/// Why a leaf's text is refused.
struct LeafRefusal {
    let reason: TranslationError.Reason
    let text: String
}

/// From the text of a leaf to the value of its field.
enum LeafText {
    static func value(
        _ bytes: UnsafeBufferPointer<UInt8>, _ kind: LeafKind, _ form: Form, _ program: Program,
        _ refusal: inout LeafRefusal?
    ) -> FieldValue? {
        switch form {
        case .text(let rule):
            guard expect(kind, .string, &refusal), let text = text(bytes, rule, &refusal) else { return nil }
            return .text(rule.prefix.isEmpty ? text : rule.prefix + text)
        case .code(let rule):
            guard expect(kind, .string, &refusal) else { return nil }
            return text(bytes, rule.text, &refusal).map { .text($0) }
        case .date:
            guard expect(kind, .string, &refusal) else { return nil }
            if let date = date(bytes) { return .date(date) }
            refusal = LeafRefusal(reason: .dateInvalid, text: "no date of the form YYYY-MM-DD stands here")
            return nil
        case .dateTime(let times):
            guard expect(kind, .string, &refusal) else { return nil }
            return dateTime(bytes, times, &refusal)
        case .count, .countOfPayments:
            if kind == .number && !program.network.numbers || kind == .boolean {
                _ = expect(kind, .string, &refusal)
                return nil
            }
            if let count = Int(trimmed(bytes)), count >= 0 { return .count(count) }
            refusal = LeafRefusal(reason: .contentInvalid, text: "no count stands here")
            return nil
        case .number:
            return expect(kind, .number, &refusal) ? .text(String(decoding: bytes, as: UTF8.self)) : nil
        case .boolean:
            guard expect(kind, .boolean, &refusal) else { return nil }
            let text = trimmed(bytes)
            if text == "true" || text == "1" { return .text("true") }
            if text == "false" || text == "0" { return .text("false") }
            refusal = LeafRefusal(reason: .contentInvalid, text: "neither true nor false stands here")
            return nil
        case .amount, .const, .keep, .raw: return nil
        }
    }

    /// `YYYY-MM-DD`, which XML Schema lets a time zone follow: the day is the one that is written.
    private static func date(_ bytes: UnsafeBufferPointer<UInt8>) -> CivilDate? {
        if bytes.count == 10, let date = CivilDate(bytes) { return date }
        let text = trimmed(bytes)
        guard text.utf8.count != 10 else { return CivilDate(text) }
        guard text.utf8.count == 11 || text.utf8.count == 16, let date = CivilDate(text.prefix(10)) else { return nil }
        let zone = String(text.dropFirst(10))
        return zone == "Z" || (zone.utf8.count == 6 && DateTime("\(date.text)T00:00:00\(zone)") != nil) ? date : nil
    }

    /// Whether a boolean or a count is written as it stands.
    static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>, _ value: FieldValue, _ form: Form) -> Bool {
        switch (form, value) {
        case (.boolean, .text(let text)): FieldReader.isSame(text, bytes)
        case (.count, .count(let count)), (.countOfPayments, .count(let count)):
            FieldReader.isSame(String(count), bytes)
        default: true
        }
    }

    /// Without a sign, a needless zero or space: the form in which we write an amount.
    static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>, _ money: Money, _ rule: AmountRule) -> Bool {
        let point = bytes.firstIndex(of: 0x2E) ?? bytes.count
        guard point > 0, bytes[0] != 0x30 || point == 1 else { return false }
        for index in bytes.indices where index != point && (bytes[index] < 0x30 || bytes[index] > 0x39) { return false }
        let fractions = max(0, bytes.count - point - 1)
        if bytes.count > point, fractions == 0 { return false }
        let wanted = rule.writesMinorUnit ? min(money.currency.exponent, rule.fractionDigits) : 0
        if fractions == max(wanted, money.fractionDigits) { return true }
        // Zeros for show give way where all digits are taken.
        guard let text = try? money.text(rule) else { return false }
        return FieldReader.isSame(text, bytes)
    }

    private static func expect(_ kind: LeafKind, _ wanted: LeafKind, _ refusal: inout LeafRefusal?) -> Bool {
        guard kind != .xml, kind != wanted else { return true }
        let name =
            switch wanted {
            case .number: "number"
            case .boolean: "boolean"
            default: "string"
            }
        refusal = LeafRefusal(reason: .malformed, text: "a \(name) is expected here")
        return false
    }

    private static func text(
        _ bytes: UnsafeBufferPointer<UInt8>, _ rule: TextRule, _ refusal: inout LeafRefusal?
    ) -> String? {
        // A character has one byte to four: only a text near a bound must be counted.
        if bytes.count > rule.greatest || bytes.count < rule.least * 4 {
            let count = characters(bytes)
            if count > rule.greatest {
                refusal = LeafRefusal(
                    reason: .contentTooLong, text: "\(count) characters stand here, \(rule.greatest) are allowed")
                return nil
            }
            if count < rule.least {
                refusal = LeafRefusal(
                    reason: .contentInvalid, text: "\(count) characters stand here, at least \(rule.least) are asked")
                return nil
            }
        }
        if let shape = rule.shape, !shape.holds(bytes) {
            refusal = LeafRefusal(reason: .contentInvalid, text: "the text has not the shape \(shape.rawValue)")
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Unicode scalars of a text in UTF-8: the bytes that begin one.
    private static func characters(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var count = 0
        for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// A date and time of the form that the network asks; nil when it is none.
    static func dateTime(_ bytes: UnsafeBufferPointer<UInt8>, _ times: Network.Times) -> DateTime? {
        guard let dateTime = DateTime(trimmed(bytes)), times == .any || hasMilliseconds(dateTime) else { return nil }
        return dateTime
    }

    private static func dateTime(
        _ bytes: UnsafeBufferPointer<UInt8>, _ times: Network.Times, _ refusal: inout LeafRefusal?
    ) -> FieldValue? {
        guard let dateTime = DateTime(trimmed(bytes)) else {
            refusal = LeafRefusal(
                reason: .dateInvalid, text: "no date and time stands here, or one that does not exist")
            return nil
        }
        if times == .milliseconds, !hasMilliseconds(dateTime) {
            refusal = LeafRefusal(
                reason: .dateInvalid, text: "three decimals of the second and an offset or Z are asked")
            return nil
        }
        return .dateTime(dateTime)
    }

    /// `2026-11-23T18:34:40.123Z` or with an offset.
    static func hasMilliseconds(_ dateTime: DateTime) -> Bool {
        let bytes = dateTime.text.utf8
        guard dateTime.hasOffset, bytes.count == 24 || bytes.count == 29 else { return false }
        let point = bytes.index(bytes.startIndex, offsetBy: 19)
        let next = bytes[bytes.index(point, offsetBy: 4)]
        return bytes[point] == 0x2E && (next == 0x5A || next == 0x2B || next == 0x2D)
    }

    /// Without the white space that XML Schema collapses.
    private static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        var slice = bytes[...]
        while let first = slice.first, isSpace(first) { slice = slice.dropFirst() }
        while let last = slice.last, isSpace(last) { slice = slice.dropLast() }
        return String(decoding: slice, as: UTF8.self)
    }
}
