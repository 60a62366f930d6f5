import FormatXML

/// What stands around the two parts of one message of ours, by the envelope's layout and the message's definition.
struct EnvelopeShape {
    /// Header or message.
    struct Part {
        /// The envelope's own element that stands for `AppHdr` or `Document`; nil where the part brings its own.
        var outer: String?
        var prefix: String
    }

    private var wrappers: [ISOEnvelope.Wrapper]
    private let prefix: String
    var header: Part
    var document: Part
    /// Declared on the root: the namespaces of parts that stand under names of the envelope.
    private var bound: [(prefix: String, namespace: String)] = []

    /// Nil when the envelope has no element for the definition.
    init?(_ envelope: ISOEnvelope, _ definition: String) {
        let prefixes = envelope.prefixes
        wrappers = envelope.wrappers
        prefix = prefixes.envelope
        header = Part(prefix: prefixes.header)
        document = Part(prefix: prefixes.document)
        switch envelope.layout {
        case .plain: break
        case .typed(let direction):
            guard let name = direction.name(of: definition) else { return nil }
            wrappers.append(.init(name: name, namespace: wrappers.last?.namespace ?? ""))
        case .renamed:
            guard let name = TCHEnvelope.name(of: definition) else { return nil }
            header = Part(outer: "AppHdr", prefix: prefixes.header.isEmpty ? TCHEnvelope.headerPrefix : prefixes.header)
            document = Part(
                outer: name.element, prefix: prefixes.document.isEmpty ? name.prefix : prefixes.document)
            let namespace = ISO20022.Definition.namespace
            bound = [(document.prefix, namespace + definition)]
            if let version = envelope.header { bound.insert((header.prefix, namespace + version), at: 0) }
        }
    }

    /// Opens the elements around both parts.
    func open(_ writer: inout XMLWriter) throws(XMLWriteError) {
        var namespace = ""
        for (index, wrapper) in wrappers.enumerated() {
            try writer.start(prefix: prefix, wrapper.name)
            if wrapper.namespace != namespace { try writer.namespace(wrapper.namespace, prefix: prefix) }
            namespace = wrapper.namespace
            if index == 0 {
                for pair in bound { try writer.namespace(pair.namespace, prefix: pair.prefix) }
            }
        }
    }

    /// Opens the element that stands for a part's own; false when there is none.
    func open(_ part: Part, _ writer: inout XMLWriter) throws(XMLWriteError) -> Bool {
        guard let name = part.outer else { return false }
        try writer.start(prefix: prefix, name)
        return true
    }
}
