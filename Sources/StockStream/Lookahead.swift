import StockCore
import StockWire

// What comes next is looked up side by side, before it is taken one after the other (`PartitionState.warm`).

/// What is known of records that come next; reused.
struct Lookahead<Upcoming: BitwiseCopyable>: ~Copyable {
    private let upcoming = UnsafeMutableBufferPointer<Upcoming>.allocate(capacity: PartitionState.warmRecords)
    private var count = 0
    /// Records that will come before it is worth looking again.
    private var recordsLeft = 0

    deinit { upcoming.deallocate() }

    var isFull: Bool { count == PartitionState.warmRecords }

    /// Whether all that was seen at the last look has come. Asked once a record.
    mutating func isDue() -> Bool {
        guard recordsLeft > 0 else { return true }
        recordsLeft -= 1
        return false
    }

    /// So many records were seen.
    mutating func look(in records: Int) { recordsLeft = records }

    mutating func add(_ one: Upcoming) {
        assert(!isFull)
        upcoming[count] = one
        count += 1
    }

    /// Gives what was added to `warm`, and forgets it.
    mutating func flush(_ warm: (UnsafeBufferPointer<Upcoming>) -> Void) {
        if count > 0 { warm(UnsafeBufferPointer(rebasing: upcoming[..<count])) }
        count = 0
    }
}

extension Worker {
    /// Looks up what the source has read ahead, once for all of it.
    func lookAhead() {
        guard lookahead.isDue() else { return }
        var current: Int32 = -1
        let records = source.lookAhead { partition, key in
            // A key that is no SKU's is that of a misrouted record.
            guard let sku = Key(key) else { return }
            if partition != current || lookahead.isFull { warm(current) }
            current = partition
            lookahead.add(sku.hash64)
        }
        warm(current)
        lookahead.look(in: records)
    }

    private func warm(_ partition: Int32) {
        let task = task(partition)
        lookahead.flush { hashes in if let task, task.isRunning { task.state.warm(hashes) } }
    }
}

extension StreamTask {
    /// The same where a topic is read.
    func lookAhead(_ topic: RestoreTopic, _ source: some RestoreSource) {
        guard lookahead.isDue() else { return }
        let records = source.lookAhead(topic, partition) { key in
            if lookahead.isFull { warm() }
            if topic == .state {
                if let record = StateDecoder.upcoming(key: key) { lookahead.add(record) }
            } else if let sku = Key(key) {
                lookahead.add(UpcomingRecord(kind: .sku, sku: sku.hash64, own: 0))
            }
        }
        warm()
        lookahead.look(in: records)
    }

    private func warm() { lookahead.flush { state.warm($0) } }
}
