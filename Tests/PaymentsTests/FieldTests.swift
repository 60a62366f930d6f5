import Payments
import Testing

@Suite("The vocabulary") struct FieldTests {
    @Test("Names are unique, and each list's fields belong to a list that exists") func names() {
        let names = PaymentFields.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.count > 300)
        let lists = Set(PaymentFields.lists.map(\.name))
        #expect(lists.count == PaymentFields.lists.count)
        for field in PaymentFields.all {
            #expect(field.list.map(lists.contains) ?? !field.name.contains("[]"), "\(field.name)")
        }
        for list in PaymentFields.lists { #expect(!PaymentFields.inList(list.name).isEmpty, "\(list.name)") }
    }

    @Test("Every name is found again by its place") func places() throws {
        for (index, field) in PaymentFields.all.enumerated() {
            #expect(PaymentFields.index(field.name) == index)
            #expect(PaymentFields.field(field.name)?.name == field.name)
        }
        #expect(PaymentFields.field("no.such.field") == nil)
        #expect(PaymentFields.list("no.such.list[]") == nil)
    }

    @Test("What is set is what is got, and nothing else changes") func setAndGet() throws {
        for field in PaymentFields.all {
            var payment = Payment()
            if let list = field.list { try #require(PaymentFields.list(list)).append(&payment) }
            let before = payment
            let value = try sample(field.kind, 1)
            #expect(field.set(&payment, value), "\(field.name)")
            #expect(field.get(payment, 0) == value, "\(field.name)")
            for other in PaymentFields.all where other.name != field.name && other.list == field.list {
                #expect(other.get(payment, 0) == other.get(before, 0), "\(field.name) wrote \(other.name)")
            }
        }
    }

    @Test("A value of another kind is refused and leaves the payment alone") func wrongKind() throws {
        let kinds: [FieldKind] = [.text, .money, .date, .dateTime, .count]
        for field in PaymentFields.all {
            for kind in kinds where kind != field.kind {
                var payment = Payment()
                if let list = field.list { try #require(PaymentFields.list(list)).append(&payment) }
                let before = payment
                #expect(!field.set(&payment, try sample(kind, 1)), "\(field.name) took a \(kind)")
                #expect(payment == before)
            }
        }
    }

    @Test("A field of a list has nowhere to go when the list is empty") func emptyList() throws {
        for field in PaymentFields.all where field.list != nil {
            var payment = Payment()
            #expect(!field.set(&payment, try sample(field.kind, 1)), "\(field.name)")
            #expect(payment == Payment())
        }
    }

    @Test("Lists count, grow and empty") func lists() {
        for list in PaymentFields.lists {
            var payment = Payment()
            #expect(list.count(payment) == 0)
            list.append(&payment)
            list.append(&payment)
            #expect(list.count(payment) == 2, "\(list.name)")
            list.removeAll(&payment)
            #expect(payment == Payment(), "\(list.name)")
        }
    }

    @Test("The text of a value reads back as the value") func valueText() throws {
        for number in 0..<20 {
            for kind in [FieldKind.text, .money, .date, .dateTime, .count] {
                let value = try sample(kind, number)
                #expect(kind.value(from: value.text) == value)
            }
        }
        let owed = FieldValue.money(try Money("12.5", eur).negated)
        #expect(owed.text == "EUR -12.5")
        #expect(FieldKind.money.value(from: owed.text) == owed)
        for bad in ["", "EUR", "12.5", "EUR  1", "eur 1", "EUR --1", "EUR 1 2"] {
            #expect(FieldKind.money.value(from: bad) == nil, "'\(bad)'")
        }
        #expect(FieldKind.date.value(from: "2023-02-29") == nil)
        #expect(FieldKind.count.value(from: "many") == nil)
    }

    @Test("A payment over itself is itself, over nothing is itself, and nothing over it changes nothing")
    func overlayIdentity() throws {
        let payment = try filled(seed: 3, part: 1)
        var same = payment
        same.overlay(payment)
        #expect(same == payment)
        same.overlay(Payment())
        #expect(same == payment)
        var empty = Payment()
        empty.overlay(payment)
        #expect(empty == payment)
    }

    @Test("Later answers win field by field, and the order of grouping does not matter") func overlayLaws() throws {
        for seed in 0..<20 {
            let first = try filled(seed: seed, part: 2)
            let second = try filled(seed: seed + 100, part: 3)
            let third = try filled(seed: seed + 200, part: 4)
            var left = first
            left.overlay(second)
            for field in PaymentFields.scalar {
                #expect(field.get(left, 0) == field.get(second, 0) ?? field.get(first, 0), "\(field.name)")
            }
            left.overlay(third)
            var pair = second
            pair.overlay(third)
            var right = first
            right.overlay(pair)
            #expect(left == right)
        }
    }

    @Test("A list that the answer fills replaces the one that stood") func overlayLists() {
        var payment = Payment()
        payment.remittance.unstructured = ["one", "two", "three"]
        payment.creditorAccount.identifiers = [Identifier("IBAN", "DE02120300000000202051")]
        var answer = Payment()
        answer.remittance.unstructured = ["only"]
        payment.overlay(answer)
        #expect(payment.remittance.unstructured == ["only"])
        #expect(payment.creditorAccount.identifier("IBAN") == "DE02120300000000202051")
    }
}

private func sample(_ kind: FieldKind, _ number: Int) throws -> FieldValue {
    switch kind {
    case .text: .text("text \(number)")
    case .money: .money(try #require(Money(units: Int128(number) * 12_345 + 1, currency: eur)))
    case .date: .date(CivilDate(dayNumber: Int64(number) + 20_000))
    case .dateTime: .dateTime(DateTime(Instant(seconds: Int64(number) * 86_401)))
    case .count: .count(number)
    }
}

/// A payment in which about one field in `part` is filled.
private func filled(seed: Int, part: Int) throws -> Payment {
    var dice = Dice(seed: UInt64(seed) &* 7_919 + 1)
    var payment = Payment()
    for field in PaymentFields.scalar where Int.random(in: 0..<part, using: &dice) == 0 {
        _ = field.set(&payment, try sample(field.kind, Int.random(in: 0...500, using: &dice)))
    }
    for list in PaymentFields.lists where Int.random(in: 0..<part, using: &dice) == 0 {
        for _ in 0..<Int.random(in: 1...3, using: &dice) {
            list.append(&payment)
            for field in PaymentFields.inList(list.name) {
                _ = field.set(&payment, try sample(field.kind, Int.random(in: 0...500, using: &dice)))
            }
        }
    }
    return payment
}
