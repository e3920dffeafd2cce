// The open holds and commitments of each SKU, for whoever looks for its newest promises.

extension PartitionState {
    /// Puts an open hold into its SKU's list.
    mutating func link(hold slot: Int32) {
        let sku = holds[slot].sku
        let next = skus[sku].firstHold
        (holds[slot].previous, holds[slot].next) = (-1, next)
        if next >= 0 { holds[next].previous = slot }
        skus[sku].firstHold = slot
    }

    mutating func unlink(hold slot: Int32) {
        let (previous, next) = (holds[slot].previous, holds[slot].next)
        if previous >= 0 { holds[previous].next = next } else { skus[holds[slot].sku].firstHold = next }
        if next >= 0 { holds[next].previous = previous }
    }

    /// Puts an open commitment into its SKU's list.
    mutating func link(line slot: Int32) {
        let sku = commitments[slot].sku
        let next = skus[sku].firstLine
        (commitments[slot].previous, commitments[slot].next) = (-1, next)
        if next >= 0 { commitments[next].previous = slot }
        skus[sku].firstLine = slot
    }

    mutating func unlink(line slot: Int32) {
        let (previous, next) = (commitments[slot].previous, commitments[slot].next)
        if previous >= 0 { commitments[previous].next = next } else { skus[commitments[slot].sku].firstLine = next }
        if next >= 0 { commitments[next].previous = previous }
    }

    /// Whether each SKU's lists hold its open holds and commitments, and no others. O(open holds and commitments).
    func checkPromises() -> BrokenIdentity? {
        for sku in 0..<skus.slotBound where skus.isLive(sku) {
            var (count, previous): (Int32, Int32) = (0, -1)
            var slot = skus[sku].firstHold
            while slot >= 0 {
                let hold = holds[slot]
                if hold.previous != previous || hold.sku != sku || hold.status.isDead { return .queues(sku: skus[sku].key) }
                (count, previous, slot) = (count + 1, slot, hold.next)
            }
            if count != skus[sku].openHolds { return .queues(sku: skus[sku].key) }
            (count, previous, slot) = (0, -1, skus[sku].firstLine)
            while slot >= 0 {
                let line = commitments[slot]
                if line.previous != previous || line.sku != sku || line.status.isDead { return .queues(sku: skus[sku].key) }
                (count, previous, slot) = (count + 1, slot, line.next)
            }
            if count != skus[sku].openCommitments { return .queues(sku: skus[sku].key) }
        }
        return nil
    }
}
