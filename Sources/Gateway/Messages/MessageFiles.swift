import FormatXML
import Foundation

/// A file to look at.
struct MessageFile: Sendable, Equatable {
    /// As it was named, or the folder's name and the path below it; `-` is standard input.
    var name: String
    /// Found in a folder; a file that a person named is taken for a message whatever it holds.
    var isFound = false
    /// Why it will not be read; nil when it will.
    var refusal: String?
}

/// The files that a command line names, folders walked to their ends.
enum MessageFiles {
    /// What came of reading a file.
    enum Contents {
        case bytes([UInt8])
        case none(why: String)
        /// More bytes than were asked for: from the first of them on.
        case large(MessageStream)
    }

    /// Every file, those of a folder in order of their names. What hides (a name that begins with a point) is passed
    /// over, and a link to a folder is not followed.
    static func list(_ names: [String]) -> [MessageFile] {
        names.flatMap { name -> [MessageFile] in
            guard name != "-", isFolder(name) else { return [MessageFile(name: name)] }
            var found: [MessageFile] = []
            walk(name.count > 1 && name.hasSuffix("/") ? String(name.dropLast()) : name, into: &found, depth: 0)
            if found.isEmpty {
                found.append(MessageFile(name: name, isFound: true, refusal: "there is no file in the folder"))
            }
            return found
        }
    }

    private static let greatestDepth = 64

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func walk(_ folder: String, into found: inout [MessageFile], depth: Int) {
        guard depth < greatestDepth, let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            let why = depth < greatestDepth ? "the folder may not be read" : "the folder lies too deep"
            found.append(MessageFile(name: folder, isFound: true, refusal: why))
            return
        }
        for name in names.sorted() where !name.hasPrefix(".") {
            let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            switch attributes?[.type] as? FileAttributeType {
            case .typeDirectory?: walk(path, into: &found, depth: depth + 1)
            case .typeRegular?: found.append(MessageFile(name: path, isFound: true))
            case .typeSymbolicLink?:
                if !isFolder(path) { found.append(MessageFile(name: path, isFound: true, refusal: linkFault(path))) }
            default:
                found.append(MessageFile(name: path, isFound: true, refusal: "it is no file that holds text"))
            }
        }
    }

    /// A link in a folder may lead to nothing, or to a pipe whose reader waits for ever.
    private static func linkFault(_ path: String) -> String? {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: target)
        switch attributes?[.type] as? FileAttributeType {
        case .typeRegular?: return nil
        case nil, .typeSymbolicLink?: return "the link leads to nothing"
        default: return "it is no file that holds text"
        }
    }

    /// The bytes of a file, at most so many; what is larger is left to be read piece by piece.
    static func read(_ file: MessageFile, greatestBytes: Int) -> Contents {
        if let refusal = file.refusal { return .none(why: refusal) }
        if file.name == "-" { return read(FileHandle.standardInput, greatestBytes) }
        if let attributes = try? FileManager.default.attributesOfItem(atPath: file.name),
            attributes[.type] as? FileAttributeType == .typeRegular,
            let size = attributes[.size] as? NSNumber, size.int64Value > Int64(greatestBytes)
        {
            guard let handle = FileHandle(forReadingAtPath: file.name),
                let first = try? handle.read(upToCount: pieceBytes)
            else { return .none(why: why(file.name)) }
            return .large(MessageStream(first: Array(first), rest: handle, size: size.intValue))
        }
        guard let handle = FileHandle(forReadingAtPath: file.name) else { return .none(why: why(file.name)) }
        defer { try? handle.close() }
        return read(handle, greatestBytes)
    }

    private static let pieceBytes = 1 << 20

    private static func read(_ handle: FileHandle, _ greatestBytes: Int) -> Contents {
        var bytes: [UInt8] = []
        while true {
            let piece: Data?
            do { piece = try handle.read(upToCount: pieceBytes) } catch { return .none(why: "the file cannot be read") }
            guard let piece, !piece.isEmpty else { return .bytes(bytes) }
            bytes.append(contentsOf: piece)
            if bytes.count > greatestBytes {
                return .large(MessageStream(first: bytes, rest: handle, size: nil))
            }
        }
    }

    /// Why there are no bytes.
    private static func why(_ file: String) -> String {
        guard FileManager.default.fileExists(atPath: file) else { return "there is no such file" }
        return FileManager.default.isReadableFile(atPath: file)
            ? "the file cannot be read" : "the file may not be read by this user"
    }
}

/// A file that is not held in memory.
final class MessageStream {
    let form: MessageForm
    /// Bytes in all; nil of a pipe.
    let size: Int?
    /// Bytes that were given so far.
    private(set) var given = 0
    private var first: [UInt8]
    private let rest: FileHandle

    init(first: [UInt8], rest: FileHandle, size: Int?) {
        form = MessageForm(first)
        self.first = first
        self.rest = rest
        self.size = size
    }

    /// - Parameter told: Hears after each piece how many bytes were given.
    func stream(told: @escaping (Int) -> Void) -> XMLStream {
        XMLStream { [self] memory in
            guard given < first.count else {
                first = []
                let got = readPiece(memory)
                given += max(0, got)
                told(given)
                return got
            }
            let count = min(memory.count, first.count - given)
            memory.copyBytes(from: first[given..<given + count])
            given += count
            told(given)
            return count
        }
    }

    private func readPiece(_ memory: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            // At most as many bytes as the memory has.
            let got = read(rest.fileDescriptor, memory.baseAddress, memory.count)
            if got >= 0 || errno != EINTR { return got }
        }
    }
}

/// What a file holds, by its first bytes.
enum MessageForm: Sendable {
    case xml, json, empty, other

    init(_ bytes: [UInt8]) {
        // UTF-16 is read where it is marked; such a file begins with a `<` of two bytes or with a mark.
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0, 0x3C]) {
            self = .xml
            return
        }
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        switch bytes[start...].first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
        case nil: self = .empty
        case 0x3C: self = .xml
        case 0x7B, 0x5B: self = .json
        default: self = .other
        }
    }
}
