import Testing

@testable import Mapping

/// The named shapes of `as`.
@Suite struct TextShapeTests {
    @Test(arguments: [
        (TextShape.uuid, "b51ec534-ee48-4575-b6a9-ead2955b8069", true),
        (.uuid, "B51EC534-ee48-4575-b6a9-ead2955b8069", false), (.uuid, "b51ec534-ee48-6575-b6a9-ead2955b8069", false),
        (.uuid, "b51ec534ee484575b6a9ead2955b8069", false), (.uetr, "b51ec534-ee48-1575-b6a9-ead2955b8069", false),
        (.uetr, "8a562c67-ca16-48ba-b074-65581be6f011", true), (.digits, "0123", true), (.digits, "12a", false),
        (.condition, "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY", true), (.condition, "short", false),
        (.base64url, "AYIB_-==", true), (.base64url, "==", false), (.base64url, "AY+B", false),
        (.iban, "DE02120300000000202051", true), (.iban, "D102", false), (.iban, "DEX2120300000000202051", false),
        (.bic, "BANKDEFF", true), (.bic, "BANKDEFFX", false), (.bic, "BANK1EFF", false), (.bic, "bankdeff", false),
        (.lei, "5493001KJTIIGC8Y1R12", true), (.lei, "5493001KJTIIGC8Y1RAB", false), (.letters, "KES", true),
        (.letters, "kes", false), (.phone, "+254-711000111", true), (.phone, "254711000111", false),
        (.phone, "+25-1", true), (.phone, "+2547-1", false), (.phone, "+254-", false),
    ])
    func aShapeHoldsOrNot(_ shape: TextShape, _ text: String, _ holds: Bool) {
        #expect(shape.holds(text) == holds)
    }
}
