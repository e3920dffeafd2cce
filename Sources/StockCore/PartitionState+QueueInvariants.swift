extension PartitionState {
    /// Checks the queues that run through the records, and the counts beside them. O(all records).
    func checkQueues() -> BrokenIdentity? {
        checkUnwritten() ?? checkUnprojected() ?? checkPromises() ?? checkClosed() ?? checkNamings() ?? checkVelocities() ?? checkZones()
            ?? checkChannels()
    }

    /// Every SKU with an unwritten change is in the queue, oldest first, and its list holds each of its changed records once.
    private func checkUnwritten() -> BrokenIdentity? {
        var queued = 0
        var previous: Int32 = -1
        var seq: Int64 = 0
        var slot = anchors.firstDirty
        while slot >= 0 {
            let sku = skus[slot]
            if sku.dirtyPrevious != previous || sku.dirtySinceSeq < seq || sku.dirtySinceSeq <= 0 { return .queues(sku: sku.key) }
            if !isListWhole(of: sku) { return .queues(sku: sku.key) }
            seq = sku.dirtySinceSeq
            previous = slot
            slot = sku.dirtyNext
            queued += 1
        }
        if previous != anchors.lastDirty { return .queues(sku: Key()) }
        forEachSKU { slot in queued -= skus[slot].dirtySinceSeq != 0 ? 1 : 0 }
        return queued == 0 ? nil : .queues(sku: Key())
    }

    private func isListWhole(of sku: SKURecord) -> Bool {
        var length: Int32 = 0
        var reference = sku.firstDirty
        while reference.slot >= 0 {
            let status = status(reference)
            if !status.isDirty { return false }
            length += 1
            reference = status.nextDirty
        }
        return length == sku.dirtyCount
    }

    private func checkUnprojected() -> BrokenIdentity? {
        var queued: Int32 = 0
        var previous: Int32 = -1
        var seq: Int64 = 0
        var slot = anchors.firstUnprojected
        while slot >= 0 {
            let sku = skus[slot]
            let isInOrder = sku.unprojectedSinceSeq >= max(seq, 1)
            if sku.unprojectedPrevious != previous || !isInOrder { return .queues(sku: sku.key) }
            seq = sku.unprojectedSinceSeq
            previous = slot
            slot = sku.unprojectedNext
            queued += 1
        }
        if previous != anchors.lastUnprojected || queued != anchors.unprojectedCount { return .queues(sku: Key()) }
        forEachSKU { slot in queued -= skus[slot].unprojectedSinceSeq != 0 ? 1 : 0 }
        return queued == 0 ? nil : .queues(sku: Key())
    }

    private func checkClosed() -> BrokenIdentity? {
        var queued: Int32 = 0
        for (first, last) in [(anchors.firstClosed.0, anchors.lastClosed.0), (anchors.firstClosed.1, anchors.lastClosed.1)] {
            var previous: Int32 = -1
            var slot = first
            while slot >= 0 {
                let record = closed[slot]
                if record.previous != previous || record.status.isDead { return .queues(sku: skus[record.sku].key) }
                previous = slot
                slot = record.next
                queued += 1
            }
            if previous != last { return .queues(sku: Key()) }
        }
        var kept: Int32 = 0
        for slot in 0..<closed.slotBound where closed.isLive(slot) && !closed[slot].status.isDead { kept += 1 }
        return queued == anchors.closedRecords && kept == queued ? nil : .queues(sku: Key())
    }
}
