// Restore and invariants of promises over several locations. Parts may come before their promise, so an index finds them until the end.

extension PartitionState {
    private func findRestoredPart(_ id: Key, isHold: Bool, at level: Int32) -> Int32 {
        partIndex.find(PartitionState.hash(level, id)) {
            let other = promiseParts[$0]
            return other.level == level && other.isHold == isHold && other.id == id
        }
    }

    /// Takes a part of a hold or an order line.
    public mutating func restore(part: PartRecord, sku key: Key, location: Key, hash: UInt64) {
        var record = part
        record.sku = findOrInsertSKU(key)
        record.level = findOrInsertLevel(record.sku, location)
        record.next = -1
        record.status = RecordStatus()
        record.status.writtenHash = hash
        let found = findRestoredPart(record.id, isHold: record.isHold, at: record.level)
        if found >= 0 {
            promiseParts[found] = record
        } else {
            partIndex.insert(PartitionState.hash(record.level, record.id), promiseParts.insert(record))
        }
    }

    /// Takes the tombstone of a part.
    public mutating func restoreRemoved(part id: Key, isHold: Bool, sku key: Key, location: Key) {
        let level = findLevel(findSKU(key), location)
        guard level >= 0, case let slot = findRestoredPart(id, isHold: isHold, at: level), slot >= 0 else { return }
        partIndex.remove(PartitionState.hash(level, id), slot)
        promiseParts.remove(slot)
    }

    /// Puts a part into the list of its promise, which is there by now.
    mutating func finishPart(_ slot: Int32, _ finish: inout RestoreFinish) throws(RestoreError) {
        let record = promiseParts[slot]
        finish.count(record.sku, record.status.writtenHash)
        partIndex.remove(PartitionState.hash(record.level, record.id), slot)
        let owner = record.isHold ? findHold(record.sku, record.id) : findCommitment(record.sku, record.id)
        if owner < 0 { throw .orphan(sku: skus[record.sku].key) }
        let life = record.isHold ? holds[owner].minExpiryMilliseconds : commitments[owner].minExpiryMilliseconds
        changeDemand(record.level, life, by: record.quantity)
        if record.isHold { changeOwned(record.sku, holds[owner].owner, by: record.quantity) }
        var before: Int32 = -1
        var after = record.isHold ? holds[owner].firstPart : commitments[owner].firstPart
        while after >= 0, location(of: promiseParts[after].level) < location(of: record.level) {
            before = after
            after = promiseParts[after].next
        }
        promiseParts[slot].next = after
        if before >= 0 {
            promiseParts[before].next = slot
        } else if record.isHold {
            holds[owner].firstPart = slot
        } else {
            commitments[owner].firstPart = slot
        }
    }

    // MARK: Invariants

    /// Whether every part stands in the list of its promise, by location, and has units; what has parts has units of its own and waits for
    /// none. O(all records).
    func checkParts() -> BrokenIdentity? {
        var found = 0
        var broken: BrokenIdentity?
        func look(_ id: Key, isHold: Bool, _ own: (level: Int32, quantity: Int64, waiter: Int32), _ first: Int32) {
            guard first >= 0 else { return }
            var slot = first
            var last = Key()
            while slot >= 0, found <= promiseParts.count {
                let part = promiseParts[slot]
                let location = location(of: part.level)
                let isOwn = part.id == id && part.isHold == isHold && part.sku == levels[own.level].sku && !part.status.isDead
                let isRight = isOwn && part.quantity > 0 && part.level != own.level && (last.isEmpty || last < location)
                if !isRight || own.quantity <= 0 || own.waiter >= 0 { broken = .promises(sku: skus[part.sku].key, location: location) }
                (last, slot) = (location, part.next)
                found += 1
            }
        }
        forEachHold { look(holds[$0].id, isHold: true, (holds[$0].level, holds[$0].remaining, holds[$0].waiter), holds[$0].firstPart) }
        forEachCommitment { slot in
            let line = commitments[slot]
            look(line.orderLine, isHold: false, (line.level, line.open, line.waiter), line.firstPart)
        }
        var live = 0
        forEachPartRecord { _ in live += 1 }
        return live == found ? broken : broken ?? .counts(sku: Key())
    }
}
