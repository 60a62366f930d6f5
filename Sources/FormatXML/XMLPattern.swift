import CLibXML2

/// Expressions of XML Schema, matched by the library that validates with them.
enum XMLPattern {
    /// Whether all of a text matches. An expression that cannot be read matches nothing.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        withBytes(pattern) { pattern in
            guard let expression = xmlRegexpCompile(pattern) else { return false }
            defer { xmlRegFreeRegexp(expression) }
            return withBytes(text) { xmlRegexpExec(expression, $0) == 1 }
        }
    }

    private static func withBytes<Result>(_ text: String, _ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        // Zero-terminated, and alive until `body` returns.
        (Array(text.utf8) + [0]).withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}
