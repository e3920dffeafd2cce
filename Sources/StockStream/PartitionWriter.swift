public import StockCore
import StockWire

/// Why a tool's transaction did not come about.
public struct PartitionWriteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What failed.
    public var description: String
}

/// Writes to a partition of an engine that does not run, in transactions that are claimed like an engine's: each sends an input offset with
/// the claim. The group must be empty.
public final class PartitionWriter<Sink: TransactionalSink> {
    private let sink: Sink
    private let partition: Int32
    private let output: OutputWriter<Sink>
    private let checkpointer: CheckpointWriter<Sink>
    /// Looked at after everything is handed over and before it is committed; it throws where somebody has joined the group.
    private let check: () throws -> Void
    private var key = ByteBuffer(capacity: 256)
    private var value = ByteBuffer(capacity: 64)
    /// The claim of the last transaction.
    public private(set) var claim: Claim

    /// `claim` is the claim to begin with: number and ids are this writer's, `commit` rises with each transaction. `check` is called before
    /// each commit and throws to stop it.
    public init(sink: Sink, partition: Int32, claim: Claim, options: WorkerOptions, check: @escaping () throws -> Void) {
        self.sink = sink
        self.partition = partition
        self.claim = claim
        self.check = check
        output = OutputWriter(sink: sink, options: options)
        checkpointer = CheckpointWriter(output: output)
        checkpointer.partition = partition
    }

    /// Makes the producer ready. Asks up to `attempts` times, each about a second.
    public func initialize(attempts: Int = 30) throws {
        var last = ""
        for _ in 0..<attempts {
            let result = sink.initialize()
            guard let error = result.error else { return }
            last = error.description
            guard case .retry = result else { break }
        }
        throw PartitionWriteError(description: "the producer could not be initialised: \(last)")
    }

    /// One transaction: `body` writes, then the offset and the claim with `seq` are sent along.
    private func transaction(next: Int64, seq: Int64, _ body: () throws -> Void) throws {
        if let error = sink.begin().error { throw PartitionWriteError(description: "a transaction could not be begun: \(error)") }
        output.begin(sink)
        do {
            try body()
            if let error = output.failure?.error { throw PartitionWriteError(description: "a record could not be written: \(error)") }
            try check()
        } catch {
            _ = sink.abort()
            throw error
        }
        var now = claim
        now.seq = seq
        now.commit += 1
        try commit(OffsetCommit(partition: partition, next: next, metadata: now.metadata))
        claim = now
    }

    private func commit(_ offset: OffsetCommit) throws {
        for _ in 0...CommitStateMachine.retriesMaximum {
            let result = sink.commit([offset])
            guard let error = result.error else { return }
            switch result {
            case .retry: continue
            case .unknown:
                throw PartitionWriteError(
                    description: "the outcome of the commit is not known (\(error)); `stockstream state verify` tells what is there")
            default:
                _ = sink.abort()
                throw PartitionWriteError(description: "the transaction was not committed: \(error)")
            }
        }
        _ = sink.abort()
        throw PartitionWriteError(description: "the transaction was not committed in time")
    }

    // MARK: - What is written

    /// Applies and writes the fact of an operator's move of the input offset, and commits the new offset with it.
    public func writeGap(_ state: inout PartitionState, to next: Int64, reason: Key, wallMilliseconds: Int64) throws {
        var fact = Fact()
        var transitions = TransitionBuffer()
        let from = state.values.next
        state.begin()
        // Also the first fact of a ledger has to tell its incarnation.
        if state.values.seq == 0 { state.begin(incarnation: max(wallMilliseconds, 1), at: from) }
        state.makeGap(from: from, to: next, reason: reason, into: &fact)
        state.apply(&fact, transitions: &transitions)
        do {
            try transaction(next: next, seq: fact.seq) { output.ledger(&fact, EventEnvelope(), error: nil, partition: partition) }
        } catch {
            state.abort()
            throw error
        }
        state.commit()
    }

    /// Begins a checkpoint anew, before which nothing counts, and writes all of `state`, of which nothing is written yet, in transactions
    /// of about `limit` records, each with a mark from which a restore can begin. `next` is the committed offset, which stays. Returns the
    /// number of records.
    public func writeCheckpoint(_ state: inout PartitionState, next: Int64, limit: Int, progress: (Int) -> Void) throws -> Int {
        var total = 0
        repeat {
            state.begin()
            checkpointer.count = 0
            do {
                try transaction(next: next, seq: state.values.seq) {
                    if total == 0 { writeAnew() }
                    // An empty ledger has nothing to mark.
                    if state.values.seq > 0 { checkpointer.writePart(of: &state, limit: limit, isComplete: true) }
                }
            } catch {
                state.abort()
                throw error
            }
            state.commit()
            total += checkpointer.count + (total == 0 ? 1 : 0)
            progress(total)
        } while !state.isAllWritten
        return total
    }

    private func writeAnew() {
        StateEncoder.encodeAnew(key: &key, value: &value)
        output.produce(.state, partition: partition, key: key.bytes, value: value.bytes)
    }

    /// Writes tombstones for these keys of the state topic. The committed offset stays.
    public func writeTombstones(_ keys: [[UInt8]], next: Int64, limit: Int) throws {
        var start = 0
        while start < keys.count {
            let end = min(start + limit, keys.count)
            try transaction(next: next, seq: claim.seq) {
                for index in start..<end {
                    keys[index].withUnsafeBytes { output.produce(.state, partition: partition, key: $0, value: nil) }
                }
            }
            start = end
        }
    }
}
