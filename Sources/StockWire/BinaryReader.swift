import StockCore

/// Reads little-endian numbers and varints from bytes that it borrows; every read is checked against the end.
struct BinaryReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func damaged(_ detail: StaticString) -> WireError { WireError(.corrupt, offset: position, detail: detail) }

    mutating func byte() throws(WireError) -> UInt8 {
        guard position < bytes.count else { throw damaged("it ends too early") }
        position &+= 1
        return bytes[position &- 1]
    }

    mutating func word() throws(WireError) -> UInt64 {
        guard bytes.count &- position >= 8 else { throw damaged("it ends too early") }
        position &+= 8
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position &- 8, as: UInt64.self))
    }

    /// A number of at most ten bytes with seven bits each, lowest first; the shortest form only, so that equal values are equal bytes.
    mutating func varint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            if shift == 63 && next > 1 { throw damaged("a number does not fit in 64 bits") }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 {
                if next == 0 && shift > 0 { throw damaged("a number is not in its shortest form") }
                return value
            }
            shift &+= 7
        }
    }

    /// A signed number (zigzag).
    mutating func number() throws(WireError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func key() throws(WireError) -> Key {
        let length = Int(try byte())
        guard length <= Key.maxBytes, length <= bytes.count - position, let key = Key(bytes.part(position, length)) else {
            throw damaged("a key is too long")
        }
        position &+= length
        return key
    }

    mutating func hash() throws(WireError) -> Hash128 {
        let high = try word()
        return Hash128(high: high, low: try word())
    }

    /// A byte of flags, of which only the lowest `count` may be set.
    mutating func flags(_ count: UInt8) throws(WireError) -> UInt8 {
        let flags = try byte()
        guard flags >> count == 0 else { throw damaged("an unknown flag is set") }
        return flags
    }

    func finish() throws(WireError) {
        if position != bytes.count { throw damaged("bytes are left over") }
    }
}

extension ByteBuffer {
    /// Appends a number in the form that `BinaryReader.varint` reads.
    mutating func append(varint value: UInt64) {
        appendUnsafely(limit: 10) { target in
            var rest = value
            var at = 0
            while rest >= 0x80 {
                target.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: at, as: UInt8.self)
                rest >>= 7
                at &+= 1
            }
            target.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: at, as: UInt8.self)
            return at &+ 1
        }
    }

    /// Appends a signed number (zigzag), so that small ones of both signs are short.
    mutating func append(number value: Int64) { append(varint: UInt64(bitPattern: value << 1 ^ value >> 63)) }

    /// Appends a key behind its length.
    mutating func append(counted key: Key) {
        append(UInt8(truncatingIfNeeded: key.count))
        append(key)
    }

    mutating func append(word value: UInt64) { appendLittleEndian(value, width: 8) }

    mutating func append(hash: Hash128) {
        append(word: hash.high)
        append(word: hash.low)
    }
}
