import FormatXML
import FoundationEssentials
import Mapping
import Payments

/// The profiles of the repository and the messages that are held against them.
enum ProfileFiles {
    static let profiles: ProfileTables = {
        do {
            return try ProfileTables(files: MappingFiles.all, schemas: MappingFiles.schemas)
        } catch {
            fatalError("\(error)")
        }
    }()

    static let names = ["cbpr-plus", "fednow", "generic-ips", "mojaloop-iso", "sepa-inst", "tch-rtp"]

    static let day = CivilDate("2026-03-02")!

    /// One row of `conformance/vectors/profiles/manifest.tsv`.
    struct Vector: Sendable, CustomStringConvertible {
        let file: String
        let profile: String
        let message: String
        let verdict: String
        /// Nil for a message that breaks nothing.
        let rule: String?
        let day: CivilDate

        var description: String { file }
        var bytes: [UInt8] { ProfileFiles.read(file) }
    }

    static let folder = MappingFiles.root.appending(path: "conformance/vectors/profiles")

    static let vectors: [Vector] = {
        let lines = String(decoding: read("manifest.tsv"), as: UTF8.self).split(separator: "\n").dropFirst()
        return lines.compactMap { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard cells.count == 8, let day = CivilDate(cells[6]) else { return nil }
            return Vector(
                file: cells[0], profile: cells[1], message: cells[2], verdict: cells[4],
                rule: cells[5] == "-" ? nil : cells[5], day: day)
        }
    }()

    static func read(_ name: String) -> [UInt8] {
        (try? Data(contentsOf: folder.appending(path: name))).map { Array($0) } ?? []
    }

    static func examine(_ vector: Vector) throws -> ProfileVerdict {
        guard let profile = profiles[vector.profile] else { fatalError("no \(vector.profile)") }
        return profile.format == .json
            ? try profile.examine(json: vector.bytes, message: vector.message, asOf: vector.day)
            : try profile.examine(xml: vector.bytes, asOf: vector.day)
    }

    // MARK: Tables of a test's own

    static let header = "rule\tmessage\tpath\tcheck\twhen\tseverity\tsince\tsource\tsays\tmend\n"

    /// The files of one profile, `own`, from rows of rule, message, path, check, when, severity and since.
    static func files(_ rows: [String], format: String = "xml") -> [TableFile] {
        let lines = rows.map { row in
            var cells = row.split(separator: ";", omittingEmptySubsequences: false).map {
                $0.split(separator: " ").joined(separator: " ")
            }
            let defaults = ["", "", "", "", "-", "refuse", "-"]
            while cells.count < 7 { cells.append(defaults[cells.count]) }
            return cells.joined(separator: "\t") + "\ta test\tit is wrong\tmend it"
        }
        return [
            TableFile(name: "profiles/profiles.tsv", text: "profile\tformat\tsays\nown\t\(format)\tA test's own\n"),
            TableFile(name: "profiles/own.tsv", text: header + lines.joined(separator: "\n")),
            TableFile(name: "codesets/countries.tsv", text: "country\tiban\tsays\nDE\t22\t-\nFR\t27\t-\nUS\t-\t-\n"),
            TableFile(
                name: "codesets/own.tsv", text: "set\tcode\nColours\tRED\nColours\tGREENISH\nColours\tGREENISHBLUE\n"),
        ]
    }

    static let noSchemas = XMLSchemaFolder(files: [:])

    static func own(_ rows: [String], format: String = "xml") throws -> Profile {
        let version = ["V; test.001; .; version test.001.001.01"]
        return try ProfileTables(files: files(version + rows, format: format), schemas: noSchemas)["own"]!
    }

    /// A message of the test's own definition.
    static func message(_ body: String) -> [UInt8] {
        Array(#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:test.001.001.01"><Msg>\#(body)</Msg></Document>"#.utf8)
    }
}
