/// What code asks of the tables by name: it must be there when the gateway starts, not when a payment first needs it.
public struct TableDemands: Sendable {
    /// Codes that code writes itself, by no row of a field table.
    public struct Written: Sendable {
        public let table: String
        public let network: String
        /// The message and the type of its schema that the codes must suit.
        public let message: String
        public let type: String

        public init(_ table: String, _ network: String, message: String, type: String) {
            self.table = table
            self.network = network
            self.message = message
            self.type = type
        }
    }

    /// As `network/message`; each needs a table, and a schema where its network writes XML.
    public var messages: [String]
    /// Canonical codes that code names, by the table of codes.
    public var canonicals: [String: [String]]
    /// Columns that code asks for, by the table of codes.
    public var columns: [String: [String]]
    public var written: [Written]

    public init(
        messages: [String] = [], canonicals: [String: [String]] = [:], columns: [String: [String]] = [:],
        written: [Written] = []
    ) {
        self.messages = messages
        self.canonicals = canonicals
        self.columns = columns
        self.written = written
    }
}
