import Foundation

/// A report as CI servers read it: a suite for each file, a case for each part of it. It is written as the files come,
/// the suites to a file beside it first, since their sums stand at the head.
final class JUnitFile {
    private let path: String
    private let bodyPath: String
    private let body: FileHandle
    private var tests = 0
    private var failures = 0
    private var skipped = 0

    init(path: String) throws {
        self.path = path
        bodyPath = path + ".part"
        guard FileManager.default.createFile(atPath: bodyPath, contents: nil),
            let body = FileHandle(forWritingAtPath: bodyPath)
        else { throw Failure.usage("\(path) cannot be written: name a file in a folder that is there") }
        self.body = body
    }

    func note(_ files: [CheckedFile]) throws {
        var text = ""
        for file in files {
            let verdicts = file.parts.map(\.verdict)
            let failed = verdicts.count { $0 == .invalid }
            let passed = verdicts.count { $0 == .unsupported }
            tests += verdicts.count
            failures += failed
            skipped += passed
            text += "  <testsuite name=\(quoted(file.name)) tests=\"\(verdicts.count)\" failures=\"\(failed)\""
            text += " errors=\"0\" skipped=\"\(passed)\">\n"
            for part in file.parts { text += testCase(part, file.name) }
            text += "  </testsuite>\n"
        }
        try body.write(contentsOf: Data(text.utf8))
    }

    private func testCase(_ part: CheckedPart, _ file: String) -> String {
        let name = part.definition.isEmpty ? part.path : "\(part.path) \(part.definition)"
        let head = "    <testcase classname=\(quoted(file)) name=\(quoted(name)) file=\(quoted(file))"
        let told = part.findings.map { finding in
            ["\(file):\(finding.line):\(finding.column) \(finding.name) \(finding.path)", finding.says]
                + (finding.found.isEmpty ? [] : ["found: \(finding.found)"])
                + (finding.mend.isEmpty ? [] : ["mend: \(finding.mend)"])
        }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
        switch part.verdict {
        case .ok where told.isEmpty: return head + "/>\n"
        case .ok: return head + ">\n      <system-out>\(escaped(told))</system-out>\n    </testcase>\n"
        case .unsupported: return head + ">\n      <skipped message=\(quoted(part.unsupported))/>\n    </testcase>\n"
        case .invalid:
            let first = part.findings.first { $0.severity == .error }
            let message = first.map { "\($0.path.isEmpty ? "" : "\($0.path): ")\($0.says)" } ?? ""
            return head + ">\n      <failure type=\(quoted(first?.name ?? "")) message=\(quoted(message))>"
                + escaped(told) + "</failure>\n    </testcase>\n"
        }
    }

    /// Puts head and suites together.
    func finish() throws {
        try body.close()
        let head = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="interlock validate" tests="\(tests)" failures="\(failures)" errors="0" skipped="\(skipped)">

            """
        guard FileManager.default.createFile(atPath: path, contents: Data(head.utf8)),
            let whole = FileHandle(forWritingAtPath: path), let suites = FileHandle(forReadingAtPath: bodyPath)
        else { throw Failure.usage("\(path) cannot be written") }
        try whole.seekToEnd()
        while let piece = try suites.read(upToCount: 1 << 20), !piece.isEmpty { try whole.write(contentsOf: piece) }
        try whole.write(contentsOf: Data("</testsuites>\n".utf8))
        try whole.close()
        try suites.close()
        try FileManager.default.removeItem(atPath: bodyPath)
    }

    private func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// Characters that XML does not have become the mark for what is unreadable.
    private func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
