/// Bytes of a key: a range of the document, or of `JSONStack.escapedKeys` when its escapes had to be decoded.
struct JSONKeyText {
    var start: Int
    var count: Int
    var escaped: Bool
}

/// The containers open at this moment: knows the path of the current value and the keys each open object already has.
struct JSONStack {
    private struct Frame {
        let object: Bool
        /// Members or elements begun.
        var count = 0
        var key = JSONKeyText(start: 0, count: 0, escaped: false)
        let firstKey: Int
        let firstEscaped: Int
        /// Whether the keys moved to `sets`.
        var crowded = false
    }

    /// Up to this many keys are compared one by one; beyond it a hashed set (seeded per process) takes over.
    private static let comparedKeys = 16
    /// A key is shown in a path up to this many bytes.
    private static let shownKeyBytes = 64

    private var frames: [Frame] = []
    private var keys: [JSONKeyText] = []
    private var escapedKeys: [UInt8] = []
    private var sets: [Set<[UInt8]>] = []
    /// Whether the current place is a member or element of the innermost container rather than the container itself.
    private var inside = false
    private(set) var inObject = false
    private(set) var closedObject = false

    var isEmpty: Bool { frames.isEmpty }
    var depth: Int { frames.count }

    mutating func push(object: Bool) {
        frames.append(Frame(object: object, firstKey: keys.count, firstEscaped: escapedKeys.count))
        inObject = object
        inside = false
    }

    mutating func pop() {
        let frame = frames.removeLast()
        keys.removeLast(keys.count - frame.firstKey)
        escapedKeys.removeLast(escapedKeys.count - frame.firstEscaped)
        if frame.crowded { sets.removeLast() }
        closedObject = frame.object
        inObject = frames.last?.object ?? false
        inside = true
    }

    mutating func leaveMember() { inside = false }

    /// Enters the next element; the answer is how many there are now.
    mutating func beginElement() -> Int {
        inside = true
        frames[frames.count - 1].count += 1
        return frames[frames.count - 1].count
    }

    /// Enters the member of this key; the answer is how many there are now.
    mutating func beginMember(_ raw: JSONKeyText, decoded: UnsafeBufferPointer<UInt8>) -> Int {
        inside = true
        var key = raw
        if raw.escaped {
            key = JSONKeyText(start: escapedKeys.count, count: decoded.count, escaped: true)
            escapedKeys.append(contentsOf: decoded)
        }
        frames[frames.count - 1].key = key
        frames[frames.count - 1].count += 1
        return frames[frames.count - 1].count
    }

    /// Notes the key just begun; false when the object already had it.
    mutating func acceptKey(
        _ raw: JSONKeyText, decoded: UnsafeBufferPointer<UInt8>, in input: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let frame = frames[frames.count - 1]
        if frame.crowded { return sets[sets.count - 1].insert(Array(decoded)).inserted }
        for index in frame.firstKey..<keys.count where keys[index].count == decoded.count {
            if isSame(keys[index], decoded, in: input) { return false }
        }
        keys.append(frame.key)
        if keys.count - frame.firstKey > Self.comparedKeys {
            sets.append(Set(keys[frame.firstKey...].map { bytes(of: $0, in: input) }))
            frames[frames.count - 1].crowded = true
        }
        return true
    }

    private func isSame(
        _ key: JSONKeyText, _ bytes: UnsafeBufferPointer<UInt8>, in input: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        if key.escaped {
            return escapedKeys[key.start..<key.start + key.count].elementsEqual(bytes)
        }
        return sameBytes(UnsafeBufferPointer(rebasing: input[key.start..<key.start + key.count]), bytes)
    }

    private func bytes(of key: JSONKeyText, in input: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let range = key.start..<key.start + key.count
        return key.escaped ? Array(escapedKeys[range]) : Array(input[range])
    }

    /// The current value as `$.a.b[2]`; a key that is no plain name stands as `["odd key"]`.
    func path(in input: UnsafeBufferPointer<UInt8>) -> String {
        var path = "$"
        for (level, frame) in frames.enumerated() where level < frames.count - 1 || inside {
            if frame.object {
                path += Self.step(bytes(of: frame.key, in: input))
            } else {
                path += "[\(frame.count - 1)]"
            }
        }
        return path
    }

    private static func step(_ key: [UInt8]) -> String {
        let plain = !key.isEmpty && key.allSatisfy { isNameByte($0) } && !isDigit(key[0])
        if plain && key.count <= shownKeyBytes { return "." + String(decoding: key, as: UTF8.self) }
        var shown = String(decoding: key, as: UTF8.self)
        if key.count > shownKeyBytes {
            shown = String(String.UnicodeScalarView(shown.unicodeScalars.prefix(shownKeyBytes / 4))) + "..."
        }
        var writer = JSONWriter()
        writer.string(shown)
        return "[" + String(decoding: writer.bytes, as: UTF8.self) + "]"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        return (letter >= 0x61 && letter <= 0x7A) || isDigit(byte) || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "$") || byte == UInt8(ascii: "@")
    }
}
