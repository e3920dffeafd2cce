/// What an input event asks for. Raw values are stored in checkpoints and never change.
public enum EventType: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case define = 1
    case receive = 2
    case adjust = 3
    case move = 4
    case hold = 5
    case extend = 6
    case commit = 7
    case release = 8
    case ship = 9
    case sale = 10
    case `return` = 11
    case lotBlock = 12
    case lotUnblock = 13
    case recall = 14
    case unrecall = 15
    case expect = 20
    case receiveCorrect = 21
    case unship = 22
    case countOpen = 23
    case countLine = 24
    case countClose = 25
    case transferSend = 26
    case transferReceive = 27
    case transferClose = 28
    case confirm = 29
    case reassign = 41
}

/// Where units physically are (domain: dispositions). Raw values are stored and never change.
public enum Disposition: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case sellable = 0
    case damaged = 1
    case quarantine = 2
    case qc = 3
    case recalled = 4
    case expired = 5
    /// Used parts that customers handed in, to be rebuilt elsewhere: never for sale here.
    case core = 6

    /// The one that a policy's term names; nil where that names none, or is absent.
    public init?(term: Int64) {
        guard let value = UInt8(exactly: term) else { return nil }
        self.init(rawValue: value)
    }
}

/// What happens to the part of a hold that a partial commit leaves, to what a transfer that is closed has in transit, or to the lots that
/// no line of a count lists. Raw values are stored and never change.
public enum RestPolicy: UInt8, Sendable, BitwiseCopyable {
    /// It stays held, with the same expiry.
    case keep = 0
    /// It is released.
    case release = 1
    /// What is in transit goes back to where it came from.
    case back = 2
    /// What is in transit is lost; what is not listed is not there.
    case writeOff = 3
}

/// What becomes of a delta that arrives late, dated before a count that is closed. Raw values are stored and never change.
public enum LateDelta: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// It is recorded and changes nothing on the shelf, since the counter saw it.
    case absorb = 0
    /// It is applied like any other.
    case apply = 1
    /// It is refused, unless it is forced.
    case refuse = 2
}

/// Policy terms, of a SKU or of one of its locations. An absent term (`Policy.absent`) leaves what is in force.
public struct Policy: Sendable, Equatable, BitwiseCopyable {
    /// "Not given".
    public static let absent = Int64.min

    /// Minor units in one unit of display, at least 1 (1: pieces; 1000: millilitres in a litre). SKU only; fixed once there is stock.
    public var scale = Policy.absent
    /// Units kept back from promises at each location, at least 0. A location's own term wins over the SKU's.
    public var safetyStock = Policy.absent
    /// Available at or below which a location is low, at least 0; -1 takes the term away again. A location's own term wins over the SKU's.
    public var reorderPoint = Policy.absent
    /// How far above the reorder point available must rise before low can be reported again, at least 0.
    public var reorderHysteresis = Policy.absent
    /// The raw value of the disposition that returns go to where the event names none. SKU only.
    public var returnDisposition = Policy.absent
    /// The raw value of the disposition that receipts go to where the event names none (none: sellable). SKU only.
    public var receiveDisposition = Policy.absent
    /// The longest total life of a hold in seconds, at least 1. SKU only.
    public var maxHoldSeconds = Policy.absent
    /// The largest quantity of one hold, at least 1. SKU only.
    public var maxHoldQuantity = Policy.absent
    /// What all open holds of one owner may have together, at least 0; -1 (none): anything. SKU only.
    public var maxHeldPerOwner = Policy.absent
    /// How much more than expected may arrive of an incoming line, in percent, at least 0 (none: 0). SKU only.
    public var overReceiptPercent = Policy.absent
    /// 1: every unit belongs to a lot; 0: none does. SKU only; fixed once there is stock.
    public var lotTracked = Policy.absent
    /// Days that units must be usable for at least where a promise does not say, at least 0. SKU only.
    public var minShelfLifeDays = Policy.absent
    /// The raw value of a `LateDelta`: what becomes of a delta dated before a closed count (none: absorb). SKU only.
    public var lateDelta = Policy.absent
    /// The instant through which periods are closed: what occurred at it or before is refused (none: no period is). SKU only.
    public var closedThroughMilliseconds = Policy.absent
    /// How much all promises together may exceed what is on the shelves, at least 0; -1 (none): not at all. SKU only.
    public var oversellLimit = Policy.absent
    /// How many units may be backordered over all locations, at least 0; -1 (none): no backorders. SKU only.
    public var backorderLimit = Policy.absent
    /// Days within which a backordered unit is promised to leave, at least 0. SKU only.
    public var backorderDays = Policy.absent
    /// How many units may be preordered over all locations, at least 0; -1 (none): no preorders. SKU only.
    public var preorderLimit = Policy.absent
    /// The instant from which the SKU is there and preorders become backorders. SKU only.
    public var preorderUntilMilliseconds = Policy.absent

    /// 1: units that leave name their serial; 0: they have none. SKU only.
    public var serialTracked = Policy.absent
    /// For how many days from its shipment a serial has a warranty, at least 0 (none: 0). SKU only.
    public var warrantyDays = Policy.absent

    /// How many days before its expiry a lot's units are reported, once each: `AlertDays` in one number. SKU only.
    public var expiryAlertDays = Policy.absent

    /// 1: what is sold is kept by location and day (`VelocityRecord`); 0 (none): it is not. SKU only.
    public var velocity = Policy.absent

    /// The variance above which a counted line must be counted a second time before the count is closed, at least 0; -1: none. SKU only.
    public var recountAbove = Policy.absent
    /// The variance above which somebody else must approve the closing of a count, at least 0; -1: none. SKU only.
    public var approveAbove = Policy.absent
    /// 1: answers to the events of a count don't tell what the books have; 0: they do. SKU only.
    public var blindCount = Policy.absent

    /// Nothing given.
    public init() {}
}

/// A decoded input event: one flat value, no heap. Which fields an event type uses is in docs/events.md.
public struct StockEvent: Sendable, BitwiseCopyable {
    /// What is asked for.
    public var type: EventType = .define
    /// Hash of `source` and `id`, the idempotency key.
    public var idHash = Hash128()
    /// Hash of all decoded fields in fixed order, without time and trace.
    public var bodyHash: UInt64 = 0
    /// Business time, milliseconds since 1970 (default: the record's time).
    public var occurredAtMilliseconds: Int64 = 0
    /// The SKU; never empty.
    public var sku = Key()
    /// The location; empty where the type does not need one, or names several. Of a promise over several locations: the part that is meant.
    public var location = Key()
    /// The hold's id.
    public var hold = Key()
    /// The order line's (or sale line's) id.
    public var orderLine = Key()
    /// The receipt's, shipment's or return's id. `reassign`: the order line that gets the promise. `define`: the zone of the location.
    /// `hold`: whose it is; empty where nobody is named.
    public var document = Key()
    /// The line of the receipt; empty where there is none.
    public var line = Key()
    /// What stands on the other side: `expect`, `receive`, `receiveCorrect`: the incoming line (purchase order, ASN);
    /// `transferSend`, `reassign`: the location that the units or the promise go to; `return`: the shipment of the serial;
    /// `define`, `hold`, `commit`, `sale`: the sales channel; `countClose`: who approves it.
    public var counterpart = Key()
    /// Why, as a code of the sender (`adjust`, `move`).
    public var reason = Key()
    /// Who.
    public var actor = Key()
    /// The quantity in minor units; `Policy.absent` where not given. Signed for `adjust`, above 0 elsewhere.
    public var quantity = Policy.absent
    /// `transferReceive`: the running total of what was not taken; `Policy.absent` where not given.
    public var rejected = Policy.absent
    /// `adjust`: the absolute value to set, together with `expected`.
    public var setTo = Policy.absent
    /// `adjust`: the value that `setTo` expects to replace.
    public var expected = Policy.absent
    /// The SKU version that the sender saw; `Policy.absent` where not given.
    public var expectedVersion = Policy.absent
    /// `hold`, `extend`: seconds to live. `commit`: seconds within which it is to be confirmed.
    public var ttlSeconds = Policy.absent
    /// `move`: from; `receive`, `adjust`, `return`: where the units are.
    public var disposition: Disposition = .sellable
    /// Whether `disposition` was named.
    public var hasDisposition = false
    /// `move`: to. `transferReceive`: where the units that were not taken are.
    public var toDisposition: Disposition = .sellable
    /// `commit`: what happens to the rest of the hold. `transferClose`: to what is in transit.
    public var rest: RestPolicy = .keep
    /// Something that has happened already. `sale`: never refused for lack of stock. `adjust`, `move`: may take units that are promised,
    /// but none that are not there.
    public var isForced = false
    /// `release`: no more than there is, where more is asked for.
    public var isLenient = false
    /// `hold`, `commit`, `sale`: what is kept back as safety stock may be promised.
    public var usesSafetyStock = false
    /// The lot; empty where none is named.
    public var lot = Key()
    /// With `lot`: the instant from which its units are expired; of a day: at which that ends in UTC; `Policy.absent` where not given.
    public var lotExpiresAtMilliseconds = Policy.absent
    /// Whether that was told as a day.
    public var isLotExpiryDay = false
    /// `hold`, `commit`, `sale`: the end in UTC of the day through which the units must be usable; `Policy.absent` where not given.
    public var minExpiryMilliseconds = Policy.absent
    /// The same in days from now; `define`: in the policy.
    public var minShelfLifeDays = Policy.absent
    /// The serial of the one unit that the event is about; empty where it names none.
    public var serial = Key()
    /// A hash of the serials that the event names as a list; `Policy.absent` where it names none. They go along with the event (`decide`).
    public var serialsHash = Policy.absent
    /// `return`: the id of a warranty claim. `commit`: of the claim that it replaces a unit for. Empty where there is none.
    public var claim = Key()
    /// `hold`, `commit`: the SKU to which what this one can't meet is passed on; empty: none.
    public var nextSKU = Key()
    /// A hash of all SKUs that the request names beside its own.
    public var chainHash = Policy.absent
    /// An event that was passed on: its number among those of its request, from 2; `Policy.absent` for others.
    public var hop = Policy.absent
    /// An event that was passed on: what the first one asked for.
    public var asked = Policy.absent
    /// An event that was passed on: what was met of that before it.
    public var met = Policy.absent
    /// `define`: the unit that is defined. Elsewhere the one in which the quantities are; empty: in minor units.
    public var unit = Key()
    /// `define`: one of the unit is `unitNumerator / unitDenominator` minor units.
    public var unitNumerator: Int64 = 1
    /// See `unitNumerator`.
    public var unitDenominator: Int64 = 1
    /// With a unit: how `quantity` is rounded where it is no whole number of minor units.
    public var rounding: Rounding = .exact
    /// `commit` without a hold: whether it may wait for stock.
    public var backorder = WaitTerm.none
    /// `commit` without a hold: that it waits for the SKU's availability date.
    public var preorder = WaitTerm.none
    /// `hold`: how long it may wait for stock; `Policy.absent` where it may not.
    public var waitSeconds = Policy.absent
    /// Of what may wait: who comes first; `Policy.absent` where not given.
    public var priority = Policy.absent
    /// Of a request that names several locations: how it chooses among them. They go along with the event (`decide`).
    public var strategy = Strategy.singleFirst
    /// Of such a request: whether one location has to meet all of it.
    public var deniesSplit = false
    /// A hash of the locations and distances that the request names; `Policy.absent` where it names none.
    public var candidatesHash = Policy.absent
    /// `define`.
    public var policy = Policy()

    /// An empty event.
    public init() {}
}
