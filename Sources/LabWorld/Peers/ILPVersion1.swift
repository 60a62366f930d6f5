import Crypto
import FormatJSON
import Foundation

/// Interledger packets of version 1 as FSPIOP 1.x uses them, with condition and fulfilment from a secret.
public enum ILPVersion1 {
    /// What a payee promises for one quote.
    public struct Terms: Sendable, Equatable {
        /// Base64url.
        public let packet: String
        public let condition: String
        public let fulfilment: String
    }

    /// What a packet says.
    public struct Payment: Sendable, Equatable {
        /// In minor units of the currency that the transaction names.
        public let minorUnits: UInt64
        public let account: String
        /// The Transaction object, as JSON bytes.
        public let transaction: [UInt8]
    }

    /// The packet of a transaction, and the secret's fulfilment for it: HMAC-SHA256 over the packet's text, keyed with
    /// the base64 text of the secret.
    public static func terms(minorUnits: UInt64, account: String, transaction: [UInt8], secret: [UInt8]) -> Terms {
        var content = withUnsafeBytes(of: minorUnits.bigEndian) { Array($0) }
        content += octets(Array(account.utf8))
        content += octets(Array(Base64URL.encode(transaction).utf8))
        content.append(0)
        let packet = Base64URL.encode([1] + octets(content))
        let key = SymmetricKey(data: Data(Data(secret).base64EncodedString().utf8))
        let fulfilment = Array(HMAC<SHA256>.authenticationCode(for: Data(packet.utf8), using: key))
        return Terms(
            packet: packet, condition: Base64URL.encode(Array(SHA256.hash(data: fulfilment))),
            fulfilment: Base64URL.encode(fulfilment))
    }

    /// Whether this is the preimage of the condition: 32 bytes whose SHA-256 it is.
    public static func opens(_ condition: String, _ fulfilment: String) -> Bool {
        guard let bytes = Base64URL.decode(fulfilment), bytes.count == 32 else { return false }
        return Base64URL.encode(Array(SHA256.hash(data: bytes))) == condition
    }

    /// Reads a packet of type 1; nil for anything that is not exactly one.
    public static func read(_ packet: String) -> Payment? {
        guard let bytes = Base64URL.decode(packet) else { return nil }
        var rest = bytes[...]
        guard rest.popFirst() == 1, var content = takeOctets(&rest), rest.isEmpty, content.count >= 8 else {
            return nil
        }
        let units = content.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        content = content.dropFirst(8)
        guard let account = takeOctets(&content), let data = takeOctets(&content), content.elementsEqual([0]),
            let transaction = Base64URL.decode(String(decoding: data, as: UTF8.self))
        else { return nil }
        return Payment(
            minorUnits: units, account: String(decoding: account, as: UTF8.self), transaction: transaction)
    }

    /// The payee's Interledger address: `g.FSP.type.identifier[.subId]`.
    public static func account(fspId: String, type: String, identifier: String, subId: String? = nil) -> String {
        let tail = subId.map { "." + $0.lowercased() } ?? ""
        return "g.\(fspId).\(type.lowercased()).\(identifier.lowercased())\(tail)"
    }

    private static func octets(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.count < 128 { return [UInt8(bytes.count)] + bytes }
        let length = withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { Array($0.drop { $0 == 0 }) }
        return [0x80 | UInt8(length.count)] + length + bytes
    }

    private static func takeOctets(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let first = rest.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let width = Int(first & 0x7F)
            guard (1...4).contains(width), rest.count >= width else { return nil }
            length = rest.prefix(width).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(width)
        }
        guard rest.count >= length else { return nil }
        defer { rest = rest.dropFirst(length) }
        return rest.prefix(length)
    }
}
