extension PartitionState {
    /// Every waiter belongs to an order line or a hold and stands in the lane of its kind, oldest first; each level's lanes sum to what is
    /// backordered, preordered and owed there; a level that has something to give is in its SKU's list. O(all records).
    func checkWaiters() -> BrokenIdentity? {
        var broken: BrokenIdentity?
        var (found, foundLanes) = (0, 0)
        for level in 0..<levels.slotBound where levels.isLive(level) {
            let record = levels[level]
            var backordered: Int64 = 0
            var held: Int64 = 0
            var preordered: Int64 = 0
            var demand: [Int64: Int64] = [:]
            var isWhole = true
            var slot = self[extras: level].firstLane
            while slot >= 0 {
                let lane = lanes[slot]
                let (count, isInOrder) = checkLane(slot)
                found += count
                foundLanes += 1
                if !isInOrder || lane.level != level || count == 0 { isWhole = false }
                if isReleased(lane) {
                    if lane.isHold { held += lane.quantity } else { backordered += lane.quantity }
                    demand[lane.minExpiryMilliseconds, default: 0] += lane.quantity
                } else {
                    preordered += lane.quantity
                }
                slot = lane.next
            }
            if backordered != record.balances.backordered || preordered != record.balances.preordered { isWhole = false }
            if self[extras: level].owed != backordered + held || !isOwedRight(level, demand) { isWhole = false }
            if !isWhole { broken = .waiters(sku: skus[record.sku].key, location: location(of: level)) }
        }
        if found != waiters.count || foundLanes != lanes.count { return .counts(sku: Key()) }
        return broken ?? checkFills()
    }

    private func checkLane(_ slot: Int32) -> (count: Int, isInOrder: Bool) {
        let lane = lanes[slot]
        var (count, sum): (Int, Int64) = (0, 0)
        var previous: Int32 = -1
        var isInOrder = true
        var waiter = lane.first
        while waiter >= 0 {
            let record = waiters[waiter]
            if record.lane != slot || record.previous != previous || record.quantity <= 0 { isInOrder = false }
            if record.priority != lane.priority || record.release != lane.release { isInOrder = false }
            if record.isHold != lane.isHold || !isOwned(waiter, lane) { isInOrder = false }
            if previous >= 0 && waiters[previous].placedSeq >= record.placedSeq { isInOrder = false }
            sum += record.quantity
            count += 1
            previous = waiter
            waiter = record.next
        }
        return (count, isInOrder && previous == lane.last && sum == lane.quantity)
    }

    /// Whether the waiter's hold or order line knows it, and is of its lane.
    private func isOwned(_ slot: Int32, _ lane: LaneRecord) -> Bool {
        let owner = waiters[slot].owner
        if lane.isHold {
            let hold = holds[owner]
            let isKnown = hold.waiter == slot && !hold.status.isDead && hold.remaining == 0
            return isKnown && hold.level == lane.level && hold.minExpiryMilliseconds == lane.minExpiryMilliseconds
        }
        let line = commitments[owner]
        let isKnown = line.waiter == slot && !line.status.isDead
        return isKnown && line.level == lane.level && line.minExpiryMilliseconds == lane.minExpiryMilliseconds
    }

    /// Whether a level's instants are owed what its lanes say.
    private func isOwedRight(_ level: Int32, _ demand: [Int64: Int64]) -> Bool {
        var left = demand
        left[0] = nil
        var slot = self[extras: level].firstDemand
        while slot >= 0 {
            if demands[slot].owed != left.removeValue(forKey: demands[slot].minExpiryMilliseconds) ?? 0 { return false }
            slot = demands[slot].next
        }
        return left.isEmpty
    }

    private func checkFills() -> BrokenIdentity? {
        var listed: Set<Int32> = []
        var broken: BrokenIdentity?
        forEachSKU { sku in
            var slot = skus[sku].firstFill
            while slot >= 0, listed.insert(slot).inserted {
                if levels[slot].sku != sku { broken = .queues(sku: skus[sku].key) }
                slot = self[extras: slot].nextFill
            }
        }
        for level in 0..<levels.slotBound where levels.isLive(level) {
            let isListed = listed.contains(level)
            if isListed == (self[extras: level].nextFill == -2) || !isListed && isFillable(level) {
                broken = .queues(sku: skus[levels[level].sku].key)
            }
        }
        return broken
    }
}
