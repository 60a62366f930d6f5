/// Cells and codes of a large CSV, looked at as bytes: no character is built that nobody keeps.
enum CSVBytes {
    /// The cells of one line (RFC 4180), without the spaces around them; nil for an open quote or what is no UTF-8.
    static func cells(_ line: ArraySlice<UInt8>) -> [String]? {
        var cells: [String] = []
        cells.reserveCapacity(10)
        var position = line.startIndex
        while true {
            guard let cell = cell(line, &position) else { return nil }
            cells.append(cell)
            guard position < line.endIndex else { return cells }
            // Past the comma; one at the end begins a last, empty cell.
            position += 1
            if position == line.endIndex { return cells + [""] }
        }
    }

    private static func cell(_ line: ArraySlice<UInt8>, _ position: inout Int) -> String? {
        while position < line.endIndex, line[position] == 0x20 { position += 1 }
        guard position < line.endIndex, line[position] == 0x22 else {
            var end = position
            while end < line.endIndex, line[end] != 0x2C { end += 1 }
            let bytes = line[position..<end]
            position = end
            let last = bytes.lastIndex { $0 != 0x20 } ?? bytes.startIndex - 1
            return String(validating: bytes[bytes.startIndex..<last + 1], as: UTF8.self)
        }
        var bytes: [UInt8] = []
        position += 1
        while position < line.endIndex {
            if line[position] == 0x22 {
                guard position + 1 < line.endIndex, line[position + 1] == 0x22 else { break }
                position += 1
            }
            bytes.append(line[position])
            position += 1
        }
        guard position < line.endIndex else { return nil }
        position += 1
        while position < line.endIndex, line[position] == 0x20 { position += 1 }
        guard position == line.endIndex || line[position] == 0x2C else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// ISO 9362: four letters or digits, a country, two and perhaps three more.
    static func isBIC(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 8 || bytes.count == 11, bytes.allSatisfy({ isDigit($0) || isLetter($0) }) else {
            return false
        }
        return isLetter(bytes[4]) && isLetter(bytes[5])
    }

    /// ISO 17442: eighteen letters or digits and two check digits.
    static func isLEI(_ text: String) -> Bool {
        text.utf8.count == 20 && remainder(Array(text.utf8)) == 1
    }

    /// ISO 13616: a country, two check digits and a national number.
    static func isIBAN(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (15...34).contains(bytes.count), isLetter(bytes[0]), isLetter(bytes[1]), isDigit(bytes[2]),
            isDigit(bytes[3])
        else { return false }
        return remainder(Array(bytes[4...] + bytes[..<4])) == 1
    }

    /// ISO 7064 MOD 97-10; nil when a byte is no digit or upper-case letter.
    private static func remainder(_ bytes: [UInt8]) -> Int? {
        var rest = 0
        for byte in bytes {
            if isDigit(byte) {
                rest = (rest * 10 + Int(byte - 0x30)) % 97
            } else if isLetter(byte) {
                rest = (rest * 100 + Int(byte - 0x41) + 10) % 97
            } else {
                return nil
            }
        }
        return rest
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
}
