public import StockCore
import StockWire

/// What a restore has found around the state.
public struct RestoreFindings: Sendable, Equatable {
    /// The committed input offset; nil: there is none.
    public var committedNext: Int64?
    /// Whether the committed offset was not written by an engine.
    public var isForeignOffset: Bool
    /// The claim in it; nil: there is none.
    public var claim: Claim?
    /// The input from its lowest offset to its end.
    public var input: Range<Int64>
    /// The same of the state topic.
    public var state: Range<Int64>
    /// The same of the ledger.
    public var ledger: Range<Int64>
    /// Facts that were replayed behind the checkpoint.
    public var facts: Int64
    /// Whether the ledger was read from its beginning, because the checkpoint was not enough or there is none.
    public var isFromBeginning: Bool
}

/// Restores a partition as its next owner would, by the same code, for tools. It claims nothing.
public final class PartitionRestorer<Source: RestoreSource> {
    /// What a step ended in.
    public enum Step: Equatable, Sendable {
        /// More to do at once.
        case again
        /// Nothing came; wait a little.
        case wait
        /// Restored, all checks passed.
        case restored
        /// A check failed. With the codes `offset-moved` and `offset-lost` the state itself is restored.
        case stopped(StopReason)
    }

    private let task: StreamTask
    private let source: Source
    private let options: WorkerOptions
    private let ownIDs: [String]
    private var decoder = LedgerDecoder()
    private var fact = Fact()

    /// Nothing is read before the first step. `transactionalIDs` are the two ids of whoever will write next; the claim names them.
    public init(partition: Int32, source: Source, options: WorkerOptions, transactionalIDs: [String]) {
        precondition(transactionalIDs.count == 2, "a claim names two ids")
        var options = options
        // Whoever drives the steps gives up; a restore that begins anew would never end.
        options.restoreProgressMilliseconds = Int64.max
        self.source = source
        self.options = options
        ownIDs = transactionalIDs
        task = StreamTask(partition: partition, limits: options.limits)
    }

    /// Does the next bit. Up to about 100 ms.
    public func step(wallMilliseconds: Int64, monotonicMilliseconds: Int64) -> Step {
        let context = RestoreContext(nowMonotonic: monotonicMilliseconds, nowWall: wallMilliseconds, options: options, ownIDs: ownIDs)
        switch task.stepRestore(source, context, &decoder, &fact) {
        case .again: return .again
        case .wait, .ownIsOpen: return .wait
        case .restored: return .restored
        case .stop(let reason):
            task.closeReader(source)
            return .stopped(reason)
        }
    }

    /// How far it is: a text that changes while there is progress.
    public var progress: String { "\(task.phase) at offset \(task.restore.position)" }

    /// What was found; complete once restored or stopped.
    public var findings: RestoreFindings {
        let restore = task.restore
        return RestoreFindings(
            committedNext: restore.committedNext, isForeignOffset: restore.isForeignMetadata, claim: restore.previousClaim,
            input: restore.input, state: restore.state, ledger: restore.ledger, facts: restore.facts,
            isFromBeginning: restore.isFromBeginning)
    }

    /// Gives the state to `body`: whole once restored, or stopped with `offset-moved` or `offset-lost`.
    public func withState<Result>(_ body: (inout PartitionState) throws -> Result) rethrows -> Result { try body(&task.state) }
}
