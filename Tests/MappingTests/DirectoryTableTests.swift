import Mapping
import Payments
import Testing

@Suite("Directories of tenants") struct DirectoryTableTests {
    private static let kinds: Set<String> = ["MSISDN", "IBAN", "ACCOUNT_ID", "BUSINESS"]
    private static let head = "identifierKind,identifier,agentKind,agent,accountKind,account,name,network\n"

    private func read(_ text: String) throws(TableErrors) -> Directory {
        try DirectoryTable(
            file: TableFile(name: "directory.csv", bytes: Array(text.utf8)), kinds: Self.kinds, networks: ["iso:rtp1"]
        ).directory
    }

    private func errors(_ text: String) -> [String] {
        do throws(TableErrors) {
            _ = try read(text)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test("The example that is shipped") func example() throws {
        let file = try MappingFiles.file("directory/example.csv")
        let directory = try DirectoryTable(file: file, kinds: Self.kinds, networks: ["iso:rtp1"]).directory
        #expect(directory.count == 4)
        #expect(directory.find([Identifier("MSISDN", "254700000202")])?.name == "Otieno, Achieng")
        #expect(directory.find([Identifier("BUSINESS", "TILL-778")])?.agent.clearingMember == "12045")
    }

    @Test("Columns in any order, quotes, blanks and every end of a line") func forms() throws {
        let lines = [
            "\u{FEFF}# comment", "agent,agentKind,accountKind,account,identifierKind,identifier,subId,name", "",
            #" BANKBKE1 ,bic,ACCOUNT_ID,"01,""7""",MSISDN,  +2547 ,,"#,
            #"12045,clearingMember,ACCOUNT_ID,02,BUSINESS,acme,till 7,"A ""B"" Ltd""#,
        ]
        let text = lines.joined(separator: "\r\n")
        let directory = try read(text)
        #expect(directory.find([Identifier("MSISDN", "2547")])?.account.identifier("ACCOUNT_ID") == "01,\"7\"")
        #expect(directory.find([Identifier("BUSINESS", "acme", subId: "till 7")])?.name == "A \"B\" Ltd")
    }

    @Test(
        "What is wrong is told with its line and column",
        arguments: [
            ("ALIEN,1,bic,BANKBKE1,ACCOUNT_ID,1,,*", "directory.csv:2:1: no kind of identifier is named ALIEN"),
            ("MSISDN,,bic,BANKBKE1,ACCOUNT_ID,1,,*", "directory.csv:2:2: identifier is empty"),
            ("MSISDN,1,swift,BANKBKE1,ACCOUNT_ID,1,,*", "directory.csv:2:3: swift names no kind of institution"),
            ("MSISDN,1,bic,BANK,ACCOUNT_ID,1,,*", "directory.csv:2:4: BANK is no bic"),
            ("MSISDN,1,lei,529900T8BM49AURSDO56,ACCOUNT_ID,1,,*", "529900T8BM49AURSDO56 is no lei"),
            ("MSISDN,1,fspId,a b,ACCOUNT_ID,1,,*", "a b is no fspId"),
            (
                "MSISDN,1,bic,BANKBKE1,IBAN,DE88370400440532013000,,*",
                "directory.csv:2:6: DE88370400440532013000 is no IBAN"
            ),
            ("MSISDN,1,bic,BANKBKE1,ACCOUNT_ID,,,*", "directory.csv:2:6: account is empty"),
            ("MSISDN,1,bic,BANKBKE1,ACCOUNT_ID,1,,iso:rtp9", "directory.csv:2:8: no network is named iso:rtp9"),
            ("MSISDN,1,bic,BANKBKE1,ACCOUNT_ID,1,", "7 cells stand here and 8 columns"),
            ("MSISDN,1,bic,BANKBKE1,ACCOUNT_ID,1,\"x,*", "a quote is not closed"),
            ("MSISDN,1,bic,BANKBKE1,ACCOUNT_ID,1,a\u{7}b,*", "name holds a control character"),
            (
                "MSISDN,+1,bic,BANKBKE1,ACCOUNT_ID,1,,*\nMSISDN,1,bic,BANKBKE1,ACCOUNT_ID,2,,*",
                "directory.csv:3:2: MSISDN 1 is listed already"
            ),
        ])
    func faults(_ rows: String, _ says: String) {
        let found = errors(Self.head + rows)
        #expect(found.count == 1 && found.first?.contains(says) == true, "\(found)")
    }

    @Test("A header that is none, and bytes that are no text") func header() throws {
        #expect(errors("").count == 1)
        #expect(errors("identifierKind,identifier\n").first?.contains("lacks agentKind") == true)
        #expect(errors(Self.head.replacing("name,", with: "nam,")).first?.contains("nam is no column") == true)
        let bytes = Array(Self.head.utf8) + [0x4D, 0xFF, 0x2C]
        #expect(throws: TableErrors.self) {
            _ = try DirectoryTable(
                file: TableFile(name: "d.csv", bytes: bytes), kinds: Self.kinds, networks: [])
        }
        #expect(try read(Self.head).count == 0, "a directory may be empty")
    }

    @Test("A file of nothing but errors tells the first hundred and counts the rest") func many() {
        let row = "ALIEN,1,bic,BANKBKE1,ACCOUNT_ID,1,,*\n"
        let found = errors(Self.head + String(repeating: row, count: 250))
        #expect(found.count == 101)
        #expect(found.contains { $0.contains("150 more errors stand in the file") })
    }

    @Test("A hundred thousand accounts are read, and each is found") func large() throws {
        var text = Self.head
        for number in 0..<100_000 {
            text += "MSISDN,+2547\(10_000_000 + number),bic,BANKBKE1,ACCOUNT_ID,\(number),Customer \(number),*\n"
        }
        let directory = try read(text)
        #expect(directory.count == 100_000)
        for number in stride(from: 0, to: 100_000, by: 997) {
            let entry = directory.find([Identifier("MSISDN", "2547\(10_000_000 + number)")])
            #expect(entry?.account.identifier("ACCOUNT_ID") == "\(number)")
        }
    }
}
