public import StockCore
public import StockWire

/// What a worker is told at its start. Every bound of the runtime is here; those of the state are in `StateLimits`.
public struct WorkerOptions: Sendable {
    /// Input records of one turn at most.
    public var batchRecords = 10_000
    /// How long a turn collects input records at most, in milliseconds, where more keep coming. A turn that finds nothing more ends at
    /// once, so this bounds the latency of a backlog only; longer turns share one commit among more events.
    public var batchMilliseconds: Int64 = 100
    /// How long a turn waits for its first record, in milliseconds.
    public var idleWaitMilliseconds: Int32 = 5
    /// Facts that timers make in one turn at most (each ends up to `StateLimits.itemsPerFact` holds).
    public var timerFactsPerTurn = 50
    /// How often a task writes a checkpoint where there is room, in milliseconds.
    public var checkpointIntervalMilliseconds: Int64 = 200
    /// How old an unwritten change has to be before it is written while input comes, in milliseconds: a SKU that changes many times
    /// meanwhile is written once, and a restore has so many fewer records to read.
    public var checkpointLeastAgeMilliseconds: Int64 = 10_000
    /// How old an unwritten change may become under load, in milliseconds.
    public var checkpointAgeMilliseconds: Int64 = 30_000
    /// State records that a checkpoint writes in one transaction at most; a SKU that alone has more goes alone, whole.
    public var checkpointRecordsPerTransaction = 5_000
    /// Records of a checkpoint per ledger record that are aimed at under load, in percent.
    public var checkpointSharePercent = 25
    /// SKUs in the batches that the read model is given in one turn at most, while more input waits, and bytes after which no further SKU
    /// is added: the input goes first.
    public var projectionSKUsPerTurn = 128
    /// See `projectionSKUsPerTurn`.
    public var projectionBytesPerTurn = 1 << 18
    /// How many times as much it is given in a turn after which no more input waits than a turn reads: all that was committed, for the most
    /// part.
    public var projectionQuietFactor = 32
    /// How often the read model's watermark moves on where no SKU changed, in milliseconds.
    public var watermarkIntervalMilliseconds: Int64 = 250
    /// How long the same stable offset may stand below the end before the owner named in the claim is fenced, in milliseconds.
    public var fenceAfterMilliseconds: Int64 = 300
    /// The pause after the first fencing of a restore that did not help, in milliseconds.
    public var fencePauseMilliseconds: Int64 = 2_000
    /// The longest pause between fencings of one restore, which quadruples with each that did not help, in milliseconds.
    public var fenceAgainMilliseconds: Int64 = 30_000
    /// How long the same transaction may be open in a topic that every worker writes to before the owners of what was just restored are
    /// fenced for it, in milliseconds.
    public var leftoverAfterMilliseconds: Int64 = 1_000
    /// How long what became of a transaction may stay unknown before everything that has no end is given one, in milliseconds.
    public var sealAfterMilliseconds: Int64 = 1_000
    /// How long a restore may stand still before it says what it waits for, in milliseconds.
    public var restoreNoticeMilliseconds: Int64 = 5_000
    /// How long a turn waits for an input record while restores wait for theirs, in milliseconds.
    public var restoreWaitMilliseconds: Int32 = 1
    /// How long a restore may bring nothing before it begins anew, in milliseconds.
    public var restoreProgressMilliseconds: Int64 = 60_000
    /// How long the restores of one turn may take while other tasks run, in milliseconds; longer where the rest of the turn is long.
    public var restoreStepMilliseconds: Int64 = 40
    /// How long they may take at most.
    public var longestRestoreStepMilliseconds: Int64 = 400
    /// Records of the ledger that a restore rather reads than looks for a later place to begin at.
    public var restoreSearchRecords = 20_000
    /// How often some records are checked beside the work, in milliseconds, and how many: 100,000 a second take a five-hundredth of a core.
    public var sweepIntervalMilliseconds: Int64 = 20
    /// See `sweepIntervalMilliseconds`.
    public var sweepRecordsPerStep: Int32 = 2_000
    /// How far a clock may be from the stamps of new records, in milliseconds.
    public var clockToleranceMilliseconds: Int64 = 5_000
    /// How often an input record may abort its transaction alone before it is dead-lettered.
    public var abortsBeforeDeadLetter = 2
    /// For how many commits input, timers and checkpoint go separately after the broker has refused a transaction.
    public var separateCommits = 100
    /// How often a batch of the input may turn out to be unreadable before its task stops.
    public var readsBeforeStop = 3
    /// Pauses after failures: the first, and the longest, in milliseconds.
    public var backoffMilliseconds: Int64 = 50
    /// See `backoffMilliseconds`.
    public var backoffMaximumMilliseconds: Int64 = 2_000
    /// How long a drain may write checkpoints and the read model, in milliseconds.
    public var drainMilliseconds: Int64 = 5_000
    /// Facts behind the checkpoint up to which a partition that another engine takes over gets a complete one: nobody works on it
    /// meanwhile, and the new owner replays more of them in less time than their state takes to be written and read.
    public var handoverFacts: Int64 = 20_000
    /// Facts that a followed state is behind up to which it is gone on with whatever the size of its checkpoint, which otherwise is read
    /// instead where it has fewer records.
    public var standbyFacts: Int64 = 100_000
    /// Headers of the owner's checkpoint that a standby reads ahead of the facts.
    public var standbyHeaders = 50_000
    /// Partitions of the input topic, the same for ledger, state and levels.
    public var partitionCount: Int32
    /// The input topic's name, for dead letters.
    public var inputTopic: String
    /// The `ce_source` of what the engine emits, a URI reference.
    public var eventSource = "/stockstream"
    /// The bounds of each partition's state.
    public var limits = StateLimits()
    /// The time zones of this machine.
    public var zones = ZoneTable()

    /// Options with every default.
    public init(partitionCount: Int32, inputTopic: String) {
        self.partitionCount = partitionCount
        self.inputTopic = inputTopic
    }
}

/// The clocks, as arguments of the world.
public protocol WorkerClock {
    /// Milliseconds since 1970.
    func wallMilliseconds() -> Int64
    /// Microseconds of a clock that never jumps.
    func monotonicMicroseconds() -> Int64
    /// How far the wall clock is ahead of the brokers', in milliseconds; nil: they have not been compared yet.
    func measuredErrorMilliseconds() -> Int64?
}

/// The parts of the outside world that a worker is made for.
public protocol World {
    associatedtype Source: RecordSource
    associatedtype Sink: TransactionalSink
    associatedtype Restore: RestoreSource
    associatedtype View: ProjectionSink
    associatedtype Clock: WorkerClock
}
