import StockCore
public import StockWire

/// A restore source that shows a partition as it was at one committed offset, though an engine goes on writing: for tools that only read.
///
/// The state topic ends at its last stable offset, taken before the committed offset is; so no mark is ahead of the claim. The ledger ends
/// with the claim's `seq`. Nobody is ever fenced. Without an engine there is nothing to leave out: then it is whole, and shows all that the
/// next engine would read, what somebody else has put behind the last transaction too.
public final class SnapshotSource<Base: RestoreSource>: RestoreSource {
    private let base: Base
    private let isWhole: Bool
    private var stateEnd: Int64?
    /// The claim's seq; nil: there is no claim, the ledger is read to its end.
    private var lastSeq: Int64?
    private var ledgerEnd: Int64 = 0
    /// Whether what is read next in the open topic lies behind the snapshot.
    private var isPastLast = false
    private var decoder = LedgerDecoder()
    private var fact = Fact()

    /// A snapshot that is taken when the restore asks for the first time. `isWhole`: no engine is running, so nothing is left out.
    public init(_ base: Base, isWhole: Bool = false) {
        self.base = base
        self.isWhole = isWhole
    }

    /// See `RestoreSource`. The state topic's end is taken first.
    public func committed(_ partition: Int32, stable: Bool) -> CommittedOffset {
        guard stable, !isWhole else { return base.committed(partition, stable: stable) }
        if stateEnd == nil { stateEnd = base.stableEnd(.state, partition) }
        guard stateEnd != nil else { return .pending }
        let answer = base.committed(partition, stable: true)
        if case .at(_, let metadata) = answer { lastSeq = Claim(metadata: metadata)?.seq }
        return answer
    }

    /// See `RestoreSource`.
    public func inputRange(_ partition: Int32) -> Range<Int64>? { base.inputRange(partition) }

    /// See `RestoreSource`. The state topic ends where it was stable at the beginning.
    public func range(_ topic: RestoreTopic, _ partition: Int32) -> Range<Int64>? {
        guard let range = base.range(topic, partition) else { return nil }
        if isWhole { return range }
        switch topic {
        case .state: return range.lowerBound..<max(range.lowerBound, min(range.upperBound, stateEnd ?? range.upperBound))
        case .ledger:
            ledgerEnd = lastSeq == 0 ? range.lowerBound : range.upperBound
            return range.lowerBound..<ledgerEnd
        }
    }

    /// See `RestoreSource`.
    public func stableEnd(_ topic: RestoreTopic, _ partition: Int32) -> Int64? { base.stableEnd(topic, partition) }

    /// See `RestoreSource`.
    public func ledgerOffset(_ partition: Int32, atOrAfterMilliseconds: Int64) -> Int64?? {
        base.ledgerOffset(partition, atOrAfterMilliseconds: atOrAfterMilliseconds)
    }

    /// See `RestoreSource`.
    public func open(_ topic: RestoreTopic, _ partition: Int32, from offset: Int64) {
        isPastLast = false
        base.open(topic, partition, from: offset)
    }

    /// See `RestoreSource`. The ledger ends behind the claim's fact.
    public func read(_ topic: RestoreTopic, _ partition: Int32, waitMilliseconds: Int32) -> SourceEvent {
        if isWhole { return base.read(topic, partition, waitMilliseconds: waitMilliseconds) }
        let end = topic == .state ? stateEnd ?? Int64.max : ledgerEnd
        if isPastLast { return .endOfPartition(partition: partition, offset: end) }
        let event = base.read(topic, partition, waitMilliseconds: waitMilliseconds)
        guard case .record(let record) = event else { return event }
        // What stands at the end is a transaction's marker, which nobody sees; the next record is of a later transaction.
        isPastLast = record.offset >= end
        if isPastLast { return .endOfPartition(partition: partition, offset: end) }
        // What can't be read is for the restore to report.
        guard topic == .ledger, let lastSeq, let value = record.value, (try? decoder.decode(value, into: &fact)) != nil else {
            return event
        }
        isPastLast = fact.seq >= lastSeq
        return fact.seq > lastSeq ? .endOfPartition(partition: partition, offset: end) : event
    }

    /// See `RestoreSource`. What lies behind the snapshot may be among it.
    public func lookAhead(_ topic: RestoreTopic, _ partition: Int32, _ body: (_ key: UnsafeRawBufferPointer) -> Void) -> Int {
        base.lookAhead(topic, partition, body)
    }

    /// See `RestoreSource`.
    public func close(_ topic: RestoreTopic, _ partition: Int32) { base.close(topic, partition) }

    /// See `RestoreSource`.
    public func firstLedgerRecord(_ partition: Int32, from offset: Int64) -> RecordView? {
        base.firstLedgerRecord(partition, from: offset)
    }

    /// See `RestoreSource`.
    public func openPartitions(owned: [Int32]) -> [OpenPartition]? { base.openPartitions(owned: owned) }

    /// A reader fences nobody.
    public func beginFencing(_ transactionalIDs: [String], sealing: [Seal?]) {}

    /// A reader fences nobody.
    public func isFencingDone(_ transactionalIDs: [String]) -> Bool { true }
}
