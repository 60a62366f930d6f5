/// A part of a payment that most messages leave empty: no memory while it is, and a copy of a payment copies a
/// reference. A value all the same: whoever changes it has a box of its own first.
struct Boxed<Part: EmptyPart>: Sendable, Hashable {
    /// Sendable: it is changed only where `isKnownUniquelyReferenced` says that nobody else can see it.
    ///
    /// The part lies in memory of its own that the box alone frees, so that the fields can be read where they lie.
    private final class Box: @unchecked Sendable {
        let place: UnsafeMutablePointer<Part>

        init(_ part: Part) {
            place = .allocate(capacity: 1)
            place.initialize(to: part)
        }

        deinit {
            place.deinitialize(count: 1)
            place.deallocate()
        }
    }

    private var box: Box?

    var isTouched: Bool { box != nil }

    /// Where the part lies: valid as long as this payment is neither changed nor gone.
    var place: UnsafePointer<Part> { UnsafePointer(box?.place ?? Part.nowhere) }

    var part: Part {
        _read { yield place.pointee }
        _modify {
            if box == nil {
                box = Box(Part.none)
            } else if !isKnownUniquelyReferenced(&box), let shared = box {
                box = Box(shared.place.pointee)
            }
            if let box { yield &box.place.pointee } else { preconditionFailure("made above") }
        }
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
