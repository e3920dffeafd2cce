// Decide: cycle counts (domain: c3), and deltas that arrive after a count and happened before it (c15).

extension PartitionState {
    /// A count begins at a location, one at a time.
    func decideCountOpen(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        fact.quantity = 0
        let level = findLevel(sku, event.location)
        if event.rest == .writeOff && !isLotTracked(sku) { return .lotNotTracked }
        if let open = openCount(level) { return open.id == event.document ? duplicate(&fact) : .countConflict }
        if findClosed(sku, PartitionState.closedID(.count, event.document, event.location)) >= 0 { return .countClosed }
        if isBeforeHorizon(event) { return .tooOld }
        return checkLocation(sku, level)
    }

    /// What was counted of a disposition. The variance's base is what the books have now, at the line's place in the log.
    func decideCountLine(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let level = findLevel(sku, event.location)
        guard let open = openCount(level), open.id == event.document else { return missingCount(event, sku) }
        if isLotTracked(sku) { return decideLotCountLine(event, sku, level, &fact) }
        let isSame = open.hasCounted(event.disposition) && open.found[event.disposition] == event.quantity
        if isSame && open.lines[event.disposition] == PartitionState.textHash(event.line) { return duplicate(&fact) }
        // It might be what was counted before the line was counted again.
        if mayHaveLeftWindow(event) { return .tooOld }
        fact.total = levels[level].balances[event.disposition]
        return .none
    }

    /// A count ends: what was counted is booked, what was not stays as it is. It is a fact, so it is taken whatever it uncovers.
    func decideCountClose(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let level = findLevel(sku, event.location)
        guard let open = openCount(level), open.id == event.document else {
            let why = missingCount(event, sku)
            return why == .countClosed ? duplicate(&fact) : why
        }
        fact.quantity = 0
        let refusal = checkVariances(event, level, &fact)
        if refusal != .none { return refusal }
        let balances = levels[level].balances
        if isLotTracked(sku) { return closeLotCount(level, &fact) }
        for disposition in Disposition.allCases where open.hasCounted(disposition) {
            var item = FactItem()
            item.kind = .variance
            item.disposition = disposition
            let variance = open.found[disposition] - open.base[disposition]
            // Only the shelf may show that more has left than was there.
            item.quantity = disposition == .sellable ? variance : max(variance, -balances[disposition])
            if checkBalance(balances[disposition], plus: item.quantity) != .none { return .quantityOverflow }
            fact.items.append(item)
            fact.quantity += item.quantity
        }
        if open.hasCounted(.sellable) { nameUncovered(level, after: open.found[.sellable] - open.base[.sellable], into: &fact) }
        return .none
    }

    private func openCount(_ level: Int32) -> CountRecord? {
        guard level >= 0, self[extras: level].count >= 0 else { return nil }
        let record = counts[self[extras: level].count]
        return record.id.isEmpty ? nil : record
    }

    /// Why an event that names this count can't find it open.
    private func missingCount(_ event: StockEvent, _ sku: Int32) -> Rejection {
        if findClosed(sku, PartitionState.closedID(.count, event.document, event.location)) >= 0 { return .countClosed }
        return isBeforeHorizon(event) ? .tooOld : .countUnknown
    }

    /// 0 of an empty one.
    static func textHash(_ text: Key) -> Int64 { text.isEmpty ? 0 : Int64(bitPattern: text.hash64) }

    // MARK: Late deltas

    /// Whether the units of a disposition were counted, and the count closed, since the event happened: `isAbsorbed`, or refused.
    @inline(__always)
    func checkLate(_ event: StockEvent, _ level: Int32, _ disposition: Disposition, _ isAbsorbed: inout Bool) -> Rejection {
        if level < 0 || self[extras: level].count < 0 { return .none }
        if isLotTracked(levels[level].sku) { return checkLateLot(event, level, disposition, &isAbsorbed) }
        return absorb(event, level, since: counts[self[extras: level].count].closedAt[disposition], &isAbsorbed)
    }
}
