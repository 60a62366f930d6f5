/// A payment's own name inside the gateway: 48 bits of milliseconds, 16 bits that name the engine, 64 bits of entropy,
/// so ids sort by time and tell which journal holds them.
public struct PaymentID: Hashable, Sendable, Comparable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init(at instant: Instant, engine: UInt16, entropy: UInt64) {
        high = UInt64(truncatingIfNeeded: instant.milliseconds) << 16 | UInt64(engine)
        low = entropy
    }

    public var engine: UInt16 { UInt16(truncatingIfNeeded: high) }

    /// Twenty-six letters and digits (Crockford base 32), as a ULID is written.
    public var text: String {
        var value = UInt128(high) << 64 | UInt128(low)
        var letters = [UInt8](repeating: 0, count: 26)
        for index in stride(from: 25, through: 0, by: -1) {
            letters[index] = PaymentID.alphabet[Int(value & 31)]
            value >>= 5
        }
        return String(decoding: letters, as: UTF8.self)
    }

    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 26 else { return nil }
        var value: UInt128 = 0
        for (index, byte) in text.utf8.enumerated() {
            guard let digit = PaymentID.alphabet.firstIndex(of: byte) else { return nil }
            if index == 0, digit > 7 { return nil }
            value = value << 5 | UInt128(digit)
        }
        high = UInt64(truncatingIfNeeded: value >> 64)
        low = UInt64(truncatingIfNeeded: value)
    }

    public static func < (left: PaymentID, right: PaymentID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
}

extension PaymentID: CustomStringConvertible {
    public var description: String { text }
}

/// Makes the ids that a network constrains from entropy that was handed in, so a replay makes the same ones.
public struct IdentitySource: Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    /// SplitMix64: the quality that ids need; secrets mix it with a key of their own.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    public mutating func bytes(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        while result.count < count {
            var word = next()
            for _ in 0..<min(8, count - result.count) {
                result.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        return result
    }

    /// A lower-case UUID version 4 (FSPIOP 1.1 §7.2.11 CorrelationId; ISO 20022 UETR).
    public mutating func uuid() -> String {
        var octets = bytes(16)
        octets[6] = octets[6] & 0x0F | 0x40
        octets[8] = octets[8] & 0x3F | 0x80
        let hex = octets.flatMap { [IdentitySource.hex[Int($0 >> 4)], IdentitySource.hex[Int($0 & 15)]] }
        let parts = [hex[0..<8], hex[8..<12], hex[12..<16], hex[16..<20], hex[20..<32]]
        return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
    }

    /// Thirty-two hexadecimal digits: fits Max35Text, where a UUID with hyphens does not.
    public mutating func hexText() -> String {
        let octets = bytes(16)
        return String(
            decoding: octets.flatMap { [IdentitySource.hex[Int($0 >> 4)], IdentitySource.hex[Int($0 & 15)]] },
            as: UTF8.self)
    }

    private static let hex = Array("0123456789abcdef".utf8)
}
