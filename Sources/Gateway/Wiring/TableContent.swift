import Crypto
import Foundation
import Mapping

/// Names of files and of sets of files by what is in them.
enum ContentName {
    static func of(_ bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes).prefix(16)) }

    /// Of a whole set: the names of its files and what is in each.
    static func of(set: [(name: String, content: String)]) -> String {
        var hash = SHA256()
        for file in set.sorted(by: { $0.name < $1.name }) {
            hash.update(data: Array("\(file.name)\t\(file.content)\n".utf8))
        }
        return hex(hash.finalize().prefix(8))
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

/// What a reload would change in one file.
struct TableChange: Sendable, Equatable {
    let name: String
    /// Hashes of the content; nil where the file is new, or gone.
    let before: String?
    let after: String?
    /// Rows that only one of the two has; a row that is changed counts as both. Of a bank's own large tables the
    /// difference of the counts.
    let rowsAdded: Int
    let rowsRemoved: Int

    /// The files that differ, by name.
    static func between(_ old: Installed, _ new: Installed) -> [TableChange] {
        (between(old.files, new.files) + between(old.bankFiles, new.bankFiles)).sorted { $0.name < $1.name }
    }

    private static func between(_ old: [BankFile], _ new: [BankFile]) -> [TableChange] {
        let before = Dictionary(old.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let after = Dictionary(new.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return Set(before.keys).union(after.keys).compactMap { name in
            let (was, will) = (before[name], after[name])
            guard was?.hash != will?.hash else { return nil }
            let more = (will?.lines ?? 0) - (was?.lines ?? 0)
            return TableChange(
                name: name, before: was?.hash, after: will?.hash, rowsAdded: max(0, more), rowsRemoved: max(0, -more))
        }
    }

    static func between(_ old: [TableFile], _ new: [TableFile]) -> [TableChange] {
        let before = Dictionary(old.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let after = Dictionary(new.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return Set(before.keys).union(after.keys).sorted().compactMap { name in
            let (was, will) = (before[name], after[name])
            guard was?.bytes != will?.bytes else { return nil }
            let rows = (old: rows(was), new: rows(will))
            return TableChange(
                name: name, before: was.map { ContentName.of($0.bytes) }, after: will.map { ContentName.of($0.bytes) },
                rowsAdded: missing(rows.new, from: rows.old), rowsRemoved: missing(rows.old, from: rows.new))
        }
    }

    /// How often each line that is neither empty nor a comment stands there.
    private static func rows(_ file: TableFile?) -> [ArraySlice<UInt8>: Int] {
        var rows: [ArraySlice<UInt8>: Int] = [:]
        for line in (file?.bytes ?? []).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) where line.first != 0x23 {
            rows[line, default: 0] += 1
        }
        return rows
    }

    private static func missing(_ rows: [ArraySlice<UInt8>: Int], from others: [ArraySlice<UInt8>: Int]) -> Int {
        rows.reduce(0) { $0 + max(0, $1.value - (others[$1.key] ?? 0)) }
    }
}
