import Synchronization

/// Random numbers from a seed (SplitMix64), for everything that a run decides by chance.
final class Dice: Sendable {
    let seed: UInt64
    private let state: Mutex<UInt64>

    init(seed: UInt64) {
        self.seed = seed
        state = Mutex(seed)
    }

    func number(_ range: ClosedRange<Int>) -> Int {
        let value = state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        return range.lowerBound + Int(value % UInt64(range.count))
    }

    func one<Element>(of list: [Element]) -> Element { list[number(0...list.count - 1)] }

    /// 0.01 to 5.00.
    func smallAmount() -> LabAmount { LabAmount(units: Int128(number(1...500)) * 1_000) }
}
