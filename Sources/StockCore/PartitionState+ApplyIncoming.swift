// Apply: what is expected, and corrections of what was received.

extension PartitionState {
    mutating func applyExpect(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findOrInsertLevel(sku, fact.location)
        let open = findDocument(sku, .incoming, fact.counterpart)
        if open >= 0 {
            let before = documents[open].level
            addIncoming(-documents[open].open, before, &transitions)
            documents[open].level = level
            documents[open].total = fact.total
            markDirty(.incoming, open, of: sku)
            addIncoming(documents[open].open, level, &transitions)
            if documents[open].open == 0 { endIncoming(open, &fact) }
            return level
        }
        let done = findClosed(sku, PartitionState.closedID(.incoming, fact.counterpart))
        var arrived: Int64 = 0
        if done >= 0 {
            arrived = closed[done].shipped
            if fact.total <= arrived {
                closed[done].quantity = fact.total
                renewClosed(done, at: fact.timeMilliseconds)
                addIncoming(0, level, &transitions)
                return level
            }
            removeClosed(done)
        }
        let slot = openIncoming(fact.counterpart, total: fact.total, arrived: arrived, sku, level)
        addIncoming(documents[slot].open, level, &transitions)
        if documents[slot].open == 0 { endIncoming(slot, &fact) }
        return level
    }

    mutating func applyReceiveCorrect(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findLevel(sku, fact.location)
        let receipt = findClosed(sku, PartitionState.closedID(.receipt, fact.document, fact.line, serial: fact.serial))
        guard level >= 0, receipt >= 0 else { return nil }
        let was = levels[level].balances
        guard book(&fact, level, abs(fact.quantity), fact.quantity.signum()) else { return nil }
        skus[sku].supplier &-= fact.quantity
        refresh(level, was: was, &transitions)
        closed[receipt].quantity = fact.total
        renewClosed(receipt, at: fact.timeMilliseconds)
        let isTakenBack = fact.serials.isEmpty ? fact.total == 0 : fact.quantity < 0
        if isTakenBack { forgetSerials(&fact, sku) } else { bookSerialArrival(&fact, sku) }
        if !fact.counterpart.isEmpty { arrive(fact.quantity, &fact, sku, &transitions) }
        return level
    }

    /// Books what has arrived of an incoming line, or was said to have arrived in error (`quantity` below 0): what is open then is
    /// expected where the receipt was. A line that was forgotten since leaves nothing to book.
    mutating func arrive(_ quantity: Int64, _ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) {
        let open = findDocument(sku, .incoming, fact.counterpart)
        if open >= 0 {
            let level = documents[open].level
            let before = documents[open].open
            documents[open].arrived = max(0, documents[open].arrived + quantity)
            markDirty(.incoming, open, of: sku)
            addIncoming(documents[open].open - before, level, &transitions)
            if documents[open].open == 0 { endIncoming(open, &fact) }
            return
        }
        let done = findClosed(sku, PartitionState.closedID(.incoming, fact.counterpart))
        guard done >= 0 else { return }
        let total = closed[done].quantity
        let arrived = max(0, closed[done].shipped + quantity)
        if arrived >= total {
            closed[done].shipped = arrived
            return renewClosed(done, at: fact.timeMilliseconds)
        }
        removeClosed(done)
        let level = findOrInsertLevel(sku, fact.location)
        let slot = openIncoming(fact.counterpart, total: total, arrived: arrived, sku, level)
        addIncoming(documents[slot].open, level, &transitions)
    }

    private mutating func addIncoming(_ quantity: Int64, _ level: Int32, _ transitions: inout TransitionBuffer) {
        let was = levels[level].balances
        levels[level].balances.incoming += quantity
        refresh(level, was: was, &transitions)
    }

    private mutating func openIncoming(_ id: Key, total: Int64, arrived: Int64, _ sku: Int32, _ level: Int32) -> Int32 {
        var record = DocumentRecord()
        record.sku = sku
        record.level = level
        record.kind = .incoming
        record.id = id
        record.total = total
        record.arrived = arrived
        let slot = documents.insert(record)
        documentIndex.insert(PartitionState.documentHash(sku, .incoming, id), slot)
        skus[sku].openDocuments += 1
        markDirty(.incoming, slot, of: sku)
        return slot
    }

    private mutating func endIncoming(_ slot: Int32, _ fact: inout Fact) {
        let document = documents[slot]
        removeDocument(slot)
        var record = ClosedRecord()
        record.id = PartitionState.closedID(.incoming, document.id)
        record.kind = .incoming
        record.quantity = document.total
        record.shipped = document.arrived
        close(record, document.sku, at: fact.timeMilliseconds)
    }

    /// Takes a document away; it waits for its tombstone.
    mutating func removeDocument(_ slot: Int32) {
        let document = documents[slot]
        documentIndex.remove(PartitionState.documentHash(document.sku, document.kind, document.id), slot)
        skus[document.sku].openDocuments -= 1
        documents[slot].status.isDead = true
        markDirty(document.kind, slot, of: document.sku)
    }

    /// Checks what is expected at each level and in transit to it against the open documents, the numbers of documents, and the counts of
    /// levels. O(all records).
    func checkDocuments() -> BrokenIdentity? {
        var incoming = [Int64](repeating: 0, count: Int(levels.slotBound))
        var inTransit = incoming
        var open = [Int32](repeating: 0, count: Int(skus.slotBound))
        var broken: BrokenIdentity?
        forEachDocument { slot in
            let document = documents[slot]
            open[Int(document.sku)] += 1
            if document.kind == .transfer {
                if !isTransferWhole(document) {
                    broken = .inTransit(sku: skus[document.sku].key, location: location(of: document.toLevel))
                }
                inTransit[Int(document.toLevel)] += document.open
            } else {
                incoming[Int(document.level)] += document.open
            }
            let isWhole = document.open > 0 && document.arrived >= 0 && document.rejected >= 0
            if !isWhole { broken = .counts(sku: skus[document.sku].key) }
        }
        forEachSKU { sku in
            if open[Int(sku)] != skus[sku].openDocuments { broken = .counts(sku: skus[sku].key) }
            forEachLevel(of: sku) { level in
                if levels[level].balances.inTransit != inTransit[Int(level)] {
                    broken = .inTransit(sku: skus[sku].key, location: location(of: level))
                }
                if levels[level].balances.incoming != incoming[Int(level)] {
                    broken = .incoming(sku: skus[sku].key, location: location(of: level))
                }
            }
        }
        for slot in 0..<counts.slotBound where counts.isLive(slot) {
            let count = counts[slot]
            let isRight = self[extras: count.level].count == slot && (!count.id.isEmpty || count.counted == 0)
            if !isRight { broken = .counts(sku: skus[count.sku].key) }
        }
        return broken
    }
}
