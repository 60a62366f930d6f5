import FormatJSON

/// The part of JSON Schema that the document uses, read anew: what is wrong with a value, each fault with its place.
struct SchemaCheck {
    let document: JSONValue

    func faults(_ value: JSONValue, _ schema: JSONValue, at path: String = "$") -> [String] {
        if let name = schema["$ref"]?.string {
            guard let target = resolve(name) else { return ["\(path): \(name) is nowhere"] }
            return faults(value, target, at: path)
        }
        var faults = (schema["allOf"]?.array ?? []).flatMap { self.faults(value, $0, at: path) }
        if let type = schema["type"]?.string, !isOf(type, value) { return faults + ["\(path): is no \(type)"] }
        if let words = schema["enum"]?.array, !words.contains(value) { faults.append("\(path): is none of \(words)") }
        if let text = value.string { faults += lengthFaults(text, schema, path) }
        if let number = value.int { faults += rangeFaults(number, schema, path) }
        if let items = schema["items"], let array = value.array {
            for (index, item) in array.enumerated() { faults += self.faults(item, items, at: "\(path)[\(index)]") }
        }
        if let object = value.object { faults += memberFaults(object, schema, path) }
        return faults
    }

    func resolve(_ reference: String) -> JSONValue? {
        var place: JSONValue? = document
        for part in reference.split(separator: "/").dropFirst() { place = place?[String(part)] }
        return place
    }

    private func memberFaults(_ object: JSONObject, _ schema: JSONValue, _ path: String) -> [String] {
        let properties = schema["properties"]?.object
        var faults: [String] = []
        for name in schema["required"]?.array?.compactMap(\.string) ?? [] where object[name] == nil {
            faults.append("\(path): lacks \(name)")
        }
        for member in object {
            if let inner = properties?[member.key] {
                faults += self.faults(member.value, inner, at: "\(path).\(member.key)")
            } else if schema["additionalProperties"]?.bool == false {
                faults.append("\(path): \(member.key) is not in the document")
            }
        }
        return faults
    }

    private func lengthFaults(_ text: String, _ schema: JSONValue, _ path: String) -> [String] {
        let count = text.unicodeScalars.count
        if let least = schema["minLength"]?.int, count < least { return ["\(path): is too short"] }
        if let most = schema["maxLength"]?.int, count > most { return ["\(path): is too long"] }
        return []
    }

    private func rangeFaults(_ number: Int, _ schema: JSONValue, _ path: String) -> [String] {
        if let least = schema["minimum"]?.int, number < least { return ["\(path): is too small"] }
        if let most = schema["maximum"]?.int, number > most { return ["\(path): is too large"] }
        return []
    }

    private func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch type {
        case "object": value.object != nil
        case "array": value.array != nil
        case "string": value.string != nil
        case "integer": value.int != nil
        case "boolean": value.bool != nil
        default: false
        }
    }
}
