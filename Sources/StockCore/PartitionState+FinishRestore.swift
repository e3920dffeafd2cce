/// How far the end of the state topic's part has come; see `PartitionState.finishRestore(_:most:)`.
public struct RestoreFinish: Sendable {
    enum Phase {
        case levels, holds, commitments, parts, documents, counts, units, zones, channels, closed, lots, shippedLots, lotCounts,
            countedLots, namings, lotTerms, skus, merge, waiters, fills, done
    }

    let values: PartitionValues
    let digest: UInt64?
    var phase = Phase.levels
    var slot: Int32 = 0
    /// By SKU: the number of its records and the wrapping sum of their hashes, as found.
    var counts: [Int64] = []
    var sums: [UInt64] = []
    /// Closed records by closing time, and waiters by the seq that placed them.
    var closed = SortedRuns()
    var waiters = SortedRuns()

    /// The partition's values as the mark has them, and the mark's digest where it is complete.
    public init(values: PartitionValues, digest: UInt64?) {
        self.values = values
        self.digest = digest
    }

    mutating func count(_ sku: Int32, _ hash: UInt64) {
        counts[Int(sku)] += 1
        sums[Int(sku)] = sums[Int(sku)] &+ hash
    }

    /// The next slots of a phase, at most `most`.
    mutating func slots(_ bound: Int32, _ most: Int) -> Range<Int32> {
        let start = slot
        slot = start + Int32(min(most, Int(bound - start)))
        return start..<slot
    }

    /// Goes on to the next phase where this one is through; answers how many slots it moved.
    mutating func move(from start: Int32, _ bound: Int32, to next: Phase) -> Int {
        let count = Int(slot - start)
        if slot == bound {
            phase = next
            slot = 0
        }
        return count
    }
}

// Restore, the end of step 4: what the records say about each other is checked, and what is derived from them is built. In steps, since a
// partition may have millions of records and its worker has other tasks.

extension PartitionState {
    /// Ends the state topic's part at once. See `finishRestore(_:most:)`.
    public mutating func finishRestore(values: PartitionValues, digest: UInt64?) throws(RestoreError) {
        var finish = RestoreFinish(values: values, digest: digest)
        while try !finishRestore(&finish, most: Int.max) {}
    }

    /// Ends the state topic's part: takes the partition's values as the mark has them, checks every SKU against its header (and the sum
    /// over all against the digest, where the mark is complete), and builds what is derived. O(`most`) a call, in all O(records); no other
    /// call may come between. After an error the state is of no use.
    ///
    /// - Parameters:
    ///   - finish: keeps the place between calls.
    ///   - most: how many records one call looks at, at least 1.
    /// - Returns: whether this was the last call.
    public mutating func finishRestore(_ finish: inout RestoreFinish, most: Int) throws(RestoreError) -> Bool {
        precondition(!isInTransaction && most > 0)
        if finish.phase == .levels && finish.slot == 0 {
            self.values = finish.values
            finish.counts = [Int64](repeating: 0, count: Int(skus.slotBound))
            finish.sums = [UInt64](repeating: 0, count: Int(skus.slotBound))
        }
        var left = most
        while left > 0 && finish.phase != .done { left -= try finishSome(&finish, left) }
        return finish.phase == .done
    }

    /// Looks at up to `most` records of one phase; answers how many there were.
    private mutating func finishSome(_ finish: inout RestoreFinish, _ most: Int) throws(RestoreError) -> Int {
        let start = finish.slot
        switch finish.phase {
        case .levels:
            for slot in finish.slots(levels.slotBound, most) where levels.isLive(slot) { try finishLevel(slot, &finish) }
            return finish.move(from: start, levels.slotBound, to: .holds)
        case .holds:
            for slot in finish.slots(holds.slotBound, most) where holds.isLive(slot) { finishHold(slot, &finish) }
            return finish.move(from: start, holds.slotBound, to: .commitments)
        case .commitments:
            for slot in finish.slots(commitments.slotBound, most) where commitments.isLive(slot) { finishCommitment(slot, &finish) }
            return finish.move(from: start, commitments.slotBound, to: .parts)
        case .parts:
            for slot in finish.slots(promiseParts.slotBound, most) where promiseParts.isLive(slot) { try finishPart(slot, &finish) }
            return finish.move(from: start, promiseParts.slotBound, to: .documents)
        case .documents:
            for slot in finish.slots(documents.slotBound, most) where documents.isLive(slot) { finishDocument(slot, &finish) }
            return finish.move(from: start, documents.slotBound, to: .counts)
        case .counts:
            for slot in finish.slots(counts.slotBound, most) where counts.isLive(slot) {
                finish.count(counts[slot].sku, counts[slot].status.writtenHash)
            }
            return finish.move(from: start, counts.slotBound, to: .units)
        case .units:
            for slot in finish.slots(units.slotBound, most) where units.isLive(slot) {
                finish.count(units[slot].sku, units[slot].status.writtenHash)
            }
            return finish.move(from: start, units.slotBound, to: .zones)
        case .zones:
            for slot in finish.slots(zones.slotBound, most) where zones.isLive(slot) {
                finish.count(zones[slot].sku, zones[slot].status.writtenHash)
            }
            return finish.move(from: start, zones.slotBound, to: .channels)
        case .channels:
            for slot in finish.slots(channels.slotBound, most) where channels.isLive(slot) {
                finish.count(channels[slot].sku, channels[slot].status.writtenHash)
            }
            return finish.move(from: start, channels.slotBound, to: .closed)
        case .closed:
            for slot in finish.slots(closed.slotBound, most) where closed.isLive(slot) { finishClosed(slot, &finish) }
            return finish.move(from: start, closed.slotBound, to: .lots)
        case .lots, .shippedLots, .lotCounts, .countedLots, .namings, .lotTerms: return try finishLots(&finish, most)
        case .skus:
            for slot in finish.slots(skus.slotBound, most) where skus.isLive(slot) { try checkRecords(of: slot, finish) }
            let count = finish.move(from: start, skus.slotBound, to: .merge)
            if finish.phase == .merge { try beginMerge(&finish) }
            return count
        case .merge, .waiters, .fills: return merge(&finish, most)
        case .done: return 0
        }
    }

    private mutating func finishLots(_ finish: inout RestoreFinish, _ most: Int) throws(RestoreError) -> Int {
        let start = finish.slot
        switch finish.phase {
        case .lots:
            for slot in finish.slots(lots.slotBound, most) where lots.isLive(slot) { finishLot(slot, &finish) }
            return finish.move(from: start, lots.slotBound, to: .shippedLots)
        case .shippedLots:
            for slot in finish.slots(shippedLots.slotBound, most) where shippedLots.isLive(slot) { finishShippedLot(slot, &finish) }
            return finish.move(from: start, shippedLots.slotBound, to: .lotCounts)
        case .lotCounts:
            for slot in finish.slots(lotCounts.slotBound, most) where lotCounts.isLive(slot) { try finishLotCount(slot, &finish) }
            return finish.move(from: start, lotCounts.slotBound, to: .countedLots)
        case .countedLots:
            for slot in finish.slots(countedLots.slotBound, most) where countedLots.isLive(slot) { try finishCountedLot(slot, &finish) }
            return finish.move(from: start, countedLots.slotBound, to: .namings)
        case .namings:
            for slot in finish.slots(namings.slotBound, most) where namings.isLive(slot) { finishNaming(slot, &finish) }
            return finish.move(from: start, namings.slotBound, to: .lotTerms)
        default:
            for slot in finish.slots(lotTerms.slotBound, most) where lotTerms.isLive(slot) { try finishLotTerms(slot, &finish) }
            return finish.move(from: start, lotTerms.slotBound, to: .skus)
        }
    }

    private mutating func finishLevel(_ slot: Int32, _ finish: inout RestoreFinish) throws(RestoreError) {
        let level = levels[slot]
        // A level that only a hold or a commitment named.
        if level.status.writtenHash == 0 { throw .orphan(sku: skus[level.sku].key) }
        finish.count(level.sku, level.status.writtenHash)
        skus[level.sku].totals.add(level.balances, subtract: Balances())
        restoreLife(of: slot)
    }

    private mutating func finishHold(_ slot: Int32, _ finish: inout RestoreFinish) {
        let sku = holds[slot].sku
        finish.count(sku, holds[slot].status.writtenHash)
        skus[sku].openHolds += 1
        anchors.openHolds += 1
        changeDemand(holds[slot].level, holds[slot].minExpiryMilliseconds, by: holds[slot].remaining)
        changeOwned(sku, holds[slot].owner, by: holds[slot].remaining + waiting(of: holds[slot]), holds: 1)
        link(hold: slot)
        schedule(hold: slot)
        let waiter = holds[slot].waiter
        if waiter >= 0 { finish.waiters.append(waiter, at: waiters[waiter].placedSeq) }
    }

    private mutating func finishCommitment(_ slot: Int32, _ finish: inout RestoreFinish) {
        let sku = commitments[slot].sku
        finish.count(sku, commitments[slot].status.writtenHash)
        skus[sku].openCommitments += 1
        anchors.openCommitments += 1
        changeDemand(commitments[slot].level, commitments[slot].minExpiryMilliseconds, by: commitments[slot].open)
        link(line: slot)
        schedule(line: slot)
        let waiter = commitments[slot].waiter
        if waiter >= 0 { finish.waiters.append(waiter, at: waiters[waiter].placedSeq) }
    }

    private mutating func finishDocument(_ slot: Int32, _ finish: inout RestoreFinish) {
        let sku = documents[slot].sku
        finish.count(sku, documents[slot].status.writtenHash)
        skus[sku].openDocuments += 1
    }

    private func finishClosed(_ slot: Int32, _ finish: inout RestoreFinish) {
        finish.count(closed[slot].sku, closed[slot].status.writtenHash)
        finish.closed.append(slot, at: closed[slot].closedAtMilliseconds)
    }

    private func checkRecords(of slot: Int32, _ finish: borrowing RestoreFinish) throws(RestoreError) {
        let sku = skus[slot]
        if sku.version == 0 { throw .orphan(sku: sku.key) }
        if finish.counts[Int(slot)] != sku.writtenRecords || finish.sums[Int(slot)] != sku.writtenHashSum {
            throw .recordsDiffer(sku: sku.key)
        }
    }

    private func beginMerge(_ finish: inout RestoreFinish) throws(RestoreError) {
        if let digest = finish.digest, digest != anchors.digest { throw .digestDiffers }
        finish.closed.end()
        finish.waiters.end()
        finish.counts = []
        finish.sums = []
    }

    /// Puts closed records and waiters into their queues, the oldest first, then finds out who can get units.
    private mutating func merge(_ finish: inout RestoreFinish, _ most: Int) -> Int {
        var count = 0
        switch finish.phase {
        case .merge:
            while count < most, let slot = finish.closed.next() {
                linkClosed(slot)
                count += 1
            }
            if finish.closed.isEmpty { finish.phase = .waiters }
        case .waiters:
            while count < most, let slot = finish.waiters.next() {
                linkWaiter(slot)
                count += 1
            }
            if finish.waiters.isEmpty { finish.phase = .fills }
        default:
            let start = finish.slot
            for slot in finish.slots(levels.slotBound, most) where levels.isLive(slot) && self[extras: slot].firstLane >= 0 {
                noteFill(slot)
                schedulePreorders(of: levels[slot].sku)
            }
            count = finish.move(from: start, levels.slotBound, to: .done)
        }
        return count
    }
}
