// The open holds and commitments of each SKU, for whoever looks for its newest promises.

/// A record in a list of its SKU, the youngest first.
protocol ListedRecord: BitwiseCopyable {
    var status: RecordStatus { get }
    var sku: Int32 { get }
    /// The one before it in the list; -1: it is the first.
    var previous: Int32 { get set }
    /// The one after it; -1: it is the last.
    var next: Int32 { get set }
}

extension HoldRecord: ListedRecord {}
extension CommitmentRecord: ListedRecord {}

extension Slab where Record: ListedRecord {
    /// Puts a record before the first of a list.
    mutating func link(_ slot: Int32, before first: inout Int32) {
        let record = change(slot)
        record.pointee.previous = -1
        record.pointee.next = first
        if first >= 0 { self[first].previous = slot }
        first = slot
    }

    /// Takes a record out of the list that begins there.
    mutating func unlink(_ slot: Int32, from first: inout Int32) {
        let (previous, next) = (record(slot).pointee.previous, record(slot).pointee.next)
        if previous >= 0 { self[previous].next = next } else { first = next }
        if next >= 0 { self[next].previous = previous }
    }

    /// Whether the list that begins there is whole, and has so many records of the SKU. O(their number).
    func isList(from first: Int32, of sku: Int32, count: Int32) -> Bool {
        var (found, previous, slot): (Int32, Int32, Int32) = (0, -1, first)
        while slot >= 0 {
            let record = self[slot]
            if record.previous != previous || record.sku != sku || record.status.isDead { return false }
            (found, previous, slot) = (found + 1, slot, record.next)
        }
        return found == count
    }
}

extension PartitionState {
    /// Puts an open hold into its SKU's list.
    mutating func link(hold slot: Int32) {
        let sku = holds[slot].sku
        parts.pointee.holds.link(slot, before: &parts.pointee.skus[sku].firstHold)
    }

    mutating func unlink(hold slot: Int32) {
        let sku = holds[slot].sku
        parts.pointee.holds.unlink(slot, from: &parts.pointee.skus[sku].firstHold)
    }

    /// Puts an open commitment into its SKU's list.
    mutating func link(line slot: Int32) {
        let sku = commitments[slot].sku
        parts.pointee.commitments.link(slot, before: &parts.pointee.skus[sku].firstLine)
    }

    mutating func unlink(line slot: Int32) {
        let sku = commitments[slot].sku
        parts.pointee.commitments.unlink(slot, from: &parts.pointee.skus[sku].firstLine)
    }

    /// Whether each SKU's lists hold its open holds and commitments, and no others. O(open holds and commitments).
    func checkPromises() -> BrokenIdentity? {
        for sku in 0..<skus.slotBound where skus.isLive(sku) {
            let areWhole =
                holds.isList(from: skus[sku].firstHold, of: sku, count: skus[sku].openHolds)
                && commitments.isList(from: skus[sku].firstLine, of: sku, count: skus[sku].openCommitments)
            if !areWhole { return .queues(sku: skus[sku].key) }
        }
        return nil
    }
}
