public import Payments

/// Settings of one Fineract, read and checked. The credential is none of them: the edge adds it on the way out, so it
/// never stands in the journal beside the request.
///
/// | name | meaning | default |
/// |---|---|---|
/// | tenantId | Fineract-Platform-TenantId | default |
/// | idempotencyHeader | name of the idempotency header, as the server is configured | Idempotency-Key |
public struct FineractConfig: Sendable, Equatable {
    public var tenantId: String
    public var idempotencyHeader: String

    /// Everything that is wrong with the settings, one sentence each; empty when they can be used.
    public static func problems(_ settings: AdapterSettings) -> [String] {
        var problems: [String] = []
        _ = FineractConfig(settings, &problems)
        return problems
    }

    /// Nil when `problems` has any.
    public init?(_ settings: AdapterSettings) {
        var problems: [String] = []
        self.init(settings, &problems)
        guard problems.isEmpty else { return nil }
    }

    private init(_ settings: AdapterSettings, _ problems: inout [String]) {
        tenantId = FineractConfig.text(settings["tenantId"] ?? "default", "tenantId", 1...100, &problems)
        idempotencyHeader = FineractConfig.text(
            settings["idempotencyHeader"] ?? "Idempotency-Key", "idempotencyHeader", 1...64, &problems)
    }

    private static func text(
        _ value: String, _ name: String, _ length: ClosedRange<Int>, _ problems: inout [String]
    ) -> String {
        if !length.contains(value.utf8.count) || !isPrintable(value) {
            problems.append("\(name) must be \(length.lowerBound) to \(length.upperBound) printable ASCII characters")
        }
        return value
    }

    private static func isPrintable(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
