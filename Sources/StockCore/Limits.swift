/// Bounds of quantities and texts that are part of the message contract.
public enum EventLimits {
    /// The largest quantity of one event, in minor units.
    public static let maxQuantity: Int64 = 1_000_000_000_000
    /// The largest balance; sums of balances stay far inside Int64.
    public static let maxBalance: Int64 = 1_000_000_000_000_000
    /// The largest numerator or denominator of a unit.
    public static let maxUnitFactor: Int64 = 1_000_000_000
    /// The longest `id` in bytes.
    public static let maxIDBytes = 255
    /// The longest `source` in bytes.
    public static let maxSourceBytes = 255
    /// The longest `meta` in bytes.
    public static let maxMetaBytes = 4_096
    /// The largest `overReceiptPercent`.
    public static let maxPercent: Int64 = 10_000
    /// The most locations that a request may name to be chosen from.
    public static let maxCandidates = 16
    /// The most serials that one event names.
    public static let maxSerials = 100
    /// The largest distance of a location.
    public static let maxDistance: Int64 = 1_000_000_000_000
    /// The highest `priority`.
    public static let maxPriority: Int64 = 9
    /// The longest hold in seconds (400 days) where policy names none.
    public static let maxHoldSeconds: Int64 = 400 * 86_400
}

/// Bounds of a partition's state; what a user may change is in `engine.limits` of the configuration. Only `decide` and who makes facts ask
/// them, so a ledger or a checkpoint that was written under others is read as it is.
public struct StateLimits: Sendable, Equatable {
    /// Undo entries whose memory is kept for the next transaction.
    public static let keptUndoEntries = 65_536
    /// Holds that one `expire` fact covers, and closed records that one `forget` fact covers.
    public static let itemsPerFact = 1_000
    /// `fill` facts that are made before an event of their SKU is decided; what is more follows in the course of turns.
    public static let fillsBeforeEvent = 4
    /// Lots of one SKU at one location, so that one fact can name all of them.
    public static let lotsPerLevel = 1_000
    /// Entries of the id window in one state record.
    public static let idsPerBlock = 4_096
    /// The most ids that one transaction adds: the window has room for them above its cap.
    public static let idsPerTransaction = 131_072
    /// A commit lets one in so many ids of the window leave, or a block where that is more.
    static let idBlocksPerWindowTurn = 64
    /// The largest `locationsPerSKU`: sums over a SKU's levels stay inside Int64.
    public static let maxLocationsPerSKU = 9_000

    /// Open holds on one SKU.
    public var openHoldsPerSKU = 200_000
    /// Locations of one SKU.
    public var locationsPerSKU = 1_000
    /// Open commitments on one SKU.
    public var openCommitmentsPerSKU = 200_000
    /// Open incoming lines and transfer lines of one SKU.
    public var openDocumentsPerSKU = 100_000
    /// Units of one SKU beside its minor unit.
    public var unitsPerSKU = 32
    /// Sales channels of one SKU that have a term of their own.
    public var channelsPerSKU = 32
    /// Lots of one SKU that its locations have or its order lines remember.
    public var lotsPerSKU = 100_000
    /// Closed records in a partition; above it the oldest are forgotten early, counted and alarmed.
    public var closedRecordsPerPartition = 4_000_000
    /// How long closed holds, shipments, receipts and returns are kept, in milliseconds of log time (30 days).
    public var closedRetentionMilliseconds: Int64 = 30 * 86_400_000
    /// How long closed order lines are kept, in milliseconds of log time (400 days).
    public var orderLineRetentionMilliseconds: Int64 = 400 * 86_400_000
    /// Ids that the window keeps at least.
    public var idWindowEntries = 1_000_000
    /// Log time that the window covers at least, in milliseconds (15 minutes), up to the cap.
    public var idWindowMilliseconds: Int64 = 15 * 60_000
    /// Ids that the window never exceeds.
    public var idWindowCap = 4_000_000

    /// The defaults.
    public init() {}
}
