/// What a Content-Type header says (RFC 9110 §8.3.1).
enum MediaType {
    /// `application/json`, with UTF-8 or no word on its characters: JSON has no other (RFC 8259 §8.1).
    static func isJSON(_ value: String) -> Bool {
        let parts = value.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
        guard parts.first?.lowercased() == "application/json" else { return false }
        return parts.dropFirst().allSatisfy { part in
            let words = part.split(separator: "=", maxSplits: 1).map(trimmed)
            guard words.first?.lowercased() == "charset" else { return true }
            return words.count == 2 && ["utf-8", "utf8"].contains(words[1].lowercased())
        }
    }

    /// Without the blanks around it, and without the quotes.
    static func trimmed(_ text: some StringProtocol) -> String {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        if text.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
        return String(text)
    }
}
