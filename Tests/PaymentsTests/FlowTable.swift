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
        return FlowStep(
            name: cells[0], verb: try #require(Verb(rawValue: cells[1]), "verb \(cells[1])"),
            hop: try #require(Hop(rawValue: cells[2]), "hop \(cells[2])"),
            undo: cells[3] == "-" ? nil : try #require(Verb(rawValue: cells[3])), isPivot: cells[4] == "yes",
            withinMilliseconds: try within(cells[5]), retries: cells[6] == "forever" ? nil : try #require(Int(cells[6])),
            onUnknown: try cells[7].split(separator: ",").map { word in
                try #require(UnknownPolicy(rawValue: String(word.trimmingPrefix(" "))), "policy \(word)")
            })
    }

    private static func within(_ text: String) throws -> Int64? {
        if text == "network clock" { return nil }
        if text.hasSuffix("ms") { return try #require(Int64(text.dropLast(2))) }
        try #require(text.hasSuffix("s"), "within \(text)")
        return try #require(Int64(text.dropLast())) * 1_000
    }
}

/// A step in a few words, for flows that a test makes up.
func step(
    _ verb: Verb, _ policies: UnknownPolicy..., undo: Verb? = nil, pivot: Bool = false, name: String? = nil
) -> FlowStep {
    FlowStep(
        name: name ?? String(verb.rawValue.split(separator: ".")[1]), verb: verb, hop: .plan, undo: undo, isPivot: pivot,
        withinMilliseconds: 5_000, retries: 1, onUnknown: policies)
}

func flow(_ name: String, _ steps: FlowStep...) -> Flow { Flow(name: name, version: "test", steps: steps) }

let goodReserve = step(.reserve, .query, .operatorDecides, undo: .release)
let goodSend = step(.send, .query, .operatorDecides, pivot: true)
let goodPost = step(.post, .query, .operatorDecides)
let goodNotify = step(.notify, .retry, .leave)
