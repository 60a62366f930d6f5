/// The members of an object in the order they were written or added, each key once.
public struct JSONObject: Sendable {
    public struct Member: Sendable {
        public let key: String
        public var value: JSONValue
    }

    public private(set) var members: [Member] = []

    public init() {}

    /// For members whose keys are known to differ.
    init(distinct members: [Member]) {
        self.members = members
    }

    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }
    public var keys: [String] { members.map(\.key) }

    /// Setting a key anew keeps its place, setting nil removes it.
    public subscript(key: String) -> JSONValue? {
        get {
            for member in members where sameText(member.key, key) { return member.value }
            return nil
        }
        set {
            let index = members.firstIndex { sameText($0.key, key) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Members in UTF-16 code unit order of their keys (RFC 8785 §3.2.3).
    var sortedMembers: [Member] { members.sorted { Self.precedes($0.key, $1.key) } }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8) { utf16Rank($0) < utf16Rank($1) }
    }

    /// UTF-8 orders text as UTF-16 does but for surrogates: four-byte sequences (0xF0...) come before U+E000 (0xEE...).
    private static func utf16Rank(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0xEE, 0xEF: byte + 0x10
        case 0xF0...: byte - 2
        default: byte
        }
    }
}

extension JSONObject: Equatable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        let inOrder = zip(left.members, right.members).allSatisfy { sameText($0.key, $1.key) }
        let (a, b) = inOrder ? (left.members, right.members) : (left.sortedMembers, right.sortedMembers)
        return zip(a, b).allSatisfy { sameText($0.key, $1.key) && $0.value == $1.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral, Sequence {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }

    public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}
