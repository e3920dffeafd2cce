/// A short identifier held in the value itself: a SKU, a location, a hold, an order line, a document.
///
/// Its bytes are UTF-8 text of 1 to `Key.maxBytes` bytes, or empty for "none". No heap, no reference count: keys are compared,
/// hashed and copied on the hot path for every event.
public struct Key: Hashable, Sendable, BitwiseCopyable {
    /// The most bytes that a key holds.
    public static let maxBytes = 63

    // 63 bytes, little-endian in eight words; the top byte of the last word is the length. Unused bytes are zero, so that
    // equality and hashing work on whole words.
    @usableFromInline var w0: UInt64
    @usableFromInline var w1: UInt64
    @usableFromInline var w2: UInt64
    @usableFromInline var w3: UInt64
    @usableFromInline var w4: UInt64
    @usableFromInline var w5: UInt64
    @usableFromInline var w6: UInt64
    @usableFromInline var w7: UInt64

    /// The empty key: "none".
    @inlinable public init() {
        w0 = 0
        w1 = 0
        w2 = 0
        w3 = 0
        w4 = 0
        w5 = 0
        w6 = 0
        w7 = 0
    }

    /// Copies the bytes, by words that overlap. Returns nil where they are more than `maxBytes`.
    @inlinable public init?(_ bytes: UnsafeRawBufferPointer) {
        let count = bytes.count
        guard count <= Key.maxBytes else { return nil }
        self.init()
        if count < 8 {
            w0 = bytes.shortWord.littleEndian
        } else {
            w0 = bytes.loadUnaligned(as: UInt64.self)
            if count > 8 {
                // The last eight bytes without those that are there already.
                let last = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
                let rest = last >> UInt64(8 &* (7 &- (count &- 1) & 7))
                if count <= 16 {
                    w1 = rest.littleEndian
                } else {
                    withUnsafeMutableBytes(of: &self) { own in
                        var at = 8
                        while at &+ 8 < count {
                            own.storeBytes(of: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self), toByteOffset: at, as: UInt64.self)
                            at &+= 8
                        }
                        own.storeBytes(of: rest.littleEndian, toByteOffset: at, as: UInt64.self)
                    }
                }
            }
        }
        w7 |= (UInt64(truncatingIfNeeded: count) << 56).littleEndian
    }

    /// For literals in tests and tools. Traps where the text is longer than `maxBytes`.
    public init(_ text: StaticString) {
        precondition(text.utf8CodeUnitCount <= Key.maxBytes)
        self = Key(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))!
    }

    /// For tools and tests, never the hot path. Returns nil where the text is longer than `maxBytes` in UTF-8.
    public init?(text: String) {
        var copy = text
        guard let key = copy.withUTF8({ Key(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = key
    }

    /// The number of bytes, 0 to `maxBytes`.
    @inlinable public var count: Int { Int(truncatingIfNeeded: w7 >> 56) }

    /// Whether this is "none".
    @inlinable public var isEmpty: Bool { w7 >> 56 == 0 }

    /// Gives the bytes to `body`, which must not keep the pointer.
    @inlinable public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: self) { body(UnsafeRawBufferPointer(rebasing: $0[0..<count])) }
    }

    /// The number of bytes that `store` may write.
    public static var storedBytes: Int { 64 }

    /// Copies the bytes by whole words, so that up to `storedBytes` bytes are written. Answers whether JSON can take them as they are:
    /// ASCII without quotes, backslashes and control characters.
    @inlinable public func store(to target: UnsafeMutableRawPointer) -> Bool {
        return withUnsafeBytes(of: self) { own in
            var marks: UInt64 = 0
            var at = 0
            let end = count
            while at < end {
                var word = own.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                target.storeBytes(of: word, toByteOffset: at, as: UInt64.self)
                word = UInt64(littleEndian: word)
                at &+= 8
                // Unused bytes, and the length, are looked at as spaces.
                let unused = UInt64(truncatingIfNeeded: 8 &* max(0, at &- end))
                if unused > 0 { word = word << unused | 0x2020_2020_2020_2020 >> (64 &- unused) }
                marks |= JSONMarks.special(in: word)
            }
            return marks == 0
        }
    }

    /// A 64-bit hash, the same on every machine and in every run (multiply and fold, after wyhash).
    @inlinable public var hash64: UInt64 {
        var hash = Key.fold(w0 ^ 0xA076_1D64_78BD_642F, w1 ^ 0xE703_7ED1_A0B4_28DB)
        hash = Key.fold(hash ^ w2, w7 ^ 0x8EBC_6AF0_9C88_C6E3)
        if count > 24 {
            hash = Key.fold(hash ^ w3, w4 ^ 0x5899_65CC_7537_4CC3)
            hash = Key.fold(hash ^ w5, w6 ^ 0x1D8E_4E27_C47D_124F)
        }
        return hash
    }

    @inlinable static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// Whether both have the same bytes.
    @inlinable public static func == (a: Key, b: Key) -> Bool {
        a.w0 == b.w0 && a.w7 == b.w7 && a.w1 == b.w1 && a.w2 == b.w2 && a.w3 == b.w3 && a.w4 == b.w4 && a.w5 == b.w5 && a.w6 == b.w6
    }

    /// For collections of the standard library; `hash64` is the stable hash.
    @inlinable public func hash(into hasher: inout Hasher) { hasher.combine(hash64) }
}

extension Key: Comparable {
    /// Byte order (UTF-8), shorter first where one is a prefix of the other.
    public static func < (a: Key, b: Key) -> Bool {
        a.withBytes { x in
            b.withBytes { y in
                for index in 0..<min(x.count, y.count) where x[index] != y[index] { return x[index] < y[index] }
                return x.count < y.count
            }
        }
    }
}

extension Key: CustomStringConvertible {
    /// The text, for people. Bytes that are not UTF-8 are repaired.
    public var description: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

extension UnsafeRawBufferPointer {
    /// At most seven bytes as a number, the first one lowest. Loads that overlap, so that no loop is needed.
    @inlinable public var shortWord: UInt64 {
        assert(count < 8)
        if count >= 4 {
            let low = UInt64(UInt32(littleEndian: loadUnaligned(as: UInt32.self)))
            let high = UInt64(UInt32(littleEndian: loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)))
            return low | high << UInt64(8 &* (count &- 4))
        }
        if count == 0 { return 0 }
        let middle = UInt64(self[count >> 1]) << UInt64(8 &* (count >> 1))
        return UInt64(self[0]) | middle | UInt64(self[count &- 1]) << UInt64(8 &* (count &- 1))
    }
}

/// Looks for what JSON can't take as it is, in eight bytes at once.
public enum JSONMarks {
    /// The word with this byte in each place.
    @usableFromInline @inline(__always) static func eight(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }

    /// The highest bit of each quote, backslash, control character and byte that is not ASCII, the first byte lowest. Bits above the lowest
    /// one may be wrong; none is set where there is nothing. `deletes`: of U+007F too.
    @inlinable @inline(__always) public static func special(in word: UInt64, deletes: Bool = false) -> UInt64 {
        let quotes = word ^ eight(0x22)
        let slashes = word ^ eight(0x5C)
        var found = ((quotes &- eight(1)) & ~quotes) | ((slashes &- eight(1)) & ~slashes) | ((word &- eight(0x20)) & ~word) | word
        // A byte of 0x7F has the highest bit after one more; others that have it are marked already.
        if deletes { found |= word &+ eight(1) }
        return found & eight(0x80)
    }
}
