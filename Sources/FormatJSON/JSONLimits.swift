/// What a document may cost us at most. Every bound holds before memory is spent on what breaks it.
public struct JSONLimits: Sendable, Equatable {
    /// Size of the whole document, in bytes.
    public var documentBytes: Int
    /// Arrays and objects open at the same time.
    public var depth: Int
    /// Members of one object.
    public var members: Int
    /// Elements of one array.
    public var elements: Int
    /// Values of the whole document, containers included.
    public var values: Int
    /// Length of one string or key as written between its quotes, in bytes.
    public var stringBytes: Int
    /// Length of one number as written, in bytes.
    public var numberBytes: Int

    public init(
        documentBytes: Int = 5_242_880, depth: Int = 64, members: Int = 10_000, elements: Int = 100_000,
        values: Int = 500_000, stringBytes: Int = 1_048_576, numberBytes: Int = 128
    ) {
        self.documentBytes = documentBytes
        self.depth = depth
        self.members = members
        self.elements = elements
        self.values = values
        self.stringBytes = stringBytes
        self.numberBytes = numberBytes
    }

    /// For messages of a network or a channel: 5 MiB, 64 levels deep.
    public static let standard = JSONLimits()
}
