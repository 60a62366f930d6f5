/// What a document may cost us at most. The size holds before the parser sees a byte, the rest at the event that breaks
/// it.
public struct XMLLimits: Sendable, Equatable {
    /// Size of the whole document, in bytes as received.
    public var documentBytes: Int
    /// Elements open at the same time; at most `XMLLimits.greatestDepth`.
    public var depth: Int
    /// Elements of the whole document.
    public var elements: Int
    /// Attributes and namespace declarations of one element.
    public var attributes: Int
    /// Different names, prefixes and namespaces of the whole document; held at every 128th element.
    public var names: Int
    /// Namespace declarations in scope at one place.
    public var namespaces: Int
    /// Text of one element or attribute, in bytes of UTF-8.
    public var textBytes: Int
    /// Schema errors that are kept; validation of a sub-tree ends with the last of them.
    public var schemaErrors: Int
    /// Root elements in a row: 2 lets a header and a document follow each other without a common root.
    public var roots: Int
    /// Encodings that are read at all.
    public var encodings: XMLEncodings
    /// Size of a file that is read as a stream, in bytes as received; there `documentBytes` and `elements` do not hold.
    public var fileBytes: Int
    /// Of a stream, the bytes of UTF-8 of one item, such as a transaction, and of what stands between two.
    public var itemBytes: Int
    /// Of a stream, the elements of one item, and of what stands between two.
    public var itemElements: Int

    public init(
        documentBytes: Int = 5_242_880, depth: Int = 128, elements: Int = 250_000, attributes: Int = 128,
        names: Int = 20_000, namespaces: Int = 256, textBytes: Int = 1_048_576, schemaErrors: Int = 10, roots: Int = 1,
        encodings: XMLEncodings = .lenient, fileBytes: Int = 4_294_967_296, itemBytes: Int = 1_048_576,
        itemElements: Int = 10_000
    ) {
        self.documentBytes = documentBytes
        self.depth = min(max(1, depth), Self.greatestDepth)
        self.elements = elements
        self.attributes = attributes
        self.names = names
        self.namespaces = namespaces
        self.textBytes = textBytes
        self.schemaErrors = max(1, schemaErrors)
        self.roots = roots
        self.encodings = encodings
        self.fileBytes = fileBytes
        self.itemBytes = itemBytes
        self.itemElements = itemElements
    }

    /// libxml2 itself ends at 256 open elements.
    public static let greatestDepth = 250
    /// For messages of a network: 5 MiB, 128 levels deep, one root, every encoding that we read.
    public static let standard = XMLLimits()
    /// For files at rest, which may hold many documents one after another.
    public static let file = XMLLimits(roots: 1_000)
}

/// The encodings that may be read; any other is refused whatever the C library could do with it.
public struct XMLEncodings: OptionSet, Sendable, Equatable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// With or without a byte order mark; US-ASCII is a part of it.
    public static let utf8 = XMLEncodings(rawValue: 1)
    /// With a byte order mark or an XML declaration, either byte order.
    public static let utf16 = XMLEncodings(rawValue: 2)
    /// ISO-8859-1, by declaration.
    public static let latin1 = XMLEncodings(rawValue: 4)
    /// What a network's door reads: UTF-8 alone.
    public static let strict: XMLEncodings = .utf8
    /// What files at rest may be in: UTF-8, UTF-16 and ISO-8859-1.
    public static let lenient: XMLEncodings = [.utf8, .utf16, .latin1]
}
