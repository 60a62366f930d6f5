import FormatXML
import Mapping
import Payments

/// Messages at random that are valid by their schema: every element and choice, lists, values in every form that the
/// schema allows, and anything at all where the schema lets anything stand.
struct RandomMessage {
    private var source: IdentitySource
    private let shape: XMLSchemaShape
    private let root: XMLSchemaShape.Element
    private let namespace: String
    private let definition: String
    private let rules: Rules
    private var writer = XMLWriter()
    /// Paths that stand in the message, of which others must not say the same.
    private var said: Set<String> = []
    private var transactions = 0

    /// What holds between elements and no schema says.
    struct Rules {
        /// The list of transactions, and that of their groups.
        var payment = ""
        var batch = ""
        /// Where the number of transactions stands.
        var count = ""
        /// Elements of a transaction that the header must not have as well.
        var alternatives: [String: String] = [:]
    }

    init(seed: UInt64, _ definition: String, _ shape: XMLSchemaShape, _ rules: Rules) throws {
        source = IdentitySource(seed: seed)
        self.shape = shape
        self.definition = definition
        self.rules = rules
        namespace = "urn:iso:std:iso:20022:tech:xsd:\(definition)"
        guard let root = shape.roots.first else { throw XMLWriteError.illegalName(definition) }
        self.root = root
    }

    mutating func next() throws -> [UInt8] {
        (writer, said, transactions) = (XMLWriter(), [], 0)
        try writer.start(root.name)
        try writer.namespace(namespace)
        if root.name == "Document" {
            for element in XMLSchemaShape.elements(shape.content(of: root.type) ?? []) {
                try writer.start(element.name)
                try content(element.type, "", 0)
                writer.end()
            }
        } else {
            try content(root.type, "", 0)
        }
        writer.end()
        let text = String(decoding: writer.bytes, as: UTF8.self)
        let count = max(1, transactions)
        return Array(text.replacing("~COUNT~", with: pick(["\(count)", "0\(count)", "\(count)"])).utf8)
    }

    private mutating func content(_ type: String, _ path: String, _ depth: Int) throws {
        for particle in shape.content(of: type) ?? [] { try particle_(particle, path, depth, isChosen: false) }
    }

    private mutating func particle_(
        _ particle: XMLSchemaShape.Particle, _ path: String, _ depth: Int, isChosen: Bool
    ) throws {
        switch particle {
        case .element(let element):
            let inner = path.isEmpty ? element.name : "\(path)/\(element.name)"
            guard isChosen || element.isMandatory || wants(depth), !isTaken(inner) else { return }
            let most = inner == rules.payment || inner == rules.batch ? 3 : 2
            let number = element.greatest > 1 && below(3) == 0 ? 1 + below(min(most, element.greatest)) : 1
            for _ in 0..<number { try self.element(element, inner, depth) }
        case .sequence(let inner, let isMandatory):
            guard isMandatory || isChosen || wants(depth) else { return }
            for particle in inner { try particle_(particle, path, depth, isChosen: false) }
        case .choice(let inner, let isMandatory):
            guard isMandatory || isChosen || wants(depth), !inner.isEmpty else { return }
            try particle_(inner[below(inner.count)], path, depth, isChosen: true)
        case .any: try anything(1)
        }
    }

    private mutating func wants(_ depth: Int) -> Bool { depth < 4 ? below(5) < 2 : depth < 9 && below(4) == 0 }

    private func isTaken(_ path: String) -> Bool { rules.alternatives[path].map { said.contains($0) } ?? false }

    private mutating func element(_ element: XMLSchemaShape.Element, _ path: String, _ depth: Int) throws {
        said.insert(path)
        if path == rules.batch { said = said.filter { !$0.hasPrefix(path + "/") } }
        try writer.start(element.name)
        let before = transactions
        if let content = shape.content(of: element.type) {
            for particle in content { try particle_(particle, path, depth + 1, isChosen: false) }
        } else {
            let isAmount = element.type.contains("CurrencyAnd") && !element.type.hasPrefix("Implied")
            if isAmount { try writer.attribute("Ccy", pick(["EUR", "JPY", "BHD", "USD", "XXX"])) }
            try writer.text(path == rules.count ? "~COUNT~" : text(element.type, isAmount: isAmount))
        }
        if path == rules.payment { transactions += 1 }
        if path == rules.batch, transactions == before { transactions += 1 }
        writer.end()
    }

    // MARK: Anything

    private mutating func anything(_ depth: Int) throws {
        if definition.hasPrefix("head.") {
            try writer.start(prefix: "ds", "Signature")
            try writer.namespace("http://www.w3.org/2000/09/xmldsig#", prefix: "ds")
            try writer.attribute("Id", "s-\(below(9))")
            try writer.start(prefix: "ds", "SignatureValue")
            try writer.text("YWJj")
            writer.end()
            writer.end()
            return
        }
        switch below(5) {
        case 0:
            try writer.start("Any")
            try writer.namespace("urn:example:any")
        case 1:
            try writer.start(prefix: "x", "Any")
            try writer.namespace("urn:example:x", prefix: "x")
            try writer.attribute(prefix: "x", "kind", "a \"b\" & c")
        case 2:
            try writer.start("Plain")
            try writer.namespace("")
        case 3:
            try writer.start("Own")
            try writer.attribute(prefix: "xml", "lang", "de")
        default:
            try writer.start("Empty")
            try writer.namespace("urn:example:\(below(3))")
        }
        try writer.attribute("no", "\(below(100))")
        if depth < 4, below(2) == 0 {
            try anything(depth + 1)
            if below(2) == 0 {
                try writer.text("mixed < \(below(10)) > & text")
                try anything(depth + 1)
            }
        } else if below(3) > 0 {
            try writer.text("  said & \(below(100)) times ")
        }
        writer.end()
    }

    // MARK: Texts

    private mutating func text(_ type: String, isAmount: Bool) -> String {
        let candidates: [String]
        if isAmount {
            candidates = [
                "100.00", "100", "100.0", "00100.00", "+100", "0", "0.5", ".5", "5.", "12345.67890", "1.00000", "7.125",
                "999999999999999999", "1234567890123.45", "0.00001", "1\(below(1000)).50",
            ]
        } else if type.hasSuffix("Indicator") {
            candidates = ["true", "false", "1", "0"]
        } else if type.hasPrefix("ISO"), type.contains("Date") || type.contains("Time") || type.contains("Year") {
            candidates = Self.times
        } else if shape.value(of: type)?.patterns.isEmpty == false {
            candidates = texts
        } else if type.hasSuffix("Rate") || type.hasSuffix("Number") || type.hasSuffix("Quantity") || type == "Number"
            || type.contains("Amount") || type.hasSuffix("Decimal")
        {
            candidates = ["1", "12", "0.5", "+1.25", "007", "3.50"] + (type == "BaseOneRate" ? ["1.0000000001"] : [])
        } else if type.contains("Binary") {
            candidates = ["YWJj", "YWJjZA=="]
        } else {
            candidates = texts
        }
        guard let value = shape.value(of: type) else { return allowed(candidates, type) }
        if !value.listed.isEmpty { return pick(value.listed.sorted()) }
        let allowed = candidates.filter { value.allows($0) }
        if !allowed.isEmpty { return self.allowed(allowed, type) }
        return Self.rare.first { value.allows($0) } ?? "no text for \(type)"
    }

    /// Facets that the shape does not know: those of numbers and times.
    private mutating func allowed(_ texts: [String], _ type: String) -> String {
        func suits(_ text: String) -> Bool {
            let digits = text.filter(\.isNumber).count
            switch type {
            case "ISODate":
                return text.utf8.count == 10
                    || (text.contains("-") && text.hasPrefix("2027-01-05") && !text.contains("T"))
            case "ISODateTime", "ISONormalisedDateTime": return text.contains("T")
            case "ISOTime": return text.utf8.prefix(3).last == UInt8(ascii: ":")
            case "ISOYear": return text.utf8.count == 4
            case "ISOYearMonth": return text.utf8.count == 7
            case "ISOMonth": return false
            default:
                if type == "Number" { return !text.contains(".") }
                return digits <= 11
            }
        }
        let suiting = texts.filter { suits($0) }
        return pick(suiting.isEmpty ? texts : suiting)
    }

    private static let times = [
        "2026-11-23", "2027-01-05Z", "2027-01-05+02:00", "2026-11-24T10:00:05.000Z", "2026-11-24T10:00:05",
        "2026-11-24T10:00:05+01:00", "2026-11-24T10:00:05.5-05:30", "2026-11-24T24:00:00Z",
        "2026-11-24T23:59:59.123456789Z", "10:00:00", "10:00:00.000Z", "23:59:59+01:00", "2026", "2026-11",
    ]

    private var texts: [String] {
        [
            "BANKDEFF", "BANKKENAXXX", "DEUTDEFF500", "DE", "KE", "EUR", "5493001KJTIIGC8Y1R12", "+49-3012345",
            "DE02120300000000202051", "8a562c67-ca16-48ba-b074-65581be6f011", "MSISDN", "EMAIL", "IBAN", "ACCOUNT_ID",
            "BBAN", "CUID", "TELE", "MBNO", "SHID", "LEIC", "BUSINESS", "DEVICE", "ALIAS", "PERSONAL_ID", "WALLET",
            "CLRG", "INST", "SEPA", "AC04", "NARR", "CUST", "SLEV", "pacs.008.001.08", "7", "12", "00012", "+7", "ab",
            "Zoë & Söhne <GmbH>", " around ", "two  spaces", "漢字", "iso:x", "-", "q", "a\tb", "Ünïcode", "1.5",
            "x/y[2]", "true", "NOTPROVIDED",
        ]
    }

    private static let rare = [
        "1", "12", "123", "1234", "12345678", "a", "ab", "abc", "ABCD", "de", "12345678901", "DE1234567890",
        "US0378331005", "0", "AAAA", "1234567890123456", "https://example.test/", "A", "AB12CD34EF56GH78IJ90",
        "529900T8BM49AURSDO55", String(repeating: "7A", count: 32),
    ]

    private mutating func pick(_ values: [String]) -> String { values[below(values.count)] }
    private mutating func below(_ bound: Int) -> Int { Int(source.next() % UInt64(bound)) }
}

/// A document as what it says: elements with their namespaces, attributes, texts without needless space.
struct CanonicalXML: XMLSink {
    private(set) var lines: [String] = []
    private var path: [String] = []
    /// The element to begin with, by its name and namespace; nil for the document's own.
    private var first: (name: String, namespace: String)?
    private var isOver = false

    static func lines(
        _ bytes: [UInt8], from first: (name: String, namespace: String)? = nil
    ) throws -> [String] {
        var sink = CanonicalXML()
        sink.first = first
        try XMLReader().read(bytes, into: &sink)
        return sink.lines
    }

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        if path.isEmpty, let first {
            let isFirst = first.name == String(xml: name.local) && first.namespace == String(xml: name.namespace)
            guard isFirst, !isOver else { return .next }
        }
        path.append(String(xml: name.local))
        let said = (0..<attributes.count).map { index in
            let attribute = attributes[index]
            return "{\(String(xml: attribute.name.namespace))}\(String(xml: attribute.name.local))"
                + "=\(String(xml: attribute.value))"
        }
        let own = said.filter { !$0.hasPrefix("{http://www.w3.org/2001/XMLSchema-instance}") }.sorted()
        lines.append("<\(path.joined(separator: "/")) {\(String(xml: name.namespace))} \(own.joined(separator: " "))")
        return .next
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        let words = String(xml: bytes).split { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
        if !words.isEmpty, !path.isEmpty {
            lines.append("\(path.joined(separator: "/")) = \(words.joined(separator: " "))")
        }
        return .next
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        guard !path.isEmpty else { return .next }
        lines.append(">\(path.removeLast())")
        isOver = path.isEmpty
        return .next
    }
}
