public import Payments
import Synchronization

/// The tables of `flows/`, read, explored and refused when a story in them ends badly.
public struct FlowTables: Sendable {
    /// By name, sorted by name.
    public let flows: [String: Flow]

    static let columns = ["step", "does", "hop", "undo", "pivot", "within", "retries", "on unknown"]

    /// Stories that this process has explored, by the version of their flow: a reload explores what has changed.
    private static let sound = Mutex<Set<String>>([])
    private static let mostSound = 1_000

    /// Throws every error of every flow table at once.
    /// - Parameter explores: False for tables that were explored when they came into use.
    public init(files: [TableFile], explores: Bool = true) throws(TableErrors) {
        var flows: [String: Flow] = [:]
        var faults = TableFaults()
        for file in files where file.name.hasPrefix("flows/") && file.name.hasSuffix(".tsv") {
            let name = String(file.name.dropFirst("flows/".count).dropLast(".tsv".count))
            do throws(TableErrors) {
                let sheet = try TableSheet(file)
                let version = ContentHash.of([file])
                flows[name] = FlowTables.flow(sheet, name, version: version, explores: explores, &faults)
            } catch {
                faults.add(contentsOf: error)
            }
        }
        guard faults.errors.isEmpty else { throw TableErrors(faults.errors) }
        self.flows = flows
    }

    public subscript(name: String) -> Flow? { flows[name] }

    private static func flow(
        _ sheet: TableSheet, _ name: String, version: String, explores: Bool, _ faults: inout TableFaults
    ) -> Flow? {
        let top = TableSheet.Cell(text: "", line: 1, column: 1)
        guard sheet.columns == columns else {
            faults.add(
                sheet.file, top, "the header row is not the one of flow tables",
                "write the columns \(columns.joined(separator: ", "))")
            return nil
        }
        let before = faults.errors.count
        let steps = sheet.rows.compactMap { step(sheet.file, $0, &faults) }
        guard faults.errors.count == before else { return nil }
        let flow = Flow(name: name, version: version, steps: steps)
        guard explores, !sound.withLock({ $0.contains("\(name)@\(version)") }) else { return flow }
        do throws(FlowDefect) {
            try FlowExplorer.explore(flow)
            sound.withLock { sound in
                if sound.count < mostSound { sound.insert("\(name)@\(version)") }
            }
        } catch {
            let trace = error.trace.isEmpty ? "" : " (story: \(error.trace.joined(separator: "; ")))"
            faults.add(
                sheet.file, place(of: error, in: sheet) ?? top, error.says + trace,
                "mend the flow: see docs/flows.md for what each column promises")
            return nil
        }
        return flow
    }

    /// The row of the step that a defect speaks of: the one it names first, else the last of its story.
    private static func place(of defect: FlowDefect, in sheet: TableSheet) -> TableSheet.Cell? {
        for text in [defect.says] + defect.trace.reversed() {
            let words = text.split { !($0.isLetter || $0.isNumber || $0 == "-") }
            for word in words {
                if let row = sheet.rows.first(where: { $0.cells[0].text == word }) { return row.cells[0] }
            }
        }
        return sheet.rows.first?.cells[0]
    }

    private static func step(_ file: String, _ row: TableSheet.Row, _ faults: inout TableFaults) -> FlowStep? {
        let cells = row.cells
        let before = faults.errors.count
        let verb = Verb(rawValue: cells[1].text)
        if verb == nil {
            faults.add(file, cells[1], "no verb is named \(cells[1].text)", list("a verb", Verb.allCases))
        }
        let hop = Hop(rawValue: cells[2].text)
        if hop == nil { faults.add(file, cells[2], "no hop is named \(cells[2].text)", list("a hop", Hop.allCases)) }
        let undo = cells[3].text.isEmpty ? nil : Verb(rawValue: cells[3].text)
        if undo == nil, !cells[3].text.isEmpty {
            faults.add(file, cells[3], "no verb is named \(cells[3].text)", list("a verb or -", Verb.allCases))
        }
        if !["", "yes"].contains(cells[4].text) {
            faults.add(file, cells[4], "pivot is \(cells[4].text)", "write yes or -")
        }
        let within = within(cells[5].text)
        if within == nil {
            faults.add(file, cells[5], "within is \(cells[5].text)", "write a duration (500ms, 5s) or network clock")
        }
        let retries = retries(cells[6].text)
        if retries == nil { faults.add(file, cells[6], "retries is \(cells[6].text)", "write a number or forever") }
        let policies = policies(file, cells[7], &faults)
        guard faults.errors.count == before, let verb, let hop, let within, let retries else { return nil }
        return FlowStep(
            name: cells[0].text, verb: verb, hop: hop, undo: undo, isPivot: cells[4].text == "yes",
            withinMilliseconds: within.milliseconds, retries: retries.count, onUnknown: policies)
    }

    private static func list<Word: RawRepresentable<String>>(_ what: String, _ words: [Word]) -> String {
        "write \(what): \(words.map(\.rawValue).joined(separator: ", "))"
    }

    private static func policies(
        _ file: String, _ cell: TableSheet.Cell, _ faults: inout TableFaults
    ) -> [UnknownPolicy] {
        cell.text.split(separator: ",").compactMap { word in
            let name = String(word.drop { $0 == " " })
            if let policy = UnknownPolicy(rawValue: name) { return policy }
            faults.add(
                file, cell, "no policy is named \(name)", "write retry, query, refuse, leave, policy or operator")
            return nil
        }
    }

    private static func within(_ text: String) -> (milliseconds: Int64?, Void)? {
        if text == "network clock" { return (nil, ()) }
        if text.hasSuffix("ms"), let value = Int64(text.dropLast(2)), value > 0 { return (value, ()) }
        if text.hasSuffix("s"), let value = Int64(text.dropLast()), value > 0, value < 86_400 {
            return (value * 1000, ())
        }
        return nil
    }

    private static func retries(_ text: String) -> (count: Int?, Void)? {
        if text == "forever" { return (nil, ()) }
        guard let value = Int(text), value >= 0, value <= 1000 else { return nil }
        return (value, ())
    }
}
