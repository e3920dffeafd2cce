// Decide: SKUs whose units belong to lots. What is particular to them; the rest is decided as for others.

extension PartitionState {
    /// Whether the lot that an event names is as the state knows it, or may be new: its expiry into the fact.
    func admitLot(_ event: StockEvent, _ sku: Int32, _ level: Int32, mayBeNew: Bool, _ fact: inout Fact) -> Rejection {
        let terms = findLotTerms(sku, event.lot)
        let isGiven = event.lotExpiresAtMilliseconds != Policy.absent
        if terms >= 0 && !lotTerms[terms].isAnnounced {
            let here = expiry(of: terms, at: level)
            fact.lotExpiresAtMilliseconds = here == LotTermsRecord.never ? 0 : here
            if isGiven && !isSameExpiry(event, lotTerms[terms], here: here) { return .lotExpiryConflict }
        } else {
            if !mayBeNew && !isGiven { return .lotUnknown }
            if terms < 0 && Int(skus[sku].lotCount) >= limits.lotsPerSKU { return .tooManyLots }
            let told = event.lotExpiresAtMilliseconds
            if event.isLotExpiryDay { fact.lotDayMilliseconds = told }
            // 0 in a fact is "none"; whatever was before 1970 has expired long ago.
            fact.lotExpiresAtMilliseconds = isGiven ? max(1, event.isLotExpiryDay ? dayEnds.end(of: told) : told) : 0
        }
        if findLot(level, terms) >= 0 || lotCount(of: level) < StateLimits.lotsPerLevel { return .none }
        return .tooManyLots
    }

    func lotCount(of level: Int32) -> Int {
        var count = 0
        forEachLot(of: level) { _ in count += 1 }
        return count
    }

    /// Why units of the lot in the fact can't become sellable; none: they can.
    private func keptOffShelf(_ event: StockEvent, _ sku: Int32, _ fact: Fact) -> Rejection {
        let terms = findLotTerms(sku, event.lot)
        if terms >= 0 && lotTerms[terms].isRecalled { return .lotRecalled }
        return fact.lotExpiresAtMilliseconds != 0 && isExpired(fact.lotExpiresAtMilliseconds) ? .lotExpired : .none
    }

    /// Where units of a lot come to lie at a level that were to lie in `disposition`.
    func landing(of terms: Int32, _ disposition: Disposition, at level: Int32) -> Disposition {
        if lotTerms[terms].isRecalled { return .recalled }
        return isExpired(expiry(of: terms, at: level)) ? .expired : disposition
    }

    /// A receipt of a lot. Units that have expired on the way, or are recalled, are there, and are not sold: `landing` is where
    /// they come to lie.
    func decideLotArrival(
        _ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact, _ landing: inout Disposition
    ) -> Rejection {
        if event.lot.isEmpty { return .lotRequired }
        let refusal = admitLot(event, sku, level, mayBeNew: true, &fact)
        if refusal != .none { return refusal }
        let kept = event.disposition == .sellable && !fact.isAbsorbed ? keptOffShelf(event, sku, fact) : .none
        if kept != .none {
            landing = kept == .lotRecalled ? .recalled : .expired
            fact.items.append(PartitionState.lotItem(event.lot, fact.quantity, landing))
            return absorbArrivals(event, sku, level, wanted: { $0.disposition }, &fact)
        }
        return .none
    }

    static func lotItem(_ lot: Key, _ quantity: Int64, _ disposition: Disposition) -> FactItem {
        var item = FactItem()
        item.id = lot
        item.quantity = quantity
        item.disposition = disposition
        return item
    }

    // MARK: Departures

    /// Takes up to `quantity` units of a disposition from a level's lots, first expired first out, into the fact's items. Answers how many
    /// it found, and how many of them promises were counting on.
    private func pick(
        _ event: StockEvent, _ quantity: Int64, _ disposition: Disposition, _ level: Int32, life: Int64 = 0, _ fact: inout Fact,
        where isAllowed: (LotRecord) -> Bool
    ) -> (found: Int64, cover: Int64) {
        if mayBeAbsorbed(event, level, disposition) {
            return pickLate(event, quantity, disposition, level, life: life, &fact, where: isAllowed)
        }
        var left = quantity
        var cover: Int64 = 0
        var slot = level >= 0 ? self[extras: level].firstLot : -1
        while slot >= 0 && left > 0 && fact.items.count < StateLimits.itemsPerFact {
            let lot = lots[slot]
            slot = lot.next
            let taken = min(left, lot.quantities[disposition])
            guard taken > 0, isAllowed(lot) else { continue }
            fact.items.append(PartitionState.lotItem(lotTerms[lot.terms].lot, taken, disposition))
            left -= taken
            if disposition == .sellable { cover += min(taken, promisable(lot)) }
        }
        return (quantity - left, cover)
    }

    private func refuse(_ rejection: Rejection, _ fact: inout Fact, total: Int64 = 0) -> Rejection {
        fact.items.removeAll(keepingCapacity: true)
        fact.isAbsorbed = false
        fact.total = max(0, total)
        return rejection
    }

    /// Whether so many units that promises count on may leave a level: of one lot, or (`terms` -1) first expired first out. Of the latter
    /// none are missing at any instant before they are missing in all.
    private func leavesPromises(_ level: Int32, _ cover: Int64, of terms: Int32) -> Bool {
        let balances = levels[level].balances
        if balances.sellable + self[extras: level].lotCover - cover < balances.held + balances.committed { return false }
        if terms < 0 || self[extras: level].firstDemand < 0 { return true }
        return uncovered(level) { $0.terms == terms ? cover : 0 } == 0
    }

    /// Units that leave a disposition of a level other than to a customer: of the lot that was named, or first expired first out.
    func takeFromLots(
        _ event: StockEvent, _ sku: Int32, _ level: Int32, _ quantity: Int64, _ fact: inout Fact, where isAllowed: (LotRecord) -> Bool
    ) -> Rejection {
        var taken: (found: Int64, cover: Int64) = (0, 0)
        var own: Int32 = -1
        if event.lot.isEmpty {
            taken = pick(event, quantity, event.disposition, level, &fact, where: isAllowed)
            if isRefusedAsLate(event, sku, fact) { return refuse(.beforeCount, &fact) }
            // Where units go on to somewhere, it has to be said of which lot they are.
            if fact.isAbsorbed { return taken.found == quantity || event.type == .adjust ? .none : refuse(.lotRequired, &fact) }
        } else {
            let terms = findLotTerms(sku, event.lot)
            if terms < 0 { return .lotUnknown }
            if fact.isAbsorbed { return .none }
            let slot = findLot(level, terms)
            own = terms
            if slot >= 0 {
                let lot = lots[slot]
                taken.found = min(quantity, lot.quantities[event.disposition])
                if event.disposition == .sellable { taken.cover = min(quantity, promisable(lot)) }
            }
        }
        if taken.found < quantity { return refuse(.insufficientStock, &fact, total: taken.found) }
        if taken.cover > 0 && !event.isForced && !leavesPromises(level, taken.cover, of: own) { return refuse(.belowPromised, &fact) }
        return .none
    }

    /// Units for a customer, of the lot that was named, or first expired first out of those that live long enough. `own` is the promise
    /// that they keep.
    func pickForCustomer(
        _ event: StockEvent, _ sku: Int32, _ level: Int32, _ own: Excluded, _ fact: inout Fact
    ) -> Rejection {
        let life = own.minExpiryMilliseconds
        if event.lot.isEmpty {
            // What the promise with the least demand on life is met with first is what no other needs more.
            let found = pick(event, fact.quantity, .sellable, level, life: life, &fact) {
                promisable($0) > 0 && $0.expiresAtMilliseconds >= life
            }.found
            if isRefusedAsLate(event, sku, fact) { return refuse(.beforeCount, &fact) }
            return found == fact.quantity || fact.isAbsorbed ? .none : refuse(.insufficientStock, &fact, total: found)
        }
        let terms = findLotTerms(sku, event.lot)
        if terms < 0 { return .lotUnknown }
        // Whatever has become of the lot meanwhile: the counter saw that its units had gone.
        if fact.isAbsorbed { return .none }
        if lotTerms[terms].isRecalled { return .lotRecalled }
        if lotTerms[terms].isBlocked { return .lotBlocked }
        if expiry(of: terms, at: level) < life { return .lotTooShort }
        let slot = findLot(level, terms)
        let found = slot >= 0 ? promisable(lots[slot]) : 0
        if found < fact.quantity { return refuse(.insufficientStock, &fact, total: found) }
        guard self[extras: level].firstDemand >= 0 else { return .none }
        let quantity = fact.quantity
        let after = uncovered(level, excluding: own) { $0.terms == terms ? quantity : 0 }
        return after > uncovered(level) ? .belowPromised : .none
    }

    /// Units that have gone already: of the lot that was named, whatever it has; otherwise of those that are there, and the rest of no
    /// lot that is known.
    func pickForced(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        if event.lot.isEmpty {
            _ = pick(event, event.quantity, .sellable, level, &fact) { promisable($0) > 0 }
            return .none
        }
        let terms = findLotTerms(sku, event.lot)
        if terms < 0 { return .lotUnknown }
        if findLot(level, terms) >= 0 { return .none }
        let expiry = expiry(of: terms, at: level)
        if expiry != lotTerms[terms].expiresAtMilliseconds { fact.lotExpiresAtMilliseconds = expiry }
        return lotCount(of: level) < StateLimits.lotsPerLevel ? .none : .tooManyLots
    }

    // MARK: Corrections

    func decideLotAdjust(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        var current = level >= 0 ? levels[level].balances[event.disposition] : 0
        if !event.lot.isEmpty {
            let slot = findLot(level, findLotTerms(sku, event.lot))
            current = slot >= 0 ? lots[slot].quantities[event.disposition] : 0
        }
        if event.setTo != Policy.absent {
            if event.expected != current { return refuse(.valueMismatch, &fact, found: current) }
            fact.quantity = event.setTo - current
        } else {
            let late = checkLate(event, level, event.disposition, &fact.isAbsorbed)
            if late != .none { return late }
        }
        if fact.quantity < 0 {
            let refusal = takeFromLots(event, sku, level, -fact.quantity, &fact) { _ in true }
            if refusal != .none { return refusal }
        } else if !event.lot.isEmpty {
            let refusal = admitLot(event, sku, level, mayBeNew: false, &fact)
            if refusal != .none || fact.isAbsorbed { return refusal }
            let kept = event.disposition == .sellable ? keptOffShelf(event, sku, fact) : .none
            if kept != .none { return kept }
        } else if fact.quantity > 0 {
            // Without a lot, only what forced sales took out of no known lot can be put right.
            if event.disposition != .sellable || fact.quantity > -unattributed(level) { return .lotRequired }
        }
        let place = checkLocation(sku, level)
        return place != .none ? place : checkBalance(level >= 0 ? levels[level].balances[event.disposition] : 0, plus: fact.quantity)
    }

    private func refuse(_ rejection: Rejection, _ fact: inout Fact, found: Int64) -> Rejection {
        fact.total = found
        return rejection
    }

    /// What a level's sellable units are above the sum of its lots: 0, or less after forced sales out of no known lot.
    func unattributed(_ level: Int32) -> Int64 {
        guard level >= 0 else { return 0 }
        var sum: Int64 = 0
        forEachLot(of: level) { sum += lots[$0].quantities.sellable }
        return levels[level].balances.sellable - sum
    }

    func decideLotMove(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        let late = checkLate(event, level, event.disposition, &fact.isAbsorbed)
        if late != .none { return late }
        let lateTo = checkLate(event, level, event.toDisposition, &fact.isAbsorbedTo)
        if lateTo != .none { return lateTo }
        let isToShelf = event.toDisposition == .sellable && !fact.isAbsorbedTo
        if isToShelf && !event.lot.isEmpty {
            let terms = findLotTerms(sku, event.lot)
            if terms >= 0 && lotTerms[terms].isRecalled { return .lotRecalled }
            if terms >= 0 && isExpired(expiry(of: terms, at: level)) { return .lotExpired }
        }
        let refusal = takeFromLots(event, sku, level, event.quantity, &fact) { lot in
            !isToShelf || !isExpired(lot.expiresAtMilliseconds) && !lotTerms[lot.terms].isRecalled
        }
        if refusal != .none { return refusal }
        if !event.lot.isEmpty, case let terms = findLotTerms(sku, event.lot), findLot(level, terms) < 0 {
            let expiry = expiry(of: terms, at: level)
            if expiry != lotTerms[terms].expiresAtMilliseconds { fact.lotExpiresAtMilliseconds = expiry }
        }
        let lateItems = absorbMoved(event, sku, level, &fact)
        return lateItems != .none ? lateItems : checkBalance(levels[level].balances[event.toDisposition], plus: event.quantity)
    }

    // MARK: Returns

    /// Bounded for each lot by what was shipped of it for the order line. Units that had left from no known lot come back as the lot that
    /// the return names.
    func decideLotReturn(
        _ event: StockEvent, _ sku: Int32, _ level: Int32, _ open: Int32, _ done: Int32, _ fact: inout Fact
    ) -> Rejection {
        let line = PartitionState.closedID(.orderLine, event.orderLine)
        var known: Int64 = 0
        forEachShippedLot(sku, line) { known += shippedLots[$0].shipped - shippedLots[$0].returned }
        if event.lot.isEmpty {
            if fact.isUnverified || event.quantity > known { return .lotRequired }
            return returnToLots(event, sku, level, line, &fact)
        }
        let refusal = admitLot(event, sku, level, mayBeNew: false, &fact)
        if refusal != .none { return refusal }
        if !fact.isUnverified {
            let own = findShippedLot(sku, line, findLotTerms(sku, event.lot))
            let ofLot = own >= 0 ? shippedLots[own].shipped - shippedLots[own].returned : 0
            let whole =
                open >= 0 ? commitments[open].shipped - commitments[open].returned : closed[done].shipped - closed[done].returned
            if event.quantity > ofLot + whole - known { return .quantityExceeds }
        }
        if fact.isAbsorbed { return .none }
        let kept = keptOffShelf(event, sku, fact)
        if kept != .none {
            fact.disposition = kept == .lotRecalled ? .recalled : .expired
            let late = checkLate(event, level, fact.disposition, &fact.isAbsorbed)
            if late != .none { return late }
        }
        return checkBalance(level >= 0 ? levels[level].balances[fact.disposition] : 0, plus: event.quantity)
    }

    /// The lots of a shipment that is taken back; what has expired meanwhile comes back as expired.
    func unshipLots(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        let line = PartitionState.closedID(.orderLine, event.orderLine)
        var isBack = false
        let shipment = PartitionState.closedID(.shipment, event.document, event.orderLine, serial: event.serial)
        forEachShippedLot(sku, shipment) { slot in
            let terms = shippedLots[slot].terms
            let ofLine = shippedLots[findShippedLot(sku, line, terms)]
            isBack = isBack || ofLine.shipped - ofLine.returned < shippedLots[slot].shipped
            let place = landing(of: terms, .sellable, at: level)
            fact.items.append(arrivingItem(terms, shippedLots[slot].shipped, place, at: level))
        }
        if isBack { return refuse(.quantityExceeds, &fact) }
        fact.items.sort { $0.id < $1.id }
        return .none
    }

    /// Where the return names no lot: of those that were shipped, the one that expires first.
    private func returnToLots(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ line: Hash128, _ fact: inout Fact) -> Rejection {
        forEachShippedLot(sku, line) { slot in
            let shipped = shippedLots[slot]
            if shipped.returned == shipped.shipped { return }
            let place = landing(of: shipped.terms, fact.disposition, at: level)
            fact.items.append(arrivingItem(shipped.terms, shipped.shipped - shipped.returned, place, at: level))
        }
        func expiry(_ item: FactItem) -> Int64 { lotTerms[findLotTerms(sku, item.id)].expiresAtMilliseconds }
        fact.items.sort { (expiry($0), $0.id) < (expiry($1), $1.id) }
        var left = event.quantity
        var count = 0
        while left > 0 {
            fact.items[count].quantity = min(left, fact.items[count].quantity)
            left -= fact.items[count].quantity
            count += 1
        }
        fact.items.removeSubrange(count...)
        if count > StateLimits.itemsPerFact { return refuse(.lotRequired, &fact) }
        let asked = fact.disposition
        let late = absorbArrivals(event, sku, level, wanted: { _ in asked }, &fact)
        if late != .none { return refuse(late, &fact) }
        fact.isAbsorbed = !fact.items.contains { $0.kind != .absorbed }
        for disposition in [fact.disposition, .expired, .recalled] {
            let refusal = checkBalance(level >= 0 ? levels[level].balances[disposition] : 0, plus: event.quantity)
            if refusal != .none { return refuse(refusal, &fact) }
        }
        return .none
    }
}
