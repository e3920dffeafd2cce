// Decide: promises beyond what is there (domain: c13). A SKU is strict unless its policy has a limit; only a forced event goes further.

extension PartitionState {
    /// Whether a promise that is not available may be made all the same: the SKU's shortfall stays within the limit, and nobody waits at
    /// the location. Otherwise what could be promised is in `fact.total`, where the promise demands no life. O(lots + instants).
    /// `relief`: by how much the shortfall of other locations falls by the same fact.
    func mayOversell(
        _ level: Int32, _ quantity: Int64, excluding own: Excluded = .nothing, relief: Int64 = 0, _ fact: inout Fact
    ) -> Bool {
        guard level >= 0 else { return false }
        let record = levels[level]
        let sku = skus[record.sku]
        guard sku.policy.oversellLimit >= 0, self[extras: level].owed == 0 else { return false }
        let left = sku.policy.oversellLimit - (sku.totals.shortfall - record.balances.shortfall) + relief
        var added = Excluded()
        added.quantity = -quantity
        added.minExpiryMilliseconds = fact.minExpiryMilliseconds
        let after = shortfall(level, with: added, without: own)
        if after <= left { return true }
        if fact.minExpiryMilliseconds == 0 {
            fact.total = max(fact.total, cover(of: level) - record.balances.held - record.balances.committed + own.quantity + left)
        }
        return false
    }

    /// Plans a request that several locations together can't meet: what each has of it in the order of the choices, and the rest at the
    /// first one that may promise beyond its shelf; where a split is refused, all of it there. Answers as `Allocation.plan`. 0: none may,
    /// and `fact.total` is the most that could be promised.
    ///
    /// - Parameter replaced: the promise in whose place the plan comes.
    func planBeyond(
        _ need: Int64, allowsSplit: Bool, _ sku: Int32, _ choices: UnsafeMutableBufferPointer<Choice>, replacing replaced: RecordReference?,
        _ fact: inout Fact
    ) -> Int {
        fact.total = 0
        guard sku >= 0, skus[sku].policy.oversellLimit >= 0 else { return 0 }
        let all = allowsSplit ? choices.reduce(0) { $0 + $1.available } : 0
        var most: Int64 = 0
        for index in choices.indices {
            let level = findLevel(sku, choices[index].location)
            guard level >= 0 else { continue }
            let elsewhere = allowsSplit ? all - choices[index].available : 0
            let own = replaced.map { excluded($0, at: level) } ?? .nothing
            let relief = replaced.map { self.relief($0, besides: level) } ?? 0
            fact.total = 0
            if mayOversell(level, need - elsewhere, excluding: own, relief: relief, &fact) {
                fact.total = 0
                for other in choices.indices where allowsSplit { choices[other].taken = choices[other].available }
                choices[index].taken = need - elsewhere
                return Allocation.moveTakenToFront(choices)
            }
            if fact.total > 0 { most = max(most, elsewhere + fact.total) }
        }
        fact.total = most
        return 0
    }

    /// By how much the shortfall of all levels but one falls without a promise.
    private func relief(_ promise: RecordReference, besides level: Int32) -> Int64 {
        var relief: Int64 = 0
        forEachPart(of: promise) { other, _ in
            guard other != level else { return }
            relief += levels[other].balances.shortfall - uncovered(other, excluding: excluded(promise, at: other))
        }
        return relief
    }

    /// The shortfall of a level with a promise more (`added.quantity` below 0) and one less: the largest H(d) - S(d).
    private func shortfall(_ level: Int32, with added: Excluded, without own: Excluded) -> Int64 {
        var most: Int64 = 0
        func look(_ instant: Int64, _ margin: Int64) {
            // `forEachMargin` has looked away from the one; the other counts up to its own instant.
            let other = added.minExpiryMilliseconds >= instant ? added.quantity : 0
            most = max(most, -(margin + other))
        }
        forEachMargin(level, through: added.minExpiryMilliseconds, own, taken: { _ in 0 }) { instant, margin, _ in look(instant, margin) }
        guard self[extras: level].firstDemand >= 0 else { return most }
        forEachMargin(level, through: Int64.max, own, taken: { _ in 0 }) { instant, margin, _ in look(instant, margin) }
        return most
    }
}
