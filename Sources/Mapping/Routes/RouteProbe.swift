import Payments

/// Where the rows that have a word begin: a leaf's rows, or a node.
struct RouteBranch: Sendable {
    /// The place of the first row there; the greatest number where there is none.
    var first: Int32
    var target: Int32
    /// Rows of the leaf at `target`; 0: `target` is a node.
    var count: Int32

    static let none = RouteBranch(first: .max, target: 0, count: 0)
}

/// The words that a question says, column after column.
struct RouteHits: ~Copyable {
    struct Hit {
        var word: UInt32
        var column: Int32
        var branch: RouteBranch
    }

    private(set) var list: [Hit] = []
    /// Where each column begins in the list, and where the last one ends.
    private(set) var starts = SIMD16<Int32>.zero
    private var column = 0

    init() { list.reserveCapacity(32) }

    mutating func add(_ word: UInt32, _ branch: RouteBranch) {
        list.append(Hit(word: word, column: Int32(column), branch: branch))
    }

    /// The words from here on are those of the next column.
    mutating func endColumn() {
        column += 1
        starts[column] = Int32(list.count)
    }

    func places(_ column: Int) -> Range<Int> { Int(starts[column])..<Int(starts[column + 1]) }

    func says(_ word: UInt32, _ column: Int) -> Bool {
        for place in places(column) where list[place].word == word { return true }
        return false
    }
}

/// What the index is asked: the words that a payment says in each column, its amount and its day. A row can be asked
/// too: what is found then is the first row that takes every payment the asking row takes.
struct RouteProbe: ~Copyable {
    var hits = RouteHits()
    /// What a row's range must hold: from the low ends to the high ones.
    let span: RouteSpan

    init(_ question: RouteQuestion, _ words: RouteWords) {
        words.add(question.tenant, .tenant, to: &hits)
        hits.endColumn()
        words.add(question.kind.rawValue, .kind, to: &hits)
        hits.endColumn()
        words.add(question.from, .from, to: &hits)
        hits.endColumn()
        for place in question.debtor.indices { words.add(question.debtor[place], .debtor, to: &hits) }
        hits.endColumn()
        if question.creditorIsOurs { words.add(special: RouteWords.sameTenant, to: &hits) }
        if question.creditorIsInDirectory { words.add(special: RouteWords.directory, to: &hits) }
        for place in question.creditor.indices { words.add(question.creditor[place], .creditor, to: &hits) }
        hits.endColumn()
        for place in question.creditorAgents.indices {
            words.add(question.creditorAgents[place], .creditorAgent, to: &hits)
        }
        hits.endColumn()
        if let amount = question.amount { words.add(amount.currency, to: &hits) }
        hits.endColumn()
        if let purpose = question.purpose { words.add(purpose, .purpose, to: &hits) }
        hits.endColumn()
        let units = question.amount?.units
        let day = question.date.dayNumber
        span = RouteSpan(units, units, day, day)
    }

    /// Asks for a row that takes all that this one takes.
    init(covering row: RouteRow, _ words: RouteWords) {
        if let tenant = row.tenant { words.add(covering: .exact(tenant), .tenant, to: &hits) }
        hits.endColumn()
        if let kind = row.kind { words.add(covering: .exact(kind), .kind, to: &hits) }
        hits.endColumn()
        if let from = row.from { words.add(covering: from, .from, to: &hits) }
        hits.endColumn()
        if let debtor = row.debtor { words.add(covering: debtor, .debtor, to: &hits) }
        hits.endColumn()
        if let creditor = row.creditor { words.add(covering: creditor, .creditor, to: &hits) }
        hits.endColumn()
        if let agent = row.creditorAgent { words.add(covering: agent, .creditorAgent, to: &hits) }
        hits.endColumn()
        if let currency = row.currency { words.add(currency, to: &hits) }
        hits.endColumn()
        if let purpose = row.purpose { words.add(covering: .exact(purpose), .purpose, to: &hits) }
        hits.endColumn()
        span = RouteSpan(row)
    }
}

/// Amounts and days from one end to another, each end with its value; a missing end is the least or the greatest value
/// there is. A restriction holds a question when its span holds the question's: an amount that is not known is held by
/// no end at all. Amounts beyond 64 bits are cut to them, so a row that seems to hold one is compared again.
struct RouteSpan: Sendable {
    var amountLow: Int64
    var amountHigh: Int64
    var dayLow: Int32
    var dayHigh: Int32

    init(_ amountLow: Int128?, _ amountHigh: Int128?, _ dayLow: Int64?, _ dayHigh: Int64?) {
        self.amountLow = amountLow.map { Int64(clamping: $0) } ?? .min
        self.amountHigh = amountHigh.map { Int64(clamping: $0) } ?? .max
        self.dayLow = dayLow.map { Int32(clamping: $0) } ?? .min
        self.dayHigh = dayHigh.map { Int32(clamping: $0) } ?? .max
    }

    init(_ row: RouteRow) {
        self.init(row.amountFrom, row.amountTo, row.validFrom?.dayNumber, row.validUntil?.dayNumber)
    }

    var isUnbounded: Bool { amountLow == .min && amountHigh == .max && dayLow == .min && dayHigh == .max }

    func holds(_ other: RouteSpan) -> Bool {
        amountLow <= other.amountLow && amountHigh >= other.amountHigh && dayLow <= other.dayLow
            && dayHigh >= other.dayHigh
    }
}
