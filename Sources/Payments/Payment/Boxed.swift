/// A part of a payment that most messages leave empty: no memory while it is, and a copy of a payment copies a
/// reference. A value all the same: whoever changes it has a box of its own first.
struct Boxed<Part: EmptyPart>: Sendable, Hashable {
    /// Sendable: it is changed only where `isKnownUniquelyReferenced` says that nobody else can see it.
    private final class Box: @unchecked Sendable {
        var part: Part

        init(_ part: Part) { self.part = part }
    }

    private var box: Box?

    var isEmpty: Bool { box == nil || box?.part == Part.none }

    var part: Part {
        _read {
            if let box { yield box.part } else { yield Part.none }
        }
        _modify {
            if box == nil {
                box = Box(Part.none)
            } else if !isKnownUniquelyReferenced(&box), let shared = box {
                box = Box(shared.part)
            }
            if let box { yield &box.part } else { preconditionFailure("made above") }
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
}

extension Party: EmptyPart { static let none = Party() }
extension Agent: EmptyPart { static let none = Agent() }
extension PostalAddress: EmptyPart { static let none = PostalAddress() }
extension Terms: EmptyPart { static let none = Terms() }
extension StatusReport: EmptyPart { static let none = StatusReport() }
extension PaymentType: EmptyPart { static let none = PaymentType() }
extension MessageHeader: EmptyPart { static let none = MessageHeader() }
