import FoundationEssentials
import Mapping
import Testing

/// The page that says how to write a profile lists every check, and no other.
@Suite struct ProfileDocsTests {
    private static let page: [String] = {
        let url = MappingFiles.root.appending(path: "docs/profiles.md")
        let text = (try? Data(contentsOf: url)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").map(String.init)
    }()

    /// The rows of the table that begins with a header.
    private func rows(below header: String) -> [String] {
        guard let start = Self.page.firstIndex(of: header) else { return [] }
        return Array(Self.page[(start + 2)...].prefix { $0.hasPrefix("|") })
    }

    @Test func everyCheckIsDocumentedAsTheCodeSaysIt() {
        let expected = ProfileTables.vocabulary.map { check in
            "| `\(check.words.replacing("|", with: "\\|"))` | \(check.asks) |"
        }
        #expect(rows(below: "| check | asks |") == expected)
    }

    @Test func everySetOfCharactersIsDocumentedAsTheCodeSaysIt() {
        #expect(rows(below: "| set | holds |") == ProfileTables.characterSets.map { "| `\($0.name)` | \($0.says) |" })
    }

    @Test func everyProfileIsOnThePage() {
        let listed = rows(below: "| profile | messages | rail |")
        #expect(listed.count == ProfileFiles.profiles.names.count)
        for name in ProfileFiles.profiles.names {
            #expect(listed.contains { $0.hasPrefix("| `\(name)` |") }, "\(name)")
        }
    }
}
