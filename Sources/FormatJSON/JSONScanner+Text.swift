/// Strings and numbers.
extension JSONScanner {
    /// Reads the string at `at`, checks it and leaves its decoded bytes in `text`; answers where it lies in `input`.
    mutating func scanString() throws(JSONError) -> JSONKeyText {
        let first = at + 1
        var index = first
        var escaped = false
        while true {
            index = JSONBytes.plainRun(in: input, from: index, stopAtHigh: true)
            guard index < count else { throw ended("'\"' at the end of the string", at: count) }
            switch input[index] {
            case UInt8(ascii: "\""):
                at = index + 1
                return try deliver(first, index, escaped)
            case UInt8(ascii: "\\"):
                escaped = true
                index = try checkEscape(at: index)
            case 0..<0x20:
                throw failure(
                    .controlCharacter, at: index, "\(found(index)) must be written as an escape inside a string")
            default:
                let length = JSONBytes.sequenceLength(in: input, at: index)
                guard length > 0 else { throw failure(.invalidUTF8, at: index, "the bytes are not UTF-8") }
                index += length
            }
        }
    }

    private mutating func deliver(_ first: Int, _ end: Int, _ escaped: Bool) throws(JSONError) -> JSONKeyText {
        guard end - first <= limits.stringBytes else {
            throw failure(.stringTooLong, at: start, "the string is longer than \(limits.stringBytes) bytes")
        }
        let raw = UnsafeBufferPointer(rebasing: input[first..<end])
        if escaped {
            let buffer = scratch(of: raw.count)
            let length = JSONBytes.decode(raw, into: buffer)
            text = UnsafeBufferPointer(rebasing: buffer[..<length])
        } else {
            text = raw
        }
        return JSONKeyText(start: first, count: end - first, escaped: escaped)
    }

    /// Checks the escape whose backslash is at `index`; the answer is the byte after it.
    private func checkEscape(at index: Int) throws(JSONError) -> Int {
        guard index + 1 < count else { throw ended("an escape", at: count) }
        switch input[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return index + 2
        case UInt8(ascii: "u"):
            let unit = try hexUnit(at: index)
            if unit & 0xF800 != 0xD800 { return index + 6 }
            guard unit < 0xDC00, index + 7 < count, input[index + 6] == UInt8(ascii: "\\"),
                input[index + 7] == UInt8(ascii: "u"), try hexUnit(at: index + 6) & 0xFC00 == 0xDC00
            else {
                throw failure(.loneSurrogate, at: index, "the escape is half of a surrogate pair")
            }
            return index + 12
        default:
            throw failure(.invalidEscape, at: index, "a backslash before \(found(index + 1)) is no escape")
        }
    }

    private func hexUnit(at index: Int) throws(JSONError) -> UInt16 {
        guard index + 6 <= count else { throw ended("four hexadecimal digits", at: count) }
        guard let unit = JSONBytes.hexUnit(in: input, at: index + 2) else {
            throw failure(.invalidEscape, at: index, "\\u needs four hexadecimal digits")
        }
        return unit
    }

    /// Reads the number at `at` and leaves its text in `text`.
    mutating func scanNumber() throws(JSONError) {
        let first = at
        var index = at
        if input[index] == UInt8(ascii: "-") { index += 1 }
        let whole = index
        index = try digits(from: index, "a digit")
        if index - whole > 1, input[whole] == UInt8(ascii: "0") {
            throw failure(.leadingZero, at: whole, "a number must not begin with zero")
        }
        if index < count, input[index] == UInt8(ascii: ".") {
            index = try digits(from: index + 1, "a digit after the point")
        }
        if index < count, input[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < count, input[index] == UInt8(ascii: "+") || input[index] == UInt8(ascii: "-") { index += 1 }
            index = try digits(from: index, "a digit of the exponent")
        }
        guard index - first <= limits.numberBytes else {
            throw failure(.numberTooLong, at: first, "the number is longer than \(limits.numberBytes) bytes")
        }
        text = UnsafeBufferPointer(rebasing: input[first..<index])
        at = index
    }

    private func digits(from first: Int, _ wanted: String) throws(JSONError) -> Int {
        var index = first
        while index < count, input[index] >= 0x30, input[index] <= 0x39 { index += 1 }
        if index > first { return index }
        guard index < count else { throw ended(wanted, at: count) }
        throw failure(.invalidNumber, at: index, "expected \(wanted), found \(found(index))")
    }
}

/// Errors.
extension JSONScanner {
    @usableFromInline
    func refusal(_ text: StaticString) -> JSONError {
        failure(.refused, at: start, "\(text)")
    }

    func failure(_ reason: JSONError.Reason, at offset: Int, _ text: String) -> JSONError {
        JSONError(
            reason: reason, offset: offset, place: JSONPlace(of: offset, in: input), path: stack.path(in: input),
            text: text)
    }

    func unexpected(_ wanted: String) -> JSONError {
        guard at < count else { return ended(wanted) }
        return failure(.unexpectedByte, at: at, "expected \(wanted), found \(found())")
    }

    func ended(_ wanted: String, at offset: Int? = nil) -> JSONError {
        failure(.unexpectedEnd, at: offset ?? count, "the document ends where \(wanted) was expected")
    }

    func found(_ index: Int? = nil) -> String {
        let index = index ?? at
        guard index < count else { return "the end" }
        let byte = input[index]
        if byte > 0x20 && byte < 0x7F { return "'\(Character(Unicode.Scalar(byte)))'" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (digits.count < 2 ? "0" : "") + digits
    }
}
