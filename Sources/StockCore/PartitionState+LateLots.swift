// Decide: deltas of a SKU with lots that arrive after a count and happened before it (domain: c15).

extension PartitionState {
    /// Whether the units of the event's lot were counted, and the count closed, since the event happened: `isAbsorbed`, or refused. An
    /// event that names no lot is looked at lot by lot.
    func checkLateLot(_ event: StockEvent, _ level: Int32, _ disposition: Disposition, _ isAbsorbed: inout Bool) -> Rejection {
        guard !event.lot.isEmpty else { return .none }
        let terms = findLotTerms(levels[level].sku, event.lot)
        return absorb(event, level, since: countedAt(level, terms, disposition), &isAbsorbed)
    }

    /// What the policy makes of a delta that happened before its units were counted.
    func absorb(_ event: StockEvent, _ level: Int32, since countedAtMilliseconds: Int64, _ isAbsorbed: inout Bool) -> Rejection {
        guard event.occurredAtMilliseconds < countedAtMilliseconds else { return .none }
        let policy = lateDelta(levels[level].sku)
        if policy == .refuse && !event.isForced { return .beforeCount }
        isAbsorbed = policy != .apply
        return .none
    }

    private func lateDelta(_ sku: Int32) -> LateDelta {
        UInt8(exactly: skus[sku].policy.lateDelta).flatMap { LateDelta(rawValue: $0) } ?? .absorb
    }

    /// Whether some lot at the level may have been counted since the event happened, and that matters.
    @inline(__always)
    func mayBeAbsorbed(_ event: StockEvent, _ level: Int32, _ disposition: Disposition) -> Bool {
        guard level >= 0, self[extras: level].count >= 0 else { return false }
        let count = counts[self[extras: level].count]
        guard event.occurredAtMilliseconds < max(count.lotsCountedAtMilliseconds, count.closedAt[disposition]) else { return false }
        // A value that is set is one of now.
        return event.setTo == Policy.absent && lateDelta(levels[level].sku) != .apply
    }

    /// Whether the policy refuses the event for what of it would be absorbed.
    func isRefusedAsLate(_ event: StockEvent, _ sku: Int32, _ fact: Fact) -> Bool {
        guard fact.isAbsorbed || fact.items.contains(where: { $0.kind == .absorbed }) else { return false }
        return lateDelta(sku) == .refuse && !event.isForced
    }

    private struct Candidate {
        var lot: LotRecord
        var name: Key
        var isAbsorbed: Bool
    }

    /// First expired first out of the lots as they would be without the counts since the event happened: units of those that were counted
    /// are absorbed. After a count of all lots everything is, if need be of no known lot: `fact.isAbsorbed`. Answers as `pick`.
    func pickLate(
        _ event: StockEvent, _ quantity: Int64, _ disposition: Disposition, _ level: Int32, life: Int64, _ fact: inout Fact,
        where isAllowed: (LotRecord) -> Bool
    ) -> (found: Int64, cover: Int64) {
        let isAllCounted = event.occurredAtMilliseconds < counts[self[extras: level].count].closedAt[disposition]
        var left = quantity
        var cover: Int64 = 0
        for candidate in candidates(event, disposition, level) where left > 0 && fact.items.count < StateLimits.itemsPerFact {
            if isAllCounted && !candidate.isAbsorbed { continue }
            let taken = min(left, candidate.lot.quantities[disposition])
            // What a counter saw was free to leave when it did.
            let isGone = candidate.isAbsorbed && event.type != .move
            let isFit = isGone ? candidate.lot.expiresAtMilliseconds >= life : isAllowed(candidate.lot)
            guard taken > 0, isFit else { continue }
            // What a move takes off a counter's list may have to be made known at the level again.
            let isThere = findLot(level, candidate.lot.terms) >= 0
            var item =
                isThere
                ? PartitionState.lotItem(candidate.name, taken, disposition)
                : arrivingItem(candidate.lot.terms, taken, disposition, at: level)
            if candidate.isAbsorbed {
                item.kind = .absorbed
            } else if disposition == .sellable {
                cover += min(taken, promisable(candidate.lot))
            }
            fact.items.append(item)
            left -= taken
        }
        fact.isAbsorbed = isAllCounted || left == 0 && !fact.items.contains { $0.kind != .absorbed }
        return (quantity - left, cover)
    }

    /// The lots of a level and those that were counted there, in the order in which they are picked, with what the level would have of them
    /// without the counts since the event happened.
    private func candidates(_ event: StockEvent, _ disposition: Disposition, _ level: Int32) -> [Candidate] {
        var list: [Candidate] = []
        func add(_ lot: LotRecord, _ counted: Int32) {
            var candidate = Candidate(lot: lot, name: lotTerms[lot.terms].lot, isAbsorbed: false)
            if counted >= 0, event.occurredAtMilliseconds < countedLots[counted].countedAtMilliseconds {
                candidate.lot.quantities[disposition] -= countedLots[counted].variance
                candidate.isAbsorbed = true
            }
            list.append(candidate)
        }
        forEachLot(of: level) { add(lots[$0], findCountedLot(level, lots[$0].terms, disposition)) }
        var counted = counts[self[extras: level].count].firstCountedLot
        while counted >= 0 {
            let record = countedLots[counted]
            if record.disposition == disposition, findLot(level, record.terms) < 0 {
                var lot = LotRecord()
                (lot.sku, lot.level, lot.terms) = (record.sku, level, record.terms)
                lot.expiresAtMilliseconds = expiry(of: record.terms, at: level)
                add(lot, counted)
            }
            counted = record.next
        }
        func place(_ it: Candidate) -> (Int64, Int64, Key) { (it.lot.expiresAtMilliseconds, it.lot.receivedAtMilliseconds, it.name) }
        list.sort { place($0) < place($1) }
        return list
    }

    /// Marks those of the fact's lots that were counted since the event happened where they would come to lie, or where they were to.
    func absorbArrivals(
        _ event: StockEvent, _ sku: Int32, _ level: Int32, wanted: (FactItem) -> Disposition, _ fact: inout Fact
    ) -> Rejection {
        guard level >= 0, self[extras: level].count >= 0 else { return .none }
        for index in fact.items.indices {
            let terms = findLotTerms(sku, fact.items[index].id)
            for disposition in [wanted(fact.items[index]), fact.items[index].disposition] where fact.items[index].kind != .absorbed {
                var isAbsorbed = false
                let refusal = absorb(event, level, since: countedAt(level, terms, disposition), &isAbsorbed)
                if refusal != .none { return refusal }
                guard isAbsorbed else { continue }
                fact.items[index].kind = .absorbed
                fact.items[index].disposition = disposition
            }
        }
        return .none
    }

    /// Marks those of the lots that a move names whose units were counted since where they come to lie. `decideLotMove` has looked where
    /// they came from.
    func absorbMoved(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        guard self[extras: level].count >= 0 else { return .none }
        for index in fact.items.indices {
            var isAbsorbed = false
            let terms = findLotTerms(sku, fact.items[index].id)
            let refusal = absorb(event, level, since: countedAt(level, terms, event.toDisposition), &isAbsorbed)
            if refusal != .none { return refusal }
            if isAbsorbed { fact.items[index].kind = fact.items[index].kind == .absorbed ? .absorbedBoth : .absorbedTo }
        }
        if !fact.items.isEmpty { fact.isAbsorbedTo = !fact.items.contains { $0.kind != .absorbedTo && $0.kind != .absorbedBoth } }
        return .none
    }

    /// A sale some of whose units may have been counted since it happened. Only the others have to be available.
    func decideLateLotSale(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        if !event.isForced { fact.minExpiryMilliseconds = minExpiry(of: event, skus[sku].policy) }
        if event.isForced && event.lot.isEmpty {
            let refusal = pickForced(event, sku, level, &fact)
            if refusal != .none { return refusal }
            return isRefusedAsLate(event, sku, fact) ? .beforeCount : .none
        }
        let own = Excluded(quantity: 0, minExpiryMilliseconds: fact.minExpiryMilliseconds)
        let refusal = pickForCustomer(event, sku, level, own, &fact)
        if refusal != .none || fact.isAbsorbed { return refusal }
        let left = fact.items.reduce(0) { $0 + ($1.kind == .absorbed ? 0 : $1.quantity) }
        let available = promisable(level, minExpiry: fact.minExpiryMilliseconds)
        if available >= left { return .none }
        fact.items.removeAll(keepingCapacity: true)
        fact.total = max(0, available)
        return .insufficientStock
    }
}
