/// What to do about a finding of the wire and of the schema, for the person at the keyboard. A rail's rules bring their
/// own mends in their tables.
enum Mends {
    /// - Parameter rule: `XMLError.Reason` by its raw value.
    static func wire(_ rule: String, says: String) -> String {
        switch rule {
        case "empty": "Put a message into the file."
        case "documentTooLarge": "Split the file: one message, or fewer, in each."
        case "tooManyElements", "tooManyNames", "tooManyNamespaces", "tooManyAttributes", "textTooLong":
            "Send fewer or shorter elements."
        case "tooDeep": "Take wrappers away: no message of ISO 20022 nests so deep."
        case "doctype": "Remove the <!DOCTYPE ...> declaration; a message needs none."
        case "encodingNotAllowed": "Save the file as UTF-8 and say so in its first line."
        case "encodingContradicted": "Make the encoding of the first line that of the bytes; UTF-8 is safe."
        case "invalidEncoding": "Save the file as UTF-8, or name its true encoding in the first line."
        case "malformed": malformed(says)
        default: ""
        }
    }

    private static func malformed(_ says: String) -> String {
        if says.contains("tag mismatch") { return "Close the element by the name that opened it, letter for letter." }
        if says.hasPrefix("Premature end") { return "The file breaks off: get it anew, or close what is open." }
        if says.hasPrefix("Extra content") {
            return "Keep one message to a file, or put a root element around several; remove what follows it."
        }
        if says.hasPrefix("Start tag expected") { return "Begin the file with <, the start of its root element." }
        if says.hasPrefix("Namespace prefix") { return "Declare the prefix by xmlns:PREFIX, or remove it." }
        if says.contains("redefined") { return "Keep one of the attributes of this name." }
        if says.contains("xmlChar") || says.contains("not allowed") || says.contains("invalid character") {
            return "Remove the character: XML has no control characters but tab and line breaks."
        }
        if says.contains("Entity") || says.contains("EntityRef") {
            return "Write & as &amp; and < as &lt;: only the five entities of XML are known."
        }
        return "Mend the markup at this place; an XML editor shows it."
    }

    /// - Parameter rule: of the gateway's own rules for a credit transfer.
    static func business(_ rule: String) -> String {
        switch rule {
        case "transactions.one": "Send one transaction to a message, and 1 in NbOfTxs."
        case "transaction.identified": "Add PmtId/TxId."
        case "debtor-agent.named": "Add the agent's BICFI or ClrSysMmbId."
        case "settlement.clearing": "Write CLRG, and the clearing system in ClrSys."
        case "amount.present": "Add IntrBkSttlmAmt with its currency."
        case "currency.listed": "Write a currency that ISO 4217 lists."
        case "amount.positive": "Write an amount above zero."
        case "amount.minor-unit": "Write no more decimals than the currency has."
        case "totals.agree", "totals.currency": "Make the header's total the sum of the transactions."
        case "creditor-iban.check-digits", "debtor-iban.check-digits": "Ask for the IBAN anew: a digit is wrong."
        case "creditor-account.named": "Add the creditor's account: an IBAN, a number or an alias."
        default: ""
        }
    }

    /// - Parameters:
    ///   - rule: `XMLSchemaRule` by its raw value.
    ///   - path: of the element or attribute at fault; its name says what it should hold.
    static func schema(_ rule: String, says: String, path: String) -> String {
        let name = lastStep(path)
        switch rule {
        case "cvc-complex-type.2.4": return content(says, name)
        case "cvc-complex-type.2": return "Remove the text that stands between the elements of \(name)."
        case "cvc-complex-type.4": return "Add the attribute \(quoted(says) ?? "")."
        case "cvc-complex-type.3.2": return "Remove the attribute \(name)."
        case "cvc-type.3.1" where says.hasPrefix("The attribute"): return "Remove the attribute \(name)."
        case "cvc-elt.1": return "Use the root element that the definition in the namespace has."
        case "cvc-maxLength-valid", "cvc-length-valid":
            return "Shorten \(name)\(measure(says).map { " to at most \($0) characters" } ?? "")."
        case "cvc-minLength-valid": return "Fill \(name), or leave the element out."
        case "cvc-totalDigits-valid": return "Write at most \(measure(says) ?? "18") digits in all."
        case "cvc-fractionDigits-valid": return "Write at most \(measure(says) ?? "5") digits after the point."
        case "cvc-minInclusive-valid", "cvc-minExclusive-valid":
            return "Write a number that is not below \(measure(says) ?? "the least")."
        case "cvc-maxInclusive-valid", "cvc-maxExclusive-valid":
            return "Write a number that is not above \(measure(says) ?? "the greatest")."
        case "cvc-enumeration-valid":
            return listed(says).map { "Write one of \($0)." } ?? "Write a code that the schema lists."
        case "cvc-elt" where says.contains("nillable"): return "Remove xsi:nil; leave the element out instead."
        default: return form(of: name) ?? pattern(says) ?? "Write a value that the schema allows for \(name)."
        }
    }

    private static func content(_ says: String, _ name: String) -> String {
        let wanted = listed(says)
        if says.hasPrefix("Missing child") { return "Add \(wanted ?? "what is missing") within \(name)." }
        guard let wanted else { return "Remove \(name): nothing may stand here." }
        return "Put \(wanted) here; \(name) is unknown, stands twice or stands in the wrong order."
    }

    /// What elements hold whose names tell it.
    private static let forms: [(ending: String, says: String)] = [
        ("UETR", "Write a UUID of version 4 in lower case, such as b81f02d6-4a7c-4e35-8c90-51f6a2d3e713."),
        ("BICFI", "Write a BIC: 8 or 11 capital letters and digits, such as ABCDKENAXXX."),
        ("AnyBIC", "Write a BIC: 8 or 11 capital letters and digits, such as ABCDKENAXXX."),
        ("IBAN", "Write the IBAN in capitals, without spaces: country, two check digits, account."),
        ("LEI", "Write the LEI: 18 capital letters and digits, then two check digits."),
        ("Ccy", "Write the currency as three capital letters of ISO 4217, such as EUR."),
        ("Ctry", "Write the country as two capital letters of ISO 3166, such as KE."),
        ("CtryOfRes", "Write the country as two capital letters of ISO 3166, such as KE."),
        ("NbOfTxs", "Write the number of transactions in digits."),
        ("DtTm", "Write a date and a time with its offset, such as 2026-03-02T08:15:30Z."),
        ("CreDt", "Write a date and a time that end in Z, such as 2026-03-02T08:15:30Z."),
        ("Dt", "Write a day that exists as YYYY-MM-DD."),
        ("Amt", "Write the amount in digits with a point, such as 1250.00: no comma, no sign, no exponent."),
        ("CtrlSum", "Write the sum in digits with a point, such as 1250.00."),
        ("PhneNb", "Write the number as +254-711000111: plus, country, hyphen, digits."),
        ("MobNb", "Write the number as +254-711000111: plus, country, hyphen, digits."),
        ("Ind", "Write true or false."),
    ]

    private static func form(of name: String) -> String? {
        forms.first { name == $0.ending }?.says ?? forms.first { name.hasSuffix($0.ending) }?.says
    }

    private static func pattern(_ says: String) -> String? {
        guard says.contains("pattern"), let pattern = quotes(says).last else { return nil }
        return "Write a value of the pattern \(pattern)."
    }

    // MARK: what a sentence of the schema holds

    /// The names of `Expected is one of ( A, B )` or of a set, the first few of them.
    private static func listed(_ says: String) -> String? {
        let open = says.lastIndex(of: "(") ?? says.lastIndex(of: "{")
        let close = says.lastIndex(of: ")") ?? says.lastIndex(of: "}")
        guard let open, let close, open < close, says.contains("xpected is") || says.contains("element of the set")
        else { return nil }
        let names = says[says.index(after: open)..<close].split(separator: ",").map { name in
            name.filter { $0 != " " && $0 != "'" }
        }.filter { !$0.isEmpty }
        guard !names.isEmpty else { return nil }
        let shown = names.prefix(8).joined(separator: ", ")
        return names.count > 8 ? "\(shown) or one of \(names.count - 8) more" : shown
    }

    /// The limit that a sentence ends with.
    private static func measure(_ says: String) -> String? { quotes(says).last }

    private static func quoted(_ says: String) -> String? { quotes(says).first }

    private static func quotes(_ says: String) -> [String] {
        let parts = says.split(separator: "'", omittingEmptySubsequences: false)
        return parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    private static func lastStep(_ path: String) -> String {
        let step = path.split(separator: "/").last.map(String.init) ?? path
        let name = step.prefix { $0 != "[" }
        return String(name.first == "@" ? name.dropFirst() : name)
    }
}
