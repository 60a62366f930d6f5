import Foundation

/// What a figure was measured on.
enum Machine {
    static var line: String {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let memory = ProcessInfo.processInfo.physicalMemory >> 20
        let kernel = text("/proc/sys/kernel/osrelease")
        let model = text("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
            .flatMap { $0.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } }
        return "\(cores) cores (\(model ?? "unknown model")), \(memory) MiB, Linux \(kernel)"
    }

    static var build: String {
        #if DEBUG
            "debug build: its figures mean nothing"
        #else
            "release build"
        #endif
    }

    /// Load of the last minute: more than a little says that something else was running.
    static var load: String { text("/proc/loadavg").split(separator: " ").first.map(String.init) ?? "unknown" }

    private static func text(_ path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "unknown" }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// Cost of another process, as the kernel counts it.
enum ProcessMeter {
    /// User and system time so far, in seconds.
    static func cpuSeconds(_ process: Int32) -> Double {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return .nan }
        // The name of the program stands in parentheses and may hold spaces.
        let text = String(decoding: data, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return .nan }
        let fields = text[end...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    enum Memory: String {
        case resident = "VmRSS:"
        /// The most that was resident since the process began.
        case peak = "VmHWM:"
    }

    /// Memory in MB, a million bytes each.
    static func megabytes(_ process: Int32, _ memory: Memory) -> Double {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/status") else { return .nan }
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(memory.rawValue) }
        guard let kilobytes = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first else {
            return .nan
        }
        return (Double(kilobytes) ?? .nan) * 1024 / 1_000_000
    }
}

/// Why something could not be measured, for the person who runs it.
struct MeasureFailure: Error, CustomStringConvertible {
    let description: String

    init(_ text: String) { description = text }
}

/// Where the tables, the schemas and the programs are.
enum Place {
    static let program: URL = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).resolvingSymlinksInPath()
    }()

    /// The folder with `mappings` and `xsd` above the program.
    static func root() throws -> URL {
        var folder = program.deletingLastPathComponent()
        for _ in 0..<6 {
            if FileManager.default.fileExists(atPath: folder.appendingPathComponent("mappings/codes").path) {
                return folder
            }
            folder = folder.deletingLastPathComponent()
        }
        throw MeasureFailure("there is no folder `mappings` above \(program.path)")
    }

    static var measure: String { program.path }
    static var interlock: String { program.deletingLastPathComponent().appendingPathComponent("interlock").path }

    /// A new private folder; `below` chooses the disk. Short, since the path of a socket file is.
    static func scratch(_ name: String, below: String) throws -> String {
        let path = "\(below)/\(name)-\(UInt16.random(in: .min ... .max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return path
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
