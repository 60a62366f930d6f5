import FormatJSON

/// The first payments over each path, and what to try next.
struct Tour {
    let lab: RunningLab

    func show() async -> Bool { true }
}
