import FormatXML
import Payments

/// The skeleton of a message: how it is wrapped, what it is, and, when asked for, its leaves with their places.
struct ISOOutline: XMLSink {
    struct Leaf: Sendable, Equatable {
        /// From the part's root: `Document/FIToFICstmrCdtTrf/GrpHdr/MsgId`.
        var path: String
        var value: String
        var position: XMLPosition
    }

    private(set) var wrappers: [ISOEnvelope.Wrapper] = []
    /// Message definitions by the namespaces of `AppHdr` and `Document`; empty when the namespace is not ISO's.
    private(set) var headers: [String] = []
    private(set) var documents: [String] = []
    /// The documents whose namespace is not ISO's, with their paths from the root of the file.
    private(set) var foreign: [(path: String, namespace: String)] = []
    /// The outermost elements of the file, the first of them.
    private(set) var roots: [ISOEnvelope.Wrapper] = []
    private(set) var leaves: [Leaf] = []
    /// Every element of the parts, without a value.
    private var elements: [Leaf] = []
    private let keepsLeaves: Bool
    /// The open part is a header of a namespace that is not ISO's.
    private var isStrange = false
    /// Where the only part begins whose leaves are kept; nil for all.
    private let only: XMLPosition?
    private var isPassedOver = false
    /// By depth: the name that stood last, and how often in a row.
    private var runs: [(name: String, count: Int)] = []
    private var depth = 0
    /// Depth of the part's root; 0 outside of parts.
    private var part = 0
    private var path: [UInt8] = []
    private var marks: [Int] = []
    private var position = XMLPosition(line: 0, column: 0)
    /// The wrappers that are open are those of the document once one began.
    private var open: [ISOEnvelope.Wrapper] = []

    /// A message of more leaves is answered by what its first ones say.
    static let greatestLeaves = 2_000
    static let greatestWrappers = 8
    private static let greatestValueBytes = 2_048

    init(keepsLeaves: Bool, only: XMLPosition? = nil) {
        self.keepsLeaves = keepsLeaves
        self.only = only
    }

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        depth += 1
        if part == 0 {
            outside(name, position)
        } else if depth == part + 1, isStrange {
            // A header under a network's own name says by its content what it is.
            isStrange = false
            headers[headers.count - 1] = XMLParts.messageDefinition(of: String(xml: name.namespace)) ?? ""
        }
        guard part > 0, keepsLeaves else { return .next }
        self.position = position
        marks.append(path.count)
        if !path.isEmpty { path.append(UInt8(ascii: "/")) }
        path.append(contentsOf: name.local)
        if !isPassedOver, elements.count < Self.greatestLeaves {
            elements.append(Leaf(path: String(decoding: path, as: UTF8.self), value: "", position: position))
        }
        return .next
    }

    private mutating func outside(_ name: XMLName, _ position: XMLPosition) {
        let isHeader = name.isLocal("AppHdr")
        count(String(xml: name.local))
        if depth == 1, roots.count < Self.greatestWrappers {
            roots.append(.init(name: String(xml: name.local), namespace: String(xml: name.namespace)))
        }
        if isHeader || name.isLocal("Document") {
            part = depth
            let namespace = String(xml: name.namespace)
            let definition = XMLParts.messageDefinition(of: namespace) ?? ""
            if isHeader {
                headers.append(definition)
            } else {
                documents.append(definition)
                wrappers = open
                if definition.isEmpty { foreign.append((placePath, namespace)) }
            }
            isStrange = isHeader && definition.isEmpty
            isPassedOver = only != nil && only != position
        } else if !open.isEmpty, let definition = XMLParts.messageDefinition(of: String(xml: name.namespace)) {
            // A message under a network's own name in place of Document.
            part = depth
            documents.append(definition)
            wrappers = open.dropLast()
            isPassedOver = only != nil
        } else if open.count < Self.greatestWrappers {
            open.append(.init(name: String(xml: name.local), namespace: String(xml: name.namespace)))
        }
    }

    /// Counts an element outside of parts among its neighbours of the same name.
    private mutating func count(_ name: String) {
        if runs.count > depth { runs.removeLast(runs.count - depth) }
        if runs.count == depth, let last = runs.last, last.name == name {
            runs[runs.count - 1].count += 1
        } else {
            if runs.count == depth { runs.removeLast() }
            runs.append((name, 1))
        }
    }

    private var placePath: String {
        runs.map { $0.count > 1 ? "/\($0.name)[\($0.count)]" : "/\($0.name)" }.joined()
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        guard part > 0, keepsLeaves, !isPassedOver, leaves.count < Self.greatestLeaves,
            bytes.count <= Self.greatestValueBytes
        else {
            return .next
        }
        leaves.append(
            Leaf(path: String(decoding: path, as: UTF8.self), value: String(xml: bytes), position: position))
        return .next
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        if part > 0, keepsLeaves, let mark = marks.popLast() { path.removeSubrange(mark...) }
        if part == 0, open.count == depth { open.removeLast() }
        if depth == part { part = 0 }
        depth -= 1
        return .next
    }

    var definition: String { documents.first ?? "" }

    var envelope: ISOEnvelope {
        // A wrapper that claims to be a message itself is not worn: the answer would be taken for that message.
        let isStrange = wrappers.contains { XMLParts.messageDefinition(of: $0.namespace) != nil }
        return ISOEnvelope(
            wrappers: isStrange ? [] : wrappers, header: headers.first { ISOEnvelope.headers.contains($0) })
    }

    /// The first leaf whose path ends in these names.
    func leaf(_ suffix: String) -> Leaf? {
        let ending = "/" + suffix
        return leaves.first { $0.path.hasSuffix(ending) }
    }

    func value(_ suffix: String) -> String? { leaf(suffix)?.value }

    /// Where the first element begins whose path is this or ends in it.
    func position(of path: String) -> XMLPosition? {
        let ending = "/" + path
        return elements.first { $0.path == path || $0.path.hasSuffix(ending) }?.position
    }

    /// The path as the message has it: agents of the header may stand in the transaction instead.
    func spot(_ path: String) -> String {
        guard path == ISOPlace.instructing || path == ISOPlace.instructed, position(of: path) == nil else {
            return path
        }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        for holder in ["CdtTrfTxInf", "TxInfAndSts", "TxInf"] where position(of: "\(holder)/\(name)") != nil {
            return "\(holder)/\(name)"
        }
        return path
    }
}

extension ISORoom {
    /// The outline of bytes, as far as they can be read, with the fault that ended the reading.
    func outline(_ bytes: [UInt8], leaves: Bool, validate: Bool, limits: XMLLimits) -> (ISOOutline, XMLError?) {
        var outline = ISOOutline(keepsLeaves: leaves)
        let validation: XMLValidation = validate ? .parts(schema) : .none
        do throws(XMLError) {
            try XMLReader(limits: limits).read(bytes, validation: validation, into: &outline)
            return (outline, nil)
        } catch {
            return (outline, error)
        }
    }
}

extension Refusal {
    /// What the reader of the format refused: by its own layer, with place and rule.
    init(_ error: XMLError) {
        let first = error.schemaErrors.first
        let more = error.schemaErrors.count - 1
        switch error.reason {
        case .invalid:
            self.init(
                .schema, Reason(Refusal.reason(first?.rule ?? .other), detail: error.text), path: error.path,
                line: error.line, column: error.column, rule: first?.rule.rawValue ?? error.reason.rawValue,
                says: more > 0 ? "\(error.text) (\(more) more)" : error.text)
        default:
            self.init(
                .wire, Reason(Refusal.reason(error.reason), detail: error.text), path: error.path, line: error.line,
                column: error.column, rule: error.reason.rawValue, says: error.text)
        }
    }

    private static func reason(_ reason: XMLError.Reason) -> String {
        switch reason {
        case .documentTooLarge, .tooManyElements: "payloadTooLarge"
        case .textTooLong: "contentTooLong"
        case .schemaUnusable, .outOfMemory: "internalError"
        case .invalidEncoding, .encodingNotAllowed, .encodingContradicted: "charactersNotAllowed"
        default: "malformed"
        }
    }

    private static func reason(_ rule: XMLSchemaRule) -> String {
        switch rule {
        case .maxLength: "contentTooLong"
        case .elementContent, .contentKind, .rootUndeclared, .element, .wildcard, .other, .identity: "malformed"
        case .attributeNotAllowed: "elementNotAllowed"
        case .attributeMissing: "missingElement"
        default: "contentInvalid"
        }
    }
}
