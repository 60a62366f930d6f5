import Foundation
import Mapping
import Payments

/// Every version of a flow table that a payment of this store may have begun with (law 8): kept beside the journal,
/// under the hash of its content.
struct FlowShelf: Sendable {
    private var versions: [String: Flow] = [:]

    /// Keeps the tables in use and reads back those of earlier starts.
    init(folder: String, current: FlowTables, files: [TableFile]) throws {
        let shelf = URL(fileURLWithPath: folder, isDirectory: true).appendingPathComponent("tables/flows")
        try FileManager.default.createDirectory(
            at: shelf, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for file in files where file.name.hasPrefix("flows/") {
            let name = String(file.name.dropFirst("flows/".count).dropLast(".tsv".count))
            guard let flow = current[name] else { continue }
            versions[FlowShelf.key(name, flow.version)] = flow
            let kept = shelf.appendingPathComponent("\(name)@\(flow.version).tsv")
            if !FileManager.default.fileExists(atPath: kept.path) {
                try Data(file.bytes).write(to: kept, options: .atomic)
            }
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: shelf.path).sorted()
        where name.hasSuffix(".tsv") {
            let parts = name.dropLast(".tsv".count).split(separator: "@").map(String.init)
            guard parts.count == 2, versions[FlowShelf.key(parts[0], parts[1])] == nil else { continue }
            let bytes = [UInt8](try Data(contentsOf: shelf.appendingPathComponent(name)))
            let table = try FlowTables(files: [TableFile(name: "flows/\(parts[0]).tsv", bytes: bytes)])
            if let flow = table[parts[0]], flow.version == parts[1] {
                versions[FlowShelf.key(parts[0], parts[1])] = flow
            }
        }
    }

    func flow(_ name: String, _ version: String) -> Flow? { versions[FlowShelf.key(name, version)] }

    private static func key(_ name: String, _ version: String) -> String { "\(name)@\(version)" }
}
