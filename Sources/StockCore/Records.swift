/// The kinds of state records. Raw values are the first byte of the keys in the state topic and never change. The backorder queue
/// has its number, so that it joins as a record of its own.
public enum RecordKind: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case sku = 1
    case level = 2
    case hold = 3
    case commitment = 4
    case closed = 5
    case lot = 6
    case transfer = 7
    case count = 8
    case incoming = 10
    /// What all units of a lot share.
    case lotTerms = 16
    /// Units of a lot that left for an order line.
    case shippedLot = 17
    /// The zone of a location, or of a SKU.
    case zone = 20
    /// A sales channel of a SKU.
    case channel = 25
    /// What an open count has counted of a lot.
    case lotCount = 18
    /// Promises that are not covered and still to be named.
    case naming = 19
    /// When units of a lot were counted last.
    case countedLot = 23
    /// A part of a hold or an order line that is not at the location of the promise's own record.
    case part = 22
    /// A unit of a SKU.
    case unit = 24
    /// A block of the id window.
    case ids = 32
    /// The checkpoint's mark.
    case mark = 33
    /// A rebuilt checkpoint begins: what stands before it in the log does not count.
    case anew = 34
    /// Only a tombstone, of which the broker's stamp is wanted; it is no part of the state.
    case stamp = 35
}

/// A record of a SKU, by kind and slot.
public struct RecordReference: Sendable, Equatable, BitwiseCopyable {
    /// Which kind of record.
    public var kind: RecordKind
    /// Its slot; -1: no record.
    public var slot: Int32

    /// "No record".
    @inlinable public static var none: RecordReference { RecordReference(kind: .sku, slot: -1) }

    /// The record of this kind in this slot.
    @inlinable public init(kind: RecordKind, slot: Int32) {
        self.kind = kind
        self.slot = slot
    }
}

/// Where a record stands between memory and checkpoint.
public struct RecordStatus: Sendable, BitwiseCopyable {
    /// The hash of key and value as last written; 0 where it never was.
    public var writtenHash: UInt64 = 0
    // Apart from each other, so that the flags fit beside the kind: every record has a status.
    private var nextSlot = RecordReference.none.slot
    private var nextKind = RecordReference.none.kind
    /// Whether it is in its SKU's list of changed records.
    public var isDirty = false
    /// Whether it is gone and only waits for its tombstone.
    public var isDead = false

    /// A record that is as written.
    public init() {}

    /// The next record in its SKU's list of changed ones.
    public var nextDirty: RecordReference {
        get { RecordReference(kind: nextKind, slot: nextSlot) }
        set { (nextKind, nextSlot) = (newValue.kind, newValue.slot) }
    }
}

/// A SKU: its policy, its virtual accounts, and the anchors of everything that belongs to it.
public struct SKURecord: Sendable, BitwiseCopyable {
    /// The SKU itself.
    public var key = Key()
    /// Rises by one with every fact that changes anything of the SKU.
    public var version: Int64 = 0
    /// The seq of its last change.
    public var lastSeq: Int64 = 0
    /// The log time of its last change.
    public var lastTimeMilliseconds: Int64 = 0
    /// The terms that hold where a location has none of its own.
    public var policy = Policy()
    /// Virtual account of suppliers: less than 0 by what came from them. Identity I3: the accounts and all balances sum to zero (they
    /// wrap).
    public var supplier: Int64 = 0
    /// Virtual account of customers: what went to them, less returns.
    public var customer: Int64 = 0
    /// Virtual account of what was lost, less what was found.
    public var lossGain: Int64 = 0
    /// Whether nothing is available at any location.
    public var isOut = true
    /// Whether anything ever was; until then `back` is not reported.
    public var hasHadStock = false
    /// Whether the checkpoint may have records of it that are not known to be there: what of its unwritten records ends gets a tombstone.
    var isWrittenUnseen = false
    /// Sums over its levels; `available` is the sum of what each has, none below zero.
    public var totals = Balances()
    /// The number of its levels.
    public var locationCount: Int32 = 0
    /// The number of its open holds.
    public var openHolds: Int32 = 0
    /// The number of its open commitments.
    public var openCommitments: Int32 = 0
    /// The number of its open documents (`DocumentRecord`).
    public var openDocuments: Int32 = 0
    /// The number of its lots (their terms).
    public var lotCount: Int32 = 0
    /// The number of lots that its locations have.
    public var levelLots: Int32 = 0
    /// Its levels, the youngest first; the others follow by `StoredLevel.next`.
    public var firstLevel: Int32 = -1
    /// Its units, the youngest first; the others follow by `UnitRecord.next`; -1: none.
    public var firstUnit: Int32 = -1
    /// Its channels, the youngest first; the others follow by `ChannelRecord.next`; -1: none.
    public var firstChannel: Int32 = -1
    /// The slot of the zone of its locations that have none of their own; -1: UTC.
    public var zone: Int32 = -1
    /// The number of zones that it and its locations have.
    public var zones: Int32 = 0
    /// The number of its records in the checkpoint.
    public var writtenRecords: Int64 = 0
    /// The wrapping sum of the hashes of its records in the checkpoint.
    public var writtenHashSum: UInt64 = 0
    /// The header's own contribution to the partition's digest.
    public var writtenDigest: UInt64 = 0
    /// The seq of the oldest change that no checkpoint has; 0: none.
    public var dirtySinceSeq: Int64 = 0
    /// The log time of that change.
    public var dirtySinceMilliseconds: Int64 = 0
    /// The SKU before it in the queue of SKUs with unwritten changes, oldest first; -1: none.
    public var dirtyPrevious: Int32 = -1
    /// The SKU after it in that queue; -1: none.
    public var dirtyNext: Int32 = -1
    /// How many times a day for which preorders waited has come.
    public var releases: Int64 = 0
    /// A level whose waiters may get units; the others follow by `LevelExtras.nextFill`; -1: none.
    public var firstFill: Int32 = -1
    /// Its changed records; the others follow by `RecordStatus.nextDirty`.
    public var firstDirty = RecordReference.none
    /// The number of its changed records.
    public var dirtyCount: Int32 = 0
    /// The seq of the oldest change that the read model does not have; 0: none.
    public var unprojectedSinceSeq: Int64 = 0
    /// The SKU before it in the queue of SKUs that the read model lacks, oldest first; -1: none.
    public var unprojectedPrevious: Int32 = -1
    /// The SKU after it in that queue; -1: none.
    public var unprojectedNext: Int32 = -1
    /// Its open holds, the youngest first; the others follow by `HoldRecord.next`; -1: none.
    public var firstHold: Int32 = -1
    /// Its open commitments, the youngest first; the others follow by `CommitmentRecord.next`; -1: none.
    public var firstLine: Int32 = -1
    /// Timers of its holds, order lines, lots and levels. Entries may be stale; whoever takes one checks it.
    var timers = TimerHeap()

    /// An empty SKU.
    public init() {}
}

/// A document that is open: an incoming line, of which something is expected, or a transfer line, of which something is in transit.
public struct DocumentRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// Its level's slot: where the units are expected, or come from.
    public var level: Int32 = -1
    /// Transfer: the slot of the level that they go to.
    public var toLevel: Int32 = -1
    /// What kind of document it is.
    public var kind: RecordKind = .incoming
    /// Its id.
    public var id = Key()
    /// What it is for in all, in minor units: expected, or sent.
    public var total: Int64 = 0
    /// What has arrived of it, and was taken.
    public var arrived: Int64 = 0
    /// Transfer: what has arrived and was not taken.
    public var rejected: Int64 = 0
    /// Transfer: which units were sent.
    public var disposition = Disposition.sellable
    /// Transfer: the order line whose promise it carries; empty: none.
    public var orderLine = Key()

    /// An empty document.
    public init() {}

    /// What is still to arrive.
    @inlinable public var open: Int64 { max(0, total - arrived - rejected) }
}

/// What kind of business id a closed record remembers. Raw values are stored and never change.
public enum ClosedKind: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case hold = 1
    case orderLine = 2
    case shipment = 3
    case receipt = 4
    case `return` = 5
    case incoming = 6
    case count = 7
    case transfer = 8
    /// A serial: where it is, not that it has ended.
    case serial = 15
}

/// How it ended. Raw values are stored and never change.
public enum ClosedOutcome: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case done = 0
    case released = 1
    case expired = 2
    case committed = 3
    /// An order line that a `sale` made.
    case sold = 4
    /// A shipment that was taken back.
    case voided = 5
    /// A serial that is here.
    case inStock = 12
    /// A serial that has left.
    case shipped = 13
    /// A serial that has come back.
    case returned = 14
}

/// A finished business id: what makes a repeat recognisable after the id window, and what bounds returns.
public struct ClosedRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// The one before it in the queue of its retention class, oldest first; -1: none.
    public var previous: Int32 = -1
    /// The one after it in that queue; -1: none.
    public var next: Int32 = -1
    /// Hash of kind, id and line.
    public var id = Hash128()
    /// What kind of id it remembers.
    public var kind: ClosedKind = .hold
    /// How it ended.
    public var outcome: ClosedOutcome = .done
    /// Receipt: the running total. Order line: ordered. Incoming line: expected. Transfer: sent. Serial: the instant at which its warranty
    /// ends, 0 for none. Otherwise the quantity.
    public var quantity: Int64 = 0
    /// Order line: what has left. Incoming line, transfer: what arrived. Serial: the hash of its shipment. Shipment: the day on which it
    /// was counted as sold, and one (`noteSold`).
    public var shipped: Int64 = 0
    /// Order line: what came back since, at most `shipped`. Transfer: what went back to the source. Shipment: the hash of its list of
    /// serials, 0 for none.
    public var returned: Int64 = 0
    /// Order line: used parts that were handed in for what has left.
    public var cores: Int64 = 0
    /// Hash of the other content that must be the same in a repeat. Serial: the hash of its order line; of one that is here, of its
    /// receipt, 0 where that is not known.
    public var content: UInt64 = 0
    /// The log time at which it ended, or last changed (receipts).
    public var closedAtMilliseconds: Int64 = 0

    /// An empty closed record.
    public init() {}

    /// Whether it is kept as long as order lines are.
    @inlinable public var isLongLived: Bool { kind == .orderLine || kind == .serial }
}
