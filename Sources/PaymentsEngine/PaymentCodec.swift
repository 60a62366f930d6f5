public import FormatJSON
public import Payments

/// A payment as one flat JSON object of the canonical names: what the journal holds, what `translate --to canonical`
/// prints, and what a person can read with any SQLite shell.
public enum PaymentCodec {
    /// `{"amount.settlement":"EUR 12.5","creditor.identifiers[0].kind":"MSISDN",...}`; fields without a value are
    /// absent.
    public static func write(_ payment: Payment, into json: inout JSONWriter) {
        json.beginObject()
        PaymentFields.forEachScalar(of: payment) { field, value in
            json.key(keys[field])
            json.string(value.text)
        }
        PaymentFields.forEachFilledList(of: payment) { list, count in
            for index in 0..<count { writeElement(index, of: list, payment, &json) }
        }
        json.endObject()
    }

    /// By field.
    private static let keys = PaymentFields.all.map { JSONKey($0.name) }

    private struct ListKeys {
        let list: String
        let fields: [Field]
        /// An element of the list is a text itself.
        let isPlain: Bool
        /// Of the first elements, each with the keys of its fields.
        let first: [[JSONKey]]

        init(_ list: String) {
            self.list = list
            let fields = PaymentFields.inList(list)
            self.fields = fields
            isPlain = PaymentFields.field(list) != nil
            first = (0..<4).map { index in fields.map { JSONKey(ListKeys.name($0, index, list)) } }
        }

        static func name(_ field: Field, _ index: Int, _ list: String) -> String {
            "\(list.dropLast())\(index)]\(field.name.dropFirst(list.count))"
        }

        func write(_ place: Int, _ index: Int, _ json: inout JSONWriter) {
            guard index < first.count else { return json.key(ListKeys.name(fields[place], index, list)) }
            json.key(first[index][place])
        }
    }

    /// By list.
    private static let listKeys = PaymentFields.lists.map { ListKeys($0.name) }

    private static func writeElement(_ index: Int, of list: Int, _ payment: Payment, _ json: inout JSONWriter) {
        let keys = listKeys[list]
        var isEmpty = true
        for (place, field) in keys.fields.enumerated() {
            guard let value = field.get(payment, index) else { continue }
            isEmpty = false
            keys.write(place, index, &json)
            json.string(value.text)
        }
        // An element that says nothing still has its place.
        if isEmpty, !keys.isPlain { json.member("\(keys.list.dropLast())\(index)]", "") }
    }

    /// Reads what `write` wrote; nil when a name or a value is not of the vocabulary.
    public static func read(_ json: JSONValue) -> Payment? {
        guard let object = json.object else { return nil }
        var payment = Payment()
        var filled: [String: Int] = [:]
        for member in object {
            guard let text = member.value.string, set(member.key, text, &payment, &filled) else { return nil }
        }
        return payment
    }

    private static func set(
        _ key: String, _ text: String, _ payment: inout Payment, _ filled: inout [String: Int]
    ) -> Bool {
        if let field = PaymentFields.index(key), PaymentFields.places[field].isThere {
            guard let value = PaymentFields.places[field].kind.value(from: text) else { return false }
            return PaymentFields.places[field].set(&payment, value)
        }
        guard let open = key.utf8.firstIndex(of: UInt8(ascii: "[")),
            let close = key.utf8.firstIndex(of: UInt8(ascii: "]")), open < close
        else { return false }
        let listName = key[..<open] + "[]"
        let name = listName + key[key.utf8.index(after: close)...]
        guard let index = Int(key[key.utf8.index(after: open)..<close]), let list = PaymentFields.list(String(listName))
        else { return false }
        let count = filled[list.name] ?? 0
        if index == count {
            list.append(&payment)
            filled[list.name] = count + 1
        } else if index != count - 1 {
            return false
        }
        guard let field = PaymentFields.field(String(name)) else { return name == listName && text.isEmpty }
        guard let value = field.kind.value(from: text) else { return false }
        return field.set(&payment, value)
    }
}
