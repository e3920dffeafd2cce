// Blocking and recalling a lot: one event, every location of the SKU (domain: c10). O(locations).

extension PartitionState {
    /// Blocks or unblocks, recalls or takes a recall back. What is so already stays so.
    func decideLotState(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        if !isLotTracked(sku) { return .lotNotTracked }
        let terms = findLotTerms(sku, event.lot)
        guard terms >= 0 else {
            if event.type != .recall { return .lotUnknown }
            // The notice is before the goods.
            return Int(skus[sku].lotCount) >= limits.lotsPerSKU ? .tooManyLots : .none
        }
        let record = lotTerms[terms]
        fact.lotExpiresAtMilliseconds = record.expiresAtMilliseconds == LotTermsRecord.never ? 0 : record.expiresAtMilliseconds
        let isSo: Bool
        switch event.type {
        case .lotBlock: isSo = record.isBlocked
        case .lotUnblock: isSo = !record.isBlocked
        case .recall: isSo = record.isRecalled
        default: isSo = !record.isRecalled
        }
        if isSo { return duplicate(&fact) }
        if event.type == .recall { fact.quantity = sum(of: terms, .sellable, sku) }
        if event.type == .unrecall { fact.quantity = sum(of: terms, .recalled, sku) }
        return .none
    }

    /// The units of a lot at all locations, none below zero.
    private func sum(of terms: Int32, _ disposition: Disposition, _ sku: Int32) -> Int64 {
        var sum: Int64 = 0
        forEachLevel(of: sku) { level in
            let slot = findLot(level, terms)
            if slot >= 0 { sum += max(0, lots[slot].quantities[disposition]) }
        }
        return sum
    }

    /// What a level promises is tested again in `refresh`: what it can't keep any more is its shortfall.
    mutating func applyLotState(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        var terms = findLotTerms(sku, fact.lot)
        if terms < 0 {
            guard fact.kind == .recall else { return nil }
            terms = insertLotTerms(sku, fact.lot)
            lotTerms[terms].isAnnounced = true
        }
        markDirty(.lotTerms, terms, of: sku)
        switch fact.kind {
        case .lotBlock, .lotUnblock: lotTerms[terms].isBlocked = fact.kind == .lotBlock
        default: lotTerms[terms].isRecalled = fact.kind == .recall
        }
        var level = skus[sku].firstLevel
        while level >= 0 {
            let slot = findLot(level, terms)
            if slot >= 0 {
                let was = levels[level].balances
                let quantities = lots[slot].quantities
                switch fact.kind {
                case .lotBlock: self[extras: level].lotCover -= max(0, quantities.sellable)
                case .lotUnblock: self[extras: level].lotCover += max(0, quantities.sellable)
                case .recall: move(slot, level, from: .sellable, to: .recalled, max(0, quantities.sellable))
                default:
                    let isExpired = lots[slot].expiresAtMilliseconds <= fact.timeMilliseconds
                    move(slot, level, from: .recalled, to: isExpired ? .expired : .sellable, quantities.recalled)
                }
                refresh(level, was: was, &transitions)
            }
            level = levels[level].next
        }
        endLotTermsIfUnneeded(terms)
        return -1
    }

    private mutating func move(_ slot: Int32, _ level: Int32, from: Disposition, to: Disposition, _ quantity: Int64) {
        guard quantity > 0 else { return }
        levels[level].balances[from] -= quantity
        levels[level].balances[to] += quantity
        moveLot(slot, from: from, to: to, quantity)
    }
}
