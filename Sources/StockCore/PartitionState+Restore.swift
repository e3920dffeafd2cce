/// Why a checkpoint can't be trusted.
public enum RestoreError: Error, Equatable, Sendable {
    /// A SKU's records are not those that its header counts.
    case recordsDiffer(sku: Key)
    /// A record names a SKU or a level that has none of its own.
    case orphan(sku: Key)
    /// The sum over all SKUs is not the one in a complete mark.
    case digestDiffers
    /// The id window's blocks leave a hole.
    case idsIncomplete
}

// Restore, step 4 of DESIGN's order: the state topic's records arrive in log order, each overriding the one before it with its key. Records
// of a SKU may come before its header, and holds before their level.

extension PartitionState {
    /// A SKU's records stand together for the most part.
    private mutating func stub(_ sku: Key) -> Int32 {
        if lastRestored >= 0 && skus[lastRestored].key == sku { return lastRestored }
        lastRestored = findOrInsertSKU(sku)
        return lastRestored
    }

    /// Takes a SKU's header.
    public mutating func restore(header: SKURecord, digest: UInt64) {
        let slot = stub(header.key)
        var record = skus[slot]
        record.version = header.version
        record.lastSeq = header.lastSeq
        record.lastTimeMilliseconds = header.lastTimeMilliseconds
        record.policy = header.policy
        record.supplier = header.supplier
        record.customer = header.customer
        record.lossGain = header.lossGain
        record.isOut = header.isOut
        record.hasHadStock = header.hasHadStock
        record.releases = header.releases
        record.writtenRecords = header.writtenRecords
        record.writtenHashSum = header.writtenHashSum
        anchors.digest = anchors.digest &+ digest &- record.writtenDigest
        record.writtenDigest = digest
        skus[slot] = record
    }

    /// Takes a level, with what was sold there.
    public mutating func restore(level: LevelRecord, velocity: VelocityRecord?, sku key: Key, hash: UInt64) {
        let sku = stub(key)
        let slot = findOrInsertLevel(sku, level.location)
        restore(level, into: slot)
        if levels[slot].velocity >= 0 { velocities.remove(levels[slot].velocity) }
        levels[slot].velocity = velocity.map { velocities.insert($0) } ?? -1
        levels[slot].status = RecordStatus()
        levels[slot].status.writtenHash = hash
    }

    /// Takes an open hold, with what it waits for.
    public mutating func restore(hold: HoldRecord, waiter: WaiterRecord?, sku key: Key, location: Key, hash: UInt64) {
        let sku = stub(key)
        var record = hold
        record.sku = sku
        record.level = findOrInsertLevel(sku, location)
        record.status = RecordStatus()
        record.status.writtenHash = hash
        let found = findHold(sku, hold.id)
        (record.waiter, record.firstPart) = (-1, -1)
        var slot = found
        if slot >= 0 {
            if holds[slot].waiter >= 0 { waiters.remove(holds[slot].waiter) }
            holds[slot] = record
        } else {
            slot = holds.insert(record)
            holdIndex.insert(PartitionState.hash(sku, hold.id), slot)
        }
        if let waiter { holds[slot].waiter = insertUnlinked(waiter, owner: slot, isHold: true) }
    }

    /// Its lane is found when all are there.
    private mutating func insertUnlinked(_ waiter: WaiterRecord, owner: Int32, isHold: Bool) -> Int32 {
        var record = waiter
        (record.owner, record.isHold, record.lane, record.previous, record.next) = (owner, isHold, -1, -1, -1)
        return waiters.insert(record)
    }

    /// Takes an open commitment, with what of it waits for stock.
    public mutating func restore(commitment: CommitmentRecord, waiter: WaiterRecord?, sku key: Key, location: Key, hash: UInt64) {
        let sku = stub(key)
        var record = commitment
        record.sku = sku
        record.level = findOrInsertLevel(sku, location)
        record.status = RecordStatus()
        record.status.writtenHash = hash
        let found = findCommitment(sku, commitment.orderLine)
        (record.waiter, record.firstPart) = (-1, -1)
        var slot = found
        if slot >= 0 {
            if commitments[slot].waiter >= 0 { waiters.remove(commitments[slot].waiter) }
            commitments[slot] = record
        } else {
            slot = commitments.insert(record)
            commitmentIndex.insert(PartitionState.hash(sku, commitment.orderLine), slot)
        }
        if let waiter { commitments[slot].waiter = insertUnlinked(waiter, owner: slot, isHold: false) }
    }

    /// Takes a closed record.
    public mutating func restore(closed record: ClosedRecord, sku key: Key, hash: UInt64) {
        let sku = stub(key)
        var record = record
        record.sku = sku
        record.status = RecordStatus()
        record.status.writtenHash = hash
        let found = findClosed(sku, record.id)
        if found >= 0 {
            closed[found] = record
        } else {
            let slot = closed.insert(record)
            closedIndex.insert(PartitionState.hash(sku, closed: record.id.low), slot)
        }
    }

    /// Takes an open document.
    public mutating func restore(document: DocumentRecord, sku key: Key, location: Key, to: Key, hash: UInt64) {
        let sku = stub(key)
        var record = document
        record.sku = sku
        record.level = findOrInsertLevel(sku, location)
        record.toLevel = to.isEmpty ? -1 : findOrInsertLevel(sku, to)
        record.status = RecordStatus()
        record.status.writtenHash = hash
        let found = findDocument(sku, record.kind, record.id)
        if found >= 0 {
            documents[found] = record
        } else {
            let slot = documents.insert(record)
            documentIndex.insert(PartitionState.documentHash(sku, record.kind, record.id), slot)
        }
    }

    /// Takes the count of a level.
    public mutating func restore(count: CountRecord, sku key: Key, location: Key, hash: UInt64) {
        let sku = stub(key)
        let level = findOrInsertLevel(sku, location)
        var record = count
        record.sku = sku
        record.level = level
        (record.firstLot, record.firstCountedLot, record.lotsCountedAtMilliseconds) = (-1, -1, 0)
        record.status = RecordStatus()
        record.status.writtenHash = hash
        let slot = self[extras: level].count
        if slot >= 0 { counts[slot] = record } else { self[extras: level].count = counts.insert(record) }
    }

    /// Takes the tombstone of a document.
    public mutating func restoreRemoved(document id: Key, _ kind: RecordKind, sku key: Key) {
        let sku = findSKU(key)
        let slot = findDocument(sku, kind, id)
        guard slot >= 0 else { return }
        documentIndex.remove(PartitionState.documentHash(sku, kind, id), slot)
        documents.remove(slot)
    }

    /// Takes the tombstone of a hold.
    public mutating func restoreRemoved(hold id: Key, sku key: Key) {
        let sku = findSKU(key)
        let slot = findHold(sku, id)
        guard slot >= 0 else { return }
        holdIndex.remove(PartitionState.hash(sku, id), slot)
        if holds[slot].waiter >= 0 { waiters.remove(holds[slot].waiter) }
        holds.remove(slot)
    }

    /// Takes the tombstone of a commitment.
    public mutating func restoreRemoved(commitment orderLine: Key, sku key: Key) {
        let sku = findSKU(key)
        let slot = findCommitment(sku, orderLine)
        guard slot >= 0 else { return }
        commitmentIndex.remove(PartitionState.hash(sku, orderLine), slot)
        if commitments[slot].waiter >= 0 { waiters.remove(commitments[slot].waiter) }
        commitments.remove(slot)
    }

    /// Takes the tombstone of a closed record.
    public mutating func restoreRemoved(closed id: Hash128, sku key: Key) {
        let sku = findSKU(key)
        let slot = findClosed(sku, id)
        guard slot >= 0 else { return }
        closedIndex.remove(PartitionState.hash(sku, closed: id.low), slot)
        closed.remove(slot)
    }

    /// Starts the id window where the mark says; its entries follow in order.
    public mutating func restoreIDs(from position: Int64, evictedThroughMilliseconds: Int64) {
        ids.restoreStart(at: position, evictedThroughMilliseconds: evictedThroughMilliseconds)
    }

    /// Takes an entry of the id window that the checkpoint has.
    public mutating func restore(id entry: IDEntry) { ids.restoreAppend(entry) }
}
