import CLibXML2
import Glibc

/// Bytes that come piece by piece: a file of any size, read without ever being in memory as a whole.
/// Not Sendable: one reading takes it to its end.
public struct XMLStream {
    let fill: (UnsafeMutableRawBufferPointer) -> Int

    /// - Parameter fill: Writes the next bytes to the front of the memory it is given and tells how many; 0 at the end,
    ///   less when the rest cannot be read.
    public init(_ fill: @escaping (_ memory: UnsafeMutableRawBufferPointer) -> Int) {
        self.fill = fill
    }

    /// A file of this machine; nil when it cannot be opened, or is a folder or device.
    public init?(file path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        let file = OpenFile(descriptor)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        fill = { memory in
            while true {
                // At most as many bytes as the memory has.
                let got = Glibc.read(file.descriptor, memory.baseAddress, memory.count)
                if got >= 0 || errno != EINTR { return got }
            }
        }
    }

    private final class OpenFile {
        let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }
}

/// Counts what a stream's items cost: an item is an element of one of these names, or a whole root where there are
/// none.
struct XMLItems {
    /// Interned in the parser's dictionary: equal names have equal addresses.
    var names: [UnsafePointer<UInt8>] = []
    /// Where the item, or what stands between two, begins.
    var mark = 0
    var count = 0
}

extension XMLReader {
    /// Drives the sink over a stream, in one pass and bounded memory: neither the bytes nor what was read of them are
    /// kept. The limits are those of streams: the whole, one item, and what stands between two items. A sink's work
    /// counts only when this returns, as with bytes in memory.
    /// - Parameter items: Local names of the elements that are limited each for itself, such as `CdtTrfTxInf`; none
    ///   makes every root an item.
    @discardableResult
    public func read<Sink: XMLSink & ~Copyable>(
        stream: XMLStream, items: [String] = [], validation: XMLValidation = .none, into sink: inout Sink
    ) throws(XMLError) -> XMLReading {
        let outcome = withUnsafeMutablePointer(to: &sink) { pointer in
            resultOf { () throws(XMLError) in
                try run(stream, items, XMLPlan(validation), Sink.events(pointer))
            }
        }
        return try XMLReading(try outcome.get())
    }

    func run(
        _ stream: XMLStream, _ items: [String], _ plan: XMLPlan, _ sink: XMLEvents
    ) throws(XMLError) -> Run {
        let inflow = XMLInflow(stream, limits)
        let family = inflow.begin()
        let start = XMLPosition(line: 1, column: 1)
        if let fault = inflow.fault { throw XMLError(reason: fault.reason, position: start, text: fault.text) }
        guard !inflow.isEmpty else {
            throw XMLError(reason: .empty, position: start, text: "There is no document.")
        }
        if case .unknown = family { throw XMLReader.noEncoding }
        let context = try XMLContext.take()
        defer { context.giveBack() }
        context.prepare(limits, plan, family)
        context.limit(items)
        return run(context, .inflow(inflow), sink) { inflow }
    }
}

extension XMLSession {
    /// Holds a stream to the limits of its items, at each element's begin and end. True once the reading has ended.
    static func weigh(_ s: Pointer, _ local: UnsafePointer<UInt8>, begins: Bool) -> Bool {
        guard let input = s.pointee.parser.pointee.input, let base = input.pointee.base, let here = input.pointee.cur
        else { return false }
        // What the parser has read, in UTF-8: the difference of two places of one buffer, and what went before it.
        let offset = Int(input.pointee.consumed) + (here - base)
        guard offset - s.pointee.items.mark <= s.pointee.limits.itemBytes else {
            let text = "More than \(s.pointee.limits.itemBytes) bytes stand here in a row without an item's end."
            fail(s, .itemTooLarge, text)
            return true
        }
        let isRoot = s.pointee.depth == (begins ? 1 : 0)
        guard isRoot || s.pointee.items.names.contains(local) else { return false }
        s.pointee.items.mark = offset
        s.pointee.elementLimit = s.pointee.elements + s.pointee.limits.itemElements
        if begins, s.pointee.items.names.contains(local) { s.pointee.items.count += 1 }
        return false
    }
}
