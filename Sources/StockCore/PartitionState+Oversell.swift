// Decide: promises beyond what is there (domain: c13). A SKU is strict unless its policy has a limit; only a forced event goes further.

extension PartitionState {
    /// Whether a promise that is not available may be made all the same: the SKU's shortfall stays within the limit, and nobody waits at
    /// the location. Otherwise what could be promised is in `fact.total`, where the promise demands no life. O(lots + instants).
    func mayOversell(_ level: Int32, _ quantity: Int64, excluding own: Excluded = .nothing, _ fact: inout Fact) -> Bool {
        guard level >= 0 else { return false }
        let record = levels[level]
        let sku = skus[record.sku]
        guard sku.policy.oversellLimit >= 0, record.owed == 0 else { return false }
        let left = sku.policy.oversellLimit - (sku.totals.shortfall - record.balances.shortfall)
        var added = Excluded()
        added.quantity = -quantity
        added.minExpiryMilliseconds = fact.minExpiryMilliseconds
        let after = shortfall(record, with: added, without: own)
        if after <= left { return true }
        if fact.minExpiryMilliseconds == 0 {
            fact.total = max(fact.total, record.cover - record.balances.held - record.balances.committed + own.quantity + left)
        }
        return false
    }

    /// The shortfall of a level with a promise more (`added.quantity` below 0) and one less: the largest H(d) - S(d).
    private func shortfall(_ level: LevelRecord, with added: Excluded, without own: Excluded) -> Int64 {
        var most: Int64 = 0
        func look(_ instant: Int64, _ margin: Int64) {
            // `forEachMargin` has looked away from the one; the other counts up to its own instant.
            let other = added.minExpiryMilliseconds >= instant ? added.quantity : 0
            most = max(most, -(margin + other))
        }
        forEachMargin(level, through: added.minExpiryMilliseconds, own, taken: { _ in 0 }) { instant, margin, _ in look(instant, margin) }
        guard level.firstDemand >= 0 else { return most }
        forEachMargin(level, through: Int64.max, own, taken: { _ in 0 }) { instant, margin, _ in look(instant, margin) }
        return most
    }
}
