/// How an order line that can't be met at once may wait. Raw values are stored and never change.
public enum WaitTerm: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// It may not.
    case none = 0
    /// It takes what there is, and more as it comes.
    case partial = 1
    /// It takes nothing until it can have all.
    case whole = 2
}

/// What a fact says about the part of a promise that waits for stock.
public struct WaitTerms: Sendable, Equatable, BitwiseCopyable {
    /// What waits, or what is taken from what waits; in minor units.
    public var quantity: Int64 = 0
    /// Whether it takes what there is, or all at once.
    public var term = WaitTerm.none
    /// Higher ones come first, 0 to `EventLimits.maxPriority`.
    public var priority: Int64 = 0
    /// Whether it waits for the SKU's availability date.
    public var isPreorder = false
    /// Until when it was promised to leave; 0: nothing was said.
    public var shipByMilliseconds: Int64 = 0
    /// A hold's life from when it gets its units.
    public var ttlSeconds: Int64 = 0

    /// Nothing waits.
    public init() {}
}

/// What waits for stock at a level: the part of an order line that is backordered or preordered, or a hold.
public struct WaiterRecord: Sendable, BitwiseCopyable {
    /// Its order line's slot, or its hold's.
    public var owner: Int32 = -1
    /// Whether a hold waits. It comes after all order lines.
    public var isHold = false
    /// Its lane's slot; -1: a restore has not put it there yet.
    public var lane: Int32 = -1
    /// The one before it in its lane; -1: none.
    public var previous: Int32 = -1
    /// The one after it in its lane; -1: none.
    public var next: Int32 = -1
    /// What still waits, above 0.
    public var quantity: Int64 = 0
    /// The seq of the fact that placed it: the order in which waiters are served.
    public var placedSeq: Int64 = 0
    /// The log time at which it was placed.
    public var placedAtMilliseconds: Int64 = 0
    /// Until when it was promised to leave; 0: nothing was said.
    public var shipByMilliseconds: Int64 = 0
    /// For which of the SKU's releases of preorders it waits, from 1; 0: it is no preorder.
    public var release: Int64 = 0
    /// Higher ones come first.
    public var priority: Int64 = 0
    /// Whether it takes nothing until it can have all.
    public var isWhole = false
    /// A hold's life from when it gets its units.
    public var ttlSeconds: Int64 = 0

    /// An empty waiter.
    public init() {}
}

/// Waiters of one level that differ only in when they were placed: first in, first out. Derived, so no checkpoint has it.
struct LaneRecord: BitwiseCopyable {
    /// Its level's slot.
    var level: Int32 = -1
    /// The level's next lane; -1: none.
    var next: Int32 = -1
    /// The oldest of its waiters.
    var first: Int32 = -1
    /// The youngest of its waiters.
    var last: Int32 = -1
    /// What waits in it, above 0.
    var quantity: Int64 = 0
    /// See `WaiterRecord`.
    var isHold = false
    /// See `WaiterRecord`.
    var priority: Int64 = 0
    /// See `WaiterRecord`.
    var release: Int64 = 0
    /// The instant at which units must not have expired yet; 0: any will do.
    var minExpiryMilliseconds: Int64 = 0
}
