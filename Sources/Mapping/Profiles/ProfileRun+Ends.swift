import Payments

/// What is decided when a scope closes.
extension ProfileRun {
    mutating func decide(_ number: Int) {
        let scope = program.scopes[number]
        for place in scope.required {
            let required = program.required[Int(place)]
            if required.mask & ~bits[Int(required.word)] != 0 { tellMissing(required.word, number) }
        }
        for place in scope.ends {
            let index = program.ends[Int(place)]
            let rule = program.rules[Int(index)]
            if holds(rule) { decide(rule, index, number) }
        }
    }

    private mutating func tellMissing(_ word: Int32, _ number: Int) {
        for place in program.scopes[number].requirements {
            let requirement = program.requirements[Int(place)]
            guard requirement.bit >> 6 == word, !isSet(requirement.bit),
                case .present(_, let path) = program.rules[Int(requirement.rule)].end
            else { continue }
            tell(requirement.rule, open[number].mark, below: program.paths[Int(path)], of: number)
        }
    }

    func isSet(_ bit: Int32) -> Bool { bits[Int(bit) >> 6] >> UInt64(bit & 63) & 1 == 1 }

    /// Whether the condition of a rule holds.
    private func holds(_ rule: ProfileProgram.Rule) -> Bool {
        guard rule.clauseCount > 0 else { return true }
        let first = Int(rule.firstClause)
        for clause in program.clauses[first..<(first + Int(rule.clauseCount))] {
            let isMet = isSet(clause.bit) != clause.isNegated
            if isMet == rule.isAny { return rule.isAny }
        }
        return !rule.isAny
    }

    private mutating func decide(_ rule: ProfileProgram.Rule, _ index: Int32, _ scope: Int) {
        let mark = open[scope].mark
        switch rule.end {
        case .none: return
        case .present(let bit, let path):
            if !isSet(bit) { tell(index, mark, below: program.paths[Int(path)], of: scope) }
        case .occurs(let counter, let least, let most, let path):
            let count = counters[Int(counter)]
            if count < least || count > most {
                tell(index, mark, below: program.paths[Int(path)], of: scope, text: "\(count)")
            }
        case .group(let group, let first, let count):
            let found = program.bits[Int(first)..<Int(first + count)].count { isSet($0) }
            let isKept =
                switch group {
                case .any: found >= 1
                case .one: found == 1
                case .atMostOne: found <= 1
                case .allOrNone: found == 0 || found == Int(count)
                }
            if !isKept { tell(index, mark, below: "", of: scope) }
        case .address(let structured, let hybrid, let town, let country, let lines):
            let isPlaced = isSet(town) && isSet(country)
            let lines = counters[Int(lines)]
            let isTaken = isPlaced && (lines == 0 ? structured : hybrid)
            if !isTaken { tell(index, mark, below: "", of: scope) }
        case .counts(let slot, let counter):
            guard let count = number(slots[Int(slot)]), count != Int(counters[Int(counter)]) else { return }
            tell(index, slots[Int(slot)])
        case .sums(let slot, let sum):
            guard slots[Int(slot)].count >= 0, amount(slots[Int(slot)])?.units != sums[Int(sum)] else { return }
            tell(index, slots[Int(slot)])
        case .cross(let cross, let slot, let other):
            guard slot >= 0, breaks(cross, slots[Int(slot)], slots[Int(other)]) else { return }
            tell(index, slots[Int(slot)])
        case .testSlot(let slot):
            let kept = slots[Int(slot)]
            guard kept.count >= 0 else { return }
            let isKept = withText(kept) { rule.test.holds($0, program.words, context) }
            if !isKept { tell(index, kept) }
        case .definition(let slot):
            let kept = slots[Int(slot)]
            guard kept.count >= 0, !withText(kept, { $0.elementsEqual(program.definition.utf8) }) else { return }
            tell(index, kept)
        }
    }

    /// Decides what waited for the end of a scope; what waits for an outer one stays.
    mutating func settle(_ number: Int, from first: Int) {
        for place in first..<waiting.count where Int(waiting[place].scope) == number {
            let kept = waiting[place]
            let rule = program.rules[Int(kept.rule)]
            guard holds(rule) else { continue }
            if kept.isBroken {
                tell(kept.rule, kept)
            } else if case .cross(let cross, _, let other) = rule.end {
                if breaks(cross, kept, slots[Int(other)]) { tell(kept.rule, kept) }
            } else if isSecond(place, from: first) {
                tell(kept.rule, kept)
            }
        }
        var stays = first
        for place in first..<waiting.count where Int(waiting[place].scope) != number {
            waiting[stays] = waiting[place]
            stays += 1
        }
        waiting.removeLast(waiting.count - stays)
    }

    /// Whether the same text stands earlier in the scope.
    private func isSecond(_ place: Int, from first: Int) -> Bool {
        let kept = waiting[place]
        for other in waiting[first..<place]
        where other.rule == kept.rule && other.scope == kept.scope && other.count == kept.count {
            if withText(other, { left in withText(kept) { left.elementsEqual($0) } }) { return true }
        }
        return false
    }

    private func breaks(_ cross: ProfileCheck.Cross, _ kept: Kept, _ other: Kept) -> Bool {
        guard kept.count >= 0, other.count >= 0 else { return false }
        return withText(kept) { left in withText(other) { right in ProfileCross.breaks(cross, left, right) } }
    }

    private func number(_ kept: Kept) -> Int? {
        guard kept.count >= 0, kept.count <= 15 else { return nil }
        return withText(kept) { Int(String(decoding: $0, as: UTF8.self)) }
    }

    private func amount(_ kept: Kept) -> ProfileAmount? { withText(kept) { ProfileAmount($0) } }

    // MARK: What is kept

    func withText<Result>(_ kept: Kept, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        arena.withUnsafeBufferPointer { arena in
            body(UnsafeBufferPointer(rebasing: arena[Int(kept.start)..<Int(kept.start + kept.count)]))
        }
    }

    /// Keeps the first text of a place.
    mutating func keep(_ text: UnsafeBufferPointer<UInt8>, _ slot: Int) {
        guard slots[slot].count < 0 else { return }
        slots[slot] = stored(Kept(), text)
        if open[ProfileProgram.messageScope].depth >= 0, program.isRootSlot[slot] {
            rootKept = arena.count
            rootTrails = trails.count
        }
    }

    mutating func wait(_ kept: Kept, _ text: UnsafeBufferPointer<UInt8>) {
        guard waiting.count < ProfileLimits.pending else { return findings.omit() }
        waiting.append(stored(kept, text))
    }

    private func keptCount(_ text: UnsafeBufferPointer<UInt8>) -> Int { min(text.count, ProfileLimits.keptTextBytes) }

    private mutating func stored(_ kept: Kept, _ text: UnsafeBufferPointer<UInt8>) -> Kept {
        var kept = kept
        kept.start = Int32(truncatingIfNeeded: arena.count)
        kept.count = Int32(truncatingIfNeeded: keptCount(text))
        arena.append(contentsOf: text.prefix(ProfileLimits.keptTextBytes))
        kept.mark = top.mark
        kept.trail = Int32(truncatingIfNeeded: trails.count)
        if !frames.isEmpty {
            for place in 1..<frames.count { trails.append(step(frames[place])) }
            trails.append(step(top))
        }
        kept.trailCount = Int32(truncatingIfNeeded: trails.count) - kept.trail
        return kept
    }

    private func step(_ frame: Frame) -> UInt64 { UInt64(frame.name) << 32 | UInt64(UInt32(frame.number)) }

    /// Takes over from the header before it what the message's rules ask of it.
    mutating func take(_ header: borrowing ProfileRun) {
        for use in program.headerUses where use.ask < header.program.headerPlaces.count {
            let place = header.program.headerPlaces[use.ask]
            let kept = header.slots[Int(place.slot)]
            switch use.kind {
            case .bit(let bit): if header.isSet(place.bit) { bits[Int(bit) >> 6] |= 1 << UInt64(bit & 63) }
            case .clause(let bit, let test):
                guard kept.count >= 0 else { continue }
                let test = program.tests[Int(test)]
                let isMet = header.withText(kept) { test.holds($0, program.words, context) }
                if isMet { bits[Int(bit) >> 6] |= 1 << UInt64(bit & 63) }
            case .slot(let slot):
                guard kept.count >= 0 else { continue }
                var own = kept
                own.start = Int32(truncatingIfNeeded: arena.count)
                header.withText(kept) { arena.append(contentsOf: $0) }
                own.trail = Int32(truncatingIfNeeded: trails.count)
                own.trailCount = 0
                headerPaths.append((slot, header.path(kept)))
                slots[Int(slot)] = own
                rootKept = arena.count
            }
        }
    }
}
