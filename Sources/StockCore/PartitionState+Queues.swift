// Three kinds of queues run through the records: SKUs with changes that no checkpoint has, SKUs with changes that the read model does not
// have (both oldest first), and closed records by age. They are part of the records, so an abort puts them back with the records.

/// A record that is written into the checkpoint by itself.
protocol WrittenRecord: BitwiseCopyable {
    var status: RecordStatus { get set }
}

extension StoredLevel: WrittenRecord {}
extension HoldRecord: WrittenRecord {}
extension CommitmentRecord: WrittenRecord {}
extension DocumentRecord: WrittenRecord {}
extension LotTermsRecord: WrittenRecord {}
extension LotRecord: WrittenRecord {}
extension ShippedLotRecord: WrittenRecord {}
extension LotCountRecord: WrittenRecord {}
extension CountedLotRecord: WrittenRecord {}
extension NamingRecord: WrittenRecord {}
extension CountRecord: WrittenRecord {}
extension UnitRecord: WrittenRecord {}
extension ChannelRecord: WrittenRecord {}
extension ZoneRecord: WrittenRecord {}
extension PartRecord: WrittenRecord {}

extension Slab where Record: WrittenRecord {
    /// Puts a record before the first of its SKU's list of changed ones. False: it is in it already.
    @inline(__always) fileprivate mutating func list(_ slot: Int32, before head: RecordReference) -> Bool {
        guard !self[slot].status.isDirty else { return false }
        let record = change(slot)
        record.pointee.status.isDirty = true
        record.pointee.status.nextDirty = head
        return true
    }
}

extension PartitionState {
    /// Notes that a record of the SKU changed at `seq`, for the checkpoint and for the read model.
    mutating func noteChange(_ sku: Int32, seq: Int64, timeMilliseconds: Int64) {
        let record = skus.change(sku)
        record.pointee.lastSeq = seq
        record.pointee.lastTimeMilliseconds = timeMilliseconds
        if record.pointee.dirtySinceSeq == 0 {
            record.pointee.dirtySinceSeq = seq
            record.pointee.dirtySinceMilliseconds = timeMilliseconds
            record.pointee.dirtyPrevious = anchors.lastDirty
            record.pointee.dirtyNext = -1
            if anchors.lastDirty >= 0 { skus[anchors.lastDirty].dirtyNext = sku } else { anchors.firstDirty = sku }
            anchors.lastDirty = sku
        }
        markUnprojected(sku, seq: seq)
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
        let record = skus.change(sku)
        record.pointee.unprojectedSinceSeq = max(seq, 1)
        record.pointee.unprojectedPrevious = anchors.lastUnprojected
        record.pointee.unprojectedNext = -1
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
        let head = skus[sku].firstDirty
        let isNew =
            switch kind {
            case .level: levels.list(slot, before: head)
            case .hold: holds.list(slot, before: head)
            case .commitment: commitments.list(slot, before: head)
            case .closed: closed.list(slot, before: head)
            case .incoming, .transfer: documents.list(slot, before: head)
            case .lotTerms: lotTerms.list(slot, before: head)
            case .lot: lots.list(slot, before: head)
            case .shippedLot: shippedLots.list(slot, before: head)
            case .naming: namings.list(slot, before: head)
            case .lotCount: lotCounts.list(slot, before: head)
            case .countedLot: countedLots.list(slot, before: head)
            case .count: counts.list(slot, before: head)
            case .unit: units.list(slot, before: head)
            case .channel: channels.list(slot, before: head)
            case .zone: zones.list(slot, before: head)
            case .part: promiseParts.list(slot, before: head)
            case .sku, .ids, .mark, .anew, .stamp: preconditionFailure("not a record of a SKU's list")
            }
        guard isNew else { return }
        let record = skus.change(sku)
        record.pointee.firstDirty = RecordReference(kind: kind, slot: slot)
        record.pointee.dirtyCount += 1
    }

    /// Puts a closed record at the end of its class's queue. Closing times never fall there, except where a replay brings SKUs up to date
    /// one after the other: by as much as the checkpoint was spread.
    mutating func linkClosed(_ slot: Int32) {
        let isLong = closed.isLongLived(slot)
        let last = isLong ? anchors.lastClosed.1 : anchors.lastClosed.0
        anchors.closedRecords += 1
        closed.link(slot, after: last)
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
