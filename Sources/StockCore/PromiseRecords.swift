/// An open hold: a promise with an end in time.
public struct HoldRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// Its level's slot.
    public var level: Int32 = -1
    /// The hold's id.
    public var id = Key()
    /// As placed or last replaced, in minor units.
    public var quantity: Int64 = 0
    /// What is left of it here, above 0 while it is open; 0 while it waits.
    public var remaining: Int64 = 0
    /// The slot of what of it waits for stock; -1: it has its units.
    public var waiter: Int32 = -1
    /// The first of its parts elsewhere (`PartRecord`); -1: it is at one location.
    public var firstPart: Int32 = -1
    /// The log time at which it was placed, or got the units that it had waited for.
    public var placedAtMilliseconds: Int64 = 0
    /// The log time from which it is gone, or waits no longer.
    public var expiresAtMilliseconds: Int64 = 0
    /// The instant at which its units must not have expired yet; 0: any will do.
    public var minExpiryMilliseconds: Int64 = 0
    /// Hash of whose it is, 0: nobody was named.
    public var owner: UInt64 = 0
    /// The one before it in its SKU's list; -1: none.
    public var previous: Int32 = -1
    /// The one after it in that list; -1: none.
    public var next: Int32 = -1

    /// An empty hold.
    public init() {}
}

/// An open commitment: what an order line is owed.
public struct CommitmentRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// Its level's slot.
    public var level: Int32 = -1
    /// The order line's id.
    public var orderLine = Key()
    /// ordered = open (of all parts) + shipped + canceled + what waits + what is on the way (identity I5), in minor units.
    public var ordered: Int64 = 0
    /// What is promised here and has not left; it, what waits or what is on the way is above 0 while the line is open.
    public var open: Int64 = 0
    /// The slot of what of it waits for stock; -1: nothing does.
    public var waiter: Int32 = -1
    /// The first of its parts elsewhere (`PartRecord`); -1: it is at one location.
    public var firstPart: Int32 = -1
    /// What has left.
    public var shipped: Int64 = 0
    /// What was released.
    public var canceled: Int64 = 0
    /// Returned since, at most `shipped`.
    public var returned: Int64 = 0
    /// Used parts that were handed in for what was shipped, at most as many; apart from `returned`.
    public var cores: Int64 = 0
    /// Hash of the hold that it came from, 0 for none.
    public var source: UInt64 = 0
    /// The log time at which it was made.
    public var committedAtMilliseconds: Int64 = 0
    /// The instant at which its units must not have expired yet; 0: any will do.
    public var minExpiryMilliseconds: Int64 = 0
    /// What of it a transfer has on the way to its level.
    public var inTransit: Int64 = 0
    /// Hash of that transfer's id, 0 for none.
    public var transfer: UInt64 = 0
    /// The log time from which it is gone, unless it is confirmed before; 0: it stays.
    public var expiresAtMilliseconds: Int64 = 0
    /// The one before it in its SKU's list; -1: none.
    public var previous: Int32 = -1
    /// The one after it in that list; -1: none.
    public var next: Int32 = -1

    /// An empty commitment.
    public init() {}
}
