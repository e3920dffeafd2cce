// The commitments of each SKU, for whoever looks for its newest promises.

extension PartitionState {
    /// Notes a commitment that is open now, among those of its SKU.
    mutating func noteLine(_ slot: Int32) {
        let sku = commitments[slot].sku
        while parts.pointee.lines.count <= Int(sku) { parts.pointee.lines.append([]) }
        if parts.pointee.lines[Int(sku)].count > 2 * Int(skus[sku].openCommitments) + 64 { compactLines(of: sku) }
        parts.pointee.lines[Int(sku)].append(slot)
    }

    /// Lets stale entries go. What goes is noted, since an abort may make it valid again.
    private mutating func compactLines(of sku: Int32) {
        var kept: [Int32] = []
        for slot in parts.pointee.lines[Int(sku)] {
            if commitments.isLive(slot) && !commitments[slot].status.isDead && commitments[slot].sku == sku {
                kept.append(slot)
            } else if isInTransaction {
                parts.pointee.takenLines.append((sku, slot))
            }
        }
        kept.sort()
        var unique: [Int32] = []
        for slot in kept where unique.last != slot { unique.append(slot) }
        parts.pointee.lines[Int(sku)] = unique
    }
}
