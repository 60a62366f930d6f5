import Testing

@testable import EdgeHTTP

@Suite("The Date header")
struct EdgeDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ])
    func secondsAreWrittenAsHTTPDates(_ second: Int, _ text: String) {
        #expect(EdgeDate.text(of: second) == text)
    }
}
