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

    /// - Parameter wanted: Messages whose tables are compiled; nil for all, and for what only the whole can tell.
    static func compile(_ files: [TableFile], only wanted: Set<String>? = nil) throws(TableErrors) -> Output {
        var compiler = TableCompiler()
        compiler.named = names(files)
        let sheets = compiler.sheets(wanted.map { needed($0, files) } ?? files)
        if let sheet = sheets["fields/networks.tsv"] {
            compiler.networks = Network.read(sheet, &compiler.faults)
        } else if sheets.keys.contains(where: { $0.hasPrefix("fields/") }) {
            compiler.fault("fields/networks.tsv", "the table is missing", "add it: it says how each network writes")
        }
        for (name, sheet) in sheets.sorted(by: { $0.key < $1.key }) { compiler.take(name, sheet) }
        if let sheet = sheets["codes/retryable.tsv"] { compiler.examineRetryable(sheet) }
        var programs: [String: MessageCompiler.Output] = [:]
        for (name, table) in compiler.messages.sorted(by: { $0.key < $1.key }) where wanted?.contains(name) ?? true {
            programs[name] = MessageCompiler.compile(table, name, &compiler)
        }
        // A table that cannot be read includes nothing: what only follows from that is not told.
        let isReadable = compiler.faults.errors.isEmpty
        if isReadable, wanted == nil {
            for (name, table) in compiler.parts where !compiler.includedParts.contains(name) {
                compiler.fault(table.file, "no table includes this part", "include it or remove the file")
            }
            compiler.examineWords()
        }
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

    /// Messages that have a file, as `network/message`.
    static func names(_ files: [TableFile]) -> Set<String> {
        Set(files.compactMap { name($0.name) })
    }

    /// `network/message` of `fields/network/message.tsv`; nil for any other file.
    private static func name(_ file: String) -> String? {
        let steps = file.split(separator: "/", omittingEmptySubsequences: false)
        guard steps.count == 3, steps[0] == "fields", file.hasSuffix(".tsv") else { return nil }
        return "\(steps[1])/\(steps[2].dropLast(4))"
    }

    /// The files that some messages are made of: their tables, those whose rows they have, and all that is no message.
    private static func needed(_ wanted: Set<String>, _ files: [TableFile]) -> [TableFile] {
        let tables = Dictionary(
            files.compactMap { file in name(file.name).map { ($0, file) } }, uniquingKeysWith: { first, _ in first })
        var open = wanted
        var needed: Set<String> = []
        while let message = open.popFirst() {
            guard needed.insert(message).inserted, let file = tables[message] else { continue }
            let network = message.prefix { $0 != "/" }
            if let base = base(of: file) { open.insert("\(network)/\(base)") }
        }
        let networks = Set(needed.map { "fields/\($0.prefix { $0 != "/" })/parts/" })
        return files.filter { file in
            if let message = name(file.name) { return needed.contains(message) }
            guard file.name.contains("/parts/") else { return true }
            return networks.contains { file.name.hasPrefix($0) }
        }
    }

    /// The message of `same MESSAGE` in the first row of a table.
    private static func base(of file: TableFile) -> String? {
        let text = String(decoding: file.bytes, as: UTF8.self)
        guard let title = text.split(separator: "\n").first(where: { $0.hasPrefix("[message]") }) else { return nil }
        let cells = title.split(separator: "\t", omittingEmptySubsequences: false)
        guard cells.count > 2 else { return nil }
        let words = cells[2].split(separator: " ")
        return words.count > 1 && words[0] == "same" ? String(words[1]) : nil
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
