// Who waits for stock (domain: c11). Waiters stand in lanes: those of one level with the same priority, minimum expiry and release, first
// in first out. Units that come free are theirs first, so what they are owed is not available to others, though they may get it by a later
// fact only.
//
// With O(d) for what is owed with a minimum expiry of d or later, and S(d) and H(d) as in `PartitionState+Demand`: of what is owed, the
// largest H(d) + O(d) - S(d) can't be met (less what of the promises alone can't be). All that more than that is free can be promised.

extension PartitionState {
    /// What of an order line waits for stock.
    public func waiting(of line: CommitmentRecord) -> Int64 { line.waiter < 0 ? 0 : waiters[line.waiter].quantity }

    /// What a hold waits for.
    public func waiting(of hold: HoldRecord) -> Int64 { hold.waiter < 0 ? 0 : waiters[hold.waiter].quantity }

    /// The waiter in the slot that an order line or a hold has.
    public func waiter(_ slot: Int32) -> WaiterRecord { waiters[slot] }

    /// Whether a lane's day has come, or it needs none.
    func isReleased(_ lane: LaneRecord) -> Bool { lane.release <= skus[levels[lane.level].sku].releases }

    /// What of all that is owed at a level no unit is there for.
    func owedBeyondStock(_ level: Int32, taken: (LotRecord) -> Int64 = { _ in 0 }) -> Int64 {
        let safety = safetyStock(of: level)
        var promised: Int64 = 0
        var both: Int64 = 0
        forEachMargin(level, through: self[extras: level].firstDemand >= 0 ? Int64.max : 0, .nothing, taken: taken) { _, margin, owed in
            promised = max(promised, safety - margin)
            both = max(both, safety - margin + owed)
        }
        return both - promised
    }

    /// The units on a level's shelf that its waiters will get, or that are kept for one that wants all at once.
    func owedOfStock(_ level: Int32) -> Int64 {
        let owed = self[extras: level].owed
        return owed == 0 ? 0 : owed - owedBeyondStock(level)
    }

    /// Whether those who wait get as much without the units of these lots.
    func keepsOwed(_ level: Int32, without items: [FactItem]) -> Bool {
        guard self[extras: level].owed > 0 else { return true }
        let after = owedBeyondStock(level) { lot in
            let name = lotTerms[lot.terms].lot
            return min(promisable(lot), items.reduce(0) { $0 + ($1.id == name ? $1.quantity : 0) })
        }
        return after == owedBeyondStock(level)
    }

    /// What of a level's shelf is kept for those who wait.
    public func owedUnits(at level: Int32) -> Int64 { owedOfStock(level) }

    /// What holds wait for at a level.
    public func waitingForHolds(at level: Int32) -> Int64 { self[extras: level].owed - levels[level].balances.backordered }

    // MARK: Lanes

    /// Lets what a fact says of a hold wait.
    mutating func placeWaiter(ofHold hold: Int32, _ fact: inout Fact) {
        let slot = insertWaiter(hold, isHold: true, &fact, release: 0)
        holds[hold].waiter = slot
        linkWaiter(slot)
    }

    /// Lets what a fact says of an order line wait.
    mutating func placeWaiter(of line: Int32, _ fact: inout Fact) {
        let (sku, level) = (commitments[line].sku, commitments[line].level)
        let slot = insertWaiter(line, isHold: false, &fact, release: fact.wait.isPreorder ? skus[sku].releases + 1 : 0)
        commitments[line].waiter = slot
        if fact.wait.isPreorder {
            levels[level].balances.preordered += fact.wait.quantity
        } else {
            levels[level].balances.backordered += fact.wait.quantity
        }
        linkWaiter(slot)
    }

    private mutating func insertWaiter(_ owner: Int32, isHold: Bool, _ fact: inout Fact, release: Int64) -> Int32 {
        var record = WaiterRecord()
        record.owner = owner
        record.isHold = isHold
        record.quantity = fact.wait.quantity
        record.placedSeq = fact.seq
        record.placedAtMilliseconds = fact.timeMilliseconds
        record.shipByMilliseconds = fact.wait.shipByMilliseconds
        record.priority = fact.wait.priority
        record.isWhole = fact.wait.term == .whole
        record.ttlSeconds = fact.wait.ttlSeconds
        record.release = release
        return waiters.insert(record)
    }

    /// Where a waiter waits, and the instant at which its units must not have expired yet.
    private func place(of waiter: WaiterRecord) -> (level: Int32, minExpiryMilliseconds: Int64) {
        if waiter.isHold { return (holds[waiter.owner].level, holds[waiter.owner].minExpiryMilliseconds) }
        return (commitments[waiter.owner].level, commitments[waiter.owner].minExpiryMilliseconds)
    }

    /// Puts a waiter into its lane, which is made where there is none: at its end, except where it comes from another location.
    mutating func linkWaiter(_ slot: Int32) {
        let record = waiters[slot]
        let (level, minExpiry) = place(of: record)
        var lane = self[extras: level].firstLane
        while lane >= 0, !isIn(lanes[lane], record, minExpiry) { lane = lanes[lane].next }
        if lane < 0 {
            var new = LaneRecord()
            new.level = level
            new.next = self[extras: level].firstLane
            new.isHold = record.isHold
            new.priority = record.priority
            new.release = record.release
            new.minExpiryMilliseconds = minExpiry
            lane = lanes.insert(new)
            self[extras: level].firstLane = lane
        }
        var before = lanes[lane].last
        while before >= 0, waiters[before].placedSeq > record.placedSeq { before = waiters[before].previous }
        let after = before >= 0 ? waiters[before].next : lanes[lane].first
        waiters[slot].lane = lane
        waiters[slot].previous = before
        waiters[slot].next = after
        if before >= 0 { waiters[before].next = slot } else { lanes[lane].first = slot }
        if after >= 0 { waiters[after].previous = slot } else { lanes[lane].last = slot }
        lanes[lane].quantity += record.quantity
        if isReleased(lanes[lane]) { changeOwed(level, minExpiry, by: record.quantity) }
    }

    private func isIn(_ lane: LaneRecord, _ waiter: WaiterRecord, _ minExpiryMilliseconds: Int64) -> Bool {
        lane.isHold == waiter.isHold && lane.priority == waiter.priority && lane.release == waiter.release
            && lane.minExpiryMilliseconds == minExpiryMilliseconds
    }

    /// Takes units off what waits, because they are there or because nobody wants them any more. The order line or hold is the caller's.
    mutating func takeFromWaiter(_ slot: Int32, _ quantity: Int64) {
        removeFromLane(slot, quantity)
        waiters[slot].quantity -= quantity
        guard waiters[slot].quantity == 0 else { return }
        let record = waiters[slot]
        if record.isHold { holds[record.owner].waiter = -1 } else { commitments[record.owner].waiter = -1 }
        unlinkWaiter(slot)
        waiters.remove(slot)
    }

    /// Lets a waiter wait at another location, in the place that it had. Its owner's level is the one that it leaves.
    mutating func moveWaiter(_ slot: Int32, to level: Int32) {
        let record = waiters[slot]
        let isReleased = isReleased(lanes[record.lane])
        removeFromLane(slot, record.quantity)
        unlinkWaiter(slot)
        if record.isHold { holds[record.owner].level = level } else { commitments[record.owner].level = level }
        if !record.isHold && isReleased { levels[level].balances.backordered += record.quantity }
        if !isReleased { levels[level].balances.preordered += record.quantity }
        linkWaiter(slot)
    }

    /// What waits becomes less: in its lane, at its level, and in what that owes.
    private mutating func removeFromLane(_ slot: Int32, _ quantity: Int64) {
        let record = waiters[slot]
        let lane = record.lane
        let level = lanes[lane].level
        lanes[lane].quantity -= quantity
        if isReleased(lanes[lane]) {
            if !record.isHold { levels[level].balances.backordered -= quantity }
            changeOwed(level, lanes[lane].minExpiryMilliseconds, by: -quantity)
        } else {
            levels[level].balances.preordered -= quantity
        }
    }

    private mutating func unlinkWaiter(_ slot: Int32) {
        let record = waiters[slot]
        let lane = record.lane
        if record.previous >= 0 { waiters[record.previous].next = record.next } else { lanes[lane].first = record.next }
        if record.next >= 0 { waiters[record.next].previous = record.previous } else { lanes[lane].last = record.previous }
        guard lanes[lane].first < 0 else { return }
        let level = lanes[lane].level
        if self[extras: level].firstLane == lane {
            self[extras: level].firstLane = lanes[lane].next
        } else {
            var before = self[extras: level].firstLane
            while lanes[before].next != lane { before = lanes[before].next }
            lanes[before].next = lanes[lane].next
        }
        lanes.remove(lane)
    }

    // MARK: Preorders

    /// Whether the day has come for which preorders of the SKU wait.
    func isPreorderDue(_ sku: Int32, at timeMilliseconds: Int64) -> Bool {
        preorderTimer(of: sku).map { $0 <= timeMilliseconds } ?? false
    }

    /// The instant for which preorders of the SKU wait; nil where none do.
    func preorderTimer(of sku: Int32) -> Int64? {
        guard skus.isLive(sku) else { return nil }
        let until = skus[sku].policy.preorderUntilMilliseconds
        return skus[sku].totals.preordered == 0 || until == Policy.absent ? nil : until
    }

    /// Makes the fact by which preorders become backorders. The caller applies it.
    func makePreorderRelease(of sku: Int32, into fact: inout Fact) {
        fact.begin(.preorderRelease, of: skus[sku].key)
        fact.quantity = skus[sku].totals.preordered
        stamp(&fact, sku: sku, next: values.next)
    }

    /// From here on what is preordered is owed. O(locations and their lanes).
    mutating func applyPreorderRelease(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        skus[sku].releases += 1
        var level = skus[sku].firstLevel
        while level >= 0 {
            if levels[level].balances.preordered > 0 {
                let was = levels[level].balances
                levels[level].balances.backordered += was.preordered
                levels[level].balances.preordered = 0
                var lane = self[extras: level].firstLane
                while lane >= 0 {
                    if lanes[lane].release == skus[sku].releases {
                        changeOwed(level, lanes[lane].minExpiryMilliseconds, by: lanes[lane].quantity)
                    }
                    lane = lanes[lane].next
                }
                refresh(level, was: was, &transitions)
            }
            level = levels[level].next
        }
        return -1
    }
}
