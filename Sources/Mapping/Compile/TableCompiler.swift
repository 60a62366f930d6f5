import Payments

/// Compiles every table and gathers every error on the way.
struct TableCompiler {
    struct Output {
        var codes: CodeTables
        var translators: [String: Translator]
        var bookkeeping: Bookkeeping
    }

    var faults = TableFaults()
    var codes: [String: CodeTable] = [:]
    var networks: [String: Network] = [:]
    /// Tables of messages by `network/message`, and parts by `network/part`.
    var messages: [String: FieldTable] = [:]
    var parts: [String: FieldTable] = [:]
    var includedParts: Set<String> = []
    /// Messages that have a file, whether or not it can be read.
    var named: Set<String> = []

    static func compile(_ files: [TableFile]) throws(TableErrors) -> Output {
        var compiler = TableCompiler()
        let sheets = compiler.sheets(files)
        if let sheet = sheets["fields/networks.tsv"] {
            compiler.networks = Network.read(sheet, &compiler.faults)
        } else if sheets.keys.contains(where: { $0.hasPrefix("fields/") }) {
            compiler.fault("fields/networks.tsv", "the table is missing", "add it: it says how each network writes")
        }
        for (name, sheet) in sheets.sorted(by: { $0.key < $1.key }) { compiler.take(name, sheet) }
        if let sheet = sheets["codes/retryable.tsv"] { compiler.examineRetryable(sheet) }
        var programs: [String: MessageCompiler.Output] = [:]
        for (name, table) in compiler.messages.sorted(by: { $0.key < $1.key }) {
            programs[name] = MessageCompiler.compile(table, name, &compiler)
        }
        // A table that cannot be read includes nothing: what only follows from that is not told.
        let isReadable = compiler.faults.errors.isEmpty
        for (name, table) in compiler.parts where isReadable && !compiler.includedParts.contains(name) {
            compiler.fault(table.file, "no table includes this part", "include it or remove the file")
        }
        if isReadable { compiler.examineWords() }
        var bookkeeping = Bookkeeping()
        if let sheet = sheets["fields/bookkeeping.tsv"] {
            bookkeeping = Bookkeeping(
                sheet, fields: PaymentFields.all.map(\.name),
                targets: Set(["*"] + compiler.networks.keys).union(compiler.named), &compiler.faults)
        }
        guard compiler.faults.errors.isEmpty else { throw TableErrors(compiler.faults.errors) }
        let translators = programs.mapValues { Translator(message: $0.message, program: $0.program(bookkeeping)) }
        return Output(codes: CodeTables(compiler.codes), translators: translators, bookkeeping: bookkeeping)
    }

    /// A row that asks for a word that no table of its network has stands nowhere.
    private mutating func examineWords() {
        for (name, table) in messages.merging(parts, uniquingKeysWith: { own, _ in own }) {
            let known = messages.values.filter { $0.network.name == table.network.name }.map(\.words)
            let words = known.reduce(into: Set<String>()) { $0.formUnion($1) }
            var open = table.rows
            while let row = open.popLast() {
                open += row.children
                guard let unknown = row.version?.words.subtracting(words).sorted().first else { continue }
                faults.add(
                    table.file, row.when, "no table has the word \(unknown)",
                    "write with \(unknown) in the [message] row of \(name)'s version, or mend the word")
            }
        }
    }

    mutating func fault(_ file: String, _ problem: String, _ remedy: String) {
        faults.add(file, TableSheet.Cell(text: "", line: 1, column: 1), problem, remedy)
    }

    private mutating func sheets(_ files: [TableFile]) -> [String: TableSheet] {
        var sheets: [String: TableSheet] = [:]
        for file in files where file.name.hasSuffix(".tsv") {
            guard file.name.hasPrefix("fields/") || file.name.hasPrefix("codes/") else { continue }
            do {
                if sheets.updateValue(try TableSheet(file), forKey: file.name) != nil {
                    fault(file.name, "the file is given twice", "give it once")
                }
            } catch {
                faults.add(contentsOf: error)
            }
        }
        return sheets
    }

    private mutating func take(_ name: String, _ sheet: TableSheet) {
        let steps = name.dropLast(4).split(separator: "/").map(String.init)
        if steps.count == 2, steps[0] == "codes" {
            codes[steps[1]] = CodeTable(sheet, name: steps[1], networks: networks, &faults)
        } else if steps.count == 3 || (steps.count == 4 && steps[2] == "parts") {
            guard let network = networks[steps[1]] else {
                if !networks.isEmpty {
                    fault(name, "no network is named \(steps[1])", "add its row to fields/networks.tsv")
                }
                return
            }
            let last = steps[steps.count - 1]
            if steps.count == 3 { named.insert("\(steps[1])/\(last)") }
            guard let table = FieldTable(sheet, name: last, network: network, &faults) else { return }
            if steps.count == 3 {
                messages["\(steps[1])/\(last)"] = table
            } else {
                parts["\(steps[1])/\(last)"] = table
            }
        } else if name != "fields/networks.tsv" && name != "fields/bookkeeping.tsv" {
            fault(
                name, "no table is expected here", "put it at fields/NETWORK/MESSAGE.tsv, fields/NETWORK/parts or codes"
            )
        }
    }
}
