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
    var firstNaming: Int32 = -1
    var lastNaming: Int32 = -1
    /// The SKUs by their earliest timer.
    var skuTimers = TimerHeap()
    /// The wrapping sum of the written headers' digests.
    var digest: UInt64 = 0
}

/// The whole state of one partition: `decide` reads it, `apply` alone changes it, and a transaction that is aborted leaves no trace in it.
///
/// No clock, no input or output. Not thread-safe: one worker owns it.
public struct PartitionState: ~Copyable {
    /// What it is made of stands behind one pointer: the compiler copies a value of this type, byte for byte, for calls that only read it.
    @usableFromInline let parts: UnsafeMutablePointer<PartitionParts>

    /// An empty partition.
    public init(limits: StateLimits) {
        precondition(limits.locationsPerSKU <= StateLimits.maxLocationsPerSKU, "sums over a SKU's levels have to stay inside Int64")
        parts = .allocate(capacity: 1)
        parts.initialize(to: PartitionParts(limits: limits))
    }

    deinit {
        parts.deinitialize(count: 1)
        parts.deallocate()
    }

    /// The bounds in force.
    @inlinable public var limits: StateLimits { parts.pointee.limits }
    /// What the partition knows beside its SKUs.
    public internal(set) var values: PartitionValues {
        @inlinable _read { yield parts.pointee.values }
        _modify { yield &parts.pointee.values }
    }
    /// The id window.
    public internal(set) var ids: IDWindow {
        @inlinable _read { yield parts.pointee.ids }
        _modify { yield &parts.pointee.ids }
    }
    /// Whether a transaction is open.
    @inlinable public var isInTransaction: Bool { parts.pointee.isInTransaction }

    var anchors: PartitionAnchors {
        _read { yield parts.pointee.anchors }
        _modify { yield &parts.pointee.anchors }
    }
    var lastRestored: Int32 {
        get { parts.pointee.lastRestored }
        set { parts.pointee.lastRestored = newValue }
    }
    var skus: Slab<SKURecord> {
        _read { yield parts.pointee.skus }
        _modify { yield &parts.pointee.skus }
    }
    var levels: Slab<StoredLevel> {
        _read { yield parts.pointee.levels }
        _modify { yield &parts.pointee.levels }
    }
    var levelExtras: Slab<LevelExtras> {
        _read { yield parts.pointee.levelExtras }
        _modify { yield &parts.pointee.levelExtras }
    }
    var locations: Slab<Key> {
        _read { yield parts.pointee.locations }
        _modify { yield &parts.pointee.locations }
    }
    var locationIndex: SlotIndex {
        _read { yield parts.pointee.locationIndex }
        _modify { yield &parts.pointee.locationIndex }
    }
    var holds: Slab<HoldRecord> {
        _read { yield parts.pointee.holds }
        _modify { yield &parts.pointee.holds }
    }
    var commitments: Slab<CommitmentRecord> {
        _read { yield parts.pointee.commitments }
        _modify { yield &parts.pointee.commitments }
    }
    var closed: ClosedRecords {
        _read { yield parts.pointee.closed }
        _modify { yield &parts.pointee.closed }
    }
    var documents: Slab<DocumentRecord> {
        _read { yield parts.pointee.documents }
        _modify { yield &parts.pointee.documents }
    }
    var counts: Slab<CountRecord> {
        _read { yield parts.pointee.counts }
        _modify { yield &parts.pointee.counts }
    }
    var channels: Slab<ChannelRecord> {
        _read { yield parts.pointee.channels }
        _modify { yield &parts.pointee.channels }
    }
    var zones: Slab<ZoneRecord> {
        _read { yield parts.pointee.zones }
        _modify { yield &parts.pointee.zones }
    }
    /// When days end at the location of the event that is decided next. No part of the state.
    public var dayEnds: DayEnds {
        _read { yield parts.pointee.dayEnds }
        _modify { yield &parts.pointee.dayEnds }
    }
    /// Whoever makes facts of what becomes due sets what knows zones. No part of the state.
    public var lifeInZone: LifeInZone? {
        get { parts.pointee.lifeInZone }
        set { parts.pointee.lifeInZone = newValue }
    }
    var units: Slab<UnitRecord> {
        _read { yield parts.pointee.units }
        _modify { yield &parts.pointee.units }
    }
    var waiters: Slab<WaiterRecord> {
        _read { yield parts.pointee.waiters }
        _modify { yield &parts.pointee.waiters }
    }
    var lanes: Slab<LaneRecord> {
        _read { yield parts.pointee.lanes }
        _modify { yield &parts.pointee.lanes }
    }
    var promiseParts: Slab<PartRecord> {
        _read { yield parts.pointee.promiseParts }
        _modify { yield &parts.pointee.promiseParts }
    }
    var owners: Slab<OwnerRecord> {
        _read { yield parts.pointee.owners }
        _modify { yield &parts.pointee.owners }
    }
    var ownerIndex: SlotIndex {
        _read { yield parts.pointee.ownerIndex }
        _modify { yield &parts.pointee.ownerIndex }
    }
    var skuIndex: SlotIndex {
        _read { yield parts.pointee.skuIndex }
        _modify { yield &parts.pointee.skuIndex }
    }
    var levelIndex: SlotIndex {
        _read { yield parts.pointee.levelIndex }
        _modify { yield &parts.pointee.levelIndex }
    }
    var holdIndex: SlotIndex {
        _read { yield parts.pointee.holdIndex }
        _modify { yield &parts.pointee.holdIndex }
    }
    var commitmentIndex: SlotIndex {
        _read { yield parts.pointee.commitmentIndex }
        _modify { yield &parts.pointee.commitmentIndex }
    }
    var closedIndex: SlotIndex {
        _read { yield parts.pointee.closedIndex }
        _modify { yield &parts.pointee.closedIndex }
    }
    var documentIndex: SlotIndex {
        _read { yield parts.pointee.documentIndex }
        _modify { yield &parts.pointee.documentIndex }
    }
    var lotTerms: Slab<LotTermsRecord> {
        _read { yield parts.pointee.lotTerms }
        _modify { yield &parts.pointee.lotTerms }
    }
    var lots: Slab<LotRecord> {
        _read { yield parts.pointee.lots }
        _modify { yield &parts.pointee.lots }
    }
    var shippedLots: Slab<ShippedLotRecord> {
        _read { yield parts.pointee.shippedLots }
        _modify { yield &parts.pointee.shippedLots }
    }
    var lotCounts: Slab<LotCountRecord> {
        _read { yield parts.pointee.lotCounts }
        _modify { yield &parts.pointee.lotCounts }
    }
    var countedLots: Slab<CountedLotRecord> {
        _read { yield parts.pointee.countedLots }
        _modify { yield &parts.pointee.countedLots }
    }
    var countedLotIndex: SlotIndex {
        _read { yield parts.pointee.countedLotIndex }
        _modify { yield &parts.pointee.countedLotIndex }
    }
    var namings: Slab<NamingRecord> {
        _read { yield parts.pointee.namings }
        _modify { yield &parts.pointee.namings }
    }
    var velocities: Slab<VelocityRecord> {
        _read { yield parts.pointee.velocities }
        _modify { yield &parts.pointee.velocities }
    }
    var lotCountIndex: SlotIndex {
        _read { yield parts.pointee.lotCountIndex }
        _modify { yield &parts.pointee.lotCountIndex }
    }
    var partIndex: SlotIndex {
        _read { yield parts.pointee.partIndex }
        _modify { yield &parts.pointee.partIndex }
    }
    var lotTermsIndex: SlotIndex {
        _read { yield parts.pointee.lotTermsIndex }
        _modify { yield &parts.pointee.lotTermsIndex }
    }
    var lotIndex: SlotIndex {
        _read { yield parts.pointee.lotIndex }
        _modify { yield &parts.pointee.lotIndex }
    }
    var shippedLotIndex: SlotIndex {
        _read { yield parts.pointee.shippedLotIndex }
        _modify { yield &parts.pointee.shippedLotIndex }
    }
    var demands: Slab<DemandRecord> {
        _read { yield parts.pointee.demands }
        _modify { yield &parts.pointee.demands }
    }
    var timerNodes: TimerNodes {
        _read { yield parts.pointee.timerNodes }
        _modify { yield &parts.pointee.timerNodes }
    }

    /// Opens a transaction: from here on the first touch of anything saves what it was.
    public mutating func begin() { parts.pointee.begin() }

    /// Keeps everything since `begin`, and lets ids leave the window.
    public mutating func commit() { parts.pointee.commit() }

    /// Puts back what was there at `begin`.
    public mutating func abort() { parts.pointee.abort() }

    /// The number of SKUs that the partition has ever seen.
    public var skuCount: Int { skus.count }
    /// The number of open holds.
    public var openHoldCount: Int { Int(anchors.openHolds) }
    /// The number of open commitments.
    public var openCommitmentCount: Int { Int(anchors.openCommitments) }
    /// The number of closed records that are kept.
    public var closedCount: Int { Int(anchors.closedRecords) }
}
