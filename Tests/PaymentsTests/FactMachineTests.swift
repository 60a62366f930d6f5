import Payments
import Testing

/// Every set of facts that can be reached from the empty one, in the order of a breadth-first walk.
func reachableFactSets() -> [FactSet] {
    var sets = [FactSet()]
    var seen = Set(sets)
    var position = 0
    while position < sets.count {
        for fact in Fact.allCases {
            var next = sets[position]
            if FactMachine.apply(fact, to: &next) == .joined, seen.insert(next).inserted { sets.append(next) }
        }
        position += 1
    }
    return sets
}

@Suite("The machine of facts") struct FactMachineTests {
    @Test("Facts only join: no event takes one away") func monotonic() {
        for set in reachableFactSets() {
            for fact in Fact.allCases {
                var next = set
                let verdict = FactMachine.apply(fact, to: &next)
                #expect(Set(set.all).isSubset(of: next.all))
                #expect((next != set) == (verdict == .joined))
                if verdict == .joined { #expect(Set(next.all) == Set(set.all + [fact])) }
                if set.contains(fact) { #expect(verdict == .already) }
            }
        }
    }

    @Test("No reachable set holds two outcomes") func oneOutcome() {
        for set in reachableFactSets() {
            #expect(!(set.contains(.settled) && set.contains(.rejected)), "\(set.all)")
            #expect(!(set.contains(.settled) && set.contains(.cancelled)), "\(set.all)")
            #expect(!(set.contains(.rejected) && set.contains(.cancelled)), "\(set.all)")
            for later in [Fact.posted, .blocked, .returned] where set.contains(later) {
                #expect(set.contains(.settled), "\(set.all)")
            }
        }
    }

    @Test("What contradicts does so in both directions") func symmetric() {
        for one in Fact.allCases {
            for other in Fact.allCases where one != other {
                #expect(contradicts(one, other) == contradicts(other, one), "\(one), \(other)")
            }
        }
    }

    /// Whether a set that holds `known` (and all that it may need) can never take in `fact`.
    private func contradicts(_ fact: Fact, _ known: Fact) -> Bool {
        !reachableFactSets().contains { $0.contains(fact) && $0.contains(known) }
    }

    @Test("A settled payment that is said to be rejected stays settled, and the contradiction is told") func told() {
        var facts = FactSet([.received, .settled])
        #expect(FactMachine.apply(.rejected, to: &facts) == .contradicts(.settled))
        #expect(facts == FactSet([.received, .settled]))
        #expect(FactMachine.apply(.blocked, to: &facts) == .joined)
        #expect(FactMachine.apply(.posted, to: &facts) == .joined)
    }

    @Test("A fact that needs another waits for it") func lacks() {
        var facts = FactSet()
        #expect(FactMachine.apply(.settled, to: &facts) == .lacks(.received))
        #expect(FactMachine.apply(.received, to: &facts) == .joined)
        #expect(FactMachine.apply(.posted, to: &facts) == .lacks(.settled))
    }
}
