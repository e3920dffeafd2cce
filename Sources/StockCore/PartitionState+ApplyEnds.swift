// Apply: how promises end, what is remembered of what has ended, and for how long.

extension PartitionState {
    mutating func applyForget(_ fact: inout Fact, _ sku: Int32) -> Int32? {
        for item in fact.items {
            let slot = findClosed(sku, item.closed)
            guard slot >= 0 else { return nil }
            let record = closed[slot]
            if item.quantity > 0 {
                forgetCountedLots(record, most: Int(item.quantity))
                forgetShippedLots(sku, record.id, most: Int(item.quantity))
                continue
            }
            if record.kind == .count { forgetCountedLots(record, most: Int.max) }
            if record.kind == .orderLine || record.kind == .shipment { forgetShippedLots(sku, record.id) }
            removeClosed(slot)
        }
        return -1
    }

    // MARK: Ends

    /// Takes a closed record away; it waits for its tombstone.
    mutating func removeClosed(_ slot: Int32) {
        let record = closed[slot]
        unlinkClosed(slot)
        closedIndex.remove(PartitionState.hash(record.sku, closed: record.id.low), slot)
        closed[slot].status.isDead = true
        markDirty(.closed, slot, of: record.sku)
    }

    /// A closed record that has changed is as young as a new one.
    mutating func renewClosed(_ slot: Int32, at timeMilliseconds: Int64) {
        unlinkClosed(slot)
        closed[slot].closedAtMilliseconds = timeMilliseconds
        linkClosed(slot)
        markDirty(.closed, slot, of: closed[slot].sku)
    }

    mutating func close(_ record: ClosedRecord, _ sku: Int32, at timeMilliseconds: Int64) {
        var record = record
        record.sku = sku
        record.closedAtMilliseconds = timeMilliseconds
        let slot = closed.insert(record)
        closedIndex.insert(PartitionState.hash(sku, closed: record.id.low), slot)
        linkClosed(slot)
        markDirty(.closed, slot, of: sku)
    }

    mutating func endHold(_ slot: Int32, _ outcome: ClosedOutcome, _ fact: inout Fact) {
        let hold = holds[slot]
        changeOwned(hold.sku, hold.owner, by: -(hold.remaining + waiting(of: hold)), holds: -1)
        if hold.waiter >= 0 { takeFromWaiter(hold.waiter, waiters[hold.waiter].quantity) }
        holdIndex.remove(PartitionState.hash(hold.sku, hold.id), slot)
        skus[hold.sku].openHolds -= 1
        anchors.openHolds -= 1
        unlink(hold: slot)
        // It waits in its SKU's list for its tombstone; the next checkpoint frees it.
        holds[slot].status.isDead = true
        markDirty(.hold, slot, of: hold.sku)
        var record = ClosedRecord()
        record.id = PartitionState.closedID(.hold, hold.id)
        record.kind = .hold
        record.outcome = outcome
        record.quantity = hold.quantity
        close(record, hold.sku, at: fact.timeMilliseconds)
    }

    mutating func endCommitmentIfDone(_ slot: Int32, _ fact: inout Fact, _ outcome: ClosedOutcome = .done) {
        let owed = commitments[slot]
        guard owed.open == 0 && owed.waiter < 0 && owed.inTransit == 0 else { return }
        assert(owed.ordered == owed.shipped + owed.canceled, "I5: an order line's parts must sum to what was ordered")
        commitmentIndex.remove(PartitionState.hash(owed.sku, owed.orderLine), slot)
        skus[owed.sku].openCommitments -= 1
        anchors.openCommitments -= 1
        unlink(line: slot)
        commitments[slot].status.isDead = true
        markDirty(.commitment, slot, of: owed.sku)
        var record = ClosedRecord()
        record.id = PartitionState.closedID(.orderLine, owed.orderLine)
        record.kind = .orderLine
        record.outcome = outcome
        record.quantity = owed.ordered
        record.shipped = owed.shipped
        record.returned = owed.returned
        record.cores = owed.cores
        record.content = PartitionState.commitContent(source: owed.source, location: location(of: owed.level))
        close(record, owed.sku, at: fact.timeMilliseconds)
    }
}
