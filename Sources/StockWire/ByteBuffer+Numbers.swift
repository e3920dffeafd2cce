public import StockCore

extension ByteBuffer {
    /// A whole number in decimal.
    public mutating func append(decimal value: Int64) {
        appendUnsafely(limit: 20) { target in
            var rest = value.magnitude
            var digits = 1
            var probe = rest
            while probe >= 10 {
                probe /= 10
                digits &+= 1
            }
            let start = value < 0 ? 1 : 0
            if value < 0 { target.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self) }
            var at = start &+ digits
            while at > start {
                at &-= 1
                let quotient = rest / 10
                target.storeBytes(
                    of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest &- quotient &* 10), toByteOffset: at, as: UInt8.self)
                rest = quotient
            }
            return start &+ digits
        }
    }

    /// A whole number in decimal with leading zeros up to `width` digits. `value` is not negative.
    mutating func append(decimal value: Int64, width: Int) {
        var power: Int64 = 10
        var digits = 1
        while power <= value && digits < 19 {
            digits += 1
            if digits < 19 { power *= 10 }
        }
        while digits < width {
            append(UInt8(ascii: "0"))
            digits += 1
        }
        append(decimal: value)
    }

    /// The lowest `count` hexadecimal digits of a number, lower case.
    public mutating func append(hexDigits value: UInt64, count: Int) {
        var shift = UInt64(count) * 4
        while shift > 0 {
            shift -= 4
            let nibble = UInt8(truncatingIfNeeded: value >> shift) & 0xF
            append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        }
    }

    /// A hash as 32 hexadecimal digits.
    public mutating func append(hex hash: Hash128) {
        append(hexDigits: hash.high, count: 16)
        append(hexDigits: hash.low, count: 16)
    }
}
