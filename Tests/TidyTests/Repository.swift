import Foundation
import Testing

/// One text file of the repository, read once.
struct TextFile: Sendable {
    /// Path from the root, `Sources/Payments/Limits.swift`.
    var path: String
    var lines: [String]

    var text: String { lines.joined(separator: "\n") }
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    /// File name without its last ending: `pacs.008.001.08` of `pacs.008.001.08.tsv`.
    var stem: String { name.split(separator: ".").dropLast().joined(separator: ".") }
    /// The folder under `Sources` or `Tests`.
    var room: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
}

/// A rule that a line breaks, and how to mend it.
struct Finding: CustomStringConvertible {
    var path: String
    var line: Int
    var says: String

    var description: String { "\(path):\(line): \(says)" }
}

enum Repository {
    static let root: URL = {
        var url = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url
    }()

    /// Every text file, without what is built or kept by version control.
    static let files: [TextFile] = {
        let hidden: Set<String> = [".build", ".git", "Package.resolved", "lab-state"]
        let endings: Set<String> = [
            "swift", "md", "tsv", "csv", "xsd", "xml", "json", "yaml", "yml", "h", "modulemap", "sh", "txt",
        ]
        let plain: Set<String> = ["Makefile", "LICENSE", ".ci/run", ".swift-format", ".editorconfig", ".gitignore"]
        let walk = FileManager.default.enumerator(atPath: root.path)
        var files: [TextFile] = []
        while let path = walk?.nextObject() as? String {
            if hidden.contains(path) || path.hasPrefix(".build") {
                walk?.skipDescendants()
                continue
            }
            let ending = path.split(separator: ".").last.map(String.init) ?? ""
            guard endings.contains(ending) || plain.contains(path) else { continue }
            guard let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) else {
                continue
            }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            files.append(TextFile(path: path, lines: lines))
        }
        return files.sorted { $0.path < $1.path }
    }()

    static let swift = files.filter { $0.path.hasSuffix(".swift") && $0.path != "Package.swift" }
    static let sources = swift.filter { $0.path.hasPrefix("Sources/") }

    static func files(in folder: String) -> [TextFile] { files.filter { $0.path.hasPrefix(folder + "/") } }

    /// Fails the test with one line per finding.
    static func expectNone(_ findings: [Finding], mend: String) {
        guard !findings.isEmpty else { return }
        let shown = findings.prefix(40).map { "  \($0)" }.joined(separator: "\n")
        let rest = findings.count > 40 ? "\n  and \(findings.count - 40) more" : ""
        Issue.record("\(findings.count) to mend (\(mend)):\n\(shown)\(rest)")
    }
}
