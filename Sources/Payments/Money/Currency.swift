/// An ISO 4217 currency code, three upper-case letters packed in one word.
public struct Currency: Hashable, Sendable, Comparable {
    private let packed: UInt32

    /// Refuses all but three letters A-Z. Whether ISO 4217 lists the code is `isListed`.
    public init?(_ code: some StringProtocol) {
        self.init(bytes: code.utf8)
    }

    public init?(_ code: String) {
        self.init(bytes: code.utf8)
    }

    public init?(bytes: some Collection<UInt8>) {
        let found = bytes.withContiguousStorageIfAvailable { Currency(bytes: $0) }
        guard let currency = found ?? Array(bytes).withUnsafeBufferPointer({ Currency(bytes: $0) }) else { return nil }
        self = currency
    }

    /// The same of a text where it lies.
    public init?(bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count == 3 else { return nil }
        var value: UInt32 = 0
        for byte in bytes {
            guard byte >= 0x41, byte <= 0x5A else { return nil }
            value = value << 8 | UInt32(byte)
        }
        packed = value
    }

    public var code: String {
        String(decoding: [UInt8(packed >> 16 & 0xFF), UInt8(packed >> 8 & 0xFF), UInt8(packed & 0xFF)], as: UTF8.self)
    }

    /// Whether ISO 4217 lists the code as active. An unlisted code is refused at the edge, never guessed.
    public var isListed: Bool { Currency.listed.contains(self) }

    /// Digits after the decimal point of the minor unit (ISO 4217): 2 for most, 0 for JPY, 3 for KWD, 4 for CLF.
    public var exponent: Int { Currency.exponents[self] ?? 2 }

    public static func < (left: Currency, right: Currency) -> Bool { left.packed < right.packed }

    private static let listed: Set<Currency> = codes(
        """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
        CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
        GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD
        LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP
        PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP
        TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
        """)

    private static let exponents: [Currency: Int] = {
        var table: [Currency: Int] = [:]
        for code in codes("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF") { table[code] = 0 }
        for code in codes("BHD IQD JOD KWD LYD OMR TND") { table[code] = 3 }
        for code in codes("CLF UYW") { table[code] = 4 }
        return table
    }()

    private static func codes(_ text: String) -> Set<Currency> {
        Set(text.split { $0 == " " || $0 == "\n" }.compactMap { Currency($0) })
    }
}

extension Currency: CustomStringConvertible {
    public var description: String { code }
}
