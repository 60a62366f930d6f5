import FormatJSON
import Payments

/// The form of one JSON value of FSPIOP 1.1 §7.
indirect enum Form: Sendable {
    case text(ClosedRange<Int>)
    /// A person's name: letters of any script, digits and the few marks that names have.
    case name
    /// What a party calls itself; a firm's name may hold `&` and brackets.
    case partyName
    /// Degrees up to this, with six decimals at most.
    case degrees(Int)
    case choice([String])
    case correlationId, fspId, amount, currency, dateTime, date, ilpPacket, condition, errorCode
    /// So many digits; `firstNotZero` as BopCode wants it.
    case digits(ClosedRange<Int>, firstNotZero: Bool)
    case subScenario
    case object([Member])
    case list(ClosedRange<Int>, Form)

    struct Member: Sendable {
        var name: String
        var form: Form
        var required: Bool
    }

    static func must(_ name: String, _ form: Form) -> Member { Member(name: name, form: form, required: true) }
    static func may(_ name: String, _ form: Form) -> Member { Member(name: name, form: form, required: false) }

    /// Refuses the first thing that is wrong, with its path.
    func check(_ value: JSONValue, _ path: String) throws(Refusal) {
        switch self {
        case .object(let members):
            guard let object = value.object else {
                throw .malformed(path.isEmpty ? "The body" : path, "is not an object")
            }
            for member in members {
                let inner = path.isEmpty ? member.name : "\(path).\(member.name)"
                guard let value = object[member.name] else {
                    if member.required { throw .missing(inner) }
                    continue
                }
                try member.form.check(value, inner)
            }
        case .list(let count, let form):
            guard let elements = value.array else { throw .malformed(path, "is not a list") }
            guard elements.count <= count.upperBound else {
                throw .fspiop(
                    .schema, ErrorCode.tooManyElements, "contentTooLong", path: path, rule: "FSPIOP 1.1 §7.4.3",
                    says: "\(path) has more than \(count.upperBound) elements")
            }
            guard elements.count >= count.lowerBound else { throw .malformed(path, "has too few elements") }
            for (index, element) in elements.enumerated() { try form.check(element, "\(path)[\(index)]") }
        default:
            guard let text = value.string else { throw .malformed(path, "is not a string") }
            guard let wrong = problem(text) else { return }
            throw .malformed(path, wrong)
        }
    }

    private func problem(_ text: String) -> String? {
        switch self {
        case .text(let length):
            let isIn = length.contains(text.unicodeScalars.count) && text.unicodeScalars.contains { $0.value > 0x20 }
            guard isIn else { return "is not \(length.lowerBound) to \(length.upperBound) characters" }
            return text.unicodeScalars.contains(where: Form.isControl) ? "has control characters" : nil
        case .name: return Form.isName(text) ? nil : "is not a name of 1 to 128 letters, digits, spaces and . , ' - _"
        case .partyName: return Form.isPartyName(text) ? nil : "is not a name of 1 to 128 characters without < and >"
        case .degrees(let limit): return Form.isDegrees(text, limit) ? nil : "is not a number of degrees up to \(limit)"
        case .choice(let codes): return codes.contains(text) ? nil : "is not one of \(codes.joined(separator: ", "))"
        case .correlationId: return Form.isCorrelationId(text) ? nil : "is not a UUID in lower case"
        case .fspId: return Headers.isFspId(text) ? nil : "is not a participant name of 1 to 32 characters"
        case .amount: return Form.amountProblem(text)
        case .currency: return Currency(text)?.isListed == true ? nil : "is not a currency of ISO 4217"
        case .dateTime: return Form.isDateTime(text) ? nil : "is not a date and time with milliseconds and offset"
        case .date: return CivilDate(text) == nil ? "is not a date" : nil
        case .ilpPacket: return Form.isPacket(text) ? nil : "is not base64url of at most 32768 characters"
        case .condition: return ILPCondition.isText(text) ? nil : "is not 43 characters of base64url"
        case .errorCode: return ErrorCode.isText(text) ? nil : "is not four digits"
        case .digits(let count, let firstNotZero):
            let digits = text.utf8
            let fits = count.contains(digits.count) && digits.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            return fits && !(firstNotZero && digits.first == 0x30) ? nil : "is not \(count.upperBound) digits"
        case .subScenario:
            let fits = text.utf8.allSatisfy { ($0 >= 0x41 && $0 <= 0x5A) || $0 == 0x5F }
            return fits && (1...32).contains(text.utf8.count) ? nil : "is not 1 to 32 capital letters"
        case .object, .list: return nil
        }
    }

    private static func amountProblem(_ text: String) -> String? {
        guard let currency = Currency("XXX") else { preconditionFailure("three letters are a currency") }
        do throws(AmountRefusal) {
            _ = try Money(text, currency, rule: .fspiop)
            return nil
        } catch {
            return "is wrong: \(error)"
        }
    }

    /// FSPIOP 1.1 §7.3.8: version 1.x wants a UUID, lower case, of a version and the variant that RFC 9562 defines.
    static func isCorrelationId(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        guard (0x31...0x37).contains(bytes[14]), "89ab".utf8.contains(bytes[19]) else { return false }
        return bytes.indices.allSatisfy { index in
            if [8, 13, 18, 23].contains(index) { return bytes[index] == 0x2D }
            return (bytes[index] >= 0x30 && bytes[index] <= 0x39) || (bytes[index] >= 0x61 && bytes[index] <= 0x66)
        }
    }

    /// Line ends and tabs may stand in a note; other control characters are no text.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        (scalar.value < 0x20 && ![0x09, 0x0A, 0x0D].contains(scalar.value)) || (0x7F..<0xA0).contains(scalar.value)
    }

    private static let nameMarks: Set<Unicode.Scalar> = [
        " ", ".", ",", "'", "-", "\u{2019}", "\u{200C}", "\u{200D}",
    ]

    /// FSPIOP 1.1 §7.2.3 Name, in any script: hubs take accents and combining marks.
    static func isName(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        return (1...128).contains(scalars.count) && scalars.contains { $0 != " " }
            && scalars.allSatisfy { scalar in
                if nameMarks.contains(scalar) { return true }
                switch scalar.properties.generalCategory {
                case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                    .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
                    return true
                default: return false
                }
            }
    }

    /// FSPIOP 1.1 §7.3.25 has no pattern of its own. Refused is what no name holds: markup, control and format
    /// characters.
    static func isPartyName(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        return (1...128).contains(scalars.count) && scalars.contains { !$0.properties.isWhitespace }
            && scalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return false
                case .format: return scalar == "\u{200C}" || scalar == "\u{200D}"
                default: return scalar != "<" && scalar != ">"
                }
            }
    }

    /// FSPIOP 1.1 §7.3.19, §7.3.20: sign, degrees without a leading zero, six decimals at most.
    static func isDegrees(_ text: String, _ limit: Int) -> Bool {
        var rest = Array(text.utf8)[...]
        if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
        let parts = rest.split(separator: 0x2E, omittingEmptySubsequences: false)
        let isDigits = parts.allSatisfy { $0.allSatisfy { (0x30...0x39).contains($0) } && !$0.isEmpty }
        guard isDigits, (1...2).contains(parts.count), parts[0].count <= 3, parts.count == 1 || parts[1].count <= 6,
            parts[0].count == 1 || parts[0].first != 0x30
        else { return false }
        let degrees = parts[0].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return degrees < limit || (degrees == limit && parts.dropFirst().allSatisfy { $0.allSatisfy { $0 == 0x30 } })
    }

    /// FSPIOP 1.1 §7.2.5: exactly three digits of milliseconds, and `Z` or an offset; hours to 23, years from 1000.
    static func isDateTime(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let moment = DateTime(text), moment.hasOffset, bytes.count == 24 || bytes.count == 29 else {
            return false
        }
        return bytes[0] != 0x30 && !bytes[11..<13].elementsEqual("24".utf8) && bytes[19] == 0x2E
            && bytes[20..<23].allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            && (bytes[23] == 0x5A || bytes[23] == 0x2B || bytes[23] == 0x2D)
    }

    private static func isPacket(_ text: String) -> Bool {
        (1...ILPPacket.longestText).contains(text.utf8.count) && Base64.decode(url: text) != nil
    }
}

/// The bodies of FSPIOP 1.1 §6, as far as a sender can get them wrong.
enum BodyRules {
    static let party: Form = .object([
        Form.must("party", partyForm)
    ])

    static let quotesPost: Form = .object([
        Form.must("quoteId", .correlationId), Form.must("transactionId", .correlationId),
        Form.may("transactionRequestId", .correlationId), Form.must("payee", partyForm), Form.must("payer", partyForm),
        Form.must("amountType", .choice(["SEND", "RECEIVE"])), Form.must("amount", money), Form.may("fees", money),
        Form.must("transactionType", transactionType), Form.may("geoCode", geoCode),
        Form.may("note", .text(1...128)), Form.may("expiration", .dateTime), Form.may("extensionList", extensionList),
    ])

    static let quotesPut: Form = .object([
        Form.must("transferAmount", money), Form.may("payeeReceiveAmount", money), Form.may("payeeFspFee", money),
        Form.may("payeeFspCommission", money), Form.must("expiration", .dateTime), Form.may("geoCode", geoCode),
        Form.must("ilpPacket", .ilpPacket), Form.must("condition", .condition),
        Form.may("extensionList", extensionList),
    ])

    static let transfersPost: Form = .object([
        Form.must("transferId", .correlationId), Form.must("payeeFsp", .fspId), Form.must("payerFsp", .fspId),
        Form.must("amount", money), Form.must("ilpPacket", .ilpPacket), Form.must("condition", .condition),
        Form.must("expiration", .dateTime), Form.may("extensionList", extensionList),
    ])

    static let transfersPut: Form = .object([
        Form.may("fulfilment", .condition), Form.may("completedTimestamp", .dateTime),
        Form.must("transferState", .choice(["RECEIVED", "RESERVED", "COMMITTED", "ABORTED"])),
        Form.may("extensionList", extensionList),
    ])

    static let transfersPatch: Form = .object([
        Form.must("completedTimestamp", .dateTime),
        Form.must("transferState", .choice(["RECEIVED", "RESERVED", "COMMITTED", "ABORTED"])),
        Form.may("extensionList", extensionList),
    ])

    static let error: Form = .object([
        Form.must(
            "errorInformation",
            .object([
                Form.must("errorCode", .errorCode), Form.must("errorDescription", .text(1...128)),
                Form.may("extensionList", extensionList),
            ]))
    ])

    private static let money: Form = .object([Form.must("amount", .amount), Form.must("currency", .currency)])

    private static let extensionList: Form = .object([
        Form.must(
            "extension",
            .list(1...16, .object([Form.must("key", .text(1...32)), Form.must("value", .text(1...128))])))
    ])

    private static let geoCode: Form = .object([
        Form.must("latitude", .degrees(90)), Form.must("longitude", .degrees(180)),
    ])

    private static let partyForm: Form = .object([
        Form.must("partyIdInfo", partyIdInfo),
        Form.may("merchantClassificationCode", .digits(1...4, firstNotZero: false)),
        Form.may("name", .partyName),
        Form.may(
            "personalInfo",
            .object([
                Form.may(
                    "complexName",
                    .object([
                        Form.may("firstName", .name), Form.may("middleName", .name), Form.may("lastName", .name),
                    ])),
                Form.may("dateOfBirth", .date),
            ])),
    ])

    private static let partyIdInfo: Form = .object([
        Form.must("partyIdType", .choice(PartyName.idTypes)),
        Form.must("partyIdentifier", .text(1...PartyName.longest)),
        Form.may("partySubIdOrType", .text(1...PartyName.longest)), Form.may("fspId", .fspId),
        Form.may("extensionList", extensionList),
    ])

    private static let transactionType: Form = .object([
        Form.must("scenario", .choice(["DEPOSIT", "WITHDRAWAL", "TRANSFER", "PAYMENT", "REFUND"])),
        Form.may("subScenario", .subScenario), Form.must("initiator", .choice(["PAYER", "PAYEE"])),
        Form.must("initiatorType", .choice(["CONSUMER", "AGENT", "BUSINESS", "DEVICE"])),
        Form.may(
            "refundInfo",
            .object([
                Form.must("originalTransactionId", .correlationId), Form.may("refundReason", .text(1...128)),
            ])), Form.may("balanceOfPayments", .digits(3...3, firstNotZero: true)),
    ])
}
