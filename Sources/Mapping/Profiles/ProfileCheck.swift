import Payments

/// The `check` of a rule, understood but not compiled: a small fixed vocabulary (docs/profiles.md).
indirect enum ProfileCheck: Equatable {
    enum Group: String, Equatable, CaseIterable {
        case any = "any of"
        case one = "one of"
        case atMostOne = "at most one of"
        case allOrNone = "all or none of"
    }

    enum Cross: Equatable {
        case same
        /// The first characters are the same.
        case sameStart(Int)
        case differs
        /// A BIC's country is that of an IBAN or BIC.
        case country
        case notBefore
        case notAfter
        /// The decimals of an amount are those of a currency.
        case minorUnits
    }

    /// The element must be there, or must not.
    case present, absent
    case occurs(ClosedRange<Int>)
    case group(Group, [ProfilePath])
    case address(structured: Bool, hybrid: Bool)
    /// A test of the text alone.
    case text(ProfileTest)
    case codes([String], isMember: Bool)
    case codeSet(String)
    case starts([String], isMember: Bool)
    case like([ProfileShape.Piece])
    /// Characters of an element and of all in it.
    case total(ClosedRange<Int>)
    case distinct
    case cross(Cross, ProfilePath)
    case counts(ProfilePath)
    case sums(ProfilePath)
    /// The header's definition is the message's.
    case definition
    case version([String])
    case taken
    case headed

    /// What a check is called in a table, and what it asks: the list of docs/profiles.md.
    static let vocabulary: [(words: String, asks: String)] = [
        ("present", "the element is there, in every scope"),
        ("absent", "the element is not there"),
        ("occurs A..B", "the element is there at least A and at most B times in its scope; `*` for no end"),
        ("any of P|Q", "at least one of these is there; the path is `.`, or a scope and `:.`"),
        ("one of P|Q", "exactly one of these is there"),
        ("at most one of P|Q", "no two of these are there"),
        ("all or none of P|Q", "these stand together"),
        ("address structured|hybrid", "a postal address is of one of these forms (see below)"),
        ("is X", "the text is X"),
        ("in A|B", "the text is one of these"),
        ("not in A|B", "the text is none of these"),
        ("set NAME", "the text is a code of a set of `codesets/`"),
        ("starts A|B", "the text begins with one of these"),
        ("not starts A|B", "the text begins with none of these"),
        ("length A..B", "so many characters"),
        ("total A..B", "so many characters in the element and all within it"),
        ("like SHAPE", "the text has a shape (see below)"),
        ("characters SET", "every character belongs to a set (see below)"),
        ("slashes", "no `/` at either end, no `//` within"),
        ("trimmed", "no space at either end"),
        ("distinct", "no text stands twice in the scope"),
        ("iban", "ISO 13616: the country's length, check digits by mod 97"),
        ("bic", "ISO 9362: 8 or 11 capitals and digits, the fifth and sixth of which are a country"),
        ("lei", "ISO 17442: check digits by mod 97"),
        ("aba", "nine digits of a US routing number, check digit by weights 3, 7, 1"),
        ("uetr", "a UUID of version 4 in lower case"),
        ("ulid", "26 digits of Crockford's base 32"),
        ("country", "a code of ISO 3166"),
        ("reference", "ISO 11649: RF, check digits by mod 97"),
        ("currency", "an active code of ISO 4217"),
        ("amount A..B", "a decimal from A to B, compared exactly; `*` for no end"),
        ("decimals N", "at most N digits after the point, zeros at the end not counted"),
        ("digits N", "at most N significant digits in all"),
        ("minor units", "no finer than the minor unit of the amount's `@Ccy`; `minor units by P` of another currency"),
        ("counts P", "the number of elements P"),
        ("sums P", "the exact sum of the amounts P"),
        ("offset", "a time says its offset from UTC, or Z"),
        ("no offset", "a time says none"),
        ("utc", "a time is UTC: Z or +00:00"),
        ("within A..B", "a date or time is from A to B days after the day asked about; `*` for no end"),
        ("same as P", "the text is that of P, where both are there"),
        ("same start N as P", "the first N characters are those of P"),
        ("differs from P", "the text is not that of P"),
        ("country of P", "the country in a BIC is that of the IBAN, BIC or country code P"),
        ("not before P", "the date or time is not before P"),
        ("not after P", "the date or time is not after P"),
        ("definition", "the header's MsgDefIdr is the definition of the message that follows"),
        ("version A|B", "the message is of one of these definitions; together they are what the profile takes"),
        ("taken", "the profile takes messages of this family"),
        ("headed", "a business application header came before the message"),
    ]
}

extension ProfileCheck {
    /// Reads a cell; nil when it is not a check of the vocabulary.
    init?(_ cell: String, of path: ProfilePath) {
        if let plain = Self.plain[cell] {
            self = plain
            return
        }
        if let test = Self.tests[cell] {
            self = .text(test)
            return
        }
        for group in Group.allCases where cell.hasPrefix(group.rawValue + " ") {
            let names = Self.list(cell.dropFirst(group.rawValue.count + 1))
            let paths = names.compactMap { ProfilePath(reference: $0, of: path) }
            guard paths.count == names.count, paths.count >= 2 else { return nil }
            self = .group(group, paths)
            return
        }
        guard let check = Self.worded(cell, path) ?? Self.measured(cell) else { return nil }
        self = check
    }

    private static let plain: [String: ProfileCheck] = [
        "present": .present, "absent": .absent, "distinct": .distinct, "definition": .definition, "taken": .taken,
        "headed": .headed,
    ]

    private static let tests: [String: ProfileTest] = [
        "slashes": .slashes, "trimmed": .trimmed, "iban": .iban, "bic": .bic, "lei": .lei, "aba": .aba,
        "uetr": .shape(.uetr), "ulid": .ulid, "country": .country, "reference": .reference, "currency": .currency,
        "minor units": .minorUnits, "offset": .offset(true), "no offset": .offset(false), "utc": .utc,
    ]

    /// A verb, then words or a path.
    private static func worded(_ cell: String, _ path: ProfilePath) -> ProfileCheck? {
        func rest(_ verb: String) -> Substring? {
            cell.hasPrefix(verb + " ") ? cell.dropFirst(verb.utf8.count + 1) : nil
        }
        func reference(_ text: Substring) -> ProfilePath? { ProfilePath(reference: String(text), of: path) }
        if let text = rest("is") { return .codes([String(text)], isMember: true) }
        if let text = rest("in") { return .codes(list(text), isMember: true) }
        if let text = rest("not in") { return .codes(list(text), isMember: false) }
        if let text = rest("not starts") { return .starts(list(text), isMember: false) }
        if let text = rest("starts") { return .starts(list(text), isMember: true) }
        if let text = rest("set") { return .codeSet(String(text)) }
        if let text = rest("version") { return .version(list(text)) }
        if let text = rest("like") { return ProfileShape.pieces(text).map { .like($0) } }
        if let text = rest("characters") {
            return ProfileCharacters(rawValue: String(text)).map { .text(.characters($0)) }
        }
        if let text = rest("counts") { return reference(text).map { .counts($0) } }
        if let text = rest("sums") { return reference(text).map { .sums($0) } }
        if let text = rest("same as") { return reference(text).map { .cross(.same, $0) } }
        if let text = rest("differs from") { return reference(text).map { .cross(.differs, $0) } }
        if let text = rest("country of") { return reference(text).map { .cross(.country, $0) } }
        if let text = rest("not before") { return reference(text).map { .cross(.notBefore, $0) } }
        if let text = rest("not after") { return reference(text).map { .cross(.notAfter, $0) } }
        if let text = rest("minor units by") { return reference(text).map { .cross(.minorUnits, $0) } }
        if let text = rest("same start") {
            let words = text.split(separator: " ")
            guard words.count == 3, words[1] == "as", let count = Int(words[0]), count > 0 else { return nil }
            return reference(words[2]).map { .cross(.sameStart(count), $0) }
        }
        return nil
    }

    /// A verb, then numbers.
    private static func measured(_ cell: String) -> ProfileCheck? {
        let words = cell.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2 else { return nil }
        let text = words[1]
        switch words[0] {
        case "occurs": return range(text).map { .occurs($0) }
        case "length": return range(text).map { .text(.length($0)) }
        case "total": return range(text).map { .total($0) }
        case "within": return range(text).map { .text(.within($0)) }
        case "decimals": return Int(text).map { .text(.decimals($0)) }
        case "digits": return Int(text).map { .text(.digits($0)) }
        case "amount":
            guard let (low, high) = ends(text), let least = ProfileAmount(low ?? "0"),
                let most = ProfileAmount(high ?? "999999999999999999")
            else { return nil }
            return .text(.amount(least.units, most.units))
        case "address":
            let forms = list(text)
            guard !forms.isEmpty, forms.allSatisfy({ $0 == "structured" || $0 == "hybrid" }) else { return nil }
            return .address(structured: forms.contains("structured"), hybrid: forms.contains("hybrid"))
        default: return nil
        }
    }

    private static func list(_ text: Substring) -> [String] {
        text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    }

    /// `A..B` as its ends; nil for one that is open, written `*`.
    private static func ends(_ text: Substring) -> (String?, String?)? {
        guard let dots = text.firstRange(of: "..") else { return nil }
        let (low, high) = (text[..<dots.lowerBound], text[dots.upperBound...])
        guard !low.isEmpty, !high.isEmpty else { return nil }
        return (low == "*" ? nil : String(low), high == "*" ? nil : String(high))
    }

    private static func range(_ text: Substring) -> ClosedRange<Int>? {
        guard let (low, high) = ends(text) else { return nil }
        let least = low.map { Int($0) } ?? -9_999_999
        let most = high.map { Int($0) } ?? 9_999_999
        guard let least, let most, least <= most else { return nil }
        return least...most
    }
}
