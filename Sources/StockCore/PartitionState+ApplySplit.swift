// Apply: promises over several locations. Each part is changed by `changePart`; a level's alerts see the sum of what a fact does there.

extension Fact {
    /// Its location, or that of its first part.
    @inline(__always) var firstLocation: Key { isSplit ? items[0].location : location }
}

extension PartitionState {
    /// Puts a new hold into the state: into its SKU's counts, the index and the timers.
    mutating func open(_ hold: HoldRecord) -> Int32 {
        let slot = holds.insert(hold)
        holdIndex.insert(PartitionState.hash(hold.sku, hold.id), slot)
        skus[hold.sku].openHolds += 1
        anchors.openHolds += 1
        // One over several locations has its parts added later.
        changeOwned(hold.sku, hold.owner, by: hold.quantity, holds: 1)
        markDirty(.hold, slot, of: hold.sku)
        link(hold: slot)
        schedule(hold: slot)
        return slot
    }

    /// Puts a new commitment into the state: into its SKU's counts and the index.
    mutating func open(_ owed: CommitmentRecord) -> Int32 {
        let slot = commitments.insert(owed)
        commitmentIndex.insert(PartitionState.hash(owed.sku, owed.orderLine), slot)
        skus[owed.sku].openCommitments += 1
        anchors.openCommitments += 1
        markDirty(.commitment, slot, of: owed.sku)
        link(line: slot)
        schedule(line: slot)
        return slot
    }

    /// A hold that is over several locations now, or was before.
    mutating func applySplitHold(_ fact: inout Fact, _ own: Int32, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        var slot = own
        if slot >= 0 {
            withdraw(RecordReference(kind: .hold, slot: slot))
            changeOwned(sku, holds[slot].owner, by: 0, holds: -1)
            if !fact.document.isEmpty { holds[slot].owner = OwnerRecord.hash(fact.document) }
            changeOwned(sku, holds[slot].owner, by: 0, holds: 1)
        } else {
            var hold = HoldRecord()
            hold.sku = sku
            hold.level = findLevel(sku, fact.firstLocation)
            hold.id = fact.hold
            hold.placedAtMilliseconds = fact.timeMilliseconds
            hold.expiresAtMilliseconds = fact.expiresAtMilliseconds
            hold.owner = OwnerRecord.hash(fact.document)
            guard hold.level >= 0 else { return nil }
            slot = open(hold)
        }
        holds[slot].quantity = fact.quantity
        holds[slot].minExpiryMilliseconds = fact.minExpiryMilliseconds
        let promise = RecordReference(kind: .hold, slot: slot)
        guard forEachPart(of: fact, sku, { $0.changePart(of: promise, at: $1, by: $2) }) else { return nil }
        refreshTouched(&transitions)
        return findLevel(sku, fact.location)
    }

    /// An order line over several locations, or of one part of a hold that is. `own` is the hold; -1: there is none.
    mutating func applySplitCommit(_ fact: inout Fact, _ own: Int32, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        var owed = CommitmentRecord()
        owed.sku = sku
        owed.level = findLevel(sku, fact.firstLocation)
        owed.orderLine = fact.orderLine
        owed.ordered = fact.quantity
        owed.source = fact.hold.isEmpty ? 0 : fact.hold.hash64 | 1
        owed.committedAtMilliseconds = fact.timeMilliseconds
        owed.expiresAtMilliseconds = fact.expiresAtMilliseconds
        owed.minExpiryMilliseconds = own >= 0 ? holds[own].minExpiryMilliseconds : fact.minExpiryMilliseconds
        guard owed.level >= 0 else { return nil }
        let line = RecordReference(kind: .commitment, slot: open(owed))
        let hold = RecordReference(kind: .hold, slot: own)
        let isWhole = forEachPart(of: fact, sku) { state, level, quantity in
            if own >= 0 { state.changePart(of: hold, at: level, by: -quantity) }
            state.changePart(of: line, at: level, by: quantity)
        }
        guard isWhole else { return nil }
        if own >= 0 && fact.rest == .release { withdraw(hold) }
        refreshTouched(&transitions)
        if own >= 0 && holds[own].remaining == 0 { endHold(own, .committed, &fact) }
        return findLevel(sku, fact.location)
    }

    /// Parts of a hold or an order line are given back.
    mutating func applySplitRelease(
        _ fact: inout Fact, _ promise: RecordReference, _ sku: Int32, _ transitions: inout TransitionBuffer
    ) -> Int32? {
        guard forEachPart(of: fact, sku, { $0.changePart(of: promise, at: $1, by: -$2) }) else { return nil }
        refreshTouched(&transitions)
        if promise.kind == .hold {
            if holds[promise.slot].remaining == 0 { endHold(promise.slot, .released, &fact) }
        } else {
            commitments[promise.slot].canceled += fact.quantity
            endCommitmentIfDone(promise.slot, &fact)
        }
        return findLevel(sku, fact.location)
    }

    /// The units of a sale leave several locations. False: the state lacks what the fact names.
    mutating func bookSplitSale(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Bool {
        let line = PartitionState.closedID(.orderLine, fact.orderLine)
        // Before any lot is booked out: one that has nothing left anywhere is forgotten.
        for item in fact.items where item.kind == .main {
            guard changeShipped(sku, line, item.id, shipped: item.quantity, returned: 0) else { return false }
        }
        for item in fact.items {
            let level = findLevel(sku, item.location)
            guard level >= 0 else { return false }
            touch(level)
            if item.kind == .part { _ = noteSold(&fact, item.quantity, at: level) }
            if item.kind == .part && isLotTracked(sku) {
                levels[level].balances.sellable -= item.quantity
            } else if item.kind == .part {
                shift(level, .sellable, by: -item.quantity, &fact, isAbsorbed: false)
            } else if !changeLot(&fact, item.id, level, .sellable, by: -item.quantity) {
                return false
            }
        }
        refreshTouched(&transitions)
        return true
    }

    /// The parts of a split hold as items of the fact that ends it; its own record's is there.
    func addParts(of hold: HoldRecord, into fact: inout Fact) {
        var slot = hold.firstPart
        while slot >= 0 {
            fact.addPart(location(of: promiseParts[slot].level), promiseParts[slot].quantity)
            fact.items[fact.items.count - 1].id = hold.id
            slot = promiseParts[slot].next
        }
    }
}
