/// The headers of one outgoing record, in memory that is used again and again.
public struct HeaderBuffer: ~Copyable {
    private struct Entry {
        var name: UnsafeRawBufferPointer?
        var nameStart: Int
        var nameCount: Int
        var valueStart: Int
        /// -1: a null value.
        var valueCount: Int
    }

    private var arena = ByteBuffer(capacity: 1024)
    private var entries: [Entry] = []
    private var views: UnsafeMutablePointer<RecordHeader>
    private var capacity = 16

    /// An empty buffer.
    public init() { views = UnsafeMutablePointer<RecordHeader>.allocate(capacity: 16) }

    deinit { views.deallocate() }

    /// The number of headers.
    public var count: Int { entries.count }

    /// Makes it empty and keeps its memory.
    public mutating func clear() {
        arena.clear()
        entries.removeAll(keepingCapacity: true)
    }

    /// The headers, in the order in which they were added. Valid until the next change of the buffer.
    public mutating func headers() -> UnsafeBufferPointer<RecordHeader> {
        if entries.count > capacity {
            views.deallocate()
            capacity = entries.count * 2
            views = UnsafeMutablePointer<RecordHeader>.allocate(capacity: capacity)
        }
        for (index, entry) in entries.enumerated() {
            let name = entry.name ?? arena.bytes(from: entry.nameStart, count: entry.nameCount)
            let value = entry.valueCount < 0 ? nil : arena.bytes(from: entry.valueStart, count: entry.valueCount)
            (views + index).initialize(to: RecordHeader(name: name, value: value))
        }
        return UnsafeBufferPointer(start: views, count: entries.count)
    }

    /// Adds a header whose value `write` appends to the buffer that it gets.
    public mutating func add(_ name: StaticString, _ write: (inout ByteBuffer) -> Void) {
        let start = arena.count
        write(&arena)
        entries.append(
            Entry(
                name: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), nameStart: 0, nameCount: 0,
                valueStart: start, valueCount: arena.count - start))
    }

    /// Adds a header; the value is copied.
    public mutating func add(_ name: StaticString, _ value: UnsafeRawBufferPointer) { add(name) { $0.append(value) } }

    /// Adds a header with a fixed value.
    public mutating func add(_ name: StaticString, literal: StaticString) { add(name) { $0.append(literal) } }

    /// Adds a header with a number in decimal.
    public mutating func add(_ name: StaticString, decimal value: Int64) { add(name) { $0.append(decimal: value) } }

    /// Adds a header of another record; name and value are copied, the name behind `prefix`.
    public mutating func add(copyOf header: RecordHeader, prefix: StaticString = "") {
        let start = arena.count
        arena.append(prefix)
        arena.append(header.name)
        let valueStart = arena.count
        if let value = header.value { arena.append(value) }
        entries.append(
            Entry(
                name: nil, nameStart: start, nameCount: valueStart - start, valueStart: valueStart,
                valueCount: header.value == nil ? -1 : arena.count - valueStart))
    }
}
