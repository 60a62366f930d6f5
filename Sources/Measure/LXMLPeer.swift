import FormatJSON

/// What people have at hand who validate messages: Python's lxml. It runs beside us where a python3 has it; nothing is
/// installed for it.
struct LXMLPeer {
    /// Of lxml, and of the libxml2 that it brings.
    let version: String
    private let python: String
    private let log: String

    /// Nil where no python3 has it.
    static func find(log: String) async -> LXMLPeer? {
        // The system's own may have it though another comes first.
        for python in ["python3", "/usr/bin/python3"] {
            guard let child = try? await Child.start("/usr/bin/env", [python, "-c", probe], log: log) else { continue }
            await child.stop()
            return LXMLPeer(version: child.line, python: python, log: log)
        }
        return nil
    }

    /// Of one document: the quickest of three batches, after one that warms up.
    struct Microseconds {
        /// Parsed and held against the schema; nothing of it is looked at.
        let valid: Double
        /// The same, and then each text and attribute of it by its path: what a mapping begins with.
        let read: Double
    }

    func microseconds(_ document: [UInt8], schema: String) async throws -> Microseconds {
        let text = String(decoding: document, as: UTF8.self)
        let child = try await Child.start(
            "/usr/bin/env", [python, "-c", Self.script, schema, text, "\(Batches.calls)"], log: log)
        await child.stop()
        guard let said = try? JSONValue.parse(child.line), let valid = said["valid"]?.number.flatMap(Double.init),
            let read = said["read"]?.number.flatMap(Double.init)
        else { throw MeasureFailure("lxml said \(child.line)") }
        return Microseconds(valid: valid, read: read)
    }

    // Both wait to be ended, so that what they said is heard before their end is.

    private static let probe = """
        import time
        from lxml import etree

        def version(parts):
            return ".".join(str(part) for part in parts)

        print("lxml", version(etree.LXML_VERSION[:3]), "with libxml2", version(etree.LIBXML_VERSION), flush=True)
        time.sleep(60)
        """

    private static let script = """
        import json, os, sys, time
        from lxml import etree

        schema = etree.XMLSchema(etree.parse(sys.argv[1]))
        document, count = os.fsencode(sys.argv[2]), int(sys.argv[3])

        def valid():
            tree = etree.fromstring(document)
            if not schema.validate(tree):
                sys.exit(str(schema.error_log))
            return tree

        def walk(element, path, texts):
            path += "/" + element.tag
            for name, value in element.items():
                texts[path + "/@" + name] = value
            if len(element) == 0:
                texts[path] = element.text
            for child in element:
                walk(child, path, texts)

        def read():
            texts = {}
            walk(valid(), "", texts)
            return texts

        def quickest(work):
            def batch():
                begun = time.perf_counter()
                for _ in range(count):
                    work()
                return (time.perf_counter() - begun) * 1e6 / count
            batch()
            return min(batch() for _ in range(3))

        print(json.dumps({"valid": quickest(valid), "read": quickest(read)}), flush=True)
        time.sleep(60)
        """
}
