public import StockCore

/// Growable memory that is used again and again: an encoder clears it, appends, and hands the bytes on. After it has grown to the
/// largest message it never allocates again.
public struct ByteBuffer: ~Copyable {
    @usableFromInline var storage: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    /// The number of bytes in it.
    public private(set) var count = 0

    /// An empty buffer with room for `capacity` bytes (at least 16).
    public init(capacity: Int = 1024) {
        self.capacity = max(capacity, 16)
        storage = UnsafeMutableRawPointer.allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { storage.deallocate() }

    /// The bytes. The pointer is valid until the next change of the buffer.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage, count: count) }

    /// The bytes from `start` on, `count` of them. Traps where they are not in the buffer. Valid until the next change.
    public func bytes(from start: Int, count length: Int) -> UnsafeRawBufferPointer {
        precondition(start >= 0 && length >= 0 && start <= count && length <= count - start)
        return UnsafeRawBufferPointer(start: storage + start, count: length)
    }

    /// The last byte; 0 where the buffer is empty.
    var last: UInt8 { count == 0 ? 0 : storage.load(fromByteOffset: count - 1, as: UInt8.self) }

    /// Makes it empty and keeps its memory.
    public mutating func clear() { count = 0 }

    /// Cuts it back to its first `length` bytes. Traps where it is shorter.
    public mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count)
        count = length
    }

    /// Makes room for `extra` more bytes.
    @inline(__always) public mutating func reserve(_ extra: Int) {
        if extra > capacity &- count { grow(extra) }
    }

    @inline(never) private mutating func grow(_ extra: Int) {
        var larger = capacity * 2
        while larger - count < extra { larger *= 2 }
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: storage, byteCount: count)
        storage.deallocate()
        storage = moved
        capacity = larger
    }

    /// Appends one byte.
    @inline(__always) public mutating func append(_ byte: UInt8) {
        reserve(1)
        storage.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    /// Appends bytes, which must not lie in this buffer.
    public mutating func append(_ other: UnsafeRawBufferPointer) {
        guard let base = other.baseAddress, other.count > 0 else { return }
        reserve(other.count)
        (storage + count).copyMemory(from: base, byteCount: other.count)
        count &+= other.count
    }

    /// Appends the text of a literal. Inlined, so that its length is known and no copy is called.
    @inline(__always) public mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a key's bytes.
    public mutating func append(_ key: Key) {
        appendUnsafely(limit: Key.storedBytes) { target in
            _ = key.store(to: target)
            return key.count
        }
    }

    /// Appends a text; for tools and tests, never the hot path.
    public mutating func append(text: String) {
        for byte in text.utf8 { append(byte) }
    }

    /// Writes `width` bytes of `value`, little-endian. `width` is 1 to 8.
    mutating func appendLittleEndian(_ value: UInt64, width: Int) {
        reserve(8)
        storage.storeBytes(of: value.littleEndian, toByteOffset: count, as: UInt64.self)
        count &+= width
    }

    /// Gives room for at most `limit` bytes at the end to `body`, which answers how many of them count.
    @inline(__always) mutating func appendUnsafely(limit: Int, _ body: (UnsafeMutableRawPointer) -> Int) {
        reserve(limit)
        let written = body(storage + count)
        precondition(written >= 0 && written <= limit)
        count &+= written
    }
}
