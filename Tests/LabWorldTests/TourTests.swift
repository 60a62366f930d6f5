import FormatJSON
import Testing

@testable import LabWorld

@Suite("The lab prints commands that can be copied") struct TourTests {
    static let text = TourCommands(
        folder: "/lab", certificates: "/lab/certificates", config: "/lab/interlock.yaml", interlock: "/bin/interlock",
        addresses: .init(
            channel: "https://localhost:1", hub: "https://127.0.0.1:2", clearing: "https://127.0.0.1:3",
            core: "https://127.0.0.1:4")
    ).text

    @Test("A stuck payment is found and decided") func decision() {
        #expect(Self.text.contains("/bin/interlock payments list --stuck --config /lab/interlock.yaml"))
        let resolve = #"payments resolve ID --as settled --reason "settled there" --evidence "hub report, line 17""#
        #expect(Self.text.contains("/bin/interlock \(resolve) --config /lab/interlock.yaml"))
        #expect(Self.text.contains("/bin/lab --soak 2"))
    }

    @Test("Another rules table is made from the lab's own and compared with it") func routes() {
        #expect(Self.text.contains("/bin/interlock route diff /lab/routes.csv /lab/next-routes.csv --config"))
        let cells = TourCommands.railCells
        #expect(Configuration.routes.ranges(of: cells.now).count == 1)
        #expect(Self.text.contains("sed 's/\(cells.now)/\(cells.next)/' /lab/routes.csv"))
    }

    @Test("Every body is JSON, and one order goes to the rail under the key of its bank") func bodies() throws {
        let bodies = try Self.text.split(separator: "-d '").dropFirst().map { part in
            try JSONValue.parse(String(part.prefix { $0 != "'" }))
        }
        #expect(bodies.count == 6)
        let orders = bodies.filter { $0["amount"] != nil }
        let rail = try #require(orders.first { $0.at("creditor.agent.bic")?.string == Cast.farBIC })
        #expect(orders.count == 2)
        #expect(rail.at("debtor.account.value")?.string == Cast.bob.account)
        #expect(Self.text.contains("Bearer \(Cast.apiKey(Cast.bob.tenant))\""))
        #expect(bodies.contains { $0["verb"]?.string == "pacs.008" && $0["mood"]?.string == "lost" })
        #expect(!Self.text.contains("127.0.0.1"), "the certificates name localhost")
    }
}
