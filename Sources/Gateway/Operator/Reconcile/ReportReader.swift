import FormatJSON
import Foundation
import Payments

/// A neighbour's report of a day, line by line, however long it is: CSV with named columns, or one JSON object a line.
struct ReportReader {
    /// A line that cannot be read: told, counted, and left out.
    struct Fault: Error, Equatable, CustomStringConvertible {
        var line: Int
        var says: String
        var description: String { "line \(line): \(says)" }
    }

    static let columns = ["reference", "direction", "amount", "currency", "state"]
    /// Bytes that one line may have, and one field of it.
    static let longestLine = 64 * 1024
    static let longestField = 1_024
    private static let chunkBytes = 256 * 1024

    private let path: String
    private let handle: FileHandle
    let bytes: Int

    init(path: String) throws {
        self.path = path
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw Failure.usage("\(path) does not exist or cannot be read")
        }
        self.handle = handle
        bytes = ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int) ?? 0
    }

    /// Calls `row` for every line in order; `progress` hears the bytes that were read.
    func each(
        progress: (_ bytes: Int) -> Void = { _ in }, row: (Result<Leg, Fault>) throws -> Void
    ) throws {
        var parser = ReportParser()
        var rest: [UInt8] = []
        var line = 0
        var read = 0
        func take(_ bytes: ArraySlice<UInt8>) throws {
            line += 1
            if let result = try parser.parse(bytes, line, path) { try row(result) }
        }
        while let chunk = try handle.read(upToCount: ReportReader.chunkBytes), !chunk.isEmpty {
            read += chunk.count
            rest.append(contentsOf: chunk)
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                try take(rest[start..<end])
                start = end + 1
            }
            rest.removeFirst(start)
            guard rest.count <= ReportReader.longestLine else {
                throw Failure.usage("\(path):\(line + 1): the line is longer than \(ReportReader.longestLine) bytes")
            }
            progress(read)
        }
        if !rest.isEmpty { try take(rest[...]) }
        guard parser.isBegun else { throw Failure.usage("\(path) is empty: a report has at least its header") }
    }
}

/// One line after the other; the first says which form the report has.
struct ReportParser {
    private enum Form {
        case csv([String: Int])
        case json
    }

    private var form: Form?

    var isBegun: Bool { form != nil }

    init() {}

    /// nil for the header and for lines without anything.
    mutating func parse(_ bytes: ArraySlice<UInt8>, _ line: Int, _ path: String) throws -> Result<
        Leg, ReportReader.Fault
    >? {
        var bytes = bytes
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        if line == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return .failure(ReportReader.Fault(line: line, says: "is not UTF-8"))
        }
        if text.isEmpty { return nil }
        guard let form else {
            if text.hasPrefix("{") {
                form = .json
                return json(text, line)
            }
            form = .csv(try ReportParser.header(text, path))
            return nil
        }
        switch form {
        case .json: return json(text, line)
        case .csv(let places): return csv(text, line, places)
        }
    }

    private static func header(_ text: String, _ path: String) throws -> [String: Int] {
        let names = (fields(text) ?? []).map { $0.lowercased() }
        let missing = ReportReader.columns.filter { !names.contains($0) }
        guard missing.isEmpty else {
            throw Failure.usage(
                "\(path):1: the header lacks \(missing.joined(separator: ", ")): it names the columns "
                    + ReportReader.columns.joined(separator: ","))
        }
        return Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func csv(_ text: String, _ line: Int, _ places: [String: Int]) -> Result<Leg, ReportReader.Fault> {
        guard let fields = ReportParser.fields(text) else { return fault(line, "a quote is not closed") }
        return leg(line) { name in places[name].flatMap { fields.indices.contains($0) ? fields[$0] : nil } }
    }

    private func json(_ text: String, _ line: Int) -> Result<Leg, ReportReader.Fault> {
        guard let value = try? JSONValue.parse(text), value.object != nil else {
            return fault(line, "is not one JSON object")
        }
        return leg(line) { value[$0]?.string }
    }

    private func leg(_ line: Int, _ field: (String) -> String?) -> Result<Leg, ReportReader.Fault> {
        guard let reference = field("reference"), !reference.isEmpty else { return fault(line, "has no reference") }
        guard reference.utf8.count <= ReportReader.longestField else { return fault(line, "the reference is too long") }
        guard let direction = field("direction").flatMap({ Leg.Direction(rawValue: $0.lowercased()) }) else {
            return fault(line, "direction is out or in")
        }
        guard let currency = field("currency").flatMap({ Currency($0) }) else { return fault(line, "has no currency") }
        guard let amount = field("amount").flatMap({ Leg.money($0, currency) }) else {
            return fault(line, "amount is a plain decimal such as 100.00")
        }
        guard let state = field("state").flatMap(ReportParser.state) else {
            return fault(line, "the state \(field("state").map { String($0.prefix(40)) } ?? "") is not known")
        }
        return .success(Leg(names: [reference], direction: direction, amount: amount, state: state))
    }

    private func fault(_ line: Int, _ says: String) -> Result<Leg, ReportReader.Fault> {
        .failure(ReportReader.Fault(line: line, says: says))
    }

    /// Words of the house, and those of the networks.
    static func state(_ word: String) -> Leg.State? {
        switch word.uppercased() {
        case "SETTLED", "COMMITTED", "ACSC", "ACCC", "ACWP", "BLCK", "POSTED": .settled
        case "REJECTED", "ABORTED", "RJCT", "RELEASED", "CANCELLED", "EXPIRED": .rejected
        case "OPEN", "RESERVED", "RECEIVED", "ACSP", "ACCP", "PDNG", "HELD", "PENDING": .open
        default: nil
        }
    }

    /// RFC 4180 within one line; nil when a quote is not closed.
    static func fields(_ text: String) -> [String]? {
        var fields: [String] = []
        var field = ""
        var isQuoted = false
        var rest = text[...]
        while let letter = rest.popFirst() {
            if isQuoted {
                if letter != "\"" {
                    field.append(letter)
                } else if rest.first == "\"" {
                    field.append(rest.removeFirst())
                } else {
                    isQuoted = false
                }
            } else if letter == "\"", field.isEmpty {
                isQuoted = true
            } else if letter == "," {
                fields.append(field)
                field = ""
            } else {
                field.append(letter)
            }
        }
        return isQuoted ? nil : fields + [field]
    }
}
