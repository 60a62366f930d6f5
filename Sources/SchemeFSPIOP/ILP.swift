import Crypto
import Payments

/// An Interledger payment packet of version 1 as FSPIOP 1.x carries it (1.1 §4.1): octet encoding rules, base64url.
struct ILPPacket: Equatable {
    /// In minor units of the transaction's currency.
    var minorUnits: UInt64
    /// The payee's address, `g.FSP.idtype.identifier`.
    var account: String
    /// The FSPIOP Transaction object as JSON text.
    var transaction: [UInt8]

    /// FSPIOP 1.1 §7.2.14: an IlpPacket has at most so many characters.
    static let longestText = 32_768
    /// Interledger packet type "payment".
    private static let paymentType: UInt8 = 1

    init(minorUnits: UInt64, account: String, transaction: [UInt8]) {
        self.minorUnits = minorUnits
        self.account = account
        self.transaction = transaction
    }

    /// Reads a packet; nil for anything that is not exactly one payment packet of version 1.
    init?(_ text: String) {
        guard text.utf8.count <= ILPPacket.longestText, let bytes = Base64.decode(url: text) else { return nil }
        var outer = Octets(bytes[...])
        guard outer.take(1)?.first == ILPPacket.paymentType, let content = outer.takeVariable(), outer.rest.isEmpty
        else { return nil }
        var inner = Octets(content)
        guard let amount = inner.take(8), let account = inner.takeVariable(), let data = inner.takeVariable(),
            inner.rest.elementsEqual([0]), let address = String(validating: account, as: UTF8.self),
            let transaction = Base64.decode(url: String(decoding: data, as: UTF8.self))
        else { return nil }
        minorUnits = amount.reduce(0) { $0 << 8 | UInt64($1) }
        self.account = address
        self.transaction = transaction
    }

    var text: String {
        var content = (0..<8).map { UInt8(truncatingIfNeeded: minorUnits >> (56 - 8 * UInt64($0))) }
        content += Octets.variable(Array(account.utf8))
        content += Octets.variable(Array(Base64.url(transaction).utf8))
        content.append(0)
        return Base64.url([ILPPacket.paymentType] + Octets.variable(content))
    }

    /// `g.<fspId>.<idType>.<identifier>[.<subId>]`, lower case but for the FSP's name.
    static func account(fspId: String, idType: String, identifier: String, subId: String?) -> String {
        let tail = subId.map { ".\($0.lowercased())" } ?? ""
        return "g.\(fspId).\(idType.lowercased()).\(identifier.lowercased())\(tail)"
    }

    /// False for an amount with more minor units than the packet's 64 bits.
    static func holds(_ money: Money) -> Bool {
        var units = money.units / Money.unitsPerWhole
        for _ in 0..<money.currency.exponent { units *= 10 }
        return units < Int128(UInt64.max)
    }

    /// Whole minor units of an amount; nil when it is finer than the minor unit or over 64 bits: nothing is rounded.
    static func minorUnits(_ money: Money) -> UInt64? {
        var unitsPerMinor: Int128 = Money.unitsPerWhole
        for _ in 0..<min(money.currency.exponent, Money.scale) { unitsPerMinor /= 10 }
        guard money.units >= 0, money.units % unitsPerMinor == 0 else { return nil }
        return UInt64(exactly: money.units / unitsPerMinor)
    }
}

/// Condition and fulfilment (FSPIOP 1.1 §6.5.1.3): the preimage of the condition proves that the payee is paid.
enum ILPCondition {
    /// HMAC-SHA256 over the packet's text, keyed with the base64 text of the secret: the rule of the Mojaloop SDK, so
    /// that a fulfilment can be made again from what the far side holds.
    static func fulfilment(packet: String, secret: String) -> String {
        let key = SymmetricKey(data: Array(Base64.standard(Array(secret.utf8)).utf8))
        return Base64.url(Array(HMAC<SHA256>.authenticationCode(for: Array(packet.utf8), using: key)))
    }

    /// The condition that this fulfilment opens; nil when it is not 32 bytes in base64url.
    static func condition(for fulfilment: String) -> String? {
        guard isText(fulfilment), let bytes = Base64.decode(url: fulfilment), bytes.count == 32 else { return nil }
        return Base64.url(Array(SHA256.hash(data: bytes)))
    }

    static func opens(_ fulfilment: String, _ condition: String) -> Bool {
        self.condition(for: fulfilment) == condition
    }

    /// FSPIOP 1.1 IlpCondition and IlpFulfilment: 43 characters of base64url.
    static func isText(_ text: String) -> Bool {
        text.utf8.count == 43 && text.utf8.allSatisfy { Base64.value(url: $0) != nil }
    }
}

/// A reader of octet encoding rules over bytes that somebody else wrote.
private struct Octets {
    var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// A length and that many octets. Lengths of more than three octets cannot stand in a packet of legal size.
    mutating func takeVariable() -> ArraySlice<UInt8>? {
        guard let first = take(1)?.first else { return nil }
        guard first >= 0x80 else { return take(Int(first)) }
        let width = Int(first & 0x7F)
        guard (1...3).contains(width), let digits = take(width) else { return nil }
        return take(digits.reduce(0) { $0 << 8 | Int($1) })
    }

    static func variable(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 0x80 else { return [UInt8(bytes.count)] + bytes }
        var digits: [UInt8] = []
        var count = bytes.count
        while count > 0 {
            digits.insert(UInt8(truncatingIfNeeded: count), at: 0)
            count >>= 8
        }
        return [0x80 | UInt8(digits.count)] + digits + bytes
    }
}

/// Base64 in both alphabets (RFC 4648 §4, §5).
enum Base64 {
    private static let standardLetters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlLetters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func standard(_ bytes: [UInt8]) -> String {
        let letters = encode(bytes, standardLetters)
        let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - letters.count % 4) % 4)
        return String(decoding: letters + padding, as: UTF8.self)
    }

    /// Without padding.
    static func url(_ bytes: [UInt8]) -> String { String(decoding: encode(bytes, urlLetters), as: UTF8.self) }

    /// Reads base64url, padding allowed as the IlpPacket pattern allows it; nil for any other character or length.
    static func decode(url text: String) -> [UInt8]? {
        var letters = Array(text.utf8)[...]
        for _ in 0..<2 where letters.last == UInt8(ascii: "=") { letters = letters.dropLast() }
        guard letters.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count * 3 / 4)
        var pending: UInt32 = 0
        var bits = 0
        for letter in letters {
            guard let value = value(url: letter) else { return nil }
            pending = pending << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
            }
        }
        return bytes
    }

    static func value(url letter: UInt8) -> UInt8? {
        switch letter {
        case 0x41...0x5A: letter - 0x41
        case 0x61...0x7A: letter - 0x61 + 26
        case 0x30...0x39: letter - 0x30 + 52
        case 0x2D: 62
        case 0x5F: 63
        default: nil
        }
    }

    private static func encode(_ bytes: [UInt8], _ letters: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 4 / 3 + 3)
        var pending: UInt32 = 0
        var bits = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(letters[Int(pending >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { text.append(letters[Int(pending << UInt32(6 - bits) & 63)]) }
        return text
    }
}

/// Lower-case hexadecimal SHA-256: the content hash by which a repeat is told from another message.
enum ContentHash {
    static func of(_ parts: [UInt8]...) -> String {
        var hasher = SHA256()
        for part in parts {
            hasher.update(data: part)
            hasher.update(data: [0] as [UInt8])
        }
        let digits = Array("0123456789abcdef".utf8)
        let text = hasher.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
