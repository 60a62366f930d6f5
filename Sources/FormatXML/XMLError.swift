/// A place in a document as an editor shows it, both numbers from 1. For an element it is where its start tag ends.
public struct XMLPosition: Sendable, Equatable, CustomStringConvertible {
    public let line: Int
    /// Byte of the line, in UTF-8; 0 when it is not known.
    public let column: Int

    @inlinable
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public var description: String { column > 0 ? "line \(line), column \(column)" : "line \(line)" }
}

/// Why a document was refused, and where: enough for a user to find and mend the place.
public struct XMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of refusal. Raw values are stable names for logs and counters.
    public enum Reason: String, Sendable, CaseIterable {
        case empty
        case documentTooLarge
        case encodingNotAllowed
        case encodingContradicted
        case invalidEncoding
        case doctype
        case malformed
        case tooDeep
        case tooManyElements
        case tooManyAttributes
        case tooManyNames
        case tooManyNamespaces
        case textTooLong
        /// Of a stream: one item, or what stands between two, is too much.
        case itemTooLarge
        /// A stream broke off, by no fault of the document.
        case unreadable
        /// The document is well-formed and breaks its schema; `schemaErrors` says where.
        case invalid
        /// Our own schema could not be compiled.
        case schemaUnusable
        /// The sink refused a well-formed document; `text` is the sink's own.
        case refused
        case outOfMemory
    }

    public let reason: Reason
    public let position: XMLPosition
    /// The innermost open element, such as `/Document/FIToFICstmrCdtTrf/CdtTrfTxInf[2]`; empty before the root.
    public let path: String
    /// What is wrong, in a sentence without the place.
    public let text: String
    /// In document order, at most `XMLLimits.schemaErrors`; empty unless `reason` is `invalid`.
    public let schemaErrors: [XMLSchemaError]

    public init(
        reason: Reason, position: XMLPosition, path: String = "", text: String, schemaErrors: [XMLSchemaError] = []
    ) {
        self.reason = reason
        self.position = position
        self.path = path
        self.text = text
        self.schemaErrors = schemaErrors
    }

    init(invalid errors: [XMLSchemaError]) {
        let first = errors.first
        self.init(
            reason: .invalid, position: first?.position ?? XMLPosition(line: 0, column: 0), path: first?.path ?? "",
            text: first?.text ?? "The document does not match its schema.", schemaErrors: errors)
    }

    public var line: Int { position.line }
    public var column: Int { position.column }

    public var description: String {
        path.isEmpty ? "\(position): \(text)" : "\(position), \(path): \(text)"
    }
}

/// One way in which a document breaks its schema.
public struct XMLSchemaError: Sendable, Equatable, CustomStringConvertible {
    public let position: XMLPosition
    /// From the root of the validated sub-tree: `/Document/FIToFICstmrCdtTrf/CdtTrfTxInf[2]/IntrBkSttlmAmt/@Ccy`.
    /// The first of its name carries no number.
    public let path: String
    public let rule: XMLSchemaRule
    /// What is wrong, with the offending value, at most `XMLSchemaError.greatestTextBytes` long.
    public let text: String

    public init(position: XMLPosition, path: String, rule: XMLSchemaRule, text: String) {
        self.position = position
        self.path = path
        self.rule = rule
        self.text = text
    }

    public static let greatestTextBytes = 500

    public var line: Int { position.line }
    public var column: Int { position.column }
    public var description: String { "\(position), \(path): \(text) [\(rule.rawValue)]" }
}

/// The rules of XML Schema 1.0 that libxml2 tells apart, by their names in the recommendation (part 1, appendix C).
public enum XMLSchemaRule: String, Sendable, CaseIterable {
    case length = "cvc-length-valid"
    case minLength = "cvc-minLength-valid"
    case maxLength = "cvc-maxLength-valid"
    case minInclusive = "cvc-minInclusive-valid"
    case maxInclusive = "cvc-maxInclusive-valid"
    case minExclusive = "cvc-minExclusive-valid"
    case maxExclusive = "cvc-maxExclusive-valid"
    case totalDigits = "cvc-totalDigits-valid"
    case fractionDigits = "cvc-fractionDigits-valid"
    case pattern = "cvc-pattern-valid"
    case enumeration = "cvc-enumeration-valid"
    case facet = "cvc-facet-valid"
    /// The value is not of its type at all, such as a letter in a number or an impossible date.
    case datatype = "cvc-datatype-valid"
    /// An element is missing, not expected or out of order.
    case elementContent = "cvc-complex-type.2.4"
    /// Text where only elements may be, or elements where only text may be.
    case contentKind = "cvc-complex-type.2"
    case attributeNotAllowed = "cvc-complex-type.3.2"
    case attributeMissing = "cvc-complex-type.4"
    case attributeValue = "cvc-attribute"
    case simpleType = "cvc-type.3.1"
    case type = "cvc-type"
    /// The root is not an element that the schema declares.
    case rootUndeclared = "cvc-elt.1"
    case element = "cvc-elt"
    case wildcard = "cvc-wildcard"
    case identity = "cvc-identity-constraint"
    case other = "schema"

    /// `xmlParserErrors` 1801...1879 of libxml2.
    init(code: Int32) {
        switch code {
        case 1820: self = .attributeNotAllowed
        case 1821, 1861...1864: self = .attributeValue
        case 1823, 1829: self = .facet
        case 1822, 1824...1826: self = .datatype
        case 1827, 1828: self = .simpleType
        case 1830: self = .length
        case 1831: self = .minLength
        case 1832: self = .maxLength
        case 1833: self = .minInclusive
        case 1834: self = .maxInclusive
        case 1835: self = .minExclusive
        case 1836: self = .maxExclusive
        case 1837: self = .totalDigits
        case 1838: self = .fractionDigits
        case 1839: self = .pattern
        case 1840: self = .enumeration
        case 1841...1843, 1873: self = .contentKind
        case 1844, 1871: self = .elementContent
        case 1845: self = .rootUndeclared
        case 1846...1860: self = .element
        case 1865...1867: self = .attributeNotAllowed
        case 1868: self = .attributeMissing
        case 1875, 1876: self = .type
        case 1877: self = .identity
        case 1878: self = .wildcard
        default: self = .other
        }
    }

    /// True for the facets of a simple type: libxml2 reports each of them and then the type as a whole.
    var isFacet: Bool {
        switch self {
        case .length, .minLength, .maxLength, .minInclusive, .maxInclusive, .minExclusive, .maxExclusive, .totalDigits,
            .fractionDigits, .pattern, .enumeration, .facet:
            true
        default: false
        }
    }
}
