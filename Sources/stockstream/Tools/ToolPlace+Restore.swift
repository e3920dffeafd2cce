import Foundation
import KafkaAdapter
import StockCore
import StockStream
import StockWire

// Partitions as tools see them: restored as an engine does it, or replayed from the ledger alone.

/// A restorer that looks on beside a running engine.
typealias SnapshotRestorer = PartitionRestorer<SnapshotSource<KafkaRestoreSource>>

extension ToolPlace {
    /// How long nothing may come before a tool gives up, in milliseconds.
    static let progressMilliseconds: Int64 = 60_000
    /// How long a tool waits where nothing has come, in microseconds.
    private static let pauseMicroseconds: UInt32 = 5_000
    /// How often a snapshot is taken anew where the log cleaner may have run beside it.
    private static let snapshotAttempts = 3

    /// Restores a partition to its end; the reason where a check failed.
    func run(_ restorer: PartitionRestorer<some RestoreSource>) throws -> StopReason? {
        var progress = ""
        var since = monotonicMilliseconds
        while true {
            let now = monotonicMilliseconds
            switch restorer.step(wallMilliseconds: clock.wallMilliseconds(), monotonicMilliseconds: now) {
            case .restored: return nil
            case .stopped(let reason): return reason
            case .again: since = now
            case .wait:
                if restorer.progress != progress {
                    progress = restorer.progress
                    since = now
                }
                guard now - since < ToolPlace.progressMilliseconds else {
                    throw CommandFailure(
                        "nothing comes from the broker any more (\(progress)). A transaction of an engine that is gone may be open: "
                            + "the next engine ends it, and so does `stockstream state rebuild`", exitCode: ToolExit.unavailable)
                }
                usleep(ToolPlace.pauseMicroseconds)
            }
        }
    }

    /// Restores a partition as it was at one moment, though an engine may be running. With the group empty that is everything there is, and
    /// a dead engine's open transaction is waited for.
    func snapshot(_ partition: Int32, _ source: KafkaRestoreSource) throws -> (restorer: SnapshotRestorer, stop: StopReason?) {
        var options = options
        options.fenceAfterMilliseconds = Int64.max
        var attempt = 1
        while true {
            let snapshot = SnapshotSource(source, isWhole: try members().isEmpty)
            let restorer = SnapshotRestorer(
                partition: partition, source: snapshot, options: options, transactionalIDs: newTransactionalIDs())
            let stop = try run(restorer)
            guard let stop, !stop.leavesState, attempt < ToolPlace.snapshotAttempts, try !members().isEmpty else { return (restorer, stop) }
            attempt += 1
        }
    }

    /// Reads the facts of a SKU in a part of the ledger until `body` answers false; it gets each with its envelope and its offset.
    func readFacts(
        of sku: Key, _ partition: Int32, _ range: Range<Int64>, _ source: KafkaRestoreSource,
        _ body: (Fact, EventEnvelope, Int64) throws -> Bool
    ) throws {
        var decoder = LedgerDecoder()
        var fact = Fact()
        try read(.ledger, partition, range, source) { record in
            guard let key = record.key, let value = record.value, sku.withBytes({ $0.elementsEqual(key) }) else { return true }
            try decoder.decode(value, into: &fact)
            return try body(fact, decoder.envelope, record.offset)
        }
    }

    /// Reads a partition of the ledger or state topic from `range.lowerBound` until `body` answers false or `range.upperBound` is reached.
    func read(
        _ topic: RestoreTopic, _ partition: Int32, _ range: Range<Int64>, _ source: KafkaRestoreSource, _ body: (RecordView) throws -> Bool
    ) throws {
        guard !range.isEmpty else { return }
        source.open(topic, partition, from: range.lowerBound)
        defer { source.close(topic, partition) }
        var since = monotonicMilliseconds
        var last = "no record"
        var position = range.lowerBound
        while position < range.upperBound {
            switch source.read(topic, partition, waitMilliseconds: 100) {
            case .record(let record):
                guard record.offset < range.upperBound, try body(record) else { return }
                position = record.offset + 1
                since = monotonicMilliseconds
            case .endOfPartition(_, let offset): position = max(position, offset)
            case .unreadable(_, _, let error), .failed(let error): last = error.description
            case .none, .assigned, .revoked, .lost: break
            }
            guard monotonicMilliseconds - since < ToolPlace.progressMilliseconds else {
                throw CommandFailure("nothing comes from the broker any more (\(last))", exitCode: ToolExit.unavailable)
            }
        }
    }

    /// Replays the ledger from its beginning until `seq`, or to its end where that is nil. Throws `ReplayError`.
    func replay(_ partition: Int32, _ ledger: Range<Int64>, through seq: Int64?, _ source: KafkaRestoreSource) throws -> LedgerReplay {
        let replay = LedgerReplay(limits: options.limits)
        if seq == 0 { return replay }
        try read(.ledger, partition, ledger, source) { record in
            try replay.take(record)
            return replay.state.values.seq != seq
        }
        return replay
    }
}

extension StopReason {
    /// Code and message, for a tool that has named the partition already.
    func text(in partition: Int32) -> String {
        let prefix = "partition \(partition): "
        return "\(code): " + (message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message)
    }

    /// Whether the state was restored whole and only the input offset is not right.
    var leavesState: Bool { code == "offset-moved" || code == "offset-lost" }
}

/// A time for people: RFC 3339, UTC; a word where there is none.
func timeText(_ milliseconds: Int64) -> String {
    guard milliseconds > 0, milliseconds <= Timestamp.maxMilliseconds else { return milliseconds <= 0 ? "never" : "\(milliseconds) ms" }
    var buffer = ByteBuffer(capacity: 32)
    buffer.append(timestamp: milliseconds)
    return String(decoding: buffer.bytes, as: UTF8.self)
}
