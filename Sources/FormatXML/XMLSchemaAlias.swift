import CLibXML2
import Glibc

/// A short name under which libxml2 knows the namespace of a schema. To find the type of an element it joins name and
/// namespace and compares them byte by byte with what may stand there: with a namespace of ISO 20022 a good part of all
/// validation. The schema is compiled under the short name, and the names of elements are given to the validator under
/// it; nobody else sees it.
struct XMLSchemaAlias: Sendable {
    /// The namespace, as the schema's files write it.
    let namespace: [UInt8]

    /// A URI, as libxml2 asks of a namespace. A document that uses it for a namespace of its own is shown to the
    /// validator under the other name.
    static let text: StaticString = "q+:"
    private static let other: StaticString = "q-:"

    /// The target namespace of a schema; nil when it has none, or one that is short already.
    init?(of schema: [UInt8]) {
        let attribute = Array(" targetNamespace=\"".utf8)
        guard let place = Self.find(attribute, in: schema, from: 0) else { return nil }
        let start = place + attribute.count
        guard let end = schema[start...].firstIndex(of: UInt8(ascii: "\"")), end - start > 8,
            !schema[start..<end].contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "&") })
        else { return nil }
        namespace = Array(schema[start..<end])
    }

    /// A file of the schema with the short name wherever the namespace stands as a word.
    func apply(_ file: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(file.count)
        var position = 0
        while let found = Self.find(namespace, in: file, from: position) {
            let end = found + namespace.count
            let isWord = found > 0 && end < file.count && Self.bounds(file[found - 1]) && Self.bounds(file[end])
            result.append(contentsOf: file[position..<found])
            result.append(
                contentsOf: isWord
                    ? UnsafeBufferPointer(start: Self.text.utf8Start, count: Self.text.utf8CodeUnitCount)
                    : UnsafeBufferPointer(start: nil, count: 0))
            if !isWord { result.append(contentsOf: file[found..<end]) }
            position = end
        }
        result.append(contentsOf: file[position...])
        return result
    }

    private static func bounds(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte <= 0x20
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard let first = needle.first else { return nil }
        var place = start
        while let found = bytes[place...].firstIndex(of: first) {
            if bytes[found...].starts(with: needle) { return found }
            place = found + 1
        }
        return nil
    }

    /// What libxml2 says, with the namespace by its own name.
    func spelled(_ message: String) -> String {
        var result = ""
        var rest = message[...]
        while let found = rest.range(of: "\(Self.text)") {
            result += rest[..<found.lower] + String(decoding: namespace, as: UTF8.self)
            rest = rest[found.upper...]
        }
        return result + rest
    }

    /// Names of one reading: namespaces of a document as the validator shall see them.
    struct Names {
        /// The namespace in the dictionary of the parser, where equal ones have equal addresses. Nil without alias.
        private let own: UnsafePointer<UInt8>?
        private let alias: UnsafePointer<UInt8>?

        init(_ alias: XMLSchemaAlias?, _ parser: xmlParserCtxtPtr) {
            // The dictionary copies the bytes and keeps them as long as the parser lives.
            own = alias.flatMap { xmlDictLookup(parser.pointee.dict, $0.namespace, Int32($0.namespace.count)) }
            self.alias = own == nil ? nil : XMLSchemaAlias.text.utf8Start
        }

        @inline(__always)
        func seen(_ namespace: UnsafePointer<UInt8>?) -> UnsafePointer<UInt8>? {
            if namespace == own { return alias }
            // Names of libxml2 end with a zero byte: no byte after it is looked at.
            guard let namespace, namespace.pointee == UInt8(ascii: "q"), alias != nil else { return namespace }
            return strcmp(Self.characters(namespace), Self.characters(XMLSchemaAlias.text.utf8Start)) == 0
                ? XMLSchemaAlias.other.utf8Start : namespace
        }

        private static func characters(_ text: UnsafePointer<UInt8>) -> UnsafePointer<CChar> {
            UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self)
        }

        /// Pairs of prefix and namespace, as libxml2 gives them.
        func seen(
            _ pairs: UnsafeMutablePointer<UnsafePointer<UInt8>?>, _ count: Int,
            _ body: (UnsafeMutablePointer<UnsafePointer<UInt8>?>?) -> Void
        ) {
            // Two words for each of the `count` declarations.
            var words = (0..<count * 2).map { $0 % 2 == 0 ? pairs[$0] : seen(pairs[$0]) }
            words.withUnsafeMutableBufferPointer { body($0.baseAddress) }
        }
    }
}
