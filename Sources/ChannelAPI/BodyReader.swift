import FormatJSON
import Payments

/// Reads the JSON body of a request; every fault tells its place.
struct BodyReader {
    let json: JSONValue

    init(_ bytes: [UInt8]) throws(Problem) {
        do throws(JSONError) {
            json = try JSONValue.parse(bytes)
        } catch {
            throw .malformed("line \(error.line), column \(error.column): \(error.text)", path: error.path)
        }
    }

    /// Refuses members that are not listed.
    func known(_ path: String, _ names: Set<String>) throws(Problem) { try known(json, path, names) }

    func known(_ json: JSONValue, _ path: String, _ names: Set<String>) throws(Problem) {
        guard let object = json.object else { throw .invalid("is not an object", at: path) }
        for member in object where !names.contains(member.key) {
            throw .invalid(
                "is not known here; known are \(names.sorted().joined(separator: ", "))", at: "\(path).\(member.key)")
        }
    }

    func object(_ json: JSONValue, _ name: String, at path: String) throws(Problem) -> JSONValue {
        guard let inner = json[name] else { throw .invalid("is missing", at: "\(path).\(name)") }
        guard inner.object != nil else { throw .invalid("is not an object", at: "\(path).\(name)") }
        return inner
    }

    func text(_ json: JSONValue, _ name: String, at path: String, limit: Int) throws(Problem) -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.string, !text.isEmpty, text.unicodeScalars.count <= limit else {
            throw .invalid("is not a text of 1 to \(limit) characters", at: "\(path).\(name)")
        }
        guard text.unicodeScalars.allSatisfy({ OrderNames.isText($0) }) else {
            throw .invalid("holds characters that no message can carry", at: "\(path).\(name)")
        }
        return text
    }
}
