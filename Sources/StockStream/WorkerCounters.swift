/// What a worker has done since its start: plain integers, read by nobody but the worker; `WorkerStatus` is the copy for others.
public struct WorkerCounters: Sendable {
    public var records: Int64 = 0
    public var facts: Int64 = 0
    public var accepted: Int64 = 0
    public var rejected: Int64 = 0
    public var duplicates: Int64 = 0
    public var deadLetters: Int64 = 0
    public var rerouted: Int64 = 0
    public var oversellRefused: Int64 = 0
    public var timerFacts: Int64 = 0
    public var alerts: Int64 = 0
    public var transactions: Int64 = 0
    public var aborts: Int64 = 0
    public var unknownOutcomes: Int64 = 0
    public var producersRebuilt: Int64 = 0
    public var checkpointRecords: Int64 = 0
    public var checkpoints: Int64 = 0
    public var projectedSKUs: Int64 = 0
    public var fencings: Int64 = 0
    /// Records stamped later than the clock allows, taken as now.
    public var futureStamps: Int64 = 0
    /// Records that were delivered again and passed over.
    public var repeatedRecords: Int64 = 0
    public var sourceErrors: Int64 = 0
    public var rebalances: Int64 = 0

    /// Clients that are told apart in the count of misrouted records; those beyond are in the sum only.
    public static let misroutedClients = 64

    /// All zero.
    public init() {}
}

/// A copy of what a partition looks like to operators.
public struct TaskStatus: Sendable {
    public var partition: Int32
    public var phase: TaskPhase
    public var seq: Int64
    public var next: Int64
    /// Input records behind the end (high watermark); nil where not known.
    public var lag: Int64?
    public var logTimeMilliseconds: Int64
    public var skus: Int
    public var openHolds: Int
    public var openCommitments: Int
    public var closedRecords: Int
    public var idWindow: Int
    public var idsEvictedEarly: Int64
    public var forgottenEarly: Int64
    public var oldestUnwrittenMilliseconds: Int64?
    /// SKUs that the read model lacks, and the seq through which it has everything.
    public var unprojected: Int
    public var projectedSeq: Int64
    public var isViewOwned: Bool
    public var isClockOff: Bool
    public var restoreFacts: Int64
    public var restoreMilliseconds: Int64
}

/// A copy of a worker's counters, histograms and tasks, made at most a few times a second.
public struct WorkerStatus: Sendable {
    public var worker: Int
    public var counters: WorkerCounters
    public var tasks: [TaskStatus]
    /// Misrouted records by the `source` of the client that sent them, up to `WorkerCounters.misroutedClients` of them.
    public var misrouted: [String: Int64]
    /// Record stamp to commit, and begin to commit of a transaction; microseconds.
    public var latency: LatencyHistogram
    public var transaction: LatencyHistogram
    /// Wall clock of the copy.
    public var timeMilliseconds: Int64
    /// The wall clock of the last successful commit.
    public var lastCommitMilliseconds: Int64
}
