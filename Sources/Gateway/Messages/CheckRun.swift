/// Many files on all cores: so many at a time, told in the order in which they were named.
struct CheckRun: Sendable {
    let checker: MessageChecker
    /// Files that are read at the same time.
    let width: Int

    /// Files of one piece of work; the results of `window` pieces for each core wait at most.
    private static let greatestPiece = 16
    private static let window = 4

    /// On a thread of the pool, whoever waits for it.
    @concurrent
    private static func check(_ files: [MessageFile], _ checker: MessageChecker) async -> [CheckedFile] {
        files.map { checker.check($0) }
    }

    /// Gives the results piece by piece, in order. What `each` throws ends the run.
    func run(_ files: [MessageFile], each: ([CheckedFile]) throws -> Void) async throws {
        let piece = max(1, min(CheckRun.greatestPiece, files.count / (width * CheckRun.window)))
        let starts = Array(stride(from: 0, to: files.count, by: piece))
        let checker = checker
        try await withThrowingTaskGroup(of: (Int, [CheckedFile]).self) { group in
            var waiting: [Int: [CheckedFile]] = [:]
            var begun = 0
            var told = 0
            func begin() {
                // A slow file holds back those after it: no more begin than may wait for it.
                while begun < starts.count, begun - told < width * CheckRun.window, begun - told - waiting.count < width
                {
                    let number = begun
                    let part = Array(files[starts[number]..<min(files.count, starts[number] + piece)])
                    group.addTask { (number, await CheckRun.check(part, checker)) }
                    begun += 1
                }
            }
            begin()
            while let (number, checked) = try await group.next() {
                waiting[number] = checked
                while let next = waiting.removeValue(forKey: told) {
                    try each(next)
                    told += 1
                }
                begin()
            }
        }
    }
}
