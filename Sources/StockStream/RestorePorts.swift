public import StockWire

// What a restore asks of the outside world.

/// A committed offset as read from the coordinator.
public enum CommittedOffset: Sendable, Equatable {
    /// There is none.
    case none
    /// The next offset to read, and its metadata string.
    case at(next: Int64, metadata: String)
    /// A transaction that holds the offset is still open, or the coordinator did not answer in time: ask again.
    case pending
}

/// The topics that a restore reads.
public enum RestoreTopic: Sendable {
    case state, ledger
}

/// Reads what a new owner needs to know. One a worker, beside its consumer; single-threaded as well. "Up to 100 ms" is meant for a broker
/// that can answer in that time; of one that is slower, the answers are waited for.
public protocol RestoreSource: AnyObject {
    /// The committed offset; `stable` waits out open transactions (read_committed handle), otherwise the last one decided (read_uncommitted
    /// handle). Up to 100 ms.
    func committed(_ partition: Int32, stable: Bool) -> CommittedOffset
    /// The lowest and the end offset of the input partition, read_uncommitted; nil: no answer in 100 ms, ask again.
    func inputRange(_ partition: Int32) -> Range<Int64>?
    /// The same of a restore topic.
    func range(_ topic: RestoreTopic, _ partition: Int32) -> Range<Int64>?
    /// The last stable offset of a restore topic; nil: ask again.
    func stableEnd(_ topic: RestoreTopic, _ partition: Int32) -> Int64?
    /// The first record of the ledger with a value at or behind this offset, whatever has become of its transaction; lent until the next
    /// call. nil: none came in 100 ms.
    func firstLedgerRecord(_ partition: Int32, from offset: Int64) -> RecordView?
    /// The partitions of all written topics where the last stable offset is not the end; of the ledger and the state these alone, since
    /// nobody else's may be written to. nil: a broker did not answer for one.
    func openPartitions(owned: [Int32]) -> [OpenPartition]?
    /// The first offset of the ledger whose timestamp is at or above the given one, on a read_uncommitted handle. `.some(nil)`: there is
    /// none; nil: ask again.
    func ledgerOffset(_ partition: Int32, atOrAfterMilliseconds: Int64) -> Int64??
    /// Opens a read_committed reader at an offset. One a (topic, partition) at a time.
    func open(_ topic: RestoreTopic, _ partition: Int32, from offset: Int64)
    /// Brings the next record of that reader, `.endOfPartition` with its position at the end of what is stable, `.none` where nothing came
    /// within `waitMilliseconds`.
    func read(_ topic: RestoreTopic, _ partition: Int32, waitMilliseconds: Int32) -> SourceEvent
    /// Lends the keys of the records that the next reads bring, as far as they are here already; answers for how many reads. The record
    /// of the last read stays as it is.
    func lookAhead(_ topic: RestoreTopic, _ partition: Int32, _ body: (_ key: UnsafeRawBufferPointer) -> Void) -> Int
    /// Closes the reader.
    func close(_ topic: RestoreTopic, _ partition: Int32)
    /// Begins to fence these transactional ids with throw-away producers on a helper thread. `sealing`: they also seal what each has
    /// left without an end (`TransactionalSink.seal`), in the order of the ids; nil: it does not.
    func beginFencing(_ transactionalIDs: [String], sealing: [Seal?])
    /// Whether a fencing that was begun for these ids is over (whatever its outcome).
    func isFencingDone(_ transactionalIDs: [String]) -> Bool
}
