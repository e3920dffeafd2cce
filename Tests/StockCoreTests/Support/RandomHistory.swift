import StockCore

/// One step of a random history.
enum Step {
    case event(StockEvent)
    case wait(Int64)
    case timers
}

/// Random histories over few keys, so that they meet; quantities near the edges, repeats, conflicts, time jumps.
struct RandomHistory {
    private(set) var random: SeededRandom
    private var sent: [StockEvent] = []
    private var lastID: UInt64 = 0
    private var lastCount: StockEvent?
    private var lastShipment: StockEvent?
    private var lastSerial: StockEvent?
    private let skus: [Key]
    private let locations: [Key] = ["main", "shop", "attic", "third"]
    private let holds: [Key] = ["h1", "h2", "h3", "h4", "h5", "h6"]
    private let lines: [Key] = ["o1", "o2", "o3", "o4", "o5", "o6"]
    private let documents: [Key] = ["d1", "d2", "d3", "d4"]
    private let counts: [Key] = ["c1", "c2"]
    private let people: [Key] = ["", "ann", "ben", "eva"]
    private let transfers: [Key] = ["t1", "t2", "t3"]
    private let incoming: [Key] = ["i1", "i2", "i3"]
    /// Their expiry follows from their name and the seed, so that conflicts are rare.
    private let lots: [Key] = ["l0", "l1", "l2", "l3", "l4"]
    private let units: [Key] = ["three", "half", "third"]
    private let serials: [Key] = ["n1", "n2", "n3"]
    private let hasLots: Bool
    /// Whether order lines may wait for stock.
    private let hasWaiters: Bool
    /// Whether requests may name several locations.
    private let hasSplits: Bool
    /// Whether there is what the reference model does not know (`addRare`).
    private let hasRare: Bool

    init(seed: Int, skus: Int = 3, hasLots: Bool = false, hasWaiters: Bool = false, hasSplits: Bool = false, hasRare: Bool = false) {
        self.hasSplits = hasSplits
        self.hasRare = hasRare
        self.hasLots = hasLots
        self.hasWaiters = hasWaiters
        random = SeededRandom(seed: UInt64(seed))
        self.skus = (0..<skus).map { Key(text: "sku-\($0)")! }
    }

    /// Limits that such histories reach.
    static var limits: StateLimits {
        var limits = StateLimits()
        limits.openHoldsPerSKU = 4
        limits.locationsPerSKU = 3
        limits.openCommitmentsPerSKU = 2
        limits.openDocumentsPerSKU = 2
        limits.closedRecordsPerPartition = 20
        limits.closedRetentionMilliseconds = 20_000
        limits.orderLineRetentionMilliseconds = 60_000
        limits.lotsPerSKU = 4
        limits.unitsPerSKU = 2
        limits.idWindowEntries = 10
        limits.idWindowMilliseconds = 2_000
        limits.idWindowCap = 30
        return limits
    }

    mutating func below(_ bound: Int) -> Int { random.below(bound) }

    mutating func oneIn(_ count: Int) -> Bool { random.oneIn(count) }

    mutating func step(now: Int64) -> Step {
        switch random.below(12) {
        case 0: return .wait(random.pick([0, 1, 1, 10, 500, 999, 1_000, 1_001, 5_000, 30_000, 100_000]))
        case 1: return .timers
        default: return .event(event(now: now))
        }
    }

    /// An event as a producer may send it, new or again.
    mutating func event(now: Int64) -> StockEvent {
        if !sent.isEmpty && random.oneIn(8) {
            var again = sent[max(0, sent.count - 1 - random.below(25))]
            if random.oneIn(4) {
                again.quantity = 1
                again.bodyHash = again.contentHash
            }
            if random.oneIn(3) { again.idHash = newID() }
            return again
        }
        var event = make()
        event.sku = random.pick(skus)
        if event.type == .countOpen { lastCount = event }
        if event.type == .ship { lastShipment = event }
        if event.type == .unship, let shipment = lastShipment, !random.oneIn(4) {
            (event.sku, event.orderLine, event.document) = (shipment.sku, shipment.orderLine, shipment.document)
        }
        let isDelta = [.receive, .sale, .adjust].contains(event.type) && random.oneIn(3)
        if isDelta, let count = lastCount { (event.sku, event.location) = (count.sku, count.location) }
        if event.type == .countLine || event.type == .countClose, let open = lastCount, !random.oneIn(4) {
            (event.sku, event.location, event.document) = (open.sku, open.location, open.document)
        }
        if hasLots && random.oneIn(12) {
            event = Events.change(random.pick([.lotBlock, .lotBlock, .lotUnblock, .recall, .unrecall, .unrecall]), random.pick(lots))
            event.sku = random.oneIn(10) ? random.pick(skus) : skus[0]
        }
        if hasLots && sent.isEmpty {
            // Once there is stock it is too late.
            event = Events.define { $0.lotTracked = 1 }
            event.sku = skus[0]
        } else if hasLots {
            addLot(&event, now)
        }
        addUnit(&event)
        if hasWaiters && random.oneIn(12) {
            let sku = event.sku
            event =
                random.oneIn(4)
                ? Events.reassign(hold: random.pick(holds), to: location())
                : random.oneIn(2)
                    ? Events.reassign(random.pick(lines), to: location())
                    : Events.reassign(
                        random.pick(lines), random.oneIn(2) ? quantity() : nil, to: random.oneIn(2) ? location() : Key(),
                        line: random.pick(["p1", "p2"]))
            event.sku = sku
            if event.hold.isEmpty, random.oneIn(2), let shipment = lastShipment {
                (event.sku, event.orderLine) = (shipment.sku, shipment.orderLine)
            }
        }
        if event.type == .hold { event.document = people[Int(event.quantity) % people.count] }
        if event.type == .countLine { (event.line, event.actor) = (random.pick(["", "1", "2"]), random.pick(people)) }
        if event.type == .countClose { (event.counterpart, event.actor) = (random.pick(people), random.pick(people)) }
        if hasWaiters { addWait(&event, now) }
        addChain(&event)
        addSerial(&event)
        if hasSplits { addChoice(&event) }
        if hasRare { addRare(&event) }
        event.idHash = newID()
        event.occurredAtMilliseconds = now - (random.oneIn(isDelta ? 2 : 6) ? random.pick([0, 1, 1_000, 10_000, 50_000]) : 0)
        if random.oneIn(30) { event.expectedVersion = Int64(random.below(40)) }
        event.bodyHash = event.contentHash
        sent.append(event)
        if sent.count > 60 { sent.removeFirst(30) }
        return event
    }

    /// Some requests name several locations, and some events the part of a promise that they are about.
    private mutating func addChoice(_ event: inout StockEvent) {
        let isOfPart = event.type == .release || event.type == .ship || event.type == .commit && !event.hold.isEmpty
        if isOfPart || event.type == .reassign && event.document.isEmpty, random.oneIn(3) { event.location = location() }
        let isOfOneSKU = event.nextSKU.isEmpty && event.hop == Policy.absent
        let mayChoose: Bool
        switch event.type {
        case .hold: mayChoose = event.waitSeconds == Policy.absent && isOfOneSKU
        case .commit: mayChoose = event.hold.isEmpty && event.backorder == .none && event.preorder == .none && isOfOneSKU
        case .sale: mayChoose = !event.isForced && event.lot.isEmpty && event.serial.isEmpty
        case .reassign: mayChoose = event.document.isEmpty
        default: mayChoose = false
        }
        guard mayChoose, !random.oneIn(4) else { return }
        let part = event.type == .reassign ? event.location : Key()
        event = event.at(
            (0...random.below(3)).map { _ in random.pick(["main", "shop", "shop", "attic"]) }, random.pick(Strategy.allCases),
            split: !random.oneIn(6))
        event.location = part
        event.counterpart = Key()
        if !random.oneIn(3) { event.quantity = event.quantity == Policy.absent ? event.quantity : event.quantity + 3 }
    }

    /// The last SKU has serials most of the time, where it has no lots.
    private mutating func addSerial(_ event: inout StockEvent) {
        if event.type == .return, let shipped = lastSerial, !random.oneIn(3) {
            (event.sku, event.orderLine) = (shipped.sku, shipped.orderLine)
        }
        let isLast = event.sku == skus[skus.count - 1] && skus.count > 1
        if event.type == .define && event.location.isEmpty {
            if random.oneIn(3) { event.policy.velocity = random.oneIn(4) ? 0 : 1 }
            if random.oneIn(3) { event.policy.recountAbove = random.pick([-1, 0, 2, 5]) }
            if random.oneIn(3) { event.policy.approveAbove = random.pick([-1, 0, 3]) }
            if isLast && random.oneIn(2) { event.policy.serialTracked = random.oneIn(6) ? 0 : 1 }
            if isLast && random.oneIn(2) { event.policy.warrantyDays = random.pick([0, 1, 1, 30]) }
            return
        }
        if event.type == .return && random.oneIn(5) {
            (event.disposition, event.hasDisposition) = (.core, true)
        }
        let types: [EventType] = [.receive, .receiveCorrect, .ship, .unship, .sale, .return]
        guard types.contains(event.type), isLast && !random.oneIn(3) || random.oneIn(60) else { return }
        event.serial = random.pick(serials)
        event.unit = Key()
        if event.quantity != Policy.absent { event.quantity = event.type == .receiveCorrect ? Int64(random.below(2)) : 1 }
        if event.type == .ship || event.type == .sale { lastSerial = event }
        guard event.type == .return else { return }
        if let shipped = lastSerial, event.orderLine == shipped.orderLine { event.serial = shipped.serial }
        if random.oneIn(2) {
            event.claim = "claim"
            event.hasDisposition = false
            event.disposition = .sellable
        }
        if random.oneIn(3) { event.counterpart = random.pick(documents) }
    }

    /// Some requests name several SKUs, or are the rest of one that did.
    private mutating func addChain(_ event: inout StockEvent) {
        let isDirect = event.type == .commit && event.hold.isEmpty && event.backorder == .none && event.preorder == .none
        let isWaiting = event.waitSeconds != Policy.absent
        guard event.type == .hold && !isWaiting || isDirect, event.unit.isEmpty, random.oneIn(5) else { return }
        if random.oneIn(2) { event.nextSKU = "another" }
        guard event.nextSKU.isEmpty || random.oneIn(2) else { return }
        (event.hop, event.asked, event.met) = (2, event.quantity + 3, 3)
    }

    /// A unit is defined now and then, and some quantities are in one.
    private mutating func addUnit(_ event: inout StockEvent) {
        if event.type == .define {
            guard event.location.isEmpty && random.oneIn(3) else { return }
            event.unit = random.pick(units)
            let factors: [(Int64, Int64)] = event.unit == units[1] ? [(1, 2), (1, 2), (2, 4), (2, 3)] : [(3, 1), (3, 1), (5, 3)]
            (event.unitNumerator, event.unitDenominator) = random.pick(factors)
        } else if event.quantity != Policy.absent && random.oneIn(12) {
            event.unit = random.pick(units)
            event.rounding = random.pick(Rounding.allCases)
        }
    }

    /// The first SKU has lots, the others have none.
    private mutating func addLot(_ event: inout StockEvent, _ now: Int64) {
        let isTracked = event.sku == skus[0]
        if event.type == .define && event.location.isEmpty && random.oneIn(8) { event.policy.minShelfLifeDays = random.pick([0, 0, 1]) }
        if event.type == .define && event.location.isEmpty && random.oneIn(8) {
            event.policy.expiryAlertDays = random.pick([0, AlertDays.usual.packed, 1, 2 | 1 << 16])
        }
        addLife(&event)
        if event.type == .define && random.oneIn(6) { event.document = random.pick(["zone-a", "zone-b"]) }
        if event.type == .define && event.location.isEmpty && random.oneIn(4) {
            event.document = Key()
            event.unit = Key()
            event.counterpart = random.pick(["web", "till", "market"])
            event.policy = Policy()
            event.policy.minShelfLifeDays = random.pick([-1, 0, 1, 2])
            return
        }
        if event.type == .define && event.location.isEmpty && random.oneIn(2) {
            event.policy.lotTracked = isTracked != random.oneIn(15) ? 1 : 0
        }
        let mayName: Bool
        switch event.type {
        case .receive: mayName = !random.oneIn(20)
        case .adjust: mayName = event.quantity > 0 || random.oneIn(2)
        case .move, .ship, .sale, .return: mayName = random.oneIn(2)
        case .transferSend, .transferReceive: mayName = random.oneIn(3)
        case .countLine: mayName = !random.oneIn(20)
        case .countOpen:
            if random.oneIn(2) { event.rest = .writeOff }
            if event.rest == .writeOff && random.oneIn(3) { event.disposition = random.pick(Disposition.allCases) }
            return
        default: return
        }
        if event.type == .sale && !event.isForced && random.oneIn(2) {
            (event.lot, event.quantity) = (random.pick([lots[0], lots[1]]), 1)
            (event.minExpiryMilliseconds, event.minShelfLifeDays) = (1_400_001, Policy.absent)
            event.orderLine = Key(text: "s\(random.below(60))")!
            return
        }
        guard mayName && (isTracked || random.oneIn(20)) else { return }
        let index = random.below(lots.count)
        event.lot = lots[index]
        guard
            event.type == .receive || event.type == .return && random.oneIn(3) || event.type == .adjust && random.oneIn(3)
                || event.type == .countLine && random.oneIn(2)
        else { return }
        if index == 4 && !random.oneIn(10) { return }
        event.lotExpiresAtMilliseconds = random.oneIn(15) ? now + 500 : [1_100_000, 1_400_000, 1_400_000, 3_000_000, 2_000_000][index]
    }

    private mutating func addLife(_ event: inout StockEvent) {
        let isPromise = event.type == .hold || event.type == .commit && event.hold.isEmpty || event.type == .sale && !event.isForced
        guard isPromise, random.oneIn(2) else { return }
        if random.oneIn(6) {
            event.minShelfLifeDays = random.pick([0, 0, 1])
        } else {
            event.minExpiryMilliseconds = random.pick([1_050_000, 1_400_000, 1_400_001, 2_000_000, 2_500_000])
        }
    }

    private mutating func addWait(_ event: inout StockEvent, _ now: Int64) {
        if event.type == .define && event.location.isEmpty {
            if random.oneIn(2) { event.policy.backorderLimit = random.pick([-1, 5, 10, 100, 100]) }
            if random.oneIn(3) { event.policy.oversellLimit = random.pick([-1, 0, 2, 10]) }
            if random.oneIn(3) { event.policy.backorderDays = random.pick([0, 3]) }
            if random.oneIn(2) { event.policy.preorderLimit = random.pick([-1, 1, 5, 100]) }
            if random.oneIn(2) { event.policy.preorderUntilMilliseconds = now + random.pick([-1, 500, 5_000, 100_000, 100_000]) }
        }
        if event.type == .hold && random.oneIn(2) {
            event.waitSeconds = random.pick([1, 2, 10, 100])
            if random.oneIn(4) { event.priority = 2 }
        }
        guard event.type == .commit, event.hold.isEmpty, !random.oneIn(8) else { return }
        let term = random.pick([WaitTerm.partial, .partial, .whole])
        if random.oneIn(4) { event.preorder = term } else { event.backorder = term }
        if random.oneIn(3) { event.priority = random.pick([0, 1, 9]) }
    }

    private mutating func newID() -> Hash128 {
        lastID += 1
        return Hash128(high: 5, low: lastID &* 0x9E37_79B9_7F4A_7C15)
    }

    private mutating func quantity() -> Int64 {
        random.oneIn(40) ? random.pick([EventLimits.maxQuantity, EventLimits.maxQuantity - 1]) : random.pick([1, 1, 2, 3, 3, 4, 5, 7])
    }

    private mutating func location() -> Key { random.oneIn(12) ? random.pick(locations) : locations[random.below(2)] }

    private mutating func make() -> StockEvent {
        switch random.below(26) {
        case 0: return define()
        case 1, 2:
            let total = quantity() * Int64(1 + random.below(4))
            return Events.receive(total, at: location(), random.pick(documents), of: random.oneIn(3) ? random.pick(incoming) : Key())
        case 3:
            let sign: Int64 = random.oneIn(2) ? -1 : 1
            return random.oneIn(4)
                ? Events.set(Int64(random.below(6)), expecting: Int64(random.below(6)), at: location())
                : Events.adjust(quantity() * sign, at: location(), random.pick(Disposition.allCases), forced: random.oneIn(3))
        case 4:
            let from = random.pick(Disposition.allCases)
            let to = random.pick(Disposition.allCases.filter { $0 != from })
            return Events.move(quantity(), at: location(), from: from, to: to, forced: random.oneIn(3))
        case 5, 6, 7: return Events.hold(random.pick(holds), quantity(), at: location(), ttl: random.pick([1, 1, 2, 5, 20, 60]))
        case 8: return Events.extend(random.pick(holds), ttl: random.pick([1, 2, 5, 30, 90]))
        case 9: return commit()
        case 10: return release()
        case 11, 15: return Events.ship(random.pick(documents), random.pick(lines), random.oneIn(2) ? quantity() : nil)
        case 12: return Events.sale(random.pick(lines), quantity(), at: location(), forced: random.oneIn(4))
        case 16: return Events.unship(random.pick(documents), random.pick(lines))
        case 22:
            let isShelf = random.oneIn(2)
            return Events.send(
                random.pick(transfers), quantity(), from: locations[random.below(2)], to: random.oneIn(12) ? "attic" : location(),
                isShelf ? .sellable : random.pick(Disposition.allCases))
        case 23, 24:
            return Events.arrive(
                random.pick(transfers), Int64(random.below(6)), rejected: random.oneIn(2) ? Int64(random.below(3)) : nil,
                as: random.oneIn(3) ? random.pick(Disposition.allCases) : nil, to: random.pick([.sellable, .damaged, .qc]))
        case 25: return Events.closeTransfer(random.pick(transfers), random.oneIn(2) ? .back : .writeOff)
        case 17: return Events.countOpen(random.pick(counts), at: location())
        case 18, 19:
            let isShelf = random.oneIn(2)
            return Events.countLine(
                random.pick(counts), Int64(random.below(12)), at: location(), isShelf ? .sellable : random.pick(Disposition.allCases))
        case 20: return Events.countClose(random.pick(counts), at: location())
        case 13: return Events.expect(random.oneIn(6) ? 0 : quantity() * 2, at: location(), random.pick(incoming))
        case 14:
            let total = Int64(random.below(9))
            return Events.correct(total, at: location(), random.pick(documents), of: random.oneIn(3) ? random.pick(incoming) : Key())
        default:
            let disposition = random.oneIn(2) ? random.pick(Disposition.allCases) : nil
            return Events.giveBack(random.pick(documents), random.pick(lines), quantity(), at: location(), disposition)
        }
    }

    private mutating func commit() -> StockEvent {
        let line = random.pick(lines)
        if random.oneIn(3) || hasWaiters && random.oneIn(2) { return Events.commit(line, quantity(), at: location()) }
        return Events.commit(line, hold: random.pick(holds), random.oneIn(2) ? quantity() : nil, rest: random.oneIn(2) ? .keep : .release)
    }

    private mutating func release() -> StockEvent {
        let amount = random.oneIn(2) ? quantity() : nil
        return random.oneIn(2) ? Events.release(hold: random.pick(holds), amount) : Events.cancel(random.pick(lines), amount)
    }

    private mutating func define() -> StockEvent {
        let isOfLocation = random.oneIn(2)
        var policy = Policy()
        if random.oneIn(2) { policy.safetyStock = Int64(random.below(3)) }
        if random.oneIn(2) { policy.reorderPoint = Int64(random.below(6)) - 1 }
        if random.oneIn(2) { policy.reorderHysteresis = Int64(random.below(3)) }
        if !isOfLocation {
            if random.oneIn(3) { policy.scale = Int64(1 + random.below(2)) }
            if random.oneIn(3) { policy.returnDisposition = Int64(random.below(7)) }
            if random.oneIn(3) { policy.maxHoldSeconds = random.pick([5, 60, 1_000]) }
            if random.oneIn(2) { policy.lateDelta = random.pick([0, 1, 2, 2]) }
            if random.oneIn(3) { policy.overReceiptPercent = random.pick([0, 10, 50, 10_000]) }
            if random.oneIn(3) { policy.maxHoldQuantity = random.pick([2, 5, 1_000]) }
            // Without another draw, so that histories stay as they are.
            if policy.maxHoldQuantity != Policy.absent { policy.maxHeldPerOwner = policy.maxHoldQuantity == 1_000 ? -1 : 4 }
        }
        return Events.define(at: isOfLocation ? location() : Key()) { $0 = policy }
    }
}

extension Partition {
    /// Takes a step.
    func take(_ step: Step) {
        switch step {
        case .event(let event): send(event)
        case .wait(let milliseconds): wait(milliseconds: milliseconds)
        case .timers: fireTimers()
        }
    }
}
