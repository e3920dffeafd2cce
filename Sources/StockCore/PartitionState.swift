/// Counters of a partition since its first record, kept with the state so that they count every record exactly once.
public struct PartitionCounters: Sendable, Equatable, BitwiseCopyable {
    /// Accepted events.
    public var accepted: Int64 = 0
    /// Refused events.
    public var rejected: Int64 = 0
    /// Repeats, by event id or business id.
    public var duplicates: Int64 = 0
    /// Records that could not be read as an event.
    public var deadLetters: Int64 = 0
    /// Records that went on to another partition.
    public var rerouted: Int64 = 0
    /// Holds, commits and sales refused for lack of stock.
    public var oversellRefused: Int64 = 0
    /// The units that these asked for (lost sales); stays at the largest Int64.
    public var unitsRefused: Int64 = 0
    /// Holds whose time was over.
    public var expiredHolds: Int64 = 0
    /// Closed records that had to go before their time because of the limit.
    public var forgottenEarly: Int64 = 0
    /// Input records that an operator skipped.
    public var gaps: Int64 = 0

    /// All zero.
    public init() {}
}

/// What a partition knows beside its SKUs; written into every checkpoint's mark.
public struct PartitionValues: Sendable, Equatable, BitwiseCopyable {
    /// The seq of the last fact.
    public var seq: Int64 = 0
    /// The next input offset.
    public var next: Int64 = 0
    /// Log time: never falls.
    public var logTimeMilliseconds: Int64 = 0
    /// The log time of the last fact: log time itself may have moved on since.
    public var lastFactMilliseconds: Int64 = 0
    /// Wall clock in milliseconds at which this ledger got its first record; 0 before it.
    public var incarnation: Int64 = 0
    /// The latest closing time of any closed hold, shipment, receipt or return that is gone; 0: none is.
    public var horizonMilliseconds: Int64 = 0
    /// The same of closed order lines.
    public var orderLineHorizonMilliseconds: Int64 = 0
    /// What was counted since the first record.
    public var counters = PartitionCounters()

    /// A partition that has seen nothing.
    public init() {}
}

/// Ends of the queues that run through the records, and sums over them. Saved and put back as one value.
struct PartitionAnchors: BitwiseCopyable {
    var firstDirty: Int32 = -1
    var lastDirty: Int32 = -1
    var firstUnprojected: Int32 = -1
    var lastUnprojected: Int32 = -1
    var unprojectedCount: Int32 = 0
    var firstClosed: (Int32, Int32) = (-1, -1)
    var lastClosed: (Int32, Int32) = (-1, -1)
    /// Records that are open or kept; those that only wait for their tombstone don't count.
    var openHolds: Int32 = 0
    var openCommitments: Int32 = 0
    var closedRecords: Int32 = 0
    /// The wrapping sum of the written headers' digests.
    var digest: UInt64 = 0
}

/// The whole state of one partition: `decide` reads it, `apply` alone changes it, and a transaction that is aborted leaves no trace in it.
///
/// No clock, no input or output. Not thread-safe: one worker owns it.
public struct PartitionState: ~Copyable {
    /// The bounds in force.
    public let limits: StateLimits
    /// What the partition knows beside its SKUs.
    public internal(set) var values = PartitionValues()

    var anchors = PartitionAnchors()
    var skus = Slab<SKURecord>()
    var levels = Slab<LevelRecord>()
    var holds = Slab<HoldRecord>()
    var commitments = Slab<CommitmentRecord>()
    var closed = Slab<ClosedRecord>()
    var skuIndex = SlotIndex(capacity: 1_024)
    var levelIndex = SlotIndex(capacity: 1_024)
    var holdIndex = SlotIndex(capacity: 1_024)
    var commitmentIndex = SlotIndex(capacity: 1_024)
    var closedIndex = SlotIndex(capacity: 1_024)
    /// The id window.
    public internal(set) var ids: IDWindow

    /// Hold timers: one heap a SKU (by its slot), and one over the SKUs by their earliest. Entries may be stale; whoever takes one checks
    /// it.
    var timers: [TimerHeap] = []
    var skuTimers = TimerHeap()
    /// Entries that this transaction took out of `timers` (by SKU) or `skuTimers` (SKU -1); an abort puts them back.
    var takenTimers: [(sku: Int32, entry: TimerHeap.Entry)] = []

    private var savedValues = PartitionValues()
    private var savedAnchors = PartitionAnchors()
    /// Whether a transaction is open.
    public private(set) var isInTransaction = false

    /// An empty partition.
    public init(limits: StateLimits) {
        precondition(limits.locationsPerSKU <= StateLimits.maxLocationsPerSKU, "sums over a SKU's levels have to stay inside Int64")
        self.limits = limits
        ids = IDWindow(cap: limits.idWindowCap)
    }

    /// Opens a transaction: from here on the first touch of anything saves what it was.
    public mutating func begin() {
        precondition(!isInTransaction, "a transaction is open already")
        isInTransaction = true
        savedValues = values
        savedAnchors = anchors
        skus.begin()
        levels.begin()
        holds.begin()
        commitments.begin()
        closed.begin()
        skuIndex.begin()
        levelIndex.begin()
        holdIndex.begin()
        commitmentIndex.begin()
        closedIndex.begin()
        ids.begin()
    }

    /// Keeps everything since `begin`, and lets ids leave the window.
    public mutating func commit() {
        precondition(isInTransaction, "no transaction is open")
        isInTransaction = false
        skus.commit()
        levels.commit()
        holds.commit()
        commitments.commit()
        closed.commit()
        skuIndex.commit()
        levelIndex.commit()
        holdIndex.commit()
        commitmentIndex.commit()
        closedIndex.commit()
        takenTimers.removeAll(keepingCapacity: takenTimers.count <= StateLimits.keptUndoEntries)
        ids.commit()
        ids.evict(
            limits: limits, logTimeMilliseconds: values.logTimeMilliseconds,
            most: max(StateLimits.idsPerBlock, ids.count / StateLimits.idBlocksPerWindowTurn))
    }

    /// Puts back what was there at `begin`.
    public mutating func abort() {
        precondition(isInTransaction, "no transaction is open")
        isInTransaction = false
        skus.abort()
        levels.abort()
        holds.abort()
        commitments.abort()
        closed.abort()
        skuIndex.abort()
        levelIndex.abort()
        holdIndex.abort()
        commitmentIndex.abort()
        closedIndex.abort()
        ids.abort()
        values = savedValues
        anchors = savedAnchors
        restoreTakenTimers()
    }

    /// The number of SKUs that the partition has ever seen.
    public var skuCount: Int { skus.count }
    /// The number of open holds.
    public var openHoldCount: Int { Int(anchors.openHolds) }
    /// The number of open commitments.
    public var openCommitmentCount: Int { Int(anchors.openCommitments) }
    /// The number of closed records that are kept.
    public var closedCount: Int { Int(anchors.closedRecords) }
}
