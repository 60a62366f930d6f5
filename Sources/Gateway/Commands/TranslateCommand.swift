import ArgumentParser
import FormatJSON
import Foundation
import Mapping
import Payments

struct TranslateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "translate", abstract: "Put a message into the words of another network, and tell what is lost.",
        discussion: """
            TO is canonical, fspiop or iso20022, whose message is then chosen by what FILE is; or one message: pacs.008,
            pain.001, with or without a version, quote, transfer, or a table of iso20022 or fspiop such as quotes.put.

            FILE is ISO 20022 in XML, in whatever envelope, FSPIOP in JSON, or a canonical payment in JSON as
            `--to canonical` prints it; what it is, is recognised. - is standard input.

            By the tables alone: no network is asked and nothing is sent. What only the gateway would make (message
            identifications, dates, UUIDs) is made and told as made. The message goes to standard output, the report to
            standard error; with --json both are one object on standard output.

            For a language alone: an order becomes quotes.post or pacs.008.001.08, an answer transfers.put, error.put or
            pacs.002.001.10. What cannot be is refused with every place that stays empty, what to do, and what would be
            lost besides; the exit code is 1 then.

            Examples:
              interlock translate --to canonical pacs008.xml
              interlock translate --to quote pacs008.xml
              interlock translate --to pacs.008.001.08 pain001.xml
              interlock translate --to canonical quote.json | interlock translate --to iso20022 -
            """)

    @Option(name: .customLong("to"), help: "A language or a message; see above.") var target: TranslationTarget
    @Option(help: "The message to write, such as transfers.post; for a language.") var message: String?
    @Option(help: "What FILE is, such as fspiop/transfers.patch, when it does not show it.") var from: String?
    @Option(help: "Of a message with several transactions the one to translate, from 1.") var transaction: Int?
    @Option(help: "The folder of tables; the installation's when not given.") var mappings: String?
    @Option(help: "The folder of schemas; the installation's when not given.") var schemas: String?
    @Flag(help: "For programs: message and report as one object.") var json = false
    @Argument(help: "The message.") var file: String

    func run() async throws {
        try await Reporting.attempt {
            let share = Installation.share
            let tables = try Tables.read(
                mappings: mappings ?? "\(share)/mappings", schemas: schemas ?? "\(share)/xsd", .alone)
            let data =
                file == "-"
                ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: file)
            guard let data else { throw Failure.usage("\(file) cannot be read") }
            let bytes = [UInt8](data)
            var source = try TranslationSource(tables: tables, file: file).read(bytes, as: from)
            if let transaction {
                guard source.payments.indices.contains(transaction - 1) else {
                    throw Failure.usage("\(file) has \(source.payments.count) transactions: name one of them")
                }
                source.payments = [source.payments[transaction - 1]]
            }
            var translation = Translation(tables: tables, now: WallClock.now(), seed: bytes)
            do {
                show(try translation.translate(source, to: target.language, message: message ?? target.message))
            } catch let refusal as TranslationRefusal {
                show(refusal)
                throw ExitCode(1)
            }
        }
    }

    private func show(_ output: Translation.Output) {
        let text = String(decoding: output.bytes, as: UTF8.self)
        let message = text.first == "<" ? nil : try? JSONValue.parse(text)
        guard json else {
            Reporting.print(message.map(Reporting.pretty) ?? text)
            for line in report(output) { Reporting.complain(line) }
            return
        }
        var object = report(json: output)
        object["message"] = message ?? .string(text)
        Reporting.print(object.description)
    }

    private func report(json output: Translation.Output) -> JSONValue {
        let losses = output.losses.map { loss -> JSONValue in
            .members([
                "field": .string(loss.field), "value": .string(loss.value), "reason": .string(loss.reason.rawValue),
                "payment": .integer(loss.payment),
            ])
        }
        let made = output.made.map { made -> JSONValue in
            ["field": .string(made.field), "value": .string(made.value), "why": .string(made.why)]
        }
        let moved = output.moved.map { moved -> JSONValue in
            ["from": .string(moved.from), "to": .string(moved.to)]
        }
        return .members([
            "source": .string(output.source), "target": .string(output.target), "made": .array(made),
            "moved": .array(moved), "losses": .array(losses), "kept": .integer(output.kept),
        ])
    }

    /// What cannot be: every place that stays empty, with what to do about it, then the report as ever.
    private func show(_ refusal: TranslationRefusal) {
        var output = Translation.Output(source: refusal.source, target: refusal.target, bytes: [])
        (output.made, output.moved, output.losses) = (refusal.made, refusal.moved, refusal.losses)
        output.kept = refusal.kept
        guard json else {
            var lines = report(output)
            lines[0] += ": this cannot be"
            lines.removeAll { $0 == "nothing is lost" }
            for fault in refusal.faults {
                lines.append("refused \(fault.path): \(fault.says) [\(fault.rule)]")
                lines.append("  mend  \(fault.mend)")
            }
            for line in lines { Reporting.complain(line) }
            return
        }
        var object = report(json: output)
        object["refused"] = .array(
            refusal.faults.map { fault in
                [
                    "path": .string(fault.path), "reason": .string(fault.reason),
                    "fields": .array(fault.fields.map { .string($0) }), "rule": .string(fault.rule),
                    "text": .string(fault.says), "mend": .string(fault.mend),
                ]
            })
        Reporting.print(object.description)
    }

    private func report(_ output: Translation.Output) -> [String] {
        var lines = ["\(output.source) -> \(output.target)"]
        lines += output.made.map { "made   \($0.field) = \($0.value)  (\($0.why))" }
        lines += output.moved.map { "moved  \($0.from) -> \($0.to)" }
        lines += output.losses.map { loss in
            let place = output.losses.contains { $0.payment > 0 } ? "payment \(loss.payment + 1) " : ""
            return "lost   \(place)\(loss.field): \(TranslateCommand.words(loss.reason))  (\(loss.value.prefix(80)))"
        }
        if output.losses.isEmpty, output.target != "canonical" { lines.append("nothing is lost") }
        if output.kept > 0 { lines.append("kept   \(output.kept) values in the side-car: no field is for them") }
        return lines
    }

    private static func words(_ reason: Mapping.Loss.Reason) -> String {
        switch reason {
        case .noPlace: "no place"
        case .placeTaken: "its place is taken"
        case .noCode: "no code"
        case .coarser: "written as a coarser code"
        case .tooLong: "too long"
        case .cut: "cut"
        case .wrongShape: "not of the shape that is asked"
        }
    }
}
