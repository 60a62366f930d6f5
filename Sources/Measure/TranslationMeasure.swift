import FormatJSON
import FormatXML
import Foundation
import Mapping
import Payments

/// Bytes to the canonical payment and back, against the cheapest way to read the same bytes.
struct TranslationMeasure {
    let runs: Int

    func run() throws -> Findings {
        let root = try Place.root()
        let message = "pacs.008.001.08"
        let reference = try ReferenceReader.ofTransfers()
        let mappings = try Mappings(files: try Self.tables(root))
        let schemas = XMLSchemaFolder(path: root.appendingPathComponent("xsd").path)
        try schemas.compileAll(["\(message).xsd"])
        var findings = Findings(notes: ["XML library: libxml2 \(ReferenceReader.version)"])
        for document in [SampleMessages.transfer, SampleMessages.richTransfer] {
            findings.figures.append(try readXML(document, mappings, schemas, reference))
            findings.figures.append(try carryOn(document, mappings, schemas, reference))
        }
        for (name, body) in [
            ("fspiop/quotes.post", SampleMessages.quote), ("fspiop/transfers.post", SampleMessages.fspiopTransfer),
        ] {
            guard let translator = mappings.translator(name) else { throw MeasureFailure("no table \(name)") }
            findings.figures += try json(name, body, translator)
        }
        return findings
    }

    static func tables(_ root: URL) throws -> [TableFile] {
        let folder = root.appendingPathComponent("mappings").resolvingSymlinksInPath().path
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".tsv") }.sorted()
        return try paths.map { path in
            TableFile(name: path, bytes: [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path)"))))
        }
    }

    private func readXML(
        _ document: [UInt8], _ mappings: Mappings, _ schemas: XMLSchemaFolder, _ reference: ReferenceReader
    ) throws -> Figure {
        let validation = XMLValidation.parts { (namespace) throws(XMLSchemaFault) in
            try schemas.schema(namespace: namespace)
        }
        let reading = try mappings.readISO(document, validation: validation)
        guard reading.payments.count == 1, reading.payment.amount.settlement != nil, reference.read(document) else {
            throw MeasureFailure("the sample of \(document.count) bytes is not read as it should be")
        }
        return try duel(
            "pacs.008 of \(document.count) B to canonical, validated", limitName: "libxml2 reader with schema",
            bound: .atMost(1.3),
            subject: { keep(try mappings.readISO(document, validation: validation)) },
            limit: { keep(reference.read(document)) })
    }

    /// What a bridge does with an order of a rail: bytes, checked, to the quote that a hub is asked for.
    private func carryOn(
        _ document: [UInt8], _ mappings: Mappings, _ schemas: XMLSchemaFolder, _ reference: ReferenceReader
    ) throws -> Figure {
        let validation = XMLValidation.parts { (namespace) throws(XMLSchemaFault) in
            try schemas.schema(namespace: namespace)
        }
        guard let quote = mappings.translator("fspiop/quotes.post") else { throw MeasureFailure("no table of quotes") }
        let carry = {
            var payment = try mappings.readISO(document, validation: validation).payment
            // What the bridge itself adds: its ids, and what the order's account is called on the hub.
            payment.id.quote = "7c23e80c-d078-4077-8263-2c047876fcf6"
            payment.id.schemeTransaction = "85feac2f-39b2-491b-817e-4a03203d4f14"
            payment.type.scenario = "TRANSFER"
            payment.type.initiator = "PAYER"
            payment.type.initiatorType = "CONSUMER"
            payment.type.amountType = "RECEIVE"
            payment.creditor.identifiers = [Identifier("MSISDN", "254722000001")]
            payment.debtor.identifiers = [Identifier("MSISDN", "254722000002")]
            return try quote.write(payment)
        }
        guard let body = try? JSONValue.parse(try carry().bytes), body["amount"] != nil, body["payee"] != nil else {
            throw MeasureFailure("the quote of the sample of \(document.count) bytes is not as it should be")
        }
        return try duel(
            "pacs.008 of \(document.count) B to POST /quotes, validated", limitName: "libxml2 reader with schema",
            bound: .atMost(1.8), subject: { keep(try carry()) }, limit: { keep(reference.read(document)) })
    }

    private func json(_ name: String, _ body: [UInt8], _ translator: Translator) throws -> [Figure] {
        let payment = try translator.read(json: body).payment
        let written = try translator.write(payment).bytes
        let message = name.split(separator: "/").last.map(String.init) ?? name
        let read = { keep(try translator.read(json: body)) }
        let write = { keep(try translator.write(payment)) }
        let scan = {
            var sink = Silence()
            try JSONReader(body).read(into: &sink)
        }
        let copy = {
            var copy = JSONCopy(reserving: written.count)
            try JSONReader(written).read(into: &copy)
            keep(copy.writer.bytes)
        }
        return [
            try duel(
                "\(message) to canonical and back, \(body.count) B", limitName: "own scan, then own copy",
                bound: .atMost(3),
                subject: {
                    try read()
                    try write()
                },
                limit: {
                    try scan()
                    try copy()
                }),
            try duel(
                "- reading alone", limitName: "own scan, making nothing", bound: .none, subject: read, limit: scan),
            try duel("- writing alone", limitName: "own copy", bound: .none, subject: write, limit: copy),
        ]
    }

    private func duel(
        _ name: String, limitName: String, bound: Figure.Bound, subject: () throws -> Void, limit: () throws -> Void
    ) rethrows -> Figure {
        try Batches(runs: runs).duel(subject, against: limit)
            .figure("translation", name, unit: "µs", limitName: limitName, bound: bound)
    }
}

/// Hears every event of a JSON text and does nothing.
private struct Silence: JSONSink {}

/// Writes what it hears.
private struct JSONCopy: JSONSink {
    var writer: JSONWriter

    init(reserving bytes: Int) { writer = JSONWriter(reserving: bytes) }

    mutating func beginObject(at offset: Int) -> JSONFlow {
        writer.beginObject()
        return .next
    }

    mutating func endObject(at offset: Int) -> JSONFlow {
        writer.endObject()
        return .next
    }

    mutating func beginArray(at offset: Int) -> JSONFlow {
        writer.beginArray()
        return .next
    }

    mutating func endArray(at offset: Int) -> JSONFlow {
        writer.endArray()
        return .next
    }

    mutating func key(_ name: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
        writer.key(String(json: name))
        return .next
    }

    mutating func string(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
        writer.string(text)
        return .next
    }

    mutating func number(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
        writer.number(String(json: text))
        return .next
    }

    mutating func bool(_ value: Bool, at offset: Int) -> JSONFlow {
        writer.bool(value)
        return .next
    }

    mutating func null(at offset: Int) -> JSONFlow {
        writer.null()
        return .next
    }
}
