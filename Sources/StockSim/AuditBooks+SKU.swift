/// A SKU as the auditor keeps it.
final class SKUBooks {
    let name: String
    var version: Int64 = 0
    var levels: [String: LevelBooks] = [:]
    var safetyStock: Int64 = 0
    /// Below 0: none.
    var reorderPoint: Int64 = -1
    var reorderHysteresis: Int64 = 0
    var returnDisposition = "quarantine"
    var receiveDisposition = "sellable"
    /// What occurred up to here is refused; nil: nothing is.
    var closedThroughMilliseconds: Int64?
    var warrantyDays: Int64 = 0
    /// Below 0: none.
    var maxHeldPerOwner: Int64 = -1
    var hasLots = false
    var hasSerials = false
    var hasVelocity = false
    /// Days end elsewhere than in UTC at some location.
    var hasZones = false
    var minShelfLifeDays: Int64 = 0
    var channels: [String: Int64] = [:]
    var lateDelta = "absorb"
    var oversellLimit: Int64 = -1
    var backorderLimit: Int64 = -1
    var preorderLimit: Int64 = -1
    var overReceiptPercent: Int64 = 0
    /// How many minor units one is: numerator and denominator.
    var units: [String: (numerator: Int64, denominator: Int64)] = [:]
    var lots: [String: LotBooks] = [:]
    var holds: [String: HoldBooks] = [:]
    var lines: [String: LineBooks] = [:]
    /// By `hold/` or `line/` and the id.
    var waiters: [String: WaiterBooks] = [:]
    var incoming: [String: IncomingBooks] = [:]
    var transfers: [String: TransferBooks] = [:]
    var serials: [String: SerialBooks] = [:]
    /// By kind and id, such as `receipt/4711/1`.
    var finished: [String: FinishedBooks] = [:]
    /// No open hold ends before.
    var earliestExpiry = Int64.max
    /// No open order line has to be confirmed before.
    var earliestTerm = Int64.max
    /// Something that was done has been forgotten, by the engine or here, so that its absence proves nothing.
    var hasForgotten = false

    init(name: String) { self.name = name }

    func level(_ location: String) -> LevelBooks {
        if let level = levels[location] { return level }
        let level = LevelBooks()
        levels[location] = level
        return level
    }

    func waiting(_ key: String) -> Int64 { waiters[key]?.quantity ?? 0 }

    func incoming(_ location: String) -> Int64 { incoming.values.reduce(0) { $0 + ($1.location == location ? $1.open : 0) } }

    func inTransit(_ location: String) -> Int64 { transfers.values.reduce(0) { $0 + ($1.to == location ? $1.inTransit : 0) } }

    /// What order lines wait for at a location (nil: anywhere), on the shelf or for the SKU's day.
    func backordered(_ location: String?, isPreorder: Bool) -> Int64 {
        waiters.values.reduce(0) { sum, waiter in
            let isMeant = !waiter.isHold && waiter.isPreorder == isPreorder && (location == nil || waiter.location == location)
            return sum + (isMeant ? waiter.quantity : 0)
        }
    }

    /// What holds wait for at a location.
    func waitingForHolds(_ location: String) -> Int64 {
        waiters.values.reduce(0) { $0 + ($1.isHold && $1.location == location ? $1.quantity : 0) }
    }

    /// What the open holds of an owner have or wait for, but for one of them.
    func held(by owner: String, but id: String) -> Int64 {
        holds.reduce(0) { sum, hold in
            sum + (hold.value.owner == owner && hold.key != id ? hold.value.remaining + waiting("hold/\(hold.key)") : 0)
        }
    }

    /// Whether somebody waits there for units, and not for the SKU's day.
    func isOwed(at location: String) -> Bool { waiters.values.contains { $0.location == location && !$0.isPreorder } }

    /// Whether anything of an order line is still owed: promised, on the way, or waiting.
    func isOpen(_ line: String) -> Bool {
        guard let known = lines[line] else { return false }
        return known.open > 0 || known.inTransit > 0 || waiters["line/\(line)"] != nil
    }

    func safetyStock(at location: String) -> Int64 { levels[location]?.safetyStock ?? safetyStock }

    // MARK: What can be promised

    /// Everything that matters at an instant up to which units have to live: what there is, what is promised and what is owed to who waits.
    private struct Margin {
        var instant: Int64
        /// What there is of units that live so long, less the promises that need them.
        var free: Int64
        /// What those who wait need of them.
        var owed: Int64
    }

    private func margins(
        _ location: String, _ level: LevelBooks, also life: Int64, without own: (quantity: Int64, life: Int64)
    ) -> [Margin] {
        let waiting = waiters.values.filter { $0.location == location && !$0.isPreorder }
        let instants = Set([0, life] + level.demands.keys + waiting.map(\.life))
        return instants.sorted().map { instant in
            var there = level.sellable
            for (name, lot) in level.lots {
                let isUsable = lots[name]?.isBlocked != true && lot.expiresAtMilliseconds >= instant
                there += (isUsable ? max(0, lot.sellable) : 0) - lot.sellable
            }
            var promised = instant == 0 ? level.promised : level.demands.reduce(0) { $0 + ($1.key >= instant ? $1.value : 0) }
            if instant == 0 || own.life >= instant { promised -= own.quantity }
            let owed = waiting.reduce(0) { $0 + ($1.life >= instant ? $1.quantity : 0) }
            return Margin(instant: instant, free: max(0, there) - promised, owed: owed)
        }
    }

    /// Available to promise of units that live so long, signed. `own`: a promise that is looked away from.
    func promisable(_ location: String, life: Int64 = 0, without own: (quantity: Int64, life: Int64) = (0, 0)) -> Int64 {
        guard let level = levels[location] else { return -safetyStock }
        let safety = safetyStock(at: location)
        let isPlain = waiters.isEmpty && life == 0
        if isPlain, level.lots.isEmpty { return max(0, level.sellable) - level.promised + own.quantity - safety }
        // Of what is owed, no unit can be kept for what exceeds the shelf.
        let all = margins(location, level, also: 0, without: (0, 0))
        let short = max(0, all.map { safety - $0.free }.max() ?? 0)
        let beyond = max(0, all.map { safety - $0.free + $0.owed }.max() ?? 0) - short
        let isOwed = all.contains { $0.owed > 0 }
        let free = margins(location, level, also: life, without: own).filter { $0.instant <= life }.map { margin in
            margin.free - margin.owed + (isOwed ? min(beyond, margin.owed) : 0)
        }
        return (free.min() ?? 0) - safety
    }

    /// What there is on the shelf for one who waits, beside what is promised.
    func fillable(_ waiter: WaiterBooks) -> Int64 {
        guard let level = levels[waiter.location] else { return 0 }
        let free = margins(waiter.location, level, also: waiter.life, without: (0, 0)).filter { $0.instant <= waiter.life }.map(\.free)
        return (free.min() ?? 0) - safetyStock(at: waiter.location)
    }

    /// What is shown as available: what a request is promised that says nothing.
    func available(_ location: String) -> Int64 { max(0, promisable(location, life: levels[location]?.lifeEnd ?? 0)) }

    /// The instant at which units must not have expired yet for a request that says nothing, where days end in UTC.
    func demandedLife(atMilliseconds time: Int64) -> Int64 {
        let day = EventRules.day
        return hasLots && minShelfLifeDays > 0 ? max(1, (time + day - 1) / day * day + minShelfLifeDays * day) : 0
    }

    /// What of a level may leave and expires before an instant.
    func unitsExpiring(_ level: LevelBooks, before instant: Int64) -> Int64 {
        level.lots.reduce(0) { sum, lot in
            let isMeant = lot.value.expiresAtMilliseconds < instant && lots[lot.key]?.isBlocked != true
            return sum + (isMeant ? max(0, lot.value.sellable) : 0)
        }
    }

    /// What of a level's promises can't be kept.
    func shortfall(_ location: String) -> Int64 {
        guard let level = levels[location] else { return 0 }
        if level.lots.isEmpty { return max(0, level.promised - max(0, level.sellable)) }
        return max(0, margins(location, level, also: 0, without: (0, 0)).map { -$0.free }.max() ?? 0)
    }

    /// Brings the low mark of a level up to date after a change.
    func noteAvailable(_ location: String) {
        guard let level = levels[location] else { return }
        let available = available(location)
        let point = level.reorderPoint ?? reorderPoint
        if point < 0 {
            level.isLow = false
        } else if !level.isLow {
            level.isLow = available <= point
        } else {
            level.isLow = available <= point + (level.reorderHysteresis ?? reorderHysteresis)
        }
    }

    /// An open hold that is over at that time; nil where there is none.
    func dueHold(atMilliseconds time: Int64) -> String? {
        guard earliestExpiry <= time else { return nil }
        earliestExpiry = holds.values.lazy.map(\.expiresAtMilliseconds).min() ?? Int64.max
        guard earliestExpiry <= time else { return nil }
        return holds.first { $0.value.expiresAtMilliseconds <= time }?.key
    }

    /// A lot that has expired at that time and is still for sale somewhere; nil where there is none.
    func dueLot(atMilliseconds time: Int64) -> String? {
        for level in levels.values {
            for (name, lot) in level.lots where lot.expiresAtMilliseconds <= time && lot.sellable > 0 { return name }
        }
        return nil
    }
}
