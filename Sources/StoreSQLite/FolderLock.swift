import Foundation
import Synchronization

/// The claim of one process on a data folder. The kernel drops it when the process ends, however it ends.
final class FolderLock: Sendable {
    enum Mode { case exclusive, shared }

    private let descriptor: Mutex<Int32?>

    /// Fails at once when another process holds the folder, naming it by the id that it wrote into the lock file.
    init(folder: String, mode: Mode) throws(StoreOpenError) {
        let path = folder + "/lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .folder(path: path, reason: FolderLock.reason(errno)) }
        guard flock(file, (mode == .exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 else {
            let code = errno
            let holder = FolderLock.holder(file)
            close(file)
            throw code == EWOULDBLOCK
                ? .held(folder: folder, processID: holder) : .folder(path: path, reason: FolderLock.reason(code))
        }
        let text = Array("\(getpid())\n".utf8)
        // The id is for people; the lock holds without it, so a full disk does not matter here.
        if ftruncate(file, 0) == 0 { _ = pwrite(file, text, text.count, 0) }
        descriptor = Mutex(file)
    }

    deinit { release() }

    func release() {
        let file = descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
        if let file { close(file) }
    }

    private static func holder(_ file: Int32) -> Int? {
        var text = [UInt8](repeating: 0, count: 20)
        let count = pread(file, &text, text.count, 0)
        guard count > 0 else { return nil }
        return Int(String(decoding: text[..<count].prefix { $0 != 0x0A }, as: UTF8.self))
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
