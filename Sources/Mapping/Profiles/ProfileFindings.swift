import Payments

/// What a reading has found, before it is told in words: numbers and the little text that was wrong.
struct ProfileFindings {
    struct Found {
        /// Among the rules of the profile.
        let rule: Int32
        let mark: FieldReader.Mark
        let path: String
        let text: String
    }

    private(set) var found: [Found] = []
    private(set) var omitted = 0

    /// Whether another finding would be kept; its words are not made for nothing.
    var hasRoom: Bool { found.count < ProfileLimits.findings }

    mutating func add(_ finding: Found) { found.append(finding) }

    mutating func omit() { omitted += 1 }
}

extension ProfileRun {
    /// Tells that the open element breaks a rule.
    mutating func tell(
        _ rule: Int32, _ mark: Mark, _ text: UnsafeBufferPointer<UInt8> = UnsafeBufferPointer(start: nil, count: 0)
    ) {
        guard findings.hasRoom else { return findings.omit() }
        let path = path()
        findings.add(.init(rule: program.rules[Int(rule)].number, mark: mark, path: path, text: Self.shown(text)))
    }

    /// Tells that something is missing or wrong below the element of a scope.
    mutating func tell(_ rule: Int32, _ mark: Mark, below path: String, of scope: Int, text: String = "") {
        guard findings.hasRoom else { return findings.omit() }
        let depth = Int(open[scope].depth)
        let outer = self.path(to: depth)
        findings.add(
            .init(
                rule: program.rules[Int(rule)].number, mark: mark,
                path: path.isEmpty ? outer : outer.isEmpty ? path : "\(outer)/\(path)", text: text))
    }

    /// Tells that a text that was kept breaks a rule.
    mutating func tell(_ rule: Int32, _ kept: Kept) {
        guard findings.hasRoom else { return findings.omit() }
        let path = path(kept)
        let text = kept.count > 0 ? withText(kept) { Self.shown($0) } : ""
        findings.add(.init(rule: program.rules[Int(rule)].number, mark: kept.mark, path: path, text: text))
    }

    private static func shown(_ text: UnsafeBufferPointer<UInt8>) -> String {
        // Four bytes a character at most, and no more than are shown.
        let beginning = String(decoding: text.prefix(ProfileLimits.shownCharacters * 4), as: UTF8.self)
        return String(beginning.prefix(ProfileLimits.shownCharacters))
    }

    /// The path of the open element, or of one around it.
    private func path(to depth: Int? = nil) -> String {
        let depth = depth ?? frames.count
        guard depth > 0 else { return "" }
        var steps: [String] = []
        for place in 1...depth {
            let frame = place < frames.count ? frames[place] : top
            var name = frame.name == 0 ? stranger(place) : program.names.text(frame.name)
            if frame.number > 1 { name += "[\(frame.number)]" }
            steps.append(name)
        }
        return steps.joined(separator: "/")
    }

    private func stranger(_ place: Int) -> String {
        let frame = place < frames.count ? frames[place] : top
        let next = place + 1 < frames.count ? frames[place + 1] : place + 1 == frames.count ? top : nil
        let end = next.map { Int($0.stranger) } ?? strangers.count
        return String(decoding: strangers[Int(frame.stranger)..<max(Int(frame.stranger), end)], as: UTF8.self)
    }

    /// The path of a text that was kept.
    func path(_ kept: Kept) -> String {
        if kept.trailCount == 0, let known = headerPaths.first(where: { slots[Int($0.0)].start == kept.start }) {
            return "AppHdr/" + known.1
        }
        return trails[Int(kept.trail)..<Int(kept.trail + kept.trailCount)].map { step in
            let name = program.names.text(UInt16(truncatingIfNeeded: step >> 32))
            let number = UInt32(truncatingIfNeeded: step)
            return number > 1 ? "\(name)[\(number)]" : name
        }.joined(separator: "/")
    }
}
