/// How long everybody waits: the world's clocks and the gateway's own, which fit each other.
struct LabClocks: Sendable {
    /// Milliseconds between two scans of the hub for expired transfers.
    let hubScan: Int
    /// Milliseconds in which the rail wants an answer, and in which it expects its final word to be heard.
    let rail: Int
    /// `clock`, `margin` and `lateness` of the gateway's configuration.
    let hubWaits: (clock: String, margin: String, lateness: String)
    let railWaits: (clock: String, margin: String, lateness: String)
    let coreClock: String
    let railMargin: Int
    /// The second rail's, which is quicker.
    let secondRail: Int
    let secondRailWaits: (clock: String, margin: String, lateness: String)
    /// How often peers are asked whether they live.
    let heartbeat: String
    /// What the screening service's silence means: `review`, or `allow` where nobody is there to look.
    var screeningSilence = "review"
    /// Settings of the hub's adapter; none are the adapter's own.
    let hubSettings: [(name: String, milliseconds: Int)]

    /// As on the networks themselves: a rail's ten seconds, a hub that looks for expired transfers every fifteen.
    static let production = LabClocks(
        hubScan: 15_000, rail: 10_000, hubWaits: ("20s", "2s", "20s"), railWaits: ("10s", "1s", "5s"),
        coreClock: "5s", railMargin: 1_000, secondRail: 7_000, secondRailWaits: ("7s", "1s", "5s"), heartbeat: "5s",
        hubSettings: [])

    /// For a round of all scenarios: a run shows in seconds what takes a production network half a minute.
    static let short = LabClocks(
        hubScan: 250, rail: 5_000, hubWaits: ("4s", "500ms", "1s"), railWaits: ("5s", "500ms", "1s"), coreClock: "2s",
        railMargin: 1_000, secondRail: 4_000, secondRailWaits: ("4s", "500ms", "1s"), heartbeat: "500ms",
        hubSettings: [
            ("quoteMilliseconds", 6_000), ("transferMilliseconds", 2_500), ("marginMilliseconds", 500),
            ("minimumMilliseconds", 500), ("patchMilliseconds", 1_500),
        ])

    /// As the short ones, and a screening service that is too slow under load holds nobody up.
    static let soak = {
        var clocks = short
        clocks.screeningSilence = "allow"
        return clocks
    }()
}
