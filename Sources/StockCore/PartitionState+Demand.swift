// Promises with a minimum expiry (domain: c0). S(d) is what can be promised of lots that have not expired at d, H(d) what is promised with
// a minimum expiry of d or later; promises can be kept exactly if H(d) <= S(d) for every d. A promise without a minimum counts at d = 0.

extension PartitionState {
    /// Changes what a level's promises with this minimum expiry demand; 0 demands nothing. O(different instants).
    mutating func changeDemand(_ level: Int32, _ minExpiryMilliseconds: Int64, by quantity: Int64) {
        guard minExpiryMilliseconds != 0, quantity != 0 else { return }
        let slot = findOrInsertDemand(level, minExpiryMilliseconds)
        demands[slot].quantity += quantity
        assert(demands[slot].quantity >= 0, "no more is given back than was promised")
        unlinkDemandIfEmpty(slot, of: level)
    }

    /// Changes what a level's waiters with this minimum expiry are owed. O(different instants).
    mutating func changeOwed(_ level: Int32, _ minExpiryMilliseconds: Int64, by quantity: Int64) {
        guard quantity != 0 else { return }
        self[extras: level].owed += quantity
        assert(self[extras: level].owed >= 0, "no more is filled than was owed")
        guard minExpiryMilliseconds != 0 else { return }
        let slot = findOrInsertDemand(level, minExpiryMilliseconds)
        demands[slot].owed += quantity
        unlinkDemandIfEmpty(slot, of: level)
    }

    private mutating func findOrInsertDemand(_ level: Int32, _ minExpiryMilliseconds: Int64) -> Int32 {
        var before: Int32 = -1
        var slot = self[extras: level].firstDemand
        while slot >= 0, demands[slot].minExpiryMilliseconds < minExpiryMilliseconds {
            before = slot
            slot = demands[slot].next
        }
        if slot < 0 || demands[slot].minExpiryMilliseconds != minExpiryMilliseconds {
            var record = DemandRecord()
            record.minExpiryMilliseconds = minExpiryMilliseconds
            (record.previous, record.next) = (before, slot)
            let own = demands.insert(record)
            if slot >= 0 { demands[slot].previous = own }
            if before >= 0 { demands[before].next = own } else { self[extras: level].firstDemand = own }
            slot = own
        }
        return slot
    }

    private mutating func unlinkDemandIfEmpty(_ slot: Int32, of level: Int32) {
        let record = demands[slot]
        guard record.quantity == 0 && record.owed == 0 else { return }
        if record.previous >= 0 { demands[record.previous].next = record.next } else { self[extras: level].firstDemand = record.next }
        if record.next >= 0 { demands[record.next].previous = record.previous }
        demands.remove(slot)
    }

    /// A promise that is looked away from, because it is what is to be replaced or shipped.
    struct Excluded {
        var quantity: Int64 = 0
        var minExpiryMilliseconds: Int64 = 0

        static var nothing: Excluded { Excluded() }
    }

    /// Visits every instant d up to `last` at which S(d) - H(d) may be least, in order, with that difference and what waiters are owed
    /// there with a minimum expiry of d or later; 0 first. `taken` answers how many units of a lot are to be looked away from.
    /// O(lots + instants), and O(1) for a level without either.
    func forEachMargin(
        _ level: Int32, through last: Int64, _ excluded: Excluded, taken: (LotRecord) -> Int64,
        _ body: (_ instant: Int64, _ margin: Int64, _ owed: Int64) -> Void
    ) {
        let extras = self[extras: level]
        var supply = levels[level].balances.sellable + extras.lotCover
        var lot = extras.firstLot
        // What is taken is missing at every instant up to the lot's expiry.
        while lot >= 0 {
            supply -= taken(lots[lot])
            lot = lots[lot].next
        }
        lot = extras.firstLot
        body(0, max(0, supply) - (levels[level].balances.held + levels[level].balances.committed - excluded.quantity), extras.owed)
        guard last > 0 else { return }
        var demand: Int64 = 0
        var owed: Int64 = 0
        var slot = extras.firstDemand
        while slot >= 0 {
            demand += demands[slot].quantity
            owed += demands[slot].owed
            slot = demands[slot].next
        }
        slot = extras.firstDemand
        while true {
            let isDemand = slot >= 0 && demands[slot].minExpiryMilliseconds <= last
            if !isDemand && last == Int64.max { return }
            let instant = isDemand ? demands[slot].minExpiryMilliseconds : last
            while lot >= 0, lots[lot].expiresAtMilliseconds < instant {
                supply -= promisable(lots[lot]) - taken(lots[lot])
                lot = lots[lot].next
            }
            let own = excluded.minExpiryMilliseconds >= instant ? excluded.quantity : 0
            body(instant, max(0, supply) - (demand - own), owed)
            guard isDemand else { return }
            demand -= demands[slot].quantity
            owed -= demands[slot].owed
            slot = demands[slot].next
        }
    }

    /// Available to promise for a minimum expiry, signed: the least S(d) - H(d) over every d up to it, less the safety stock and what
    /// waiters will get or keep (`PartitionState+Waiting`).
    func promisable(
        _ level: Int32, minExpiry minExpiryMilliseconds: Int64, excluding excluded: Excluded = .nothing
    ) -> Int64 {
        let owed = self[extras: level].owed
        // What demands no life is short only where the whole is.
        if minExpiryMilliseconds == 0 && owed == 0 { return promisable(level) + excluded.quantity }
        // What is looked away from keeps its units: those who wait get them only when they are given back. What can't be given to them
        // makes no unit live longer: it is left out only where they are counted.
        let unmet = owed == 0 ? 0 : owedBeyondStock(level)
        var least = Int64.max
        forEachMargin(level, through: minExpiryMilliseconds, excluded, taken: { _ in 0 }) { _, margin, owed in
            least = min(least, margin - owed + min(unmet, owed))
        }
        return least - safetyStock(of: level)
    }

    /// What a location can promise of units that have not expired at an instant (0: any), none below zero.
    public func available(at level: Int32, minExpiry minExpiryMilliseconds: Int64) -> Int64 {
        max(0, promisable(level, minExpiry: minExpiryMilliseconds))
    }

    /// What of a level's promises can't be met: the largest H(d) - S(d), 0 where all can. O(1) where no promise demands life.
    func uncovered(
        _ level: Int32, excluding excluded: Excluded = .nothing, taken: (LotRecord) -> Int64 = { _ in 0 }
    ) -> Int64 {
        var most: Int64 = 0
        forEachMargin(level, through: self[extras: level].firstDemand >= 0 ? Int64.max : 0, excluded, taken: taken) { _, margin, _ in
            most = max(most, -margin)
        }
        return most
    }

    /// The instant at which units must not have expired yet, for an event that asks for some: as it, its channel or the SKU's policy says;
    /// 0: any will do. Days from now end with their day at the location, as lots do, so that promises have few different instants.
    func minExpiry(of event: StockEvent, _ policy: Policy) -> Int64 {
        // Units without lots never expire.
        guard policy.lotTracked == 1 else { return 0 }
        if event.minExpiryMilliseconds != Policy.absent { return max(1, dayEnds.end(of: event.minExpiryMilliseconds)) }
        let days = shelfLifeDays(of: event, policy)
        guard days > 0 else { return 0 }
        if dayEnds.lifeEnd != 0 { return dayEnds.lifeEnd }
        return PartitionState.lifeEnd(days: days, atMilliseconds: values.logTimeMilliseconds).end
    }
}
