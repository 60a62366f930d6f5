import FormatJSON
import Foundation
import Payments
import Testing

@testable import Gateway

/// The operators' list, over the running process and over its store.
@Suite("Payments list", .serialized)
struct PaymentsListTests {
    @Test func nothingIsCutWithoutAWord() async throws {
        let scratch = try Scratch()
        let config = try RunningGateway.configuration(scratch, hub: 9, drain: "100ms")
        let gateway = try RunningGateway(config)
        let ready = try await gateway.ready()
        for number in 0..<5 { _ = try await RunningGateway.order(ready.channel, key: "k-\(number)", prefer: "wait=10") }
        try await pages(config)
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
        try await pages(config)
        let whole = try await Program.run(["payments", "list", "--config", config, "--json"])
        let rows = try JSONValue.parse(whole.output.trimmingCharacters(in: .newlines))["payments"]?.array ?? []
        let stage = try #require(rows.first?["stage"]?.string)
        let there = rows.filter { $0["stage"]?.string == stage }.compactMap { $0["id"]?.string }
        #expect(try await list(config, "--stage", stage).ids == there)
    }

    private func pages(_ config: String) async throws {
        let whole = try await list(config)
        #expect(whole.ids.count == 5 && whole.ids == whole.ids.sorted(by: >), "newest first")
        #expect(!whole.complaints.contains("--before"))
        let first = try await list(config, "--limit", "2")
        #expect(first.ids == Array(whole.ids.prefix(2)))
        let last = try #require(first.ids.last)
        #expect(first.complaints.contains("there are more: go on with --before \(last)"))
        let rest = try await list(config, "--limit", "3", "--before", last)
        #expect(rest.ids == Array(whole.ids.dropFirst(2)) && !rest.complaints.contains("--before"))
        let json = try await Program.run(["payments", "list", "--config", config, "--json", "--limit", "2"])
        #expect(try JSONValue.parse(json.output.trimmingCharacters(in: .newlines))["before"]?.string == last)
    }

    private func list(_ config: String, _ options: String...) async throws -> (ids: [String], complaints: String) {
        let result = try await Program.run(["payments", "list", "--config", config] + options)
        #expect(result.code == 0, "\(result.complaints)")
        let ids = result.output.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
        return (ids, result.complaints)
    }

    @Test func badQueriesAreNone() {
        for text in ["stuck=1", "limit=0", "limit=100000", "before=x", "colour=red", "stuck", "stage=setled"] {
            #expect(DeskQuery(text) == nil, "\(text)")
        }
        let query = DeskQuery(stuckOnly: true, stage: "parked", limit: 7, before: PaymentID(high: 1, low: 2))
        #expect(DeskQuery(query.text) == query)
    }

    @Test func aStageThatThereIsNotIsAMistakeOfTheCommandLine() async throws {
        let slip = try await Program.run(["payments", "list", "--stage", "setled", "--config", "none.yaml"])
        #expect(slip.code == 64)
        #expect(slip.complaints.contains("--stage is one of received, plan, reserve, send, settle, notify, "))
        let both = try await Program.run(["payments", "list", "--stuck", "--stage", "send", "--config", "none.yaml"])
        #expect(both.code == 64 && both.complaints.contains("--stuck or --stage, not both"))
    }
}
