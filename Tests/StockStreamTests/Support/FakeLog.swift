import StockStream
import StockWire

/// One record with memory of its own, so that a view of it may be handed out.
final class FakeRecord {
    let timestamp: Int64
    /// Whether the timestamp is the broker's.
    let isStampedByBroker: Bool
    private let storage: UnsafeMutableRawBufferPointer
    private let keyRange: Range<Int>?
    private let valueRange: Range<Int>?
    private let headers: UnsafeMutableBufferPointer<RecordHeader>

    init(
        key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, timestamp: Int64, isStampedByBroker: Bool = false,
        headers given: UnsafeBufferPointer<RecordHeader> = UnsafeBufferPointer(start: nil, count: 0)
    ) {
        self.timestamp = timestamp
        self.isStampedByBroker = isStampedByBroker
        let size = given.reduce((key?.count ?? 0) + (value?.count ?? 0)) { $0 + $1.name.count + ($1.value?.count ?? 0) }
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 1)
        var end = 0
        func keep(_ bytes: UnsafeRawBufferPointer) -> Range<Int> {
            UnsafeMutableRawBufferPointer(rebasing: storage[end...]).copyMemory(from: bytes)
            defer { end += bytes.count }
            return end..<end + bytes.count
        }
        keyRange = key.map(keep)
        valueRange = value.map(keep)
        headers = .allocate(capacity: max(given.count, 1))
        for (index, header) in given.enumerated() {
            let name = UnsafeRawBufferPointer(rebasing: storage[keep(header.name)])
            let value = header.value.map { UnsafeRawBufferPointer(rebasing: storage[keep($0)]) }
            headers.initializeElement(at: index, to: RecordHeader(name: name, value: value))
        }
        headerCount = given.count
        self.storage = storage
    }

    private let headerCount: Int

    deinit {
        storage.deallocate()
        headers.deallocate()
    }

    var key: UnsafeRawBufferPointer? { keyRange.map { UnsafeRawBufferPointer(rebasing: storage[$0]) } }
    var value: UnsafeRawBufferPointer? { valueRange.map { UnsafeRawBufferPointer(rebasing: storage[$0]) } }
    var text: String { value.map { String(decoding: $0, as: UTF8.self) } ?? "" }

    /// The text of a header; nil where there is none of that name.
    func header(_ name: String) -> String? {
        let found = headers.prefix(headerCount).first { String(decoding: $0.name, as: UTF8.self) == name }
        return found?.value.map { String(decoding: $0, as: UTF8.self) }
    }

    func view(partition: Int32, offset: Int64) -> RecordView {
        RecordView(
            partition: partition, offset: offset, timestampMilliseconds: timestamp, isStampedByBroker: isStampedByBroker, key: key,
            value: value,
            headers: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(headers)[0..<headerCount]))
    }
}

/// A transaction as the broker sees it.
final class FakeTransaction {
    enum State { case open, committed, aborted }
    /// Rises with each.
    let number: Int
    var offsets: [Int32: OffsetCommit] = [:]
    var logs: [FakeLog] = []
    /// How it ended in each of its logs.
    private var ends: [ObjectIdentifier: State] = [:]

    init(number: Int) { self.number = number }

    func state(in log: FakeLog) -> State { ends[ObjectIdentifier(log)] ?? .open }

    /// The first end counts.
    func end(in log: FakeLog, isCommitted: Bool) {
        guard state(in: log) == .open else { return }
        ends[ObjectIdentifier(log)] = isCommitted ? .committed : .aborted
    }
}

/// One partition of a topic.
final class FakeLog {
    enum Entry {
        case record(FakeRecord, FakeTransaction?)
        case marker
        /// Removed by compaction.
        case gone
    }

    private(set) var entries: [Entry] = []
    /// The lowest offset that is still there (retention).
    var start: Int64 = 0

    var end: Int64 { Int64(entries.count) }

    /// The first offset of an open transaction, or the end.
    var lastStableOffset: Int64 {
        while settled < entries.count {
            if case .record(_, let transaction?) = entries[settled], transaction.state(in: self) == .open { return Int64(settled) }
            settled += 1
        }
        return end
    }

    /// Below this nothing is open any more.
    private var settled = 0

    func append(_ record: FakeRecord, _ transaction: FakeTransaction? = nil) {
        entries.append(.record(record, transaction))
        if let transaction, !transaction.logs.contains(where: { $0 === self }) { transaction.logs.append(self) }
    }

    func appendMarker() { entries.append(.marker) }

    /// Removes one record, as a fault.
    func remove(at offset: Int64) { entries[Int(offset)] = .gone }

    /// Takes the place of a record, as a fault.
    func replace(at offset: Int64, _ record: FakeRecord) { entries[Int(offset)] = .record(record, nil) }

    /// The committed record at an offset; nil: none is there for a read_committed reader.
    func committed(at offset: Int64) -> FakeRecord? {
        guard offset >= start, offset < end, case .record(let record, let transaction) = entries[Int(offset)] else { return nil }
        guard let transaction else { return record }
        return transaction.state(in: self) == .committed ? record : nil
    }

    /// Every committed record with its offset.
    var committedRecords: [(offset: Int64, record: FakeRecord)] {
        (start..<max(start, lastStableOffset)).compactMap { offset in committed(at: offset).map { (offset, $0) } }
    }

    /// The offset of the last committed record; -1: there is none.
    var lastCommitted: Int64 {
        var offset = lastStableOffset - 1
        while offset >= start, committed(at: offset) == nil { offset -= 1 }
        return max(offset, start - 1)
    }

    /// Keeps the newest record of every key, as a compacted topic may.
    func compact() {
        var newest: [[UInt8]: Int64] = [:]
        for (offset, record) in committedRecords { newest[Array(record.key!)] = offset }
        for (offset, record) in committedRecords where newest[Array(record.key!)] != offset { entries[Int(offset)] = .gone }
    }
}
