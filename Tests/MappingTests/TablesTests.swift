import Mapping
import Payments
import Testing

/// Bad tables are told with their place and a remedy, all at once.
@Suite struct TablesTests {
    static let networks = """
        network\tformat\tcodes\tamounts\ttimes\tnumbers\tnulls\tcase\tnamespace\tsays
        net\tjson\tnet\tfspiop\tany\ttext\trefused\texact\t-\tA network
        """
    static let kinds = """
        canonical\tnet\tnet also\tsays
        MSISDN\tphone\tmobile\tA number
        EMAIL\t>other\t-\tA mailbox
        ALIAS\tother\t-\tA name
        """

    static func files(_ rows: String, part: String? = nil, codes: String = kinds) -> [TableFile] {
        var files = [
            TableFile(name: "fields/networks.tsv", text: networks),
            TableFile(name: "codes/kinds.tsv", text: codes),
            TableFile(name: "fields/net/order.tsv", text: "field\tpath\tform\twhen\tnote\n" + rows),
        ]
        if let part {
            files.append(
                TableFile(name: "fields/net/parts/party.tsv", text: "field\tpath\tform\twhen\tnote\n" + part))
        }
        return files
    }

    static func errors(_ rows: String, part: String? = nil, codes: String = kinds) -> [TableError] {
        do {
            _ = try Mappings(files: files(rows, part: part, codes: codes))
            return []
        } catch {
            return error.errors
        }
    }

    @Test func theTablesOfTheRepositoryAreSound() {
        do throws(TableErrors) {
            let mappings = try Mappings(files: MappingFiles.all)
            #expect(mappings.messages.count >= 15)
            #expect(mappings.version.utf8.count == 16)
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test(arguments: [
        ("id.endToEnd\tid\tfoo 1..2\t-\t-", "2:16", "foo is not a form"),
        ("id.endToEnds\tid\ttext\t-\t-", "2:1", "there is no field id.endToEnds here"),
        ("amount.settlement\tid\ttext 1..2\t-\t-", "2:22", "amount.settlement is a money, not a text"),
        ("id.endToEnd\tid\tamount\t-\t-", "2:16", "id.endToEnd is a text, not a money"),
        ("id.endToEnd\ta..b\ttext\t-\t-", "2:13", "a..b is not a path"),
        ("id.endToEnd\tid\ttext 5..2\t-\t-", "2:16", "5..2 is not understood after text"),
        ("id.endToEnd\tid\ttext as guid\t-\t-", "2:16", "guid is not a shape"),
        ("id.endToEnd\tid\tcode colours\t-\t-", "2:16", "there is no table codes/colours.tsv"),
        ("id.endToEnd\tid\tcode kinds.other\t-\t-", "2:16", "codes/kinds.tsv has no column other"),
        ("debtor\tp\tinclude party\t-\t-", "2:10", "there is no part party"),
        ("id.endToEnd\tid\ttext\tpurpose is X\t-", "2:21", "purpose is X is not a condition"),
        ("id.endToEnd\tid\ttext\tpurposes = X\t-", "2:21", "there is no field purposes here"),
        ("id.endToEnd\tid\ttext\telse\t-", "2:21", "else follows no condition"),
        ("id.endToEnd\tid\ttext\t-\t-\nid.uetr\tid\ttext\t-\t-", "3:9", "id is read by another row in another way"),
        ("< id.endToEnd\tid!\ttext\t-\t-", "2:15", "id is mandatory and no row writes it"),
        (
            "> id.endToEnd\tid\ttext\t-\t-\n> id.uetr\tid\ttext\tpurpose present\t-", "3:11",
            "id is written by the row at fields/net/order.tsv:2 too"
        ),
        ("remittance.unstructured[]\tnote\ttext\t-\t-", "2:27", "a list stands on one side only"),
        ("debtor.colours[]\tc[]\ttext\t-\t-", "2:1", "there is no list debtor.colours[]"),
        ("debtor.identifiers[].value\tc\ttext\t-\t-", "2:1", "there is no field debtor.identifiers[].value here"),
        (".\tp\t-\t-\t-", "2:5", "the form is empty and no row is indented below"),
        ("id.endToEnd\tid\ttext\t-", "2:21", "4 cells stand here and 5 columns in the header"),
        ("    id.endToEnd\tid\ttext\t-\t-", "2:5", "the row is indented by 4 spaces below no row of its group"),
        ("-\tid\ttext\t-\t-", "2:1", "the row names no field"),
        ("id.uetr\tid\tconst X\t-\t-", "2:1", "const fills no field"),
        (
            "id.uetr\ta\ttext\t-\t-\nid.uetr\tb\ttext\t-\t-", "3:9",
            "id.uetr is read by the row at fields/net/order.tsv:2 too"
        ),
        (
            "id.uetr\ta\ttext\tpurpose present\t-\n< id.uetr\tb\ttext\t-\t-", "3:11",
            "id.uetr is read by the row at fields/net/order.tsv:2 too"
        ),
        (
            "fees[]\tf[]\t-\t-\t-\n  type\tt\ttext\t-\t-\n< fees[]\tf[]\t-\t-\t-\n  amount\ta\tamount\t-\t-",
            "4:10", "f is read by two rows"
        ),
        ("id.uetr\tid\tnumber default one\t-\t-", "2:12", "one is not a number"),
        ("[message]\t-\t-\t-\t-\n  id.uetr\tid\ttext\t-\t-", "3:3", "a row stands below the [message] row"),
        ("id.uetr\tid\ttext\t-\t-\n  purpose\tp\ttext\t-\t-", "3:3", "a row stands below a row that has a form"),
    ])
    func aBadRowIsToldWithItsPlace(_ rows: String, _ place: String, _ problem: String) throws {
        let errors = Self.errors(rows)
        let error = try #require(errors.first)
        #expect(errors.count == 1)
        #expect("\(error.line):\(error.column)" == place)
        #expect(error.problem == problem)
        #expect(error.file == "fields/net/order.tsv")
        #expect(!error.remedy.isEmpty)
        #expect(error.description.hasPrefix("fields/net/order.tsv:\(place): "))
    }

    @Test func everyErrorIsToldAtOnce() {
        let errors = Self.errors(
            "id.a\ta\ttext\t-\t-\nid.b\tb\ttext\t-\t-\ndebtor\tc\tinclude party\t-\t-", part: "names\tn\ttext\t-\t-",
            codes: "canonical\tnet\nA\tx\nB\tx\nA\ty")
        #expect(
            errors.map { "\($0.file):\($0.line)" } == [
                "codes/kinds.tsv:3", "codes/kinds.tsv:4", "fields/net/order.tsv:2",
                "fields/net/order.tsv:3", "fields/net/parts/party.tsv:2",
            ])
    }

    @Test func aPartThatNothingIncludesAndACircleAreErrors() {
        #expect(
            Self.errors("id.uetr\ta\ttext\t-\t-", part: "name\tn\ttext\t-\t-").map(\.problem)
                == ["no table includes this part"])
        let circle = Self.errors("debtor\ta\tinclude party\t-\t-", part: ".\tn\tinclude party\t-\t-")
        #expect(circle.map(\.problem) == ["party includes itself"])
    }

    @Test func aFieldMayHaveAPlaceOnEachLevelAndAlternativesOnOne() {
        let rows = """
            id.uetr\ta\ttext\t-\t-
            purpose\tb\ttext\tpurposeProprietary absent\t-
            purpose\tc\ttext\telse\t-
            > id.endToEnd\td\ttext\t-\t-
            id.endToEnd\te\ttext\t-\t-
            [payment]\tp[]\t-\t-\t-
              id.uetr\ta\ttext\t-\t-
              fees[]\tf[]\t-\t-\t-
                type\tt\ttext\t-\t-
              fees[0]\tg\t-\t-\t-
                type\tt\ttext\t-\t-
            """
        #expect(Self.errors(rows).map(\.description) == [])
    }

    @Test func aRowBelowAnIncludedPartIsTold() {
        let errors = Self.errors(
            "debtor\tp\tinclude party\t-\t-\n  purpose\tq\ttext\t-\t-", part: "name\tn\ttext\t-\t-")
        #expect(errors.map(\.problem) == ["a row stands below a row that has a form"])
        #expect(errors.map(\.line) == [3])
    }

    @Test func aDefaultOfANumberTakesThePlaceOfAnEmptyField() throws {
        let mappings = try Mappings(files: Self.files("amount.exchangeRate\trate!\tnumber default 1.0\t-\t-"))
        let translator = try #require(mappings.translator("net/order"))
        var payment = Payment()
        #expect(String(decoding: try translator.write(payment).bytes, as: UTF8.self) == #"{"rate":1.0}"#)
        payment.amount.exchangeRate = "1.25"
        #expect(String(decoding: try translator.write(payment).bytes, as: UTF8.self) == #"{"rate":1.25}"#)
    }

    // MARK: Versions

    static func versions(_ title: String, _ rows: String) -> [TableFile] {
        let header = "field\tpath\tform\twhen\tnote\n"
        return files(rows) + [
            TableFile(name: "fields/net/order2.tsv", text: "\(header)[message]\t-\t\(title)\t-\t-")
        ]
    }

    @Test func aVersionHasTheRowsOfAnotherWithItsOwnWords() throws {
        let rows = """
            id.uetr\ta\ttext\t-\t-
            id.endToEnd\te\ttext 1..5\twithout long\t-
            id.endToEnd\te\ttext 1..9\twith long\t-
            purpose\tp\ttext\twith long and id.uetr present\t-
            """
        let mappings = try Mappings(files: Self.versions("same order with long", rows))
        var payment = Payment()
        payment.id.uetr = "u"
        payment.id.endToEnd = "1234567"
        payment.purpose = "x"
        func text(_ message: String) throws -> String {
            String(decoding: try #require(mappings.translator("net/\(message)")).write(payment).bytes, as: UTF8.self)
        }
        #expect(try text("order") == #"{"a":"u"}"#)
        #expect(try text("order2") == #"{"a":"u","e":"1234567","p":"x"}"#)
    }

    @Test(arguments: [
        ("same orders", "id.uetr\ta\ttext\t-\t-", "there is no table orders with rows of its own"),
        ("same order2", "id.uetr\ta\ttext\t-\t-", "there is no table order2 with rows of its own"),
        ("same order with wings", "id.uetr\ta\ttext\t-\t-", "no row of the table asks for wings"),
        ("like order", "id.uetr\ta\ttext\t-\t-", "like order is not understood of a message"),
        ("same order", "id.uetr\ta\ttext\twith wings\t-", "no table has the word wings"),
    ])
    func aVersionThatCannotBeMadeIsTold(_ title: String, _ rows: String, _ problem: String) {
        let errors = #expect(throws: TableErrors.self) { try Mappings(files: Self.versions(title, rows)) }
        #expect(errors?.errors.map(\.problem) == [problem])
    }

    @Test func aMissingTableOfNetworksIsTold() {
        let error = #expect(throws: TableErrors.self) {
            try Mappings(files: [TableFile(name: "fields/net/order.tsv", text: "field\tpath\tform\twhen\tnote\n")])
        }
        #expect(error?.errors.first?.file == "fields/networks.tsv")
    }

    @Test func aTableThatIsNotUTF8IsTold() {
        let error = #expect(throws: TableErrors.self) {
            try Mappings(files: [TableFile(name: "codes/kinds.tsv", bytes: [0x61, 0xFF])])
        }
        #expect(error?.errors.first?.problem == "the file is not UTF-8")
    }

    @Test func theVersionFollowsTheContent() throws {
        let one = try Mappings(files: Self.files("id.uetr\ta\ttext\t-\t-"))
        let same = try Mappings(files: Self.files("id.uetr\ta\ttext\t-\t-").reversed())
        let other = try Mappings(files: Self.files("id.uetr\ta\ttext\t-\tnote"))
        #expect(one.version == same.version)
        #expect(one.version != other.version)
    }

    @Test func coverageAndLossAreKnownWithoutAPayment() throws {
        let mappings = MappingFiles.mappings
        let order = try #require(mappings.translator("iso20022/pacs.008.001.08"))
        let amount = try #require(order.coverage.first { $0.path == "CdtTrfTxInf/IntrBkSttlmAmt" })
        #expect(amount.field == "amount.settlement")
        #expect(amount.required)
        #expect(order.coverage.first { $0.path == "CdtTrfTxInf/Tax" }?.field == nil)
        #expect(order.coverage.first { $0.path == "GrpHdr/IntrBkSttlmDt" }?.direction == .readOnly)
        let name = "iso20022/pacs.008.001.08"
        let loss = try #require(mappings.losses(from: name, to: "fspiop/quotes.post")).lost.map(\.field)
        #expect(loss.contains("debtor.address.streetName"))
        #expect(loss.contains("id.uetr"))
        #expect(!loss.contains("debtor.name"))
        #expect(!loss.contains("message.id"))
        #expect(mappings.losses(from: name, to: name)?.lost == [])
    }
}
