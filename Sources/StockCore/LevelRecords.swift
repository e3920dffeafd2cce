/// The level of a SKU at a location, as readers and the checkpoint see it.
public struct LevelRecord: Sendable, BitwiseCopyable {
    /// The location.
    public var location = Key()
    /// The SKU's next level; -1: none.
    public var next: Int32 = -1
    /// `available` is kept up to date with the others.
    public var balances = Balances()
    /// What its lots can meet promises with, less their sellable units: a lot below zero takes nothing from the others.
    public var lotCover: Int64 = 0
    /// The location's own safety stock; `Policy.absent` where the SKU's holds.
    public var safetyStock = Policy.absent
    /// The location's own reorder point; `Policy.absent` where the SKU's holds, -1: none, whatever the SKU's is.
    public var reorderPoint = Policy.absent
    /// The location's own hysteresis; `Policy.absent` where the SKU's holds.
    public var reorderHysteresis = Policy.absent
    /// Whether `low` was reported and `recovered` not yet.
    public var isLow = false
    /// Whether nothing is available.
    public var isOut = true
    /// Whether anything ever was; until then `back` is not reported.
    public var hasHadStock = false
    /// Whether promises are not covered by the shelf.
    public var isOversold = false
    /// Whether the read model lacks its last change.
    public var isUnprojected = false
    /// Whether it has a zone of its own.
    public var hasZone = false
    /// Whether promises that are not covered are being named.
    public var hasNaming = false
    /// Whether it keeps what was sold.
    public var hasVelocity = false
    /// The instant at which units must not have expired yet to be available to a request that says nothing; 0: any will do. As it was when
    /// that made a difference last (`PartitionState+ShelfLife`).
    public var lifeEndMilliseconds: Int64 = 0

    /// An empty level.
    public init() {}

    /// The units that promises can be met with; never negative.
    @inlinable public var cover: Int64 { max(0, balances.sellable &+ lotCover) }

    /// The safety stock in force: the location's own, or the SKU's, or none.
    @inlinable public func effectiveSafetyStock(_ policy: Policy) -> Int64 { Policy.inForce(safetyStock, policy.safetyStock) }
}

/// What is kept of a level. The names are those of `LevelRecord`, where they mean the same.
struct StoredLevel: BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    var status = RecordStatus()
    var isLow = false
    var isOut = true
    var hasHadStock = false
    var isOversold = false
    var isUnprojected = false
    /// Its SKU's slot.
    var sku: Int32 = -1
    var next: Int32 = -1
    /// The slot of the location. The numbers never leave the memory.
    var location: Int32 = -1
    /// The slot of its `LevelExtras`; -1: it has none.
    var extras: Int32 = -1
    /// The slot of its `VelocityRecord`; -1: nothing was sold, or it is not kept.
    var velocity: Int32 = -1
    var balances = Balances()
}

/// What few levels have: terms of their own, lots, waiters, counts. A level without has what an empty one says; one that has them once
/// keeps the record.
struct LevelExtras: BitwiseCopyable {
    /// The lot that is picked first; the others follow by `LotRecord.next`; -1: none.
    var firstLot: Int32 = -1
    /// The slot of its `CountRecord`; -1: it was never counted.
    var count: Int32 = -1
    /// The slot of its zone; -1: the SKU's.
    var zone: Int32 = -1
    /// The slot of its `NamingRecord`; -1: nothing is to be named.
    var naming: Int32 = -1
    /// The earliest of the instants that promises of the level demand life until (`DemandRecord`); -1: none does.
    var firstDemand: Int32 = -1
    /// One of its lanes of waiters (`LaneRecord`); -1: nothing waits here.
    var firstLane: Int32 = -1
    /// The SKU's next level whose waiters may get units; -1: none; -2: this is none.
    var nextFill: Int32 = -2
    var lotCover: Int64 = 0
    var safetyStock = Policy.absent
    var reorderPoint = Policy.absent
    var reorderHysteresis = Policy.absent
    /// What waiters are owed whose day has come.
    var owed: Int64 = 0
    var lifeEndMilliseconds: Int64 = 0
    /// The instant for which it has a timer of the next difference; 0: none.
    var lifeTimerMilliseconds: Int64 = 0
}

extension PartitionState {
    /// What few levels have, of one level. The first change makes the record.
    subscript(extras level: Int32) -> LevelExtras {
        @inline(__always) get {
            let slot = levels[level].extras
            return slot < 0 ? LevelExtras() : levelExtras[slot]
        }
        _modify {
            if levels[level].extras < 0 { levels[level].extras = levelExtras.insert(LevelExtras()) }
            yield &levelExtras[levels[level].extras]
        }
    }

    /// The units that promises can be met with; never negative.
    @inline(__always) func cover(of level: Int32) -> Int64 { max(0, levels[level].balances.sellable &+ self[extras: level].lotCover) }

    /// The safety stock in force: the location's own, or the SKU's, or none.
    @inline(__always) func safetyStock(of level: Int32) -> Int64 {
        Policy.inForce(self[extras: level].safetyStock, skus.record(levels[level].sku).pointee.policy.safetyStock)
    }
}

extension PartitionState {
    /// The level in a slot that `findLevel` answered.
    public func level(_ slot: Int32) -> LevelRecord {
        var record = LevelRecord()
        record.location = location(of: slot)
        record.next = levels[slot].next
        record.balances = levels[slot].balances
        record.isLow = levels[slot].isLow
        record.isOut = levels[slot].isOut
        record.hasHadStock = levels[slot].hasHadStock
        record.isOversold = levels[slot].isOversold
        record.isUnprojected = levels[slot].isUnprojected
        record.hasVelocity = levels[slot].velocity >= 0
        let extras = self[extras: slot]
        record.lotCover = extras.lotCover
        record.safetyStock = extras.safetyStock
        record.reorderPoint = extras.reorderPoint
        record.reorderHysteresis = extras.reorderHysteresis
        record.hasZone = extras.zone >= 0
        record.hasNaming = extras.naming >= 0
        record.lifeEndMilliseconds = extras.lifeEndMilliseconds
        return record
    }

    /// Takes what the checkpoint has of a level.
    mutating func restore(_ record: LevelRecord, into slot: Int32) {
        levels[slot].balances = record.balances
        levels[slot].isLow = record.isLow
        levels[slot].isOut = record.isOut
        levels[slot].hasHadStock = record.hasHadStock
        levels[slot].isOversold = record.isOversold
        let hasOwnTerms =
            record.safetyStock != Policy.absent || record.reorderPoint != Policy.absent || record.reorderHysteresis != Policy.absent
        guard hasOwnTerms || record.lifeEndMilliseconds != 0 || levels[slot].extras >= 0 else { return }
        self[extras: slot].safetyStock = record.safetyStock
        self[extras: slot].reorderPoint = record.reorderPoint
        self[extras: slot].reorderHysteresis = record.reorderHysteresis
        self[extras: slot].lifeEndMilliseconds = record.lifeEndMilliseconds
    }

    /// The location of a level.
    public func location(of level: Int32) -> Key { locations[levels[level].location] }

    /// The slot of a location; the levels of all SKUs there share it.
    mutating func findOrInsertLocation(_ key: Key) -> Int32 {
        let found = locationIndex.find(key.hash64) { locations[$0] == key }
        if found >= 0 { return found }
        let slot = locations.insert(key)
        locationIndex.insert(key.hash64, slot)
        return slot
    }
}
