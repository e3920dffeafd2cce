/// A 128-bit hash that names an event id, a business id or the content of a body. Stored in ledgers and checkpoints, so it never changes.
public struct Hash128: Hashable, Sendable, BitwiseCopyable {
    /// The upper half.
    public var high: UInt64
    /// The lower half.
    public var low: UInt64

    /// Zero: "none".
    @inlinable public init() {
        high = 0
        low = 0
    }

    /// The two halves.
    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Whether this is "none".
    @inlinable public var isZero: Bool { high | low == 0 }
}

/// Computes a `Hash128` over bytes and numbers in a fixed order: two independent multiply-and-fold lanes (after wyhash).
///
/// Not a cryptographic hash. What a collision can do is bounded: the body hash differs, and the event is refused as a conflict, visibly.
public struct Hasher128: BitwiseCopyable, Sendable {
    @usableFromInline var a: UInt64
    @usableFromInline var b: UInt64

    /// A hasher; different seeds give unrelated hashes of the same input.
    @inlinable public init(seed: UInt64) {
        a = seed ^ 0xA076_1D64_78BD_642F
        b = seed &* 0x9E37_79B9_7F4A_7C15 ^ 0xE703_7ED1_A0B4_28DB
    }

    /// Mixes a number in.
    @inlinable public mutating func combine(_ value: UInt64) {
        a = Key.fold(a ^ value, 0x8EBC_6AF0_9C88_C6E3 ^ b)
        b = Key.fold(b ^ value ^ 0x5899_65CC_7537_4CC3, a | 1) &+ value
    }

    /// Mixes a signed number in.
    @inlinable public mutating func combine(_ value: Int64) { combine(UInt64(bitPattern: value)) }

    /// Mixes bytes in, with their count, so that neighbours can't run into each other.
    @inlinable public mutating func combine(_ bytes: UnsafeRawBufferPointer) {
        combine(UInt64(truncatingIfNeeded: bytes.count))
        var index = 0
        while index &+ 8 <= bytes.count {
            combine(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
            index &+= 8
        }
        guard index < bytes.count else { return }
        let rest = bytes.count &- index
        if bytes.count >= 8 {
            // The last eight bytes, without those that were mixed in already.
            let last = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt64.self))
            return combine(last >> UInt64(8 &* (8 &- rest)))
        }
        var word: UInt64 = 0
        var shift: UInt64 = 0
        while index < bytes.count {
            word |= UInt64(bytes[index]) << shift
            shift &+= 8
            index &+= 1
        }
        combine(word)
    }

    /// Mixes a key in: the same as its bytes, by whole words, whose unused bytes are zero.
    @inlinable public mutating func combine(_ key: Key) {
        let count = key.count
        combine(UInt64(truncatingIfNeeded: count))
        if count > 0 { combine(UInt64(littleEndian: key.w0)) }
        if count > 8 { combine(UInt64(littleEndian: key.w1)) }
        if count > 16 { combine(UInt64(littleEndian: key.w2)) }
        if count > 24 { combine(UInt64(littleEndian: key.w3)) }
        if count > 32 { combine(UInt64(littleEndian: key.w4)) }
        if count > 40 { combine(UInt64(littleEndian: key.w5)) }
        if count > 48 { combine(UInt64(littleEndian: key.w6)) }
        // Its top byte is the key's length.
        if count > 56 { combine(UInt64(littleEndian: key.w7) & (1 << 56 - 1)) }
    }

    /// The hash; never zero, which means "none".
    @inlinable public func finish() -> Hash128 {
        let high = Key.fold(a ^ 0x1D8E_4E27_C47D_124F, b ^ 0xEB44_ACCA_B455_D165)
        let low = Key.fold(b ^ high, a ^ 0x9FB2_1C65_1E98_DF25)
        return Hash128(high: high, low: low | (high == 0 ? 1 : 0))
    }
}
