import FormatJSON
import Foundation
import Synchronization

/// A socket that takes connections and says nothing.
final class Listener: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        (descriptor, port) = try Listener.open()
    }

    deinit { close(descriptor) }

    /// A listening socket on loopback and its port.
    static func open() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(descriptor, raw, size) | listen(descriptor, 64) | getsockname(descriptor, raw, &size)
            }
        }
        guard result == 0 else { throw POSIXError(.EADDRINUSE) }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }
}

/// `interlock serve` as its own process.
final class RunningGateway: Sendable {
    struct Ready: Sendable {
        var scheme: Int
        var channel: Int
        /// The operators' listener; nil when none is configured.
        var operators: Int?
    }

    private struct State {
        var output = ""
        var errors = ""
        var code: Int32?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    struct Ended: Error {
        var errors: String
    }

    private let state = Mutex(State())
    private let identifier: Int32

    init(_ config: String) throws {
        let process = Process()
        process.executableURL = Program.folder.appendingPathComponent("interlock")
        process.arguments = ["serve", "--insecure-loopback", "--config", config]
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        identifier = process.processIdentifier
        let ends = [(output, true), (errors, false)]
        for (pipe, isOutput) in ends {
            Thread.detachNewThread { [self] in
                while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
                    let text = String(decoding: data, as: UTF8.self)
                    change { state in
                        if isOutput { state.output += text } else { state.errors += text }
                    }
                }
                guard !isOutput else { return }
                process.waitUntilExit()
                change { $0.code = process.terminationStatus }
            }
        }
    }

    var output: String { state.withLock { $0.output } }
    var errors: String { state.withLock { $0.errors } }

    private func change(_ body: (inout State) -> Void) {
        let waiting = state.withLock { state in
            body(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until the process said enough; throws when it ended before.
    private func wait(_ holds: (State) -> Bool) async throws {
        while true {
            let (isThere, hasEnded) = state.withLock { (holds($0), $0.code != nil) }
            if isThere { return }
            if hasEnded { throw Ended(errors: errors) }
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> Bool in
                    if holds(state) || state.code != nil { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if now { continuation.resume() }
            }
        }
    }

    func ready() async throws -> Ready {
        try await wait { $0.output.contains("\n") }
        let json = try JSONValue.parse(output.trimmingCharacters(in: .newlines))
        func port(_ name: String) -> Int { json[name]?.string?.split(separator: ":").last.flatMap { Int($0) } ?? 0 }
        let operators = json["operators"] == nil ? nil : port("operators")
        return Ready(scheme: port("scheme"), channel: port("channel"), operators: operators)
    }

    func log(_ holds: (String) -> Bool) async throws { try await wait { holds($0.errors) } }

    func signal(_ number: Int32) { kill(identifier, number) }

    /// The exit status.
    func end() async -> Int32 {
        try? await wait { $0.code != nil }
        return state.withLock { $0.code } ?? -1
    }

    // MARK: what is set up and asked

    static func configuration(
        _ scratch: Scratch, hub: Int, drain: String, scheme: Int = 0, folder: String = "state"
    ) throws -> String {
        try scratch.write(
            "routes.csv",
            try String(
                contentsOf: Program.root.appendingPathComponent("mappings/routes/example.csv"),
                encoding: .utf8))
        try scratch.write("secret", "a secret of the bank, long enough")
        let network = """
              - name: mojaloop:hub1
                adapter: fspiop
                address: http://127.0.0.1:\(hub)
                clock: 30s
                peers: [{certificate: hub, sources: ["*"]}]
                tenants: {bank-a: {fspId: bank-a, ilpSecret: {file: secret}}}
              - name: iso:rtp1
                adapter: iso20022
                address: http://127.0.0.1:9
                peers: [{certificate: clearing, sources: ["*"]}]
                tenants: {bank-a: {bic: BANKAKE1, clearingBic: RTPCLRXX}}
            """
        return try scratch.write(
            "interlock.yaml",
            """
            node: test
            folder: \(folder)
            routes: routes.csv
            drain: \(drain)
            scheme: {host: 127.0.0.1, port: \(scheme)}
            channel: {host: 127.0.0.1, port: 0}
            tenants:
              - name: bank-a
                coreBank: fineract:bank-a
                apiKeys:
                  # of the key "test"
                  - {name: app, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}
            networks:
            \(network)
            coreBanks:
              - name: fineract:bank-a
                adapter: fineract
                address: http://127.0.0.1:9/fineract-provider/api/v1
                tenants: {bank-a: {tenantId: bank-a}}
            """)
    }

    /// The whole answer to an order, as it came.
    static func order(_ port: Int, key: String, prefer: String) async throws -> String {
        let body = """
            {"amount":"100.00","currency":"KES",
             "debtor":{"name":"Ada","account":{"kind":"ACCOUNT_ID","value":"A-1"}},
             "creditor":{"identifier":{"kind":"MSISDN","value":"+254700000001"}}}
            """
        let head = [
            "POST /v1/payments HTTP/1.1", "Host: localhost", "Authorization: Bearer test", "Idempotency-Key: \(key)",
            "Prefer: \(prefer)", "Content-Type: application/json", "Content-Length: \(body.utf8.count)",
            "Connection: close", "", "",
        ]
        return try await exchange(port, head.joined(separator: "\r\n") + body)
    }

    /// What comes back for these bytes, as it is, until the gateway closes.
    static func exchange(_ port: Int, _ text: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(descriptor) }
                var address = Listener.loopback(port: port)
                let connected = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                guard connected == 0, send(descriptor, text, text.utf8.count, 0) == text.utf8.count else {
                    return continuation.resume(throwing: POSIXError(.ECONNREFUSED))
                }
                var answer: [UInt8] = []
                var part = [UInt8](repeating: 0, count: 16_384)
                while case let count = recv(descriptor, &part, part.count, 0), count > 0 { answer += part[..<count] }
                continuation.resume(returning: String(decoding: answer, as: UTF8.self))
            }
        }
    }
}
