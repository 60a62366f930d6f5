import Payments

/// A test of one text, as plain numbers: what a reading runs.
enum ProfileTest: Equatable {
    case codes(first: Int32, count: Int32, isMember: Bool)
    case starts(first: Int32, count: Int32, isMember: Bool)
    case like(first: Int32, count: Int32)
    case length(ClosedRange<Int>)
    case characters(ProfileCharacters)
    case slashes
    case trimmed
    case shape(TextShape)
    case ulid
    case iban
    case bic
    case lei
    case aba
    case country
    case reference
    case currency
    case amount(Int128, Int128)
    case decimals(Int)
    case digits(Int)
    case minorUnits
    case offset(Bool)
    case utc
    case within(ClosedRange<Int>)
}

/// A word of a profile's rows, its first eight bytes as a number: nearly every code is no longer.
struct ProfileWord: Sendable {
    let key: UInt64
    let start: Int32
    let count: Int32

    @inline(__always)
    static func key(_ text: some RandomAccessCollection<UInt8>) -> UInt64 {
        var key: UInt64 = 0
        var left = 8
        for byte in text {
            if left == 0 { break }
            key = key << 8 | UInt64(byte)
            left -= 1
        }
        // A shift by 64 empties the key of an empty text.
        return key << (8 * UInt64(left))
    }
}

/// Gathers the words of a profile's rows.
struct ProfileWords {
    private(set) var words: [ProfileWord] = []
    private(set) var bytes: [UInt8] = []
    private(set) var pieces: [ProfileShape.CompiledPiece] = []
    let countries: ProfileCountries

    init(countries: ProfileCountries) {
        self.countries = countries
    }

    /// Keeps words, sorted; where they lie.
    mutating func keep(_ texts: some Sequence<String>) -> (first: Int32, count: Int32) {
        let first = words.count
        for text in Set(texts) {
            words.append(
                ProfileWord(
                    key: ProfileWord.key(Array(text.utf8)), start: Int32(bytes.count), count: Int32(text.utf8.count)))
            bytes += text.utf8
        }
        words[first...].sort { ($0.key, $0.count) < ($1.key, $1.count) }
        return (Int32(first), Int32(words.count - first))
    }

    mutating func keep(_ shape: [ProfileShape.Piece]) -> (first: Int32, count: Int32) {
        let first = pieces.count
        for piece in shape {
            pieces.append(
                ProfileShape.CompiledPiece(
                    kind: piece.kind, least: Int32(clamping: piece.least), most: Int32(clamping: piece.most),
                    text: Int32(bytes.count)))
            bytes += piece.text.utf8
        }
        return (Int32(first), Int32(pieces.count - first))
    }
}

/// What tests look up: the words of a profile's rows, and the countries. Shared by reference, since every text asks.
final class ProfileLexicon: Sendable {
    private let words: [ProfileWord]
    private let bytes: [UInt8]
    private let pieces: [ProfileShape.CompiledPiece]
    let countries: ProfileCountries

    init(_ words: ProfileWords) {
        self.words = words.words
        bytes = words.bytes
        pieces = words.pieces
        countries = words.countries
    }

    /// Whether a text is one of the words.
    func holds(_ text: UnsafeBufferPointer<UInt8>, _ first: Int32, _ count: Int32) -> Bool {
        let key = ProfileWord.key(text)
        let end = Int(first + count)
        var low = Int(first)
        var high = end
        while high - low > 4 {
            let middle = (low + high) / 2
            if words[middle].key < key { low = middle } else { high = middle + 1 }
        }
        // Words that share their first eight bytes lie side by side.
        while low < end, words[low].key <= key {
            if words[low].key == key, isSame(words[low], text) { return true }
            low += 1
        }
        return false
    }

    /// Whether a text begins with one of the words.
    func begins(_ text: UnsafeBufferPointer<UInt8>, _ first: Int32, _ count: Int32) -> Bool {
        for word in words[Int(first)..<Int(first + count)] where Int(word.count) <= text.count {
            let start = Int(word.start)
            if bytes[start..<(start + Int(word.count))].elementsEqual(text[..<Int(word.count)]) { return true }
        }
        return false
    }

    func matches(_ text: UnsafeBufferPointer<UInt8>, _ first: Int32, _ count: Int32) -> Bool {
        ProfileShape.matches(text, pieces[Int(first)..<Int(first + count)], bytes)
    }

    @inline(__always)
    private func isSame(_ word: ProfileWord, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard Int(word.count) == text.count else { return false }
        guard word.count > 8 else { return true }
        let start = Int(word.start)
        return bytes[start..<(start + text.count)].elementsEqual(text)
    }
}

/// What a test knows beside the text.
struct ProfileContext {
    /// Days since 1970 of the day asked about; dates are held against it and never against a clock.
    let today: Int64
    /// Of the open amount.
    var currency: Currency?
}

extension ProfileTest {
    /// Whether a text passes.
    func holds(
        _ text: UnsafeBufferPointer<UInt8>, _ words: ProfileLexicon, _ context: ProfileContext
    ) -> Bool {
        switch self {
        case .codes(let first, let count, let isMember): return words.holds(text, first, count) == isMember
        case .starts(let first, let count, let isMember): return words.begins(text, first, count) == isMember
        case .like(let first, let count):
            return words.matches(text, first, count)
        case .length(let range): return range.contains(ProfileCharacters.count(text))
        case .characters(let set): return set.holdsAll(text)
        case .slashes: return ProfileCharacters.hasSoundSlashes(text)
        case .trimmed: return !ProfileCharacters.isSpace(text.first) && !ProfileCharacters.isSpace(text.last)
        case .shape(let shape): return shape.holds(text)
        case .ulid: return ProfileIdentifiers.isULID(text)
        case .iban: return ProfileIdentifiers.isIBAN(text, words.countries)
        case .bic: return ProfileIdentifiers.isBIC(text, words.countries)
        case .lei: return ProfileIdentifiers.isLEI(text)
        case .aba: return ProfileIdentifiers.isABA(text)
        case .country: return text.count == 2 && words.countries.length(text[0], text[1]) != nil
        case .reference: return ProfileIdentifiers.isReference(text)
        case .currency: return Currency(bytes: text)?.isListed ?? false
        case .amount, .decimals, .digits, .minorUnits: return holdsAmount(text, context)
        case .offset(let wanted): return ProfileTimes.moment(text).map { $0.hasOffset == wanted } ?? false
        case .utc: return ProfileTimes.moment(text).map { $0.hasOffset && $0.isUTC } ?? false
        case .within(let days):
            guard let day = ProfileTimes.day(text) else { return false }
            return days.contains(Int(clamping: day - context.today))
        }
    }

    private func holdsAmount(_ text: UnsafeBufferPointer<UInt8>, _ context: ProfileContext) -> Bool {
        guard let amount = ProfileAmount(text) else { return false }
        switch self {
        case .amount(let least, let most): return amount.units >= least && amount.units <= most
        case .decimals(let most): return amount.decimals <= most
        case .digits(let most): return amount.integers + amount.decimals <= most
        case .minorUnits:
            // Without a currency there is nothing to hold the amount against; the schema asks for one.
            guard let currency = context.currency else { return true }
            return amount.decimals <= currency.exponent
        default: return true
        }
    }
}
