/// What a ledger record tells. 1 to 31 are the input event types of the same raw value; from 32 on, what the engine does by itself.
/// Raw values are stored and never change.
public enum FactKind: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// The input could not be read as an event (dead-lettered), or belongs elsewhere (rerouted).
    case unreadable = 0
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
    /// Order lines and holds that waited for units and get them.
    case fill = 36
    /// The day is there for which preorders waited: they are backorders now.
    case preorderRelease = 37
    /// Holds whose time is over.
    case expire = 32
    /// Order lines that were not confirmed in time.
    case commitExpire = 49
    /// Closed records removed by age or because the limit was reached.
    case forget = 33
    /// An operator moved the input offset (`state skip`).
    case gap = 34
    /// Lots whose time is over.
    case lotExpire = 40
    /// Promises that the shelf does not cover any more, newest first.
    case uncovered = 45
    /// Lots that expire soon.
    case lotExpiring = 46
    /// At some locations other units are available from now on, since requests demand that they live until another day.
    case shelfLife = 47

    /// The kind of an event type.
    @inlinable public init(_ type: EventType) { self = FactKind(rawValue: type.rawValue)! }

    /// Whether it asks for units on behalf of a customer: refused for lack of stock, it is a lost sale.
    @inlinable public var isDemand: Bool { self == .hold || self == .commit || self == .sale }
}

/// What became of a consumed record. Raw values are stored and never change.
public enum Outcome: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case accepted = 1
    case rejected = 2
    /// The event id, or its business id with the same content, was seen before: no effect.
    case duplicate = 3
    /// The original bytes are in the dead-letter topic.
    case deadLettered = 4
    /// The record went on to the partition where its SKU lives.
    case rerouted = 5
    /// Not a consumed record: a timer or an operator's act.
    case internalFact = 6
}

/// What an item of a fact is. Raw values never change.
public enum FactItemKind: UInt8, Sendable, BitwiseCopyable {
    /// `expire`: a hold. `commit_expire`: an order line. `forget`: a closed record. Otherwise units of a lot.
    case main = 0
    /// An order line that the shelf does not cover any more.
    case orderLine = 1
    /// What a count found more than the books had, or less.
    case variance = 2
    /// A hold that the shelf does not cover any more.
    case hold = 3
    /// An order line that gets units which it waited for.
    case filled = 4
    /// A hold that gets the units which it waited for.
    case granted = 5
    /// Units of a lot that was counted since: nothing changes on the shelf. `move`: of `disposition`.
    case absorbed = 16
    /// `move`: the same of `toDisposition`.
    case absorbedTo = 17
    /// `move`: the same of both.
    case absorbedBoth = 18
    /// A part of a promise over several locations. `expire`: one that its hold's own record does not have.
    case part = 6
    /// A location that a request may be met from. Only while it is decided, never in a fact.
    case candidate = 7
}

/// One item of a fact that covers several records: a hold that expired, a closed record that is forgotten, units of a lot, a variance, or a
/// promise that is not covered.
public struct FactItem: Sendable, Equatable, BitwiseCopyable {
    /// What it is.
    public var kind = FactItemKind.main
    /// The hold's or order line's id. `forget`, a part (except in `expire`): empty. Otherwise the lot's id; a variance of no known
    /// lot: empty.
    public var id = Key()
    /// `expire`, `lot_expire`, `lot_expiring`, `shelf_life`, a part, a lot of a sale over several locations: its location. Otherwise empty.
    public var location = Key()
    /// `expire`: what it still held. Uncovered promise: what is not covered of it. Variance: signed. `forget`: 0, or how many of the
    /// record's lots are forgotten, and it stays. `shelf_life`: what is not available for that. Otherwise the lot's units, more than 0.
    public var quantity: Int64 = 0
    /// `forget`: the identity of the closed record.
    public var closed = Hash128()
    /// A lot's units: which of them.
    public var disposition: Disposition = .sellable
    /// Units of a lot that come to a location: the instant from which they are expired there, where that is not the lot's own; 0: it is.
    /// `shelf_life`: the instant at which units must not have expired yet to be available there; 0: any are.
    public var expiresAtMilliseconds: Int64 = 0

    /// An empty item.
    public init() {}
}

/// Quantities of one level after the fact, written into the ledger and checked when it is applied again.
public struct Balances: Sendable, Equatable, BitwiseCopyable {
    /// Units on the shelf; negative after a forced departure.
    public var sellable: Int64 = 0
    /// Units that are damaged; like the following never negative.
    public var damaged: Int64 = 0
    /// Units in quarantine.
    public var quarantine: Int64 = 0
    /// Units that wait for a check of their quality.
    public var qc: Int64 = 0
    /// Units of recalled lots.
    public var recalled: Int64 = 0
    /// Units of expired lots.
    public var expired: Int64 = 0
    /// Used parts that customers handed in: never for sale.
    public var core: Int64 = 0
    /// Remaining quantities of open holds.
    public var held: Int64 = 0
    /// Remaining quantities of open commitments.
    public var committed: Int64 = 0
    /// Promises that the shelf does not cover: raised by forced facts only, lowered by what cures it.
    public var shortfall: Int64 = 0
    /// Available to promise to a request that says nothing, floored at 0.
    public var available: Int64 = 0
    /// What is expected and has not arrived: no part of what is on hand or available.
    public var incoming: Int64 = 0
    /// What is on its way here from another location: no part of what is on hand or available, here or there.
    public var inTransit: Int64 = 0
    /// What order lines wait for: no part of what is promised.
    public var backordered: Int64 = 0
    /// What order lines wait for whose day has not come.
    public var preordered: Int64 = 0

    /// All zero.
    public init() {}

    /// The sum of the physical dispositions (identity I1).
    @inlinable public var onHand: Int64 { sellable &+ damaged &+ quarantine &+ qc &+ recalled &+ expired &+ core }
}

/// The content of one ledger record: the only thing that changes state (`PartitionState.apply`).
///
/// One value is reused for all facts of a task; `items` keeps its capacity.
public struct Fact: Sendable, Equatable {
    /// The partition's sequence number: rises by exactly one with each ledger record, from 1.
    public var seq: Int64 = 0
    /// The input offset after this fact.
    public var next: Int64 = 0
    /// The offset of the input record; -1 for internal facts.
    public var offset: Int64 = -1
    /// Log time in milliseconds since 1970.
    public var timeMilliseconds: Int64 = 0
    /// The SKU's version after this fact; 0 where it changes nothing of a SKU.
    public var version: Int64 = 0
    /// The incarnation of the ledger, in its first record only; otherwise 0.
    public var incarnation: Int64 = 0
    /// What happened.
    public var kind: FactKind = .unreadable
    /// What became of the input.
    public var outcome: Outcome = .accepted
    /// Why it was refused.
    public var rejection: Rejection = .none
    /// The idempotency key; zero for internal facts and unreadable records.
    public var idHash = Hash128()
    /// The content's hash.
    public var bodyHash: UInt64 = 0
    /// `duplicate`, `idConflict`: the seq of the first fact of that id; 0: known by its business id only. `uncovered`: the seq of the fact
    /// that uncovered the promises.
    public var firstSeq: Int64 = 0
    /// `duplicate`: how the first one ended.
    public var firstOutcome: Outcome = .accepted
    /// `duplicate`: why the first one was refused.
    public var firstRejection: Rejection = .none
    /// Business time in milliseconds.
    public var occurredAtMilliseconds: Int64 = 0

    /// The SKU; empty where the fact is about none.
    public var sku = Key()
    /// The location; where the input named a hold or an order line only, that promise's.
    public var location = Key()
    /// The hold's id.
    public var hold = Key()
    /// The order line's id.
    public var orderLine = Key()
    /// The receipt's, shipment's or return's id. `define`: the zone of the location, or of all that have none. `hold`: whose it is;
    /// empty: nobody's, or of one that is replaced still the same one's.
    public var document = Key()
    /// The line of the receipt.
    public var line = Key()
    /// What stands on the other side: the incoming line of `expect`, `receive`, `receiveCorrect`; the location that a transfer goes
    /// to; the shipment of the serial that comes back; the sales channel of a promise or of the terms; who approves the closing of a
    /// count.
    public var counterpart = Key()
    /// Why, as a code of the sender.
    public var reason = Key()
    /// Who.
    public var actor = Key()
    /// The quantity that moved (accepted), signed for `adjust`; or that was asked for (rejected).
    public var quantity: Int64 = 0
    /// `receive`, `receiveCorrect`: the running total of the receipt line. `expect`: that of the incoming line. Transfers: what was
    /// sent, or taken. Rejected for lack of stock:
    /// what was available. Rejected because of counted lines: how many, the first of them being of `disposition` and `lot`. Rejected
    /// because of an owner's holds: what these have.
    public var total: Int64 = 0
    /// `transferReceive`: the running total of what was not taken. Rejected because of a limit: that.
    public var rejected: Int64 = 0
    /// `hold`, `extend`: the instant from which the hold is gone, or waits no longer, in milliseconds. `commit`: the one from which the
    /// order line is gone, unless it is confirmed before; 0: it stays. `reassign`: the same of the order line that it makes.
    public var expiresAtMilliseconds: Int64 = 0
    /// Where the units are; `move`: from.
    public var disposition: Disposition = .sellable
    /// `move`: to.
    public var toDisposition: Disposition = .sellable
    /// `commit`: what happened to the rest of the hold.
    public var rest: RestPolicy = .keep
    /// Whether it was told as something that has happened already.
    public var isForced = false
    /// The units of `disposition` were counted since it happened: nothing changes on the shelf. Of a SKU with lots: all of them were.
    public var isAbsorbed = false
    /// `move`: the same of `toDisposition`.
    public var isAbsorbedTo = false
    /// `return`: the order line could not be checked any more.
    public var isUnverified = false
    /// `define`: the terms given.
    public var policy = Policy()
    /// The level's balances after the fact (facts with a location), or at the moment of the decision (rejected).
    public var after = Balances()
    /// The lot that the event named.
    public var lot = Key()
    /// With `lot`: the instant from which its units are expired at the location; 0 where it has no expiry, or the fact needs none.
    public var lotExpiresAtMilliseconds: Int64 = 0
    /// Where the fact makes the lot known, and its expiry was told as a day: the instant at which that ends in UTC; otherwise 0.
    public var lotDayMilliseconds: Int64 = 0
    /// `hold`, `commit`, `sale`: the instant at which the units must not have expired yet; 0: any will do. What brings lots that live too
    /// short: the instant at which units must not have expired yet to be available there.
    public var minExpiryMilliseconds: Int64 = 0
    /// The serial of the one unit that the fact is about; rejected: the one of `serials` that is the reason.
    public var serial = Key()
    /// The serials of units that it is about, where the event named a list; at most `EventLimits.maxSerials`.
    public var serials: [Key] = []
    /// The id of a warranty claim.
    public var claim = Key()
    /// `ship`, `sale`, `return` of a serial: the instant at which its warranty ends; 0: it has none.
    public var warrantyUntilMilliseconds: Int64 = 0
    /// Of a request that names several SKUs: where this one stands, and what is passed on.
    public var chain = Chain()
    /// `define`: the unit that is defined. Elsewhere the one in which the event gave its quantity.
    public var unit = UnitUse()
    /// `expire`, `forget`. Of a SKU with lots: the lots that the quantity was taken from or went to, where it is not all of `lot` in
    /// `disposition`. What `quantity` has above their sum belongs to no known lot.
    /// `transfer_receive`: of what was taken and of what was not. `transfer_close`: of what went back or is lost.
    /// `lot_expiring`: the lots; `total` is the number of days. `shelf_life`: the locations.
    /// `uncovered`: the promises that are not covered; `total` is what is missing beyond them.
    /// `count_close`: the variances; of a SKU with lots, lot by lot. What raises the shortfall: the promises that are not covered, newest
    /// first, at most
    /// `StateLimits.itemsPerFact`.
    public var items: [FactItem] = []
    /// `commit`, `hold`: what of it waits for stock. `release`: what of the quantity had waited.
    public var wait = WaitTerms()
    /// `forget`: the latest closing time of its items.
    public var horizonMilliseconds: Int64 = 0
    /// `forget`: whether its items are order lines.
    public var isOrderLineHorizon = false
    /// `forget`: how many of its items went before their age, because there were too many.
    public var earlyCount: Int64 = 0
    /// `gap`: the offset that was expected.
    public var gapFrom: Int64 = 0
    /// `gap`: the offset that was set.
    public var gapTo: Int64 = 0

    /// An empty fact.
    public init() {}

    /// Makes it a fact of the engine's own about a SKU.
    mutating func begin(_ kind: FactKind, of sku: Key) {
        reset()
        self.kind = kind
        outcome = .internalFact
        self.sku = sku
    }

    /// Makes it empty again and keeps the capacity of its lists.
    public mutating func reset() {
        var kept: [FactItem] = []
        var keptSerials: [Key] = []
        swap(&kept, &items)
        swap(&keptSerials, &serials)
        if !kept.isEmpty { kept.removeAll(keepingCapacity: true) }
        if !keptSerials.isEmpty { keptSerials.removeAll(keepingCapacity: true) }
        self = Fact()
        swap(&items, &kept)
        swap(&serials, &keptSerials)
    }
}

/// An alert state that changed.
public enum TransitionKind: UInt8, Sendable, BitwiseCopyable {
    /// Available fell to or below the reorder point.
    case low
    /// Available rose above the reorder point and its hysteresis again.
    case recovered
    /// Nothing is available any more.
    case out
    /// Something is available again.
    case back
    /// Promises are not covered by the shelf any more (forced facts).
    case oversold
    /// They are covered again.
    case covered
    /// Units of a lot expire soon.
    case expiring
    /// Order lines or holds that waited have got units.
    case filled
}

/// One change of an alert state that a fact brought.
public struct Transition: Sendable, Equatable, BitwiseCopyable {
    /// What changed.
    public var kind: TransitionKind
    /// The location; empty for the SKU's total (`out` and `back` only).
    public var location: Key
    /// Available before the fact.
    public var before: Int64
    /// Available after it.
    public var after: Int64
    /// The threshold that was crossed (`low`, `recovered`), the shortfall (`oversold`), or the number of days (`expiring`); otherwise 0.
    public var threshold: Int64
    /// `expiring`: the lot.
    public var lot = Key()
    /// `expiring`: its sellable units at the location. `filled`: what all of them have got.
    public var quantity: Int64 = 0
    /// `expiring`: when they expire.
    public var expiresAtMilliseconds: Int64 = 0

    /// A transition with all its fields.
    public init(kind: TransitionKind, location: Key, before: Int64, after: Int64, threshold: Int64) {
        self.kind = kind
        self.location = location
        self.before = before
        self.after = after
        self.threshold = threshold
    }
}

extension Balances {
    /// The units of one disposition.
    @inlinable public subscript(disposition: Disposition) -> Int64 {
        get {
            switch disposition {
            case .sellable: sellable
            case .damaged: damaged
            case .quarantine: quarantine
            case .qc: qc
            case .recalled: recalled
            case .expired: expired
            case .core: core
            }
        }
        set {
            switch disposition {
            case .sellable: sellable = newValue
            case .damaged: damaged = newValue
            case .quarantine: quarantine = newValue
            case .qc: qc = newValue
            case .recalled: recalled = newValue
            case .expired: expired = newValue
            case .core: core = newValue
            }
        }
    }
}
