import Testing

@testable import Mapping

@Suite("Names that a profile knows")
struct ProfileNamesTests {
    private func number(of name: String, among names: [String]) -> UInt16 {
        let known = ProfileNames([""] + names)
        defer { known.free() }
        return Array(name.utf8).withUnsafeBufferPointer { known.number(of: $0) }
    }

    @Test(arguments: [
        // The first eight bytes and the last four are the same, and so is the length: the middle tells them apart.
        ["SttlmInfClearingAcct", "SttlmInfDebitorsAcct", "SttlmInfRegularsAcct"],
        ["SttlmInfAcct", "SttlmInfXAcct", "SttlmInfXYAcct"],
        ["Id", "Nm", "Cd", "I", "dI"], ["Othr", "rhtO", "Othrr", "OthrOthr", "OthrOthrOthr", "OthrOthrOthrOthr"],
    ])
    func everyNameIsFoundAndNoOtherTakenForIt(_ names: [String]) {
        for (index, name) in names.enumerated() {
            #expect(number(of: name, among: names) == UInt16(index + 1), "\(name)")
            let others = names.filter { $0 != name }
            #expect(number(of: name, among: others) == 0, "\(name)")
        }
    }

    @Test func manyNamesAreAllFound() {
        let names = (0..<3_000).map { "Element\($0)OfATable" }
        let known = ProfileNames([""] + names)
        defer { known.free() }
        for (index, name) in names.enumerated() {
            let found = Array(name.utf8).withUnsafeBufferPointer { known.number(of: $0) }
            #expect(found == UInt16(index + 1))
        }
    }
}
