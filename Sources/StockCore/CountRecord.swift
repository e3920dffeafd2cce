/// What is counted at a level, and when it was counted last.
public struct CountRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// Its level's slot.
    public var level: Int32 = -1
    /// The lines of its lots, where its SKU has lots; the others follow by `LotCountRecord.next`; -1: none.
    public var firstLot: Int32 = -1
    /// The lots that counts which are closed have counted; the others follow by `CountedLotRecord.next`; -1: none.
    public var firstCountedLot: Int32 = -1
    /// The latest of the instants at which those were counted; derived.
    var lotsCountedAtMilliseconds: Int64 = 0
    /// The count that is open; empty: none is.
    public var id = Key()
    /// Which dispositions the open count has counted: a bit for each raw value. Of a SKU with lots: of which it counts all lots, since
    /// `countedAt`.
    public var counted: UInt8 = 0
    /// What was counted, physically, promised units included.
    public var found = DispositionValues()
    /// What the books had when it was counted: the base of the variance.
    public var base = DispositionValues()
    /// When it was counted, for the sender (milliseconds, never after the log time).
    public var countedAt = DispositionValues()
    /// Hashes of the counted lines' ids.
    public var lines = DispositionValues()
    /// Which dispositions were counted again, under another line's id: a bit for each raw value.
    public var recounted: UInt8 = 0
    /// Hashes of those who counted; 0: nobody was named.
    public var actors = DispositionValues()
    /// When a count that is closed has counted: what happened before that was seen by the counter. 0: never. Of a SKU with lots only
    /// counts of all lots count here, from when they began; what lines have counted is in `CountedLotRecord`.
    public var closedAt = DispositionValues()
    /// Of a count of all lots: what its level had on the shelf above the sum of its lots when it began (0, or less).
    public var unattributed: Int64 = 0

    /// An empty count.
    public init() {}

    /// Whether the open count has counted the disposition.
    @inlinable public func hasCounted(_ disposition: Disposition) -> Bool { counted >> disposition.rawValue & 1 == 1 }

    /// Whether the open count has counted the disposition twice.
    @inlinable public func hasRecounted(_ disposition: Disposition) -> Bool { recounted >> disposition.rawValue & 1 == 1 }
}

/// When units of a lot at a level were counted last, by a count that is closed: what happened before was seen by the counter. It goes with
/// the closed record of its count, since from then on what happened before is too old.
public struct CountedLotRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// Its level's slot.
    public var level: Int32 = -1
    /// Its lot's terms.
    public var terms: Int32 = -1
    /// The next one of its level; -1: none.
    public var next: Int32 = -1
    /// Which units were counted.
    public var disposition = Disposition.sellable
    /// When they were counted, for the sender (milliseconds, never after the log time).
    public var countedAtMilliseconds: Int64 = 0
    /// What the counter found above the books, less what came late and explains it.
    public var variance: Int64 = 0

    /// An empty record.
    public init() {}
}
