import Payments

/// The shapes of identifications that `like` asks for: pieces in a row, of which the last alone may vary in length.
enum ProfileShape {
    enum Kind: UInt8 {
        /// `d`: digits.
        case digit
        /// `A`: digits and capital letters.
        case capital
        /// `a`: digits and letters.
        case letter
        /// `x`: anything.
        case any
        /// `date`: eight digits of a day that exists.
        case date
        /// A text in quotes.
        case literal
    }

    struct Piece: Equatable {
        var kind: Kind
        var least: Int
        var most: Int
        var text: String = ""
    }

    /// Reads `'M' date A11 x0..15`; nil for what is none.
    static func pieces(_ text: Substring) -> [Piece]? {
        var pieces: [Piece] = []
        for word in text.split(separator: " ") {
            guard let piece = piece(word) else { return nil }
            if let last = pieces.last, last.least != last.most { return nil }
            pieces.append(piece)
        }
        return pieces.isEmpty ? nil : pieces
    }

    private static func piece(_ word: Substring) -> Piece? {
        if word == "date" { return Piece(kind: .date, least: 8, most: 8) }
        if word.count >= 3, word.first == "'", word.last == "'" {
            let text = String(word.dropFirst().dropLast())
            return Piece(kind: .literal, least: text.utf8.count, most: text.utf8.count, text: text)
        }
        let kinds: [Character: Kind] = ["d": .digit, "A": .capital, "a": .letter, "x": .any]
        guard let first = word.first, let kind = kinds[first] else { return nil }
        let sizes = word.dropFirst()
        if let count = Int(sizes), count > 0 { return Piece(kind: kind, least: count, most: count) }
        guard let dots = sizes.firstRange(of: ".."), let least = Int(sizes[..<dots.lowerBound]),
            let most = Int(sizes[dots.upperBound...]), least >= 0, least <= most
        else { return nil }
        return Piece(kind: kind, least: least, most: most)
    }

    /// Whether bytes match pieces. A shape is of ASCII; a byte beyond it matches `x` alone.
    static func matches(_ bytes: UnsafeBufferPointer<UInt8>, _ pieces: ArraySlice<CompiledPiece>, _ texts: [UInt8])
        -> Bool
    {
        var place = 0
        for piece in pieces {
            let count = min(Int(piece.most), bytes.count - place)
            guard count >= Int(piece.least) else { return false }
            let part = UnsafeBufferPointer(rebasing: bytes[place..<(place + count)])
            switch piece.kind {
            case .digit: guard part.allSatisfy(isDigit) else { return false }
            case .capital: guard part.allSatisfy({ isDigit($0) || isCapital($0) }) else { return false }
            case .letter: guard part.allSatisfy({ isDigit($0) || isLetter($0) }) else { return false }
            case .any: break
            case .date: guard ProfileTimes.isCompactDate(part) else { return false }
            case .literal:
                let start = Int(piece.text)
                guard part.elementsEqual(texts[start..<(start + count)]) else { return false }
            }
            place += count
        }
        return place == bytes.count
    }

    /// A piece as plain numbers.
    struct CompiledPiece {
        let kind: Kind
        let least: Int32
        let most: Int32
        /// Where a literal lies in the texts of its program.
        let text: Int32
    }

    @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    @inline(__always) static func isCapital(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
    @inline(__always) static func isLetter(_ byte: UInt8) -> Bool { isCapital(byte & 0xDF) && byte < 0x80 }
}
