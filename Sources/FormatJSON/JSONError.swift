/// Why a text was refused as JSON, and where: enough for a user to find and mend the place.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of refusal. Raw values are stable names for logs and counters.
    public enum Reason: String, Sendable, CaseIterable {
        case empty
        case documentTooLarge
        case tooDeep
        case tooManyMembers
        case tooManyElements
        case tooManyValues
        case stringTooLong
        case numberTooLong
        case byteOrderMark
        case unexpectedEnd
        case unexpectedByte
        case trailingContent
        case invalidNumber
        case leadingZero
        case controlCharacter
        case invalidEscape
        case loneSurrogate
        case invalidUTF8
        case duplicateKey
        /// The sink refused a well-formed document; `text` is the sink's own.
        case refused
    }

    public let reason: Reason
    /// Byte offset from the start of the document, from 0.
    public let offset: Int
    public let place: JSONPlace
    /// The value concerned, such as `$.quotes[2].amount`; `$` is the document.
    public let path: String
    /// What is wrong, in a sentence without the place.
    public let text: String

    public init(reason: Reason, offset: Int, place: JSONPlace, path: String, text: String) {
        self.reason = reason
        self.offset = offset
        self.place = place
        self.path = path
        self.text = text
    }

    /// From 1.
    public var line: Int { place.line }
    /// Character of the line, from 1.
    public var column: Int { place.column }

    public var description: String { "line \(line), column \(column), \(path): \(text)" }
}

/// A place in a text as an editor shows it: a line ends at a line feed, a column counts code points, both from 1.
public struct JSONPlace: Sendable, Equatable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The place of the byte at this offset; an offset past the end is taken as the end.
    public init(of offset: Int, in bytes: UnsafeBufferPointer<UInt8>) {
        var line = 1
        var column = 1
        for byte in bytes.prefix(max(0, offset)) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.init(line: line, column: column)
    }
}
