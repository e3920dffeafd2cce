import StockCore

extension JSONScanner {
    /// Reads a text whose opening quote is next, checking escapes and UTF-8.
    @inline(__always) mutating func readText() throws(WireError) -> JSONText {
        guard peek == UInt8(ascii: "\"") else { throw failure(.wrongType, "a text in quotes is expected") }
        position &+= 1
        let start = position
        position = PlainText.end(bytes, from: position, stopsAtDelete: true)
        if position < bytes.count && bytes[position] == UInt8(ascii: "\"") {
            position &+= 1
            return JSONText(start: start, count: position &- 1 &- start, hasEscapes: false, isPlain: true)
        }
        return try readSpecialText(from: start)
    }

    private mutating func readSpecialText(from start: Int) throws(WireError) -> JSONText {
        var hasEscapes = false
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position &+= 1
                return JSONText(start: start, count: position &- 1 &- start, hasEscapes: hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try skipEscape()
            } else if byte >= 0x80 {
                let length = UTF8Check.sequence(bytes, at: position)
                if length == 0 { throw failure(.invalidUTF8) }
                position &+= length
            } else if byte < 0x20 {
                throw failure(.syntax, "a control character in a text must be escaped")
            } else if byte == 0x7F {
                position &+= 1
            } else {
                position = PlainText.end(bytes, from: position, stopsAtDelete: true)
            }
        }
        throw failure(.syntax, "the text does not end")
    }

    private mutating func skipEscape() throws(WireError) {
        position &+= 1
        switch peek {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position &+= 1
        case UInt8(ascii: "u"):
            let unit = try hexUnit()
            if unit & 0xF800 == 0xD800 {
                guard unit < 0xDC00, peek == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
                else { throw failure(.syntax, "half of a surrogate pair") }
                position &+= 1
                let second = try hexUnit()
                guard second & 0xFC00 == 0xDC00 else { throw failure(.syntax, "half of a surrogate pair") }
            }
        default:
            throw failure(.syntax, "no such escape")
        }
    }

    /// Reads the `u` at the next byte and its four digits.
    private mutating func hexUnit() throws(WireError) -> UInt32 {
        guard let unit = hexDigits() else { throw failure(.syntax, "four hexadecimal digits are expected") }
        position &+= 1
        return unit
    }

    // No loop over `peek`: Swift 6.3.1 crashes on it in release builds.
    private mutating func hexDigits() -> UInt32? {
        var unit: UInt32 = 0
        let digits = bytes[min(position + 1, bytes.count)..<min(position + 5, bytes.count)]
        for byte in digits {
            position &+= 1
            guard let digit = Self.hexDigit(byte) else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        guard digits.count == 4 else {
            position = bytes.count
            return nil
        }
        return unit
    }

    /// The value of a hexadecimal digit.
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The text's meaning: its bytes in the input, or a decoded copy that is valid until `begin`.
    @inline(__always) mutating func contents(_ text: JSONText) -> UnsafeRawBufferPointer {
        text.hasEscapes ? decodedContents(text) : plain(text)
    }

    /// The bytes of a text in the input.
    @inline(__always) func plain(_ text: JSONText) -> UnsafeRawBufferPointer {
        assert(text.start >= 0 && text.start &+ text.count <= bytes.count)
        return UnsafeRawBufferPointer(start: bytes.baseAddress! + text.start, count: text.count)
    }

    @inline(never) private mutating func decodedContents(_ text: JSONText) -> UnsafeRawBufferPointer {
        if scratch.count == 0 { scratch.reserve(2 * bytes.count) }
        let start = scratch.count
        decode(text)
        return scratch.bytes(from: start, count: scratch.count - start)
    }

    /// Appends the decoded text to `scratch`. The text was checked by `readText`; its decoded form is never longer.
    private mutating func decode(_ text: JSONText) {
        var index = text.start
        let end = text.start + text.count
        while index < end {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < end else {
                scratch.append(byte)
                index += 1
                continue
            }
            let kind = bytes[index + 1]
            index += 2
            switch kind {
            case UInt8(ascii: "b"): scratch.append(0x08)
            case UInt8(ascii: "f"): scratch.append(0x0C)
            case UInt8(ascii: "n"): scratch.append(0x0A)
            case UInt8(ascii: "r"): scratch.append(0x0D)
            case UInt8(ascii: "t"): scratch.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = unit(at: index)
                index += 4
                if scalar & 0xFC00 == 0xD800 {
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 + (unit(at: index + 2) & 0x3FF)
                    index += 6
                }
                appendScalar(scalar)
            default: scratch.append(kind)
            }
        }
    }

    private func unit(at index: Int) -> UInt32 {
        var unit: UInt32 = 0
        for offset in index..<index + 4 { unit = unit << 4 | UInt32(Self.hexDigit(bytes[offset]) ?? 0) }
        return unit
    }

    private mutating func appendScalar(_ scalar: UInt32) {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | (scalar >> shift) & 0x3F) }
        switch scalar {
        case ..<0x80:
            scratch.append(UInt8(truncatingIfNeeded: scalar))
        case ..<0x800:
            scratch.append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
            scratch.append(tail(0))
        case ..<0x10000:
            scratch.append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
            scratch.append(tail(6))
            scratch.append(tail(0))
        default:
            scratch.append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
            scratch.append(tail(12))
            scratch.append(tail(6))
            scratch.append(tail(0))
        }
    }

    /// Takes the name of an object's member whose names are not known beforehand; `base` is `names.count` at its opening brace.
    mutating func note(_ name: JSONText, base: Int) throws(WireError) {
        guard names.count - base < Self.maxMembers else { throw WireError(.tooManyFields, offset: name.start) }
        var own = name
        if name.hasEscapes {
            // Kept decoded: equal names may be written with different escapes.
            let decoded = contents(name)
            own = JSONText(start: scratch.count - decoded.count, count: decoded.count, hasEscapes: true)
        }
        var hasher = Hasher128(seed: 1)
        hasher.combine(noted(own))
        let hash = hasher.finish().high
        for index in base..<names.count where names[index].hash == hash && noted(names[index].text).equals(noted(own)) {
            throw WireError(.duplicateField, field: Self.shortened(noted(own)), offset: name.start)
        }
        names.append(own, hash: hash)
    }

    /// The bytes of a name in the list: in the input, or decoded in `scratch`.
    private func noted(_ name: JSONText) -> UnsafeRawBufferPointer {
        name.hasEscapes ? scratch.bytes(from: name.start, count: name.count) : bytes.part(name.start, name.count)
    }

    /// A name as a key; its first 63 bytes, cut between characters.
    static func shortened(_ name: UnsafeRawBufferPointer) -> Key {
        if let key = Key(name) { return key }
        var length = Key.maxBytes
        while length > 0 && name[length] & 0xC0 == 0x80 { length -= 1 }
        return Key(name.part(0, length)) ?? Key()
    }
}
