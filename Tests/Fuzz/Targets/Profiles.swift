import FormatJSON
import FormatXML
import Mapping
import Payments

/// The rules of every profile over any message, on any day.
///
/// Oracles: the same document gets the same verdict again, and under one more wrapper; what is found stands within the
/// document, in order, by a rule of the profile that holds on the day.
enum Target: FuzzTarget {
    /// Two for the profile, then the day, and the message of a JSON document.
    static let choices = 4
    private static let profiles: ProfileTables = {
        do {
            return try ProfileTables(files: Files.tables, schemas: Files.schemas)
        } catch {
            fatalError("the profiles do not compile: \(error)")
        }
    }()
    private static let names = Choice(profiles.names)
    private static let firstDay: Int64 = 20_000

    static func run(_ choices: [UInt8], _ document: [UInt8]) {
        guard let profile = profiles[names[choices[0], choices[1]]] else { broken("no such profile") }
        let day = day(choices[2])
        if document.first == UInt8(ascii: "{") || profile.format == .json && document.first != UInt8(ascii: "<") {
            json(document, profile, day, choices[3])
        } else {
            xml(document, profile, day)
        }
    }

    /// From October 2024 on, in steps of nine days.
    private static func day(_ choice: UInt8) -> CivilDate {
        CivilDate(dayNumber: firstDay + Int64(choice) * 9)
    }

    private static func xml(_ document: [UInt8], _ profile: Profile, _ day: CivilDate) {
        guard let verdict = try? profile.examine(xml: document, asOf: day) else { return }
        let lines = document.count { $0 == 0x0A } + 1
        check(verdict, profile, day, lines: lines)
        expect((try? profile.examine(xml: document, asOf: day)) == verdict, "examined twice, the verdicts differ")
        guard let wrapped = wrapped(document), let again = try? profile.examine(xml: wrapped, asOf: day) else { return }
        expect(
            told(again) == told(verdict), "under a wrapper \(told(again)), not \(told(verdict)), by \(profile.name)")
        expect(again.messages == verdict.messages, "under a wrapper there are \(again.messages)")
    }

    private static func json(_ document: [UInt8], _ profile: Profile, _ day: CivilDate, _ choice: UInt8) {
        guard !profile.messages.isEmpty else { return }
        let message = profile.messages[Int(choice) % profile.messages.count]
        guard let verdict = try? profile.examine(json: document, message: message, asOf: day) else { return }
        check(verdict, profile, day, lines: document.count { $0 == 0x0A } + 1)
        let again = try? profile.examine(json: document, message: message, asOf: day)
        expect(again == verdict, "examined twice, the verdicts differ")
    }

    private static func check(_ verdict: ProfileVerdict, _ profile: Profile, _ day: CivilDate, lines: Int) {
        expect(verdict.findings.count <= ProfileLimits.findings, "\(verdict.findings.count) findings")
        expect(verdict.omitted >= 0, "\(verdict.omitted) findings are omitted")
        var last = (0, 0)
        for finding in verdict.findings {
            guard let rule = profile.rules.first(where: { $0.id == finding.rule }) else {
                broken("\(profile.name) has no rule \(finding.rule)")
            }
            expect(rule.holds(on: day), "\(rule.id) does not hold on \(day.text)")
            expect(rule.severity == finding.severity, "\(rule.id) is found as \(finding.severity)")
            expect(finding.text.count <= ProfileLimits.shownCharacters, "a text of \(finding.text.count) is shown")
            expect((finding.line, finding.column) >= last, "\(finding) comes after line \(last.0)")
            // UTF-16 has a zero beside each line feed; the count of line feeds bounds the lines in every encoding.
            expect(finding.line >= 1 && finding.line <= lines, "\(finding) in a document of \(lines) lines")
            last = (finding.line, finding.column)
        }
    }

    /// Findings without their places, in no order.
    private static func told(_ verdict: ProfileVerdict) -> [String] {
        verdict.findings.map { "\($0.rule) \($0.path) \($0.text)" }.sorted()
    }

    /// A document of UTF-8 with one root under a wrapper of no namespace; nil for others.
    private static func wrapped(_ document: [UInt8]) -> [UInt8]? {
        guard Transcoding.isPlainUTF8(document), case .read(let reading) = read(document).outcome, reading.roots == 1
        else { return nil }
        return Array("<Wrapper>".utf8) + Transcoding.withoutDeclaration(document) + Array("</Wrapper>".utf8)
    }

    static func prepare() {
        // Every program that a run may ask for.
        for name in profiles.names {
            guard let profile = profiles[name] else { continue }
            for choice: UInt8 in 0...255 {
                for definition in profile.messages + Files.definitions {
                    let empty = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:\(definition)\"><A/></Document>"
                    _ = try? profile.examine(xml: Array(empty.utf8), asOf: day(choice))
                }
            }
        }
    }

    static func seeds() -> [Seed] {
        profiles.names.flatMap { name in
            Files.vectors.enumerated().map { index, vector in
                Seed(
                    name: "\(name)-\(vector.name)",
                    choices: names.bytes(of: name) + [UInt8(truncatingIfNeeded: index * 7), 0],
                    document: vector.bytes)
            }
        }
    }
}
