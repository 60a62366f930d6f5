public import FormatJSON
public import Payments

extension Profile {
    /// Holds a JSON message of a known definition against the rules. Throws for one that is not well-formed.
    public func examine(
        json bytes: [UInt8], message: String, asOf day: CivilDate, limits: JSONLimits = .standard
    ) throws(JSONError) -> ProfileVerdict {
        var sink = ProfileJSON(reader(for: message, asOf: day))
        let source = JSONReader(bytes, limits: limits)
        try source.read(into: &sink)
        return sink.finish().placed(in: source)
    }
}

extension ProfileVerdict {
    /// With lines and columns, of offsets in a text.
    fileprivate func placed(in source: JSONReader) -> ProfileVerdict {
        let findings = findings.map { finding in
            let place = source.place(of: finding.line)
            return ProfileFinding(
                profile: finding.profile, rule: finding.rule, severity: finding.severity, message: finding.message,
                path: finding.path, line: place.line, column: place.column, text: finding.text, says: finding.says,
                mend: finding.mend, source: finding.source)
        }
        return ProfileVerdict(findings: findings, omitted: omitted, messages: messages)
    }
}

/// The front end of a `ProfileReader` for JSON: a member is an element, an array as many of its name as it has
/// elements. Marks are offsets until the end.
struct ProfileJSON: JSONSink, ~Copyable {
    private var reader: ProfileReader
    /// By open container: whether it is an array, and where the name of its elements begins in `names`.
    private var containers: [(isArray: Bool, name: Int)] = []
    /// Names of members whose values are open.
    private var names: [UInt8] = []
    private var name = 0

    init(_ reader: consuming ProfileReader) {
        self.reader = reader
        containers.reserveCapacity(8)
    }

    mutating func finish() -> ProfileVerdict { reader.finish() }

    mutating func key(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
        name = names.count
        names.append(contentsOf: text)
        return .next
    }

    /// Opens the member or element whose value begins; false for the document's own.
    private mutating func open(_ offset: Int) -> Bool {
        guard let last = containers.last else {
            reader.beginKnown(at: FieldReader.Mark(offset))
            return false
        }
        let start = last.isArray ? last.name : name
        names.withUnsafeBufferPointer { names in
            reader.open(UnsafeBufferPointer(rebasing: names[start...]), at: FieldReader.Mark(offset))
        }
        return true
    }

    /// A value has ended: its member's name is done with, that of an array's elements stays until the array ends.
    private mutating func ended() {
        guard let last = containers.last, !last.isArray else { return }
        names.removeLast(names.count - name)
    }

    mutating func beginObject(at offset: Int) -> JSONFlow {
        _ = open(offset)
        containers.append((false, name))
        return .next
    }

    mutating func endObject(at offset: Int) -> JSONFlow {
        guard let last = containers.popLast() else { return .next }
        name = last.name
        if !containers.isEmpty { reader.close() }
        ended()
        return .next
    }

    mutating func beginArray(at offset: Int) -> JSONFlow {
        // An array within an array: its elements are further ones of the outer.
        containers.append((true, containers.last?.isArray == true ? containers[containers.count - 1].name : name))
        return .next
    }

    mutating func endArray(at offset: Int) -> JSONFlow {
        guard let last = containers.popLast() else { return .next }
        name = last.name
        ended()
        return .next
    }

    mutating func string(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow { scalar(text, offset) }
    mutating func number(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow { scalar(text, offset) }

    mutating func bool(_ value: Bool, at offset: Int) -> JSONFlow {
        let text: StaticString = value ? "true" : "false"
        return text.withUTF8Buffer { scalar($0, offset) }
    }

    mutating func null(at offset: Int) -> JSONFlow {
        // What is null is not there.
        ended()
        return .next
    }

    private mutating func scalar(_ text: UnsafeBufferPointer<UInt8>, _ offset: Int) -> JSONFlow {
        guard open(offset) else { return .next }
        reader.say(text)
        reader.close()
        ended()
        return .next
    }
}
