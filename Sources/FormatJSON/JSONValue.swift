/// A JSON value as a tree: for configuration, reports, tests and messages off the hot path.
/// Equality is by content: strings byte for byte, numbers by their text, objects whatever the order of their members.
public enum JSONValue: Sendable {
    case object(JSONObject)
    case array([JSONValue])
    case string(String)
    /// The exact text of the number. A text that is none is written as a string.
    case number(String)
    case bool(Bool)
    case null

    public static func parse(_ bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        var builder = JSONTreeBuilder()
        try JSONReader(bytes, limits: limits).read(into: &builder)
        return builder.root
    }

    public static func parse(_ text: String, limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }

    public static func integer(_ value: some FixedWidthInteger) -> JSONValue { .number(String(value)) }

    /// An object of the members that have a value.
    public static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        var object = JSONObject()
        for (key, value) in members where value != nil { object[key] = value }
        return .object(object)
    }
}

extension JSONValue {
    public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
    public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The text of a number.
    public var number: String? { if case .number(let text) = self { text } else { nil } }
    /// The number, when it is written as an integer (no point, no exponent) and fits.
    public var int: Int? { if case .number(let text) = self { Int(text) } else { nil } }
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// The member of this key of an object. Setting nil removes it; setting on what is no object makes it one.
    public subscript(key: String) -> JSONValue? {
        get { object?[key] }
        set {
            var object = self.object ?? JSONObject()
            self = .null
            object[key] = newValue
            self = .object(object)
        }
    }

    /// The element of an array, nil outside it.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The value at a path such as `a.b[2].c` (a leading `$` may stand before it); nil when there is none. A key with a
    /// dot or a bracket is not reachable this way.
    public func at(_ path: String) -> JSONValue? {
        var value = self
        var steps = path.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: true)[...]
        if let first = steps.first, first.first == UInt8(ascii: "$") {
            steps[steps.startIndex] = first.dropFirst()
        }
        for step in steps {
            var parts = step.split(separator: UInt8(ascii: "["), omittingEmptySubsequences: false)[...]
            if let name = parts.popFirst(), !name.isEmpty {
                guard let member = value[String(Substring(name))] else { return nil }
                value = member
            }
            for part in parts {
                guard part.last == UInt8(ascii: "]"), let index = Int(Substring(part.dropLast())),
                    let element = value[index]
                else { return nil }
                value = element
            }
        }
        return value
    }
}

extension JSONValue: Equatable {
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.object(let a), .object(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.string(let a), .string(let b)): sameText(a, b)
        case (.number(let a), .number(let b)): sameText(a, b)
        case (.bool(let a), .bool(let b)): a == b
        case (.null, .null): true
        default: false
        }
    }
}

/// Byte for byte, unlike `==` of String, which holds composed and decomposed letters for the same.
func sameText(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

extension JSONValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .number(String(value)) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// Keeps the order of the members; of two with the same key the later stands.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}

extension JSONValue: CustomStringConvertible {
    /// - Parameter sortedKeys: members in UTF-16 code unit order of their keys, at every level.
    public func bytes(sortedKeys: Bool = false, pretty: Bool = false) -> [UInt8] {
        var writer = JSONWriter(pretty: pretty)
        writer.value(self, sortedKeys: sortedKeys)
        return writer.bytes
    }

    /// The form to sign and to hash: compact, sorted, escapes of RFC 8785 §3.2.2.2. Numbers stand as they were
    /// written,
    /// not in RFC 8785's shortest form: a signed amount is never rewritten.
    public var canonicalBytes: [UInt8] { bytes(sortedKeys: true) }

    public var description: String { String(decoding: bytes(), as: UTF8.self) }
}
