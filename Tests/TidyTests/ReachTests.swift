import Testing

@Suite("Every table and schema is used") struct ReachTests {
    @Test("Every schema is a message that code, a table or its page names, or included by one") func schemas() {
        let schemas = Repository.files(in: "xsd").filter { $0.path.hasSuffix(".xsd") }
        #expect(!schemas.isEmpty)
        // The page of the schemas lists what a bank may validate and no table translates.
        let pages = Repository.files.filter { $0.path == "xsd/README.md" }
        let users =
            Repository.sources + Repository.files(in: "mappings") + Repository.files(in: "conformance") + pages
        let text = users.map(\.text).joined(separator: "\n")
        let messages = schemas.filter { !$0.path.hasPrefix("xsd/components/") }
        var findings = messages.filter { !text.contains($0.stem) }
            .map { Finding(path: $0.path, line: 1, says: "no code, table, case or page names \($0.stem)") }
        var reached = Set(messages.map(\.path))
        var open = messages
        while let schema = open.popLast() {
            for included in schemas where !reached.contains(included.path) {
                let location = "\(included.name)\""
                guard schema.lines.contains(where: { $0.contains("include") && $0.contains(location) }) else {
                    continue
                }
                reached.insert(included.path)
                open.append(included)
            }
        }
        findings += schemas.filter { !reached.contains($0.path) }
            .map { Finding(path: $0.path, line: 1, says: "no message includes it") }
        Repository.expectNone(findings, mend: "include it where it is needed, or delete it")
    }

    @Test("Every table is named by code or by another table") func tables() {
        let tables = Repository.files(in: "mappings").filter { $0.path.hasSuffix(".tsv") || $0.path.hasSuffix(".csv") }
        #expect(!tables.isEmpty)
        let code = Repository.sources + Repository.swift.filter { $0.path.hasPrefix("Tests/") }
        let configured = Repository.files.filter { $0.path.hasSuffix(".yaml") || $0.path.hasSuffix(".yml") }
        // A message's table is found by the namespace of the message: its schema, or the schemas' page, names it.
        let page = Repository.files.filter { $0.path == "xsd/README.md" }
        let findings = tables.filter { table in
            !(code + page + configured + tables).contains { $0.path != table.path && names(table, in: $0) }
        }.map { Finding(path: $0.path, line: 1, says: "nothing names \($0.stem)") }
        Repository.expectNone(findings, mend: "use it, or delete it")
    }

    /// A table is found by its whole name or by the last part of its folder and name; tables also by their bare name.
    private func names(_ table: TextFile, in file: TextFile) -> Bool {
        let camel = table.stem.split(separator: "-").enumerated()
            .map { $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst() }.joined()
        return [table.stem, camel].contains { file.text.contains($0) }
    }
}
