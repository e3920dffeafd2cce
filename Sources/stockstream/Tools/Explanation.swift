import StockCore
import StockWire

/// Why the availability of a SKU is what it is: everything that goes into the number, and whether it adds up.
struct Explanation: Encodable {
    /// A location with all that is in it, in minor units.
    struct Level: Encodable {
        var location: String
        /// The time zone in which its days end; nil: UTC.
        var zone: String?
        var sellable: Int64
        var held: Int64
        var committed: Int64
        var safetyStock: Int64
        var available: Int64
        var shortfall: Int64
        var damaged: Int64
        var quarantine: Int64
        var qc: Int64
        var recalled: Int64
        var expired: Int64
        /// Used parts that customers handed in.
        var core: Int64
        var onHand: Int64
        var incoming: Int64
        var inTransit: Int64
        var backordered: Int64
        var preordered: Int64
        /// What of the shelf is kept for those who wait.
        var owed: Int64
        /// What of the shelf lives too short for a request that says nothing.
        var tooShort: Int64
        var reorderPoint: Int64?
        var reorderHysteresis: Int64?
        var isLow: Bool
        var isOut: Bool
        /// The count that is open.
        var openCount: String?
        var openHolds = 0
        var openOrderLines = 0
        /// What promises can be met with: sellable, none below zero, lot by lot.
        var cover: Int64
        /// Its lots, where the SKU has them.
        var lots: [Lot] = []
        /// What was sold there lately; nil: nothing was, or it is not kept.
        var sold: Sold?
    }

    /// What was sold on the last days, in UTC.
    struct Sold: Encodable {
        /// The latest day on which anything was.
        var asOf: String
        /// What was sold on it and on the days before, the latest first; what is missing is 0.
        var days: [Int64]
        /// Sums over the last 7, 28 and 35 days, that day being the last of them.
        var last7: Int64
        var last28: Int64
        var last35: Int64
    }

    /// An open hold.
    struct Hold: Encodable {
        var hold: String
        var location: String
        var remaining: Int64
        var quantity: Int64
        /// What it waits for.
        var waiting: Int64
        var placedAtMilliseconds: Int64
        var expiresAtMilliseconds: Int64
        /// The instant at which its units must not have expired yet; nil: any will do.
        var minExpiryMilliseconds: Int64?
    }

    /// An order line that is owed something.
    struct OrderLine: Encodable {
        var orderLine: String
        var location: String
        var open: Int64
        var ordered: Int64
        var shipped: Int64
        var canceled: Int64
        var returned: Int64
        var committedAtMilliseconds: Int64
        /// What of it waits for stock, or for its day.
        var waiting: Int64
        /// What of it a transfer has on the way to the location; nil: nothing.
        var inTransit: Int64?
        /// Until when it was promised to leave; nil: nothing was said, or nothing waits.
        var shipByMilliseconds: Int64?
        /// The instant at which its units must not have expired yet; nil: any will do.
        var minExpiryMilliseconds: Int64?
    }

    /// What a location has of a lot, the first to be picked first.
    struct Lot: Encodable {
        var lot: String
        /// nil: never.
        var expiresAtMilliseconds: Int64?
        var isBlocked: Bool
        var isRecalled: Bool
        /// Units by disposition, where there are any.
        var quantities: [String: Int64]
    }

    /// An incoming line of which something is expected.
    struct Document: Encodable {
        var incoming: String
        var location: String
        var open: Int64
        var expected: Int64
        var arrived: Int64
    }

    /// A transfer line of which something is in transit.
    struct Transfer: Encodable {
        var transfer: String
        var from: String
        var to: String
        var sent: Int64
        var accepted: Int64
        var rejected: Int64
        var inTransit: Int64
    }

    /// The terms of the SKU; nil: not given.
    struct Terms: Encodable {
        var scale: Int64
        var safetyStock: Int64?
        var reorderPoint: Int64?
        var reorderHysteresis: Int64?
        var returnDisposition: String?
        var maxHoldSeconds: Int64?
        var maxHoldQuantity: Int64?
        var maxHeldPerOwner: Int64?
        var overReceiptPercent: Int64?
        var lotTracked: Bool?
        var minShelfLifeDays: Int64?
        var lateDelta: String?
        var oversellLimit: Int64?
        /// nil: 90, 60 and 30.
        var expiryAlertDays: [Int64]?
        var backorderLimit: Int64?
        var backorderDays: Int64?
        var preorderLimit: Int64?
        var preorderUntilMilliseconds: Int64?
        var serialTracked: Bool?
        var warrantyDays: Int64?
        var velocity: Bool?
        var recountAbove: Int64?
        var approveAbove: Int64?
        var blindCount: Bool?
        var receiveDisposition: String?
        var closedThroughMilliseconds: Int64?
    }

    /// A unit of the SKU: one is `numerator / denominator` minor units.
    struct Unit: Encodable {
        var unit: String
        var numerator: Int64
        var denominator: Int64
    }

    var sku: String
    var partition: Int32
    var seq: Int64
    var logTimeMilliseconds: Int64
    /// Input records that are not processed yet.
    var lag: Int64
    var version: Int64
    var lastSeq: Int64
    var lastTimeMilliseconds: Int64
    var available: Int64
    /// What was sold at all locations lately; nil: nothing was, or it is not kept.
    var sold: Sold?
    var policy: Terms
    /// Units beside the minor unit, by name.
    var units: [Unit] = []
    /// For how many days units must be usable that are promised through a channel.
    var minShelfLifeDaysOfChannels: [String: Int64] = [:]
    var levels: [Level] = []
    /// Open holds, the first to expire first.
    var holds: [Hold] = []
    /// Open order lines, the oldest first.
    var orderLines: [OrderLine] = []
    /// Incoming lines that are open, by name.
    var incoming: [Document] = []
    /// Transfers with something in transit, by name.
    var transfers: [Transfer] = []
    /// The latest facts, the oldest of them first.
    var facts: [FactLine] = []
    /// What does not add up; empty: everything does.
    var problems: [String] = []

    /// Collects everything of the SKU in that slot. O(holds and order lines of the partition).
    init(of slot: Int32, in state: borrowing PartitionState, partition: Int32, lag: Int64) {
        let record = state.sku(slot)
        let values = state.values
        sku = record.key.description
        self.partition = partition
        seq = values.seq
        logTimeMilliseconds = values.logTimeMilliseconds
        self.lag = lag
        version = record.version
        lastSeq = record.lastSeq
        lastTimeMilliseconds = record.lastTimeMilliseconds
        available = record.totals.available
        policy = Terms(record.policy)
        state.forEachUnit(of: slot) {
            units.append(Unit(unit: $0.name.description, numerator: $0.numerator, denominator: $0.denominator))
        }
        units.sort { $0.unit < $1.unit }
        var sold = SoldDays()
        state.addSold(of: slot, to: &sold)
        self.sold = Sold(sold)
        state.forEachChannel(of: slot) { minShelfLifeDaysOfChannels[$0.name.description] = $0.minShelfLifeDays }
        var places: [Int32: Int] = [:]
        var next = record.firstLevel
        while next >= 0 {
            let level = state.level(next)
            places[next] = levels.count
            levels.append(Level(level, record.policy, owed: state.owedUnits(at: next), tooShort: state.tooShortUnits(at: next)))
            let zone = state.zone(of: slot, at: next)
            levels[levels.count - 1].zone = zone.isEmpty ? nil : zone.description
            state.forEachLot(of: next) { levels[levels.count - 1].lots.append(Lot(state.lot($0), in: state)) }
            sold.reset()
            if let velocity = state.velocity(ofLevel: next) { sold.add(velocity) }
            levels[levels.count - 1].sold = Sold(sold)
            if let count = state.count(ofLevel: next), !count.id.isEmpty { levels[levels.count - 1].openCount = count.id.description }
            next = level.next
        }
        collectPromises(of: slot, in: state, places)
        collectDocuments(of: slot, in: state, places)
        check(record)
        levels.sort { $0.location < $1.location }
    }

    private mutating func collectPromises(of sku: Int32, in state: borrowing PartitionState, _ places: [Int32: Int]) {
        var slots: [Int32] = []
        state.forEachHold { slots.append($0) }
        for slot in slots where state.hold(slot).sku == sku {
            let hold = state.hold(slot)
            // One that is over several locations stands here once for each.
            state.forEachPart(of: RecordReference(kind: .hold, slot: slot)) { level, quantity in
                guard let place = places[level] else { return }
                levels[place].openHolds += 1
                holds.append(
                    Hold(
                        hold: hold.id.description, location: levels[place].location, remaining: quantity, quantity: hold.quantity,
                        waiting: state.waiting(of: hold),
                        placedAtMilliseconds: hold.placedAtMilliseconds, expiresAtMilliseconds: hold.expiresAtMilliseconds,
                        minExpiryMilliseconds: hold.minExpiryMilliseconds == 0 ? nil : hold.minExpiryMilliseconds))
            }
        }
        slots = []
        state.forEachCommitment { slots.append($0) }
        for slot in slots where state.commitment(slot).sku == sku {
            let line = state.commitment(slot)
            let shipBy = line.waiter < 0 ? 0 : state.waiter(line.waiter).shipByMilliseconds
            state.forEachPart(of: RecordReference(kind: .commitment, slot: slot)) { level, quantity in
                guard let place = places[level] else { return }
                levels[place].openOrderLines += 1
                orderLines.append(
                    OrderLine(
                        orderLine: line.orderLine.description, location: levels[place].location, open: quantity, ordered: line.ordered,
                        shipped: line.shipped, canceled: line.canceled, returned: line.returned,
                        committedAtMilliseconds: line.committedAtMilliseconds, waiting: state.waiting(of: line),
                        inTransit: line.inTransit == 0 ? nil : line.inTransit, shipByMilliseconds: shipBy == 0 ? nil : shipBy,
                        minExpiryMilliseconds: line.minExpiryMilliseconds == 0 ? nil : line.minExpiryMilliseconds))
            }
        }
        holds.sort { ($0.expiresAtMilliseconds, $0.hold, $0.location) < ($1.expiresAtMilliseconds, $1.hold, $1.location) }
        orderLines.sort {
            ($0.committedAtMilliseconds, $0.orderLine, $0.location) < ($1.committedAtMilliseconds, $1.orderLine, $1.location)
        }
    }

    private mutating func collectDocuments(of sku: Int32, in state: borrowing PartitionState, _ places: [Int32: Int]) {
        var slots: [Int32] = []
        state.forEachDocument { slots.append($0) }
        for document in slots.map({ state.document($0) }) where document.sku == sku {
            guard let place = places[document.level] else { continue }
            if let to = places[document.toLevel] {
                transfers.append(
                    Transfer(
                        transfer: document.id.description, from: levels[place].location, to: levels[to].location, sent: document.total,
                        accepted: document.arrived, rejected: document.rejected, inTransit: document.open))
                continue
            }
            incoming.append(
                Document(
                    incoming: document.id.description, location: levels[place].location, open: document.open, expected: document.total,
                    arrived: document.arrived))
        }
        incoming.sort { $0.incoming < $1.incoming }
        transfers.sort { $0.transfer < $1.transfer }
    }

    // MARK: - Does it add up

    private mutating func check(_ record: SKURecord) {
        var sum: Int64 = 0
        for level in levels {
            let promised = level.held + level.committed
            let most = max(0, level.cover - promised - level.safetyStock - level.owed)
            // Which units promises take decides how many of those that live long enough are left.
            let isWithin = level.tooShort > 0 && level.available <= min(most, max(0, level.cover - level.tooShort - level.safetyStock))
            if !isWithin { expect(level.available, most, "available at \(level.location)") }
            // Where promises demand life, more may be short than the sums tell.
            let demandsLife =
                holds.contains { $0.location == level.location && $0.minExpiryMilliseconds != nil }
                || orderLines.contains { $0.location == level.location && $0.minExpiryMilliseconds != nil }
            if !demandsLife { expect(level.shortfall, max(0, promised - level.cover), "shortfall at \(level.location)") }
            let sellable = level.lots.reduce(0) { $0 + ($1.quantities["sellable"] ?? 0) }
            if !level.lots.isEmpty && level.sellable > sellable { expect(level.sellable, sellable, "sellable at \(level.location)") }
            let held = holds.reduce(0) { $0 + ($1.location == level.location ? $1.remaining : 0) }
            expect(level.held, held, "held at \(level.location)")
            let committed = orderLines.reduce(0) { $0 + ($1.location == level.location ? $1.open : 0) }
            expect(level.committed, committed, "committed at \(level.location)")
            let waiting = orderLines.reduce(0) { $0 + ($1.location == level.location ? $1.waiting : 0) }
            expect(level.backordered + level.preordered, waiting, "backordered and preordered at \(level.location)")
            let open = incoming.reduce(0) { $0 + ($1.location == level.location ? $1.open : 0) }
            expect(level.incoming, open, "incoming at \(level.location)")
            let coming = transfers.reduce(0) { $0 + ($1.to == level.location ? $1.inTransit : 0) }
            expect(level.inTransit, coming, "in transit to \(level.location)")
            sum += level.available
        }
        expect(available, sum, "available of all locations")
        let onHand = levels.reduce(0) { $0 + $1.onHand }
        expect(record.totals.onHand, onHand, "on hand at all locations")
        expect(
            onHand &+ record.totals.inTransit &+ record.supplier &+ record.customer &+ record.lossGain, 0,
            "on hand and in transit with the accounts of suppliers, customers and losses")
    }

    private mutating func expect(_ found: Int64, _ sum: Int64, _ what: String) {
        if found != sum { problems.append("\(what) is \(found), its parts make \(sum)") }
    }
}
