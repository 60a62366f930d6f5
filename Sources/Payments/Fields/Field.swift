/// A value of the canonical vocabulary as a table moves it.
public enum FieldValue: Sendable, Hashable {
    case text(String)
    case money(Money)
    case date(CivilDate)
    case dateTime(DateTime)
    case count(Int)

    /// The value as the journal and the operators' pages show it; `Field.value(from:)` reads it back.
    public var text: String {
        switch self {
        case .text(let text): text
        case .money(let money): "\(money.currency.code) \(money.decimal(atLeast: 0))"
        case .date(let date): date.text
        case .dateTime(let dateTime): dateTime.text
        case .count(let count): String(count)
        }
    }
}

public enum FieldKind: String, Sendable {
    case text, money, date, dateTime, count

    /// Reads what `FieldValue.text` wrote; nil when it is no such value.
    public func value(from text: String) -> FieldValue? {
        switch self {
        case .text: return .text(text)
        case .money:
            let parts = text.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let currency = Currency(parts[0]) else { return nil }
            let negative = parts[1].utf8.first == 0x2D
            let digits = negative ? parts[1].dropFirst() : parts[1]
            guard let money = try? Money(parsing: digits.utf8, currency: currency, rule: .exact) else { return nil }
            return .money(negative ? money.negated : money)
        case .date: return CivilDate(text).map { .date($0) }
        case .dateTime: return DateTime(text).map { .dateTime($0) }
        case .count: return Int(text).map { .count($0) }
        }
    }
}

/// One name of the canonical vocabulary and how to reach its place in a payment: what the rows of `mappings/fields`
/// refer to. A name with `[]` stands in a list: `get` takes the element's index, `set` writes to the last element.
public struct Field: Sendable {
    public let name: String
    public let kind: FieldKind
    /// The list that the field's element belongs to, such as `fees[]`; nil outside of lists.
    public let list: String?
    /// Reads the field of a payment where it lies. A pointer, since what a closure borrows is copied for it, and a
    /// payment is a hundred words.
    public let read: @Sendable (UnsafePointer<Payment>, Int) -> FieldValue?
    /// False when the value is of another kind than the field.
    public let set: @Sendable (inout Payment, FieldValue) -> Bool

    public func get(_ payment: borrowing Payment, _ element: Int) -> FieldValue? {
        withUnsafePointer(to: payment) { read($0, element) }
    }
}

/// Where the value of a field outside of lists lies: for whoever reads and writes many.
public struct FieldPlace: Sendable {
    /// In bytes, from the beginning of the part; -1 for a field in a list.
    let offset: Int32
    public let kind: FieldKind
    let part: Payment.Part?

    /// Whether the field stands outside of lists.
    public var isThere: Bool { offset >= 0 }

    /// What lies there in a payment.
    public func value(in payment: UnsafePointer<Payment>) -> FieldValue? {
        kind.value(at: Payment.place(of: part, in: payment) + Int(offset))
    }

    /// Whether anything lies there.
    public func isFilled(in payment: UnsafePointer<Payment>) -> Bool {
        kind.isThere(at: Payment.place(of: part, in: payment) + Int(offset))
    }

    /// False, and nothing done, when the value is of another kind than the field.
    public func set(_ payment: inout Payment, _ value: FieldValue) -> Bool {
        withUnsafeMutablePointer(to: &payment) { payment in
            kind.put(value, at: Payment.room(of: part, in: payment) + Int(offset))
        }
    }
}

extension FieldKind {
    /// Puts a value at the place of a field of this kind; false, and nothing done, when it is of another kind.
    @inline(__always)
    func put(_ value: FieldValue, at place: UnsafeMutableRawPointer) -> Bool {
        switch (self, value) {
        case (.text, .text(let text)): place.assumingMemoryBound(to: String?.self).pointee = text
        case (.money, .money(let money)): place.assumingMemoryBound(to: Money?.self).pointee = money
        case (.date, .date(let date)): place.assumingMemoryBound(to: CivilDate?.self).pointee = date
        case (.dateTime, .dateTime(let time)): place.assumingMemoryBound(to: DateTime?.self).pointee = time
        case (.count, .count(let count)): place.assumingMemoryBound(to: Int?.self).pointee = count
        default: return false
        }
        return true
    }

    /// The value that lies at the place of a field of this kind; nil when there is none.
    @inline(__always)
    func value(at place: UnsafeRawPointer) -> FieldValue? {
        // Each place was found by a key path to an optional of just this type: see `Vocabulary`.
        switch self {
        case .text: place.assumingMemoryBound(to: String?.self).pointee.map { .text($0) }
        case .money: place.assumingMemoryBound(to: Money?.self).pointee.map { .money($0) }
        case .date: place.assumingMemoryBound(to: CivilDate?.self).pointee.map { .date($0) }
        case .dateTime: place.assumingMemoryBound(to: DateTime?.self).pointee.map { .dateTime($0) }
        case .count: place.assumingMemoryBound(to: Int?.self).pointee.map { .count($0) }
        }
    }

    /// Whether there is one.
    @inline(__always)
    func isThere(at place: UnsafeRawPointer) -> Bool {
        switch self {
        case .text: place.assumingMemoryBound(to: String?.self).pointee != nil
        case .money: place.assumingMemoryBound(to: Money?.self).pointee != nil
        case .date: place.assumingMemoryBound(to: CivilDate?.self).pointee != nil
        case .dateTime: place.assumingMemoryBound(to: DateTime?.self).pointee != nil
        case .count: place.assumingMemoryBound(to: Int?.self).pointee != nil
        }
    }
}

/// A repeated part of a payment.
public struct FieldList: Sendable {
    public let name: String
    /// How many elements there are, of a payment where it lies.
    public let counts: @Sendable (UnsafePointer<Payment>) -> Int
    public let append: @Sendable (inout Payment) -> Void
    public let removeAll: @Sendable (inout Payment) -> Void

    public func count(_ payment: borrowing Payment) -> Int { withUnsafePointer(to: payment) { counts($0) } }
}

/// A field of a part of a payment, before it is put in its place.
struct Leaf<Root>: Sendable {
    var name: String
    var kind: FieldKind
    var list: String?
    /// Where the value lies in the innermost part that it stands in; -1 in a list.
    var offset = -1
    var get: @Sendable (UnsafePointer<Root>, Int) -> FieldValue?
    var set: @Sendable (inout Root, FieldValue) -> Bool
}

struct LeafList<Root>: Sendable {
    var name: String
    var count: @Sendable (UnsafePointer<Root>) -> Int
    var append: @Sendable (inout Root) -> Void
    var removeAll: @Sendable (inout Root) -> Void
}

/// The leaves of one struct of the model.
struct Vocabulary<Root>: Sendable {
    var leaves: [Leaf<Root>] = []
    var lists: [LeafList<Root>] = []

    mutating func text(_ name: String, _ path: WritableKeyPath<Root, String?>) { stored(name, .text, path) }

    mutating func money(_ name: String, _ path: WritableKeyPath<Root, Money?>) { stored(name, .money, path) }

    mutating func date(_ name: String, _ path: WritableKeyPath<Root, CivilDate?>) { stored(name, .date, path) }

    mutating func dateTime(_ name: String, _ path: WritableKeyPath<Root, DateTime?>) {
        stored(name, .dateTime, path)
    }

    mutating func count(_ name: String, _ path: WritableKeyPath<Root, Int?>) { stored(name, .count, path) }

    /// A field that is stored in the part itself, as an optional of its kind's type. The key path only tells where: to
    /// go along it costs more than all the rest of a message.
    private mutating func stored(_ name: String, _ kind: FieldKind, _ path: PartialKeyPath<Root>) {
        guard let offset = MemoryLayout<Root>.offset(of: path) else { preconditionFailure("\(name) is not stored") }
        leaves.append(
            Leaf(name: name, kind: kind, offset: offset) { root, _ in
                kind.value(at: UnsafeRawPointer(root) + offset)
            } set: { root, value in
                withUnsafeMutablePointer(to: &root) { kind.put(value, at: UnsafeMutableRawPointer($0) + offset) }
            })
    }

    /// Reaches a list without copying it.
    typealias SeeList<Element> = @Sendable (UnsafePointer<Root>) -> [Element]
    typealias ChangeList<Element> = @Sendable (inout Root, (inout [Element]) -> Bool) -> Bool

    /// A list of plain texts: the element is the value.
    mutating func texts(
        _ name: String, _ see: @escaping SeeList<String>, _ change: @escaping ChangeList<String>
    ) {
        list(name, see, change, empty: "")
        leaves.append(
            Leaf(name: name, kind: .text, list: name) { root, index in
                .text(see(root)[index])
            } set: { root, value in
                guard case .text(let text) = value else { return false }
                return change(&root) { texts in
                    guard !texts.isEmpty else { return false }
                    texts[texts.count - 1] = text
                    return true
                }
            })
    }

    /// A list of structs: each leaf of the element becomes a leaf `name.leaf`.
    mutating func elements<Element: Sendable>(
        _ name: String, _ see: @escaping SeeList<Element>, _ change: @escaping ChangeList<Element>, empty: Element,
        _ inner: Vocabulary<Element>
    ) {
        list(name, see, change, empty: empty)
        for leaf in inner.leaves {
            leaves.append(
                Leaf(name: "\(name).\(leaf.name)", kind: leaf.kind, list: name) { root, index in
                    see(root).withUnsafeBufferPointer { elements in
                        // In bounds as every index is: a list is asked for its count first.
                        precondition(elements.indices.contains(index), "no such element")
                        return elements.baseAddress.flatMap { leaf.get($0 + index, 0) }
                    }
                } set: { root, value in
                    change(&root) { elements in
                        guard !elements.isEmpty else { return false }
                        return leaf.set(&elements[elements.count - 1], value)
                    }
                })
        }
    }

    private mutating func list<Element: Sendable>(
        _ name: String, _ see: @escaping SeeList<Element>, _ change: @escaping ChangeList<Element>, empty: Element
    ) {
        lists.append(
            LeafList(
                name: name, count: { see($0).count },
                append: { root in
                    _ = change(&root) { elements in
                        elements.append(empty)
                        return true
                    }
                },
                removeAll: { root in
                    _ = change(&root) { elements in
                        elements = []
                        return true
                    }
                }))
    }

    /// Takes in the leaves of a part. `see` and `change` reach the part where it lies.
    mutating func part<Part>(
        _ prefix: String, _ inner: Vocabulary<Part>,
        see: @escaping @Sendable (UnsafePointer<Root>) -> UnsafePointer<Part>,
        change: @escaping @Sendable (inout Root, (inout Part) -> Bool) -> Bool
    ) {
        for leaf in inner.leaves {
            leaves.append(
                Leaf(
                    name: "\(prefix).\(leaf.name)", kind: leaf.kind, list: leaf.list.map { "\(prefix).\($0)" },
                    offset: leaf.offset
                ) { root, index in
                    leaf.get(see(root), index)
                } set: { root, value in
                    change(&root) { leaf.set(&$0, value) }
                })
        }
        for list in inner.lists {
            lists.append(
                LeafList(
                    name: "\(prefix).\(list.name)", count: { list.count(see($0)) },
                    append: { root in
                        _ = change(&root) {
                            list.append(&$0)
                            return true
                        }
                    },
                    removeAll: { root in
                        _ = change(&root) {
                            list.removeAll(&$0)
                            return true
                        }
                    }))
        }
    }
}
