import FormatXML

/// Writes down what a reader says, and holds it to what a sink may rely on.
struct Record: XMLSink {
    struct Element: Equatable {
        var name: String
        var namespace: String
        var attributes: [Attribute] = []
    }

    struct Attribute: Equatable {
        var name: String
        var namespace: String
        var value: String
    }

    enum Event: Equatable {
        case start(Element)
        case text(String)
        case end
    }

    private(set) var events: [Event] = []
    private(set) var elements = 0
    private(set) var roots = 0
    private var open: [Element] = []
    private var last = XMLPosition(line: 0, column: 0)
    /// Events after which the sink has seen enough; nil reads all.
    var stopsAfter: Int?
    var refuses = false

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        expect(position.line >= last.line, "a start tag at \(position) comes after \(last)")
        last = position
        var element = Element(name: text(name.local), namespace: text(name.namespace))
        expect(!element.name.isEmpty, "an element has no name")
        for index in 0..<attributes.count {
            let attribute = attributes[index]
            element.attributes.append(
                Attribute(
                    name: text(attribute.name.local), namespace: text(attribute.name.namespace),
                    value: text(attribute.value)))
        }
        if open.isEmpty { roots += 1 }
        elements += 1
        open.append(element)
        return note(.start(element))
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        expect(!bytes.isEmpty, "a text is empty")
        expect(!open.isEmpty, "a text stands outside of the root")
        if case .text = events.last { broken("a text is told in two pieces") }
        return note(.text(text(bytes)))
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        guard let element = open.popLast() else { broken("an end without a start") }
        expect(
            element.name == text(name.local) && element.namespace == text(name.namespace),
            "\(element.name) ends as \(text(name.local))")
        return note(.end)
    }

    /// What holds of a document that was read to its end.
    func check(_ reading: XMLReading) {
        guard stopsAfter == nil else { return }
        expect(open.isEmpty, "\(open.count) elements are open at the end")
        expect(reading.elements == elements, "\(reading.elements) elements are counted, \(elements) were told")
        expect(reading.roots == roots, "\(reading.roots) roots are counted, \(roots) were told")
    }

    private mutating func note(_ event: Event) -> XMLFlow {
        if let stopsAfter, events.count > stopsAfter { broken("an event comes after the end was asked for") }
        events.append(event)
        guard let stopsAfter, events.count > stopsAfter else { return .next }
        return refuses ? .refuse("enough") : .stop
    }

    /// Bytes of a sink are UTF-8.
    private func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { broken("bytes of a sink are no UTF-8") }
        return text
    }
}

/// What came of a reading.
enum Outcome: Equatable {
    case read(XMLReading)
    case refused(XMLError)

    var error: XMLError? { if case .refused(let error) = self { error } else { nil } }
}

func read(
    _ bytes: [UInt8], limits: XMLLimits = .standard, validation: XMLValidation = .none, stopsAfter: Int? = nil,
    refuses: Bool = false
) -> (outcome: Outcome, events: [Record.Event]) {
    var record = Record()
    record.stopsAfter = stopsAfter
    record.refuses = refuses
    do throws(XMLError) {
        let reading = try XMLReader(limits: limits).read(bytes, validation: validation, into: &record)
        record.check(reading)
        return (.read(reading), record.events)
    } catch {
        expect(!error.text.isEmpty, "an error says nothing: \(error.reason)")
        expect(!error.text.utf8.contains { $0 < 0x20 }, "an error has a control character: \(error.text)")
        expect(error.line >= 0 && error.column >= 0, "an error stands at \(error.position)")
        return (.refused(error), record.events)
    }
}

/// The same from a stream that comes in pieces.
func read(
    streaming bytes: [UInt8], in pieces: Pieces, limits: XMLLimits, validation: XMLValidation
) -> (outcome: Outcome, events: [Record.Event]) {
    var record = Record()
    var pieces = pieces
    var place = 0
    let stream = XMLStream { memory in
        let count = min(pieces.next(), bytes.count - place, memory.count)
        memory.copyBytes(from: bytes[place..<place + count])
        place += count
        return count
    }
    do throws(XMLError) {
        let reading = try XMLReader(limits: limits).read(stream: stream, validation: validation, into: &record)
        record.check(reading)
        return (.read(reading), record.events)
    } catch {
        return (.refused(error), record.events)
    }
}

/// Sizes of pieces, small ones more often.
struct Pieces {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &+ 0x9E37_79B9_7F4A_7C15
    }

    mutating func next() -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let number = Int(state >> 40)
        return 1 + (number & 1 == 0 ? number >> 1 & 7 : number >> 1 & 1023)
    }
}

/// The events as a document: namespaces are declared where they are used first, each attribute's on its own element.
func document(_ events: [Record.Event]) throws(XMLWriteError) -> [UInt8] {
    var writer = XMLWriter()
    writer.declaration()
    var namespaces = [""]
    for event in events {
        switch event {
        case .start(let element):
            try writer.start(element.name)
            if element.namespace != namespaces.last { try writer.namespace(uri(element.namespace)) }
            namespaces.append(element.namespace)
            for (index, attribute) in element.attributes.enumerated() {
                if attribute.namespace.isEmpty {
                    try writer.attribute(attribute.name, attribute.value)
                } else if attribute.namespace == "http://www.w3.org/XML/1998/namespace" {
                    try writer.attribute(prefix: "xml", attribute.name, attribute.value)
                } else {
                    try writer.namespace(uri(attribute.namespace), prefix: "p\(index)")
                    try writer.attribute(prefix: "p\(index)", attribute.name, attribute.value)
                }
            }
        case .text(let text): try writer.text(text)
        case .end:
            writer.end()
            namespaces.removeLast()
        }
    }
    return writer.bytes
}

/// libxml2 gives an ampersand in the name of a namespace as `&#38;`, and nothing else with an ampersand in it.
private func uri(_ namespace: String) -> String { namespace.replacing("&#38;", with: "&") }
