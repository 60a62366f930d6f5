import FormatXML
import Mapping
import Testing

/// Tables that are sound in themselves and that no message could be written by.
@Suite struct TableCheckTests {
    static let demands = TableDemands(
        messages: ["iso20022/pacs.008.001.08"], canonicals: ["reasons": ["controlTotalsWrong", "duplicate"]],
        columns: ["reasons": ["iso", "fspiop"]],
        written: [
            TableDemands.Written("reasons", "iso", message: "pacs.002.001.10", type: "ExternalStatusReason1Code")
        ])

    static func faults(
        _ files: [TableFile] = MappingFiles.all, _ schemas: XMLSchemaFolder = MappingFiles.schemas
    ) throws -> [TableError] {
        try Mappings(files: files).faults(files: files, schemas: schemas, demands: [demands])
    }

    /// The tables of the repository with one text of one file in another's place.
    static func files(_ name: String, _ text: String, _ other: String) -> [TableFile] {
        MappingFiles.all.map { file in
            guard file.name == name else { return file }
            let old = String(decoding: file.bytes, as: UTF8.self)
            return TableFile(name: name, text: old.replacing(text, with: other, maxReplacements: 1))
        }
    }

    static func line(_ name: String, _ text: String) -> Int {
        let file = MappingFiles.all.first { $0.name == name }
        let lines = String(decoding: file?.bytes ?? [], as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        return (lines.firstIndex { $0.contains(text) } ?? -1) + 1
    }

    @Test func theTablesOfTheRepositoryKeepWhatTheyOwe() throws {
        #expect(try Self.faults().map(\.description) == [])
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var file: String
        var from: String
        var to: String
        /// What the row of the fault says, in the file as it ships.
        var at: String
        var problem: String
        var testDescription: String { problem }
    }

    static let order = "fields/iso20022/pacs.008.001.08.tsv"
    static let report = "fields/iso20022/pacs.002.001.10.tsv"

    @Test(arguments: [
        Case(
            file: order, from: "  id.endToEnd\tPmtId/EndToEndId!\ttext 1..35 default NOTPROVIDED\t-\t-\n", to: "",
            at: "PmtId/InstrId",
            problem: "CdtTrfTxInf/PmtId/EndToEndId is mandatory in the schema and no row writes it"),
        Case(
            file: order, from: "  message.count\tNbOfTxs!", to: "  < message.count\tNbOfTxs", at: ".\tGrpHdr!",
            problem: "GrpHdr/NbOfTxs is mandatory in the schema and no row writes it"),
        Case(
            file: order, from: "MsgId!", to: "MsgId", at: "MsgId!",
            problem: "GrpHdr/MsgId is mandatory in the schema and its row may write nothing"),
        Case(
            file: order, from: "PmtId/TxId", to: "PmtId/TransactionId", at: "PmtId/TxId",
            problem: "the schema knows no CdtTrfTxInf/PmtId/TransactionId"),
        Case(
            file: order, from: "  -\tBtchBookg\tkeep\t-\t-\n  message.count\tNbOfTxs!\tcount payments\t-\t-\n",
            to: "  message.count\tNbOfTxs!\tcount payments\t-\t-\n  -\tBtchBookg\tkeep\t-\t-\n",
            at: "message.count",
            problem: "GrpHdr/BtchBookg is written after NbOfTxs, before which the schema wants it"),
        Case(
            file: "fields/iso20022/parts/agent.tsv", from: "clearingMember\tMmbId!", to: "< clearingMember\tMmbId",
            at: "ClrSysMmbId",
            problem:
                "GrpHdr/InstgAgt/FinInstnId/ClrSysMmbId/MmbId is mandatory in the schema and no row writes it"),
        Case(
            file: "codes/reasons.tsv", from: "creditorAccountClosed\tAC04", to: "creditorAccountClosed\tZZ99",
            at: "creditorAccountClosed", problem: "ZZ99 is no code of ExternalStatusReason1Code"),
        Case(
            file: "codes/settlement-methods.tsv", from: "CLRG\tCLRG", to: "CLRG\tCLR", at: "CLRG\tCLRG",
            problem: "CLR is no code of SettlementMethod1Code"),
        Case(
            file: "codes/identifiers.tsv", from: "\tMBNO\t", to: "\tPHONE\t", at: "\tMBNO\t",
            problem: "PHONE is no code of ExternalProxyAccountType1Code"),
        Case(
            file: "codes/reasons.tsv", from: "controlTotalsWrong", to: "controlSumWrong", at: "canonical\t",
            problem: "there is no row controlTotalsWrong, which the program uses"),
        Case(
            file: "codes/reasons.tsv", from: "fspiop\tfspiop also", to: "fspiop2\tfspiop2 also", at: "canonical\t",
            problem: "there is no column fspiop, which the program uses"),
    ]) func anUnusableTableIsToldWithItsRow(_ given: Case) throws {
        let faults = try Self.faults(Self.files(given.file, given.from, given.to))
        let fault = try #require(faults.first { $0.problem == given.problem }, "\(faults)")
        #expect(fault.file == given.file)
        #expect(fault.line == Self.line(given.file, given.at))
        #expect(!fault.remedy.isEmpty)
    }

    @Test func aMissingTableIsTold() throws {
        let files = MappingFiles.all.filter { $0.name != "codes/reasons.tsv" }
        #expect(try Self.faults(files).map(\.file) == ["codes/reasons.tsv"])
        let demand = TableDemands(messages: ["iso20022/pacs.099.001.08"])
        let told = MappingFiles.mappings.faults(
            files: MappingFiles.all, schemas: MappingFiles.schemas, demands: [demand])
        #expect(told.map(\.file) == ["fields/iso20022/pacs.099.001.08.tsv"])
        let withoutSets = MappingFiles.all.filter { !$0.name.hasPrefix("codesets/") }
        #expect(try Self.faults(withoutSets).map(\.problem) == ["the table is missing"])
    }

    @Test func aMissingSchemaIsTold() throws {
        let faults = try Self.faults(MappingFiles.all, XMLSchemaFolder(files: [:]))
        #expect(faults.contains { $0.file == Self.order && $0.problem == "there is no schema pacs.008.001.08.xsd" })
    }

    @Test func aTableMaySayWhyItLeavesAPathOut() throws {
        let row = "  message.count\tNbOfTxs!\tcount payments\t-\t-\n"
        let files = Self.files(Self.order, row, "  -\tNbOfTxs\tomit\t-\tThe clearing counts\n")
        #expect(try Self.faults(files) == [])
        let silent = Self.files(Self.order, row, "  -\tNbOfTxs\tomit\t-\t-\n")
        let errors = #expect(throws: TableErrors.self) { try Mappings(files: silent) }
        #expect(errors?.errors.map(\.problem) == ["a path is left out without a word"])
    }

    // MARK: How faults are told

    @Test func anEndOfLineOfAnotherSystemIsNoFault() throws {
        let files = MappingFiles.all.map { file in
            TableFile(name: file.name, text: String(decoding: file.bytes, as: UTF8.self).replacing("\n", with: "\r\n"))
        }
        #expect(try Self.faults(files) == [])
        #expect(try FlowTables(files: files).flows.count >= 5)
    }

    @Test func aBrokenRowHasNoFollowers() {
        for (from, to) in [
            ("  debtor\tDbtr!\tinclude party", "  debtor\tDb tr!\tinclude party"),
            (".\tGrpHdr!\t-", ".\tGrp Hdr!\t-"), ("[payment]\tCdtTrfTxInf[]!\t-", "[payment]\tCdtTrf TxInf[]!\t-"),
            ("field\tpath\tform", "field\tway\tform"),
        ] {
            let errors = #expect(throws: TableErrors.self) { try Mappings(files: Self.files(Self.order, from, to)) }
            #expect(errors?.errors.map(\.file) == [Self.order], "\(to)")
        }
    }

    @Test func aDefectOfAFlowIsToldAtTheRowOfItsStep() throws {
        let name = "flows/outgoing.tsv"
        let errors = #expect(throws: TableErrors.self) {
            try FlowTables(files: Self.files(name, "ams.release", "-"))
        }
        let error = try #require(errors?.errors.first)
        #expect(error.file == name)
        #expect(error.line == Self.line(name, "reserve\tams.reserve"), "\(error)")
    }
}
