/// Elements that lie still as long as their owner lives: a field of one is reached without a copy of the element, and
/// so without counting its references. Every element of every message asks for several.
///
/// Whoever makes one frees it, once, in its `deinit`.
struct Lasting<Element: Sendable>: RandomAccessCollection, Sendable {
    // Written by `init` alone, and freed by the owner when nobody has it any more.
    private nonisolated(unsafe) let base: UnsafeMutablePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
        count = elements.count
        base = .allocate(capacity: elements.count)
        // The memory has room for just these.
        _ = UnsafeMutableBufferPointer(start: base, count: count).initialize(fromContentsOf: elements)
    }

    func free() {
        base.deinitialize(count: count)
        base.deallocate()
    }

    var startIndex: Int { 0 }
    var endIndex: Int { count }

    @inline(__always)
    subscript(index: Int) -> Element {
        _read {
            // An index past the end is a defect of the compiler of tables: found in debug builds.
            assert(index >= 0 && index < count)
            yield base[index]
        }
    }
}

/// A number of plain values that are changed in place, by one owner and without a look at who else might have them.
struct Places<Element: BitwiseCopyable>: ~Copyable {
    private let base: UnsafeMutablePointer<Element>
    private let count: Int

    init(repeating value: Element, count: Int) {
        self.count = count
        base = .allocate(capacity: max(1, count))
        // The memory has room for just these.
        base.initialize(repeating: value, count: count)
    }

    deinit { base.deallocate() }

    @inline(__always)
    subscript(index: Int) -> Element {
        _read {
            // An index past the end is a defect of the compiler of tables: found in debug builds.
            assert(index >= 0 && index < count)
            yield base[index]
        }
        _modify {
            assert(index >= 0 && index < count)
            yield &base[index]
        }
    }
}

/// What is open, innermost last: pushed and popped for each element of each message, by one owner and without a look at
/// who else might have it.
struct Stack<Element>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    private(set) var count = 0

    init(room: Int) {
        capacity = max(1, room)
        base = .allocate(capacity: capacity)
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    var isEmpty: Bool { count == 0 }
    var last: Element? { count == 0 ? nil : base[count - 1] }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow() }
        // There is room behind the last one.
        (base + count).initialize(to: element)
        count += 1
    }

    @inline(__always)
    mutating func popLast() -> Element? {
        guard count > 0 else { return nil }
        count -= 1
        return (base + count).move()
    }

    private mutating func grow() {
        let wider = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        // All elements move into the first half, and the old place has none any more.
        wider.moveInitialize(from: base, count: count)
        base.deallocate()
        base = wider
        capacity *= 2
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        _read {
            precondition(index >= 0 && index < count, "no such element")
            yield base[index]
        }
        _modify {
            precondition(index >= 0 && index < count, "no such element")
            yield &base[index]
        }
    }
}
