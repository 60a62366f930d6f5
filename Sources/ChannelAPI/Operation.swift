import FormatJSON
import Payments

/// One thing that the API can do: the router finds it by method and path, the document is written from it, and a
/// handler can read no parameter that is not listed here.
struct Operation: Sendable {
    enum Method: String, Sendable { case get = "GET", post = "POST" }

    struct Parameter: Sendable {
        enum Place: String, Sendable { case path, query, header }

        var name: String
        var place: Place
        var isRequired = false
        var says: String
        var schema: JSONValue = ["type": "string"]
        var example: String
    }

    /// A JSON body, by the name of its schema; the example is taken as it stands by a channel that knows its payments.
    struct Body: Sendable {
        var schema: String
        var example: JSONValue
    }

    /// An answer that is no problem.
    struct Answer: Sendable {
        var status: Int
        var says: String
        var schema: String
        /// Of the body, beside `application/json`.
        var otherType: String?
    }

    typealias Handler = @Sendable (Channel, Call) async throws(Problem) -> ChannelReply

    var method: Method
    /// `/v1/payments/{id}`; every name in braces is a path parameter.
    var path: String
    /// The name of the operation for programs that are made from the document.
    var id: String
    var says: String
    /// Without one, anybody may ask.
    var needsKey = true
    var parameters: [Parameter] = []
    var body: Body?
    var answers: [Answer]
    /// Problems of its own, beside those of the door and of the key.
    var problems: [Problem.Kind] = []
    var handler: Handler

    /// Every problem that it can answer with.
    var allProblems: [Problem.Kind] {
        var all = Problem.Kind.door + (needsKey ? [.unauthorized] : [])
        if body != nil { all.append(.notJSON) }
        for kind in problems where !all.contains(kind) { all.append(kind) }
        return all
    }

    var statuses: Set<Int> { Set(answers.map(\.status)).union(allProblems.map(\.status)) }

    var segments: [Substring] { path.split(separator: "/") }

    /// The values of the path's parameters, when it is this path.
    func match(_ parts: [Substring]) -> [String: String]? {
        let own = segments
        guard own.count == parts.count else { return nil }
        var values: [String: String] = [:]
        for (template, part) in zip(own, parts) {
            if template.first == "{" {
                guard let value = QueryText.decoded(part, plusIsBlank: false), !value.isEmpty else { return nil }
                values[String(template.dropFirst().dropLast())] = value
            } else if template != part {
                return nil
            }
        }
        return values
    }
}

/// One request on its way to its handler.
struct Call: Sendable {
    let request: WireRequest
    /// Nobody, where the operation needs no key.
    let caller: APIKeys.Caller
    let operation: Operation
    private let path: [String: String]
    private let query: [String: String]

    init(
        _ request: WireRequest, _ caller: APIKeys.Caller, _ operation: Operation, path: [String: String]
    ) throws(Problem) {
        self.request = request
        self.caller = caller
        self.operation = operation
        self.path = path
        query = try QueryText.read(request.query, known: operation.parameters)
    }

    /// The value of a parameter that the operation lists.
    func value(_ parameter: Operation.Parameter) -> String? {
        precondition(
            operation.parameters.contains { $0.name == parameter.name && $0.place == parameter.place },
            "\(operation.id) lists no \(parameter.place.rawValue) parameter \(parameter.name)")
        switch parameter.place {
        case .path: return path[parameter.name]
        case .query: return query[parameter.name]
        case .header: return request.header(parameter.name)
        }
    }

    /// The id of a payment in the path.
    func payment() throws(Problem) -> PaymentID {
        let text = value(.payment) ?? ""
        guard let id = PaymentID(text) else { throw .notFound("payment \(text)") }
        return id
    }

    /// A number of a query's parameter within its limits.
    func number(
        _ parameter: Operation.Parameter, default standard: Int, _ range: ClosedRange<Int>
    ) throws(Problem) -> Int {
        guard let text = value(parameter) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw .malformed(
                "\(parameter.name) is \(range.lowerBound) to \(range.upperBound)", path: "?\(parameter.name)")
        }
        return number
    }
}

/// The part of a URL behind the question mark.
enum QueryText {
    /// The values by name. A name that is not listed, or stands twice, is refused: a misspelt filter must not be lost.
    static func read(_ text: String, known: [Operation.Parameter]) throws(Problem) -> [String: String] {
        let names = known.filter { $0.place == .query }.map(\.name)
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = decoded(parts[0]), let value = decoded(parts[1]) else {
                throw .malformed("\(pair) is not NAME=VALUE", path: "?")
            }
            guard names.contains(name) else {
                let says = names.isEmpty ? "no parameters are known here" : "known are \(names.joined(separator: ", "))"
                throw .malformed(says, path: "?\(name)")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .malformed("\(name) stands twice", path: "?\(name)")
            }
        }
        return values
    }

    /// Without percent-encoding; nil when it is none, or no UTF-8.
    static func decoded(_ text: some StringProtocol, plusIsBlank: Bool = true) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x2B where plusIsBlank: bytes.append(0x20)
            case 0x25:
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
            default: bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
