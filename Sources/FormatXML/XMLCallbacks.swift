import CLibXML2
import Glibc

/// A start tag as libxml2 gives it; all pointers are valid during the callback.
struct XMLStartTag {
    let local: UnsafePointer<UInt8>
    let prefix: UnsafePointer<UInt8>?
    let namespace: UnsafePointer<UInt8>?
    let declarationCount: Int32
    let declarations: UnsafeMutablePointer<UnsafePointer<UInt8>?>?
    let attributeCount: Int32
    let attributes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?
}

/// The SAX2 callbacks of libxml2. The user data of every one is the `XMLSession.Pointer` that `XMLContext` put there;
/// it lives as long as the parser.
enum XMLCallbacks {
    static func handler() -> xmlSAXHandler {
        var sax = xmlSAXHandler()
        sax.initialized = UInt32(XML_SAX2_MAGIC)
        sax.internalSubset = { user, _, _, _ in
            guard let s = XMLCallbacks.session(user) else { return }
            XMLSession.fail(s, .doctype, "A document type declaration is not accepted.")
        }
        sax.startDocument = { user in
            guard let s = XMLCallbacks.session(user) else { return }
            XMLSession.checkEncoding(s)
            XMLSession.stopAsking(s)
        }
        sax.startElementNs = { user, local, prefix, namespace, spaces, declared, count, _, attributes in
            guard let s = XMLCallbacks.session(user), let local, !s.pointee.ended else { return }
            let tag = XMLStartTag(
                local: local, prefix: prefix, namespace: namespace, declarationCount: spaces, declarations: declared,
                attributeCount: count, attributes: attributes)
            XMLSession.start(s, tag)
        }
        sax.endElementNs = { user, local, prefix, namespace in
            guard let s = XMLCallbacks.session(user), let local, !s.pointee.ended else { return }
            XMLSession.end(s, local, prefix, namespace)
        }
        // The same function for all three: libxml2 then does not look for ignorable space itself.
        sax.characters = { user, text, length in XMLCallbacks.characters(user, text, length) }
        sax.ignorableWhitespace = sax.characters
        sax.cdataBlock = sax.characters
        sax.serror = { user, error in
            guard let s = XMLCallbacks.session(user), let error else { return }
            XMLSession.note(s, error.pointee)
        }
        return sax
    }

    @inline(__always)
    private static func session(_ user: UnsafeMutableRawPointer?) -> XMLSession.Pointer? {
        // See the enum: the user data is always the session.
        user?.assumingMemoryBound(to: XMLSession.self)
    }

    @inline(__always)
    private static func characters(
        _ user: UnsafeMutableRawPointer?, _ text: UnsafePointer<UInt8>?, _ length: Int32
    ) {
        guard let s = XMLCallbacks.session(user), let text, length > 0, !s.pointee.ended else { return }
        let length = Int(length)
        guard s.pointee.gathered.count + length <= s.pointee.limits.textBytes else {
            return XMLSession.fail(
                s, .textTooLong, "The text is longer than \(s.pointee.limits.textBytes) bytes.")
        }
        s.pointee.gathered.append(text, length)
    }

    /// Gives the parser bytes of an inflow, which is its user data and lives as long as the parser reads.
    static let refill: xmlInputReadCallback = { context, place, wanted in
        guard let context, let place, wanted > 0 else { return 0 }
        // libxml2 made room for `wanted` bytes.
        return Unmanaged<XMLInflow>.fromOpaque(context)._withUnsafeGuaranteedRef {
            Int32($0.read(into: place, Int(wanted)))
        }
    }

    /// Errors that libxml2 reports past the parser, such as a failed transcoding; set for the thread while it reads.
    static let stray: xmlStructuredErrorFunc = { user, error in
        guard let s = XMLCallbacks.session(user), let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue
        else { return }
        s.pointee.transcodingFailed = true
    }
}

extension XMLSession {
    @inline(__always)
    static func start(_ s: Pointer, _ tag: XMLStartTag) {
        if s.pointee.gathered.count > 0 || s.pointee.isBroken {
            passText(s)
            if s.pointee.ended { return }
        }
        let depth = s.pointee.depth + 1
        s.pointee.elements += 1
        // `excess` holds `depth` within the `XMLLimits.greatestDepth + 2` frames that there are.
        let frame = s.pointee.frames + depth
        let scope = frame[-1].scope + tag.declarationCount
        if isExcess(s, tag, depth, scope), let excess = excess(s, tag, depth, scope) {
            return fail(s, excess.0, excess.1)
        }
        push(s, frame, tag, scope)
        s.pointee.depth = depth
        if s.pointee.isStream, weigh(s, tag.local, begins: true) { return }
        if s.pointee.part.depth == 0, s.pointee.plan.isSome {
            considerPart(s, tag)
            if s.pointee.ended { return }
        }
        if let forward = s.pointee.part.forward {
            s.pointee.part.blamed = depth
            if depth == s.pointee.part.depth { begin(s, forward, tag) } else { forward.start(tag) }
        }
        guard let sink = s.pointee.sink else { return }
        let name = XMLName(local: frame.pointee.local, namespace: frame.pointee.namespace)
        let position = placed(s, frame.pointee.line, frame.pointee.column)
        if tag.attributeCount > 0, hasReferences(tag) {
            return withResolved(tag) { resolved in
                obey(s, sink._withUnsafeGuaranteedRef { $0.start(name, resolved, position) })
            }
        }
        let attributes = XMLAttributes(
            words: UnsafePointer(tag.attributes), count: Int(tag.attributeCount),
            declarations: UnsafePointer(tag.declarations), declarationCount: Int(tag.declarationCount))
        // The sink is held by the caller of `run` until the parser has returned.
        obey(s, sink._withUnsafeGuaranteedRef { $0.start(name, attributes, position) })
    }

    /// What stands before a start tag: space, or text between elements.
    private static func passText(_ s: Pointer) {
        if s.pointee.isBroken { return stop(s) }
        if !s.pointee.gathered.isBlank { deliverText(s) }
        s.pointee.gathered.clear()
    }

    @inline(__always)
    static func end(
        _ s: Pointer, _ local: UnsafePointer<UInt8>, _ prefix: UnsafePointer<UInt8>?,
        _ namespace: UnsafePointer<UInt8>?
    ) {
        let depth = s.pointee.depth
        let frame = s.pointee.frames + depth
        if s.pointee.gathered.count > 0 {
            if frame.pointee.lastChild == nil || !s.pointee.gathered.isBlank { deliverText(s) }
            s.pointee.gathered.clear()
            if s.pointee.ended { return }
        }
        if depth == 1 { endStranger(s) }
        if let forward = s.pointee.part.forward {
            s.pointee.part.blamed = depth
            if depth == s.pointee.part.depth, let root = s.pointee.part.root {
                forward.end(root, nil, s.pointee.part.namespace.baseAddress)
            } else {
                forward.end(local, prefix, namespace)
            }
        }
        if s.pointee.part.depth == depth { closePart(s) }
        s.pointee.depth = depth - 1
        if depth == 1 { endRoot(s) }
        if s.pointee.isStream, weigh(s, local, begins: false) { return }
        guard let sink = s.pointee.sink else { return }
        let name = XMLName(local: frame.pointee.local, namespace: frame.pointee.namespace)
        // The sink is held by the caller of `run` until the parser has returned.
        obey(s, sink._withUnsafeGuaranteedRef { $0.end(name) })
    }

    /// Fills the frame of the element that opens.
    @inline(__always)
    private static func push(
        _ s: Pointer, _ frame: UnsafeMutablePointer<XMLFrame>, _ tag: XMLStartTag, _ scope: Int32
    ) {
        // Names come from one dictionary: equal names have equal addresses.
        let isRepeat = frame[-1].lastChild == tag.local
        let run = isRepeat ? frame[-1].childRun + 1 : 1
        frame[-1].childRun = run
        frame[-1].lastChild = tag.local
        frame.pointee.local = zeroTerminated(tag.local)
        frame.pointee.namespace =
            frame[-1].namespace.baseAddress == tag.namespace ? frame[-1].namespace : zeroTerminated(tag.namespace)
        frame.pointee.lastChild = nil
        frame.pointee.childRun = 0
        frame.pointee.run = run
        frame.pointee.scope = scope
        frame.pointee.offset = -1
        // The input of a parser that is in a callback is set.
        guard let input = s.pointee.parser.pointee.input else { return }
        frame.pointee.line = input.pointee.line
        frame.pointee.column = input.pointee.col
    }

    /// Whether the tag needs a closer look: it is beyond a limit, or it has what is not counted on every tag.
    @inline(__always)
    private static func isExcess(_ s: Pointer, _ tag: XMLStartTag, _ depth: Int, _ scope: Int32) -> Bool {
        depth > s.pointee.limits.depth || s.pointee.elements > s.pointee.elementLimit
            || Int(tag.declarationCount) > s.pointee.limits.attributes || Int(scope) > s.pointee.limits.namespaces
            || depth == 1 || tag.attributeCount != 0 || s.pointee.elements & 127 == 0
    }

    @inline(never)
    private static func excess(
        _ s: Pointer, _ tag: XMLStartTag, _ depth: Int, _ scope: Int32
    ) -> (XMLError.Reason, String)? {
        let limits = s.pointee.limits
        if depth > limits.depth { return (.tooDeep, "More than \(limits.depth) elements are open.") }
        if s.pointee.elements > s.pointee.elementLimit {
            return s.pointee.isStream
                ? (
                    .itemTooLarge,
                    "More than \(limits.itemElements) elements stand here in a row without an item's end."
                )
                : (.tooManyElements, "The document has more than \(limits.elements) elements.")
        }
        if Int(tag.attributeCount + tag.declarationCount) > limits.attributes {
            return (.tooManyAttributes, "The element has more than \(limits.attributes) attributes.")
        }
        if s.pointee.elements & 127 == 0, Int(xmlDictSize(s.pointee.parser.pointee.dict)) > limits.names {
            return (.tooManyNames, "The document has more than \(limits.names) different names.")
        }
        if Int(scope) > limits.namespaces {
            return (.tooManyNamespaces, "More than \(limits.namespaces) namespaces are declared here.")
        }
        if depth == 1, let text = XMLRoots.objection(s.pointee.before, to: zeroTerminated(tag.local)) {
            return (.malformed, text)
        }
        let attributes = XMLAttributes(words: UnsafePointer(tag.attributes), count: Int(tag.attributeCount))
        for index in 0..<attributes.count where attributes.bytes(ofValue: index).count > limits.textBytes {
            return (.textTooLong, "An attribute is longer than \(limits.textBytes) bytes.")
        }
        return nil
    }

    /// libxml2 gives every ampersand of an attribute as `&#38;`, and nothing else with an ampersand in it.
    private static func hasReferences(_ tag: XMLStartTag) -> Bool {
        let attributes = XMLAttributes(words: UnsafePointer(tag.attributes), count: Int(tag.attributeCount))
        for index in 0..<attributes.count {
            let value = attributes.bytes(ofValue: index)
            // The look stays within the value's own bytes.
            if let base = value.baseAddress, memchr(base, 0x26, value.count) != nil { return true }
        }
        return false
    }

    private static func withResolved(_ tag: XMLStartTag, _ body: (XMLAttributes) -> Void) {
        let raw = XMLAttributes(words: UnsafePointer(tag.attributes), count: Int(tag.attributeCount))
        let values = (0..<raw.count).map { resolved(raw.bytes(ofValue: $0)) }
        let flat = values.flatMap { $0 }
        flat.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress, let given = tag.attributes else { return body(raw) }
            var words = (0..<raw.count * 5).map { UnsafePointer(given[$0]) }
            var place = base
            for index in 0..<raw.count {
                words[index * 5 + 3] = place
                place += values[index].count
                words[index * 5 + 4] = place
            }
            // `words` points into `flat`; both outlive the call of `body`.
            words.withUnsafeBufferPointer { words in
                body(
                    XMLAttributes(
                        words: words.baseAddress, count: raw.count,
                        declarations: UnsafePointer(tag.declarations), declarationCount: Int(tag.declarationCount)))
            }
        }
    }

    private static func resolved(_ value: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(value.count)
        var position = 0
        while position < value.count {
            bytes.append(value[position])
            position += value[position] == 0x26 ? 5 : 1
        }
        return bytes
    }
}
