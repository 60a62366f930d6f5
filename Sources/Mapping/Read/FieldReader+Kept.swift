import Payments

/// What no row maps: its paths and values go to the side-car.
extension FieldReader {
    /// The open element's path, with numbers where a name stands again.
    func path(countingPayments: Bool = true) -> String {
        var bytes: [UInt8] = []
        appendPath(to: &bytes, countingPayments: countingPayments)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func appendPath(to bytes: inout [UInt8], countingPayments: Bool) {
        guard !frames.isEmpty else { return }
        for place in 1..<frames.count {
            appendStep(frames[place], to: &bytes, countingPayments: countingPayments)
            bytes.append(program.separator)
        }
        appendStep(top, to: &bytes, countingPayments: countingPayments)
    }

    private func appendStep(_ frame: Frame, to bytes: inout [UInt8], countingPayments: Bool) {
        let node = Int(frame.node)
        if node >= 0 {
            let range = program.nameRange(node)
            program.names.withUnsafeBufferPointer { names in
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: names[range]))
            }
        } else {
            bytes.append(contentsOf: strangers[Int(frame.name)].utf8)
        }
        guard frame.number > 1, countingPayments || node < 0 || !program.reads[node].isPayment else { return }
        bytes.append(UInt8(ascii: "["))
        bytes.append(contentsOf: String(frame.number).utf8)
        bytes.append(UInt8(ascii: "]"))
    }

    /// Keeps a value of the open element, or of its attribute, under its path.
    mutating func keep(attribute: UnsafeBufferPointer<UInt8>? = nil, _ value: UnsafeBufferPointer<UInt8>) {
        keptCount += 1
        guard keptCount <= MappingLimits.keptEntries else {
            return failHere(
                .payloadTooLarge, "more than \(MappingLimits.keptEntries) values have no place in a payment")
        }
        let entry = SideCarEntry(path: keptPath(attribute), value: String(decoding: value, as: UTF8.self))
        if isTrailing { return trailing.append(entry) }
        // Who says one thing that no row maps mostly says several.
        if payment.sideCar.isEmpty { payment.sideCar.reserveCapacity(8) }
        payment.sideCar.append(entry)
    }

    /// The open element's path as the side-car says it. What stands there from the last one is not made again.
    private mutating func keptPath(_ attribute: UnsafeBufferPointer<UInt8>?) -> String {
        // Taken out of its place while it is written to, so that it is never copied.
        var bytes: [UInt8] = []
        swap(&bytes, &pathBytes)
        if top.pathEnd > 0 {
            bytes.removeLast(bytes.count - Int(top.pathEnd))
        } else {
            var known = frames.count - 1
            while known > 0, frames[known].pathEnd == 0 { known -= 1 }
            if known > 0 {
                bytes.removeLast(bytes.count - Int(frames[known].pathEnd))
            } else {
                known = 0
                bytes.removeAll(keepingCapacity: true)
                bytes.append(contentsOf: program.keptPrefix)
            }
            for place in stride(from: known + 1, to: frames.count, by: 1) {
                if place > 1 { bytes.append(program.separator) }
                appendStep(frames[place], to: &bytes, countingPayments: false)
                frames[place].pathEnd = Int32(bytes.count)
            }
            if frames.count > 1 { bytes.append(program.separator) }
            if !frames.isEmpty { appendStep(top, to: &bytes, countingPayments: false) }
            top.pathEnd = Int32(bytes.count)
        }
        if let attribute {
            bytes.append(program.separator)
            bytes.append(UInt8(ascii: "@"))
            bytes.append(contentsOf: attribute)
        }
        let path = String(decoding: bytes, as: UTF8.self)
        swap(&bytes, &pathBytes)
        return path
    }
}
