import Payments

/// A question to a neighbour whether it lives.
public struct HeartbeatConfig: Sendable, Equatable {
    public var everyMilliseconds: Int64
    /// After the neighbour's address.
    public var path: String
}

/// Asks every neighbour that has a heartbeat, each at its own pace, until the task is cancelled.
struct Heartbeats: Sendable {
    struct Target: Sendable {
        var name: String
        var heartbeat: HeartbeatConfig
    }

    /// How long an answer is waited for, at most the time between two questions.
    static let patienceMilliseconds: Int64 = 3_000

    let targets: [Target]
    let ask: @Sendable (_ name: String, WireRequest, _ timeoutMilliseconds: Int) async -> Void

    func run() async {
        await withDiscardingTaskGroup { group in
            for target in targets {
                group.addTask {
                    let request = WireRequest(method: "GET", path: target.heartbeat.path)
                    let patience = min(target.heartbeat.everyMilliseconds, Heartbeats.patienceMilliseconds)
                    while !Task.isCancelled {
                        await ask(target.name, request, Int(patience))
                        try? await Task.sleep(for: .milliseconds(target.heartbeat.everyMilliseconds))
                    }
                }
            }
        }
    }
}
