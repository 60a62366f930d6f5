import CLibXML2
import Glibc
import Synchronization

/// The schemas of one folder, each compiled when it is first asked for and then kept. Includes and imports are served
/// from the same folder and from nowhere else; a document can never make us load a file.
///
/// Compiling takes milliseconds: a server calls `compileAll` before it serves.
public final class XMLSchemaFolder: Sendable {
    private enum Source: Sendable {
        case path(String)
        case files([String: [UInt8]])
    }

    private let source: Source
    private let compiled = Mutex<[String: Result<XMLSchema?, XMLSchemaFault>]>([:])
    /// Of the compiled ones, by the namespace that each was found for.
    private let found = Mutex<[String: XMLSchema]>([:])
    private static let greatestFileBytes = 16 << 20

    /// A folder of `.xsd` files.
    public init(path: String) {
        source = .path(path)
    }

    /// Files by name, already in memory.
    public init(files: [String: [UInt8]]) {
        source = .files(files)
    }

    /// The schema of a namespace: the file is named for what follows the last colon, so
    /// `urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08` is in `pacs.008.001.08.xsd`. Nil when there is no such file.
    public func schema(namespace: String) throws(XMLSchemaFault) -> XMLSchema? {
        if let known = found.withLock({ $0[namespace] }) { return known }
        let name = namespace.utf8.lastIndex(of: UInt8(ascii: ":")).map { String(namespace[$0...].dropFirst()) }
        // The namespace comes from a document: it may not reach into the folders within.
        guard !namespace.utf8.contains(UInt8(ascii: "/")),
            let schema = try schema(file: (name ?? namespace) + ".xsd")
        else { return nil }
        guard schema.targetNamespace == namespace else { return nil }
        found.withLock { $0[namespace] = schema }
        return schema
    }

    /// The schema in a file of the folder; nil when there is no such file.
    public func schema(file: String) throws(XMLSchemaFault) -> XMLSchema? {
        if let known = compiled.withLock({ $0[file] }) { return try known.get() }
        let result: Result<XMLSchema?, XMLSchemaFault>
        do throws(XMLSchemaFault) {
            result = .success(
                try contents(file).map { (bytes) throws(XMLSchemaFault) in
                    try XMLSchemaCompiler.compile(bytes, file, in: self)
                })
        } catch {
            result = .failure(error)
        }
        // Absent names are not kept: they come from documents and would fill the memory.
        if case .success(nil) = result { return nil }
        return try compiled.withLock { known in
            let kept = known[file] ?? result
            known[file] = kept
            return kept
        }.get()
    }

    /// The names of the schemas, sorted and without their ending: the definitions that there are schemas for.
    public var names: [String] {
        let files: [String]
        switch source {
        case .files(let known): files = Array(known.keys)
        case .path(let folder): files = Self.list(folder)
        }
        return files.filter { $0.hasSuffix(".xsd") && !$0.contains("/") }.map { String($0.dropLast(4)) }.sorted()
    }

    private static func list(_ folder: String) -> [String] {
        guard let open = opendir(folder) else { return [] }
        defer { closedir(open) }
        var names: [String] = []
        while let entry = readdir(open) {
            // A name is a zero-terminated string within the entry, valid until the next one is read.
            withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) {
                    names.append(String(cString: $0))
                }
            }
        }
        return names
    }

    /// Compiles these files now; throws for the first that is missing or wrong.
    public func compileAll(_ files: [String]) throws(XMLSchemaFault) {
        for file in files where try schema(file: file) == nil {
            throw XMLSchemaFault(file: file, line: 0, text: "There is no such file.")
        }
    }

    /// The bytes of a file of the folder or of a folder in it. A name that climbs out, begins at the root or hides
    /// names nothing.
    func contents(_ file: String) -> [UInt8]? {
        let steps = file.split(separator: "/", omittingEmptySubsequences: false)
        guard file.utf8.count <= 128, steps.count <= 2,
            steps.allSatisfy({ !$0.isEmpty && $0.utf8.first != UInt8(ascii: ".") }),
            !file.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 < 0x20 })
        else { return nil }
        switch source {
        case .files(let files): return files[file]
        case .path(let folder): return Self.read(folder + "/" + file)
        }
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= greatestFileBytes
        else { return nil }
        let size = Int(status.st_size)
        var done = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while done < size {
                // Writes at most the `size - done` bytes that are left of the buffer.
                let got = Glibc.read(descriptor, buffer.baseAddress! + done, size - done)
                if got <= 0 { break }
                done += got
            }
            count = done
        }
        return done == size ? bytes : nil
    }
}

/// Compiles schemas, one at a time in the process, with the only entity loader that the process has.
enum XMLSchemaCompiler {
    private struct Job: @unchecked Sendable {
        /// Held by the caller of `compile` as long as the job stands. Sendable: a folder is.
        let folder: Unmanaged<XMLSchemaFolder>
        let thread: pthread_t
        let alias: XMLSchemaAlias?
    }

    private static let turn = Mutex<Void>(())
    private static let job = Mutex<Job?>(nil)
    /// From the first use on, libxml2 loads nothing that `serve` does not serve, in the whole process.
    private static let installed: Void = {
        xmlInitParser()
        xmlSetExternalEntityLoader { name, _, parser in XMLSchemaCompiler.serve(name, parser) }
    }()

    static func install() {
        _ = installed
    }

    static func compile(
        _ bytes: [UInt8], _ file: String, in folder: XMLSchemaFolder
    ) throws(XMLSchemaFault) -> XMLSchema {
        install()
        let result: Result<XMLSchema, XMLSchemaFault> = turn.withLock { _ in
            let alias = XMLSchemaAlias(of: bytes)
            job.withLock { $0 = Job(folder: .passUnretained(folder), thread: pthread_self(), alias: alias) }
            defer { job.withLock { $0 = nil } }
            let complaints = Complaints()
            return withExtendedLifetime((folder, complaints)) {
                if let schema = compileLocked(prepared(bytes, alias), complaints) {
                    return .success(XMLSchema(schema, alias))
                }
                let said = complaints.text ?? "The schema could not be compiled."
                let text = alias?.spelled(said) ?? said
                return .failure(XMLSchemaFault(file: file, line: complaints.line, text: text))
            }
        }
        return try result.get()
    }

    /// A file of a schema as libxml2 does best with it.
    private static func prepared(_ file: [UInt8], _ alias: XMLSchemaAlias?) -> [UInt8] {
        let unrolled = XMLSchemaUnroll.apply(file)
        return alias?.apply(unrolled) ?? unrolled
    }

    private static func compileLocked(_ bytes: [UInt8], _ complaints: Complaints) -> xmlSchemaPtr? {
        let user = Unmanaged.passUnretained(complaints).toOpaque()
        let report: xmlStructuredErrorFunc = { user, error in
            guard let user, let error else { return }
            // The user data is the `Complaints` that `compile` holds until all of this has returned.
            Unmanaged<Complaints>.fromOpaque(user).takeUnretainedValue().note(error.pointee)
        }
        // Thread-wide while this thread compiles: an include is parsed by a parser that we cannot reach.
        xmlSetStructuredErrorFunc(user, report)
        defer { xmlSetStructuredErrorFunc(nil, nil) }
        return bytes.withUnsafeBufferPointer { buffer in
            // libxml2 reads the buffer until `xmlSchemaParse` returns; sizes of files are far below Int32.max.
            buffer.withMemoryRebound(to: CChar.self) { text -> xmlSchemaPtr? in
                guard let parser = xmlSchemaNewMemParserCtxt(text.baseAddress, Int32(text.count)) else { return nil }
                defer { xmlSchemaFreeParserCtxt(parser) }
                xmlSchemaSetParserStructuredErrors(parser, report, user)
                return xmlSchemaParse(parser)
            }
        }
    }

    /// The entity loader of the process: files of the folder for the thread that compiles, nothing for any other.
    private static func serve(_ name: UnsafePointer<CChar>?, _ parser: xmlParserCtxtPtr?) -> xmlParserInputPtr? {
        guard let name, let parser else { return nil }
        guard let job = job.withLock({ $0 }), pthread_equal(job.thread, pthread_self()) != 0 else { return nil }
        // The name is a zero-terminated string of the caller's.
        let file = String(cString: name)
        // `compile` on this very thread holds the folder.
        guard let schema = job.folder._withUnsafeGuaranteedRef({ $0.contents(file) }) else { return nil }
        let bytes = prepared(schema, job.alias)
        let buffer = bytes.withUnsafeBufferPointer { source in
            // Copied by libxml2.
            source.withMemoryRebound(to: CChar.self) {
                xmlParserInputBufferCreateMem($0.baseAddress, Int32($0.count), XML_CHAR_ENCODING_NONE)
            }
        }
        guard let buffer else { return nil }
        guard let input = xmlNewIOInputStream(parser, buffer, XML_CHAR_ENCODING_NONE) else {
            xmlFreeParserInputBuffer(buffer)
            return nil
        }
        // Freed by libxml2 with the input, hence a copy made by it.
        input.pointee.filename = name.withMemoryRebound(to: UInt8.self, capacity: 1) { text in
            UnsafeRawPointer(xmlStrdup(text))?.assumingMemoryBound(to: CChar.self)
        }
        return input
    }

    /// The first error of a compilation; touched by the compiling thread alone.
    private final class Complaints {
        var text: String?
        var line = 0

        func note(_ error: xmlError) {
            guard text == nil, error.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
            // The message, when there is one, is a zero-terminated string that lives during the callback.
            text = error.message.map { XMLSession.oneLine(String(cString: $0)) }
            line = Int(error.line)
        }
    }
}
