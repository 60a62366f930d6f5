import FormatJSON
import Foundation
import Payments
import StoreSQLite

/// All that a gateway did for one payment, as a program without any thought can repeat it: what crossed, what was
/// appended, and in which order.
struct Script: Codable, Sendable {
    enum Move: Codable, Sendable {
        /// A request arrives.
        case hear(Int)
        /// It is answered.
        case answer(Int)
        /// A request leaves, and its answer is awaited.
        case call(Int)
        /// Rows become durable.
        case append(Int)
    }

    struct Event: Codable, Sendable {
        var kind: String
        var body: [UInt8]
    }

    struct Request: Codable, Sendable {
        var number: Int
        var step: Int
        var peer: String
        var isReply: Bool
        var message: String
        var wire: [UInt8]
    }

    struct Archived: Codable, Sendable {
        var isSent: Bool
        var peer: String
        var message: String
        var bytes: [UInt8]
    }

    struct Key: Codable, Sendable {
        var scope: String
        var key: String
    }

    /// One append of one of the payments.
    struct Rows: Codable, Sendable {
        var payment: Int
        var at: Int64
        var expected: Int
        var events: [Event] = []
        var requests: [Request] = []
        var closed: [Int] = []
        var archived: [Archived] = []
        var keys: [Key] = []
        var bookings = 0
        var isLast = false
    }

    var name: String
    var tenant: String
    var crossings: [Crossing]
    var appends: [Rows]
    var moves: [Move]

    /// The request that begins it all.
    var opening: Int { crossings.firstIndex { $0.isInward } ?? 0 }
    var inward: Int { crossings.count { $0.isInward } }
    var bytes: Int { crossings.reduce(0) { $0 + $1.bytes } }
    var rows: Int {
        appends.reduce(0) {
            $0 + $1.events.count + $1.requests.count + $1.archived.count + $1.keys.count + $1.bookings * 2 + 2
        }
    }

    var line: String {
        "\(name): \(crossings.count) exchanges of \(bytes) B with the far sides, \(appends.count) appends of "
            + "\(appends.reduce(0) { $0 + $1.events.count }) events and \(rows) rows for one payment"
    }

    /// Merges what crossed with what the journal holds, by time.
    init(name: String, tenant: String, crossings: [Crossing], appends: [Rows]) {
        self.name = name
        self.tenant = tenant
        self.crossings = crossings
        self.appends = appends.sorted { $0.at < $1.at }
        var timed: [(at: Int64, move: Move)] = []
        for (index, crossing) in crossings.enumerated() {
            timed.append((crossing.begun, crossing.isInward ? .hear(index) : .call(index)))
            if crossing.isInward { timed.append((crossing.ended, .answer(index))) }
        }
        for (index, rows) in self.appends.enumerated() { timed.append((rows.at, .append(index))) }
        moves = timed.sorted { $0.at < $1.at }.map(\.move)
    }

    /// For each crossing, the requests that the far side sends after it.
    var followers: [Int: [Int]] {
        var result: [Int: [Int]] = [:]
        var last = opening
        for move in moves {
            switch move {
            case .call(let index), .answer(let index): last = index
            case .hear(let index) where index != opening: result[last, default: []].append(index)
            case .hear, .append: break
            }
        }
        return result
    }
}

extension Script.Rows {
    /// Reads the rows of the payments that a gateway, which no longer runs, journalled in a time (nanoseconds).
    static func read(folder: String, tenant: String, time: ClosedRange<Int64>) async throws -> [Script.Rows] {
        let store = try await SQLiteStore.openReadOnly(folder: folder, tenants: [tenant])
        let views = try await store.list(PaymentQuery(tenant: tenant, limit: 100))
        let fresh = views.filter { time.contains($0.receivedAt.nanoseconds) }.sorted { $0.id < $1.id }
        var result: [Script.Rows] = []
        for (number, view) in fresh.enumerated() {
            let keys = try BareStore.read(
                "\(folder)/journal.sqlite", "SELECT time, scope, key FROM keys WHERE payment = ?1",
                BareStore.bytes(of: view.id))
            result += group(
                number, try await store.events(of: view.id, after: 0), try await store.exchanges(of: view.id),
                try await store.messages(of: view.id), keys)
        }
        await store.close()
        guard !result.isEmpty else { throw MeasureFailure("the journal holds nothing of the recorded payment") }
        return result
    }

    /// Rows of one moment were one append.
    private static func group(
        _ payment: Int, _ events: [StoredEvent], _ exchanges: [Exchange], _ messages: [ArchivedMessage],
        _ keys: [[String]]
    ) -> [Script.Rows] {
        let times = Set(events.map(\.time.nanoseconds)).sorted()
        var appends = times.map { Script.Rows(payment: payment, at: $0, expected: 0) }
        let place = { (time: Int64) in times.firstIndex { $0 >= time } ?? times.count - 1 }
        for event in events {
            let index = place(event.time.nanoseconds)
            appends[index].events.append(Script.Event(kind: event.kind, body: event.body))
            if event.kind == "booked" { appends[index].bookings += 1 }
        }
        // Each request or reply is archived in the append that made it, in the order of their numbers.
        var requests = exchanges.sorted { $0.number < $1.number }[...]
        for message in messages {
            let index = place(message.time.nanoseconds)
            appends[index].archived.append(
                Script.Archived(
                    isSent: message.direction == .sent, peer: message.peer, message: message.message,
                    bytes: message.bytes))
            guard message.direction == .sent, let request = requests.popFirst() else { continue }
            appends[index].requests.append(
                Script.Request(
                    number: request.number, step: request.step, peer: request.peer, isReply: request.form == .reply,
                    message: request.message, wire: request.wire))
            appends[request.form == .reply ? index : min(index + 1, times.count - 1)].closed.append(request.number)
        }
        for key in keys {
            appends[place(Int64(key[0]) ?? 0)].keys.append(Script.Key(scope: key[1], key: key[2]))
        }
        var known = 0
        for index in appends.indices {
            appends[index].expected = known
            known += appends[index].events.count
        }
        appends[appends.count - 1].isLast = true
        return appends
    }
}

extension Script.Rows {
    /// The same rows for another payment.
    func append(to payment: PaymentID, number: Int, tenant: String, amount: Money, at now: Instant) -> Append {
        var view = PaymentView(
            id: payment, tenant: tenant, sequence: expected + events.count, kind: "transfer", origin: "iso:rtp1",
            stage: isLast ? "settled" : "under way", receivedAt: now, changedAt: now)
        view.network = "iso:rtp1"
        view.outcome = isLast ? "settled" : nil
        view.amount = amount
        view.endToEnd = "E2E-\(number)"
        view.debtor = "DE02120300000000202051"
        view.creditor = "DE89370400440532013000"
        var append = Append(payment: payment, tenant: tenant, expected: expected, view: view)
        append.events = events.enumerated().map { index, event in
            StoredEvent(sequence: expected + index + 1, time: now, kind: event.kind, body: event.body)
        }
        append.exchanges = requests.map { request in
            Exchange(
                number: request.number, step: request.step, purpose: .ask, peer: request.peer,
                form: request.isReply ? .reply : .request, message: request.message, wire: request.wire,
                deadline: now.adding(milliseconds: 10_000), isRepeatable: true)
        }
        append.closed = closed
        append.messages = archived.map { message in
            ArchivedMessage(
                direction: message.isSent ? .sent : .received, peer: message.peer, message: message.message, time: now,
                bytes: message.bytes)
        }
        append.keys = keys.map { Correlation($0.scope, "\($0.key).\(number)") }
        append.contentHash = keys.isEmpty ? "" : "0123456789abcdef0123456789abcdef"
        append.bookings = (0..<bookings).map { _ in
            .move("moved", amount, from: .transit, "iso:rtp1", to: .position, "iso:rtp1")
        }
        append.wake = isLast ? nil : now.adding(milliseconds: 5_000)
        return append
    }
}
