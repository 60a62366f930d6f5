import FormatJSON
import FormatXML
import Mapping
import Payments
import SchemeISO20022

/// Every table of messages in both directions, and the ISO 20022 adapter over them.
///
/// Oracles: what decodes is written, is valid by the schema, decodes again to the same payment as far as nothing is
/// reported lost, and is written to the same bytes; a refused message gets an answer that is valid itself.
enum Target: FuzzTarget {
    /// Two for the table, then flags: 1 validates first, 2 goes by the adapter, 4 by the envelope, 8 writes it in
    /// another language too, chosen by the last.
    static let choices = 4
    private static let messages = Choice(Files.mappings.messages)
    private static let adapter = ISO20022.adapter(mappings: Files.mappings, schemas: Files.schemas)

    static func run(_ choices: [UInt8], _ document: [UInt8]) {
        let name = messages[choices[0], choices[1]]
        let flags = choices[2]
        guard let translator = Files.mappings.translator(name) else { broken("no translator \(name)") }
        let isISO = name.hasPrefix("iso20022/")
        if isISO, flags & 2 != 0 { return Door.knock(document, adapter, flags) }
        let payments: [Payment]?
        let isValidated = isISO && flags & 1 != 0
        if isISO, flags & 4 != 0 {
            payments = enveloped(document, validates: isValidated)
        } else {
            payments = decode(document, translator, validates: isValidated)
        }
        if !isISO { JSON.check(document) }
        guard let payments, !payments.isEmpty else { return }
        if isISO, flags & 4 != 0 {
            attempt(payments, translator, isStrict: isValidated)
        } else {
            RoundTrip.check(payments, translator, isStrict: isValidated || !isISO)
        }
        if flags & 8 != 0, let other = Files.mappings.translator(messages[choices[3], 0]) {
            attempt(payments, other, isStrict: isValidated || !isISO)
        }
    }

    private static func decode(_ bytes: [UInt8], _ translator: Translator, validates: Bool) -> [Payment]? {
        do throws(TranslationError) {
            return try RoundTrip.read(bytes, translator, validates: validates)
        } catch {
            expect(!error.text.isEmpty && !error.rule.isEmpty, "an error says nothing: \(error)")
            return nil
        }
    }

    private static func enveloped(_ bytes: [UInt8], validates: Bool) -> [Payment]? {
        let validation: XMLValidation =
            validates ? .parts { (namespace) throws(XMLSchemaFault) in try Files.schema(namespace) } : .none
        do throws(TranslationError) {
            return try Files.mappings.readISO(bytes, validation: validation).payments
        } catch {
            expect(!error.text.isEmpty && !error.rule.isEmpty, "an error says nothing: \(error)")
            return nil
        }
    }

    /// Writes payments of one message as another: whatever is written must be read by the table that wrote it.
    private static func attempt(_ payments: [Payment], _ translator: Translator, isStrict: Bool) {
        guard let bytes = try? translator.write(payments).bytes else { return }
        do throws(TranslationError) {
            _ = try RoundTrip.read(bytes, translator, validates: false)
        } catch {
            guard isStrict else { return }
            broken("\(translator.message) does not read what it wrote: \(error) in \(RoundTrip.shown(bytes))")
        }
    }

    static func prepare() {
        _ = Files.mappings
        _ = adapter
    }

    static func seeds() -> [Seed] {
        var seeds: [Seed] = []
        for (name, bytes) in Files.vectors where name.hasSuffix(".xml") {
            let definition = (try? Files.mappings.readISO(bytes))?.definition ?? "pacs.008.001.08"
            let table = messages.bytes(of: "iso20022/" + definition)
            for flags: UInt8 in [0, 1, 2, 13] {
                seeds.append(Seed(name: "\(flags)-\(name)", choices: table + [flags, 77], document: bytes))
            }
        }
        for message in Files.mappings.messages {
            guard let translator = Files.mappings.translator(message) else { continue }
            var random = RandomPayment(seed: 20_261, translator)
            for round in 0..<6 {
                guard let bytes = try? translator.write(random.next()).bytes else { continue }
                seeds.append(
                    Seed(
                        name: "random-\(round)-\(message)",
                        choices: messages.bytes(of: message) + [9, UInt8(round) * 40],
                        document: bytes))
            }
        }
        return seeds
    }
}

/// What is decoded and what becomes of it.
enum RoundTrip {
    /// - Parameter validates: Of XML alone; JSON has no schema.
    static func read(_ bytes: [UInt8], _ translator: Translator, validates: Bool) throws(TranslationError) -> [Payment]
    {
        guard translator.message.hasPrefix("iso20022/") else { return try translator.read(json: bytes).payments }
        let definition = String(translator.message.dropFirst("iso20022/".count))
        return try translator.read(xml: bytes, schema: validates ? Files.schema(definition: definition) : nil).payments
    }

    /// - Parameter isStrict: Whether the message kept to its schema, or is of a format that has none. Of another, with
    ///   text between its elements and two of what there may be one, no more is asked than that it is written and read
    ///   at all.
    static func check(_ payments: [Payment], _ translator: Translator, isStrict: Bool) {
        let writing: Writing
        do throws(TranslationError) {
            writing = try translator.write(payments)
        } catch {
            // A message may leave out what an order of ours must say, and without a schema say what none allows.
            let isExcused = error.reason == .missingElement || !isStrict
            expect(isExcused, "\(translator.message) cannot be written again: \(error)")
            return
        }
        let again: [Payment]
        do throws(TranslationError) {
            again = try read(writing.bytes, translator, validates: isStrict)
        } catch {
            guard isStrict else { return }
            broken("\(translator.message) is not read again: \(error) in \(shown(writing.bytes))")
        }
        guard isStrict else { return _ = try? translator.write(again) }
        expect(again.count <= payments.count, "\(payments.count) payments became \(again.count)")
        for (index, before) in payments.enumerated() {
            let losses = writing.losses.filter { $0.payment == index }
            // Of several, one that says nothing has no place of its own: any other says as much.
            let others = again.count == payments.count ? again[index...index] : again[...]
            let differences = others.map { difference(before, $0, losses, translator) }
            guard !differences.contains(nil), let difference = differences.first else { continue }
            broken("\(translator.message): \(difference ?? "") in \(shown(writing.bytes))")
        }
        do throws(TranslationError) {
            let bytes = try translator.write(again).bytes
            expect(bytes == writing.bytes, "written twice: \(shown(writing.bytes)) and \(shown(bytes))")
        } catch {
            broken("\(translator.message) is not written a second time: \(error)")
        }
    }

    /// The first field that was neither read back nor reported.
    private static func difference(
        _ before: Payment, _ after: Payment, _ losses: [Mapping.Loss], _ translator: Translator
    ) -> String? {
        let lost = Set(losses.map(\.field))
        let said = Set(translator.fields)
        for field in PaymentFields.scalar where said.contains(field.name) {
            guard let value = field.get(before, 0), !lost.contains(field.name) else { continue }
            let now = field.get(after, 0)
            if now != value { return "\(field.name) was \(value) and is \(String(describing: now))" }
        }
        let now = Set(after.sideCar)
        // Space in an element that holds nothing else is no value.
        for entry in before.sideCar where !now.contains(entry) && !entry.isForm && !isBlank(entry.value) {
            if !lost.contains("sideCar[\(entry.path)]") { return "\(entry) is lost in silence" }
        }
        for list in PaymentFields.lists where list.name != "sideCar[]" {
            for field in PaymentFields.inList(list.name) where said.contains(field.name) {
                let values = (0..<list.count(before)).compactMap { index in
                    let name = field.name.replacing("[]", with: "[\(index)]", maxReplacements: 1)
                    // An element that holds no text says nothing, and is not written.
                    guard !lost.contains(name), let value = field.get(before, index), value != .text("") else {
                        return FieldValue?.none
                    }
                    return value
                }
                let now = Set((0..<list.count(after)).compactMap { field.get(after, $0) })
                if let value = values.first(where: { !now.contains($0) }) {
                    return "\(field.name) was \(value) and is \(now)"
                }
            }
        }
        return nil
    }

    private static func isBlank(_ text: String) -> Bool {
        text.utf8.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    }

    static func shown(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(6000), as: UTF8.self) }
}

/// The tree of a JSON document and its writer.
enum JSON {
    static func check(_ bytes: [UInt8]) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes)
        } catch {
            expect(!error.text.isEmpty && error.line > 0 && error.column > 0, "an error says nothing: \(error)")
            return
        }
        for form in [value.bytes(), value.bytes(pretty: true), value.canonicalBytes] {
            do throws(JSONError) {
                let again = try JSONValue.parse(form)
                expect(again == value, "written and read again: \(again), not \(value)")
                expect(again.canonicalBytes == value.canonicalBytes, "the canonical form changes")
            } catch {
                broken("what was written is not read: \(error)")
            }
        }
    }
}

/// The ISO 20022 adapter as the wire meets it.
enum Door {
    private static let now: Instant = {
        guard let now = DateTime("2026-03-02T08:15:31Z") else { fatalError("no such moment") }
        return now.instant
    }()

    private static func context(isAsynchronous: Bool) -> InboundContext {
        var values = ["bic": "ZIWAUGK0", "clearingBic": "CLRGKEN0", "settlementDays": "365"]
        if isAsynchronous { values["exchange"] = "asynchronous" }
        let settings = AdapterSettings(network: "iso:rtp1", tenant: "bank-a", values: values)
        return InboundContext(settings: settings, permittedSources: ["*"], now: now, entropy: 7)
    }

    static func knock(_ bytes: [UInt8], _ adapter: Adapter, _ flags: UInt8) {
        let context = context(isAsynchronous: flags & 16 != 0)
        let request = WireRequest(
            method: "POST", path: "/iso20022/rtp1", headers: [WireHeader("content-type", "application/xml")],
            body: bytes)
        do throws(Refusal) {
            let inbound = try adapter.decode(request, context)
            expect(!inbound.message.isEmpty, "a message without a name")
        } catch {
            expect(!error.says.isEmpty, "a refusal says nothing: \(error)")
            let reply = adapter.refuse(error, request, context)
            // A negative answer to an order that could be read is an answer like any other: 200.
            let isAnswer = reply.status == 200 && error.layer == .business
            expect(isAnswer || (400..<600).contains(reply.status), "\(error) is answered with \(reply.status)")
            check(reply.body, after: error)
            if let objection = adapter.objection(error, request, context) { check(objection.body, after: error) }
        }
    }

    /// An answer of ours is read by its schemas.
    private static func check(_ body: [UInt8], after refusal: Refusal) {
        guard !body.isEmpty else { return }
        let examined = XMLParts.examine(body) { (namespace) throws(XMLSchemaFault) in try Files.schema(namespace) }
        expect(examined.isValid, "the answer to \(refusal) is \(examined) in \(RoundTrip.shown(body))")
    }
}
