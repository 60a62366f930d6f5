import FormatJSON
import FormatXML
import Foundation
import Mapping
import Payments
import PaymentsEngine

/// Reads a file in whatever of our languages it is written.
struct TranslationSource {
    let tables: Tables
    /// As errors name it.
    let file: String

    /// - Parameter message: What it is, for a JSON that does not show it; nil to recognise it.
    func read(_ bytes: [UInt8], as message: String?) throws -> Translation.Source {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let first = bytes[start...].first { !($0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09) }
        switch first {
        case 0x3C: return try xml(bytes)
        case 0x7B, 0x5B: return try json(bytes, message)
        case nil: throw fault("the file is empty")
        default: throw fault("this is neither XML nor JSON: it begins with none of < { [")
        }
    }

    private func fault(_ says: String, line: Int = 1, column: Int = 1) -> Failure {
        Failure.usage("\(file):\(line):\(column): \(says)")
    }

    private func fault(_ error: TranslationError) -> Failure {
        let path = error.path.isEmpty ? "" : "\(error.path): "
        return fault("\(path)\(error.text) [\(error.rule)]", line: max(1, error.line), column: max(1, error.column))
    }

    private func xml(_ bytes: [UInt8]) throws -> Translation.Source {
        let schemas = tables.schemas
        do throws(TranslationError) {
            let reading = try tables.mappings.readISO(
                bytes,
                validation: .parts { (namespace) throws(XMLSchemaFault) in
                    try schemas.schema(namespace: namespace)
                }, limits: .file)
            return Translation.Source(
                name: "iso20022/\(reading.definition)", payments: reading.payments, kept: reading.kept)
        } catch {
            throw fault(error)
        }
    }

    // MARK: JSON

    private func json(_ bytes: [UInt8], _ message: String?) throws -> Translation.Source {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes)
        } catch {
            throw fault("\(error.path): \(error.text)", line: error.line, column: error.column)
        }
        if let elements = value.array, !elements.isEmpty {
            let payments = try elements.map { try canonical($0, $0.object ?? JSONObject(), bytes) }
            return Translation.Source(name: "canonical", payments: payments, kept: 0)
        }
        let object = value.object ?? JSONObject()
        if message == nil || message == "canonical", isCanonical(object) {
            return Translation.Source(name: "canonical", payments: [try canonical(value, object, bytes)], kept: 0)
        }
        guard let name = message ?? TranslationSource.recognise(object) else {
            throw fault(
                "$: no message that is known here has the members \(object.keys.prefix(6).joined(separator: ", ")); "
                    + "say what it is with --from")
        }
        guard let translator = tables.mappings.translator(name) else {
            let json = tables.mappings.messages.filter { !$0.hasPrefix("iso20022/") }.joined(separator: ", ")
            throw Failure.usage("there is no table \(name): write canonical or one of \(json)")
        }
        do throws(TranslationError) {
            let reading = try translator.read(json: bytes)
            return Translation.Source(name: name, payments: reading.payments, kept: reading.kept)
        } catch {
            throw fault(error)
        }
    }

    /// A message by the members that no other has.
    static func recognise(_ object: JSONObject) -> String? {
        let marks: [(message: String, members: [String])] = [
            ("fspiop/quotes.post", ["quoteId", "payee"]), ("fspiop/transfers.post", ["transferId", "payerFsp"]),
            ("fspiop/quotes.put", ["transferAmount", "ilpPacket"]), ("fspiop/transfers.put", ["transferState"]),
            ("fspiop/error.put", ["errorInformation"]), ("fspiop/parties.put", ["party"]),
        ]
        return marks.first { mark in mark.members.allSatisfy { object[$0] != nil } }?.message
    }

    /// Names of the vocabulary have a point or stand in a list, or are one of the few short ones.
    private func isCanonical(_ object: JSONObject) -> Bool {
        guard TranslationSource.recognise(object) == nil else { return false }
        return object.keys.contains { $0.contains(".") || $0.contains("[") || PaymentFields.field($0) != nil }
    }

    private func canonical(_ value: JSONValue, _ object: JSONObject, _ bytes: [UInt8]) throws -> Payment {
        if let payment = PaymentCodec.read(value) { return payment }
        for member in object.members {
            guard let says = problem(member.key, member.value) else { continue }
            let (line, column) = place(of: member.key, in: bytes)
            throw fault("\(member.key): \(says)", line: line, column: column)
        }
        throw fault("$: the elements of a list are not numbered from 0 on, in order")
    }

    private func problem(_ key: String, _ value: JSONValue) -> String? {
        let name = key.replacing(/\[\d+\]/, with: "[]")
        guard let field = PaymentFields.field(name) else {
            // An element that says nothing still has its place.
            if PaymentFields.list(name) != nil { return nil }
            let meant = Spelling.nearest(name, in: PaymentFields.all.map(\.name)).map { ", did you mean \($0)?" }
            return "no field is named \(name)\(meant ?? "")"
        }
        guard let text = value.string else { return "write the value as a text, in quotation marks" }
        return field.kind.value(from: text) == nil ? "\(text) is no \(field.kind.rawValue)" : nil
    }

    /// Where a member begins; 1, 1 when its name stands there in escapes.
    private func place(of key: String, in bytes: [UInt8]) -> (line: Int, column: Int) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let range = text.firstRange(of: "\"\(key)\"") else { return (1, 1) }
        let before = text[..<range.lowerBound]
        let line = before.utf8.count { $0 == 0x0A } + 1
        let start = before.utf8.lastIndex(of: 0x0A).map { before.utf8.index(after: $0) } ?? before.startIndex
        return (line, before[start...].unicodeScalars.count + 1)
    }
}
