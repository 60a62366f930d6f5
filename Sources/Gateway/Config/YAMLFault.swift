import Yams

/// Where a text stops being YAML, in words for who wrote it.
enum YAMLFault {
    static func place(_ error: any Error, in text: String) -> (line: Int, says: String) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
            .composer(_, let problem, let mark, _)?:
            return (mark.line, "is not YAML: \(problem) at column \(mark.column)")
        case .duplicatedKeysInMapping(let names, let context)?:
            let name = names.first ?? ""
            let line = second(name, from: context.mark.line, column: context.mark.column, in: text)
            return (line, "\(name) stands twice in one list, first in line \(context.mark.line)")
        case .reader(let problem, _, _, _)?: return (1, "is not YAML: \(problem)")
        default: return (1, "is not YAML")
        }
    }

    /// The next line after the first that has the name at the same column; the first when there is none.
    private static func second(_ name: String, from line: Int, column: Int, in text: String) -> Int {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, other) in lines.enumerated().dropFirst(line) {
            let indent = other.prefix { $0 == " " || $0 == "-" }.count
            if indent == column - 1, other.dropFirst(indent).hasPrefix("\(name):") { return index + 1 }
        }
        return line
    }
}
