import FormatXML
import Foundation
import Mapping
import Payments

/// ISO 20022 under the rules of a rail: read and held against them in one pass, and written.
struct MessageMeasure {
    let runs: Int
    let transfers: Int
    let disk: String

    private static let batch = 1_000
    private static let warmUp = 300
    private static let message = "pacs.008.001.08"
    /// The day on which the rules are asked: that of the vector.
    private static let day = CivilDate(year: 2026, month: 3, day: 2)
    private static let vector = "conformance/vectors/profiles/sepa-inst/valid-pacs.008.xml"

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
        var findings = Findings(notes: ["rules as of \(day); \(Self.vector) without space between its elements"])
        findings.figures = [
            try ruled(order, mappings, schemas, reference, sepa, day),
            try rules(order, sepa, day),
            try parsed(SampleMessages.transfer, fednow, day),
        ]
        findings.figures += try written(SampleMessages.transfer, translator, mappings)
        findings.figures += try await StreamMeasure(transfers: transfers, disk: disk, root: root).run()
        return findings
    }

    /// Messages as networks send them: no space between elements.
    private static func compact(_ data: Data) -> [UInt8] {
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        return Array(lines.map { $0.drop { $0 == " " } }.joined().utf8)
    }

    /// Bytes to the canonical payment, with the schema and every rule of SEPA Inst.
    private func ruled(
        _ document: [UInt8], _ mappings: Mappings, _ schemas: XMLSchemaFolder, _ reference: ReferenceReader,
        _ profile: Profile, _ day: CivilDate
    ) throws -> Figure {
        let validation = XMLValidation.parts { (namespace) throws(XMLSchemaFault) in
            try schemas.schema(namespace: namespace)
        }
        let read = { try mappings.readISO(document, validation: validation, beside: profile, asOf: day) }
        let verdict = try read().verdict
        guard verdict.isTaken, verdict.findings.isEmpty, reference.read(document) else {
            let found = verdict.findings.map { "\($0)" }
            throw MeasureFailure("the sample breaks a rule of \(profile.name): \(found.joined(separator: "; "))")
        }
        return try duel(
            "pacs.008 of \(document.count) B to canonical, validated, \(profile.name)",
            limitName: "libxml2 reader with schema", bound: .atMost(1.5), subject: { keep(try read()) },
            limit: { keep(reference.read(document)) })
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
        var samples: [Double] = []
        for _ in 0..<Self.warmUp {
            try with()
            try without()
        }
        for _ in 0..<max(5, runs) {
            var best = (with: Double.infinity, without: Double.infinity)
            for _ in 0..<3 {
                best.with = min(best.with, try microseconds(with))
                best.without = min(best.without, try microseconds(without))
            }
            samples.append(best.with - best.without)
        }
        return stated("the rules of \(profile.name) alone", Samples(samples), atMost: 5)
    }

    /// Parse and rules without a schema: what the Rust library mx20022 publishes 9.4 + 8.1 µs for.
    private func parsed(_ document: [UInt8], _ profile: Profile, _ day: CivilDate) throws -> Figure {
        let reader = XMLReader()
        let work = {
            var sink = profile.reader(asOf: day)
            try reader.read(document, into: &sink)
            keep(sink.finish())
        }
        var samples: [Double] = []
        for _ in 0..<Self.warmUp { try work() }
        for _ in 0..<max(5, runs) {
            var best = Double.infinity
            for _ in 0..<3 { best = min(best, try microseconds(work)) }
            samples.append(best)
        }
        var figure = stated("pacs.008 parsed, rules of \(profile.name), no schema", Samples(samples), atMost: 17.5)
        figure.limitName = "published by mx20022"
        return figure
    }

    /// A payment as the gateway makes one, and one that came as a message of its own and stands as it stood.
    private func written(_ document: [UInt8], _ translator: Translator, _ mappings: Mappings) throws -> [Figure] {
        let read = try mappings.readISO(document).payment
        var made = read
        made.sideCar = []
        func measured(_ payment: Payment) throws -> Samples {
            let work = { keep(try translator.write(payment)) }
            var samples: [Double] = []
            for _ in 0..<Self.warmUp { try work() }
            for _ in 0..<max(5, runs) {
                var best = Double.infinity
                for _ in 0..<3 { best = min(best, try microseconds(work)) }
                samples.append(best)
            }
            return Samples(samples)
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

    private func duel(
        _ name: String, limitName: String, bound: Figure.Bound, subject: () throws -> Void, limit: () throws -> Void
    ) throws -> Figure {
        for _ in 0..<Self.warmUp {
            try subject()
            try limit()
        }
        var duel = Duel()
        for _ in 0..<runs {
            var best = (subject: Double.infinity, limit: Double.infinity)
            for _ in 0..<3 {
                best.subject = min(best.subject, try microseconds(subject))
                best.limit = min(best.limit, try microseconds(limit))
            }
            duel.add(best.subject, against: best.limit)
        }
        return duel.figure("messages", name, unit: "µs", limitName: limitName, bound: bound)
    }

    private func microseconds(_ body: () throws -> Void) rethrows -> Double {
        try seconds { for _ in 0..<Self.batch { try body() } } * 1_000_000 / Double(Self.batch)
    }
}

/// Hears every event and does nothing.
struct NoSink: XMLSink {}
