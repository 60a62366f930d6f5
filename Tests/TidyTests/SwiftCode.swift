/// A Swift file with its comments and the texts of its literals blanked out, byte for byte and line for line, so that a
/// brace or a word that is left is code.
struct SwiftCode {
    private(set) var bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
        blankCode(until: nil)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Walks code; inside an interpolation it ends at the parenthesis that closes it.
    private mutating func blankCode(until close: UInt8?) {
        var depth = 0
        while position < bytes.count {
            let byte = bytes[position]
            if starts("//") {
                while position < bytes.count, bytes[position] != newline { blank() }
            } else if starts("/*") {
                blankComment()
            } else if byte == quote || (byte == hash && literalHashes() != nil) {
                blankLiteral()
            } else {
                if byte == open { depth += 1 }
                if byte == close {
                    if depth == 0 { return }
                    depth -= 1
                }
                position += 1
            }
        }
    }

    private mutating func blankComment() {
        var depth = 0
        repeat {
            if starts("/*") { depth += 1 }
            if starts("*/") { depth -= 1 }
            if starts("/*") || starts("*/") { blank() }
            blank()
        } while depth > 0 && position < bytes.count
    }

    private mutating func blankLiteral() {
        let hashes = literalHashes() ?? 0
        position += hashes
        let quotes = starts("\"\"\"") ? 3 : 1
        position += quotes
        while position < bytes.count {
            if ends(quotes: quotes, hashes: hashes) {
                position += quotes + hashes
                return
            }
            guard bytes[position] == backslash, hashesFollow(hashes) else {
                if quotes == 1, bytes[position] == newline { return }
                blank()
                continue
            }
            for _ in 0...hashes { blank() }
            guard position < bytes.count else { return }
            if bytes[position] == open {
                position += 1
                blankCode(until: 0x29)
                position += 1
            } else {
                blank()
            }
        }
    }

    /// Count of `#` before a quote; nil when the `#` begins something else.
    private func literalHashes() -> Int? {
        var index = position
        while index < bytes.count, bytes[index] == hash { index += 1 }
        return index < bytes.count && bytes[index] == quote ? index - position : nil
    }

    private func hashesFollow(_ count: Int) -> Bool {
        position + count < bytes.count && bytes[(position + 1)..<(position + 1 + count)].allSatisfy { $0 == hash }
    }

    private func ends(quotes: Int, hashes: Int) -> Bool {
        guard position + quotes + hashes <= bytes.count else { return false }
        let end = bytes[position..<(position + quotes + hashes)]
        return end.prefix(quotes).allSatisfy { $0 == quote } && end.dropFirst(quotes).allSatisfy { $0 == hash }
    }

    private func starts(_ text: StaticString) -> Bool {
        guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
        for offset in 0..<text.utf8CodeUnitCount where bytes[position + offset] != text.utf8Start[offset] {
            return false
        }
        return true
    }

    private mutating func blank() {
        guard position < bytes.count else { return }
        if bytes[position] != newline { bytes[position] = 0x20 }
        position += 1
    }
}

private let quote: UInt8 = 0x22
private let hash: UInt8 = 0x23
private let open: UInt8 = 0x28
private let newline: UInt8 = 0x0A
private let backslash: UInt8 = 0x5C

/// A function, initializer or deinitializer with a body: where it begins, and over how many lines it goes.
struct FunctionSpan: Equatable {
    var line: Int
    var length: Int
}

extension SwiftCode {
    func functions() -> [FunctionSpan] {
        var spans: [FunctionSpan] = []
        var line = 1
        var index = 0
        while index < bytes.count {
            if bytes[index] == newline { line += 1 }
            if let after = keyword(at: index), let length = bodyLength(from: after) {
                spans.append(FunctionSpan(line: line, length: length))
            }
            index += 1
        }
        return spans
    }

    /// The place behind `func`, `init` or `deinit` when one of them stands here as a declaration.
    private func keyword(at index: Int) -> Int? {
        if index > 0, isWord(bytes[index - 1]) || bytes[index - 1] == 0x2E || bytes[index - 1] == 0x60 { return nil }
        for word in ["func", "init", "deinit"] {
            let end = index + word.utf8.count
            guard end < bytes.count, bytes[index..<end].elementsEqual(word.utf8), !isWord(bytes[end]) else { continue }
            return end
        }
        return nil
    }

    /// Lines from here to the brace that closes the body; nil when there is no body (a requirement, a call).
    private func bodyLength(from start: Int) -> Int? {
        var parentheses = 0
        var braces = 0
        var lines = 1
        for index in start..<bytes.count {
            switch bytes[index] {
            case newline:
                lines += 1
                if braces == 0, parentheses == 0, !goesOn(after: index) { return nil }
            case 0x28, 0x5B: parentheses += 1
            case 0x29, 0x5D:
                parentheses -= 1
                if parentheses < 0 { return nil }
            case 0x7B where parentheses == 0 || braces > 0: braces += 1
            case 0x7D where parentheses == 0 || braces > 0:
                braces -= 1
                if braces == 0 { return lines }
                if braces < 0 { return nil }
            default: continue
            }
        }
        return nil
    }

    /// Whether the next line continues a signature.
    private func goesOn(after index: Int) -> Bool {
        let rest = bytes[(index + 1)...].drop { $0 == 0x20 }
        return ["{", "->", "where", "throws", "async", "rethrows", "("].contains { rest.starts(with: $0.utf8) }
    }

    private func isWord(_ byte: UInt8) -> Bool {
        byte == 0x5F || (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5A)
            || (byte >= 0x61 && byte <= 0x7A)
    }
}
