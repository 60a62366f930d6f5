import FormatXML
import Foundation
import Mapping
import Payments
import SchemeISO20022

/// Files that are larger than what is held in memory: a year's statement, a company's million transfers. One pass, from
/// the first byte to the last, in some tens of megabytes.
extension MessageChecker {
    func check(_ large: MessageStream, _ file: MessageFile) -> CheckedFile {
        guard large.form == .xml || file.name.lowercased().hasSuffix(".xml") else {
            let says = "The file has more than \(MessageChecker.limits.documentBytes) bytes, and is no XML."
            let finding = CheckFinding(
                layer: .wire, rule: "documentTooLarge", path: "", line: 1, column: 1, says: says,
                mend: Mends.wire("documentTooLarge", says: says))
            return CheckedFile(name: file.name, parts: [CheckedPart(path: "/", definition: "", findings: [finding])])
        }
        var progress = StreamProgress(name: file.name, size: large.size, isShown: showsProgress)
        let stream = large.stream { progress.note($0) }
        var sink = StreamedRails(rails)
        let examined = examiner.examine(
            stream, through: depth.examined, limits: MessageChecker.limits, into: &sink)
        progress.clear()
        var parts = examined.map(part)
        if depth == .business {
            for index in parts.indices where parts[index].isMessage && parts[index].verdict == .ok {
                parts[index].unsupported =
                    "the gateway's own rules are asked of messages up to \(MessageChecker.limits.documentBytes) bytes"
            }
        }
        if !parts.contains(where: { $0.findings.contains { $0.layer == .wire } }) { sink.judge(&parts) }
        return CheckedFile(name: file.name, parts: parts)
    }
}

/// Gives a stream to the readers of several rails. Each finds headers and messages by itself.
private struct StreamedRails: XMLSink {
    /// A reader cannot be copied, and so stands in no array.
    private final class Box {
        let profile: Profile
        var reader: ProfileReader

        init(_ profile: Profile, _ day: CivilDate) {
            self.profile = profile
            reader = profile.reader(asOf: day)
        }
    }

    private let rails: Rails?
    private let boxes: [Box]

    init(_ rails: Rails?) {
        self.rails = rails
        boxes =
            rails.map { rails in
                rails.profiles.filter { $0.format == .xml }.map { Box($0, rails.day) }
            } ?? []
    }

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        for box in boxes { _ = box.reader.start(name, attributes: attributes, at: position) }
        return .next
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        for box in boxes { _ = box.reader.text(bytes) }
        return .next
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        for box in boxes { _ = box.reader.end(name) }
        return .next
    }

    /// Adds what the rails say to the last message of the file.
    func judge(_ parts: inout [CheckedPart]) {
        guard let rails, let last = parts.lastIndex(where: \.isMessage) else { return }
        let messages = Set(parts.filter(\.isMessage).map(\.definition))
        let asked = boxes.filter { box in
            !rails.isAuto || box.profile.messages(asOf: rails.day).contains { messages.contains($0) }
        }
        let opinions = asked.map { box in
            RailOpinion(profile: box.profile.name, findings: [last: Rails.findings(box.reader.finish())])
        }
        rails.tell(opinions, &parts)
    }
}

/// How far the reading of one large file is, on a terminal alone.
struct StreamProgress {
    private let name: String
    private let size: Int?
    private let isShown: Bool
    private var last = ContinuousClock.now
    private var isWritten = false

    private static let pause = Duration.milliseconds(200)

    init(name: String, size: Int?, isShown: Bool) {
        self.name = name
        self.size = size
        self.isShown = isShown
    }

    mutating func note(_ bytes: Int) {
        guard isShown, last.duration(to: .now) >= StreamProgress.pause else { return }
        last = .now
        isWritten = true
        let whole = size.map { " of \($0 / 1_000_000)" } ?? ""
        write("\r\(name): \(bytes / 1_000_000)\(whole) MB")
    }

    mutating func clear() {
        guard isWritten else { return }
        isWritten = false
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
