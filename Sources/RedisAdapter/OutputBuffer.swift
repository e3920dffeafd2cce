internal import Glibc
internal import StockCore

/// Bytes on their way to Redis, in one block that is reused: commands are appended at the end, the socket takes from the front.
///
/// Encodes RESP2 requests, which are arrays of bulk strings: `*<arguments>`, then `$<bytes>`, the bytes, each line ended by CR LF.
struct OutputBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0
    private(set) var taken = 0

    init(capacity: Int = 1 << 16) {
        precondition(capacity > 0)
        self.capacity = capacity
        base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// The bytes that the socket has not taken yet.
    var pending: Int { count - taken }

    /// Gives what is pending to `body`, which answers how much of it was taken.
    mutating func withPending(_ body: (UnsafeRawBufferPointer) -> Int) {
        taken += body(UnsafeRawBufferPointer(start: base + taken, count: pending))
        assert(taken <= count)
        if taken == count { clear() }
    }

    /// Forgets everything. A block above `RedisLimits.idleBufferBytes` is given back.
    mutating func clear() {
        count = 0
        taken = 0
        guard capacity > RedisLimits.idleBufferBytes else { return }
        base.deallocate()
        capacity = 1 << 16
        base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }

    private mutating func reserve(_ bytes: Int) {
        guard count + bytes > capacity else { return }
        var larger = capacity
        while larger < count + bytes { larger *= 2 }
        let new = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        new.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = new
        capacity = larger
    }

    // MARK: - Raw

    mutating func raw(_ text: StaticString) {
        raw(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        if let start = bytes.baseAddress { (base + count).copyMemory(from: start, byteCount: bytes.count) }
        count += bytes.count
    }

    mutating func raw(byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    mutating func endLine() {
        reserve(2)
        base.storeBytes(of: 0x0A0D, toByteOffset: count, as: UInt16.self)  // CR LF, little-endian
        count += 2
    }

    mutating func decimal(_ value: Int64) {
        reserve(20)
        let digits = Self.digits(value)
        var rest = value.magnitude
        var end = count + digits
        repeat {
            end -= 1
            base.storeBytes(of: UInt8(truncatingIfNeeded: 48 + rest % 10), toByteOffset: end, as: UInt8.self)
            rest /= 10
        } while rest > 0
        if value < 0 { base.storeBytes(of: UInt8(ascii: "-"), toByteOffset: count, as: UInt8.self) }
        count += digits
    }

    /// The characters of the number in decimal, with its sign.
    static func digits(_ value: Int64) -> Int {
        var count = value < 0 ? 2 : 1
        var rest = value.magnitude
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }

    // MARK: - RESP

    /// Begins a command of this many arguments, its name included.
    mutating func command(_ arguments: Int) {
        assert(arguments > 0)
        raw(byte: UInt8(ascii: "*"))
        decimal(Int64(arguments))
        endLine()
    }

    /// Begins an argument of this many bytes, which follow by `raw`, then `endLine`.
    mutating func beginBulk(_ bytes: Int) {
        raw(byte: UInt8(ascii: "$"))
        decimal(Int64(bytes))
        endLine()
    }

    mutating func bulk(_ bytes: UnsafeRawBufferPointer) {
        beginBulk(bytes.count)
        raw(bytes)
        endLine()
    }

    mutating func bulk(_ bytes: [UInt8]) { bytes.withUnsafeBytes { bulk($0) } }

    mutating func bulk(_ text: StaticString) {
        bulk(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func bulk(_ value: Int64) {
        beginBulk(Self.digits(value))
        decimal(value)
        endLine()
    }

    mutating func bulk(_ key: Key) { key.withBytes { bulk($0) } }

    /// An argument made of two parts, such as a key's fixed front and a SKU.
    mutating func bulk(_ front: [UInt8], _ key: Key) {
        beginBulk(front.count + key.count)
        front.withUnsafeBytes { raw($0) }
        key.withBytes { raw($0) }
        endLine()
    }
}
