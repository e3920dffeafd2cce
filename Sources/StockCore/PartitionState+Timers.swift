// Timers of holds and lots. The heaps hold entries that may be stale: a hold that was released or extended leaves its entry behind. An
// entry counts only if its hold is open, of that SKU, and ends at that instant. An entry of a lot has the complement of its slot, and
// counts only if the lot has sellable units that expire, or are to be reported as expiring, at that instant. One of an order line
// (`PartitionState+Pending`) counts only if that is open and not confirmed. One of a level (`PartitionState+ShelfLife`) counts only if
// other units are available there than it says; otherwise it is set anew.
//
// Invariant: for every SKU whose earliest valid entry is at t, `skuTimers` has an entry of that SKU at or before t. The day of its
// preorders counts as an entry, and something to be filled as one before any other.

extension PartitionState {
    private func isValid(_ entry: TimerHeap.Entry, of sku: Int32, at timeMilliseconds: Int64) -> Bool {
        if PartitionState.isOfLevel(entry) { return isLifeOutdated(entry, of: sku, timeMilliseconds) }
        if entry.slot < 0 {
            guard isOfLot(entry, of: sku), case let lot = lots[~entry.slot], lot.quantities.sellable > 0 else { return false }
            return entry.atMilliseconds == lot.expiresAtMilliseconds || isReport(entry, lot)
        }
        if let line = PartitionState.line(entry) { return isPending(line, of: sku, until: entry.atMilliseconds) }
        guard holds.isLive(entry.slot) else { return false }
        let hold = holds[entry.slot]
        return !hold.status.isDead && hold.sku == sku && hold.expiresAtMilliseconds == entry.atMilliseconds
    }

    /// Whether it is the timer of a lot that is there, and may yet have sellable units.
    private func isOfLot(_ entry: TimerHeap.Entry, of sku: Int32) -> Bool {
        guard lots.isLive(~entry.slot) else { return false }
        let lot = lots[~entry.slot]
        let isItsOwn = entry.atMilliseconds == lot.expiresAtMilliseconds || entry.atMilliseconds == lot.reportAtMilliseconds
        return !lot.status.isDead && lot.sku == sku && isItsOwn
    }

    /// Notes when a hold ends.
    mutating func schedule(hold slot: Int32) {
        let hold = holds[slot]
        schedule(TimerHeap.Entry(atMilliseconds: hold.expiresAtMilliseconds, slot: slot), of: hold.sku)
    }

    /// Notes when a lot's sellable units expire, and when that is to be reported next.
    mutating func schedule(lot slot: Int32) {
        let lot = lots[slot]
        guard lot.expiresAtMilliseconds != LotTermsRecord.never else { return }
        if !lot.isScheduled {
            lots[slot].isScheduled = true
            schedule(TimerHeap.Entry(atMilliseconds: lot.expiresAtMilliseconds, slot: ~slot), of: lot.sku)
        }
        let report = nextAlert(of: lot)
        guard report != lot.reportAtMilliseconds, report != LotTermsRecord.never else { return }
        lots[slot].reportAtMilliseconds = report
        schedule(TimerHeap.Entry(atMilliseconds: report, slot: ~slot), of: lot.sku)
    }

    mutating func schedule(_ entry: TimerHeap.Entry, of sku: Int32) {
        let record = skus.change(sku)
        let open =
            record.pointee.openHolds + record.pointee.openCommitments + 2 * record.pointee.levelLots + record.pointee.locationCount
        if record.pointee.timers.count > 2 * open + 64 { compactTimers(of: sku) }
        timerNodes.push(entry, to: &record.pointee.timers)
        if timerNodes.first(of: record.pointee.timers)!.slot == entry.slot { pushSKUTimer(entry.atMilliseconds, sku) }
    }

    mutating func pushSKUTimer(_ atMilliseconds: Int64, _ sku: Int32) {
        if Int(anchors.skuTimers.count) > 4 * skus.count + 64 {
            parts.pointee.timerNodes.keep(in: &parts.pointee.anchors.skuTimers) { _ in false }
            for slot in 0..<skus.slotBound where skus.isLive(slot) {
                if let first = firstTimer(of: slot) { addSKUTimer(first, slot) }
            }
        }
        addSKUTimer(atMilliseconds, sku)
    }

    private mutating func addSKUTimer(_ atMilliseconds: Int64, _ sku: Int32) {
        parts.pointee.timerNodes.push(TimerHeap.Entry(atMilliseconds: atMilliseconds, slot: sku), to: &parts.pointee.anchors.skuTimers)
    }

    /// Notes when preorders of the SKU become backorders.
    mutating func schedulePreorders(of sku: Int32) {
        if let timer = preorderTimer(of: sku) { pushSKUTimer(timer, sku) }
    }

    /// The instant of the earliest of a SKU's timers, which may be stale; nil where there is none.
    private func firstTimer(of sku: Int32) -> Int64? {
        if skus.isLive(sku) && skus[sku].firstFill >= 0 { return PartitionState.fillInstant }
        let heap = firstEntry(of: sku)?.atMilliseconds
        guard let preorders = preorderTimer(of: sku) else { return heap }
        return min(preorders, heap ?? preorders)
    }

    private func firstEntry(of sku: Int32) -> TimerHeap.Entry? { timerNodes.first(of: skus[sku].timers) }

    /// Rebuilds a SKU's heap from its valid entries.
    private mutating func compactTimers(of sku: Int32) {
        var timers = skus[sku].timers
        parts.pointee.timerNodes.keep(in: &timers) { entry in
            if PartitionState.isOfLevel(entry) { return isLifeTimer(entry, of: sku) }
            return entry.slot < 0 ? isOfLot(entry, of: sku) : isValid(entry, of: sku, at: values.logTimeMilliseconds)
        }
        skus[sku].timers = timers
    }

    /// What the earliest timer of a SKU is, where it is due.
    enum DueTimer {
        case none, hold, expiry
        /// The order line in that slot was not confirmed in time.
        case line(Int32)
        /// The lot in that slot is to be reported.
        case report(Int32)
        /// At the level of that timer other units are available.
        case shelfLife(TimerHeap.Entry)
    }

    mutating func dueTimer(of sku: Int32) -> DueTimer {
        guard hasDueTimer(sku, at: values.logTimeMilliseconds), let first = firstEntry(of: sku) else { return .none }
        if let line = PartitionState.line(first) { return .line(line) }
        if first.slot >= 0 { return .hold }
        if PartitionState.isOfLevel(first) { return .shelfLife(first) }
        return first.atMilliseconds == lots[~first.slot].expiresAtMilliseconds ? .expiry : .report(~first.slot)
    }

    mutating func popTimer(of sku: Int32) {
        var timers = skus[sku].timers
        _ = timerNodes.pop(from: &timers)
        skus[sku].timers = timers
    }

    /// Whether something has to happen before an event of the SKU is decided: what is due, and fills as far as `fillsLeft` goes, which
    /// is `StateLimits.fillsBeforeEvent` at first. `makeExpiry` makes the fact.
    public mutating func hasDue(_ sku: Int32, fillsLeft: inout Int) -> Bool {
        if hasDueHold(sku, at: values.logTimeMilliseconds) { return true }
        guard fillsLeft > 0, hasFill(sku) else { return false }
        fillsLeft -= 1
        return true
    }

    /// Whether a hold or a lot of the SKU is due at the time, or the day of its preorders. Amortised O(log n).
    public mutating func hasDueHold(_ sku: Int32, at timeMilliseconds: Int64) -> Bool {
        // Most of the time nothing at all is due: the earliest timer of the partition is at hand, those of the SKU are not.
        guard sku >= 0, let earliest = earliestTimerMilliseconds, earliest <= timeMilliseconds else { return false }
        if isPreorderDue(sku, at: timeMilliseconds) { return true }
        return hasDueTimer(sku, at: timeMilliseconds)
    }

    mutating func hasDueTimer(_ sku: Int32, at timeMilliseconds: Int64) -> Bool {
        while let first = firstEntry(of: sku), first.atMilliseconds <= timeMilliseconds {
            if isValid(first, of: sku, at: timeMilliseconds) { return true }
            popTimer(of: sku)
            if PartitionState.isOfLevel(first) { waitForLife(first, of: sku, timeMilliseconds) }
        }
        return false
    }

    /// The SKU that has something to be filled, or the earliest hold or lot that is due at the time, or the day of its preorders; -1 where
    /// none has. Amortised O(log n).
    public mutating func nextDueSKU(at timeMilliseconds: Int64) -> Int32 {
        while let top = timerNodes.first(of: anchors.skuTimers), top.atMilliseconds <= timeMilliseconds {
            if hasFill(top.slot) { return top.slot }
            let isDue = hasDueHold(top.slot, at: timeMilliseconds)
            let first = firstTimer(of: top.slot)
            if isDue && first! <= top.atMilliseconds { return top.slot }
            assert(first == nil || first! > top.atMilliseconds, "an entry of the SKU stands at or before its earliest hold")
            // What was due then is gone. Its earliest entry now may be valid or stale, either keeps the invariant.
            _ = parts.pointee.timerNodes.pop(from: &parts.pointee.anchors.skuTimers)
            if let first { pushSKUTimer(first, top.slot) }
        }
        return -1
    }

    /// The instant of the earliest timer entry, for pacing; nil where there is none. It may be stale, never late.
    public var earliestTimerMilliseconds: Int64? { timerNodes.first(of: anchors.skuTimers)?.atMilliseconds }

    /// Makes the fact that ends up to `StateLimits.itemsPerFact` due holds of the SKU, or up to as many due lots, or makes its preorders
    /// backorders; where nothing is due, that fills as many order lines. The caller applies it, and asks again.
    public mutating func makeExpiry(of sku: Int32, into fact: inout Fact) {
        guard hasDueTimer(sku, at: values.logTimeMilliseconds) else {
            if isPreorderDue(sku, at: values.logTimeMilliseconds) { return makePreorderRelease(of: sku, into: &fact) }
            return makeFill(of: sku, into: &fact)
        }
        switch dueTimer(of: sku) {
        case .report: return makeExpiring(of: sku, into: &fact)
        case .shelfLife: return makeShelfLife(of: sku, into: &fact)
        case .expiry: return makeLotExpiry(of: sku, into: &fact)
        case .line: return makeCommitExpiry(of: sku, into: &fact)
        case .hold, .none: break
        }
        fact.begin(.expire, of: skus[sku].key)
        while fact.items.count < StateLimits.itemsPerFact, case .hold = dueTimer(of: sku) {
            let slot = firstEntry(of: sku)!.slot
            popTimer(of: sku)
            let hold = holds[slot]
            // A hold may have the same entry twice, next to each other: it was extended, and then to where it had ended before.
            if fact.items.last?.id == hold.id { continue }
            var item = FactItem()
            item.id = hold.id
            item.location = location(of: hold.level)
            item.quantity = hold.remaining
            fact.items.append(item)
            fact.quantity += remaining(of: hold)
            if hold.firstPart >= 0 { addParts(of: hold, into: &fact) }
        }
        stampByPlace(&fact, sku: sku)
    }

    /// Ends a fact that names several records: by location and id, independent of slots, so that a restored partition writes the same.
    func stampByPlace(_ fact: inout Fact, sku: Int32) {
        fact.items.sort { $0.location != $1.location ? $0.location < $1.location : $0.id < $1.id }
        stamp(&fact, sku: sku, next: values.next)
    }

    /// The same for lots whose sellable units have expired.
    private mutating func makeLotExpiry(of sku: Int32, into fact: inout Fact) {
        fact.begin(.lotExpire, of: skus[sku].key)
        var last: Int32 = 0
        while fact.items.count < StateLimits.itemsPerFact, case .expiry = dueTimer(of: sku) {
            let slot = firstEntry(of: sku)!.slot
            popTimer(of: sku)
            // A lot may have the same entry twice, next to each other.
            if slot == last { continue }
            last = slot
            let lot = lots[~slot]
            var item = FactItem()
            item.id = lotTerms[lot.terms].lot
            item.location = location(of: lot.level)
            item.quantity = lot.quantities.sellable
            fact.items.append(item)
            fact.quantity += lot.quantities.sellable
        }
        stampByPlace(&fact, sku: sku)
    }

    /// Whether the oldest closed record of a class has reached its age, or there are more than the limit allows.
    public func hasClosedToForget() -> Bool { closedToForget() >= 0 }

    /// The oldest closed record that has to go; -1 where none has.
    func closedToForget() -> Int32 {
        let short = anchors.firstClosed.0
        let long = anchors.firstClosed.1
        let time = values.logTimeMilliseconds
        if short >= 0, closed[short].closedAtMilliseconds <= time - limits.closedRetentionMilliseconds { return short }
        if long >= 0, closed[long].closedAtMilliseconds <= time - limits.orderLineRetentionMilliseconds { return long }
        guard closedCount > limits.closedRecordsPerPartition else { return -1 }
        if short < 0 { return long }
        if long < 0 { return short }
        return closed[short].closedAtMilliseconds <= closed[long].closedAtMilliseconds ? short : long
    }

    /// Whether the other class's oldest record is to go before this one.
    private func isOlderElsewhere(_ slot: Int32) -> Bool {
        let record = closed[slot]
        let other = record.isLongLived ? anchors.firstClosed.0 : anchors.firstClosed.1
        guard other >= 0 else { return false }
        let time = closed[other].closedAtMilliseconds
        return time < record.closedAtMilliseconds || time == record.closedAtMilliseconds && record.isLongLived
    }

    /// Makes the fact that forgets the oldest closed records, as far as they follow each other in their queue and are of one SKU.
    public func makeForget(into fact: inout Fact) {
        var slot = closedToForget()
        precondition(slot >= 0, "nothing is to be forgotten")
        fact.reset()
        fact.kind = .forget
        fact.outcome = .internalFact
        let sku = closed[slot].sku
        fact.sku = skus[sku].key
        let age = closed[slot].isLongLived ? limits.orderLineRetentionMilliseconds : limits.closedRetentionMilliseconds
        let excess = closedCount - limits.closedRecordsPerPartition
        fact.isOrderLineHorizon = closed[slot].isLongLived
        var room = StateLimits.itemsPerFact
        while slot >= 0, closed[slot].sku == sku, fact.items.count < StateLimits.itemsPerFact {
            let isEarly = closed[slot].closedAtMilliseconds > values.logTimeMilliseconds - age
            if isEarly && (fact.items.count >= excess || !fact.items.isEmpty && isOlderElsewhere(slot)) { break }
            // Its lots go with it: as many as one fact may remove, the record itself with the last of them.
            let lots = shippedLotCount(closed[slot])
            if lots > room && !fact.items.isEmpty { break }
            if lots > StateLimits.itemsPerFact {
                var part = FactItem()
                part.closed = closed[slot].id
                part.quantity = Int64(StateLimits.itemsPerFact)
                fact.items.append(part)
                break
            }
            room -= lots
            var item = FactItem()
            item.closed = closed[slot].id
            fact.items.append(item)
            fact.horizonMilliseconds = max(fact.horizonMilliseconds, closed[slot].closedAtMilliseconds)
            if isEarly { fact.earlyCount += 1 }
            slot = closed[slot].next
        }
        assert(!fact.items.isEmpty, "the oldest record is always forgotten")
        stamp(&fact, sku: sku, next: values.next)
    }
}
