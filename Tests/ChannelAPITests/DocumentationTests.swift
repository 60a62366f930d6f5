import FormatJSON
import Foundation
import Payments
import PaymentsEngine
import StoreSQLite
import Testing

@testable import ChannelAPI

/// The examples of docs/channel-api.md, run as they stand.
@Suite("Examples of the documentation")
struct DocumentationTests {
    private static let page: String = {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let path = root.appendingPathComponent("docs/channel-api.md").path
        return (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }()

    /// The blocks of a language between fences.
    private static func blocks(_ language: String) -> [String] {
        var blocks: [String] = []
        var open: [Substring]?
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if let lines = open, line == "```" {
                blocks.append(lines.joined(separator: "\n"))
                open = nil
            } else if open != nil {
                open?.append(line)
            } else if line == "```\(language)" {
                open = []
            }
        }
        return blocks
    }

    /// The words of a command as a shell reads them: quotes, line ends behind a backslash, variables.
    private static func words(_ command: String, _ variables: [String: String]) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = Substring(command.replacing("\\\n", with: " "))
        while let letter = rest.popFirst() {
            if letter == quote {
                quote = nil
            } else if quote == nil, letter == "'" || letter == "\"" {
                quote = letter
                word = word ?? ""
            } else if quote == nil, letter == " " || letter == "\n" {
                if let word { words.append(word) }
                word = nil
            } else if letter == "$", quote != "'" {
                let name = rest.prefix { $0.isLetter || $0 == "_" }
                rest.removeFirst(name.count)
                word = (word ?? "") + (variables[String(name)] ?? "unknown variable \(name)")
            } else {
                word = (word ?? "") + String(letter)
            }
        }
        if let word { words.append(word) }
        return words
    }

    private static func request(_ words: [String], gateway: String) throws -> WireRequest {
        var request = WireRequest(method: "GET", path: "")
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            switch word {
            case "-N": break
            case "-H":
                let parts = (rest.popFirst() ?? "").split(separator: ":", maxSplits: 1).map(String.init)
                request.headers.append(WireHeader(parts[0], parts[1].trimmingCharacters(in: .whitespaces)))
            case "-d":
                request.method = "POST"
                request.body = Array((rest.popFirst() ?? "").utf8)
            default:
                let url = try #require(word.hasPrefix(gateway) ? word.dropFirst(gateway.count) : nil, "\(word)")
                let parts = url.split(separator: "?", maxSplits: 1).map(String.init)
                request.path = parts[0]
                request.query = parts.count > 1 ? parts[1] : ""
            }
        }
        return request
    }

    @Test func everyCommandDoesWhatThePageSays() async throws {
        let receiver = Receiver()
        let hooks: (Engine) -> WebhookDeliverer = { engine in
            let hook = Webhook(tenant: "bank-a", name: "ledger", path: "/", secrets: [[1, 2, 3]])
            return WebhookDeliverer([hook], engine: engine, clock: testClock, jitter: { 0 }, send: receiver.send)
        }
        try await withChannel(Scripted.world, webhooks: hooks) { bench in
            let variables = [
                "GATEWAY": "https://gateway", "KEY": "key-of-a", "ASKED": try await bench.asked("doc-1"),
                "ASKED_TOO": try await bench.asked("doc-2"),
                "RECEIVED": try await bench.received(name: "doc").text, "CURSOR": "ZTA",
            ]
            let commands = Self.blocks("sh")
            #expect(commands.count >= 12)
            for command in commands {
                let words = Self.words(command, variables)
                #expect(words.first == "curl")
                switch await bench.channel.handle(try Self.request(words, gateway: "https://gateway")) {
                case .stream(let stream):
                    #expect(command.contains("text/event-stream"))
                    stream.ended()
                case .whole(let reply):
                    let says = String(decoding: reply.body, as: UTF8.self)
                    #expect((200...202).contains(reply.status), "\(command)\n\(says)")
                    #expect(!command.contains("text/event-stream"))
                }
            }
        }
    }

    @Test func everyOperationHasItsExample() {
        let commands = Self.blocks("sh").map { Self.words($0, [:]) }
        for operation in Channel.operations where operation.needsKey {
            let shape = operation.path.replacing(/\{[a-z]+\}/, with: "[^/?]+")
            let isShown = commands.contains { words in
                let isPost = words.contains("-d")
                guard isPost == (operation.method == .post), let pattern = try? Regex("\(shape)(\\?.*)?$") else {
                    return false
                }
                return words.contains { $0.contains("unknown variable GATEWAY") && $0.firstMatch(of: pattern) != nil }
            }
            #expect(isShown, "\(operation.method.rawValue) \(operation.path)")
        }
    }

    @Test func theEventOnThePageIsOfTheShapeThatTheDocumentTells() throws {
        let check = SchemaCheck(document: OpenAPIDocument.json)
        let events = Self.blocks("json")
        #expect(!events.isEmpty)
        for text in events {
            let event = try JSONValue.parse(text)
            #expect(check.faults(event, ["$ref": "#/components/schemas/Event"]).isEmpty)
            #expect(PaymentNews.place(event["cursor"]?.string ?? "") != nil)
        }
    }

    @Test func everyProblemIsOnThePage() {
        for kind in Problem.Kind.allCases {
            let line = Self.page.split(separator: "\n").first {
                $0.hasPrefix("| ") && $0.contains("`\(kind.rawValue)`")
            }
            #expect(line?.contains(String(kind.status)) == true, "\(kind.rawValue)")
        }
        for kind in PaymentNews.Kind.allCases { #expect(Self.page.contains("`\(kind.rawValue)`")) }
    }
}
