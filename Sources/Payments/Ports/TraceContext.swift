/// The trace that a payment's requests belong to (W3C Trace Context §3.2, version 00). Only what has exactly this form
/// is taken from outside: it goes on to logs and to every neighbour.
public struct TraceContext: Sendable, Hashable {
    /// 32 lower-case hexadecimal digits, not all zero.
    public let traceID: String
    /// The sender's span: 16 lower-case hexadecimal digits, not all zero.
    private let span: String
    /// Two lower-case hexadecimal digits.
    private let flags: String

    /// Reads the value of a `traceparent` header; nil for any other form, so that a trace of our own is begun.
    public init?(_ text: String) {
        guard text.utf8.count == 55 else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [2, 32, 16, 2], parts[0] == "00", parts.allSatisfy(TraceContext.isHex) else {
            return nil
        }
        guard !parts[1].allSatisfy({ $0 == "0" }), !parts[2].allSatisfy({ $0 == "0" }) else { return nil }
        (traceID, span, flags) = (String(parts[1]), String(parts[2]), String(parts[3]))
    }

    /// The trace of a request; nil when it names none, or several.
    public init?(of request: WireRequest) {
        let named = request.headers.filter { $0.isNamed("traceparent") }
        guard named.count == 1 else { return nil }
        self.init(named[0].value)
    }

    /// Our own trace of a payment that came without one: its id, sampled.
    public init(of payment: PaymentID) {
        traceID = TraceContext.hex(payment.high) + TraceContext.hex(payment.low)
        span = TraceContext.hex(payment.low | 1)
        flags = "01"
    }

    /// The header's value, as it was read.
    public var text: String { "00-\(traceID)-\(span)-\(flags)" }

    /// The header's value for a request of ours within this trace.
    public func traceparent(span: UInt64) -> String { "00-\(traceID)-\(TraceContext.hex(max(span, 1)))-\(flags)" }

    private static func isHex(_ part: Substring) -> Bool {
        part.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func hex(_ word: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { digits in
            for place in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * place)) & 15
                digits[place] = digit < 10 ? 0x30 + digit : 0x57 + digit
            }
            return 16
        }
    }
}

extension PaymentRecord {
    /// The trace that the payment's requests and log lines carry: its origin's, or else our own.
    public var trace: TraceContext { origin?.trace.flatMap { TraceContext($0) } ?? TraceContext(of: id) }
}
