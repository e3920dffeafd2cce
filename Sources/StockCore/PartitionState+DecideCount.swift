// Decide: cycle counts (domain: c3), and deltas that arrive after a count and happened before it (c15).

extension PartitionState {
    /// A count begins at a location, one at a time.
    func decideCountOpen(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        fact.quantity = 0
        let level = findLevel(sku, event.location)
        if let open = openCount(level) { return open.id == event.document ? duplicate(&fact) : .countConflict }
        if findClosed(sku, PartitionState.closedID(.count, event.document, event.location)) >= 0 { return .countClosed }
        if isBeforeHorizon(event) { return .tooOld }
        return checkLocation(sku, level)
    }

    /// What was counted of a disposition. The variance's base is what the books have now, at the line's place in the log.
    func decideCountLine(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let level = findLevel(sku, event.location)
        guard let open = openCount(level), open.id == event.document else { return missingCount(event, sku) }
        // Which lot would have more or less?
        if isLotTracked(sku) { return .lotRequired }
        let isSame = open.hasCounted(event.disposition) && open.found[event.disposition] == event.quantity
        if isSame && open.lines[event.disposition] == PartitionState.lineHash(event.line) { return duplicate(&fact) }
        // It might be what was counted before the line was counted again.
        if mayHaveLeftWindow(event) { return .tooOld }
        fact.total = levels[level].balances[event.disposition]
        return .none
    }

    /// A count ends: what was counted is booked, what was not stays as it is. It is a fact, so it is taken whatever it uncovers.
    func decideCountClose(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let level = findLevel(sku, event.location)
        guard let open = openCount(level), open.id == event.document else {
            let why = missingCount(event, sku)
            return why == .countClosed ? duplicate(&fact) : why
        }
        fact.quantity = 0
        let balances = levels[level].balances
        // Counted before the SKU had its first stock, and lots: nobody can tell of which lot.
        if isLotTracked(sku) { return .none }
        for disposition in Disposition.allCases where open.hasCounted(disposition) {
            var item = FactItem()
            item.kind = .variance
            item.disposition = disposition
            let variance = open.found[disposition] - open.base[disposition]
            // Only the shelf may show that more has left than was there.
            item.quantity = disposition == .sellable ? variance : max(variance, -balances[disposition])
            if checkBalance(balances[disposition], plus: item.quantity) != .none { return .quantityOverflow }
            fact.items.append(item)
            fact.quantity += item.quantity
        }
        if open.hasCounted(.sellable) { nameUncovered(level, after: open.found[.sellable] - open.base[.sellable], into: &fact) }
        return .none
    }

    private func openCount(_ level: Int32) -> CountRecord? {
        guard level >= 0, levels[level].count >= 0 else { return nil }
        let record = counts[levels[level].count]
        return record.id.isEmpty ? nil : record
    }

    /// Why an event that names this count can't find it open.
    private func missingCount(_ event: StockEvent, _ sku: Int32) -> Rejection {
        if findClosed(sku, PartitionState.closedID(.count, event.document, event.location)) >= 0 { return .countClosed }
        return isBeforeHorizon(event) ? .tooOld : .countUnknown
    }

    static func lineHash(_ line: Key) -> Int64 { line.isEmpty ? 0 : Int64(bitPattern: line.hash64) }

    // MARK: Late deltas

    /// Whether the units of a disposition were counted, and the count closed, since the event happened: `isAbsorbed`, or refused.
    @inline(__always)
    func checkLate(_ event: StockEvent, _ level: Int32, _ disposition: Disposition, _ isAbsorbed: inout Bool) -> Rejection {
        if level < 0 || levels[level].count < 0 || isLotTracked(levels[level].sku) { return .none }
        return checkLateDelta(event, level, disposition, &isAbsorbed)
    }

    private func checkLateDelta(
        _ event: StockEvent, _ level: Int32, _ disposition: Disposition, _ isAbsorbed: inout Bool
    ) -> Rejection {
        guard event.occurredAtMilliseconds < counts[levels[level].count].closedAt[disposition] else { return .none }
        let policy = UInt8(exactly: skus[levels[level].sku].policy.lateDelta).flatMap { LateDelta(rawValue: $0) } ?? .absorb
        if policy == .refuse && !event.isForced { return .beforeCount }
        isAbsorbed = policy != .apply
        return .none
    }

    // MARK: Shortfall

    /// Names the promises that the shelf of a level does not cover once its sellable units have changed by `change`, newest first, where
    /// that raises the shortfall. O(open promises of the SKU).
    func nameUncovered(_ level: Int32, after change: Int64, into fact: inout Fact) {
        // Of a SKU with lots the items are its lots.
        guard level >= 0, !isLotTracked(levels[level].sku) else { return }
        let balances = levels[level].balances
        var left = max(0, balances.held + balances.committed - max(0, balances.sellable + change))
        guard left > balances.shortfall else { return }
        for promise in promises(at: level) {
            guard left > 0, fact.items.count < StateLimits.itemsPerFact else { return }
            var item = promise.item
            item.location = levels[level].location
            item.quantity = min(left, item.quantity)
            left -= item.quantity
            fact.items.append(item)
        }
    }

    private struct Promise {
        var item: FactItem
        var atMilliseconds: Int64
    }

    /// The open promises at a level, newest first; of the same instant by their ids.
    private func promises(at level: Int32) -> [Promise] {
        let sku = Int(levels[level].sku)
        var found: [Promise] = []
        var slots: [Int32] = []
        if sku < timers.count { for entry in timers[sku].entries where isOpenHold(entry.slot, at: level) { slots.append(entry.slot) } }
        slots.sort()
        for (index, slot) in slots.enumerated() where index == 0 || slots[index - 1] != slot {
            var item = FactItem()
            item.kind = .hold
            item.id = holds[slot].id
            item.quantity = holds[slot].remaining
            found.append(Promise(item: item, atMilliseconds: holds[slot].placedAtMilliseconds))
        }
        slots.removeAll()
        if sku < parts.pointee.lines.count { for slot in parts.pointee.lines[sku] where isOpenLine(slot, at: level) { slots.append(slot) } }
        slots.sort()
        for (index, slot) in slots.enumerated() where index == 0 || slots[index - 1] != slot {
            var item = FactItem()
            item.kind = .orderLine
            item.id = commitments[slot].orderLine
            item.quantity = commitments[slot].open
            found.append(Promise(item: item, atMilliseconds: commitments[slot].committedAtMilliseconds))
        }
        found.sort {
            if $0.atMilliseconds != $1.atMilliseconds { return $0.atMilliseconds > $1.atMilliseconds }
            return $0.item.id != $1.item.id ? $0.item.id < $1.item.id : $0.item.kind.rawValue < $1.item.kind.rawValue
        }
        return found
    }

    private func isOpenHold(_ slot: Int32, at level: Int32) -> Bool {
        holds.isLive(slot) && !holds[slot].status.isDead && holds[slot].level == level && holds[slot].remaining > 0
    }

    private func isOpenLine(_ slot: Int32, at level: Int32) -> Bool {
        commitments.isLive(slot) && !commitments[slot].status.isDead && commitments[slot].level == level && commitments[slot].open > 0
    }

    /// Notes a commitment that is open now, among those of its SKU.
    mutating func noteLine(_ slot: Int32) {
        let sku = commitments[slot].sku
        while parts.pointee.lines.count <= Int(sku) { parts.pointee.lines.append([]) }
        if parts.pointee.lines[Int(sku)].count > 2 * Int(skus[sku].openCommitments) + 64 { compactLines(of: sku) }
        parts.pointee.lines[Int(sku)].append(slot)
    }

    /// Lets stale entries go. What goes is noted, since an abort may make it valid again.
    private mutating func compactLines(of sku: Int32) {
        var kept: [Int32] = []
        for slot in parts.pointee.lines[Int(sku)] {
            if commitments.isLive(slot) && !commitments[slot].status.isDead && commitments[slot].sku == sku {
                kept.append(slot)
            } else if isInTransaction {
                parts.pointee.takenLines.append((sku, slot))
            }
        }
        kept.sort()
        var unique: [Int32] = []
        for slot in kept where unique.last != slot { unique.append(slot) }
        parts.pointee.lines[Int(sku)] = unique
    }
}
