// When lots were counted last (domain: c15). An absolute count is a barrier: what happened before and arrives later was seen by the
// counter. Of a SKU with lots it is one for the lots that it has listed; a count of all lots is one for every lot, from when it began.
//
// The books as they would be without the count are what there is, less the count's variance. That is where units are looked for that have
// left before it and name no lot: the count may have booked them out already.

extension PartitionState {
    /// The record of when these units of a lot were counted; -1: there is none.
    public func findCountedLot(_ level: Int32, _ terms: Int32, _ disposition: Disposition) -> Int32 {
        guard level >= 0, terms >= 0 else { return -1 }
        return countedLotIndex.find(PartitionState.lotHash(level, terms)) {
            let record = countedLots[$0]
            return record.level == level && record.terms == terms && record.disposition == disposition
        }
    }

    /// When these units of a lot (`terms` -1: of one that is not known) were counted last, by a count that is closed; 0: never.
    func countedAt(_ level: Int32, _ terms: Int32, _ disposition: Disposition) -> Int64 {
        guard level >= 0, self[extras: level].count >= 0 else { return 0 }
        let slot = findCountedLot(level, terms, disposition)
        let own = slot < 0 ? 0 : countedLots[slot].countedAtMilliseconds
        return max(own, counts[self[extras: level].count].closedAt[disposition])
    }

    // MARK: Apply

    /// The lines of a count that is closed become barriers; so does, where it was of all lots, when it began.
    mutating func rememberCountedLots(_ count: Int32) {
        let record = counts[count]
        for disposition in Disposition.allCases where record.hasCounted(disposition) {
            counts[count].closedAt[disposition] = max(record.closedAt[disposition], record.countedAt[disposition])
        }
        var line = record.firstLot
        while line >= 0 {
            let counted = lotCounts[line]
            line = counted.next
            var slot = findCountedLot(record.level, counted.terms, counted.disposition)
            if slot >= 0 && countedLots[slot].countedAtMilliseconds > counted.countedAtMilliseconds { continue }
            if slot < 0 { slot = insertCountedLot(record.level, counted.terms, counted.disposition) }
            countedLots[slot].countedAtMilliseconds = counted.countedAtMilliseconds
            countedLots[slot].variance = counted.found - counted.base
            noteCountedLot(slot)
        }
    }

    private mutating func insertCountedLot(_ level: Int32, _ terms: Int32, _ disposition: Disposition) -> Int32 {
        var record = CountedLotRecord()
        record.sku = levels[level].sku
        record.level = level
        record.terms = terms
        record.disposition = disposition
        let slot = countedLots.insert(record)
        countedLotIndex.insert(PartitionState.lotHash(level, terms), slot)
        linkCountedLot(slot)
        return slot
    }

    private mutating func linkCountedLot(_ slot: Int32) {
        let count = self[extras: countedLots[slot].level].count
        countedLots[slot].next = counts[count].firstCountedLot
        counts[count].firstCountedLot = slot
        lotTerms[countedLots[slot].terms].references += 1
    }

    private mutating func noteCountedLot(_ slot: Int32) {
        let count = self[extras: countedLots[slot].level].count
        counts[count].lotsCountedAtMilliseconds = max(counts[count].lotsCountedAtMilliseconds, countedLots[slot].countedAtMilliseconds)
        markDirty(.countedLot, slot, of: countedLots[slot].sku)
    }

    /// Takes units that were counted since: nothing changes on the shelf, and they explain the count's variance. False: the state lacks
    /// the lot.
    mutating func absorb(_ fact: inout Fact, _ lot: Key, _ level: Int32, _ disposition: Disposition, by quantity: Int64) -> Bool {
        let sku = levels[level].sku
        skus[sku].lossGain &+= quantity
        guard !lot.isEmpty, quantity != 0 else { return true }
        guard quantity > 0 && lot == fact.lot || findLotTerms(sku, lot) >= 0 else { return false }
        let terms = findOrInsertLotTerms(&fact, lot, sku)
        var slot = findCountedLot(level, terms, disposition)
        if slot < 0 {
            // A count of all lots has not found it.
            slot = insertCountedLot(level, terms, disposition)
            countedLots[slot].countedAtMilliseconds = counts[self[extras: level].count].closedAt[disposition]
            assert(countedLots[slot].countedAtMilliseconds > fact.occurredAtMilliseconds, "only what was counted since is absorbed")
        }
        countedLots[slot].variance -= quantity
        noteCountedLot(slot)
        return true
    }

    // MARK: Forget

    /// The lots of a level that were counted no later than a count of it was closed whose record goes, and -1 as the level where the record
    /// is of no count. What happened before is too old from then on.
    private func countedLots(with record: ClosedRecord) -> (level: Int32, slots: [Int32]) {
        guard record.kind == .count, countedLots.count > 0 else { return (-1, []) }
        var level = skus[record.sku].firstLevel
        while level >= 0 && location(of: level).hash64 != record.content { level = levels[level].next }
        guard level >= 0, self[extras: level].count >= 0 else { return (-1, []) }
        var slots: [Int32] = []
        var slot = counts[self[extras: level].count].firstCountedLot
        while slot >= 0 {
            if countedLots[slot].countedAtMilliseconds <= record.closedAtMilliseconds { slots.append(slot) }
            slot = countedLots[slot].next
        }
        return (level, slots)
    }

    /// How many counted lots go with a closed record.
    func countedLotCount(_ record: ClosedRecord) -> Int { countedLots(with: record).slots.count }

    /// Forgets the first so many of them, by lot and disposition: slots depend on the past.
    mutating func forgetCountedLots(_ record: ClosedRecord, most: Int) {
        var (level, slots) = countedLots(with: record)
        guard !slots.isEmpty else { return }
        slots.sort {
            let (a, b) = (countedLots[$0], countedLots[$1])
            return (lotTerms[a.terms].lot, a.disposition.rawValue) < (lotTerms[b.terms].lot, b.disposition.rawValue)
        }
        for slot in slots.prefix(most) {
            countedLotIndex.remove(PartitionState.lotHash(level, countedLots[slot].terms), slot)
            countedLots[slot].status.isDead = true
            markDirty(.countedLot, slot, of: record.sku)
            dropReference(countedLots[slot].terms)
        }
        relinkCountedLots(of: level)
    }

    private mutating func relinkCountedLots(of level: Int32) {
        let count = self[extras: level].count
        var slot = counts[count].firstCountedLot
        counts[count].firstCountedLot = -1
        counts[count].lotsCountedAtMilliseconds = 0
        while slot >= 0 {
            let record = countedLots[slot]
            if !record.status.isDead {
                countedLots[slot].next = counts[count].firstCountedLot
                counts[count].firstCountedLot = slot
                let latest = max(counts[count].lotsCountedAtMilliseconds, record.countedAtMilliseconds)
                counts[count].lotsCountedAtMilliseconds = latest
            }
            slot = record.next
        }
    }

    // MARK: Restore

    /// Takes when units of a lot were counted.
    public mutating func restore(countedLot: CountedLotRecord, sku key: Key, location: Key, lot: Key, hash: UInt64) {
        let sku = findOrInsertSKU(key)
        var record = countedLot
        record.sku = sku
        record.level = findOrInsertLevel(sku, location)
        record.terms = stubTerms(sku, lot)
        record.next = -1
        record.status = RecordStatus()
        record.status.writtenHash = hash
        let found = findCountedLot(record.level, record.terms, record.disposition)
        if found >= 0 {
            countedLots[found] = record
        } else {
            countedLotIndex.insert(PartitionState.lotHash(record.level, record.terms), countedLots.insert(record))
        }
    }

    /// Takes the tombstone of when units of a lot were counted.
    public mutating func restoreRemoved(countedLot lot: Key, _ disposition: Disposition, sku key: Key, location: Key) {
        let sku = findSKU(key)
        let (level, terms) = (findLevel(sku, location), findLotTerms(sku, lot))
        let slot = findCountedLot(level, terms, disposition)
        guard slot >= 0 else { return }
        countedLotIndex.remove(PartitionState.lotHash(level, terms), slot)
        countedLots.remove(slot)
    }

    mutating func finishCountedLot(_ slot: Int32, _ finish: inout RestoreFinish) throws(RestoreError) {
        let record = countedLots[slot]
        finish.count(record.sku, record.status.writtenHash)
        let count = self[extras: record.level].count
        if count < 0 { throw .orphan(sku: skus[record.sku].key) }
        linkCountedLot(slot)
        counts[count].lotsCountedAtMilliseconds = max(counts[count].lotsCountedAtMilliseconds, record.countedAtMilliseconds)
    }

    // MARK: Invariants

    /// Whether every counted lot is in its level's list, once. O(all records).
    func checkCountedLots(_ visit: (CountedLotRecord) -> Void) -> BrokenIdentity? {
        var listed = 0
        for slot in 0..<counts.slotBound where counts.isLive(slot) {
            var next = counts[slot].firstCountedLot
            var latest: Int64 = 0
            while next >= 0 {
                let record = countedLots[next]
                let isOne = findCountedLot(record.level, record.terms, record.disposition) == next
                if record.level != counts[slot].level || record.status.isDead || !isOne { return .counts(sku: skus[counts[slot].sku].key) }
                latest = max(latest, record.countedAtMilliseconds)
                visit(record)
                listed += 1
                next = record.next
            }
            if latest != counts[slot].lotsCountedAtMilliseconds { return .counts(sku: skus[counts[slot].sku].key) }
        }
        var live = 0
        for slot in 0..<countedLots.slotBound where countedLots.isLive(slot) && !countedLots[slot].status.isDead { live += 1 }
        return live == listed ? nil : .counts(sku: Key())
    }
}
