/// The kinds of state records. Raw values are the first byte of the keys in the state topic and never change. Lots, transfers, counts and
/// the backorder queue have their numbers, so that they join as records of their own.
public enum RecordKind: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case sku = 1
    case level = 2
    case hold = 3
    case commitment = 4
    case closed = 5
    case lot = 6
    case transfer = 7
    case count = 8
    case backorder = 9
    /// A block of the id window.
    case ids = 32
    /// The checkpoint's mark.
    case mark = 33
}

/// A record of a SKU, by kind and slot.
public struct RecordReference: Sendable, Equatable, BitwiseCopyable {
    public var kind: RecordKind
    public var slot: Int32

    /// "No record".
    @inlinable public static var none: RecordReference { RecordReference(kind: .sku, slot: -1) }

    @inlinable public init(kind: RecordKind, slot: Int32) {
        self.kind = kind
        self.slot = slot
    }
}

/// Where a record stands between memory and checkpoint.
public struct RecordStatus: Sendable, BitwiseCopyable {
    /// The next record in its SKU's list of changed ones.
    public var nextDirty = RecordReference.none
    /// The hash of key and value as last written; 0 where it never was.
    public var writtenHash: UInt64 = 0
    /// Whether it is in its SKU's list of changed records.
    public var isDirty = false
    /// Whether it is gone and only waits for its tombstone.
    public var isDead = false

    /// A record that is as written.
    @inlinable public init() {}
}

/// A SKU: its policy, its virtual accounts, and the anchors of everything that belongs to it.
public struct SKURecord: Sendable, BitwiseCopyable {
    public var key = Key()
    /// Rises by one with every fact that changes anything of the SKU.
    public var version: Int64 = 0
    /// The seq and the log time of its last change.
    public var lastSeq: Int64 = 0
    public var lastTimeMilliseconds: Int64 = 0
    public var policy = Policy()
    /// Virtual accounts (identity I3: they and all balances sum to zero): what came from suppliers, went to customers, was found or lost.
    public var supplier: Int64 = 0
    public var customer: Int64 = 0
    public var lossGain: Int64 = 0
    /// The total's alert state, and whether the SKU ever had anything available.
    public var isOut = true
    public var hasHadStock = false
    /// Sums over its levels; `available` is the sum of what each has, none below zero.
    public var totals = Balances()
    public var locationCount: Int32 = 0
    public var openHolds: Int32 = 0
    public var openCommitments: Int32 = 0
    public var firstLevel: Int32 = -1
    /// Records of this SKU as the checkpoint has them: their number and the wrapping sum of their hashes.
    public var writtenRecords: Int64 = 0
    public var writtenHashSum: UInt64 = 0
    /// The header's own contribution to the partition's digest.
    public var writtenDigest: UInt64 = 0
    /// The seq and the log time of the oldest change that no checkpoint has; 0: none. Then its place in the queue, oldest first.
    public var dirtySinceSeq: Int64 = 0
    public var dirtySinceMilliseconds: Int64 = 0
    public var dirtyPrevious: Int32 = -1
    public var dirtyNext: Int32 = -1
    /// The changed records and their number.
    public var firstDirty = RecordReference.none
    public var dirtyCount: Int32 = 0
    /// The seq of the oldest change that the read model does not have; 0: none. Then its place in the queue.
    public var unprojectedSinceSeq: Int64 = 0
    public var unprojectedPrevious: Int32 = -1
    public var unprojectedNext: Int32 = -1

    /// An empty SKU.
    public init() {}
}

/// The level of a SKU at a location.
public struct LevelRecord: Sendable, BitwiseCopyable {
    public var status = RecordStatus()
    public var sku: Int32 = -1
    public var next: Int32 = -1
    public var location = Key()
    /// `available` is kept up to date with the others.
    public var balances = Balances()
    /// The location's own terms; `Policy.absent` where the SKU's hold.
    public var safetyStock = Policy.absent
    public var reorderPoint = Policy.absent
    public var reorderHysteresis = Policy.absent
    public var isLow = false
    public var isOut = true
    public var hasHadStock = false
    public var isOversold = false
    /// Whether the read model lacks its last change.
    public var isUnprojected = false

    /// An empty level.
    public init() {}
}

/// An open hold: a promise with an end in time.
public struct HoldRecord: Sendable, BitwiseCopyable {
    public var status = RecordStatus()
    public var sku: Int32 = -1
    public var level: Int32 = -1
    public var id = Key()
    /// As placed, and what is left of it.
    public var quantity: Int64 = 0
    public var remaining: Int64 = 0
    public var placedAtMilliseconds: Int64 = 0
    public var expiresAtMilliseconds: Int64 = 0

    /// An empty hold.
    public init() {}
}

/// An open commitment: what an order line is owed.
public struct CommitmentRecord: Sendable, BitwiseCopyable {
    public var status = RecordStatus()
    public var sku: Int32 = -1
    public var level: Int32 = -1
    public var orderLine = Key()
    /// ordered = open + shipped + canceled (identity I5).
    public var ordered: Int64 = 0
    public var open: Int64 = 0
    public var shipped: Int64 = 0
    public var canceled: Int64 = 0
    /// Returned since, at most `shipped`.
    public var returned: Int64 = 0
    /// Hash of the hold that it came from, 0 for none.
    public var source: UInt64 = 0
    public var committedAtMilliseconds: Int64 = 0

    /// An empty commitment.
    public init() {}
}

/// What kind of business id a closed record remembers. Raw values are stored and never change.
public enum ClosedKind: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case hold = 1
    case orderLine = 2
    case shipment = 3
    case receipt = 4
    case `return` = 5
}

/// How it ended. Raw values are stored and never change.
public enum ClosedOutcome: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case done = 0
    case released = 1
    case expired = 2
    case committed = 3
    /// An order line that a `sale` made.
    case sold = 4
}

/// A finished business id: what makes a repeat recognisable after the id window, and what bounds returns.
public struct ClosedRecord: Sendable, BitwiseCopyable {
    public var status = RecordStatus()
    public var sku: Int32 = -1
    /// Its place in the queue of its retention class, oldest first.
    public var previous: Int32 = -1
    public var next: Int32 = -1
    /// Hash of kind, id and line.
    public var id = Hash128()
    public var kind: ClosedKind = .hold
    public var outcome: ClosedOutcome = .done
    /// Receipt: the running total. Order line: ordered. Otherwise the quantity.
    public var quantity: Int64 = 0
    /// Order line: shipped, and returned since.
    public var shipped: Int64 = 0
    public var returned: Int64 = 0
    /// Hash of the other content that must be the same in a repeat.
    public var content: UInt64 = 0
    public var closedAtMilliseconds: Int64 = 0

    /// An empty closed record.
    public init() {}

    /// Whether it is kept as long as order lines are.
    @inlinable public var isLongLived: Bool { kind == .orderLine }
}
