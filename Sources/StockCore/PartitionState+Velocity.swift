// Sales velocity: what leaves for customers by SKU, location and day (UTC), where the policy of the SKU asks for it.

extension PartitionState {
    /// What was sold at a level lately; nil: nothing was, or the SKU does not keep it.
    public func velocity(ofLevel level: Int32) -> VelocityRecord? {
        let slot = levels[level].velocity
        return slot < 0 ? nil : velocities[slot]
    }

    /// Adds what was sold of a SKU at all its levels. O(locations).
    public func addSold(of sku: Int32, to sold: inout SoldDays) {
        guard skus[sku].policy.velocity == 1 else { return }
        forEachLevel(of: sku) { level in
            if let record = velocity(ofLevel: level) { sold.add(record) }
        }
    }

    /// Counts units that leave a level by a sale or a shipment. Answers with what its record remembers for the case that it is taken back:
    /// the day and one; 0: it was not counted.
    mutating func noteSold(_ fact: inout Fact, _ quantity: Int64, at level: Int32) -> Int64 {
        guard skus[levels[level].sku].policy.velocity == 1, let day = PartitionState.soldDay(fact) else { return 0 }
        if levels[level].velocity < 0 { levels[level].velocity = velocities.insert(VelocityRecord(lastDay: day)) }
        velocities[levels[level].velocity].add(quantity, on: day)
        return Int64(day) + 1
    }

    /// Takes units back that a shipment had counted; `noted` is what its record remembers.
    mutating func takeBackSold(_ quantity: Int64, noted: Int64, at level: Int32) {
        let slot = levels[level].velocity
        guard slot >= 0, noted > 0 else { return }
        velocities[slot].take(quantity, from: Int32(noted - 1))
    }

    /// Forgets what was sold of a SKU.
    mutating func endVelocity(of sku: Int32) {
        var level = skus[sku].firstLevel
        while level >= 0 {
            if levels[level].velocity >= 0 {
                velocities.remove(levels[level].velocity)
                levels[level].velocity = -1
            }
            level = levels[level].next
        }
    }

    /// The day on which a fact sells: that of its business time, since a till that was offline reports what it sold days ago. A sender's
    /// clock that is ahead does not make tomorrow's sales. What happened before the days that are kept belongs to none of them (nil):
    /// counted as of today, sales that are brought in from long ago would look like a rush.
    private static func soldDay(_ fact: Fact) -> Int32? {
        let today = max(0, fact.timeMilliseconds / VelocityRecord.dayMilliseconds)
        let day = max(0, fact.occurredAtMilliseconds / VelocityRecord.dayMilliseconds)
        return day > today - Int64(VelocityRecord.dayCount) ? Int32(clamping: min(day, today)) : nil
    }

    /// Whether each record belongs to one level, of a SKU that keeps sales. O(levels).
    func checkVelocities() -> BrokenIdentity? {
        var count = 0
        for slot in 0..<levels.slotBound where levels.isLive(slot) && levels[slot].velocity >= 0 {
            let level = levels[slot]
            guard velocities.isLive(level.velocity), skus[level.sku].policy.velocity == 1 else { return .counts(sku: skus[level.sku].key) }
            count += 1
        }
        return count == velocities.count ? nil : .counts(sku: Key())
    }
}
