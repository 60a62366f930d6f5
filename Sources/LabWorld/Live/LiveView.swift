import Foundation
import Synchronization

/// The lab while it stays up: numbers that redraw in place, and a menu of things to try. What is tried is told above
/// the numbers. Where standard output is no terminal, plain lines.
final class LiveView: Sendable {
    private struct State {
        /// Lines that the numbers take on the screen now.
        var drawn = 0
        var numbers = LiveNumbers()
        var told = ""
    }

    let lab: RunningLab
    let menu: [TryOut]
    private let state = Mutex(State())
    private let begun = ContinuousClock.now

    /// Between two plain lines.
    static let lineSeconds = 10

    init(lab: RunningLab, menu: [TryOut]) {
        self.lab = lab
        self.menu = menu
    }

    /// Ends with the key q, Ctrl-C or SIGTERM.
    func run() async {
        let keyboard = Keyboard()
        defer { keyboard.restore() }
        if !Terminal.isOutput { Report.say(plainMenu) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await Interruption.wait() }
            group.addTask { await self.watch() }
            group.addTask { await self.obey(keyboard) }
            // The counter goes on for ever; the other two end when somebody wants it.
            _ = await group.next()
            group.cancelAll()
        }
        if Terminal.isOutput { show([]) }
    }

    private func watch() async {
        let counter = LiveCounter(operators: lab.operators)
        var round = 0
        while !Task.isCancelled {
            let numbers = await counter.round()
            state.withLock { $0.numbers = numbers }
            if Terminal.isOutput { draw() } else if round % Self.lineSeconds == 0 { sayLine(numbers) }
            round += 1
            await pause(milliseconds: 1_000)
        }
    }

    /// A line only where it tells something else than the one before.
    private func sayLine(_ numbers: LiveNumbers) {
        let line = numbers.line
        let isNews = state.withLock { state in
            defer { state.told = line }
            return state.told != line
        }
        if isNews { Report.say(line) }
    }

    private func obey(_ keyboard: Keyboard) async {
        await withDiscardingTaskGroup { group in
            for await key in keyboard.keys {
                if key == "q" {
                    group.cancelAll()
                    return
                }
                guard let item = menu.first(where: { $0.key == key }) else { continue }
                // On a terminal the next key may be pressed while the last one works; a script goes step by step.
                if Terminal.isInput {
                    group.addTask { await self.attempt(item) }
                } else {
                    await attempt(item)
                }
            }
            // A script that has ended leaves the lab up.
            while !Task.isCancelled { await pause(milliseconds: 60_000) }
        }
    }

    private func attempt(_ item: TryOut) async {
        tell("▸ \(item.title)")
        do {
            tell(try await item.run(lab))
        } catch {
            tell("  \(error)")
        }
    }

    /// Text above the numbers.
    private func tell(_ text: String) {
        guard Terminal.isOutput else { return Report.say(text) }
        state.withLock { state in
            Self.write(Self.erasing(state.drawn) + text + "\n")
            state.drawn = 0
        }
        draw()
    }

    private func draw() {
        let size = Terminal.size
        let numbers = state.withLock { $0.numbers }
        show(
            LiveScreen.lines(
                numbers, menu: menu, upSeconds: Report.milliseconds(since: begun) / 1000, moods: lab.misbehaving,
                columns: size.columns, rows: size.rows))
    }

    private func show(_ lines: [String]) {
        state.withLock { state in
            Self.write(Self.erasing(state.drawn) + lines.map { $0 + "\n" }.joined())
            state.drawn = lines.count
        }
    }

    /// Up over what was drawn, and everything below the cursor away.
    private static func erasing(_ lines: Int) -> String { lines > 0 ? "\u{1B}[\(lines)A\r\u{1B}[J" : "" }

    private static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

    private var plainMenu: String {
        "Try, one key a line:\n" + menu.map { "  \($0.key)  \($0.title)" }.joined(separator: "\n")
            + "\n  q  stop everything"
    }
}

extension RunningLab {
    /// Peers that do not behave now, in words.
    var misbehaving: [String] {
        let boards =
            [
                ("hub", hub.moods), ("rail", clearing.moods), ("second rail", secondClearing.moods),
                ("core bank", core.moods), ("screening", screening.moods),
                ("webhook receiver", receiver.moods),
            ]
            + wallets.map { ($0.key, $0.value.moods) }.sorted { $0.0 < $1.0 }
        return boards.flatMap { name, board in board.words.map { "\(name) \($0)" } }
    }
}
