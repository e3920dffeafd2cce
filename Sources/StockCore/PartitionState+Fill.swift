// Filling (domain: c11): units that come free go to who waits for them. What follows from one event may be fifty thousand fills: each fact
// has a bounded number of them, and the levels that have more to give stand in a list of their SKU until it is done.

extension PartitionState {
    /// The order in which waiters are served: order lines before holds, by priority, then as they came.
    private func isServedBefore(_ a: Int32, _ b: Int32) -> Bool {
        let (x, y) = (waiters[a], waiters[b])
        if x.isHold != y.isHold { return y.isHold }
        return x.priority != y.priority ? x.priority > y.priority : x.placedSeq < y.placedSeq
    }

    /// A lane while a fill is planned.
    private struct Course {
        var lane: Int32
        /// Its next waiter; -1: it is through.
        var next: Int32
        var minExpiryMilliseconds: Int64
        /// What its waiters get by the plan, or is kept for them.
        var given: Int64 = 0
        /// What there is for it still; nil: other lanes have been given something since it was known.
        var free: Int64?
    }

    /// Plans what a level's waiters can get now, in the order in which they are served, until `body` answers false. A waiter that wants all
    /// at once and can't have it keeps what there is for it, so that those behind it do not leave it waiting for ever; one for which no lot
    /// lives long enough does not: what it can't use goes to others.
    private func planFill(_ slot: Int32, _ body: (Int32, Int64) -> Bool) {
        let level = levels[slot]
        let all = cover(of: slot) - level.balances.held - level.balances.committed - safetyStock(of: slot)
        guard all > 0 else { return }
        var courses: [Course] = []
        var lane = self[extras: slot].firstLane
        while lane >= 0 {
            let record = lanes[lane]
            if isReleased(record) {
                courses.append(Course(lane: lane, next: record.first, minExpiryMilliseconds: record.minExpiryMilliseconds))
            }
            lane = record.next
        }
        while true {
            var best = -1
            for index in courses.indices where courses[index].next >= 0 {
                if best < 0 || isServedBefore(courses[index].next, courses[best].next) { best = index }
            }
            guard best >= 0 else { return }
            let waiter = waiters[courses[best].next]
            let free = courses[best].free ?? freeForFill(slot, courses[best].minExpiryMilliseconds, courses)
            courses[best].free = free
            let isStuck = free <= 0 || waiter.isWhole && free < waiter.quantity
            let given = min(max(0, free), waiter.quantity)
            let next = courses[best].next
            courses[best].next = isStuck ? -1 : waiter.next
            if given > 0 {
                courses[best].given += given
                courses[best].free = free - given
                for index in courses.indices where index != best { courses[index].free = nil }
            }
            if !isStuck && !body(next, given) { return }
        }
    }

    /// The least S(d) - H(d) up to a minimum expiry, less the safety stock and what the plan gives. O(lots + instants + lanes).
    private func freeForFill(_ level: Int32, _ minExpiryMilliseconds: Int64, _ courses: [Course]) -> Int64 {
        var least = Int64.max
        func given(from instant: Int64) -> Int64 {
            var sum: Int64 = 0
            for course in courses where course.minExpiryMilliseconds >= instant { sum += course.given }
            return sum
        }
        forEachMargin(level, through: minExpiryMilliseconds, .nothing, taken: { _ in 0 }) { instant, margin, _ in
            least = min(least, margin - given(from: instant))
        }
        return least - safetyStock(of: level)
    }

    /// Whether a waiter at the level can get something.
    func isFillable(_ level: Int32) -> Bool {
        var isFillable = false
        planFill(level) { _, _ in
            isFillable = true
            return false
        }
        return isFillable
    }

    // MARK: What is to be filled

    /// The instant of the timer that says that something is to be filled: before any other.
    static var fillInstant: Int64 { Int64.min }

    /// Notes a level whose waiters can get something.
    mutating func noteFill(_ level: Int32) {
        guard self[extras: level].nextFill == -2, isFillable(level) else { return }
        let sku = levels[level].sku
        self[extras: level].nextFill = skus[sku].firstFill
        if skus[sku].firstFill < 0 { pushSKUTimer(PartitionState.fillInstant, sku) }
        skus[sku].firstFill = level
    }

    /// The level of the SKU that is to be filled next: by location, so that a restored partition does the same; -1: none. Those that have
    /// nothing to give any more leave the list.
    private mutating func nextFill(of sku: Int32) -> Int32 {
        while true {
            var best = skus[sku].firstFill
            guard best >= 0 else { return -1 }
            var slot = best
            while slot >= 0 {
                if location(of: slot) < location(of: best) { best = slot }
                slot = self[extras: slot].nextFill
            }
            if isFillable(best) { return best }
            unnoteFill(best)
        }
    }

    private mutating func unnoteFill(_ level: Int32) {
        let sku = levels[level].sku
        if skus[sku].firstFill == level {
            skus[sku].firstFill = self[extras: level].nextFill
        } else {
            var before = skus[sku].firstFill
            while self[extras: before].nextFill != level { before = self[extras: before].nextFill }
            self[extras: before].nextFill = self[extras: level].nextFill
        }
        self[extras: level].nextFill = -2
    }

    /// Whether who waits for the SKU can get something.
    public mutating func hasFill(_ sku: Int32) -> Bool {
        // A timer may be that of a SKU which an abort has taken back.
        sku >= 0 && skus.isLive(sku) && skus[sku].firstFill >= 0 && nextFill(of: sku) >= 0
    }

    /// Makes the fact that gives up to `StateLimits.itemsPerFact` waiters of one level what there is for them. The caller applies it, and
    /// asks again.
    mutating func makeFill(of sku: Int32, into fact: inout Fact) {
        let level = nextFill(of: sku)
        assert(level >= 0, "nothing is to be filled")
        fact.begin(.fill, of: skus[sku].key)
        fact.location = location(of: level)
        var items: [FactItem] = []
        swap(&items, &fact.items)
        var sum: Int64 = 0
        planFill(level) { waiter, quantity in
            let (owner, isHold) = (waiters[waiter].owner, waiters[waiter].isHold)
            var item = FactItem()
            item.kind = isHold ? .granted : .filled
            item.id = isHold ? holds[owner].id : commitments[owner].orderLine
            item.quantity = quantity
            items.append(item)
            sum += quantity
            return items.count < StateLimits.itemsPerFact
        }
        swap(&items, &fact.items)
        fact.quantity = sum
        stamp(&fact, sku: sku, next: values.next)
    }

    /// What waited is promised.
    mutating func applyFill(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findLevel(sku, fact.location)
        guard level >= 0 else { return nil }
        let was = levels[level].balances
        for item in fact.items {
            if item.kind == .granted {
                guard grant(item, level, &fact) else { return nil }
                continue
            }
            let line = findCommitment(sku, item.id)
            guard line >= 0, waiting(of: commitments[line]) >= item.quantity, commitments[line].level == level else { return nil }
            takeFromWaiter(commitments[line].waiter, item.quantity)
            commitments[line].open += item.quantity
            levels[level].balances.committed += item.quantity
            changeDemand(level, commitments[line].minExpiryMilliseconds, by: item.quantity)
            markDirty(.commitment, line, of: sku)
        }
        refresh(level, was: was, &transitions)
        let after = levels[level].balances.available
        var filled = Transition(kind: .filled, location: fact.location, before: was.available, after: after, threshold: 0)
        filled.quantity = fact.quantity
        transitions.transitions.append(filled)
        assert(levels[level].balances.shortfall <= was.shortfall, "no decision that adds a promise may raise the shortfall")
        return level
    }

    /// A hold has its units, and its life begins. False: the state does not have it as the fact says.
    private mutating func grant(_ item: FactItem, _ level: Int32, _ fact: inout Fact) -> Bool {
        let own = findHold(levels[level].sku, item.id)
        guard own >= 0, waiting(of: holds[own]) == item.quantity, item.quantity > 0, holds[own].level == level else { return false }
        let ttlSeconds = waiters[holds[own].waiter].ttlSeconds
        takeFromWaiter(holds[own].waiter, item.quantity)
        holds[own].remaining = item.quantity
        holds[own].placedAtMilliseconds = fact.timeMilliseconds
        holds[own].expiresAtMilliseconds = fact.timeMilliseconds + ttlSeconds * 1_000
        levels[level].balances.held += item.quantity
        changeDemand(level, holds[own].minExpiryMilliseconds, by: item.quantity)
        schedule(hold: own)
        markDirty(.hold, own, of: levels[level].sku)
        return true
    }
}
