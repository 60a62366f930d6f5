import Foundation
import Testing

@testable import LabWorld

@Suite("What the lab says that it covers")
struct MatrixTests {
    /// The cells of the second column of the tables of docs/lab.md, by the headings that they stand under.
    private static func cited() throws -> [(path: String, scenarios: [String])] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/lab.md"), encoding: .utf8)
        var path = ""
        var rows: [(String, [String])] = []
        for line in page.split(separator: "\n") {
            if line.hasPrefix("## ") { path = "" }
            if line.hasPrefix("### ") { path = String(line.dropFirst(4)) }
            guard !path.isEmpty, line.hasPrefix("| "), !line.hasPrefix("| ending ") else { continue }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            rows.append((path, cells[1].components(separatedBy: "<br>")))
        }
        return rows
    }

    @Test("every scenario stands in the matrix of docs/lab.md, and nothing else does")
    func matrix() throws {
        let cited = try Self.cited()
        let names = Set(Scenario.all.map(\.name))
        #expect(Set(cited.flatMap(\.scenarios)) == names)
        #expect(Set(cited.map(\.path)).count == 9)
    }

    @Test("no two scenarios have one name, and none is left out of the round")
    func names() {
        let names = Scenario.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(ScenarioRun.chosen(nil).count == names.count)
    }
}
