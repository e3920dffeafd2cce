// Lots: looking up, and the changes that all facts about lots are made of.

extension PartitionState {
    /// Whether every unit of the SKU belongs to a lot.
    public func isLotTracked(_ sku: Int32) -> Bool { sku >= 0 && skus[sku].policy.lotTracked == 1 }

    /// The slot of a lot's terms; -1 where the SKU has no such lot.
    public func findLotTerms(_ sku: Int32, _ lot: Key) -> Int32 {
        guard sku >= 0 else { return -1 }
        return lotTermsIndex.find(PartitionState.hash(sku, lot)) { lotTerms[$0].sku == sku && lotTerms[$0].lot == lot }
    }

    static func lotHash(_ level: Int32, _ terms: Int32) -> UInt64 {
        Key.fold(UInt64(UInt32(bitPattern: level)) << 32 | UInt64(UInt32(bitPattern: terms)), 0x9E37_79B9_7F4A_7C15)
    }

    /// The slot of what a level has of the lot with these terms; -1 where it has nothing.
    public func findLot(_ level: Int32, _ terms: Int32) -> Int32 {
        guard level >= 0, terms >= 0 else { return -1 }
        return lotIndex.find(PartitionState.lotHash(level, terms)) { lots[$0].level == level && lots[$0].terms == terms }
    }

    static func shippedHash(_ sku: Int32, _ orderLine: Hash128) -> UInt64 {
        Key.fold(orderLine.low ^ UInt64(UInt32(bitPattern: sku)), 0x9E37_79B9_7F4A_7C15)
    }

    /// The slot of what has left of a lot for an order line; -1 where nothing has.
    public func findShippedLot(_ sku: Int32, _ orderLine: Hash128, _ terms: Int32) -> Int32 {
        guard sku >= 0, terms >= 0 else { return -1 }
        return shippedLotIndex.find(PartitionState.shippedHash(sku, orderLine)) {
            shippedLots[$0].terms == terms && shippedLots[$0].orderLine == orderLine
        }
    }

    /// Visits the lots that have left for an order line, in no particular order.
    public func forEachShippedLot(_ sku: Int32, _ orderLine: Hash128, _ body: (Int32) -> Void) {
        guard sku >= 0 else { return }
        _ = shippedLotIndex.find(PartitionState.shippedHash(sku, orderLine)) { slot in
            if shippedLots[slot].sku == sku && shippedLots[slot].orderLine == orderLine { body(slot) }
            return false
        }
    }

    /// Visits the lots of a level in the order in which they are picked.
    public func forEachLot(of level: Int32, _ body: (Int32) -> Void) {
        var slot = level >= 0 ? self[extras: level].firstLot : -1
        while slot >= 0 {
            body(slot)
            slot = lots[slot].next
        }
    }

    /// The terms in a slot that `findLotTerms` answered.
    public func lotTerms(_ slot: Int32) -> LotTermsRecord { lotTerms[slot] }
    /// The lot in a slot that `findLot` answered.
    public func lot(_ slot: Int32) -> LotRecord { lots[slot] }
    /// The record in a slot that `findShippedLot` answered.
    public func shippedLot(_ slot: Int32) -> ShippedLotRecord { shippedLots[slot] }

    /// The units of a lot that promises can be met with and that can be picked.
    func promisable(_ lot: LotRecord) -> Int64 { lotTerms[lot.terms].isBlocked ? 0 : max(0, lot.quantities.sellable) }

    /// First expired, first out: by expiry (none last), then by receipt, then by the lot's id.
    func isPickedBefore(_ a: Int32, _ b: Int32) -> Bool {
        let (x, y) = (lots[a], lots[b])
        if x.expiresAtMilliseconds != y.expiresAtMilliseconds { return x.expiresAtMilliseconds < y.expiresAtMilliseconds }
        if x.receivedAtMilliseconds != y.receivedAtMilliseconds { return x.receivedAtMilliseconds < y.receivedAtMilliseconds }
        return lotTerms[x.terms].lot < lotTerms[y.terms].lot
    }

    /// Whether units with this expiry are expired by now.
    func isExpired(_ expiresAtMilliseconds: Int64) -> Bool { expiresAtMilliseconds <= values.logTimeMilliseconds }

    // MARK: Changes

    /// Books a fact's units into a level, and into the lots that the fact names: `quantity` of them, added (1) or taken away (-1).
    /// False: the state lacks a lot that the fact names.
    mutating func book(_ fact: inout Fact, _ level: Int32, _ quantity: Int64, _ sign: Int64) -> Bool {
        guard isLotTracked(levels[level].sku) else {
            shift(level, fact.disposition, by: sign * quantity, &fact, isAbsorbed: fact.isAbsorbed)
            return true
        }
        if fact.items.isEmpty {
            if fact.isAbsorbed { return absorb(&fact, fact.lot, level, fact.disposition, by: sign * quantity) }
            levels[level].balances[fact.disposition] += sign * quantity
            return fact.lot.isEmpty || changeLot(&fact, fact.lot, level, fact.disposition, by: sign * quantity)
        }
        var rest = quantity
        for item in fact.items {
            if !book(item, &fact, level, sign * item.quantity) { return false }
            rest -= item.quantity
        }
        if fact.isAbsorbed { return absorb(&fact, Key(), level, fact.disposition, by: sign * rest) }
        levels[level].balances[fact.disposition] += sign * rest
        return true
    }

    /// Books a lot's units into a level, or, where they were counted since, notes that they were.
    mutating func book(_ item: FactItem, _ fact: inout Fact, _ level: Int32, _ quantity: Int64) -> Bool {
        if item.kind == .absorbed { return absorb(&fact, item.id, level, item.disposition, by: quantity) }
        levels[level].balances[item.disposition] += quantity
        return changeLot(&fact, item.id, level, item.disposition, by: quantity, item.expiresAtMilliseconds)
    }

    /// Moves the units of a fact that moves units between dispositions. False: the state lacks a lot that the fact names.
    mutating func moveLots(_ fact: inout Fact, _ level: Int32) -> Bool {
        if fact.items.isEmpty {
            guard !fact.lot.isEmpty else { return false }
            return moveLot(&fact, fact.lot, level, fact.quantity, isFromAbsorbed: fact.isAbsorbed, isToAbsorbed: fact.isAbsorbedTo)
        }
        for item in fact.items {
            let isFromAbsorbed = item.kind == .absorbed || item.kind == .absorbedBoth
            let isToAbsorbed = item.kind == .absorbedTo || item.kind == .absorbedBoth
            let isMoved = moveLot(
                &fact, item.id, level, item.quantity, isFromAbsorbed: isFromAbsorbed, isToAbsorbed: isToAbsorbed,
                item.expiresAtMilliseconds)
            if !isMoved { return false }
        }
        return true
    }

    private mutating func moveLot(
        _ fact: inout Fact, _ lot: Key, _ level: Int32, _ quantity: Int64, isFromAbsorbed: Bool, isToAbsorbed: Bool, _ expiry: Int64 = 0
    ) -> Bool {
        let (from, to) = (fact.disposition, fact.toDisposition)
        if !isFromAbsorbed { levels[level].balances[from] -= quantity }
        if !isToAbsorbed { levels[level].balances[to] += quantity }
        if !isFromAbsorbed && !isToAbsorbed {
            let slot = findLot(level, findLotTerms(levels[level].sku, lot))
            guard slot >= 0 else { return false }
            rebaseLot(level, lots[slot].terms, from, by: -quantity, &fact)
            rebaseLot(level, lots[slot].terms, to, by: quantity, &fact)
            moveLot(slot, from: from, to: to, quantity)
            return true
        }
        // What is absorbed keeps the lot known, so it comes first.
        if isFromAbsorbed && !absorb(&fact, lot, level, from, by: -quantity) { return false }
        if isToAbsorbed && !absorb(&fact, lot, level, to, by: quantity) { return false }
        if !isFromAbsorbed { return changeLot(&fact, lot, level, from, by: -quantity) }
        return isToAbsorbed || changeLot(&fact, lot, level, to, by: quantity, expiry)
    }

    /// What a closed record remembers of the lot that an event named.
    static func lotContent(_ lot: Key) -> UInt64 { lot.isEmpty ? 0 : lot.hash64 }

    /// Changes what a level has of a lot. `expiry` is the instant from which that is expired there, where the fact's item tells it (or 0).
    mutating func changeLot(
        _ fact: inout Fact, _ name: Key, _ level: Int32, _ disposition: Disposition, by quantity: Int64, _ expiry: Int64 = 0
    ) -> Bool {
        guard quantity != 0 else { return true }
        let sku = levels[level].sku
        // Only a fact that names one lot brings a new one.
        guard quantity > 0 && name == fact.lot || findLotTerms(sku, name) >= 0 else { return false }
        let terms = findOrInsertLotTerms(&fact, name, sku)
        rebaseLot(level, terms, disposition, by: quantity, &fact)
        let found = findLot(level, terms)
        let here = expiry != 0 || name != fact.lot ? expiry : fact.lotExpiresAtMilliseconds
        let slot =
            found >= 0
            ? found : insertLot(level, terms, expiry: here, lifeEnd: fact.minExpiryMilliseconds, fact.timeMilliseconds)
        change(slot) { $0[disposition] += quantity }
        return true
    }

    /// Moves units of a lot between dispositions; its level's balances are the caller's.
    mutating func moveLot(_ slot: Int32, from: Disposition, to: Disposition, _ quantity: Int64) {
        change(slot) {
            $0[from] -= quantity
            $0[to] += quantity
        }
    }

    /// Changes what a level has of a lot, and what follows from it: cover, timer, and the end of the record where nothing is left.
    private mutating func change(_ slot: Int32, _ body: (inout DispositionValues) -> Void) {
        let was = lots[slot]
        body(&lots[slot].quantities)
        let now = lots[slot]
        self[extras: now.level].lotCover += (promisable(now) - now.quantities.sellable) - (promisable(was) - was.quantities.sellable)
        markDirty(.lot, slot, of: now.sku)
        if now.quantities.isZero {
            endLot(slot)
        } else if now.quantities.sellable > 0 {
            schedule(lot: slot)
        }
    }

    mutating func findOrInsertLotTerms(_ fact: inout Fact, _ name: Key, _ sku: Int32) -> Int32 {
        let found = findLotTerms(sku, name)
        if found >= 0 && !lotTerms[found].isAnnounced { return found }
        let slot = found >= 0 ? found : insertLotTerms(sku, name)
        lotTerms[slot].isAnnounced = false
        let isDay = fact.lotDayMilliseconds != 0
        let expiry = isDay ? fact.lotDayMilliseconds : fact.lotExpiresAtMilliseconds
        lotTerms[slot].isDay = isDay
        if expiry != 0 { lotTerms[slot].expiresAtMilliseconds = expiry }
        markDirty(.lotTerms, slot, of: sku)
        return slot
    }

    mutating func insertLotTerms(_ sku: Int32, _ name: Key) -> Int32 {
        var record = LotTermsRecord()
        record.sku = sku
        record.lot = name
        let slot = lotTerms.insert(record)
        lotTermsIndex.insert(PartitionState.hash(sku, name), slot)
        skus[sku].lotCount += 1
        return slot
    }

    private mutating func insertLot(
        _ level: Int32, _ terms: Int32, expiry: Int64, lifeEnd: Int64, _ timeMilliseconds: Int64
    ) -> Int32 {
        var record = LotRecord()
        record.sku = levels[level].sku
        record.level = level
        record.terms = terms
        record.expiresAtMilliseconds = expiry != 0 ? expiry : lotTerms[terms].expiresAtMilliseconds
        record.receivedAtMilliseconds = timeMilliseconds
        let slot = lots.insert(record)
        lotIndex.insert(PartitionState.lotHash(level, terms), slot)
        if record.expiresAtMilliseconds < lifeEnd { self[extras: level].lifeEndMilliseconds = lifeEnd }
        linkLot(slot)
        return slot
    }

    /// Puts a lot into its place among its level's lots, and counts it.
    mutating func linkLot(_ slot: Int32) {
        let level = lots[slot].level
        var before: Int32 = -1
        var after = self[extras: level].firstLot
        while after >= 0, isPickedBefore(after, slot) {
            before = after
            after = lots[after].next
        }
        lots[slot].previous = before
        lots[slot].next = after
        if before >= 0 { lots[before].next = slot } else { self[extras: level].firstLot = slot }
        if after >= 0 { lots[after].previous = slot }
        skus[lots[slot].sku].levelLots += 1
        lotTerms[lots[slot].terms].references += 1
        noteLife(ofLot: slot)
    }

    private mutating func endLot(_ slot: Int32) {
        let lot = lots[slot]
        if lot.previous >= 0 { lots[lot.previous].next = lot.next } else { self[extras: lot.level].firstLot = lot.next }
        if lot.next >= 0 { lots[lot.next].previous = lot.previous }
        lotIndex.remove(PartitionState.lotHash(lot.level, lot.terms), slot)
        lots[slot].status.isDead = true
        skus[lot.sku].levelLots -= 1
        dropReference(lot.terms)
    }

    mutating func dropReference(_ slot: Int32) {
        lotTerms[slot].references -= 1
        endLotTermsIfUnneeded(slot)
    }

    mutating func endLotTermsIfUnneeded(_ slot: Int32) {
        let terms = lotTerms[slot]
        // A recall that is taken back may already have ended it, with its last units.
        guard terms.references == 0, !terms.isBlocked, !terms.isRecalled, !terms.status.isDead else { return }
        lotTermsIndex.remove(PartitionState.hash(terms.sku, terms.lot), slot)
        lotTerms[slot].status.isDead = true
        skus[terms.sku].lotCount -= 1
        markDirty(.lotTerms, slot, of: terms.sku)
    }

    /// Moves the units of lots that have expired out of what is sellable. Items of one location stand together.
    mutating func applyLotExpiry(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        var level: Int32 = -1
        var was = Balances()
        for item in fact.items {
            let place = findLevel(sku, item.location)
            let slot = findLot(place, findLotTerms(sku, item.id))
            guard slot >= 0, lots[slot].quantities.sellable == item.quantity else { return nil }
            if place != level {
                if level >= 0 { refresh(level, was: was, &transitions) }
                level = place
                was = levels[level].balances
            }
            levels[level].balances.sellable -= item.quantity
            levels[level].balances.expired += item.quantity
            moveLot(slot, from: .sellable, to: .expired, item.quantity)
        }
        if level >= 0 { refresh(level, was: was, &transitions) }
        return -1
    }

    // MARK: Checkpoint

    mutating func freeLot(_ reference: RecordReference, _ key: Key, _ sink: some CheckpointSink, isWritten: Bool) {
        switch reference.kind {
        case .lotTerms:
            if isWritten { sink.remove(terms: lotTerms[reference.slot].lot, sku: key) }
            lotTerms.remove(reference.slot)
        case .lot:
            let lot = lots[reference.slot]
            if isWritten { sink.remove(lot: lotTerms[lot.terms].lot, sku: key, location: location(of: lot.level)) }
            lots.remove(reference.slot)
        case .shippedLot:
            let shipped = shippedLots[reference.slot]
            if isWritten { sink.remove(shipped: shipped.orderLine, sku: key, lot: lotTerms[shipped.terms].lot) }
            shippedLots.remove(reference.slot)
        case .naming:
            if isWritten { sink.remove(naming: location(of: namings[reference.slot].level), sku: key) }
            namings.remove(reference.slot)
        case .lotCount:
            let count = lotCounts[reference.slot]
            if isWritten {
                let lot = lotTerms[count.terms].lot
                sink.remove(lotCount: lot, count.disposition, sku: key, location: location(of: count.level))
            }
            lotCounts.remove(reference.slot)
        case .countedLot:
            let counted = countedLots[reference.slot]
            if isWritten {
                let lot = lotTerms[counted.terms].lot
                sink.remove(countedLot: lot, counted.disposition, sku: key, location: location(of: counted.level))
            }
            countedLots.remove(reference.slot)
        default: preconditionFailure("records of this kind do not die")
        }
    }
}
