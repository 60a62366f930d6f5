/// A part of a payment that most messages leave empty: no memory while it is, and a copy of a payment copies a
/// reference. A value all the same: whoever changes it has a box of its own first.
///
/// Sendable: the memory is changed only where `isKnownUniquelyReferenced` says that nobody else can see it.
struct Boxed<Part: EmptyPart>: @unchecked Sendable, Hashable {
    /// The part is the buffer's header, so that it can be read where it lies.
    private typealias Box = ManagedBuffer<Part, Void>

    private var box: Box?

    var isTouched: Bool { box != nil }

    /// Where the part lies: valid as long as this payment is neither changed nor gone.
    var place: UnsafePointer<Part> {
        guard let box else { return UnsafePointer(Part.nowhere) }
        // The buffer outlives the pointer, as the comment above asks of every caller.
        return box.withUnsafeMutablePointerToHeader { UnsafePointer($0) }
    }

    var part: Part {
        _read { yield place.pointee }
        // The box is this payment's alone, and held until the change is over.
        _modify { yield &room().pointee }
    }

    /// Where the part may be written to: a box of this payment's own. Valid as long as the payment is neither copied
    /// nor gone.
    mutating func room() -> UnsafeMutablePointer<Part> {
        if box == nil {
            box = Box.create(minimumCapacity: 0) { _ in Part.none }
        } else if !isKnownUniquelyReferenced(&box) {
            let shared = place
            box = Box.create(minimumCapacity: 0) { _ in shared.pointee }
        }
        guard let box else { preconditionFailure("made above") }
        return box.withUnsafeMutablePointerToHeader { $0 }
    }

    static func == (left: Boxed, right: Boxed) -> Bool {
        left.box === right.box || left.part == right.part
    }

    func hash(into hasher: inout Hasher) { part.hash(into: &hasher) }
}

/// What can be left empty.
protocol EmptyPart: Sendable, Hashable {
    static var none: Self { get }
    /// An empty part that lies in memory for ever and is never written to.
    static var nowhere: UnsafeMutablePointer<Self> { get }
}

extension EmptyPart {
    static func forever() -> UnsafeMutablePointer<Self> {
        let place = UnsafeMutablePointer<Self>.allocate(capacity: 1)
        place.initialize(to: none)
        return place
    }
}

extension Party: EmptyPart {
    static let none = Party()
    nonisolated(unsafe) static let nowhere = forever()
}

extension Account: EmptyPart {
    static let none = Account()
    nonisolated(unsafe) static let nowhere = forever()
}

extension Agent: EmptyPart {
    static let none = Agent()
    nonisolated(unsafe) static let nowhere = forever()
}

extension PostalAddress: EmptyPart {
    static let none = PostalAddress()
    nonisolated(unsafe) static let nowhere = forever()
}

extension Terms: EmptyPart {
    static let none = Terms()
    nonisolated(unsafe) static let nowhere = forever()
}

extension StatusReport: EmptyPart {
    static let none = StatusReport()
    nonisolated(unsafe) static let nowhere = forever()
}

extension PaymentType: EmptyPart {
    static let none = PaymentType()
    nonisolated(unsafe) static let nowhere = forever()
}

extension MessageHeader: EmptyPart {
    static let none = MessageHeader()
    nonisolated(unsafe) static let nowhere = forever()
}
