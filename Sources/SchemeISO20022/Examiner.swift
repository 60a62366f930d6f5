public import FormatXML
public import Mapping
import Payments

/// Checks files that hold ISO 20022 messages, part by part, for people: no network, no settings, no payment.
public struct ISO20022Examiner: Sendable {
    /// How far to look. Each layer includes those before it.
    public enum Depth: String, Sendable, CaseIterable {
        case wire, schema, business
    }

    /// What is wrong, where, and by which rule.
    public struct Fault: Sendable, Equatable {
        public var layer: Depth
        /// Both from 1; 0 when not known.
        public var line: Int
        public var column: Int
        public var path: String
        public var rule: String
        public var text: String
    }

    public enum Verdict: Sendable, Equatable {
        case ok
        case invalid([Fault])
        /// Nothing can be said of it, and why.
        case unsupported(String)
    }

    /// One header or message of a file, or the whole file when it cannot be read.
    public struct Finding: Sendable, Equatable, CustomStringConvertible {
        /// From the file's root; `/` for the whole file.
        public var part: String
        /// Such as `pacs.008.001.08`; empty when it is not known.
        public var definition: String
        public var verdict: Verdict
        /// Where the part begins; 0, 0 when not known.
        public var position: XMLPosition

        public init(
            part: String, definition: String, verdict: Verdict, position: XMLPosition = XMLPosition(line: 0, column: 0)
        ) {
            self.part = part
            self.definition = definition
            self.verdict = verdict
            self.position = position
        }

        /// One line: the verdict, the part, and the first fault with its place.
        public var description: String {
            let name = definition.isEmpty ? part : "\(part) (\(definition))"
            switch verdict {
            case .ok: return "ok\t\(name)"
            case .unsupported(let why): return "unsupported\t\(name)\t\(why)"
            case .invalid(let faults):
                guard let fault = faults.first else { return "invalid\t\(name)" }
                let place = fault.line > 0 ? "line \(fault.line), column \(fault.column)" : "place unknown"
                let more = faults.count > 1 ? " (\(faults.count - 1) more)" : ""
                let cells = ["invalid", name, fault.layer.rawValue, place, fault.path, fault.rule, fault.text + more]
                return cells.joined(separator: "\t")
            }
        }
    }

    private let room: ISORoom

    public init(mappings: Mappings, schemas: XMLSchemaFolder) {
        room = ISORoom(mappings: mappings, schemas: schemas)
    }

    /// One finding for each part, in the order of the file; never none. A file may hold many messages: under one
    /// wrapper, or as documents one after another.
    public func examine(_ bytes: [UInt8], through depth: Depth, limits: XMLLimits = .file) -> [Finding] {
        var limits = limits
        limits.roots = max(XMLLimits.file.roots, limits.roots)
        let (outline, failure) = room.outline(bytes, leaves: false, validate: false, limits: limits)
        if let failure { return [whole(failure)] }
        return parts(bytes, outline, depth, limits)
    }

    /// The same of a file of any size, in one pass; the sink hears all of it. The rules of the business layer need a
    /// message as a whole and are not asked.
    public func examine<Sink: XMLSink & ~Copyable>(
        _ stream: XMLStream, through depth: Depth, limits: XMLLimits = .file, into sink: inout Sink
    ) -> [Finding] {
        let schemas = room.schemas
        let items = Set(room.mappings.transactionNames).union(Self.items).sorted()
        let examination = XMLParts.examine(stream: stream, items: items, limits: limits, into: &sink) {
            (namespace) throws(XMLSchemaFault) in depth == .wire ? nil : try schemas.schema(namespace: namespace)
        }
        if let failure = examination.failure, examination.parts.isEmpty { return [whole(failure)] }
        var findings = examination.parts.map { finding($0, depth) }
        if let failure = examination.failure { findings.append(whole(failure)) }
        guard findings.isEmpty else { return findings }
        let found = "there is no ISO 20022 message in the file; \(Self.known)"
        return [Finding(part: "/", definition: "", verdict: .unsupported(found))]
    }

    /// What is one of many in messages that have no table.
    private static let items = [
        "CdtTrfTxInf", "DrctDbtTxInf", "TxInf", "TxInfAndSts", "OrgnlPmtInfAndSts", "Ntry", "TxDtls", "Undrlyg", "Rpt",
    ]

    private func whole(_ error: XMLError) -> Finding {
        let fault = Fault(
            layer: .wire, line: error.line, column: error.column, path: error.path, rule: error.reason.rawValue,
            text: error.text)
        return Finding(part: "/", definition: "", verdict: .invalid([fault]))
    }

    private func parts(_ bytes: [UInt8], _ outline: ISOOutline, _ depth: Depth, _ limits: XMLLimits) -> [Finding] {
        let schemas = room.schemas
        let examination = XMLParts.examine(bytes, limits: limits) { (namespace) throws(XMLSchemaFault) in
            depth == .wire ? nil : try schemas.schema(namespace: namespace)
        }
        if let failure = examination.failure, examination.parts.isEmpty { return [whole(failure)] }
        var findings = examination.parts.map { finding($0, depth) }
        if depth == .business { judge(&findings, examination.parts, bytes, limits) }
        findings += outline.foreign.map { part in
            Finding(
                part: part.path, definition: "", verdict: .unsupported("\(Self.said(part.namespace)); \(Self.known)"))
        }
        guard findings.isEmpty else { return findings }
        let roots = outline.roots.map { "\($0.name), \(Self.said($0.namespace))" }.joined(separator: "; ")
        let found = "there is no ISO 20022 message in the file: its root is \(roots); \(Self.known)"
        return [Finding(part: "/", definition: "", verdict: .unsupported(found))]
    }

    private static let known =
        "known are AppHdr and Document under any wrapper, and a network's own names for them, with content in a "
        + "namespace such as \(ISO20022.Definition.namespace)pacs.008.001.08"

    private static func said(_ namespace: String) -> String {
        namespace.isEmpty ? "it has no namespace" : "its namespace is \(namespace.prefix(120))"
    }

    /// What is missing, and what there is of its kind.
    private func noSchema(_ definition: String) -> String {
        let kind = definition.prefix(8)
        let others = room.schemas.names.filter { $0.hasPrefix(kind) && $0 != definition }
        let known = others.isEmpty ? "nor for any other \(kind)" : "there is for \(others.joined(separator: ", "))"
        return "there is no schema for \(definition); \(known)"
    }

    /// Runs the rules on each message that is valid, whatever else is in the file.
    private func judge(_ findings: inout [Finding], _ parts: [XMLPart], _ bytes: [UInt8], _ limits: XMLLimits) {
        var number = -1
        for (index, part) in parts.enumerated() {
            let definition = part.messageDefinition
            let isMessage = !definition.hasPrefix("head.") && room.mappings.translator("iso20022/" + definition) != nil
            guard isMessage else { continue }
            number += 1
            guard findings[index].verdict == .ok, let fault = business(bytes, number, part, limits) else { continue }
            findings[index].verdict = .invalid([fault])
        }
    }

    private func finding(_ part: XMLPart, _ depth: Depth) -> Finding {
        let verdict: Verdict
        switch part.verdict {
        case .valid: verdict = .ok
        case .noSchema:
            verdict = depth == .wire ? .ok : .unsupported(noSchema(part.messageDefinition))
        case .invalid(let errors), .unfinished(let errors):
            verdict = .invalid(
                errors.map {
                    Fault(
                        layer: .schema, line: $0.line, column: $0.column, path: $0.path, rule: $0.rule.rawValue,
                        text: $0.text)
                })
        }
        return Finding(
            part: part.path, definition: part.messageDefinition, verdict: verdict, position: part.position)
    }

    /// The first of the rules that a message breaks, of those that need no settings of a rail.
    private func business(_ bytes: [UInt8], _ number: Int, _ part: XMLPart, _ limits: XMLLimits) -> Fault? {
        do throws(Refusal) {
            if number > 0, isSound(bytes, part, limits) { return nil }
            try ISOBusinessRules.content(try room.message(bytes, number: number, limits: limits))
            return nil
        } catch {
            let placed = room.placed(error, bytes, limits, only: part.position)
            return Fault(
                layer: .business, line: placed.line ?? part.position.line,
                column: placed.column ?? part.position.column, path: placed.path, rule: placed.rule, text: placed.says)
        }
    }

    /// Whether a message alone keeps the rules: of a file of very many, each is read out of its own bytes where it can
    /// be. False needs the look at the whole, which has the place, and the namespaces that are bound further out.
    private func isSound(_ bytes: [UInt8], _ part: XMLPart, _ limits: XMLLimits) -> Bool {
        guard let range = part.bytes, let message = try? room.message(Array(bytes[range]), number: 0, limits: limits)
        else { return false }
        return (try? ISOBusinessRules.content(message)) != nil
    }
}
