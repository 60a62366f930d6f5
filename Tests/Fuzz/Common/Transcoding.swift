/// One document in the encodings that are read.
enum Transcoding {
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Whether a document is UTF-8 by its bytes and says nothing else.
    static func isPlainUTF8(_ document: [UInt8]) -> Bool {
        guard let text = String(validating: document, as: UTF8.self), !text.utf8.contains(0) else { return false }
        guard let declaration = declaration(document) else { return true }
        let said = String(decoding: declaration, as: UTF8.self)
        return !said.contains("encoding") || said.contains("\"UTF-8\"") || said.contains("'UTF-8'")
    }

    static func withoutDeclaration(_ document: [UInt8]) -> [UInt8] {
        let rest = document.starts(with: mark) ? document.dropFirst(3) : document[...]
        guard let declaration = declaration(document) else { return Array(rest) }
        return Array(rest.dropFirst(declaration.count))
    }

    /// The XML declaration, without the byte order mark before it.
    private static func declaration(_ document: [UInt8]) -> ArraySlice<UInt8>? {
        let rest = document.starts(with: mark) ? document.dropFirst(3) : document[...]
        // Any space may stand behind the name (XML 1.0 §2.8).
        guard rest.starts(with: "<?xml".utf8), let space = rest.dropFirst(5).first, " \t\r\n".utf8.contains(space),
            let end = rest.firstIndex(of: UInt8(ascii: ">"))
        else { return nil }
        return rest[...end]
    }

    /// A document of UTF-8 in the other encodings; Latin-1 only where it has every character.
    static func others(_ document: [UInt8]) -> [(name: String, bytes: [UInt8])] {
        let body = String(decoding: withoutDeclaration(document), as: UTF8.self)
        let declared = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" + body
        var others = [
            ("UTF-16LE", utf16("\u{FEFF}" + declared, isLittle: true)),
            ("UTF-16BE", utf16("\u{FEFF}" + declared, isLittle: false)),
            ("UTF-16LE without a declaration", utf16("\u{FEFF}" + body, isLittle: true)),
            ("UTF-8 with a mark", mark + Array(body.utf8)),
        ]
        if body.unicodeScalars.allSatisfy({ $0.value < 0x100 }) {
            let latin = "<?xml version='1.0' encoding='ISO-8859-1'?>".utf8 + body.unicodeScalars.map { UInt8($0.value) }
            others.append(("ISO-8859-1", latin))
        }
        return others
    }

    private static func utf16(_ text: String, isLittle: Bool) -> [UInt8] {
        text.utf16.flatMap { unit in
            let bytes = [UInt8(unit & 0xFF), UInt8(unit >> 8)]
            return isLittle ? bytes : bytes.reversed()
        }
    }
}
