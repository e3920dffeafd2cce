// Counts of lots (domain: c3). A line is of one lot and leaves the others alone. A count of all lots begins with a line for each that is
// there, of nothing: what no line lists until the end is written off, lot by lot.

extension PartitionState {
    /// The line of a lot in an open count; -1 where there is none. O(lines).
    public func findLotCount(_ level: Int32, _ terms: Int32, _ disposition: Disposition) -> Int32 {
        guard level >= 0, terms >= 0, self[extras: level].count >= 0 else { return -1 }
        var slot = counts[self[extras: level].count].firstLot
        while slot >= 0, lotCounts[slot].terms != terms || lotCounts[slot].disposition != disposition { slot = lotCounts[slot].next }
        return slot
    }

    private func quantity(_ level: Int32, _ terms: Int32, _ disposition: Disposition) -> Int64 {
        let slot = findLot(level, terms)
        return slot < 0 ? 0 : lots[slot].quantities[disposition]
    }

    // MARK: Decide

    /// What was counted of a lot. One that is not known becomes so by its expiry.
    func decideLotCountLine(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        if event.lot.isEmpty { return .lotRequired }
        let refusal = admitLot(event, sku, level, mayBeNew: false, &fact)
        if refusal != .none { return refusal }
        let terms = findLotTerms(sku, event.lot)
        let own = findLotCount(level, terms, event.disposition)
        if own >= 0, case let line = lotCounts[own], line.isListed, line.found == event.quantity {
            if line.line == PartitionState.textHash(event.line) { return duplicate(&fact) }
        }
        // It might be what was counted before the line was counted again.
        if mayHaveLeftWindow(event) { return .tooOld }
        fact.total = quantity(level, terms, event.disposition)
        return own >= 0 || lineCount(level) < StateLimits.itemsPerFact ? .none : .tooManyLots
    }

    private func lineCount(_ level: Int32) -> Int {
        var count = 0
        var slot = counts[self[extras: level].count].firstLot
        while slot >= 0 {
            count += 1
            slot = lotCounts[slot].next
        }
        return count
    }

    /// The variances of a count's lots into the fact's items.
    func closeLotCount(_ level: Int32, _ fact: inout Fact) -> Rejection {
        let open = counts[self[extras: level].count]
        var slot = open.firstLot
        while slot >= 0 {
            addVariance(of: lotCounts[slot], &fact)
            slot = lotCounts[slot].next
        }
        // Nothing of any lot is missed any more that no line has found.
        let settled = min(-open.unattributed, -unattributed(level))
        if settled > 0 { fact.items.append(PartitionState.variance(settled, .sellable)) }
        fact.items.sort { ($0.disposition.rawValue, $0.id) < ($1.disposition.rawValue, $1.id) }
        var more = DispositionValues()
        for item in fact.items {
            fact.quantity += item.quantity
            more[item.disposition] += max(0, item.quantity)
        }
        for disposition in Disposition.allCases {
            let refusal = checkBalance(levels[level].balances[disposition], plus: more[disposition])
            if refusal != .none { return refusal }
        }
        return .none
    }

    private func add(_ quantity: Int64, _ disposition: Disposition, _ line: LotCountRecord, _ fact: inout Fact) {
        guard quantity != 0 else { return }
        var item = PartitionState.variance(quantity, disposition)
        item.id = lotTerms[line.terms].lot
        let expiry = expiry(of: line.terms, at: line.level)
        if expiry != lotTerms[line.terms].expiresAtMilliseconds { item.expiresAtMilliseconds = expiry }
        fact.items.append(item)
    }

    private static func variance(_ quantity: Int64, _ disposition: Disposition) -> FactItem {
        var item = FactItem()
        item.kind = .variance
        item.disposition = disposition
        item.quantity = quantity
        return item
    }

    /// Units of a lot that was recalled or has expired lie elsewhere than where they were counted, as those do that were not missed.
    private func addVariance(of line: LotCountRecord, _ fact: inout Fact) {
        let there = quantity(line.level, line.terms, line.disposition)
        var variance = line.found - line.base
        let isShelf = line.disposition == .sellable
        let elsewhere = isShelf ? landing(of: line.terms, .sellable, at: line.level) : line.disposition
        guard elsewhere != line.disposition else {
            // Only what was looked for may show that more has left than was there.
            if line.disposition != .sellable || !line.isListed { variance = max(variance, -max(0, there)) }
            return add(variance, line.disposition, line, &fact)
        }
        let own = variance < 0 ? max(variance, -max(0, there)) : min(variance, max(0, -there))
        add(own, line.disposition, line, &fact)
        add(max(variance - own, -quantity(line.level, line.terms, elsewhere)), elsewhere, line, &fact)
    }

    // MARK: Apply

    /// Begins a count of all lots: none of them was found yet.
    mutating func openLotCount(_ fact: inout Fact, _ level: Int32) {
        let count = self[extras: level].count
        let openedAt = min(fact.occurredAtMilliseconds, fact.timeMilliseconds)
        counts[count].counted = 1 << fact.disposition.rawValue
        counts[count].countedAt[fact.disposition] = openedAt
        counts[count].unattributed = fact.disposition == .sellable ? unattributed(level) : 0
        var slot = self[extras: level].firstLot
        while slot >= 0 {
            if lots[slot].quantities[fact.disposition] != 0 {
                let line = insertLotCount(level, lots[slot].terms, fact.disposition)
                lotCounts[line].base = lots[slot].quantities[fact.disposition]
                lotCounts[line].countedAtMilliseconds = openedAt
                lotCounts[line].isListed = false
            }
            slot = lots[slot].next
        }
    }

    mutating func applyLotCountLine(_ fact: inout Fact, _ sku: Int32, _ level: Int32) {
        let terms = findOrInsertLotTerms(&fact, fact.lot, sku)
        let found = findLotCount(level, terms, fact.disposition)
        let slot = found >= 0 ? found : insertLotCount(level, terms, fact.disposition)
        let line = PartitionState.textHash(fact.line)
        if found >= 0 && lotCounts[slot].isListed && lotCounts[slot].line != line { lotCounts[slot].isRecounted = true }
        lotCounts[slot].actor = PartitionState.textHash(fact.actor)
        lotCounts[slot].found = fact.quantity
        lotCounts[slot].base = quantity(level, terms, fact.disposition)
        // A counter's clock that is ahead must not make everything late.
        lotCounts[slot].countedAtMilliseconds = min(fact.occurredAtMilliseconds, fact.timeMilliseconds)
        lotCounts[slot].line = line
        lotCounts[slot].isListed = true
        markDirty(.lotCount, slot, of: sku)
    }

    private mutating func insertLotCount(_ level: Int32, _ terms: Int32, _ disposition: Disposition) -> Int32 {
        var record = LotCountRecord()
        record.sku = levels[level].sku
        record.level = level
        record.terms = terms
        record.disposition = disposition
        let slot = lotCounts.insert(record)
        linkLotCount(slot)
        markDirty(.lotCount, slot, of: record.sku)
        return slot
    }

    private mutating func linkLotCount(_ slot: Int32) {
        let count = self[extras: lotCounts[slot].level].count
        lotCounts[slot].next = counts[count].firstLot
        counts[count].firstLot = slot
        lotTerms[lotCounts[slot].terms].references += 1
    }

    /// Books a variance of a lot, or what is settled of none that is known. False: the state lacks the lot.
    mutating func bookVariance(_ item: FactItem, _ fact: inout Fact, _ level: Int32) -> Bool {
        levels[level].balances[item.disposition] += item.quantity
        return item.id.isEmpty || changeLot(&fact, item.id, level, item.disposition, by: item.quantity, item.expiresAtMilliseconds)
    }

    /// The lines of a count that is closed go; after their variances are booked.
    mutating func endLotCount(_ count: Int32) {
        var slot = counts[count].firstLot
        while slot >= 0 {
            let record = lotCounts[slot]
            lotCounts[slot].status.isDead = true
            markDirty(.lotCount, slot, of: record.sku)
            dropReference(record.terms)
            slot = record.next
        }
        counts[count].firstLot = -1
        counts[count].unattributed = 0
    }

    /// What happened before a lot was counted, and comes after, was seen by the counter: it moves the line's base along. A count of all
    /// lots has not found a lot that comes with it.
    mutating func rebaseLot(_ level: Int32, _ terms: Int32, _ disposition: Disposition, by quantity: Int64, _ fact: inout Fact) {
        guard fact.kind != .countClose, self[extras: level].count >= 0, !counts[self[extras: level].count].id.isEmpty else { return }
        var slot = findLotCount(level, terms, disposition)
        if slot < 0 {
            let open = counts[self[extras: level].count]
            let isMissed = open.hasCounted(disposition) && fact.occurredAtMilliseconds < open.countedAt[disposition]
            guard isMissed, quantity > 0, lineCount(level) < StateLimits.itemsPerFact else { return }
            slot = insertLotCount(level, terms, disposition)
            lotCounts[slot].countedAtMilliseconds = open.countedAt[disposition]
            lotCounts[slot].isListed = false
        }
        guard fact.occurredAtMilliseconds < lotCounts[slot].countedAtMilliseconds else { return }
        lotCounts[slot].base += quantity
        markDirty(.lotCount, slot, of: lotCounts[slot].sku)
    }

    // MARK: Restore

    /// Takes what an open count has counted of a lot.
    public mutating func restore(lotCount: LotCountRecord, sku key: Key, location: Key, lot: Key, hash: UInt64) {
        let sku = findOrInsertSKU(key)
        var record = lotCount
        record.sku = sku
        record.level = findOrInsertLevel(sku, location)
        record.terms = stubTerms(sku, lot)
        record.next = -1
        record.status = RecordStatus()
        record.status.writtenHash = hash
        let found = findRestored(record)
        if found >= 0 { lotCounts[found] = record } else { noteRestored(lotCounts.insert(record)) }
    }

    /// Takes the tombstone of what a count has counted of a lot.
    public mutating func restoreRemoved(lotCount lot: Key, _ disposition: Disposition, sku key: Key, location: Key) {
        let sku = findSKU(key)
        var record = LotCountRecord()
        record.level = findLevel(sku, location)
        record.terms = findLotTerms(sku, lot)
        record.disposition = disposition
        guard record.level >= 0, record.terms >= 0, case let slot = findRestored(record), slot >= 0 else { return }
        lotCountIndex.remove(PartitionState.lotHash(record.level, record.terms), slot)
        lotCounts.remove(slot)
    }

    /// Counts may be restored after their lines, so an index finds these until the end of the restore.
    private func findRestored(_ record: LotCountRecord) -> Int32 {
        lotCountIndex.find(PartitionState.lotHash(record.level, record.terms)) {
            let other = lotCounts[$0]
            return other.level == record.level && other.terms == record.terms && other.disposition == record.disposition
        }
    }

    private mutating func noteRestored(_ slot: Int32) {
        lotCountIndex.insert(PartitionState.lotHash(lotCounts[slot].level, lotCounts[slot].terms), slot)
    }

    mutating func finishLotCount(_ slot: Int32, _ finish: inout RestoreFinish) throws(RestoreError) {
        let record = lotCounts[slot]
        finish.count(record.sku, record.status.writtenHash)
        if self[extras: record.level].count < 0 { throw .orphan(sku: skus[record.sku].key) }
        lotCountIndex.remove(PartitionState.lotHash(record.level, record.terms), slot)
        linkLotCount(slot)
    }

    // MARK: Invariants

    /// Whether every line of a lot is in the list of an open count, once. O(all records).
    func checkLotCounts(_ visit: (LotCountRecord) -> Void) -> BrokenIdentity? {
        var count = 0
        for slot in 0..<counts.slotBound where counts.isLive(slot) {
            let open = counts[slot]
            var line = open.firstLot
            while line >= 0 {
                let record = lotCounts[line]
                let isOne = findLotCount(record.level, record.terms, record.disposition) == line
                if open.id.isEmpty || record.level != open.level || record.status.isDead || !isOne {
                    return .counts(sku: skus[open.sku].key)
                }
                visit(record)
                count += 1
                line = record.next
            }
        }
        var live = 0
        for slot in 0..<lotCounts.slotBound where lotCounts.isLive(slot) && !lotCounts[slot].status.isDead { live += 1 }
        return live == count ? nil : .counts(sku: Key())
    }
}
