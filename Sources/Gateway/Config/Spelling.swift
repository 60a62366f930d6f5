/// Finds the name that was perhaps meant by one that is not known.
enum Spelling {
    /// The nearest of the names, if it is near enough to be a slip; letters' case counts for nothing.
    static func nearest(_ word: String, in names: some Sequence<String>) -> String? {
        let limit = max(2, word.count / 3)
        let found = names.sorted().map { (name: $0, distance: distance(word.lowercased(), $0.lowercased())) }
        return found.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.name
    }

    /// Letters to insert, remove or replace (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var before = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let replaced = before + (letter == other ? 0 : 1)
                before = row[column + 1]
                row[column + 1] = min(replaced, before + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
