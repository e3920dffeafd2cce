extension PartitionState {
    /// Checks the lots of every SKU against its levels, its order lines and the lists and counts beside them. O(all records).
    func checkLots() -> BrokenIdentity? {
        var references = [Int32](repeating: 0, count: Int(lotTerms.slotBound))
        var counts = [Int32](repeating: 0, count: Int(skus.slotBound))
        var broken: BrokenIdentity?
        forEachSKU { sku in
            var slot = skus[sku].firstLevel
            while slot >= 0 {
                let isWhole = isLevelOfLotsWhole(slot) { lot in
                    references[Int(lot.terms)] += 1
                    counts[Int(lot.sku)] += 1
                }
                if !isWhole { broken = .lots(sku: skus[sku].key, location: location(of: slot)) }
                slot = levels[slot].next
            }
        }
        var shipped: [ShippedKey: Int64] = [:]
        for slot in 0..<shippedLots.slotBound where shippedLots.isLive(slot) && !shippedLots[slot].status.isDead {
            let record = shippedLots[slot]
            references[Int(record.terms)] += 1
            shipped[ShippedKey(sku: record.sku, line: record.orderLine), default: 0] += record.shipped
            if record.returned > record.shipped || record.returned < 0 { broken = .orderLine(sku: skus[record.sku].key) }
        }
        if let found = checkShipped(shipped) { broken = found }
        if let found = checkLotCounts({ references[Int($0.terms)] += 1 }) { broken = found }
        if let found = checkCountedLots({ references[Int($0.terms)] += 1 }) { broken = found }
        var known = [Int32](repeating: 0, count: Int(skus.slotBound))
        for slot in 0..<lotTerms.slotBound where lotTerms.isLive(slot) && !lotTerms[slot].status.isDead {
            let sku = lotTerms[slot].sku
            known[Int(sku)] += 1
            let terms = lotTerms[slot]
            let isWanted = terms.references > 0 || terms.isBlocked || terms.isRecalled
            let isNeeded = isWanted && terms.references == references[Int(slot)]
            if !isNeeded || findLotTerms(sku, lotTerms[slot].lot) != slot { broken = .counts(sku: skus[sku].key) }
        }
        forEachSKU { sku in
            if known[Int(sku)] != skus[sku].lotCount || counts[Int(sku)] != skus[sku].levelLots { broken = .counts(sku: skus[sku].key) }
        }
        return broken
    }

    private struct ShippedKey: Hashable {
        var sku: Int32
        var line: Hash128
    }

    /// No more is known by lot than was shipped for the order line, and every order line with lots is there.
    private func checkShipped(_ shipped: [ShippedKey: Int64]) -> BrokenIdentity? {
        guard !shipped.isEmpty else { return nil }
        var left = shipped
        forEachCommitment { slot in
            let line = commitments[slot]
            let key = ShippedKey(sku: line.sku, line: PartitionState.closedID(.orderLine, line.orderLine))
            if let known = left[key], known <= line.shipped { left[key] = nil }
        }
        forEachDocument { slot in
            let line = documents[slot]
            guard line.kind == .transfer else { return }
            let key = ShippedKey(sku: line.sku, line: PartitionState.closedID(.transfer, line.id))
            if let known = left[key], known == line.total { left[key] = nil }
        }
        for slot in 0..<closed.slotBound where closed.isLive(slot) && !closed[slot].status.isDead {
            let key = ShippedKey(sku: closed[slot].sku, line: closed[slot].id)
            let shipped = closed[slot].kind == .shipment ? closed[slot].quantity : closed[slot].shipped
            if let known = left[key], known <= shipped { left[key] = nil }
        }
        return left.keys.first.map { .orderLine(sku: skus[$0.sku].key) }
    }

    /// Whether what a location has of a lot expires when the lot does; of a day: with that day in some zone.
    private func isExpiryOfLot(_ lot: LotRecord) -> Bool {
        let terms = lotTerms[lot.terms]
        guard terms.isDay else { return lot.expiresAtMilliseconds == terms.expiresAtMilliseconds }
        return abs(lot.expiresAtMilliseconds - terms.expiresAtMilliseconds) < 86_400_000
    }

    /// Whether a level's lots stand in order, and sum to its balances. O(lots of the level).
    func isLevelOfLotsWhole(_ level: Int32, _ visit: (LotRecord) -> Void = { _ in }) -> Bool {
        var sums = DispositionValues()
        var cover: Int64 = 0
        var previous: Int32 = -1
        var isWhole = true
        var slot = self[extras: level].firstLot
        while slot >= 0 {
            let lot = lots[slot]
            if lot.status.isDead || lot.level != level || lot.previous != previous || lot.quantities.isZero { isWhole = false }
            if !isExpiryOfLot(lot) { isWhole = false }
            if previous >= 0 && !isPickedBefore(previous, slot) { isWhole = false }
            if findLot(level, lot.terms) != slot { isWhole = false }
            visit(lot)
            cover += promisable(lot) - lot.quantities.sellable
            for disposition in Disposition.allCases {
                sums[disposition] += lot.quantities[disposition]
                if disposition != .sellable && lot.quantities[disposition] < 0 { isWhole = false }
            }
            previous = slot
            slot = lot.next
        }
        let record = levels[level]
        if self[extras: level].lotCover != cover { isWhole = false }
        guard isLotTracked(record.sku) else { return isWhole && previous < 0 }
        // Forced sales may have taken sellable units out of no known lot.
        if record.balances.sellable > sums.sellable { isWhole = false }
        for disposition in Disposition.allCases where disposition != .sellable && record.balances[disposition] != sums[disposition] {
            isWhole = false
        }
        return isWhole
    }
}

// MARK: - Promises with a minimum expiry

extension PartitionState {
    private struct DemandKey: Hashable {
        var level: Int32
        var minExpiryMilliseconds: Int64
    }

    /// The demand of each level is what its promises ask for, and its shortfall is the largest of what is missing at any instant (identity
    /// I4). O(all records).
    func checkDemand() -> BrokenIdentity? {
        var expected: [DemandKey: Int64] = [:]
        forEachHold { slot in
            let key = DemandKey(level: holds[slot].level, minExpiryMilliseconds: holds[slot].minExpiryMilliseconds)
            expected[key, default: 0] += holds[slot].remaining
        }
        forEachCommitment { slot in
            let key = DemandKey(level: commitments[slot].level, minExpiryMilliseconds: commitments[slot].minExpiryMilliseconds)
            expected[key, default: 0] += commitments[slot].open
        }
        forEachPartRecord { part in
            let owner = part.isHold ? findHold(part.sku, part.id) : findCommitment(part.sku, part.id)
            guard owner >= 0 else { return }
            let life = part.isHold ? holds[owner].minExpiryMilliseconds : commitments[owner].minExpiryMilliseconds
            expected[DemandKey(level: part.level, minExpiryMilliseconds: life), default: 0] += part.quantity
        }
        expected = expected.filter { $0.key.minExpiryMilliseconds != 0 && $0.value != 0 }
        var broken: BrokenIdentity?
        var (count, all) = (0, 0)
        for level in 0..<levels.slotBound where levels.isLive(level) {
            let place = BrokenIdentity.promises(sku: skus[levels[level].sku].key, location: location(of: level))
            var (previous, last): (Int32, Int64) = (-1, 0)
            var slot = self[extras: level].firstDemand
            while slot >= 0 {
                let demand = demands[slot]
                let key = DemandKey(level: level, minExpiryMilliseconds: demand.minExpiryMilliseconds)
                let isInOrder = demand.previous == previous && demand.minExpiryMilliseconds > last
                if !isInOrder || (expected[key] ?? 0) != demand.quantity { broken = place }
                if demand.quantity != 0 { count += 1 }
                (previous, last) = (slot, demand.minExpiryMilliseconds)
                slot = demand.next
                all += 1
            }
            if levels[level].balances.shortfall != naiveShortfall(level, expected) { broken = place }
        }
        return count == expected.count && all == demands.count ? broken : broken ?? .counts(sku: Key())
    }

    /// The shortfall as its definition has it: instant by instant, lot by lot.
    private func naiveShortfall(_ level: Int32, _ demand: [DemandKey: Int64]) -> Int64 {
        let record = levels[level]
        var most = max(0, record.balances.held + record.balances.committed - cover(of: level))
        for instant in demand.keys where instant.level == level {
            let promised: Int64 = demand.reduce(0) { sum, other in
                let counts = other.key.level == level && other.key.minExpiryMilliseconds >= instant.minExpiryMilliseconds
                return sum + (counts ? other.value : 0)
            }
            var supply = unattributed(level)
            forEachLot(of: level) { slot in
                if lots[slot].expiresAtMilliseconds >= instant.minExpiryMilliseconds { supply += promisable(lots[slot]) }
            }
            most = max(most, promised - max(0, supply))
        }
        return most
    }
}
