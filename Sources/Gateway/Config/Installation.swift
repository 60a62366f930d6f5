import Foundation

/// Where the tables and schemas of this installation are: beside the source tree that built the program, or in the
/// `share` folder next to it, or where INTERLOCK_SHARE says.
enum Installation {
    static let share: String = {
        if let named = ProcessInfo.processInfo.environment["INTERLOCK_SHARE"] { return named }
        let program = URL(fileURLWithPath: executable).resolvingSymlinksInPath()
        var folder = program.deletingLastPathComponent()
        for _ in 0..<6 {
            for candidate in [folder, folder.appendingPathComponent("share/interlock")]
            where FileManager.default.fileExists(atPath: candidate.appendingPathComponent("mappings/codes").path) {
                return candidate.path
            }
            folder = folder.deletingLastPathComponent()
        }
        return FileManager.default.currentDirectoryPath
    }()

    private static var executable: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
