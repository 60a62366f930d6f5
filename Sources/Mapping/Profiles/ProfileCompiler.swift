import Payments

/// Compiles the rules of a profile that hold for one definition on one day.
struct ProfileCompiler {
    private var builder: ProfileBuilder

    /// - Parameter rules: With their numbers in the profile; those that hold.
    static func program(
        _ definition: String, _ rules: [(number: Int, rule: ProfileSheet.Row)], _ tables: ProfileSheet
    ) -> ProfileProgram {
        var compiler = ProfileCompiler(
            builder: ProfileBuilder(
                definition, words: ProfileWords(countries: tables.countries), asks: tables.asks))
        if definition.hasPrefix("head.") { compiler.builder.answerAsks() }
        for (number, row) in rules { compiler.take(number, row, tables) }
        return ProfileProgram(compiler.builder)
    }

    /// A definition of which only this is to be told: that it is not taken.
    static func foreign(_ definition: String, _ numbers: [Int], _ tables: ProfileSheet) -> ProfileProgram {
        var builder = ProfileBuilder(definition, words: ProfileWords(countries: tables.countries), asks: tables.asks)
        for number in numbers {
            builder.rules.append(ProfileProgram.Rule(number: Int32(number)))
            builder.foreign.append(Int32(builder.rules.count - 1))
        }
        if definition.hasPrefix("head.") { builder.answerAsks() }
        return ProfileProgram(builder)
    }

    private mutating func take(_ number: Int, _ row: ProfileSheet.Row, _ tables: ProfileSheet) {
        let path = row.path
        var rule = ProfileProgram.Rule(number: Int32(number))
        let scope = builder.scope(path)
        rule.scope = Int32(scope == ProfileProgram.headerScope ? ProfileProgram.messageScope : scope)
        condition(row, &rule)
        let index = Int32(builder.rules.count)
        builder.rules.append(rule)
        switch row.check {
        case .text(let test): self.test(test, path, index)
        case .codes(let words, let isMember):
            let (first, count) = builder.words.keep(words)
            test(.codes(first: first, count: count, isMember: isMember), path, index)
        case .codeSet(let name):
            let (first, count) = builder.words.keep(tables.codeSets[name] ?? [])
            test(.codes(first: first, count: count, isMember: true), path, index)
        case .starts(let words, let isMember):
            let (first, count) = builder.words.keep(words)
            test(.starts(first: first, count: count, isMember: isMember), path, index)
        case .like(let pieces):
            let (first, count) = builder.words.keep(pieces)
            test(.like(first: first, count: count), path, index)
        case .headed: builder.headed.append(index)
        case .version, .taken: break
        default: structure(row.check, path, index)
        }
    }

    private mutating func structure(_ check: ProfileCheck, _ path: ProfilePath, _ index: Int32) {
        switch check {
        case .present: present(path, index)
        case .absent:
            let isLater = builder.rules[Int(index)].clauseCount > 0
            act(
                path, .init(step: isLater ? .absentLater : .absent, index: rule(index).scope, rule: index),
                atText: false)
        case .occurs(let range):
            let counter = builder.counter(path)
            let missing = builder.path(Self.text(path.rest))
            end(
                index,
                .occurs(
                    counter: counter, least: Int32(clamping: range.lowerBound), most: Int32(clamping: range.upperBound),
                    path: missing))
        case .group(let group, let paths):
            let bits = paths.map { builder.bit($0) }
            end(index, .group(group, first: Int32(builder.bits.count), count: Int32(bits.count)))
            builder.bits += bits
        case .address(let structured, let hybrid): address(structured, hybrid, path, index)
        case .total(let range):
            builder.tests.append(.length(range))
            for node in builder.nodes(path) { builder.nodes[node].hasEnd = true }
            act(path, .init(step: .total, index: Int32(builder.tests.count - 1), rule: index), atText: false)
        case .distinct:
            act(path, .init(step: .keepLater, index: rule(index).scope, rule: index), atText: true)
        case .cross(let cross, let other): self.cross(cross, path, other, index)
        case .counts(let other):
            let slot = builder.slot(path)
            end(index, .counts(slot: slot, counter: builder.counter(other)))
        case .sums(let other):
            let slot = builder.slot(path)
            end(index, .sums(slot: slot, sum: builder.sum(other)))
        case .definition: end(index, .definition(slot: builder.slot(path)))
        default: break
        }
    }

    private func rule(_ index: Int32) -> ProfileProgram.Rule { builder.rules[Int(index)] }

    private mutating func end(_ index: Int32, _ end: ProfileProgram.End) {
        builder.rules[Int(index)].end = end
        builder.layout.decide(index, in: Int(rule(index).scope))
    }

    private mutating func act(_ path: ProfilePath, _ action: ProfileProgram.Action, atText: Bool) {
        for node in builder.nodes(path) {
            if atText { builder.nodes[node].texts.append(action) } else { builder.nodes[node].opens.append(action) }
        }
    }

    /// A test of the text alone is run where the text stands; a breach waits for the rule's condition if it has one.
    private mutating func test(_ test: ProfileTest, _ path: ProfilePath, _ index: Int32) {
        builder.rules[Int(index)].test = test
        if path.origin == .header { return end(index, .testSlot(slot: builder.slot(path))) }
        if path.isEveryText { return builder.everyText.append(index) }
        let isLater = rule(index).clauseCount > 0
        act(
            path, .init(step: isLater ? .testLater : .test, index: rule(index).scope, rule: index), atText: true)
        if case .minorUnits = test {
            for node in builder.nodes(path) { builder.nodes[node].keepsCurrency = true }
            _ = builder.name("@Ccy")
        }
    }

    private mutating func present(_ path: ProfilePath, _ index: Int32) {
        let ways = ProfilePath.ways(path.rest).map { way in way.map { [$0] } }
        for (place, way) in ways.enumerated() {
            var single = path
            single.rest = way
            let bit = builder.bit(single)
            let missing = builder.path(Self.text(way))
            var index = index
            if place > 0 {
                builder.rules.append(rule(index))
                index = Int32(builder.rules.count - 1)
            }
            builder.rules[Int(index)].end = .present(bit: bit, path: missing)
            let scope = Int(rule(index).scope)
            if rule(index).clauseCount == 0, path.origin != .header {
                builder.layout.require(bit, rule: index, in: scope)
            } else {
                builder.layout.decide(index, in: scope)
            }
        }
    }

    private mutating func address(_ structured: Bool, _ hybrid: Bool, _ path: ProfilePath, _ index: Int32) {
        func below(_ name: String) -> ProfilePath {
            var inner = path
            inner.rest = [[name]]
            return inner
        }
        let (town, country) = (builder.bit(below("TwnNm")), builder.bit(below("Ctry")))
        let lines = builder.counter(below("AdrLine"))
        end(
            index, .address(structured: structured, hybrid: hybrid, town: town, country: country, lines: lines))
    }

    private mutating func cross(
        _ cross: ProfileCheck.Cross, _ path: ProfilePath, _ other: ProfilePath, _ index: Int32
    ) {
        let other = builder.slot(other)
        if path.origin == .header {
            return end(index, .cross(cross, slot: builder.slot(path), other: other))
        }
        builder.rules[Int(index)].end = .cross(cross, slot: -1, other: other)
        act(path, .init(step: .keepLater, index: rule(index).scope, rule: index), atText: true)
    }

    private mutating func condition(_ row: ProfileSheet.Row, _ rule: inout ProfileProgram.Rule) {
        guard !row.clauses.isEmpty else { return }
        rule.firstClause = Int32(builder.clauses.count)
        rule.clauseCount = Int32(row.clauses.count)
        rule.isAny = row.isAny
        for clause in row.clauses {
            let bit: Int32
            switch clause.test {
            case .present: bit = builder.bit(clause.path)
            case .oneOf(let values):
                let (first, count) = builder.words.keep(values)
                bit = builder.bit(clause.path, where: .codes(first: first, count: count, isMember: true))
            case .starts(let values):
                let (first, count) = builder.words.keep(values)
                bit = builder.bit(clause.path, where: .starts(first: first, count: count, isMember: true))
            }
            builder.clauses.append(.init(bit: bit, isNegated: clause.isNegated))
        }
    }

    private static func text(_ steps: [[String]]) -> String {
        steps.map { $0.joined(separator: "|") }.joined(separator: "/")
    }
}
