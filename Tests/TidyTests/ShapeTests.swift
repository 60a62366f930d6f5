import Testing

private let maximumFileLines = 500
private let maximumFunctionLines = 70
private let maximumColumns = 120

/// Uses of `@unchecked Sendable` per room. Only rooms that wrap C or sockets may have any; the number may only go down.
/// Payments has one: the copy-on-write box that keeps a payment small to copy.
private let uncheckedSendable = ["FormatXML": 4, "StoreSQLite": 0, "EdgeHTTP": 0, "Payments": 1]

@Suite("Code that a newcomer can read") struct ShapeTests {
    @Test("Files have at most 500 lines") func files() {
        let findings = Repository.swift.filter { $0.lines.count - 1 > maximumFileLines }
            .map { Finding(path: $0.path, line: maximumFileLines, says: "\($0.lines.count - 1) lines") }
        Repository.expectNone(findings, mend: "split by meaning")
    }

    @Test("Functions have at most 70 lines") func functions() {
        let findings = Repository.swift.flatMap { file -> [Finding] in
            SwiftCode(file.text).functions().filter { $0.length > maximumFunctionLines }
                .map { Finding(path: file.path, line: $0.line, says: "a function of \($0.length) lines") }
        }
        Repository.expectNone(findings, mend: "give its parts names")
    }

    @Test("Lines have at most 120 columns") func columns() {
        let findings = Repository.swift.flatMap { file -> [Finding] in
            // What stands between triple quotes is data, as wide as its format wants it.
            var isData = false
            return file.lines.enumerated().compactMap { index, line -> Finding? in
                let wasData = isData
                if line.ranges(of: "\"\"\"").count % 2 == 1 { isData.toggle() }
                guard !wasData, line.count > maximumColumns else { return nil }
                return Finding(path: file.path, line: index + 1, says: "\(line.count) columns")
            }
        }
        Repository.expectNone(findings, mend: "break the line; make format breaks code, not comments")
    }

    @Test("No marks of unfinished work") func unfinished() {
        let marks = ["TO" + "DO", "FIX" + "ME"]
        find(marks, in: Repository.swift, mend: "finish it, or write what is missing into the documentation")
    }

    @Test("Tests do not sleep and do not skip") func sleeps() {
        let tests = Repository.swift.filter { $0.path.hasPrefix("Tests/") }
        let words = ["Task" + ".sleep", "Thread" + ".sleep", "usleep" + "(", ".disabled" + "(", "XCT" + "Skip"]
        find(words, in: tests, mend: "inject a clock, or wait for the event itself")
    }

    @Test("`@unchecked Sendable` only where C or sockets are wrapped, and no more than today") func unchecked() {
        let word = "@unchecked" + " Sendable"
        for room in Set(Repository.sources.map(\.room)).sorted() {
            let uses = Repository.sources.filter { $0.room == room }
                .flatMap { file in file.lines.filter { $0.contains(word) }.map { _ in file.path } }
            let allowed = uncheckedSendable[room] ?? 0
            #expect(uses.count <= allowed, "\(room) has \(uses.count), may have \(allowed): \(uses)")
        }
    }

    private func find(_ words: [String], in files: [TextFile], mend: String) {
        let findings = files.flatMap { file in
            file.lines.enumerated().flatMap { index, line in
                words.filter(line.contains).map { Finding(path: file.path, line: index + 1, says: $0) }
            }
        }
        Repository.expectNone(findings, mend: mend)
    }
}
