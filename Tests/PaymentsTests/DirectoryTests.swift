import Payments
import Testing

@Suite("A tenant's directory") struct DirectoryTests {
    private func directory() -> Directory {
        var directory = Directory()
        let shop = Directory.Line(
            agentKind: .bic, agent: "BANKBKE1", accountKind: "ACCOUNT_ID", account: "0100", name: "Corner Shop",
            network: "iso:rtp1")
        let member = Directory.Line(
            agentKind: .clearingMember, agent: "12045", clearingSystem: "KEXXX", accountKind: "IBAN",
            account: "DE89370400440532013000")
        let added = [
            directory.add(shop, for: Identifier("MSISDN", "+254700000001")),
            directory.add(member, for: Identifier("IBAN", "DE89370400440532013000")),
            directory.add(member, for: Identifier("BUSINESS", "acme", subId: "till 7")),
        ]
        #expect(added == [true, true, true])
        return directory
    }

    @Test("An identifier leads to agent, account and name, which join the payment") func found() throws {
        let entry = try #require(directory().find([Identifier("MSISDN", "+254700000001")]))
        #expect(entry.network == "iso:rtp1")
        #expect(entry.learned.creditorAgent.bic == "BANKBKE1")
        #expect(entry.learned.creditorAccount.identifier("ACCOUNT_ID") == "0100")
        #expect(entry.learned.creditor.name == "Corner Shop")
        let member = try #require(directory().find([Identifier("BUSINESS", "acme", subId: "till 7")]))
        #expect(member.agent.clearingMember == "12045" && member.agent.clearingSystem == "KEXXX")
        #expect(member.name == nil && member.network == nil)
    }

    @Test(
        "One number written in several ways is one number",
        arguments: [
            Identifier("MSISDN", "254700000001"), Identifier("IBAN", "de89 3704 0044 0532 0130 00"),
        ])
    func spelling(_ identifier: Identifier) {
        #expect(directory().find([identifier]) != nil)
    }

    @Test(
        "What is not listed is not found",
        arguments: [
            Identifier("MSISDN", "+25470000000"), Identifier("ALIAS", "+254700000001"), Identifier("BUSINESS", "acme"),
            Identifier("BUSINESS", "acme", subId: "till 8"), Identifier("MSISDN", "+254700000001", subId: "x"),
            Identifier(),
            Identifier("MSISDN", ""),
        ])
    func missing(_ identifier: Identifier) {
        #expect(directory().find([identifier]) == nil)
    }

    @Test("The first identifier that is listed counts, and only where its network leads") func order() {
        let both = [Identifier("EMAIL", "a@b"), Identifier("MSISDN", "254700000001")]
        #expect(directory().find(both)?.agent.bic == "BANKBKE1")
        #expect(directory().find(both, network: "iso:rtp1") != nil)
        #expect(directory().find(both, network: "iso:rtp2") == nil)
        #expect(directory().find([], network: nil) == nil)
    }

    @Test("A second line for one identifier changes nothing") func twice() {
        var directory = directory()
        let other = Directory.Line(agentKind: .fspId, agent: "evil", accountKind: "ALIAS", account: "x")
        let isAdded = directory.add(other, for: Identifier("MSISDN", "254700000001"))
        #expect(!isAdded)
        #expect(directory.count == 3)
        #expect(directory.find([Identifier("MSISDN", "+254700000001")])?.agent.bic == "BANKBKE1")
    }
}
