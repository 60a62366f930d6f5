import Foundation
import Yams

/// A value that never reaches a log or a page: printing shows that it is there, not what it is.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    public let value: String

    public init(_ value: String) { self.value = value }

    public var description: String { "<secret>" }
    public var debugDescription: String { "<secret>" }
}

/// Secrets come from files or the environment, never from the configuration itself; a file that others can read is
/// refused.
enum SecretSource {
    /// - Parameter isOpened: false for commands that only look: where the secret comes from is checked, and what it is
    ///   stays closed, so that they work in the shell of whoever is called at night.
    static func read(_ node: ConfigNode, base: String, isOpened: Bool) -> Secret? {
        guard node.exists else { return nil }
        defer { node.finish() }
        let file = node.node?.mapping == nil ? nil : node.optionalText("file")
        let variable = node.node?.mapping == nil ? nil : node.optionalText("environment")
        switch (file, variable) {
        case (_?, nil) where !isOpened, (nil, _?) where !isOpened: return Secret("not opened by this command")
        case (let file?, nil): return fromFile(ConfigPath.resolve(file, base: base), node)
        case (nil, let variable?):
            guard let value = ProcessInfo.processInfo.environment[variable], !value.isEmpty else {
                node.problem("the environment has no \(variable)")
                return nil
            }
            return plain(value, variable, node)
        default:
            node.problem("a secret is read from a file or the environment: write {file: PATH} or {environment: NAME}")
            return nil
        }
    }

    private static func fromFile(_ path: String, _ node: ConfigNode) -> Secret? {
        guard let text = PrivateFile.text(path, problem: { node.problem($0) }) else { return nil }
        let value = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !value.isEmpty else {
            node.problem("\(path) is empty")
            return nil
        }
        return plain(value, path, node)
    }

    /// A secret goes into a header or a key: a line break in it would begin another header.
    private static func plain(_ value: String, _ place: String, _ node: ConfigNode) -> Secret? {
        guard value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            node.problem("\(place) holds a line break or another control character: a secret is one line")
            return nil
        }
        return Secret(value)
    }
}

/// A file that only its owner (and perhaps its group) may read.
enum PrivateFile {
    static func text(_ path: String, problem: (String) -> Void) -> String? {
        guard check(path, problem: problem) else { return nil }
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else {
            problem("\(path) cannot be read as text")
            return nil
        }
        return text
    }

    static func check(_ path: String, problem: (String) -> Void) -> Bool {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let mode = attributes[.posixPermissions] as? Int
        else {
            problem("\(path) does not exist or cannot be read")
            return false
        }
        guard mode & 0o007 == 0 else {
            problem("\(path) can be read by everybody: chmod 600 \(path)")
            return false
        }
        return true
    }
}

enum ConfigPath {
    /// Relative paths are meant from the configuration's own folder.
    static func resolve(_ path: String, base: String) -> String {
        path.hasPrefix("/") ? path : "\(base)/\(path)"
    }
}
