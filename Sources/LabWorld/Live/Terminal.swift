import Foundation

/// The terminal that the lab was started on, where there is one.
enum Terminal {
    static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether keys can be read one by one: a terminal, and this process in its foreground.
    static var isInput: Bool { isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp() }

    /// Columns and rows; 100 by 40 where nobody says.
    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (100, 40)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}

/// Keys as they are pressed on a terminal; elsewhere the first letter of each line.
final class Keyboard: Sendable {
    let keys: AsyncStream<Character>
    private let before: termios?

    init() {
        let (stream, heard) = AsyncStream<Character>.makeStream(bufferingPolicy: .bufferingNewest(256))
        keys = stream
        let isTerminal = Terminal.isInput
        // Reading in the background of a terminal would stop the process.
        guard isTerminal || isatty(STDIN_FILENO) == 0 else {
            before = nil
            heard.finish()
            return
        }
        var mode = termios()
        if isTerminal, tcgetattr(STDIN_FILENO, &mode) == 0 {
            before = mode
            mode.c_lflag &= ~tcflag_t(ICANON | ECHO)
            tcsetattr(STDIN_FILENO, TCSANOW, &mode)
        } else {
            before = nil
        }
        Thread.detachNewThread {
            var byte: UInt8 = 0
            var isLineStart = true
            // Blocks until a key is pressed or the input has ended.
            while read(STDIN_FILENO, &byte, 1) == 1 {
                let key = Character(Unicode.Scalar(byte))
                if isTerminal || (isLineStart && !key.isNewline) { heard.yield(key) }
                isLineStart = key.isNewline
            }
            heard.finish()
        }
    }

    /// Gives the terminal back as it was.
    func restore() {
        guard var before else { return }
        tcsetattr(STDIN_FILENO, TCSANOW, &before)
    }
}
