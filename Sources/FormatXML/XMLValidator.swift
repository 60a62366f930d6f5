import CLibXML2

/// The entry points of a plugged validator: libxml2's own SAX callbacks, called for the events of one sub-tree.
struct XMLForward {
    fileprivate let context: UnsafeMutableRawPointer
    fileprivate let startElement: startElementNsSAX2Func
    fileprivate let endElement: endElementNsSAX2Func
    fileprivate let characters: charactersSAXFunc
    fileprivate let names: XMLSchemaAlias.Names

    @inline(__always)
    func start(_ tag: XMLStartTag) {
        if tag.declarationCount > 0 { return startDeclaring(tag) }
        startElement(
            context, tag.local, tag.prefix, names.seen(tag.namespace), 0, nil, tag.attributeCount, 0, tag.attributes)
    }

    private func startDeclaring(_ tag: XMLStartTag) {
        guard let declarations = tag.declarations else { return }
        names.seen(declarations, Int(tag.declarationCount)) { seen in
            startElement(
                context, tag.local, tag.prefix, names.seen(tag.namespace), tag.declarationCount, seen,
                tag.attributeCount, 0, tag.attributes)
        }
    }

    @inline(__always)
    func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        characters(context, bytes.baseAddress, Int32(truncatingIfNeeded: bytes.count))
    }

    @inline(__always)
    func end(_ local: UnsafePointer<UInt8>, _ prefix: UnsafePointer<UInt8>?, _ namespace: UnsafePointer<UInt8>?) {
        endElement(context, local, prefix, names.seen(namespace))
    }
}

/// One validation context of a schema. It has one owner at a time: the pool of its schema, or a reading.
/// Sendable by that rule: the pool hands it over under a lock, and nothing else holds a reference.
final class XMLValidator: @unchecked Sendable {
    private let context: xmlSchemaValidCtxtPtr
    /// What `xmlSchemaSAXPlug` writes through, on the heap because it does so again when it is unplugged.
    private let handler = UnsafeMutablePointer<xmlSAXHandlerPtr?>.allocate(capacity: 1)
    private let user = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: 1)
    private var plug: xmlSchemaSAXPlugPtr?

    private let schema: XMLCompiledSchema

    init?(_ schema: XMLCompiledSchema) {
        self.schema = schema
        handler.initialize(to: nil)
        user.initialize(to: nil)
        guard let context = xmlSchemaNewValidCtxt(schema.pointer) else {
            handler.deallocate()
            user.deallocate()
            return nil
        }
        self.context = context
    }

    deinit {
        if let plug { xmlSchemaSAXUnplug(plug) }
        xmlSchemaFreeValidCtxt(context)
        handler.deallocate()
        user.deallocate()
    }

    /// Makes ready for a new document, whose errors go to the session.
    func begin(_ s: XMLSession.Pointer) -> XMLForward? {
        xmlSchemaSetValidStructuredErrors(
            context,
            { user, error in
                // The user data is the session that `begin` was given; it outlives the reading, and so the plug.
                guard let s = user?.assumingMemoryBound(to: XMLSession.self), let error else { return }
                XMLSession.noteSchemaError(s, error.pointee)
            }, s)
        handler.pointee = nil
        user.pointee = nil
        // With no handler to chain to, the plug gives the bare callbacks of the validator and its context as user data.
        plug = xmlSchemaSAXPlug(context, handler, user)
        guard plug != nil, let sax = handler.pointee, let data = user.pointee, let start = sax.pointee.startElementNs,
            let end = sax.pointee.endElementNs, let characters = sax.pointee.characters
        else { return nil }
        return XMLForward(
            context: data, startElement: start, endElement: end, characters: characters,
            names: XMLSchemaAlias.Names(schema.alias, s.pointee.parser))
    }

    /// Ends the document. False if it broke the schema.
    func end() -> Bool {
        let isValid = xmlSchemaIsValid(context) == 1
        if let plug { xmlSchemaSAXUnplug(plug) }
        plug = nil
        return isValid
    }
}
