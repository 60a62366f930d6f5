public import Payments

/// Settings of one screening service for one tenant, read and checked. Credentials are none of them: the edge adds its
/// headers on the way out.
///
/// | name | meaning | default |
/// |---|---|---|
/// | path | where the service takes questions, after the address | /screen |
public struct ScreenHTTPConfig: Sendable, Equatable {
    /// Names of the settings.
    public static let names: Set<String> = ["path"]

    public var path: String

    /// Everything that is wrong with the settings, one sentence each; empty when they can be used.
    public static func problems(_ settings: AdapterSettings) -> [String] {
        let path = settings["path"] ?? standardPath
        guard path.utf8.count <= 200, path.utf8.first == 0x2F, path.utf8.allSatisfy(isPathByte) else {
            return ["path must begin with a slash and be at most 200 characters of a path"]
        }
        return []
    }

    /// Nil when `problems` has any.
    public init?(_ settings: AdapterSettings) {
        guard ScreenHTTPConfig.problems(settings).isEmpty else { return nil }
        path = settings["path"] ?? ScreenHTTPConfig.standardPath
    }

    private static let standardPath = "/screen"

    /// RFC 3986 §3.3 pchar and the slash.
    private static func isPathByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "-._~!$&'()*+,;=:@%/".utf8.contains(byte)
    }
}
