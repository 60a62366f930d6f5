import ArgumentParser

/// What `--to` asks for: a language, whose message is then chosen by what the source is, or one message.
struct TranslationTarget: ExpressibleByArgument, Sendable, Equatable {
    var language: Translation.Language
    /// As it was named: a definition, a family such as `pacs.008`, or a table such as `quotes.post`.
    var message: String?

    /// Short words for the messages that people ask for.
    private static let words: [String: (Translation.Language, String)] = [
        "quote": (.fspiop, "quotes.post"), "quotes": (.fspiop, "quotes.post"),
        "transfer": (.fspiop, "transfers.post"), "transfers": (.fspiop, "transfers.post"),
    ]

    init?(argument: String) {
        if let language = Translation.Language(rawValue: argument) {
            self.language = language
        } else if let (language, message) = Self.words[argument] {
            (self.language, self.message) = (language, message)
        } else {
            let parts = argument.split(separator: "/", maxSplits: 1).map(String.init)
            let name = parts.last ?? argument
            if parts.count == 2 {
                guard let language = Translation.Language(rawValue: parts[0]), language != .canonical else {
                    return nil
                }
                self.language = language
            } else {
                self.language = Self.isDefinition(name) ? .iso20022 : .fspiop
                guard language == .iso20022 || name.contains(".") else { return nil }
            }
            message = name
        }
    }

    /// `pacs.008`, `pacs.008.001`, `pacs.008.001.08`: four letters, then digits.
    private static func isDefinition(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...4).contains(parts.count), parts[0].count == 4, parts[0].allSatisfy({ $0.isLetter && $0.isLowercase })
        else { return false }
        return parts.dropFirst().allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
    }

    static var allValueStrings: [String] {
        ["canonical", "fspiop", "iso20022", "pacs.008", "pain.001", "quote", "transfer"]
    }
}
