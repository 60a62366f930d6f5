import Mapping
import Payments
import Testing

/// Laws that hold for every table and every payment: what is written is valid and reads back; what is not written is
/// reported; nothing else is lost.
@Suite struct RoundTripTests {
    /// All but those that speak of an account: they say more than a payment has, and are written again, never made.
    static let messages = MappingFiles.mappings.messages.filter { message in
        !["camt.052", "camt.053", "camt.054", "camt.060"].contains { message.hasPrefix("iso20022/\($0)") }
    }
    static let rounds: UInt64 = 150

    @Test(arguments: messages)
    func whatIsSaidReadsBackAndTheRestIsReported(_ message: String) throws {
        let translator = try #require(MappingFiles.mappings.translator(message))
        var random = RandomPayment(seed: 20_261_123, translator)
        var read = 0
        for round in 0..<Self.rounds {
            let payment = random.next()
            let writing: Writing
            do {
                writing = try translator.write(payment)
            } catch {
                Issue.record("\(message), round \(round): \(error)")
                return
            }
            let text = String(decoding: writing.bytes, as: UTF8.self)
            let again: Payment
            do {
                again = try Self.read(writing.bytes, translator)
            } catch {
                Issue.record("\(message), round \(round): \(error) in \(text)")
                return
            }
            #expect(again.sideCar.isEmpty, "\(message), round \(round): \(again.sideCar) in \(text)")
            if let difference = Self.difference(payment, again, writing.losses, translator) {
                Issue.record("\(message), round \(round): \(difference) in \(text)")
                return
            }
            #expect(try translator.write(again).bytes == writing.bytes, "\(message), round \(round): \(text)")
            read += 1
        }
        #expect(read == Int(Self.rounds))
    }

    /// bytes -> payment -> bytes, with sub-trees that rows keep: the same bytes, and the side-car holds each of them.
    @Test(arguments: messages)
    func whatIsKeptComesBackAsItWas(_ message: String) throws {
        let translator = try #require(MappingFiles.mappings.translator(message))
        var random = RandomPayment(seed: 7_301, translator)
        var kept = try RandomKept(seed: 7_302, translator)
        var entries = 0
        for round in 0..<(kept.paths.isEmpty ? 0 : Self.rounds / 3) {
            var payment = random.next()
            payment.sideCar = try kept.next()
            let bytes: [UInt8]
            let again: Payment
            do {
                bytes = try translator.write(payment).bytes
                again = try Self.read(bytes, translator)
            } catch {
                Issue.record("\(message), round \(round): \(error) with \(payment.sideCar)")
                return
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard Set(again.sideCar) == Set(payment.sideCar) else {
                let difference = Set(again.sideCar).symmetricDifference(payment.sideCar)
                Issue.record("\(message), round \(round): \(difference) in \(text)")
                return
            }
            #expect(try translator.write(again).bytes == bytes, "\(message), round \(round): \(text)")
            entries += payment.sideCar.count
        }
        #expect(kept.paths.isEmpty || entries > 0, "\(message) keeps \(kept.paths)")
    }

    /// What is read back and was not written is a default of the table, nothing else.
    @Test(arguments: messages)
    func nothingIsReadThatWasNotSaid(_ message: String) throws {
        let translator = try #require(MappingFiles.mappings.translator(message))
        let filled = Set(
            translator.coverage.filter { $0.form.contains("default") || $0.form == "count payments" }
                .compactMap(\.field))
        var random = RandomPayment(seed: 4_711, translator)
        for round in 0..<Self.rounds / 3 {
            let payment = random.next()
            let again = try Self.read(try translator.write(payment).bytes, translator)
            for field in PaymentFields.scalar where field.get(payment, 0) == nil && !filled.contains(field.name) {
                #expect(field.get(again, 0) == nil, "\(message), round \(round): \(field.name)")
            }
            for list in PaymentFields.lists where list.name != "sideCar[]" {
                #expect(list.count(again) <= list.count(payment), "\(message), round \(round): \(list.name)")
            }
        }
    }

    static func read(_ bytes: [UInt8], _ translator: Translator) throws(TranslationError) -> Payment {
        guard translator.message.hasPrefix("iso20022/") else { return try translator.read(json: bytes).payment }
        let definition = String(translator.message.dropFirst("iso20022/".count))
        return try translator.read(xml: bytes, schema: MappingFiles.schema(definition)).payment
    }

    /// The first field that was neither read back nor reported.
    static func difference(
        _ before: Payment, _ after: Payment, _ losses: [Mapping.Loss], _ translator: Translator
    ) -> String? {
        let lost = Set(losses.map(\.field))
        let said = Set(translator.fields)
        for field in PaymentFields.scalar where said.contains(field.name) {
            guard let value = field.get(before, 0), !lost.contains(field.name) else { continue }
            if field.get(after, 0) != value {
                return "\(field.name) was \(value) and is \(String(describing: field.get(after, 0)))"
            }
        }
        for list in PaymentFields.lists {
            for field in PaymentFields.inList(list.name) where said.contains(field.name) {
                let values = (0..<list.count(before)).compactMap { index in
                    let name = field.name.replacing("[]", with: "[\(index)]", maxReplacements: 1)
                    return lost.contains(name) ? nil : field.get(before, index)
                }
                let now = (0..<list.count(after)).compactMap { field.get(after, $0) }
                for value in values where !now.contains(value) {
                    return "\(field.name) was \(value) and is \(now)"
                }
            }
        }
        return nil
    }

    @Test func theReaderOfPaymentsNeverCrashesOnBrokenMessages() throws {
        let translator = try #require(MappingFiles.mappings.translator("iso20022/pacs.008.001.08"))
        let quotes = try #require(MappingFiles.mappings.translator("fspiop/quotes.post"))
        var source = IdentitySource(seed: 7)
        var refused = 0
        for _ in 0..<300 {
            var xml = Array(CreditTransferTests.document.utf8)
            var json = Array(BridgeTests.quote.utf8)
            for _ in 0..<3 {
                xml[Int(source.next() % UInt64(xml.count))] = UInt8(truncatingIfNeeded: source.next())
                json[Int(source.next() % UInt64(json.count))] = UInt8(truncatingIfNeeded: source.next())
            }
            if (try? translator.read(xml: xml)) == nil { refused += 1 }
            if (try? quotes.read(json: json)) == nil { refused += 1 }
        }
        #expect(refused > 100)
    }
}
