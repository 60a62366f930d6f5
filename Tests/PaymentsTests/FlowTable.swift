import Payments
import Testing

/// A flow table as its file in `mappings/flows` has it, read here without the gateway's own reader.
struct FlowTable {
    var note: String
    var header: [String]
    var rows: [[String]]
    var flow: Flow

    static func names() throws -> [String] {
        try Package.names(in: "mappings/flows", ending: ".tsv").map { String($0.dropLast(4)) }
    }

    init(_ name: String) throws {
        let lines = try Package.text("mappings/flows/\(name).tsv").split(separator: "\n").map(String.init)
        note = lines.filter { $0.hasPrefix("#") }.map { $0.dropFirst(1).trimmingPrefix(" ") }.joined(separator: " ")
        let cells = lines.filter { !$0.hasPrefix("#") }.map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        header = try #require(cells.first)
        rows = Array(cells.dropFirst())
        flow = Flow(name: name, version: "test", steps: try rows.map(FlowTable.step))
    }

    private static func step(_ cells: [String]) throws -> FlowStep {
        try #require(cells.count == 8, "eight columns: \(cells)")
        let verb = try #require(Verb(rawValue: cells[1]), "verb \(cells[1])")
        let hop = try #require(Hop(rawValue: cells[2]), "hop \(cells[2])")
        let policies = try cells[7].split(separator: ",").map { word in
            try #require(UnknownPolicy(rawValue: String(word.trimmingPrefix(" "))), "policy \(word)")
        }
        return FlowStep(
            name: cells[0], verb: verb, hop: hop, undo: try undo(cells[3]), isPivot: cells[4] == "yes",
            withinMilliseconds: try within(cells[5]), retries: try retries(cells[6]), onUnknown: policies)
    }

    private static func undo(_ text: String) throws -> Verb? {
        if text == "-" { return nil }
        let verb: Verb = try #require(Verb(rawValue: text), "undo \(text)")
        return verb
    }

    private static func retries(_ text: String) throws -> Int? {
        if text == "forever" { return nil }
        let count: Int = try #require(Int(text), "retries \(text)")
        return count
    }

    private static func within(_ text: String) throws -> Int64? {
        if text == "network clock" { return nil }
        let unit: Int64 = text.hasSuffix("ms") ? 1 : 1_000
        let digits = text.prefix { $0.isNumber }
        let count: Int64 = try #require(Int64(digits), "within \(text)")
        try #require(text == digits + (unit == 1 ? "ms" : "s"), "within \(text)")
        return count * unit
    }
}

/// A step in a few words, for flows that a test makes up.
func step(
    _ verb: Verb, _ policies: UnknownPolicy..., undo: Verb? = nil, pivot: Bool = false, name: String? = nil
) -> FlowStep {
    FlowStep(
        name: name ?? String(verb.rawValue.split(separator: ".")[1]), verb: verb, hop: .plan, undo: undo,
        isPivot: pivot,
        withinMilliseconds: 5_000, retries: 1, onUnknown: policies)
}

func flow(_ name: String, _ steps: FlowStep...) -> Flow { Flow(name: name, version: "test", steps: steps) }

let goodReserve = step(.reserve, .query, .operatorDecides, undo: .release)
let goodSend = step(.send, .query, .operatorDecides, pivot: true)
let goodPost = step(.post, .query, .operatorDecides)
let goodNotify = step(.notify, .retry, .leave)
