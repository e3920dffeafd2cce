public import StockCore

/// What a worker has done since its start: plain integers, read by nobody but the worker; `WorkerStatus` is the copy for others.
/// What an abort undid and was done again counts twice; `PartitionCounters`, which is part of the state, counts every record once.
public struct WorkerCounters: Sendable {
    /// Input records processed.
    public var records: Int64 = 0
    /// Ledger records written.
    public var facts: Int64 = 0
    /// Events applied.
    public var accepted: Int64 = 0
    /// Events refused.
    public var rejected: Int64 = 0
    /// Events that came before.
    public var duplicates: Int64 = 0
    /// Records that could not be read.
    public var deadLetters: Int64 = 0
    /// Records sent on to their right partition.
    public var rerouted: Int64 = 0
    /// Events refused for lack of stock.
    public var oversellRefused: Int64 = 0
    /// Facts made by timers.
    public var timerFacts: Int64 = 0
    /// Alerts written.
    public var alerts: Int64 = 0
    /// Transactions committed.
    public var transactions: Int64 = 0
    /// Transactions undone.
    public var aborts: Int64 = 0
    /// Commits whose outcome the claim had to tell.
    public var unknownOutcomes: Int64 = 0
    /// Producers made anew.
    public var producersRebuilt: Int64 = 0
    /// State records written.
    public var checkpointRecords: Int64 = 0
    /// Parts of checkpoints written.
    public var checkpoints: Int64 = 0
    /// SKUs that became visible in the read model.
    public var projectedSKUs: Int64 = 0
    /// Dead owners fenced.
    public var fencings: Int64 = 0
    /// Times that what transactions had left without an end was given one.
    public var seals: Int64 = 0
    /// Partitions restored again, since facts that were committed turned out to be gone.
    public var rollbacks: Int64 = 0
    /// Records stamped later than the clock allows, taken as now.
    public var futureStamps: Int64 = 0
    /// Records that were delivered again and passed over.
    public var repeatedRecords: Int64 = 0
    /// Errors that the consumer reported.
    public var sourceErrors: Int64 = 0
    /// Assignments, revocations and losses.
    public var rebalances: Int64 = 0

    /// Clients that are told apart in the count of misrouted records; those beyond are in the sum only.
    public static let misroutedClients = 64

    /// All zero.
    public init() {}
}

/// A copy of what a partition looks like to operators.
public struct TaskStatus: Sendable {
    /// Which.
    public var partition: Int32
    /// Where the task stands.
    public var phase: TaskPhase
    /// The seq of its last fact.
    public var seq: Int64
    /// Its next input offset.
    public var next: Int64
    /// Input records behind the end (high watermark); nil where not known.
    public var lag: Int64?
    /// Its log time.
    public var logTimeMilliseconds: Int64
    /// SKUs known.
    public var skus: Int
    /// Holds that are open.
    public var openHolds: Int
    /// Commitments that are open.
    public var openCommitments: Int
    /// Finished business ids that are remembered.
    public var closedRecords: Int
    /// Event ids that are remembered.
    public var idWindow: Int
    /// Event ids that left the window younger than promised, since this owner began.
    public var idsEvictedEarly: Int64
    /// Closed records that were forgotten before their age.
    public var forgottenEarly: Int64
    /// How many of these before this owner began.
    public var forgottenEarlyBefore: Int64
    /// SKUs whose checkpoint the broker refuses, where the id window counts as one.
    public var checkpointRefused: Int
    /// Why, of the last refusal.
    public var checkpointError: PortError?
    /// The log time of the oldest change that no checkpoint has; nil: none.
    public var oldestUnwrittenMilliseconds: Int64?
    /// SKUs that the read model lacks, and the seq through which it has everything.
    public var unprojected: Int
    /// See `unprojected`.
    public var projectedSeq: Int64
    /// Whether the read model of the partition is ours to write.
    public var isViewOwned: Bool
    /// Whether this machine's clock is off the brokers', by a comparison or by the stamps of new records.
    public var isClockOff: Bool
    /// Facts that the last restore replayed.
    public var restoreFacts: Int64
    /// How long the last restore took, in milliseconds.
    public var restoreMilliseconds: Int64
    /// What its restore has been waiting for, for some time; nil where it moves.
    public var standstill: Standstill?
    /// The first identity that was found broken; nil: all that was checked holds.
    public var inconsistency: Inconsistency?
    /// How often every record has been checked since this owner began.
    public var identityPasses: Int64
}

/// A copy of a worker's counters, histograms and tasks, made at most a few times a second.
public struct WorkerStatus: Sendable {
    /// Its index.
    public var worker: Int
    /// What it has done.
    public var counters: WorkerCounters
    /// Its partitions.
    public var tasks: [TaskStatus]
    /// Misrouted records by the `source` of the client that sent them, up to `WorkerCounters.misroutedClients` of them.
    public var misrouted: [String: Int64]
    /// Record stamp to commit, and begin to commit of a transaction; microseconds.
    public var latency: LatencyHistogram
    /// See `latency`.
    public var transaction: LatencyHistogram
    /// Wall clock of the copy.
    public var timeMilliseconds: Int64
    /// The wall clock of the last successful commit.
    public var lastCommitMilliseconds: Int64
    /// Why nothing could be committed of late; nil: all is well.
    public var trouble: String?
    /// The wall clock of the first failure.
    public var troubleSinceMilliseconds: Int64
}
