// Three kinds of queues run through the records: SKUs with changes that no checkpoint has, SKUs with changes that the read model does not
// have (both oldest first), and closed records by age. They are part of the records, so an abort puts them back with the records.

extension PartitionState {
    /// Notes that a record of the SKU changed at `seq`, for the checkpoint and for the read model.
    mutating func noteChange(_ sku: Int32, seq: Int64, timeMilliseconds: Int64) {
        skus[sku].lastSeq = seq
        skus[sku].lastTimeMilliseconds = timeMilliseconds
        markUnwritten(sku, seq: seq, timeMilliseconds: timeMilliseconds)
        markUnprojected(sku, seq: seq)
    }

    private mutating func markUnwritten(_ sku: Int32, seq: Int64, timeMilliseconds: Int64) {
        guard skus[sku].dirtySinceSeq == 0 else { return }
        skus[sku].dirtySinceSeq = seq
        skus[sku].dirtySinceMilliseconds = timeMilliseconds
        skus[sku].dirtyPrevious = anchors.lastDirty
        skus[sku].dirtyNext = -1
        if anchors.lastDirty >= 0 { skus[anchors.lastDirty].dirtyNext = sku } else { anchors.firstDirty = sku }
        anchors.lastDirty = sku
    }

    mutating func unmarkUnwritten(_ sku: Int32) {
        let record = skus[sku]
        assert(record.dirtySinceSeq != 0)
        let (before, after) = (record.dirtyPrevious, record.dirtyNext)
        if before >= 0 { skus[before].dirtyNext = after } else { anchors.firstDirty = after }
        if after >= 0 { skus[after].dirtyPrevious = before } else { anchors.lastDirty = before }
        skus[sku].dirtySinceSeq = 0
    }

    mutating func markUnprojected(_ sku: Int32, seq: Int64) {
        guard skus[sku].unprojectedSinceSeq == 0 else { return }
        skus[sku].unprojectedSinceSeq = max(seq, 1)
        skus[sku].unprojectedPrevious = anchors.lastUnprojected
        skus[sku].unprojectedNext = -1
        if anchors.lastUnprojected >= 0 {
            skus[anchors.lastUnprojected].unprojectedNext = sku
        } else {
            anchors.firstUnprojected = sku
        }
        anchors.lastUnprojected = sku
        anchors.unprojectedCount += 1
    }

    mutating func unmarkUnprojected(_ sku: Int32) {
        let record = skus[sku]
        assert(record.unprojectedSinceSeq != 0)
        let (before, after) = (record.unprojectedPrevious, record.unprojectedNext)
        if before >= 0 { skus[before].unprojectedNext = after } else { anchors.firstUnprojected = after }
        if after >= 0 { skus[after].unprojectedPrevious = before } else { anchors.lastUnprojected = before }
        skus[sku].unprojectedSinceSeq = 0
        anchors.unprojectedCount -= 1
    }

    /// Puts a record into its SKU's list of changed ones.
    mutating func markDirty(_ kind: RecordKind, _ slot: Int32, of sku: Int32) {
        let reference = RecordReference(kind: kind, slot: slot)
        let head = skus[sku].firstDirty
        switch kind {
        case .level:
            guard !levels[slot].status.isDirty else { return }
            levels[slot].status.isDirty = true
            levels[slot].status.nextDirty = head
        case .hold:
            guard !holds[slot].status.isDirty else { return }
            holds[slot].status.isDirty = true
            holds[slot].status.nextDirty = head
        case .commitment:
            guard !commitments[slot].status.isDirty else { return }
            commitments[slot].status.isDirty = true
            commitments[slot].status.nextDirty = head
        case .closed:
            var status = closed.status(slot)
            guard !status.isDirty else { return }
            status.isDirty = true
            status.nextDirty = head
            closed.setStatus(slot, status)
        case .incoming, .transfer:
            guard !documents[slot].status.isDirty else { return }
            documents[slot].status.isDirty = true
            documents[slot].status.nextDirty = head
        case .lotTerms:
            guard !lotTerms[slot].status.isDirty else { return }
            lotTerms[slot].status.isDirty = true
            lotTerms[slot].status.nextDirty = head
        case .lot:
            guard !lots[slot].status.isDirty else { return }
            lots[slot].status.isDirty = true
            lots[slot].status.nextDirty = head
        case .shippedLot:
            guard !shippedLots[slot].status.isDirty else { return }
            shippedLots[slot].status.isDirty = true
            shippedLots[slot].status.nextDirty = head
        case .naming:
            guard !namings[slot].status.isDirty else { return }
            namings[slot].status.isDirty = true
            namings[slot].status.nextDirty = head
        case .lotCount:
            guard !lotCounts[slot].status.isDirty else { return }
            lotCounts[slot].status.isDirty = true
            lotCounts[slot].status.nextDirty = head
        case .countedLot:
            guard !countedLots[slot].status.isDirty else { return }
            countedLots[slot].status.isDirty = true
            countedLots[slot].status.nextDirty = head
        case .count:
            guard !counts[slot].status.isDirty else { return }
            counts[slot].status.isDirty = true
            counts[slot].status.nextDirty = head
        case .unit:
            guard !units[slot].status.isDirty else { return }
            units[slot].status.isDirty = true
            units[slot].status.nextDirty = head
        default:
            guard !markRareDirty(kind, slot, before: head) else { return }
        }
        skus[sku].firstDirty = reference
        skus[sku].dirtyCount += 1
    }

    /// The same of the record alone, of kinds that few SKUs have. Answers whether it was in the list already.
    private mutating func markRareDirty(_ kind: RecordKind, _ slot: Int32, before head: RecordReference) -> Bool {
        switch kind {
        case .channel:
            guard !channels[slot].status.isDirty else { return true }
            channels[slot].status.isDirty = true
            channels[slot].status.nextDirty = head
        case .zone:
            guard !zones[slot].status.isDirty else { return true }
            zones[slot].status.isDirty = true
            zones[slot].status.nextDirty = head
        case .part:
            guard !promiseParts[slot].status.isDirty else { return true }
            promiseParts[slot].status.isDirty = true
            promiseParts[slot].status.nextDirty = head
        default:
            preconditionFailure("not a record of a SKU's list")
        }
        return false
    }

    /// Puts a closed record at the end of its class's queue. Closing times never fall there, except where a replay brings SKUs up to date
    /// one after the other: by as much as the checkpoint was spread.
    mutating func linkClosed(_ slot: Int32) {
        let isLong = closed[slot].isLongLived
        let last = isLong ? anchors.lastClosed.1 : anchors.lastClosed.0
        anchors.closedRecords += 1
        closed.setPrevious(slot, last)
        closed.setNext(slot, -1)
        if last >= 0 { closed.setNext(last, slot) }
        if isLong {
            anchors.lastClosed.1 = slot
            if last < 0 { anchors.firstClosed.1 = slot }
        } else {
            anchors.lastClosed.0 = slot
            if last < 0 { anchors.firstClosed.0 = slot }
        }
    }

    mutating func unlinkClosed(_ slot: Int32) {
        let record = closed[slot]
        anchors.closedRecords -= 1
        if record.previous >= 0 {
            closed.setNext(record.previous, record.next)
        } else if record.isLongLived {
            anchors.firstClosed.1 = record.next
        } else {
            anchors.firstClosed.0 = record.next
        }
        if record.next >= 0 {
            closed.setPrevious(record.next, record.previous)
        } else if record.isLongLived {
            anchors.lastClosed.1 = record.previous
        } else {
            anchors.lastClosed.0 = record.previous
        }
    }
}

// MARK: - Read model

extension PartitionState {
    /// How many SKUs have changes that the read model does not have.
    public var unprojectedCount: Int { Int(anchors.unprojectedCount) }

    /// The seq before the oldest change that the read model does not have; the partition's seq where it has all.
    public var projectedThroughSeq: Int64 {
        anchors.firstUnprojected < 0 ? values.seq : skus[anchors.firstUnprojected].unprojectedSinceSeq - 1
    }

    /// Takes the SKU whose change waits longest out of the queue; -1 where there is none. Between transactions only.
    public mutating func takeUnprojected() -> Int32 {
        precondition(!isInTransaction, "only committed state is projected")
        let sku = anchors.firstUnprojected
        if sku >= 0 { unmarkUnprojected(sku) }
        return sku
    }

    /// Notes that a level's last change went into a batch. Between transactions only.
    public mutating func noteProjected(level slot: Int32) { levels[slot].isUnprojected = false }

    /// Puts every SKU into the queue again: the view is empty or not to be trusted. Between transactions only. O(SKUs).
    public mutating func requeueWholeProjection() {
        for slot in 0..<skus.slotBound where skus.isLive(slot) { requeueProjection(slot, sinceSeq: 1) }
    }

    /// Puts the SKUs into the queue that changed above `seq`: the view ends there. Between transactions only. O(SKUs).
    public mutating func requeueProjection(changedAfterSeq seq: Int64) {
        for slot in 0..<skus.slotBound where skus.isLive(slot) && skus[slot].lastSeq > seq {
            requeueProjection(slot, sinceSeq: seq + 1)
        }
    }

    /// Puts a SKU at the head of the queue again, with all its levels: its batch was not applied, or the view has to be filled anew.
    /// Whatever the
    /// order of several calls, `projectedThroughSeq` stays below every change in the queue. Between transactions only.
    public mutating func requeueProjection(_ sku: Int32, sinceSeq seq: Int64) {
        precondition(!isInTransaction, "an abort would take it back")
        var seq = seq
        if skus[sku].unprojectedSinceSeq != 0 {
            // Another change queued it already; the older seq has to count, or the watermark would pass it.
            seq = min(seq, skus[sku].unprojectedSinceSeq)
            unmarkUnprojected(sku)
        }
        if anchors.firstUnprojected >= 0 { seq = min(seq, skus[anchors.firstUnprojected].unprojectedSinceSeq) }
        var slot = skus[sku].firstLevel
        while slot >= 0 {
            levels[slot].isUnprojected = true
            slot = levels[slot].next
        }
        pushUnprojectedFront(sku, seq: seq)
    }

    private mutating func pushUnprojectedFront(_ sku: Int32, seq: Int64) {
        skus[sku].unprojectedSinceSeq = max(seq, 1)
        skus[sku].unprojectedPrevious = -1
        skus[sku].unprojectedNext = anchors.firstUnprojected
        if anchors.firstUnprojected >= 0 {
            skus[anchors.firstUnprojected].unprojectedPrevious = sku
        } else {
            anchors.lastUnprojected = sku
        }
        anchors.firstUnprojected = sku
        anchors.unprojectedCount += 1
    }
}
