import Crypto
import FormatJSON
import Foundation

/// A refusal in FSPIOP's own words: HTTP status, error code (1.1 §7.6) and text.
struct FSPIOPFault: Error {
    var status = 400
    var code: String
    var text: String
    var extensions: [(key: String, value: String)] = []

    var body: JSONValue {
        var information: JSONValue = [
            "errorCode": .string(code), "errorDescription": .string(String(text.prefix(128))),
        ]
        if !extensions.isEmpty {
            let list = extensions.map { JSONValue.object(["key": .string($0.key), "value": .string($0.value)]) }
            information["extensionList"] = ["extension": .array(list)]
        }
        return ["errorInformation": information]
    }

    static func missing(_ what: String) -> FSPIOPFault {
        FSPIOPFault(code: "3102", text: "Missing mandatory element - \(what)")
    }

    static func malformed(_ what: String) -> FSPIOPFault {
        FSPIOPFault(code: "3101", text: "Malformed syntax - \(what)")
    }
}

/// FSPIOP 1.1 as the lab reads it: headers, identifiers, formats. Knows nothing of states.
enum FSPIOPRules {
    static let vendor = "application/vnd.interoperability."

    /// Headers of a message, checked as a hub does; returns the minor version of the content type.
    static func checkHeaders(_ request: LabRequest, resource: String) throws(FSPIOPFault) -> Int {
        guard let type = request.header("Content-Type") else { throw .missing("Content-Type") }
        guard let content = version(of: type, resource: resource) else { throw .malformed("Content-Type \(type)") }
        guard let minor = content.minor else { throw .malformed("Content-Type without a minor version: \(type)") }
        if content.major != 1 { throw unacceptable(content.major) }
        guard let date = request.header("Date") else { throw .missing("Date") }
        guard LabTime.parseIMF(date) != nil else { throw .malformed("Date \(date)") }
        guard let source = request.header("FSPIOP-Source"), (1...32).contains(source.count) else {
            throw .missing("FSPIOP-Source")
        }
        if request.method == "GET" || request.method == "POST" {
            guard let accept = request.header("Accept") else { throw .missing("Accept") }
            try checkAccept(accept, resource: resource)
        }
        return minor
    }

    private static func checkAccept(_ accept: String, resource: String) throws(FSPIOPFault) {
        var majors: [Int?] = []
        for item in accept.split(separator: ",", omittingEmptySubsequences: false) {
            if item == vendor + resource + "+json" {
                majors.append(nil)
            } else if let version = version(of: String(item), resource: resource) {
                majors.append(version.major)
            } else {
                throw .malformed("Accept \(accept)")
            }
        }
        if !majors.contains(where: { $0 == nil || $0 == 1 }) { throw unacceptable(majors.first.flatMap { $0 } ?? 0) }
    }

    private static func unacceptable(_ major: Int) -> FSPIOPFault {
        FSPIOPFault(
            status: 406, code: "3001", text: "Unacceptable version requested - \(major)",
            extensions: [("1", "0"), ("1", "1")])
    }

    /// `…<resource>+json;version=1.1`, at most one space on either side of the semicolon.
    private static func version(of text: String, resource: String) -> (major: Int, minor: Int?)? {
        let start = vendor + resource + "+json"
        guard text.hasPrefix(start) else { return nil }
        var rest = text.dropFirst(start.count)
        if rest.first == " " { rest = rest.dropFirst() }
        guard rest.first == ";" else { return nil }
        rest = rest.dropFirst()
        if rest.first == " " { rest = rest.dropFirst() }
        guard rest.hasPrefix("version=") else { return nil }
        let numbers = rest.dropFirst(8).split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(numbers.count), numbers.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }),
            let major = Int(numbers[0])
        else { return nil }
        return (major, numbers.count == 2 ? Int(numbers[1]) : nil)
    }

    /// Headers for a message of our own.
    static func message(
        _ method: String, _ path: String, resource: String, source: String, destination: String?, body: JSONValue?,
        version: String = "1.1"
    ) -> LabRequest {
        var headers: [(name: String, value: String)] = [
            ("Content-Type", "\(vendor)\(resource)+json;version=\(version)"), ("Date", LabTime.imf(LabTime.now())),
            ("FSPIOP-Source", source),
        ]
        if let destination { headers.append(("FSPIOP-Destination", destination)) }
        if method == "GET" || method == "POST" { headers.append(("Accept", "\(vendor)\(resource)+json;version=1")) }
        return LabRequest(method: method, path: path, headers: headers, body: body?.canonicalBytes ?? [])
    }

    static func body(of request: LabRequest, required: [String]) throws(FSPIOPFault) -> JSONValue {
        guard request.body.count <= 5_242_880 else { throw FSPIOPFault(code: "3103", text: "Too many elements") }
        guard let json = try? JSONValue.parse(request.body), json.object != nil else { throw .malformed("body") }
        for name in required where json.at(name) == nil { throw .missing(name) }
        return json
    }

    static let identifierTypes = [
        "MSISDN", "EMAIL", "PERSONAL_ID", "BUSINESS", "DEVICE", "ACCOUNT_ID", "IBAN", "ALIAS",
    ]

    /// A version 1.x CorrelationId: a UUID in lower case.
    static func isCorrelationId(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        let hex = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2D }
        return groups.map(\.count) == [8, 4, 4, 4, 12] && hex
    }

    static func isCondition(_ text: String) -> Bool { text.utf8.count == 43 && Base64URL.decode(text)?.count == 32 }

    static func correlationId(_ json: JSONValue, _ name: String) throws(FSPIOPFault) -> String {
        guard let text = json[name]?.string, isCorrelationId(text) else { throw .malformed(name) }
        return text
    }

    static func money(_ json: JSONValue?, _ name: String) throws(FSPIOPFault) -> (amount: LabAmount, currency: String) {
        guard let text = json?["amount"]?.string, let amount = LabAmount.fspiop(text) else {
            throw .malformed("\(name).amount")
        }
        guard let currency = json?["currency"]?.string, currency.utf8.count == 3,
            currency.utf8.allSatisfy({ (0x41...0x5A).contains($0) })
        else { throw .malformed("\(name).currency") }
        return (amount, currency)
    }

    static func dateTime(_ json: JSONValue, _ name: String) throws(FSPIOPFault) -> Int64 {
        guard let text = json[name]?.string, let time = LabTime.parseISO(text) else { throw .malformed(name) }
        return time
    }

    static func money(_ amount: LabAmount, _ currency: String) -> JSONValue {
        ["amount": .string(amount.description), "currency": .string(currency)]
    }

    static func digest(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    /// Same content whatever the order of members: what duplicate detection compares.
    static func contentHash(_ json: JSONValue) -> [UInt8] { digest(json.canonicalBytes) }

    static func newIdentifier() -> String { UUID().uuidString.lowercased() }
}

/// Base64 with `-` and `_`, without padding (RFC 4648 §5).
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func decode(_ text: String) -> [UInt8]? {
        let legal = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
                || $0 == 0x5F
        }
        guard legal else { return nil }
        let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded.replacing("-", with: "+").replacing("_", with: "/")) else {
            return nil
        }
        return encode(Array(data)) == text ? Array(data) : nil
    }
}
