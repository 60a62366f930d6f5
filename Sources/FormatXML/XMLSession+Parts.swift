import CLibXML2

/// What is done with the elements of a namespace.
enum XMLPartChoice {
    case ignore
    case validate(XMLSchema)
    /// A part, for which there is no schema.
    case note
}

/// What a reading validates.
enum XMLPlan {
    case none
    case whole(XMLSchema)
    /// Asked once for every change of namespace outside a part.
    case parts((String) throws(XMLSchemaFault) -> XMLPartChoice, isSurvey: Bool)

    var isSome: Bool {
        if case .none = self { false } else { true }
    }

    init(_ validation: XMLValidation) {
        switch validation {
        case .none: self = .none
        case .document(let schema): self = .whole(schema)
        case .parts(let resolve):
            self = .parts(
                { (namespace) throws(XMLSchemaFault) in try resolve(namespace).map { .validate($0) } ?? .ignore },
                isSurvey: false)
        }
    }
}

/// The sub-tree that is being validated; depth 0 means none.
struct XMLOpenPart {
    var depth = 0
    /// The element to which schema errors belong at this moment.
    var blamed = 0
    var forward: XMLForward?
    var validator: XMLValidator?
    var schema: XMLSchema?
    /// The name under which the schema sees the root, where it is not its own.
    var root: UnsafePointer<UInt8>?
    var namespace = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    var firstError = 0
}

/// A part that a survey has found.
struct XMLPartRecord {
    var path: String
    var namespace: String
    var position: XMLPosition
    var start: Int
    var end: Int
    var hasSchema: Bool
    var isClosed: Bool
    var errors: [XMLSchemaError]
}

extension XMLSession {
    /// Decides whether the element that was just pushed begins a part.
    static func considerPart(_ s: Pointer, _ tag: XMLStartTag) {
        let depth = s.pointee.depth
        let choose: (String) throws(XMLSchemaFault) -> XMLPartChoice
        switch s.pointee.plan {
        case .none: return
        case .whole(let schema):
            if depth == 1 { open(s, at: 1, tag, schema) }
            return
        case .parts(let closure, let isSurvey):
            choose = closure
            if isSurvey { s.pointee.frames[depth].offset = tagOffset(s) }
        }
        let frame = s.pointee.frames[depth]
        guard frame.namespace.baseAddress != s.pointee.frames[depth - 1].namespace.baseAddress else {
            if depth == 2 { considerBelowStranger(s, tag) }
            return
        }
        guard frame.namespace.count > 0 else { return }
        do throws(XMLSchemaFault) {
            switch try choose(String(xml: frame.namespace)) {
            case .ignore: return
            case .validate(let schema):
                if schema.declares(frame.local) || schema.roots.count != 1 {
                    open(s, at: depth, tag, schema)
                } else if depth == 1 {
                    s.pointee.stranger = schema
                } else {
                    // The wrapper stands for the root: the network gave it a name and namespace of its own.
                    open(s, at: depth - 1, tag, schema, as: schema.roots[0])
                }
            case .note:
                if XMLParts.isRoot(frame.local) {
                    open(s, at: depth, tag, nil)
                } else if depth > 1 {
                    open(s, at: depth - 1, tag, nil)
                }
            }
        } catch {
            fail(s, .schemaUnusable, error.description)
        }
    }

    /// A root in a message's namespace that its schema does not declare is a wrapper when the first of its children in
    /// that namespace is declared: wrappers are careless about theirs. Else it stands where the message's root should.
    private static func considerBelowStranger(_ s: Pointer, _ tag: XMLStartTag) {
        guard let schema = s.pointee.stranger else { return }
        if schema.declares(s.pointee.frames[2].local) { return open(s, at: 2, tag, schema) }
        judgeStranger(s, schema)
    }

    /// At the end of such a root: without a part in it, it is the part.
    static func endStranger(_ s: Pointer) {
        guard let schema = s.pointee.stranger, s.pointee.partsOfRoot == 0 else { return }
        judgeStranger(s, schema)
    }

    private static func judgeStranger(_ s: Pointer, _ schema: XMLSchema) {
        s.pointee.stranger = nil
        let root = s.pointee.frames[1]
        guard let local = root.local.baseAddress else { return }
        let tag = XMLStartTag(
            local: local, prefix: nil, namespace: root.namespace.baseAddress, declarationCount: 0, declarations: nil,
            attributeCount: 0, attributes: nil)
        open(s, at: 1, tag, schema, as: XMLSchemaRoot(name: local))
    }

    private static func open(
        _ s: Pointer, at depth: Int, _ tag: XMLStartTag, _ schema: XMLSchema?, as root: XMLSchemaRoot? = nil
    ) {
        var part = XMLOpenPart()
        part.depth = depth
        part.blamed = depth
        part.schema = schema
        part.root = root?.name
        part.namespace = s.pointee.frames[s.pointee.depth].namespace
        part.firstError = s.pointee.errors.count
        s.pointee.partsOfRoot += 1
        if let schema {
            guard let validator = schema.takeValidator(), let forward = validator.begin(s) else {
                return fail(s, .outOfMemory, "No memory for validation.")
            }
            part.validator = validator
            part.forward = forward
            s.pointee.validatedParts += 1
        }
        s.pointee.part = part
        guard let forward = part.forward, let root = part.root else { return }
        begin(
            s, forward,
            XMLStartTag(
                local: root, prefix: nil, namespace: tag.namespace, declarationCount: 0, declarations: nil,
                attributeCount: 0, attributes: nil))
    }

    /// Gives the schema the tag that begins a part, with every namespace that is bound around it: the schema sees the
    /// part alone, and a prefix in `xsi:type` may be bound further out.
    static func begin(_ s: Pointer, _ forward: XMLForward, _ tag: XMLStartTag) {
        let count = Int(s.pointee.parser.pointee.nsNr)
        guard count > Int(tag.declarationCount) * 2, let table = s.pointee.parser.pointee.nsTab else {
            return forward.start(tag)
        }
        // The `nsNr` words of `nsTab` are pairs of a prefix and its namespace, outermost first; of two that bind the
        // same prefix the validator takes the first.
        var scope = stride(from: count - 2, through: 0, by: -2).flatMap { [table[$0], table[$0 + 1]] }
        scope.withUnsafeMutableBufferPointer { pairs in
            forward.start(
                XMLStartTag(
                    local: tag.local, prefix: tag.prefix, namespace: tag.namespace,
                    declarationCount: Int32(count / 2), declarations: pairs.baseAddress,
                    attributeCount: tag.attributeCount, attributes: tag.attributes))
        }
    }

    /// Ends the open part, at its end tag or where the document broke off.
    static func closePart(_ s: Pointer, isWhole: Bool = true) {
        var part = s.pointee.part
        guard part.depth > 0 else { return }
        let hasSchema = part.validator != nil
        if let validator = part.validator {
            let isValid = validator.end()
            if !isValid, isWhole, s.pointee.errors.count == part.firstError {
                s.pointee.part.blamed = part.depth
                report(s, XMLSchemaRule.other, "The element does not match its schema.", attribute: nil)
            }
            if isWhole { part.schema?.giveBack(validator) }
        }
        if case .parts(_, isSurvey: true) = s.pointee.plan {
            let frame = s.pointee.frames[part.depth]
            let record = XMLPartRecord(
                path: path(s, from: 1, to: part.depth), namespace: String(xml: part.namespace),
                position: placed(s, frame.line, frame.column), start: frame.offset, end: isWhole ? offset(s) : -1,
                hasSchema: hasSchema, isClosed: isWhole, errors: Array(s.pointee.errors[part.firstError...]))
            s.pointee.records.append(record)
        }
        part = XMLOpenPart()
        s.pointee.part = part
    }

    /// Takes an error of the validator; called from inside a forwarded event.
    static func noteSchemaError(_ s: Pointer, _ error: xmlError) {
        guard error.level.rawValue >= XML_ERR_ERROR.rawValue, s.pointee.part.depth > 0 else { return }
        let rule = XMLSchemaRule(code: error.code)
        // The message, when there is one, is a zero-terminated string that lives during the callback.
        var message = error.message.map { String(cString: $0) } ?? ""
        if let alias = s.pointee.part.schema?.alias { message = alias.spelled(message) }
        let said = XMLSchemaMessage(message, namespace: String(xml: s.pointee.part.namespace))
        report(s, rule, said.text, attribute: said.attribute)
    }

    private static func report(_ s: Pointer, _ rule: XMLSchemaRule, _ text: String, attribute: String?) {
        let blamed = s.pointee.part.blamed
        let frame = s.pointee.frames[blamed]
        var place = path(s, from: s.pointee.part.depth, to: blamed)
        if let attribute { place += "/@" + attribute }
        let found = XMLSchemaError(
            position: placed(s, frame.line, frame.column), path: place, rule: rule, text: text)
        if let last = s.pointee.errors.last, s.pointee.errors.count > s.pointee.part.firstError,
            last.rule.isFacet, last.path == found.path, last.position == found.position,
            rule == .datatype || rule == .simpleType || rule == .attributeValue || rule == .type
        {
            return
        }
        s.pointee.errors.append(found)
        if s.pointee.errors.count - s.pointee.part.firstError >= s.pointee.limits.schemaErrors {
            s.pointee.part.forward = nil
        }
    }
}

/// A message of libxml2 without what the path and the rule already say.
struct XMLSchemaMessage {
    var text: String
    var attribute: String?

    /// Messages read `Element '{ns}Name', attribute 'Ccy': [facet 'pattern'] The value ...`.
    init(_ message: String, namespace: String) {
        var rest = XMLSession.oneLine(message)[...]
        if rest.hasPrefix("Element '"), let colon = rest.range(of: "': ") {
            let head = rest[..<colon.lower]
            if let mark = head.range(of: ", attribute '") {
                let name = head[mark.upper...]
                attribute = name.range(of: "}").map { String(name[$0.upper...]) } ?? String(name)
            }
            rest = rest[colon.upper...]
        }
        if rest.hasPrefix("[facet '"), let bracket = rest.range(of: "'] ") { rest = rest[bracket.upper...] }
        text = String(rest).removing("{\(namespace)}")
    }
}

extension StringProtocol where SubSequence == Substring {
    /// The first place of a text, without Foundation.
    func range(of needle: String) -> (lower: Index, upper: Index)? {
        let wanted = Array(needle.utf8)
        guard !wanted.isEmpty else { return nil }
        var start = utf8.startIndex
        while start != utf8.endIndex {
            if utf8[start...].starts(with: wanted) {
                return (start, utf8.index(start, offsetBy: wanted.count))
            }
            start = utf8.index(after: start)
        }
        return nil
    }

    func removing(_ needle: String) -> String {
        var result = ""
        var rest = self[startIndex...]
        while let found = rest.range(of: needle) {
            result += rest[..<found.lower]
            rest = rest[found.upper...]
        }
        return result + rest
    }
}
