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
            for index in 0..<count { writeElement(index, of: PaymentFields.lists[list], payment, &json) }
        }
        json.endObject()
    }

    /// By field.
    private static let keys = PaymentFields.all.map { JSONKey($0.name) }

    private static func writeElement(_ index: Int, of list: FieldList, _ payment: Payment, _ json: inout JSONWriter) {
        let place = "\(list.name.dropLast())\(index)]"
        if PaymentFields.field(list.name) == nil, isEmpty(index, of: list, payment) { json.member(place, "") }
        for field in PaymentFields.inList(list.name) {
            guard let value = field.get(payment, index) else { continue }
            json.member(place + field.name.dropFirst(list.name.count), value.text)
        }
    }

    /// An element that says nothing still has its place.
    private static func isEmpty(_ index: Int, of list: FieldList, _ payment: Payment) -> Bool {
        PaymentFields.inList(list.name).allSatisfy { $0.get(payment, index) == nil }
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
        guard let open = key.firstIndex(of: "["), let close = key.firstIndex(of: "]"), open < close else {
            guard let field = PaymentFields.field(key), field.list == nil, let value = field.kind.value(from: text)
            else { return false }
            return field.set(&payment, value)
        }
        let listName = key[..<open] + "[]"
        let name = listName + key[key.index(after: close)...]
        guard let index = Int(key[key.index(after: open)..<close]), let list = PaymentFields.list(String(listName))
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
