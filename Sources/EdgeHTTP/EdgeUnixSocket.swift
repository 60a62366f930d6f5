import Glibc
import NIOCore
import NIOPosix

/// A socket file that only this user can reach.
enum EdgeUnixSocket {
    /// Makes the folder when missing, refuses one that others can enter, and removes the file of a dead process.
    static func prepare(_ path: String) async throws(EdgeFailure) {
        guard path.utf8.count <= EdgeListener.longestSocketPath else {
            throw .cannotListen(
                address: "unix:\(path)",
                reason: "the path has \(path.utf8.count) bytes, a socket's may have \(EdgeListener.longestSocketPath)")
        }
        let folder = folder(of: path)
        if mkdir(folder, 0o700) != 0 && errno != EEXIST {
            throw .cannotListen(address: "unix:\(path)", reason: "cannot make \(folder): errno \(errno)")
        }
        var facts = stat()
        guard lstat(folder, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == geteuid(),
            facts.st_mode & 0o077 == 0
        else { throw .socketFolderOpen(path: folder) }

        guard lstat(path, &facts) == 0 else { return }
        guard facts.st_mode & S_IFMT == S_IFSOCK else {
            throw .cannotListen(address: "unix:\(path)", reason: "the file is not a socket")
        }
        guard await isDead(path) else { throw .socketInUse(path: path) }
        unlink(path)
    }

    static func protect(_ path: String) throws(EdgeFailure) {
        guard chmod(path, 0o600) == 0 else {
            throw .cannotListen(address: "unix:\(path)", reason: "cannot set its mode: errno \(errno)")
        }
    }

    static func remove(_ path: String) {
        unlink(path)
    }

    /// Only a refused connection proves that nobody listens.
    private static func isDead(_ path: String) async -> Bool {
        do {
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            let channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
            try? await channel.close().get()
            return false
        } catch let error as IOError {
            return error.errnoCode == ECONNREFUSED
        } catch {
            return false
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
