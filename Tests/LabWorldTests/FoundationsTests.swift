import FormatJSON
import Foundation
import Testing

@testable import LabWorld

@Suite struct CertificateTests {
    @Test func filesAreForTheirOwnerOnly() throws {
        let world = try TestWorld()
        let identity = try world.authority.issue(commonName: "bank")
        for file in [identity.authorityFile, identity.certificateFile, identity.keyFile] {
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func listenerKnowsTheCallerByItsCertificate() async throws {
        let world = try TestWorld()
        let server = try await LabServer.start(identity: try world.authority.issue(commonName: "server")) { request in
            .reply(LabReply(status: 200, body: Array((request.commonName ?? "nobody").utf8)))
        }
        let outcome = try await world.with(client: "bank") {
            await $0.send(LabRequest(method: "GET", path: "/"), to: server.url)
        }
        #expect(outcome.reply.map { String(decoding: $0.body, as: UTF8.self) } == "bank")
        await server.stop()
    }

    @Test func strangerIsTurnedAway() async throws {
        let world = try TestWorld()
        let other = try TestWorld()
        let server = try await LabServer.start(identity: try world.authority.issue(commonName: "server")) { _ in
            .reply(LabReply(status: 200))
        }
        let stranger = try other.authority.issue(commonName: "bank")
        let mixed = LabIdentity(
            commonName: "bank", authorityFile: world.authority.folder + "/ca.pem",
            certificateFile: stranger.certificateFile, keyFile: stranger.keyFile)
        let client = try LabClient(identity: mixed)
        let outcome = await client.send(
            LabRequest(method: "GET", path: "/"), to: server.url, milliseconds: 3_000)
        #expect(outcome.status == nil)
        await client.stop()
        await server.stop()
    }

    @Test func brokenAnswersLookBrokenToTheCaller() async throws {
        let world = try TestWorld()
        let server = try await LabServer.start(identity: try world.authority.issue(commonName: "server")) { request in
            switch request.path {
            case "/close": .close
            case "/half": .half(LabReply(status: 200, body: Array("0123456789".utf8)))
            case "/never": .never
            default: .reply(LabReply(status: 204))
            }
        }
        try await world.with(client: "bank") { client in
            for path in ["/close", "/half", "/never"] {
                let outcome = await client.send(
                    LabRequest(method: "GET", path: path), to: server.url, milliseconds: 700)
                #expect(outcome.status == nil, "\(path)")
            }
            #expect(await client.send(LabRequest(method: "GET", path: "/"), to: server.url).status == 204)
        }
        await server.stop()
    }
}

@Suite struct SpellingTests {
    @Test(arguments: [
        ("Tue, 23 May 2017 21:12:31 GMT", true), ("2017-05-23T21:12:31.000Z", false),
        ("Mon, 23 May 2017 21:12:31 GMT", false), ("Thu, 29 Feb 2024 00:00:00 GMT", true),
        ("Thu, 29 Feb 2023 00:00:00 GMT", false),
    ])
    func datesOfHeaders(text: String, isLegal: Bool) {
        #expect((LabTime.parseIMF(text) != nil) == isLegal)
        if let time = LabTime.parseIMF(text) { #expect(LabTime.imf(time) == text) }
    }

    @Test func datesOfBodies() {
        #expect(LabTime.parseISO("2017-11-15T14:17:09.663+01:00") == LabTime.parseISO("2017-11-15T13:17:09.663Z"))
        #expect(LabTime.iso(LabTime.parseISO("2000-02-29T23:59:59.001Z") ?? 0) == "2000-02-29T23:59:59.001Z")
        #expect(LabTime.parseISO("2017-11-15T13:17:09Z") == nil)
        #expect(LabTime.parseISO("2017-11-15T13:17:09.66Z") == nil)
        #expect(LabTime.parseISO("2017-11-15T13:17:09.663") == nil)
    }

    @Test(arguments: [
        ("5.50", false), ("5.5", true), ("0", true), ("00.5", false), (".5", false), ("5.0", false),
        ("999999999999999999.9999", true), ("5.00001", false), ("-1", false), ("1000000000000000000", false),
    ])
    func amountsOfFSPIOP(text: String, isLegal: Bool) {
        #expect((LabAmount.fspiop(text) != nil) == isLegal)
    }

    @Test func amountsAreExact() {
        #expect(amount("0.1") + amount("0.2") == amount("0.3"))
        #expect((amount("1") - amount("2.5")).description == "-1.5")
        #expect(amount("5.5").text(decimals: 2) == "5.50")
        #expect(amount("12.34").minorUnits(decimals: 2) == 1234)
        #expect(amount("12.345").minorUnits(decimals: 2) == nil)
    }
}

@Suite struct ILPTests {
    @Test func promiseOpensItsOwnConditionOnly() throws {
        let one = ILPVersion1.terms(
            minorUnits: 1_234, account: "g.fsp.msisdn.1", transaction: Array("{}".utf8), secret: Array("a".utf8))
        let other = ILPVersion1.terms(
            minorUnits: 1_234, account: "g.fsp.msisdn.1", transaction: Array("{}".utf8), secret: Array("b".utf8))
        #expect(ILPVersion1.opens(one.condition, one.fulfilment))
        #expect(!ILPVersion1.opens(one.condition, other.fulfilment))
        #expect(!ILPVersion1.opens(one.condition, one.condition + "A"))
    }

    @Test(arguments: [0, 1, 127, 128, 255, 256, 20_000])
    func packetsSurviveTheWayThereAndBack(length: Int) {
        let transaction = Array(repeating: UInt8(ascii: "x"), count: length)
        let terms = ILPVersion1.terms(
            minorUnits: UInt64.max, account: "g.fsp.msisdn.1", transaction: transaction, secret: [1])
        let read = ILPVersion1.read(terms.packet)
        #expect(read == .init(minorUnits: UInt64.max, account: "g.fsp.msisdn.1", transaction: transaction))
        #expect(ILPVersion1.read(String(terms.packet.dropLast(2))) == nil)
    }

    static let vectorFile = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/fixtures/ilp/derived-vectors.json").standardizedFileURL.path

    @Test(.enabled(if: FileManager.default.fileExists(atPath: vectorFile)))
    func knownPacketsAreReproduced() throws {
        let data = try #require(FileManager.default.contents(atPath: Self.vectorFile))
        let vectors = try #require(try JSONValue.parse(Array(data))["vectors"]?.array)
        let ours = vectors.filter { $0["version"] == "v1" }
        #expect(!ours.isEmpty)
        for vector in ours {
            let transaction = try #require(vector["canonicalTransactionJson"]?.string)
            let units = try #require((vector["amount"]?.string).flatMap { UInt64($0) })
            let account = try #require(vector["account"]?.string)
            let secret = try #require(vector["secret"]?.string)
            let terms = ILPVersion1.terms(
                minorUnits: units, account: account, transaction: Array(transaction.utf8), secret: Array(secret.utf8))
            #expect(terms.packet == vector["ilpPacket"]?.string)
            #expect(terms.condition == vector["condition"]?.string)
            #expect(terms.fulfilment == vector["fulfilment"]?.string)
        }
    }
}

@Suite struct JournalTests {
    @Test func waitingEndsWithTheChange() async {
        let journal = LabJournal()
        async let seen = journal.wait(seconds: 5) { journal.count("GET /x") == 3 }
        for _ in 0..<3 { journal.note(.received, "GET /x", id: "", party: "", status: 200) }
        #expect(await seen)
    }

    @Test func waitingEndsWithTheTime() async {
        let journal = LabJournal()
        #expect(await journal.wait(seconds: 0.05) { false } == false)
    }

    @Test func queuedMoodsGoBeforeStandingOnes() {
        let board = MoodBoard()
        board.always(MoodBoard.all, .silent)
        board.next("transfer", .twice)
        #expect(board.take("transfer") == .twice)
        #expect(board.take("transfer") == .silent)
        board.clear()
        #expect(board.take("transfer") == .normal)
    }
}
