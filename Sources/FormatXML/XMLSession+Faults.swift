import CLibXML2

extension XMLSession {
    /// Called once the XML declaration is read.
    static func checkEncoding(_ s: Pointer) {
        if let (reason, text) = encodingFault(s) { fail(s, reason, text) }
    }

    /// Where all bytes are there and need no transcoding: libxml2 would ask for more at every step near the end, unless
    /// it believes that they are pushed to it.
    static func stopAsking(_ s: Pointer) {
        guard s.pointee.isAllThere, let buffer = s.pointee.parser.pointee.input?.pointee.buf,
            buffer.pointee.encoder == nil
        else { return }
        buffer.pointee.readcallback = nil
        s.pointee.parser.pointee.progressive = 1
    }

    /// Holds the declared encoding against what is allowed and against the bytes.
    private static func encodingFault(_ s: Pointer) -> (XMLError.Reason, String)? {
        let parser = s.pointee.parser
        // Both are strings of the parser or nil, valid while it lives.
        let name = parser.pointee.encoding ?? parser.pointee.input?.pointee.encoding
        if case .eightBit = s.pointee.family, sameText("UTF-8", zeroTerminated(name)),
            s.pointee.limits.encodings.contains(.utf8)
        {
            return nil
        }
        let declared = name.map { String(decoding: zeroTerminated($0), as: UTF8.self).uppercasedASCII() }
        let allowed = s.pointee.limits.encodings
        switch (s.pointee.family, declared ?? "") {
        case (.sixteenBit, ""), (.sixteenBit, "UTF-16"), (.sixteenBit, "UTF-16LE"), (.sixteenBit, "UTF-16BE"):
            return allowed.contains(.utf16) ? nil : (.encodingNotAllowed, "UTF-16 is not accepted.")
        case (.sixteenBit, let other):
            return (.encodingContradicted, "The document is UTF-16 and says \(other).")
        case (.eightBit, ""), (.eightBit, "UTF-8"), (.eightBit, "UTF8"), (.eightBit, "US-ASCII"), (.eightBit, "ASCII"):
            return allowed.contains(.utf8) ? nil : (.encodingNotAllowed, "UTF-8 is not accepted.")
        case (.eightBit(bomBytes: 3), let other):
            return (.encodingContradicted, "The document begins with a mark of UTF-8 and says \(other).")
        case (.eightBit, "ISO-8859-1"), (.eightBit, "ISO_8859-1"), (.eightBit, "LATIN1"), (.eightBit, "ISO-LATIN-1"):
            return allowed.contains(.latin1) ? nil : (.encodingNotAllowed, "ISO-8859-1 is not accepted.")
        case (.eightBit, let other) where other.hasPrefix("UTF-16"):
            return (.encodingContradicted, "The document says \(other) and is not.")
        case (_, let other):
            return (.encodingNotAllowed, "The encoding \(other) is not accepted.")
        }
    }

    /// Keeps the first error of the parser. `xmlStopParser` is not for here, since it frees the input that libxml2 is
    /// scanning; the end state alone frees nothing, and every loop of the parser leaves when it sees it.
    static func note(_ s: Pointer, _ error: xmlError) {
        guard error.level.rawValue >= XML_ERR_ERROR.rawValue, !s.pointee.ended else { return }
        if error.level == XML_ERR_FATAL { s.pointee.parser.pointee.instate = XML_PARSER_EOF }
        guard s.pointee.fault == nil else { return }
        // The message, when there is one, is a zero-terminated string that lives during the callback.
        let said = error.message.map { String(cString: $0) } ?? "The document is not well-formed."
        // An encoding that we refuse may garble the bytes before we are asked about it.
        let (reason, text) = (s.pointee.elements == 0 ? encodingFault(s) : nil) ?? (reason(of: error, said), said)
        s.pointee.isBroken = true
        s.pointee.fault = XMLError(
            reason: reason, position: placed(s, error.line, error.int2), path: path(s, from: 1), text: oneLine(text))
    }

    private static func reason(of error: xmlError, _ said: String) -> XMLError.Reason {
        switch UInt32(bitPattern: error.code) {
        case XML_ERR_INVALID_ENCODING.rawValue, XML_ERR_UNSUPPORTED_ENCODING.rawValue,
            XML_ERR_UNKNOWN_ENCODING.rawValue, XML_I18N_CONV_FAILED.rawValue, XML_I18N_NO_HANDLER.rawValue:
            .invalidEncoding
        // libxml2 has one code for bytes that are no UTF-8 and for characters that XML excludes.
        case XML_ERR_INVALID_CHAR.rawValue where said.hasPrefix("Input is not proper UTF-8"): .invalidEncoding
        case XML_ERR_NO_MEMORY.rawValue: .outOfMemory
        default: .malformed
        }
    }

    /// The offset of the parser in the bytes as received; -1 where they are transcoded.
    static func offset(_ s: Pointer) -> Int {
        guard let input = s.pointee.parser.pointee.input, let buffer = input.pointee.buf,
            buffer.pointee.encoder == nil, let base = input.pointee.base, let current = input.pointee.cur
        else { return -1 }
        return s.pointee.before.bytes + Int(input.pointee.consumed) + (current - base)
    }

    /// The offset of the start tag that the parser has just read: markup may not hold a `<`, so the last one begins it.
    static func tagOffset(_ s: Pointer) -> Int {
        let here = offset(s)
        guard here >= 0, let input = s.pointee.parser.pointee.input, let base = input.pointee.base,
            var place = input.pointee.cur
        else { return -1 }
        let current = place
        // Stays within base...cur, the part of the input that has been read.
        while place > base {
            place -= 1
            if place.pointee == 0x3C { return here - (current - place) }
        }
        return -1
    }

    /// A message of libxml2 as one sentence on one line, of bounded length.
    static func oneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            if line.utf8.count >= XMLSchemaError.greatestTextBytes { return line + "…" }
            if scalar.value >= 0x20 {
                line.unicodeScalars.append(scalar)
            } else if !line.isEmpty, line.unicodeScalars.last != " " {
                line.unicodeScalars.append(" ")
            }
        }
        while line.unicodeScalars.last == " " { line.unicodeScalars.removeLast() }
        return line
    }
}

extension String {
    func uppercasedASCII() -> String {
        String(decoding: utf8.map { $0 >= 0x61 && $0 <= 0x7A ? $0 - 0x20 : $0 }, as: UTF8.self)
    }
}
