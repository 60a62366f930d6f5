/// Builds a `JSONValue` from the events of a reader, which sees to the grammar, the distinct keys and the depth.
struct JSONTreeBuilder: JSONSink {
    private struct Container {
        let object: Bool
        var key = ""
        var members: [JSONObject.Member] = []
        var elements: [JSONValue] = []
    }

    private(set) var root = JSONValue.null
    private var open: [Container] = []

    private mutating func add(_ value: JSONValue) -> JSONFlow {
        let last = open.count - 1
        if last < 0 {
            root = value
        } else if open[last].object {
            open[last].members.append(JSONObject.Member(key: open[last].key, value: value))
        } else {
            open[last].elements.append(value)
        }
        return .next
    }

    mutating func beginObject(at offset: Int) -> JSONFlow {
        open.append(Container(object: true))
        return .next
    }

    mutating func beginArray(at offset: Int) -> JSONFlow {
        open.append(Container(object: false))
        return .next
    }

    mutating func endObject(at offset: Int) -> JSONFlow {
        add(.object(JSONObject(distinct: open.removeLast().members)))
    }

    mutating func endArray(at offset: Int) -> JSONFlow {
        add(.array(open.removeLast().elements))
    }

    mutating func key(_ name: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
        open[open.count - 1].key = String(json: name)
        return .next
    }

    mutating func string(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
        add(.string(String(json: text)))
    }

    mutating func number(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
        add(.number(String(json: text)))
    }

    mutating func bool(_ value: Bool, at offset: Int) -> JSONFlow { add(.bool(value)) }
    mutating func null(at offset: Int) -> JSONFlow { add(.null) }
}
