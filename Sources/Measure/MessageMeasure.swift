import FormatXML
import Foundation
import Mapping
import Payments

/// ISO 20022 under the rules of a rail: read and held against them in one pass, and written.
struct MessageMeasure {
    let runs: Int
    let transfers: Int
    let disk: String

    private static let message = "pacs.008.001.08"
    /// The day on which the rules are asked: that of the vector.
    private static let day = CivilDate(year: 2026, month: 3, day: 2)
    private static let vector = "conformance/vectors/profiles/sepa-inst/valid-pacs.008.xml"
    private static let fednowVector = "conformance/vectors/profiles/fednow/valid-pacs.008.xml"

    func run() async throws -> Findings {
        let root = try Place.root()
        let reference = try ReferenceReader.ofTransfers()
        let tables = try TranslationMeasure.tables(root)
        let mappings = try Mappings(files: tables)
        let schemas = XMLSchemaFolder(path: root.appendingPathComponent("xsd").path)
        let profiles = try ProfileTables(files: tables, schemas: schemas)
        guard let sepa = profiles["sepa-inst"], let fednow = profiles["fednow"],
            let translator = mappings.translator("iso20022/\(Self.message)"), let day = Self.day
        else { throw MeasureFailure("the tables of the sample are not there") }
        try schemas.compileAll(["\(Self.message).xsd"])
        let order = Self.compact(try Data(contentsOf: root.appendingPathComponent(Self.vector)))
        let fednowOrder = Self.document(
            of: Self.compact(try Data(contentsOf: root.appendingPathComponent(Self.fednowVector))))
        var findings = Findings(notes: ["rules as of \(day); \(Self.vector) without space between its elements"])
        let name = "pacs.008 of \(order.count) B to canonical, validated, \(sepa.name)"
        let read = try ruled(order, mappings, schemas, sepa, day)
        guard reference.read(order) else { throw MeasureFailure("libxml2 finds \(Self.vector) not valid") }
        findings.figures = [
            try Batches(runs: runs).duel(read, against: { keep(reference.read(order)) })
                .figure("messages", name, unit: "µs", limitName: "libxml2 reader with schema", bound: .atMost(1.5))
        ]
        let schema = root.appendingPathComponent("xsd/\(Self.message).xsd").path
        findings = findings + (try await besideLXML(order, schema: schema, read))
        findings.figures += [try rules(order, sepa, day), try parsed(fednowOrder, fednow, day)]
        findings.figures += try written(SampleMessages.transfer, translator, mappings)
        findings.figures += try await StreamMeasure(transfers: transfers, disk: disk, root: root).run()
        return findings
    }

    /// Messages as networks send them: no space between elements.
    private static func compact(_ data: Data) -> [UInt8] {
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        return Array(lines.map { $0.drop { $0 == " " } }.joined().utf8)
    }

    /// The message without its envelope.
    private static func document(of envelope: [UInt8]) -> [UInt8] {
        let text = String(decoding: envelope, as: UTF8.self)
        guard let start = text.range(of: "<Document"), let end = text.range(of: "</Document>") else { return envelope }
        return Array(text[start.lowerBound..<end.upperBound].utf8)
    }

    /// Bytes to the canonical payment, with the schema and every rule of SEPA Inst.
    private func ruled(
        _ document: [UInt8], _ mappings: Mappings, _ schemas: XMLSchemaFolder, _ profile: Profile, _ day: CivilDate
    ) throws -> () throws -> Void {
        let validation = XMLValidation.parts { (namespace) throws(XMLSchemaFault) in
            try schemas.schema(namespace: namespace)
        }
        let read = { try mappings.readISO(document, validation: validation, beside: profile, asOf: day) }
        let verdict = try read().verdict
        guard verdict.isTaken, verdict.findings.isEmpty else {
            let found = verdict.findings.map { "\($0)" }
            throw MeasureFailure("the sample breaks a rule of \(profile.name): \(found.joined(separator: "; "))")
        }
        return { keep(try read()) }
    }

    /// The same work against what people validate with, where python3 has it.
    private func besideLXML(
        _ document: [UInt8], schema: String, _ read: () throws -> Void
    ) async throws -> Findings {
        let folder = try Place.scratch("lxml", below: disk)
        defer { Place.remove(folder) }
        guard let peer = await LXMLPeer.find(log: "\(folder)/lxml.log") else {
            return Findings(notes: ["lxml beside: skipped, no python3 here has it"])
        }
        var (valid, texts) = (Duel(), Duel())
        for _ in 0..<runs {
            let own = try Batches(runs: 1).samples(read).median
            let theirs = try await peer.microseconds(document, schema: schema)
            valid.add(own, against: theirs.valid)
            texts.add(own, against: theirs.read)
        }
        return Findings(
            figures: [
                texts.figure(
                    "messages", "- the same, Python's lxml beside", unit: "µs", limitName: "lxml, texts by path",
                    bound: .atMost(1)),
                valid.figure(
                    "messages", "- the same", unit: "µs", limitName: "lxml, validated alone", bound: .none),
            ], notes: [peer.version])
    }

    /// What the rules add to a reading that makes nothing.
    private func rules(_ document: [UInt8], _ profile: Profile, _ day: CivilDate) throws -> Figure {
        let reader = XMLReader()
        let with = {
            var sink = profile.reader(asOf: day)
            try reader.read(document, into: &sink)
            keep(sink.finish())
        }
        let without = {
            var sink = NoSink()
            try reader.read(document, into: &sink)
        }
        let duel = try Batches(runs: max(5, runs)).duel(with, against: without)
        let samples = Samples(zip(duel.subject, duel.limit).map { $0 - $1 })
        return stated("the rules of \(profile.name) alone", samples, atMost: 5)
    }

    /// Parse and rules without a schema: what the Rust library mx20022 publishes 9.4 + 8.1 µs for.
    private func parsed(_ document: [UInt8], _ profile: Profile, _ day: CivilDate) throws -> Figure {
        let reader = XMLReader()
        let work = {
            var sink = profile.reader(asOf: day)
            try reader.read(document, into: &sink)
            keep(sink.finish())
        }
        let samples = try Batches(runs: max(5, runs)).samples(work)
        var figure = stated(
            "pacs.008 of \(document.count) B parsed, rules of \(profile.name), no schema", samples, atMost: 17.5)
        figure.limitName = "published by mx20022"
        return figure
    }

    /// A payment as the gateway makes one, and one that came as a message of its own and stands as it stood.
    private func written(_ document: [UInt8], _ translator: Translator, _ mappings: Mappings) throws -> [Figure] {
        let read = try mappings.readISO(document).payment
        var made = read
        made.sideCar = []
        func measured(_ payment: Payment) throws -> Samples {
            try Batches(runs: max(5, runs)).samples { keep(try translator.write(payment)) }
        }
        let (own, whole) = (try measured(made), try measured(read))
        let bytes = (try translator.write(made).bytes.count, try translator.write(read).bytes.count)
        return [
            stated("pacs.008 of \(bytes.0) B written", own, atMost: 15),
            Figure(
                group: "messages", name: "- with all that another message said, \(bytes.1) B", value: whole.median,
                unit: "µs"),
        ]
    }

    private func stated(_ name: String, _ samples: Samples, atMost limit: Double) -> Figure {
        Figure(
            group: "messages", name: name, value: samples.median, unit: "µs", limitName: "stated", limit: limit,
            bound: .atMost(1), spread: (samples.low / limit, samples.high / limit))
    }
}

/// Hears every event and does nothing.
struct NoSink: XMLSink {}
