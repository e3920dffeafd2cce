public import StockCore

extension ByteBuffer {
    /// A whole number in decimal.
    public mutating func append(decimal value: Int64) {
        // A sign, and three stores of eight digits.
        appendUnsafely(limit: 25) { start in
            start.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
            let sign = value < 0 ? 1 : 0
            let target = start + sign
            let number = value.magnitude
            // Most quantities.
            if number < 10 {
                target.storeBytes(of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number), as: UInt8.self)
                return sign &+ 1
            }
            if number < 100_000_000 { return sign &+ Decimal.store(UInt32(truncatingIfNeeded: number), to: target) }
            let high = number / 100_000_000
            let low = Decimal.digits(UInt32(truncatingIfNeeded: number &- high &* 100_000_000)) | Decimal.zeros
            let count: Int
            if high < 100_000_000 {
                count = Decimal.store(UInt32(truncatingIfNeeded: high), to: target)
            } else {
                let highest = high / 100_000_000
                let middle = Decimal.digits(UInt32(truncatingIfNeeded: high &- highest &* 100_000_000)) | Decimal.zeros
                let digits = Decimal.store(UInt32(truncatingIfNeeded: highest), to: target)
                target.storeBytes(of: middle.littleEndian, toByteOffset: digits, as: UInt64.self)
                count = digits &+ 8
            }
            target.storeBytes(of: low.littleEndian, toByteOffset: count, as: UInt64.self)
            return sign &+ count &+ 8
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

    /// The lowest `count` hexadecimal digits of a number, lower case. `count` is at most 16.
    public mutating func append(hexDigits value: UInt64, count: Int) {
        assert(count >= 0 && count <= 16)
        appendUnsafely(limit: 16) { target in
            let digits = value << UInt64(64 &- 4 &* count)
            let first = Decimal.hexDigits(UInt32(truncatingIfNeeded: digits >> 32))
            target.storeBytes(of: first.littleEndian, as: UInt64.self)
            let second = Decimal.hexDigits(UInt32(truncatingIfNeeded: digits))
            target.storeBytes(of: second.littleEndian, toByteOffset: 8, as: UInt64.self)
            return count
        }
    }

    /// A hash as 32 hexadecimal digits.
    public mutating func append(hex hash: Hash128) {
        append(hexDigits: hash.high, count: 16)
        append(hexDigits: hash.low, count: 16)
    }
}

/// Digits by arithmetic on all bytes of a word at once: no loop, no table. The first digit is the lowest byte.
private enum Decimal {
    /// Eight digits `0`.
    static var zeros: UInt64 { 0x3030_3030_3030_3030 }

    /// The eight digits of a number below 100,000,000, as values of 0 to 9.
    @inline(__always) static func digits(_ number: UInt32) -> UInt64 {
        let high = number / 10_000
        // Two numbers of four digits, then four of two, then eight of one; the divisions by multiplying are exact in these ranges.
        let fours = UInt64(high) | UInt64(number &- high &* 10_000) << 32
        let hundreds = (fours &* 10_486) >> 20 & 0x7F_0000_007F
        let twos = hundreds | (fours &- 100 &* hundreds) << 16
        let tens = (twos &* 103) >> 10 & 0x000F_000F_000F_000F
        return tens | (twos &- 10 &* tens) << 8
    }

    /// Writes a number below 100,000,000 without leading zeros; up to eight bytes are touched. Returns the number of its digits.
    @inline(__always) static func store(_ number: UInt32, to target: UnsafeMutableRawPointer) -> Int {
        let digits = digits(number)
        // The last digit stays, also where it is zero.
        let leading = min(digits.trailingZeroBitCount >> 3, 7)
        target.storeBytes(of: ((digits | zeros) >> UInt64(8 &* leading)).littleEndian, as: UInt64.self)
        return 8 &- leading
    }

    /// The eight hexadecimal digits of a number, as text.
    @inline(__always) static func hexDigits(_ number: UInt32) -> UInt64 {
        var nibbles = UInt64(number)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let isLetter = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return (nibbles &+ zeros &+ isLetter &* 0x27).byteSwapped
    }
}
