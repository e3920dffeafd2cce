// Apply, kind by kind. Each returns the level that the fact is about, -1 for none, nil where the state lacks a record that the fact names.

extension PartitionState {
    mutating func applyDefine(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let terms = fact.policy
        if !fact.location.isEmpty {
            let level = findOrInsertLevel(sku, fact.location)
            if terms.safetyStock != Policy.absent { self[extras: level].safetyStock = terms.safetyStock }
            if terms.reorderPoint != Policy.absent { self[extras: level].reorderPoint = terms.reorderPoint }
            if terms.reorderHysteresis != Policy.absent { self[extras: level].reorderHysteresis = terms.reorderHysteresis }
            if !fact.document.isEmpty { applyZone(fact.document, sku, level: level) }
            if !fact.document.isEmpty { renewLife(of: level) }
            refresh(level, was: levels[level].balances, &transitions)
            return level
        }
        if !fact.counterpart.isEmpty { return applyChannel(&fact, sku) ? -1 : nil }
        if !fact.unit.name.isEmpty { applyUnit(&fact, sku) }
        if !fact.document.isEmpty { applyZone(fact.document, sku, level: -1) }
        skus[sku].policy.merge(terms)
        if terms.expiryAlertDays != Policy.absent { rescheduleReports(of: sku) }
        if terms.velocity == 0 { endVelocity(of: sku) }
        schedulePreorders(of: sku)
        let isOtherLife = terms.minShelfLifeDays != Policy.absent || !fact.document.isEmpty
        // A SKU's term reaches every location that has none of its own.
        var slot = skus[sku].firstLevel
        while slot >= 0 {
            let level = levels[slot]
            if isOtherLife { renewLife(of: slot) }
            refresh(slot, was: level.balances, &transitions)
            slot = level.next
        }
        return -1
    }

    mutating func applyReceive(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findOrInsertLevel(sku, fact.location)
        let was = levels[level].balances
        guard book(&fact, level, fact.quantity, 1) else { return nil }
        skus[sku].supplier &-= fact.quantity
        refresh(level, was: was, &transitions)
        if !fact.counterpart.isEmpty { arrive(fact.quantity, &fact, sku, &transitions) }
        let id = PartitionState.closedID(.receipt, fact.document, fact.line, serial: fact.serial)
        let before = findClosed(sku, id)
        if before >= 0 {
            closed[before].quantity = fact.total
            renewClosed(before, at: fact.timeMilliseconds)
        } else {
            var record = ClosedRecord()
            record.id = id
            record.kind = .receipt
            record.quantity = fact.total
            record.content = PartitionState.receiptContent(fact.location, fact.disposition, fact.counterpart, fact.lot)
            close(record, sku, at: fact.timeMilliseconds)
        }
        bookSerialArrival(&fact, sku)
        return level
    }

    mutating func applyAdjust(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findOrInsertLevel(sku, fact.location)
        let was = levels[level].balances
        guard book(&fact, level, abs(fact.quantity), fact.quantity.signum()) else { return nil }
        skus[sku].lossGain &-= fact.quantity
        refresh(level, was: was, &transitions)
        return level
    }

    mutating func applyMove(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findLevel(sku, fact.location)
        guard level >= 0 else { return nil }
        let was = levels[level].balances
        if isLotTracked(sku) {
            guard moveLots(&fact, level) else { return nil }
        } else {
            shift(level, fact.disposition, by: -fact.quantity, &fact, isAbsorbed: fact.isAbsorbed)
            shift(level, fact.toDisposition, by: fact.quantity, &fact, isAbsorbed: fact.isAbsorbedTo)
        }
        refresh(level, was: was, &transitions)
        return level
    }

    mutating func applyHold(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let own = findHold(sku, fact.hold)
        if fact.isSplit || own >= 0 && holds[own].firstPart >= 0 { return applySplitHold(&fact, own, sku, &transitions) }
        let level = fact.wait.quantity > 0 ? findOrInsertLevel(sku, fact.location) : findLevel(sku, fact.location)
        guard level >= 0 else { return nil }
        let shortfall = levels[level].balances.shortfall
        if own >= 0 {
            let before = holds[own]
            changeOwned(sku, before.owner, by: -before.remaining, holds: -1)
            if !fact.document.isEmpty { holds[own].owner = OwnerRecord.hash(fact.document) }
            changeOwned(sku, holds[own].owner, by: fact.quantity, holds: 1)
            changeDemand(before.level, before.minExpiryMilliseconds, by: -before.remaining)
            changeDemand(level, fact.minExpiryMilliseconds, by: fact.quantity)
            if before.level != level {
                let was = levels[before.level].balances
                levels[before.level].balances.held -= before.remaining
                refresh(before.level, was: was, &transitions)
            }
            let was = levels[level].balances
            levels[level].balances.held += fact.quantity - (before.level == level ? before.remaining : 0)
            holds[own].level = level
            holds[own].quantity = fact.quantity
            holds[own].remaining = fact.quantity
            holds[own].minExpiryMilliseconds = fact.minExpiryMilliseconds
            markDirty(.hold, own, of: sku)
            refresh(level, was: was, &transitions)
        } else {
            var hold = HoldRecord()
            hold.sku = sku
            hold.level = level
            hold.id = fact.hold
            hold.quantity = fact.quantity
            hold.remaining = fact.quantity - fact.wait.quantity
            hold.placedAtMilliseconds = fact.timeMilliseconds
            hold.expiresAtMilliseconds = fact.expiresAtMilliseconds
            hold.minExpiryMilliseconds = fact.minExpiryMilliseconds
            hold.owner = OwnerRecord.hash(fact.document)
            changeDemand(level, fact.minExpiryMilliseconds, by: hold.remaining)
            let slot = open(hold)
            let was = levels[level].balances
            levels[level].balances.held += hold.remaining
            if fact.wait.quantity > 0 { placeWaiter(ofHold: slot, &fact) }
            refresh(level, was: was, &transitions)
        }
        assert(levels[level].balances.shortfall <= shortfall || skus[sku].policy.oversellLimit >= 0, "no promise raises the shortfall")
        return level
    }

    mutating func applyExtend(_ fact: inout Fact, _ sku: Int32) -> Int32? {
        let own = findHold(sku, fact.hold)
        guard own >= 0 else { return nil }
        if holds[own].expiresAtMilliseconds != fact.expiresAtMilliseconds {
            holds[own].expiresAtMilliseconds = fact.expiresAtMilliseconds
            schedule(hold: own)
        }
        markDirty(.hold, own, of: sku)
        return fact.location.isEmpty ? -1 : holds[own].level
    }

    mutating func applyCommit(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level: Int32
        var fromHold: Int64 = 0
        var emptied: Int32 = -1
        var minExpiry = fact.minExpiryMilliseconds
        if fact.hold.isEmpty {
            if fact.isSplit { return applySplitCommit(&fact, -1, sku, &transitions) }
            level = fact.wait.quantity > 0 ? findOrInsertLevel(sku, fact.location) : findLevel(sku, fact.location)
            guard level >= 0 else { return nil }
        } else {
            let own = findHold(sku, fact.hold)
            guard own >= 0 else { return nil }
            if holds[own].firstPart >= 0 { return applySplitCommit(&fact, own, sku, &transitions) }
            level = holds[own].level
            fromHold = fact.rest == .release ? holds[own].remaining : fact.quantity
            holds[own].remaining -= fromHold
            changeOwned(sku, holds[own].owner, by: -fromHold)
            minExpiry = holds[own].minExpiryMilliseconds
            changeDemand(level, minExpiry, by: -fromHold)
            markDirty(.hold, own, of: sku)
            if holds[own].remaining == 0 { emptied = own }
        }
        let shortfall = levels[level].balances.shortfall
        var owed = CommitmentRecord()
        owed.sku = sku
        owed.level = level
        owed.orderLine = fact.orderLine
        owed.ordered = fact.quantity
        owed.open = fact.quantity - fact.wait.quantity
        owed.source = fact.hold.isEmpty ? 0 : fact.hold.hash64 | 1
        owed.committedAtMilliseconds = fact.timeMilliseconds
        owed.minExpiryMilliseconds = minExpiry
        owed.expiresAtMilliseconds = fact.expiresAtMilliseconds
        changeDemand(level, minExpiry, by: owed.open)
        let slot = open(owed)
        let was = levels[level].balances
        levels[level].balances.held -= fromHold
        levels[level].balances.committed += owed.open
        if fact.wait.quantity > 0 { placeWaiter(of: slot, &fact) }
        refresh(level, was: was, &transitions)
        if fact.wait.isPreorder { schedulePreorders(of: sku) }
        if emptied >= 0 { endHold(emptied, .committed, &fact) }
        assert(levels[level].balances.shortfall <= shortfall || skus[sku].policy.oversellLimit >= 0, "no promise raises the shortfall")
        return level
    }

    mutating func applyRelease(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        if !fact.hold.isEmpty {
            let own = findHold(sku, fact.hold)
            guard own >= 0 else { return nil }
            if holds[own].firstPart >= 0 { return applySplitRelease(&fact, RecordReference(kind: .hold, slot: own), sku, &transitions) }
            let level = holds[own].level
            let was = levels[level].balances
            let held = fact.quantity - fact.wait.quantity
            if fact.wait.quantity > 0 { takeFromWaiter(holds[own].waiter, fact.wait.quantity) }
            holds[own].remaining -= held
            changeOwned(sku, holds[own].owner, by: -fact.quantity)
            changeDemand(level, holds[own].minExpiryMilliseconds, by: -held)
            levels[level].balances.held -= held
            markDirty(.hold, own, of: sku)
            refresh(level, was: was, &transitions)
            if holds[own].remaining == 0 && holds[own].waiter < 0 { endHold(own, .released, &fact) }
            return level
        }
        let line = findCommitment(sku, fact.orderLine)
        guard line >= 0 else { return nil }
        if commitments[line].firstPart >= 0 {
            return applySplitRelease(&fact, RecordReference(kind: .commitment, slot: line), sku, &transitions)
        }
        let level = commitments[line].level
        let was = levels[level].balances
        if fact.wait.quantity > 0 { takeFromWaiter(commitments[line].waiter, fact.wait.quantity) }
        takePromised(line, fact.quantity - fact.wait.quantity)
        commitments[line].canceled += fact.quantity
        markDirty(.commitment, line, of: sku)
        refresh(level, was: was, &transitions)
        endCommitmentIfDone(line, &fact)
        return level
    }

    mutating func applyShip(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let line = findCommitment(sku, fact.orderLine)
        let isSplit = line >= 0 && commitments[line].firstPart >= 0
        let level = line < 0 ? -1 : isSplit ? findLevel(sku, fact.location) : commitments[line].level
        guard level >= 0 else { return nil }
        let was = levels[level].balances
        guard bookShipped(&fact, sku), book(&fact, level, fact.quantity, -1) else { return nil }
        if isSplit {
            changePartRecord(of: RecordReference(kind: .commitment, slot: line), at: level, by: -fact.quantity)
        } else {
            commitments[line].open -= fact.quantity
        }
        commitments[line].shipped += fact.quantity
        // What leaves is paid for, or nobody asks any more.
        commitments[line].expiresAtMilliseconds = 0
        changeDemand(level, commitments[line].minExpiryMilliseconds, by: -fact.quantity)
        levels[level].balances.committed -= fact.quantity
        skus[sku].customer &+= fact.quantity
        markDirty(.commitment, line, of: sku)
        refresh(level, was: was, &transitions)
        var record = ClosedRecord()
        record.id = PartitionState.closedID(.shipment, fact.document, fact.orderLine, serial: fact.serial)
        record.kind = .shipment
        record.quantity = fact.quantity
        // From where, for the case that it is taken back, and on which day it was counted as sold.
        record.content = location(of: level).hash64
        record.shipped = noteSold(&fact, fact.quantity, at: level)
        record.returned = PartitionState.hash(ofSerials: fact.serials)
        close(record, sku, at: fact.timeMilliseconds)
        bookSerialDeparture(&fact, sku)
        endCommitmentIfDone(line, &fact)
        return level
    }

    mutating func applySale(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        var level: Int32 = -1
        if fact.isSplit {
            guard bookSplitSale(&fact, sku, &transitions) else { return nil }
        } else {
            level = findOrInsertLevel(sku, fact.location)
            let was = levels[level].balances
            guard bookShipped(&fact, sku), book(&fact, level, fact.quantity, -1) else { return nil }
            refresh(level, was: was, &transitions)
            _ = noteSold(&fact, fact.quantity, at: level)
        }
        skus[sku].customer &+= fact.quantity
        var record = ClosedRecord()
        record.id = PartitionState.closedID(.orderLine, fact.orderLine)
        record.kind = .orderLine
        record.outcome = .sold
        record.quantity = fact.quantity
        record.shipped = fact.quantity
        record.content = PartitionState.saleContent(fact.firstLocation, fact.lot, PartitionState.serialContent(fact))
        close(record, sku, at: fact.timeMilliseconds)
        bookSerialDeparture(&fact, sku)
        return level
    }

    mutating func applyReturn(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findOrInsertLevel(sku, fact.location)
        let was = levels[level].balances
        guard book(&fact, level, fact.quantity, 1) else { return nil }
        skus[sku].customer &-= fact.quantity
        refresh(level, was: was, &transitions)
        if !fact.isUnverified {
            guard bookReturned(&fact, sku) else { return nil }
            guard noteReturned(&fact, sku) else { return nil }
        }
        var record = ClosedRecord()
        record.id = PartitionState.closedID(.return, fact.document)
        record.kind = .return
        record.quantity = fact.quantity
        record.content = PartitionState.returnContent(
            fact.orderLine, fact.location, fact.lot, PartitionState.serialContent(fact))
        close(record, sku, at: fact.timeMilliseconds)
        bookSerialReturn(&fact, sku)
        return level
    }

    mutating func applyExpire(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        // Items of one location stand together, so that each level's alerts see the sum.
        var level: Int32 = -1
        var was = Balances()
        for item in fact.items {
            let own = findHold(sku, item.id)
            guard own >= 0 else { return nil }
            let isSplit = holds[own].firstPart >= 0
            let place = isSplit ? findLevel(sku, item.location) : holds[own].level
            let promise = RecordReference(kind: .hold, slot: own)
            let quantity = isSplit ? units(of: promise, at: place) : holds[own].remaining
            guard place >= 0, quantity == item.quantity else { return nil }
            if place != level {
                if level >= 0 { refresh(level, was: was, &transitions) }
                level = place
                was = levels[level].balances
            }
            levels[level].balances.held -= item.quantity
            changeDemand(level, holds[own].minExpiryMilliseconds, by: -item.quantity)
            if isSplit {
                changePartRecord(of: promise, at: level, by: -item.quantity)
                changeOwned(sku, holds[own].owner, by: -item.quantity)
                continue
            }
            endHold(own, .expired, &fact)
        }
        if level >= 0 { refresh(level, was: was, &transitions) }
        return -1
    }
}
