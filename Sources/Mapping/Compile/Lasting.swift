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

/// One piece of memory for several lists of plain values, which go when it goes.
struct Room: ~Copyable {
    private let base: UnsafeMutableRawPointer
    private let size: Int
    private var taken = 0
    private static let alignment = 16

    init(_ size: Int) {
        self.size = size
        base = .allocate(byteCount: max(1, size), alignment: Self.alignment)
    }

    deinit { base.deallocate() }

    /// What a list takes of a room.
    static func size<Element: BitwiseCopyable>(of type: Element.Type, _ count: Int) -> Int {
        (MemoryLayout<Element>.stride * count + alignment - 1) / alignment * alignment
    }

    mutating func places<Element: BitwiseCopyable>(repeating value: Element, count: Int) -> Places<Element> {
        let start = taken
        taken += Self.size(of: Element.self, count)
        precondition(taken <= size && MemoryLayout<Element>.alignment <= Self.alignment, "the room was made for less")
        // Every list begins at a multiple of the room's alignment, and ends within the room.
        let list = (base + start).initializeMemory(as: Element.self, repeating: value, count: count)
        return Places(UnsafeMutableBufferPointer(start: list, count: count))
    }
}

/// A number of plain values that are changed in place, by one owner and without a look at who else might have them.
struct Places<Element: BitwiseCopyable>: ~Copyable {
    private let base: UnsafeMutableBufferPointer<Element>
    private var count: Int { base.count }

    /// - Parameter base: Of a room that lives longer.
    fileprivate init(_ base: UnsafeMutableBufferPointer<Element>) { self.base = base }

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

/// What is open: the innermost element, `top`, and those around it, outermost first. Pushed and popped for each element
/// of each message, by one owner and without a look at who else might have it. An element stays where it lies while
/// others come and go above it: to copy one that was written to a moment ago makes the processor wait.
struct Stack<Element>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    /// Elements around `top`.
    private(set) var count = 0

    init(_ top: Element, room: Int) {
        capacity = max(2, room)
        base = .allocate(capacity: capacity)
        base.initialize(to: top)
    }

    deinit {
        base.deinitialize(count: count + 1)
        base.deallocate()
    }

    var isEmpty: Bool { count == 0 }

    @inline(__always)
    var top: Element {
        // There is always one behind those that are counted.
        _read { yield base[count] }
        _modify { yield &base[count] }
    }

    @inline(__always)
    mutating func push(_ element: Element) {
        if count + 1 == capacity { grow() }
        count += 1
        // There is room behind the last one.
        (base + count).initialize(to: element)
    }

    /// The outermost element stays.
    @inline(__always)
    mutating func pop() {
        guard count > 0 else { return }
        (base + count).deinitialize(count: 1)
        count -= 1
    }

    private mutating func grow() {
        let wider = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        // All elements move into the first half, and the old place has none any more.
        wider.moveInitialize(from: base, count: count + 1)
        base.deallocate()
        base = wider
        capacity *= 2
    }

    /// Those around `top`.
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
