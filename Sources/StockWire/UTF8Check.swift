import StockCore

/// UTF-8 as RFC 3629 says: no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Check {
    /// The length of the valid multi-byte sequence at `index`, whose first byte is 0x80 or more; 0 where it is not valid.
    static func sequence(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        let left = bytes.count - index
        let first = bytes[index]
        func isContinuation(_ offset: Int) -> Bool { bytes[index + offset] & 0xC0 == 0x80 }
        switch first {
        case 0xC2...0xDF:
            return left >= 2 && isContinuation(1) ? 2 : 0
        case 0xE0...0xEF:
            guard left >= 3, isContinuation(1), isContinuation(2) else { return 0 }
            let second = bytes[index + 1]
            if first == 0xE0 && second < 0xA0 || first == 0xED && second > 0x9F { return 0 }
            return 3
        case 0xF0...0xF4:
            guard left >= 4, isContinuation(1), isContinuation(2), isContinuation(3) else { return 0 }
            let second = bytes[index + 1]
            if first == 0xF0 && second < 0x90 || first == 0xF4 && second > 0x8F { return 0 }
            return 4
        default:
            return 0
        }
    }

    /// Whether all bytes are valid UTF-8.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if bytes[index] < 0x80 {
                index += 1
            } else {
                let length = sequence(bytes, at: index)
                if length == 0 { return false }
                index += length
            }
        }
        return true
    }
}

/// The part of a JSON text that means what it says.
enum PlainText {
    /// The first byte from `index` on that ends a text or needs a closer look: a quote, a backslash, a control character or a byte that
    /// is not ASCII; the number of bytes where there is none. Eight bytes at a time. `stopsAtDelete`: U+007F too, the one control
    /// character that JSON allows as it is.
    @inline(__always) static func end(_ bytes: UnsafeRawBufferPointer, from index: Int, stopsAtDelete: Bool = false) -> Int {
        var at = index
        while at &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let marks = JSONMarks.special(in: word, deletes: stopsAtDelete)
            if marks != 0 { return at &+ marks.trailingZeroBitCount >> 3 }
            at &+= 8
        }
        while at < bytes.count {
            let byte = bytes[at]
            if byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C || stopsAtDelete && byte == 0x7F { return at }
            at &+= 1
        }
        return at
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are exactly this text.
    @inline(__always) func equals(_ text: StaticString) -> Bool {
        equals(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Whether the bytes are the same as `other`. Words that overlap, so that short names need no loop.
    @inline(__always) func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        if count >= 8 { return isSame(other, UInt64.self) }
        if count >= 4 { return isSame(other, UInt32.self) }
        var index = 0
        while index < count {
            if self[index] != other[index] { return false }
            index &+= 1
        }
        return true
    }

    /// Both have the same count, at least a word's.
    @inline(__always) private func isSame<Word: FixedWidthInteger & BitwiseCopyable>(
        _ other: UnsafeRawBufferPointer, _: Word.Type
    ) -> Bool {
        let size = MemoryLayout<Word>.size
        var index = 0
        while index &+ size <= count {
            let own = loadUnaligned(fromByteOffset: index, as: Word.self)
            if own != other.loadUnaligned(fromByteOffset: index, as: Word.self) { return false }
            index &+= size
        }
        let last = count &- size
        return loadUnaligned(fromByteOffset: last, as: Word.self) == other.loadUnaligned(fromByteOffset: last, as: Word.self)
    }

    /// Whether the bytes begin with this text in any case of ASCII letters. `text` is lower case.
    func hasPrefixIgnoringCase(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount {
            let byte = self[index]
            let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            if lower != text.utf8Start[index] { return false }
        }
        return true
    }

    /// The bytes from `start` on, `length` of them, at most what is there.
    func part(_ start: Int, _ length: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[Swift.min(start, count)..<Swift.min(start + length, count)])
    }
}
