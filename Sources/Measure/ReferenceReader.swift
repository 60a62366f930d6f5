import CLibXML2
import Foundation

/// What the translation is held against: libxml2's own reader, validating, and nothing made of what it reads.
final class ReferenceReader {
    private let schema: xmlSchemaPtr

    /// That of the messages that are measured, made before the house's own reader forbids the library to load files.
    static func prepare() throws {
        let file = try Place.root().appendingPathComponent("xsd/pacs.008.001.08.xsd").path
        transfers = .success(try ReferenceReader(schemaFile: file))
    }

    // Written once, by the task that then measures.
    private nonisolated(unsafe) static var transfers = Result<ReferenceReader, MeasureFailure>.failure(
        MeasureFailure("the reader of the limit was not prepared"))

    static func ofTransfers() throws -> ReferenceReader { try transfers.get() }

    /// Compiles the schema from its file. Must be made before the house's own reader forbids the library to load files.
    init(schemaFile: String) throws {
        xmlInitParser()
        guard let parser = xmlSchemaNewParserCtxt(schemaFile) else {
            throw MeasureFailure("no parser for \(schemaFile)")
        }
        defer { xmlSchemaFreeParserCtxt(parser) }
        guard let schema = xmlSchemaParse(parser) else { throw MeasureFailure("\(schemaFile) does not compile") }
        self.schema = schema
    }

    deinit { xmlSchemaFree(schema) }

    /// Reads the document to its end; false when it is not well-formed or not valid.
    func read(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { text in
                guard let reader = xmlReaderForMemory(text.baseAddress, Int32(text.count), nil, nil, 0) else {
                    return false
                }
                defer { xmlFreeTextReader(reader) }
                guard xmlTextReaderSetSchema(reader, schema) == 0 else { return false }
                var more = xmlTextReaderRead(reader)
                while more == 1 { more = xmlTextReaderRead(reader) }
                return more == 0 && xmlTextReaderIsValid(reader) == 1
            }
        }
    }

    /// The same of a file that need not fit into memory.
    func read(file: String) -> Bool {
        guard let reader = xmlReaderForFile(file, nil, 0) else { return false }
        defer { xmlFreeTextReader(reader) }
        guard xmlTextReaderSetSchema(reader, schema) == 0 else { return false }
        var more = xmlTextReaderRead(reader)
        while more == 1 { more = xmlTextReaderRead(reader) }
        return more == 0 && xmlTextReaderIsValid(reader) == 1
    }

    static var version: String { LIBXML_DOTTED_VERSION }
}
