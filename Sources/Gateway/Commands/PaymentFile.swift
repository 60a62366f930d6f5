import FormatJSON
import FormatXML
import Foundation
import Mapping
import Payments
import PaymentsEngine

/// A payment from a file, in whatever of our languages it is written.
enum PaymentFile {
    static func read(_ path: String, _ tables: Tables) throws -> Payment {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure.usage("\(path) cannot be read")
        }
        let bytes = [UInt8](data)
        let first = bytes.first { !($0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09) }
        if first == 0x7B { return try canonical(bytes, path) }
        do throws(TranslationError) {
            return try tables.mappings.readISO(bytes, limits: .file).payment
        } catch {
            throw Failure.usage("\(path): \(error)")
        }
    }

    /// Member by member, so that the first one at fault is told with its line.
    private static func canonical(_ bytes: [UInt8], _ path: String) throws -> Payment {
        var places = MemberPlaces()
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(bytes)
            try JSONReader(bytes).read(into: &places)
        } catch {
            throw Failure.usage("\(path): \(error)")
        }
        if let payment = PaymentCodec.read(json) { return payment }
        var readable = JSONObject()
        for member in json.object ?? JSONObject() {
            readable[member.key] = member.value
            guard PaymentCodec.read(.object(readable)) == nil else { continue }
            let offset = places.offsets[member.key] ?? 0
            let line = 1 + bytes.prefix(offset).count { $0 == 0x0A }
            throw Failure.usage("\(path): line \(line), \(member.key): \(fault(member.key, member.value))")
        }
        throw Failure.usage("\(path) is not a canonical payment")
    }

    private static func fault(_ name: String, _ value: JSONValue) -> String {
        guard let text = value.string else { return "write the value as a text in quotes" }
        guard let open = name.firstIndex(of: "["), let close = name[open...].firstIndex(of: "]") else {
            guard let field = PaymentFields.field(name) else { return "no field has this name" }
            return "\(text) is no value of this field: \(field.kind.example)"
        }
        let field = "\(name[...open])]\(name[name.index(after: close)...])"
        guard let known = PaymentFields.field(field) else { return "no field has this name" }
        guard known.kind.value(from: text) == nil else {
            return "elements stand in order, from 0: the one before is missing"
        }
        return "\(text) is no value of this field: \(known.kind.example)"
    }
}

extension FieldKind {
    fileprivate var example: String {
        switch self {
        case .text: "write a text"
        case .money: "write a currency and an amount, as EUR 12.50"
        case .date: "write YYYY-MM-DD"
        case .dateTime: "write a date and a time with its offset, as 2026-11-23T18:34:40.123Z"
        case .count: "write a whole number"
        }
    }
}

/// Where the members of the outermost object stand.
private struct MemberPlaces: JSONSink {
    private(set) var offsets: [String: Int] = [:]
    private var depth = 0

    mutating func beginObject(at offset: Int) -> JSONFlow {
        depth += 1
        return .next
    }

    mutating func endObject(at offset: Int) -> JSONFlow {
        depth -= 1
        return .next
    }

    mutating func key(_ name: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
        if depth == 1 { offsets[String(json: name)] = offset }
        return .next
    }
}
