import NIOCore

/// The threads that read and write all sockets of the process.
public enum EdgeLoops {
    /// - Parameter count: how many there are; to be said before the first server or client is made. What they do is
    ///   little beside what the requests cost: a thread more than is needed sleeps between two requests, and to wake it
    ///   costs more than it does.
    public static func use(_ count: Int) { NIOSingletons.groupLoopCountSuggestion = max(1, count) }
}
