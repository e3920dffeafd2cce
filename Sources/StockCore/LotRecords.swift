/// What all units of a lot of a SKU share, wherever they are. It stays as long as any location has units of it, an order line
/// remembers that it was shipped from it, or it is blocked or recalled.
public struct LotTermsRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// How many lot records and shipped lots refer to it.
    public var references: Int32 = 0
    /// The lot's id.
    public var lot = Key()
    /// The instant from which its units are expired; `never` where it has no expiry. Of a day: at which that ends in UTC.
    public var expiresAtMilliseconds = LotTermsRecord.never
    /// Whether its expiry was told as a day, which ends with the day at each location.
    public var isDay = false
    /// Whether its sellable units are kept back: none is promised or picked.
    public var isBlocked = false
    /// Whether it is recalled: what was sellable of it is not, wherever it comes from.
    public var isRecalled = false
    /// Whether only a recall has named it yet: the first units that come tell its expiry.
    public var isAnnounced = false

    /// The expiry of a lot that has none: later than any.
    public static let never = Int64.max

    /// Empty terms.
    public init() {}
}

/// What a location has of a lot. Its level's balances are the sums over its lots, except for units that a forced sale took out of no lot
/// that is known.
public struct LotRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// Its level's slot.
    public var level: Int32 = -1
    /// Its terms' slot.
    public var terms: Int32 = -1
    /// The lot before it in the order in which its level's lots are picked (FEFO: first expired, first out); -1: none.
    public var previous: Int32 = -1
    /// The lot after it in that order; -1: none.
    public var next: Int32 = -1
    /// The instant from which its units are expired here.
    public var expiresAtMilliseconds = LotTermsRecord.never
    /// The log time at which this location first had units of it, since it last had none.
    public var receivedAtMilliseconds: Int64 = 0
    /// How many units, by disposition: sellable ones are below zero after a forced sale that named the lot, the others never.
    public var quantities = DispositionValues()
    /// The number of days before its expiry by which its units were reported last.
    public var reportedDays = LotRecord.notReported
    /// Whether its expiry has a timer.
    var isScheduled = false
    /// The instant for which it has a timer of its next report; 0: none.
    var reportAtMilliseconds: Int64 = 0

    /// Not reported yet: more days than any.
    public static let notReported = Int32.max

    /// An empty lot.
    public init() {}
}

/// How many promised units of a level must not have expired at an instant: the sum over its promises with this minimum expiry. Derived, so
/// no checkpoint has it.
struct DemandRecord: Sendable, BitwiseCopyable {
    /// The demand with the next earlier instant at its level; -1: none.
    var previous: Int32 = -1
    /// The demand with the next later instant; -1: none.
    var next: Int32 = -1
    /// The instant.
    var minExpiryMilliseconds: Int64 = 0
    /// What is left of those promises.
    var quantity: Int64 = 0
    /// What waiters with this minimum expiry are owed; it or `quantity` is above 0.
    var owed: Int64 = 0
}

/// What an open count has counted of a lot at a level, in one disposition. It goes when the count is closed.
public struct LotCountRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// Its level's slot.
    public var level: Int32 = -1
    /// Its lot's terms.
    public var terms: Int32 = -1
    /// The next line of its count; -1: none.
    public var next: Int32 = -1
    /// Which units were counted.
    public var disposition = Disposition.sellable
    /// Whether a line lists it. What no line lists in a count of all lots was not found.
    public var isListed = true
    /// What was counted, physically.
    public var found: Int64 = 0
    /// What the books had when it was counted: the base of the variance.
    public var base: Int64 = 0
    /// When it was counted, for the sender (milliseconds, never after the log time).
    public var countedAtMilliseconds: Int64 = 0
    /// The hash of the line's id.
    public var line: Int64 = 0
    /// Whether it was counted again, under another line's id.
    public var isRecounted = false
    /// The hash of who counted; 0: nobody was named.
    public var actor: Int64 = 0

    /// An empty line.
    public init() {}
}

/// How many units of a lot have left for an order line: what bounds returns, and what traces a lot to its orders. It goes with the closed
/// record of its order line. A shipment has such records too, under its own identity, as long as it is remembered: it may be taken back.
/// And so has a transfer while it is open: what has left and not come back is in transit.
public struct ShippedLotRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// Its lot's terms.
    public var terms: Int32 = -1
    /// The identity of the order line's closed record, while the line is open too; or of the shipment's, or the transfer's.
    public var orderLine = Hash128()
    /// What has left.
    public var shipped: Int64 = 0
    /// What came back since, at most `shipped`. Transfer: what has arrived.
    public var returned: Int64 = 0
    /// Transfer: whether the units were sent as recalled ones because their lot was.
    public var wasRecalled = false
    /// Order line: the instant at which its units must not have expired yet, for the case that it is open again; 0: any will do.
    public var minExpiryMilliseconds: Int64 = 0

    /// An empty record.
    public init() {}
}
