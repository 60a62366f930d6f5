import FormatXML
import Mapping
import Testing

/// Every rule of every profile has a message that breaks it and nothing else, and every message that a profile takes
/// has one that breaks nothing.
@Suite struct ProfileVectorTests {
    @Test func theProfilesAreThoseOfTheRepository() {
        #expect(ProfileFiles.profiles.names == ProfileFiles.names)
        #expect(ProfileFiles.vectors.count >= 500)
    }

    @Test(arguments: ProfileFiles.names)
    func eachVectorBreaksItsRuleAndNoOther(_ name: String) throws {
        let profile = try #require(ProfileFiles.profiles[name])
        let severities = Dictionary(profile.rules.map { ($0.id, $0.severity) }, uniquingKeysWith: { first, _ in first })
        for vector in ProfileFiles.vectors where vector.profile == name {
            let verdict = try ProfileFiles.examine(vector)
            let rules = Set(verdict.findings.map(\.rule))
            #expect(rules == (vector.rule.map { [$0] } ?? []), "\(vector): \(verdict.findings)")
            #expect(verdict.messages == [vector.message], "\(vector)")
            #expect(verdict.isTaken == (vector.verdict != "refuse"), "\(vector)")
            if let rule = vector.rule {
                #expect(severities[rule]?.rawValue == vector.verdict, "\(vector)")
            }
            for finding in verdict.findings {
                #expect(finding.line > 0 && finding.column > 0, "\(vector): \(finding)")
                #expect(!finding.says.isEmpty && !finding.mend.isEmpty && !finding.source.isEmpty, "\(vector)")
            }
        }
    }

    @Test(arguments: ProfileFiles.names)
    func everyRuleHasAVectorAndEveryMessageAValidOne(_ name: String) throws {
        let profile = try #require(ProfileFiles.profiles[name])
        let vectors = ProfileFiles.vectors.filter { $0.profile == name }
        let broken = Set(vectors.compactMap(\.rule))
        #expect(profile.rules.map(\.id).filter { !broken.contains($0) } == [])
        #expect(broken.isSubset(of: profile.rules.map(\.id)))
        let valid = Set(vectors.filter { $0.rule == nil }.map(\.message))
        let families = Set(valid.map { String($0.prefix(8)) })
        let asked = profile.rules.filter { !$0.check.hasPrefix("version") }.flatMap(\.messages)
        #expect(Set(asked).subtracting(["*", "head"]).subtracting(families) == [])
    }

    /// What is told here is what the schemas do not see.
    @Test func everyVectorIsValidByItsSchema() {
        var checked = 0
        for vector in ProfileFiles.vectors where vector.file.hasSuffix(".xml") {
            let examination = XMLParts.examine(vector.bytes) { (namespace) throws(XMLSchemaFault) in
                try MappingFiles.schemas.schema(namespace: namespace)
            }
            #expect(examination.failure == nil, "\(vector)")
            for part in examination.parts {
                if case .invalid(let errors) = part.verdict { Issue.record("\(vector): \(errors)") }
                if part.verdict == .valid { checked += 1 }
            }
        }
        #expect(checked >= 450)
    }

    @Test func theRailsAskAsMuchAsTheyShould() throws {
        let least = [
            "sepa-inst": 100, "fednow": 80, "tch-rtp": 70, "cbpr-plus": 70, "mojaloop-iso": 45, "generic-ips": 40,
        ]
        for (name, count) in least {
            #expect(try #require(ProfileFiles.profiles[name]).rules.count >= count, "\(name)")
        }
    }

    @Test func aProfileSaysWhatItTakes() throws {
        let sepa = try #require(ProfileFiles.profiles["sepa-inst"])
        let scheme = [
            "camt.029.001.09", "camt.056.001.08", "pacs.002.001.10", "pacs.004.001.09", "pacs.008.001.08",
            "pacs.028.001.03",
        ]
        #expect(Set(scheme).isSubset(of: sepa.messages))
        #expect(!sepa.messages.contains("pacs.008.001.02") && sepa.messages == sepa.messages.sorted())
        #expect(sepa.messages(asOf: ProfileFiles.day) == sepa.messages)
        #expect(ProfileFiles.profiles["mojaloop-iso"]?.format == .json)
        #expect(ProfileFiles.profiles["fednow"]?.headers == ["head.001.001.02"])
        #expect(ProfileFiles.profiles["elsewhere"] == nil)
    }
}
