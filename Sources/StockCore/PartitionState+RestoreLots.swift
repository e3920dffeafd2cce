// Restore: lots. Their records may come before those of their level and of their terms, which then have none of their own yet.

extension PartitionState {
    mutating func stubTerms(_ sku: Int32, _ lot: Key) -> Int32 {
        let found = findLotTerms(sku, lot)
        return found >= 0 ? found : insertLotTerms(sku, lot)
    }

    /// Takes the terms of a lot.
    public mutating func restore(terms: LotTermsRecord, sku key: Key, hash: UInt64) {
        let sku = findOrInsertSKU(key)
        let slot = stubTerms(sku, terms.lot)
        var record = terms
        record.sku = sku
        record.references = 0
        record.status = RecordStatus()
        record.status.writtenHash = hash
        lotTerms[slot] = record
    }

    /// Takes what a location has of a lot.
    public mutating func restore(lot: LotRecord, sku key: Key, location: Key, name: Key, hash: UInt64) {
        let sku = findOrInsertSKU(key)
        var record = lot
        record.sku = sku
        record.level = findOrInsertLevel(sku, location)
        record.terms = stubTerms(sku, name)
        (record.previous, record.next) = (-1, -1)
        record.status = RecordStatus()
        record.status.writtenHash = hash
        let found = findLot(record.level, record.terms)
        if found >= 0 {
            lots[found] = record
        } else {
            let slot = lots.insert(record)
            lotIndex.insert(PartitionState.lotHash(record.level, record.terms), slot)
        }
    }

    /// Takes what of a lot has left for an order line.
    public mutating func restore(shipped: ShippedLotRecord, sku key: Key, lot: Key, hash: UInt64) {
        let sku = findOrInsertSKU(key)
        var record = shipped
        record.sku = sku
        record.terms = stubTerms(sku, lot)
        record.status = RecordStatus()
        record.status.writtenHash = hash
        let found = findShippedLot(sku, record.orderLine, record.terms)
        if found >= 0 {
            shippedLots[found] = record
        } else {
            let slot = shippedLots.insert(record)
            shippedLotIndex.insert(PartitionState.shippedHash(sku, record.orderLine), slot)
        }
    }

    /// Takes the tombstone of a lot's terms.
    public mutating func restoreRemoved(terms lot: Key, sku key: Key) {
        let sku = findSKU(key)
        let slot = findLotTerms(sku, lot)
        guard slot >= 0 else { return }
        // A record that names the lot and comes later, or has its own tombstone to come, must find it: it only counts as not written.
        lotTerms[slot].status.writtenHash = 0
    }

    /// Takes the tombstone of a lot at a location.
    public mutating func restoreRemoved(lot: Key, sku key: Key, location: Key) {
        let sku = findSKU(key)
        let level = findLevel(sku, location)
        let slot = findLot(level, findLotTerms(sku, lot))
        guard slot >= 0 else { return }
        lotIndex.remove(PartitionState.lotHash(level, lots[slot].terms), slot)
        lots.remove(slot)
    }

    /// Takes the tombstone of a shipped lot.
    public mutating func restoreRemoved(shipped orderLine: Hash128, sku key: Key, lot: Key) {
        let sku = findSKU(key)
        let slot = findShippedLot(sku, orderLine, findLotTerms(sku, lot))
        guard slot >= 0 else { return }
        shippedLotIndex.remove(PartitionState.shippedHash(sku, orderLine), slot)
        shippedLots.remove(slot)
    }

    // MARK: The end of the state topic's part

    mutating func finishLot(_ slot: Int32, _ finish: inout RestoreFinish) {
        let lot = lots[slot]
        finish.count(lot.sku, lot.status.writtenHash)
        linkLot(slot)
        self[extras: lot.level].lotCover += promisable(lot) - lot.quantities.sellable
        if lot.quantities.sellable > 0 { schedule(lot: slot) }
    }

    mutating func finishShippedLot(_ slot: Int32, _ finish: inout RestoreFinish) {
        finish.count(shippedLots[slot].sku, shippedLots[slot].status.writtenHash)
        lotTerms[shippedLots[slot].terms].references += 1
    }

    /// Terms that nothing refers to were taken by a tombstone; those that something refers to need a record of their own.
    mutating func finishLotTerms(_ slot: Int32, _ finish: inout RestoreFinish) throws(RestoreError) {
        let terms = lotTerms[slot]
        if terms.status.writtenHash != 0 { return finish.count(terms.sku, terms.status.writtenHash) }
        if terms.references > 0 { throw .orphan(sku: skus[terms.sku].key) }
        lotTermsIndex.remove(PartitionState.hash(terms.sku, terms.lot), slot)
        lotTerms.remove(slot)
        skus[terms.sku].lotCount -= 1
    }
}
