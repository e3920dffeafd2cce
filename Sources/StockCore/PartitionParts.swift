/// What a partition's state is made of, and its transactions.
@usableFromInline struct PartitionParts: ~Copyable {
    @usableFromInline let limits: StateLimits
    @usableFromInline var values = PartitionValues()
    var anchors = PartitionAnchors()
    var skus = Slab<SKURecord>()
    var levels = Slab<StoredLevel>()
    var levelExtras = Slab<LevelExtras>()
    /// The locations of all levels, each once.
    var locations = Slab<Key>()
    var holds = Slab<HoldRecord>()
    var commitments = Slab<CommitmentRecord>()
    var closed = ClosedRecords()
    var documents = Slab<DocumentRecord>()
    var lotTerms = Slab<LotTermsRecord>()
    var lots = Slab<LotRecord>()
    var shippedLots = Slab<ShippedLotRecord>()
    var lotCounts = Slab<LotCountRecord>()
    var countedLots = Slab<CountedLotRecord>()
    var namings = Slab<NamingRecord>()
    var velocities = Slab<VelocityRecord>()
    var demands = Slab<DemandRecord>()
    var counts = Slab<CountRecord>()
    var units = Slab<UnitRecord>()
    var zones = Slab<ZoneRecord>()
    var channels = Slab<ChannelRecord>()
    var waiters = Slab<WaiterRecord>()
    var lanes = Slab<LaneRecord>()
    var promiseParts = Slab<PartRecord>()
    var owners = Slab<OwnerRecord>()
    var skuIndex = SlotIndex(capacity: 1_024)
    var levelIndex = SlotIndex(capacity: 1_024)
    var locationIndex = SlotIndex(capacity: 16)
    var holdIndex = SlotIndex(capacity: 1_024)
    var commitmentIndex = SlotIndex(capacity: 1_024)
    var closedIndex = SlotIndex(capacity: 1_024)
    var documentIndex = SlotIndex(capacity: 64)
    var lotTermsIndex = SlotIndex(capacity: 16)
    var lotIndex = SlotIndex(capacity: 16)
    var shippedLotIndex = SlotIndex(capacity: 16)
    var ownerIndex = SlotIndex(capacity: 16)
    /// Lines of lots while they are restored; empty otherwise.
    var lotCountIndex = SlotIndex(capacity: 16)
    var countedLotIndex = SlotIndex(capacity: 16)
    /// Parts of promises while they are restored; empty otherwise.
    var partIndex = SlotIndex(capacity: 16)
    /// The SKU of the last record that was restored; -1: none.
    var lastRestored: Int32 = -1
    /// Levels that the fact at hand has changed, with what they had; empty between facts.
    var touched: [(level: Int32, was: Balances)] = []
    /// The id window.
    @usableFromInline var ids: IDWindow

    /// What the SKUs' timers, and those over the SKUs, are made of.
    var timerNodes = TimerNodes()

    /// When days end at the location of the event that is decided next.
    var dayEnds = DayEnds()
    /// What it means in a zone to be usable for some days; nil: days are those of UTC.
    var lifeInZone: LifeInZone?
    /// Where the SKU of the fact that was made last stands: it is the one that is applied next, as a rule. No part of the state.
    var skuOfFact: Int32 = -1
    /// The first identity that did not hold after a fact. An abort does not take it back: it should not have come that far.
    var firstInconsistency: Inconsistency?

    /// What was seen of the memory that was looked at beforehand. No part of the state.
    var warmth: UInt64 = 0

    private var savedValues = PartitionValues()
    private var savedAnchors = PartitionAnchors()
    /// Whether a transaction is open.
    @usableFromInline private(set) var isInTransaction = false

    init(limits: StateLimits) {
        self.limits = limits
        ids = IDWindow(cap: limits.idWindowCap)
    }

    /// Opens a transaction: from here on the first touch of anything saves what it was.
    mutating func begin() {
        precondition(!isInTransaction, "a transaction is open already")
        isInTransaction = true
        savedValues = values
        savedAnchors = anchors
        skus.begin()
        levels.begin()
        levelExtras.begin()
        locations.begin()
        holds.begin()
        commitments.begin()
        closed.begin()
        documents.begin()
        counts.begin()
        units.begin()
        zones.begin()
        channels.begin()
        waiters.begin()
        lanes.begin()
        promiseParts.begin()
        owners.begin()
        ownerIndex.begin()
        skuIndex.begin()
        levelIndex.begin()
        locationIndex.begin()
        holdIndex.begin()
        commitmentIndex.begin()
        closedIndex.begin()
        documentIndex.begin()
        lotTerms.begin()
        lots.begin()
        shippedLots.begin()
        lotCounts.begin()
        countedLots.begin()
        countedLotIndex.begin()
        namings.begin()
        velocities.begin()
        demands.begin()
        lotTermsIndex.begin()
        lotIndex.begin()
        shippedLotIndex.begin()
        timerNodes.begin()
        ids.begin()
    }

    /// Keeps everything since `begin`, and lets ids leave the window.
    mutating func commit() {
        precondition(isInTransaction, "no transaction is open")
        isInTransaction = false
        skus.commit()
        levels.commit()
        levelExtras.commit()
        locations.commit()
        holds.commit()
        commitments.commit()
        closed.commit()
        documents.commit()
        counts.commit()
        units.commit()
        zones.commit()
        channels.commit()
        waiters.commit()
        lanes.commit()
        promiseParts.commit()
        owners.commit()
        ownerIndex.commit()
        skuIndex.commit()
        levelIndex.commit()
        locationIndex.commit()
        holdIndex.commit()
        commitmentIndex.commit()
        closedIndex.commit()
        documentIndex.commit()
        lotTerms.commit()
        lots.commit()
        shippedLots.commit()
        lotCounts.commit()
        countedLots.commit()
        countedLotIndex.commit()
        namings.commit()
        velocities.commit()
        demands.commit()
        lotTermsIndex.commit()
        lotIndex.commit()
        shippedLotIndex.commit()
        timerNodes.commit()
        ids.commit()
        ids.evict(
            limits: limits, logTimeMilliseconds: values.logTimeMilliseconds,
            most: max(StateLimits.idsPerBlock, ids.count / StateLimits.idBlocksPerWindowTurn))
    }

    /// Puts back what was there at `begin`.
    mutating func abort() {
        precondition(isInTransaction, "no transaction is open")
        isInTransaction = false
        skus.abort()
        levels.abort()
        levelExtras.abort()
        locations.abort()
        holds.abort()
        commitments.abort()
        closed.abort()
        documents.abort()
        counts.abort()
        units.abort()
        zones.abort()
        channels.abort()
        waiters.abort()
        lanes.abort()
        promiseParts.abort()
        owners.abort()
        ownerIndex.abort()
        skuIndex.abort()
        levelIndex.abort()
        locationIndex.abort()
        holdIndex.abort()
        commitmentIndex.abort()
        closedIndex.abort()
        documentIndex.abort()
        lotTerms.abort()
        lots.abort()
        shippedLots.abort()
        lotCounts.abort()
        countedLots.abort()
        countedLotIndex.abort()
        namings.abort()
        velocities.abort()
        demands.abort()
        lotTermsIndex.abort()
        lotIndex.abort()
        shippedLotIndex.abort()
        timerNodes.abort()
        ids.abort()
        values = savedValues
        anchors = savedAnchors
    }
}
