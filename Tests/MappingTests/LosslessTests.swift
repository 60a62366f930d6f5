import FormatXML
import FoundationEssentials
import Mapping
import Payments
import Testing

/// bytes -> payments -> bytes of every ISO 20022 message that has a table: the same elements in the same order, the
/// same texts, attributes and namespaces.
@Suite struct LosslessTests {
    static let definitions = MappingFiles.mappings.messages.filter { $0.hasPrefix("iso20022/") }
        .map { String($0.dropFirst("iso20022/".count)) }
    static let seed: UInt64 = 20_261_130
    static let rounds = 150

    /// What the tables say of a message's transactions, and the rules of ISO 20022 between header and transaction.
    static func rules(_ definition: String) -> RandomMessage.Rules {
        var rules = RandomMessage.Rules()
        func rows(_ name: String) -> [[String]] {
            let file = MappingFiles.all.first { $0.name == "fields/iso20022/\(name).tsv" }
            let lines = String(decoding: file?.bytes ?? [], as: UTF8.self).split(separator: "\n")
            return lines.map { $0.split(separator: "\t").map { String($0.drop { $0 == " " }) } }
        }
        let table = rows(MappingFiles.base(of: definition) ?? definition)
        func path(_ row: String) -> String {
            let found = table.first { $0[0] == row }?[1] ?? ""
            return String(found.prefix { $0 != "[" })
        }
        let (batch, payment) = (path("[batch]"), path("[payment]"))
        rules.batch = batch
        rules.payment = batch.isEmpty ? payment : "\(batch)/\(payment)"
        if table.contains(where: { $0[2] == "count payments" }) { rules.count = "GrpHdr/NbOfTxs" }
        for element in ["InstgAgt", "InstdAgt", "IntrBkSttlmDt", "PmtTpInf"] {
            rules.alternatives["\(rules.payment)/\(element)"] = "GrpHdr/\(element)"
        }
        return rules
    }

    @Test(arguments: definitions)
    func whatIsValidComesBackAsItCame(_ definition: String) throws {
        let translator = try #require(MappingFiles.mappings.translator("iso20022/\(definition)"))
        let shape = try #require(try MappingFiles.schemas.shape(file: "\(definition).xsd"))
        let schema = MappingFiles.schema(definition)
        for round in 0..<Self.rounds {
            var random = try RandomMessage(
                seed: Self.seed &+ UInt64(round) &* 7_919, definition, shape, Self.rules(definition))
            let bytes = try random.next()
            let place = "\(definition), seed \(Self.seed), round \(round)"
            if let fault = Self.fault(bytes, translator, schema) {
                Issue.record("\(place): \(fault)")
                return
            }
        }
    }

    /// The first difference between a message and what is written of what was read of it.
    static func fault(_ bytes: [UInt8], _ translator: Translator, _ schema: XMLSchema) -> String? {
        do {
            let reading = try translator.read(xml: bytes, schema: schema)
            let writing = try translator.write(reading.payments)
            let before = try CanonicalXML.lines(bytes)
            let after = try CanonicalXML.lines(writing.bytes)
            guard before != after else {
                return writing.losses.isEmpty ? nil : "lost: \(writing.losses.map(\.field))"
            }
            let line = zip(before, after).prefix { $0 == $1 }.count
            func at(_ lines: [String]) -> String { line < lines.count ? lines[line] : "(end)" }
            let path = at(before).split(separator: " ")[0].split(separator: "/").dropLast().last.map(String.init) ?? ""
            let kept = reading.payments.flatMap(\.sideCar).filter { $0.path.contains(path) }.prefix(12)
            return "was \(at(before)), is \(at(after)); kept \(kept.map { "\($0.path) = \($0.value)" })"
        } catch {
            return "\(error)"
        }
    }
}
