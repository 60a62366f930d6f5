import Crypto
import Payments

/// Keys of the channels, held as SHA-256 only: whoever reads the configuration or the memory of a page learns no key.
public struct APIKeys: Sendable {
    public struct Caller: Sendable, Equatable {
        public var tenant: String
        /// The key's name, for records and the audit log.
        public var key: String

        public init(tenant: String, key: String) {
            self.tenant = tenant
            self.key = key
        }
    }

    private let callers: [(digest: [UInt8], caller: Caller)]

    /// - Parameter keys: SHA-256 in hex, and whose key it is.
    public init(_ keys: [(sha256: String, caller: Caller)]) {
        callers = keys.map { (APIKeys.bytes(hex: $0.sha256), $0.caller) }
    }

    /// Who sent the request, by `Authorization: Bearer KEY` or `X-API-Key: KEY`.
    func caller(of request: WireRequest) -> Caller? {
        let bearer = request.header("Authorization").flatMap(APIKeys.bearer)
        guard let key = bearer ?? request.header("X-API-Key"), !key.isEmpty else { return nil }
        let digest = Array(SHA256.hash(data: Array(key.utf8)))
        var found: Caller?
        // Every key is compared in full, so the time tells nothing of where the digests part.
        for entry in callers where APIKeys.same(entry.digest, digest) { found = entry.caller }
        return found
    }

    /// The scheme's name is the same in any case (RFC 9110 §11.1).
    private static func bearer(_ value: String) -> String? {
        let words = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return String(words[1].drop { $0 == " " })
    }

    private static func same(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func bytes(hex: String) -> [UInt8] {
        let digits = hex.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
