import Testing

@Suite("The reader of Swift code") struct SwiftCodeTests {
    @Test("Comments and literals are blanked, interpolated code is not") func blanks() {
        let code = SwiftCode(
            #"""
            let a = "{ \(f("}", x)) {" // }
            /* { /* } */ { */ let b = #"\( { "#
            """#)
        #expect(code.text.filter { "{}".contains($0) }.isEmpty)
        #expect(code.text.contains("f("))
        #expect(code.text.contains("x))"))
        #expect(code.text.contains("let b ="))
    }

    @Test("A text of several lines keeps its lines") func lines() {
        let code = SwiftCode("let a = \"\"\"\n    { \"quoted\" \\(b)\n    \"\"\"\nfunc f() {\n}\n")
        #expect(code.functions() == [FunctionSpan(line: 4, length: 2)])
    }

    @Test("Functions are measured from their keyword to their last brace") func spans() {
        let text = """
            protocol P {
                func asked() throws
                init(a: Int)
            }
            struct S {
                init() { self.init(a: 1) }
                func two(
                    _ body: () -> Void = { }
                ) throws -> Int
                where T: P {
                    if true { return 1 }
                    return 2
                }
                deinit {
                }
            }
            """
        #expect(
            SwiftCode(text).functions() == [
                FunctionSpan(line: 6, length: 1), FunctionSpan(line: 7, length: 7), FunctionSpan(line: 14, length: 2),
            ])
    }
}
