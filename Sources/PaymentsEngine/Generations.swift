/// What was touched last. Whatever is set is of the younger generation; when they age, the elder is forgotten and the
/// younger takes its place. What is busy stays, and nothing has to be searched for what is not.
struct Generations<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    var count: Int { young.count + old.count }
    var youngCount: Int { young.count }

    subscript(key: Key) -> Value? {
        get { young[key] ?? old[key] }
        set {
            if !old.isEmpty { old[key] = nil }
            young[key] = newValue
        }
    }

    mutating func age() {
        old = young
        young = [:]
    }
}
