import FoundationEssentials
import Mapping
import Payments
import Testing

/// Messages that the rails' own publishers or their vendors made, where a collection of them stands beside the
/// repository. Where one breaks a rule, the rule is probably wrong; what is left is listed with its reason, so that the
/// number of contradictions stays in sight.
@Suite(.enabled(if: MappingFiles.shared("samples/iso20022") != nil))
struct ProfileSampleTests {
    /// Rules that a collection breaks, and why the rule stays.
    struct Allowed: Sendable {
        let rule: String
        let why: String

        init(_ rule: String, _ why: String) {
            self.rule = rule
            self.why = why
        }
    }

    struct Collection: Sendable, CustomStringConvertible {
        let profile: String
        let folder: String
        /// Beginnings of file names; empty for all of the folder.
        let names: [String]
        let least: Int
        let allowed: [Allowed]

        var description: String { "\(profile) over \(folder)" }
    }

    static let collections: [Collection] = [
        Collection(
            profile: "sepa-inst", folder: "sepa-inst/horus", names: ["tips_"], least: 1,
            allowed: [
                Allowed("SI-076", "the LEI is made up"), Allowed("SI-082", "the IBANs are made up"),
                Allowed("SI-094", "a message of 2024, with addresses in lines: a warning until November 2026"),
            ]),
        Collection(
            profile: "fednow", folder: "fednow/moov-fednow20022", names: ["fednow-sample", "sample-", "admi004"],
            least: 6,
            allowed: [Allowed("FN-017", "the market practice is masked in the file")]),
        Collection(
            profile: "tch-rtp", folder: "tch-rtp/moov-rtp20022", names: [], least: 45,
            allowed: [
                Allowed("TR-010", "the headers are empty placeholders"),
                Allowed("TR-011", "the headers are empty placeholders"),
                Allowed("TR-012", "the headers are empty placeholders"),
                Allowed("TR-045", "some numbers are no bank's, with wrong check digits: a warning"),
            ]),
        Collection(
            profile: "cbpr-plus", folder: "cbpr/cbpr-ur", names: ["test_files_"], least: 20,
            allowed: []),
    ]

    static func files(_ collection: Collection) -> [(name: String, bytes: [UInt8])] {
        guard let folder = MappingFiles.shared("samples/iso20022/\(collection.folder)")?.resolvingSymlinksInPath()
        else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { name in
            guard collection.names.isEmpty || collection.names.contains(where: { name.hasPrefix($0) }),
                !name.contains("violates"), !name.contains("issue"), !name.contains("mismatch")
            else { return nil }
            return (try? Data(contentsOf: folder.appending(path: name))).map { (name, Array($0)) }
        }
    }

    @Test(arguments: collections)
    func publishedMessagesKeepTheRules(_ collection: Collection) throws {
        let profile = try #require(ProfileFiles.profiles[collection.profile])
        var examined = 0
        var broken: [String: [String]] = [:]
        for (name, bytes) in Self.files(collection) where name.hasSuffix(".xml") {
            guard let verdict = try? profile.examine(xml: bytes, asOf: ProfileFiles.day), !verdict.messages.isEmpty
            else { continue }
            examined += 1
            for finding in verdict.findings {
                broken[finding.rule, default: []].append("\(name) \(finding.path) \(finding.text)")
            }
        }
        #expect(examined >= collection.least)
        let allowed = Set(collection.allowed.map(\.rule))
        for (rule, places) in broken where !allowed.contains(rule) {
            Issue.record("\(collection.profile) \(rule): \(places.count) of \(places.prefix(3))")
        }
        // A reason that no message needs any more is taken out.
        #expect(allowed.subtracting(broken.keys) == [])
    }

    @Test func mojaloopsOwnExamplesKeepTheRules() throws {
        let profile = try #require(ProfileFiles.profiles["mojaloop-iso"])
        let messages = [
            "transfers_POST": "pacs.008.001.13", "transfers_PUT": "pacs.002.001.15",
            "transfers_PATCH": "pacs.002.001.15",
            "transfers_error": "pacs.002.001.15", "quotes_POST": "pacs.081.001.01", "quotes_PUT": "pacs.082.001.01",
            "quotes_error": "pacs.002.001.15", "parties_error": "acmt.024.001.04", "fxquotes_POST": "pacs.091.001.01",
            "fxquotes_PUT": "pacs.092.001.01", "fxquotes_error": "pacs.002.001.15",
            "fxtransfers_POST": "pacs.009.001.12",
            "fxtransfers_PUT": "pacs.002.001.15", "fxtransfers_PATCH": "pacs.002.001.15",
            "fxtransfers_error": "pacs.002.001.15",
        ]
        let allowed: [String: String] = [
            "MJ-022": "the answer to a quote holds its members one level too deep",
            "MJ-028": "the same", "MJ-033": "the same", "MJ-035": "the same",
            "MJ-027": "Name where the schema says Nm",
            "MJ-054": "fulfilments are cut short",
            "MJ-055": "ErrorCode stands for a code",
        ]
        let all = Collection(
            profile: "mojaloop-iso", folder: "mojaloop/mojaloop-docs", names: [], least: 0, allowed: [])
        var broken: [String: [String]] = [:]
        var examined = 0
        for (name, bytes) in Self.files(all) {
            guard let message = messages.first(where: { name.hasPrefix($0.key) })?.value,
                let verdict = try? profile.examine(json: bytes, message: message, asOf: ProfileFiles.day)
            else { continue }
            examined += 1
            for finding in verdict.findings {
                broken[finding.rule, default: []].append("\(name) \(finding.path) \(finding.text)")
            }
        }
        #expect(examined >= 14)
        for (rule, places) in broken where allowed[rule] == nil {
            Issue.record("\(rule): \(places.count) of \(places.prefix(3))")
        }
        #expect(Set(allowed.keys).subtracting(broken.keys) == [])
    }
}
