import CLibXML2
import Synchronization

/// Why a schema of ours could not be compiled.
public struct XMLSchemaFault: Error, Sendable, Equatable, CustomStringConvertible {
    public let file: String
    /// 0 when it is not known.
    public let line: Int
    public let text: String

    public init(file: String, line: Int, text: String) {
        self.file = file
        self.line = line
        self.text = text
    }

    public var description: String { line > 0 ? "\(file), line \(line): \(text)" : "\(file): \(text)" }
}

/// An element that a schema declares at its top. The name lies in the dictionary of the schema.
struct XMLSchemaRoot {
    let name: UnsafePointer<UInt8>
}

/// Owns a schema of libxml2. Held by `XMLSchema` and by each of its validators, so that none outlives it.
final class XMLCompiledSchema {
    let pointer: xmlSchemaPtr
    /// The name under which it knows its namespace; nil where that is its own.
    let alias: XMLSchemaAlias?

    init(_ pointer: xmlSchemaPtr, _ alias: XMLSchemaAlias?) {
        self.pointer = pointer
        self.alias = alias
    }

    deinit { xmlSchemaFree(pointer) }
}

/// A compiled XML Schema 1.0, shared by all readings.
/// Sendable: libxml2 does not write to a schema once it is compiled, since we never ask it to take in the schema
/// locations of a document (it does so only for validation without a schema); the pool has a lock.
public final class XMLSchema: @unchecked Sendable {
    /// Empty for a schema without target namespace.
    public let targetNamespace: String
    let roots: [XMLSchemaRoot]
    private let schema: XMLCompiledSchema
    private let validators = Mutex<[XMLValidator]>([])
    private static let pooled = 8

    /// Takes over a compiled schema and frees it at the end.
    init(_ schema: xmlSchemaPtr, _ alias: XMLSchemaAlias?) {
        self.schema = XMLCompiledSchema(schema, alias)
        // Strings of the schema's dictionary, alive as long as the schema.
        targetNamespace =
            alias.map { String(decoding: $0.namespace, as: UTF8.self) }
            ?? String(xml: zeroTerminated(schema.pointee.targetNamespace))
        var roots: [XMLSchemaRoot] = []
        withUnsafeMutablePointer(to: &roots) { list in
            xmlHashScan(
                schema.pointee.elemDecl,
                { _, user, name in
                    // The user data is the array behind `list`, which lives until the scan returns.
                    guard let name, let list = user?.assumingMemoryBound(to: [XMLSchemaRoot].self) else { return }
                    list.pointee.append(XMLSchemaRoot(name: name))
                }, list)
        }
        self.roots = roots
    }

    /// The elements that a document of this schema may begin with, sorted.
    public var rootNames: [String] {
        roots.map { String(xml: zeroTerminated($0.name)) }.sorted()
    }

    var alias: XMLSchemaAlias? { schema.alias }

    func declares(_ local: UnsafeBufferPointer<UInt8>) -> Bool {
        roots.contains { zeroTerminated($0.name).elementsEqual(local) }
    }

    func takeValidator() -> XMLValidator? {
        validators.withLock { $0.popLast() } ?? XMLValidator(schema)
    }

    func giveBack(_ validator: XMLValidator) {
        validators.withLock { if $0.count < Self.pooled { $0.append(validator) } }
    }
}
