import Payments

/// The filters of a list, from the query of its URL.
enum ListQuery {
    static func read(_ text: String, tenant: String) throws(Problem) -> PaymentQuery {
        var query = PaymentQuery(tenant: tenant)
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let value = decoded(parts[1]) else {
                throw .malformed("\(pair) is not NAME=VALUE", path: "?")
            }
            switch parts[0] {
            case "stage": query.stage = value
            case "stuck":
                guard let flag = Bool(value) else { throw .malformed("stuck is true or false", path: "?stuck") }
                query.stuckOnly = flag
            case "search": query.search = value
            case "before":
                guard let id = PaymentID(value) else { throw .malformed("\(value) is no payment id", path: "?before") }
                query.before = id
            case "limit":
                guard let limit = Int(value), (1...500).contains(limit) else {
                    throw .malformed("limit is 1 to 500", path: "?limit")
                }
                query.limit = limit
            default:
                throw .malformed("known are stage, stuck, search, before, limit", path: "?\(parts[0])")
            }
        }
        return query
    }

    private static func decoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x2B: bytes.append(0x20)
            case 0x25:
                guard let high = rest.popFirst(), let low = rest.popFirst(),
                    let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
