import Testing

@Suite("The repository speaks of the product alone") struct TextTests {
    @Test("No path of one machine, no host of a package registry") func words() {
        let words = [
            "/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/", "registry" + ".npmjs", "pypi" + ".org", "proxy" + ".golang",
            "static" + ".crates", "repo1" + ".maven", "repo.maven" + ".apache", "rubygems" + ".org",
        ]
        let findings = Repository.files.flatMap { file in
            file.lines.enumerated().flatMap { index, line in
                words.filter(line.contains).map { Finding(path: file.path, line: index + 1, says: $0) }
            }
        }
        Repository.expectNone(findings, mend: "say it without the machine it was written on")
    }

    @Test("A page has one title and no broken way to another page") func pages() {
        let paths = Set(Repository.files.map(\.path))
        var findings: [Finding] = []
        for page in Repository.files where page.path.hasSuffix(".md") {
            let prose = withoutCode(page.lines)
            let titles = prose.filter { $0.text.hasPrefix("# ") }
            if titles.count != 1 {
                let line = titles.dropFirst().first?.number ?? 1
                findings.append(Finding(path: page.path, line: line, says: "\(titles.count) titles"))
            }
            for (number, target) in prose.flatMap(links) where !exists(target, from: page.path, in: paths) {
                findings.append(Finding(path: page.path, line: number, says: "no file \(target)"))
            }
        }
        Repository.expectNone(findings, mend: "one `# ` line a page; links name files that are there")
    }

    private struct Line {
        var number: Int
        var text: String
    }

    private func withoutCode(_ lines: [String]) -> [Line] {
        var fenced = false
        return lines.enumerated().compactMap { index, line in
            if line.hasPrefix("```") {
                fenced.toggle()
                return nil
            }
            return fenced ? nil : Line(number: index + 1, text: line)
        }
    }

    /// Targets of `[words](target)` that are files.
    private func links(_ line: Line) -> [(Int, String)] {
        line.text.split(separator: "](").dropFirst().compactMap { part in
            guard let end = part.firstIndex(of: ")") else { return nil }
            let target = part[..<end].prefix { $0 != "#" }
            return target.isEmpty || target.contains("://") ? nil : (line.number, String(target))
        }
    }

    private func exists(_ target: String, from page: String, in paths: Set<String>) -> Bool {
        var parts = page.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(String(part)) }
        }
        let path = parts.joined(separator: "/")
        return paths.contains(path) || paths.contains { $0.hasPrefix(path + "/") }
    }
}
