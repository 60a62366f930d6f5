import ArgumentParser
import FormatJSON
import FormatXML
import Foundation
import Payments
import PaymentsEngine

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell a message in plain words: who pays whom, what is unusual, who would take it.",
        discussion: """
            FILE is ISO 20022 in XML, in whatever envelope, or in JSON; - is standard input. Nothing is sent and nobody
            is asked: words and rules come from the tables. What the message says of people is shown, since the file is
            yours; long lists are cut with a count.

            Exit code: 0 it is told; 1 the file is not well-formed; 2 there is no message in it; 64 the command line or
            the tables cannot be used.

            Examples:
              interlock explain pacs008.xml
              interlock explain --json - < message.xml
            """)

    @Option(name: .customLong("as-of"), help: "The day that past and future are told by, as YYYY-MM-DD; today.")
    var day: String?
    @Option(name: [.customLong("xsd"), .customLong("schemas")], help: "A folder of other schemas, official ones too.")
    var schemas: String?
    @Option(help: "The folder of tables; the installation's when not given.") var mappings: String?
    @Flag(help: "For programs: one JSON document.") var json = false
    @Argument(help: "The message.") var file: String

    func validate() throws {
        if let day, CivilDate(day) == nil { throw ValidationError("--as-of \(day) is no day: write YYYY-MM-DD") }
    }

    func run() async throws {
        let bytes = try self.bytes()
        let explainer = try await MessageInstallation.attempt {
            let installation = try MessageInstallation(mappings: mappings, schemas: schemas)
            let day = day.flatMap { CivilDate($0) } ?? WallClock.now().date
            let checker = MessageChecker(examiner: installation.examiner, depth: .schema, rails: nil)
            return Explainer(
                words: try ExplainWords(installation.tables), checker: checker,
                rails: try installation.rails(["auto"], day), day: day)
        }
        let (told, isMessage) = try explain(bytes, explainer)
        show(told)
        if !isMessage { throw ExitCode(2) }
    }

    private func bytes() throws -> [UInt8] {
        let contents = MessageFiles.read(
            MessageFile(name: file), greatestBytes: MessageChecker.limits.documentBytes)
        switch contents {
        case .bytes(let bytes): return bytes
        case .none(let why):
            Reporting.complain("\(file): \(why)")
            throw ExitCode.validationFailure
        case .large:
            Reporting.complain(
                "\(file): more than \(MessageChecker.limits.documentBytes) bytes, too many to tell in words; "
                    + "interlock validate reads files of any size")
            throw ExitCode(1)
        }
    }

    private func explain(_ bytes: [UInt8], _ explainer: Explainer) throws -> (told: [Explanation], isMessage: Bool) {
        if MessageForm(bytes) == .json { return ([try explain(json: bytes, explainer)], true) }
        do throws(XMLError) {
            return try explainer.explain(xml: bytes)
        } catch {
            Reporting.complain("\(file):\(error.line):\(error.column): \(error.text)")
            Reporting.complain("  mend   \(Mends.wire(error.reason.rawValue, says: error.text))")
            throw ExitCode(1)
        }
    }

    private func explain(json bytes: [UInt8], _ explainer: Explainer) throws -> Explanation {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes)
        } catch {
            Reporting.complain("\(file):\(error.line):\(error.column): \(error.path): \(error.text)")
            throw ExitCode(1)
        }
        guard let message = ExplainedMessage.find(json: MessageNode(json: value, name: "")) else {
            let known = value.object.flatMap { TranslationSource.recognise($0) }
            let way = known.map { "it is \($0): put it into ISO 20022 by `interlock translate` first" }
            Reporting.complain("\(file): \(way ?? "there is no message of ISO 20022 in this JSON")")
            throw ExitCode(2)
        }
        return explainer.explain(message)
    }

    private func show(_ told: [Explanation]) {
        var whole = Explanation("file", told.count > 1 ? "\(file), \(told.count) messages" : file)
        whole.add(told, atMost: Explainer.greatestMessages)
        guard json else { return Reporting.print(whole.lines.joined(separator: "\n")) }
        var object = whole.json
        object["title"] = nil
        var members = JSONObject()
        members["file"] = .string(file)
        for member in object.object ?? JSONObject() { members[member.key] = member.value }
        Reporting.print(Reporting.pretty(.object(members)))
    }
}
