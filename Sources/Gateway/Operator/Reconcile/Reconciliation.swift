import FormatJSON
import Payments

/// Ours against theirs: each line of the neighbour's report finds its leg by any of its names; what finds none, is
/// found by none or does not agree is a difference.
struct Reconciliation {
    enum Kind: String, Sendable, CaseIterable {
        case onlyOurs = "only ours"
        case onlyTheirs = "only theirs"
        case amountDiffers = "amount differs"
        case stateDiffers = "state differs"
        /// One transfer stands twice in the report.
        case listedTwice = "listed twice"
    }

    struct Difference: Sendable, Equatable {
        var kind: Kind
        var ours: Leg?
        var theirs: Leg?
    }

    /// Count and sum of one direction and currency.
    struct Total: Sendable, Equatable {
        var count = 0
        var units: Int128 = 0
    }

    struct Key: Hashable, Comparable {
        var direction: String
        var currency: Currency

        static func < (left: Key, right: Key) -> Bool {
            (left.currency.code, left.direction) < (right.currency.code, right.direction)
        }
    }

    private var legs: [Leg] = []
    private var isFound: [Bool] = []
    /// By direction and name; a name of several legs finds none by itself.
    private var index: [String: Int] = [:]
    private var ambiguous: Set<String> = []

    private(set) var differences: [Difference] = []
    private(set) var matched = 0
    /// Refused there, and never heard of here: no money moved.
    private(set) var rejectedThereAlone = 0
    private(set) var ours: [Key: Total] = [:]
    private(set) var theirs: [Key: Total] = [:]

    init() {}

    mutating func add(_ leg: Leg) {
        let place = legs.count
        legs.append(leg)
        isFound.append(false)
        for name in leg.names {
            let key = Reconciliation.key(leg.direction, name)
            if index.updateValue(place, forKey: key) != nil { ambiguous.insert(key) }
        }
        if leg.state == .settled { ours[Reconciliation.sum(leg), default: Total()].add(leg) }
    }

    /// All legs of ours must have been added.
    mutating func match(_ theirs: Leg) {
        if theirs.state == .settled { self.theirs[Reconciliation.sum(theirs), default: Total()].add(theirs) }
        let key = Reconciliation.key(theirs.direction, theirs.names.first ?? "")
        guard let place = index[key], !ambiguous.contains(key) else {
            if theirs.state == .rejected {
                rejectedThereAlone += 1
            } else {
                differences.append(Difference(kind: .onlyTheirs, ours: nil, theirs: theirs))
            }
            return
        }
        let ours = legs[place]
        guard !isFound[place] else {
            differences.append(Difference(kind: .listedTwice, ours: ours, theirs: theirs))
            return
        }
        isFound[place] = true
        if ours.amount != theirs.amount {
            differences.append(Difference(kind: .amountDiffers, ours: ours, theirs: theirs))
        } else if ours.state != theirs.state {
            differences.append(Difference(kind: .stateDiffers, ours: ours, theirs: theirs))
        } else {
            matched += 1
        }
    }

    /// After the whole report: what it does not list. A report may leave out what was refused.
    mutating func finish() {
        for (place, leg) in legs.enumerated() where !isFound[place] && leg.state != .rejected {
            differences.append(Difference(kind: .onlyOurs, ours: leg, theirs: nil))
        }
    }

    private static func key(_ direction: Leg.Direction, _ name: String) -> String { "\(direction.rawValue)|\(name)" }

    private static func sum(_ leg: Leg) -> Key { Key(direction: leg.direction.rawValue, currency: leg.amount.currency) }
}

extension Reconciliation.Total {
    fileprivate mutating func add(_ leg: Leg) {
        count += 1
        units += leg.amount.units
    }
}

extension Reconciliation {
    /// Settled amounts of both sides and what lies between them, by currency and direction.
    var totals: [JSONValue] {
        Set(ours.keys).union(theirs.keys).sorted().map { key in
            let (own, other) = (ours[key] ?? Total(), theirs[key] ?? Total())
            func text(_ units: Int128) -> JSONValue? {
                Money(units: units, currency: key.currency).map { .string($0.decimal(atLeast: key.currency.exponent)) }
            }
            return .members([
                "currency": .string(key.currency.code), "direction": .string(key.direction),
                "ours": text(own.units), "oursCount": .integer(own.count), "theirs": text(other.units),
                "theirsCount": .integer(other.count), "difference": text(own.units - other.units),
            ])
        }
    }

    func json(faults: [ReportReader.Fault]) -> JSONValue {
        .members([
            "matched": .integer(matched), "rejectedThereAlone": .integer(rejectedThereAlone),
            "differences": .array(
                differences.map { difference in
                    .members([
                        "kind": .string(difference.kind.rawValue), "ours": difference.ours?.json,
                        "theirs": difference.theirs?.json,
                    ])
                }),
            "totals": .array(totals),
            "faults": .array(faults.map { ["line": .integer($0.line), "says": .string($0.says)] }),
        ])
    }

    /// Lines for a person: each difference, then the sums.
    func text(faults: [ReportReader.Fault]) -> String {
        var rows = [["DIFFERENCE", "REFERENCE", "DIRECTION", "OURS", "THEIRS", "PAYMENT"]]
        func side(_ leg: Leg?) -> String { leg.map { "\($0.amount) \($0.state.rawValue)" } ?? "-" }
        for difference in differences {
            let leg = difference.theirs ?? difference.ours
            rows.append([
                difference.kind.rawValue, leg?.names.first ?? "-", leg?.direction.rawValue ?? "-",
                side(difference.ours), side(difference.theirs), difference.ours?.payment?.text ?? "-",
            ])
        }
        var lines = differences.isEmpty ? [] : [Columns.text(rows), ""]
        lines += faults.map { "not read: \($0)" }
        for total in totals {
            func word(_ name: String) -> String { total[name]?.string ?? total[name]?.description ?? "-" }
            lines.append(
                "\(word("currency")) \(word("direction")): ours \(word("ours")) (\(word("oursCount"))), theirs "
                    + "\(word("theirs")) (\(word("theirsCount"))), difference \(word("difference"))")
        }
        var counts = "\(matched) agree, \(differences.count) differ"
        if rejectedThereAlone > 0 { counts += ", \(rejectedThereAlone) refused there alone" }
        if !faults.isEmpty { counts += ", \(faults.count) lines not read" }
        return (lines + [counts]).joined(separator: "\n")
    }
}
