import Synchronization

/// Counts the requests and body bytes that are held at once, and says when there is no room for more. Several servers
/// may share one.
public final class EdgeAdmission: Sendable {
    private struct Held {
        var requests = 0
        var bytes = 0
    }

    private let requestLimit: Int
    private let byteLimit: Int
    private let held = Mutex(Held())

    public init(requests: Int, bodyBytes: Int) {
        requestLimit = requests
        byteLimit = bodyBytes
    }

    /// Requests inside at this moment.
    public var requestsInFlight: Int { held.withLock { $0.requests } }

    func enter() -> Bool {
        held.withLock { held in
            guard held.requests < requestLimit else { return false }
            held.requests += 1
            return true
        }
    }

    func take(bytes: Int) -> Bool {
        held.withLock { held in
            guard bytes <= byteLimit - held.bytes else { return false }
            held.bytes += bytes
            return true
        }
    }

    func leave(bytes: Int) {
        held.withLock { held in
            held.requests -= 1
            held.bytes -= bytes
            precondition(held.requests >= 0 && held.bytes >= 0)
        }
    }
}
