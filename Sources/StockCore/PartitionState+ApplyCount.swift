// Apply: cycle counts (domain: c3).

extension PartitionState {
    mutating func applyCountOpen(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findOrInsertLevel(sku, fact.location)
        if self[extras: level].count < 0 {
            var record = CountRecord()
            record.sku = sku
            record.level = level
            self[extras: level].count = counts.insert(record)
        }
        let slot = self[extras: level].count
        counts[slot].id = fact.document
        counts[slot].counted = 0
        if fact.rest == .writeOff { openLotCount(&fact, level) }
        markDirty(.count, slot, of: sku)
        refresh(level, was: levels[level].balances, &transitions)
        return level
    }

    mutating func applyCountLine(_ fact: inout Fact, _ sku: Int32) -> Int32? {
        let level = findLevel(sku, fact.location)
        guard level >= 0, self[extras: level].count >= 0 else { return nil }
        if isLotTracked(sku) {
            applyLotCountLine(&fact, sku, level)
            return level
        }
        let slot = self[extras: level].count
        let disposition = fact.disposition
        let line = PartitionState.textHash(fact.line)
        if counts[slot].hasCounted(disposition) && counts[slot].lines[disposition] != line {
            counts[slot].recounted |= 1 << disposition.rawValue
        }
        counts[slot].counted |= 1 << disposition.rawValue
        counts[slot].found[disposition] = fact.quantity
        counts[slot].base[disposition] = levels[level].balances[disposition]
        // A counter's clock that is ahead must not make everything late.
        counts[slot].countedAt[disposition] = min(fact.occurredAtMilliseconds, fact.timeMilliseconds)
        counts[slot].lines[disposition] = line
        counts[slot].actors[disposition] = PartitionState.textHash(fact.actor)
        markDirty(.count, slot, of: sku)
        return level
    }

    mutating func applyCountClose(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findLevel(sku, fact.location)
        guard level >= 0, self[extras: level].count >= 0 else { return nil }
        let slot = self[extras: level].count
        let was = levels[level].balances
        for item in fact.items where item.kind == .variance {
            let disposition = item.disposition
            skus[sku].lossGain &-= item.quantity
            if isLotTracked(sku) {
                guard bookVariance(item, &fact, level) else { return nil }
                continue
            }
            levels[level].balances[disposition] += item.quantity
            counts[slot].closedAt[disposition] = max(counts[slot].closedAt[disposition], counts[slot].countedAt[disposition])
        }
        refresh(level, was: was, &transitions)
        if isLotTracked(sku) { rememberCountedLots(slot) }
        endLotCount(slot)
        counts[slot].id = Key()
        counts[slot].counted = 0
        counts[slot].found = DispositionValues()
        counts[slot].base = DispositionValues()
        counts[slot].countedAt = DispositionValues()
        counts[slot].lines = DispositionValues()
        counts[slot].recounted = 0
        counts[slot].actors = DispositionValues()
        markDirty(.count, slot, of: sku)
        var record = ClosedRecord()
        record.id = PartitionState.closedID(.count, fact.document, fact.location)
        record.kind = .count
        record.quantity = fact.quantity
        record.content = fact.location.hash64
        close(record, sku, at: fact.timeMilliseconds)
        return level
    }

    /// Moves units of a disposition onto the shelf or off it. What is absorbed leaves the shelf as it is: the count's variance had it
    /// already, so the account of losses takes it back. What happened before a line of an open count moves the line's base along: the
    /// counter saw it.
    @inline(__always)
    mutating func shift(_ level: Int32, _ disposition: Disposition, by quantity: Int64, _ fact: inout Fact, isAbsorbed: Bool) {
        if isAbsorbed {
            skus[levels[level].sku].lossGain &+= quantity
            return
        }
        levels[level].balances[disposition] += quantity
        if self[extras: level].count >= 0 { rebase(level, disposition, by: quantity, &fact) }
    }

    private mutating func rebase(_ level: Int32, _ disposition: Disposition, by quantity: Int64, _ fact: inout Fact) {
        let slot = self[extras: level].count
        let isLate = fact.occurredAtMilliseconds < counts[slot].countedAt[disposition]
        guard counts[slot].hasCounted(disposition), isLate else { return }
        counts[slot].base[disposition] += quantity
        markDirty(.count, slot, of: counts[slot].sku)
    }
}
