public import FormatXML
import Payments

/// Holds what a parser gives it against a profile, in one pass: alone over a file, or beside another sink in the same
/// reading (`RuledFields`). Headers and messages are found by their namespaces at any depth under any wrapper, one
/// after the other; of each only what its rules need is kept.
public struct ProfileReader: XMLSink, ~Copyable {
    /// How the parts of a document are found.
    private enum Part {
        /// Between the parts.
        case outside
        /// In a `Document`; its child is the message.
        case document
        case header, message
    }

    private let profile: Profile
    private let day: CivilDate
    private let segment: Int
    private var header: ProfileRun?
    private var message: ProfileRun?
    private var part = Part.outside
    /// Open elements of the document, and how many of them are around the part.
    private var depth = 0
    private var partDepth = 0
    /// Of the message that a reader was made for.
    private let definition: String
    /// The namespace asked about last, and its program; within a reading equal ones have equal addresses.
    private var namespace: UnsafePointer<UInt8>?
    private var program: ProfileProgram?
    private var findings: [ProfileFinding] = []
    private var omitted = 0
    private var messages: [String] = []

    /// - Parameter definition: Of one message without envelope or namespace.
    init(_ profile: Profile, _ day: CivilDate, definition: String = "") {
        self.profile = profile
        self.day = day
        self.definition = definition
        segment = profile.segment(day)
    }

    // MARK: Parts

    private mutating func begin(_ program: ProfileProgram, at mark: FieldReader.Mark) {
        var run = ProfileRun(program, today: day)
        if program.isHeader {
            run.begin(at: mark)
            header = consume run
            part = .header
            return
        }
        let hasHeader = header != nil
        if let before = header.take() {
            run.take(before)
            header = consume before
        }
        run.begin(at: mark)
        if !hasHeader { for rule in program.headed { run.tell(rule, mark) } }
        message = consume run
        part = .message
        if messages.count < ProfileLimits.messages { messages.append(program.definition) }
    }

    private mutating func endPart() {
        if part == .header, var run = header.take() {
            run.finish()
            gather(run.program, run.findings)
            header = consume run
        } else if var run = message.take() {
            run.finish()
            gather(run.program, run.findings)
            // The next message has a header of its own, or none.
            header = nil
        }
        part = .outside
    }

    private mutating func gather(_ program: ProfileProgram, _ found: ProfileFindings) {
        omitted += found.omitted
        guard !found.found.isEmpty else { return }
        let prefix = program.isHeader ? "AppHdr" : ""
        for found in found.found {
            guard findings.count < ProfileLimits.findings else {
                omitted += 1
                continue
            }
            let rule = profile.rules[Int(found.rule)]
            let path = prefix.isEmpty ? found.path : found.path.isEmpty ? prefix : "\(prefix)/\(found.path)"
            findings.append(
                ProfileFinding(
                    profile: profile.name, rule: rule.id, severity: rule.severity, message: program.definition,
                    path: path, line: Int(found.mark.first), column: Int(found.mark.second), text: found.text,
                    says: rule.says, mend: rule.mend, source: rule.source))
        }
    }

    /// What was found, once the document has ended.
    public mutating func finish() -> ProfileVerdict {
        if part == .message || part == .header { endPart() }
        guard findings.count > 1 else {
            return ProfileVerdict(findings: findings, omitted: omitted, messages: messages)
        }
        let sorted = findings.enumerated().sorted { left, right in
            (left.element.line, left.element.column, left.offset)
                < (right.element.line, right.element.column, right.offset)
        }
        return ProfileVerdict(findings: sorted.map(\.element), omitted: omitted, messages: messages)
    }

    // MARK: The events of a part, for front ends

    @inline(__always)
    mutating func open(_ name: UnsafeBufferPointer<UInt8>, at mark: FieldReader.Mark) {
        if part == .header { header?.start(name, at: mark) } else { message?.start(name, at: mark) }
    }

    @inline(__always)
    mutating func say(_ text: UnsafeBufferPointer<UInt8>) {
        if part == .header { header?.text(text) } else { message?.text(text) }
    }

    @inline(__always)
    mutating func close() {
        if part == .header { header?.end() } else { message?.end() }
    }

    /// Begins the message that the reader was made for.
    mutating func beginKnown(at mark: FieldReader.Mark) {
        begin(profile.program(definition, day, segment), at: mark)
    }

    // MARK: XML

    @inline(__always)
    public mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        let mark = FieldReader.Mark(position.line, position.column)
        depth += 1
        switch part {
        case .header, .message:
            open(name.local, at: mark)
            if attributes.count > 0, message?.wantsCurrency == true, let code = attributes.value("Ccy") {
                message?.currency(code)
            }
        case .document:
            if let program { begin(program, at: mark) }
            partDepth = depth
        case .outside: look(name, mark)
        }
        return .next
    }

    /// Decides whether an element between the parts begins one.
    private mutating func look(_ name: XMLName, _ mark: FieldReader.Mark) {
        if name.namespace.baseAddress != namespace {
            namespace = name.namespace.baseAddress
            program = profile.program(namespace: name.namespace, day, segment)
        }
        guard let program else { return }
        if name.isLocal("Document") {
            part = .document
            partDepth = depth
        } else if name.isLocal("AppHdr") || !program.isHeader {
            begin(program, at: mark)
            partDepth = depth
        } else {
            // A network gave the header an outer name of its own: this is the first element within.
            begin(program, at: mark)
            partDepth = depth - 1
            open(name.local, at: mark)
        }
    }

    @inline(__always)
    public mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        if part == .header || part == .message { say(bytes) }
        return .next
    }

    @inline(__always)
    public mutating func end(_ name: XMLName) -> XMLFlow {
        switch part {
        case .header, .message:
            if depth == partDepth { endPart() } else { close() }
        case .document: part = .outside
        case .outside: break
        }
        depth -= 1
        return .next
    }

    public static func events(_ sink: UnsafeMutablePointer<ProfileReader>) -> XMLEvents { Events(sink) }

    private final class Events: XMLEvents {
        /// The reader's caller keeps the sink alive and untouched until the parser has returned.
        private let sink: UnsafeMutablePointer<ProfileReader>

        init(_ sink: UnsafeMutablePointer<ProfileReader>) { self.sink = sink }

        override func start(_ name: XMLName, _ attributes: XMLAttributes, _ position: XMLPosition) -> XMLFlow {
            sink.pointee.start(name, attributes: attributes, at: position)
        }

        override func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow { sink.pointee.text(bytes) }
        override func end(_ name: XMLName) -> XMLFlow { sink.pointee.end(name) }
    }
}
