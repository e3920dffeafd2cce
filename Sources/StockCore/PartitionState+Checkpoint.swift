/// Takes the state records of a checkpoint: encodes and keeps them, and answers with the 64-bit hash of key and value, never 0.
public protocol CheckpointSink: AnyObject {
    /// A level, new or changed, with what was sold there.
    func put(level: LevelRecord, velocity: VelocityRecord?, sku: Key) -> UInt64
    /// An open hold, new or changed, with what it waits for.
    func put(hold: HoldRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64
    /// An open commitment, new or changed, with what of it waits for stock.
    func put(commitment: CommitmentRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64
    /// A closed record, new or changed.
    func put(closed: ClosedRecord, sku: Key) -> UInt64
    /// The terms of a lot, new or changed.
    func put(terms: LotTermsRecord, sku: Key) -> UInt64
    /// What a location has of a lot, new or changed.
    func put(lot: LotRecord, sku: Key, location: Key, name: Key) -> UInt64
    /// What of a lot has left for an order line, new or changed.
    func put(shipped: ShippedLotRecord, sku: Key, lot: Key) -> UInt64
    /// What an open count has counted of a lot, new or changed.
    func put(lotCount: LotCountRecord, sku: Key, location: Key, lot: Key) -> UInt64
    /// When units of a lot were counted last, new or changed.
    func put(countedLot: CountedLotRecord, sku: Key, location: Key, lot: Key) -> UInt64
    /// What is to be named of a level, new or changed.
    func put(naming: NamingRecord, sku: Key, location: Key) -> UInt64
    /// An open document, new or changed; `to` is empty where it goes nowhere else.
    func put(document: DocumentRecord, sku: Key, location: Key, to: Key) -> UInt64
    /// The count of a level, new or changed.
    func put(count: CountRecord, sku: Key, location: Key) -> UInt64
    /// A unit, new or changed.
    func put(unit: UnitRecord, sku: Key) -> UInt64
    /// A channel, new or changed.
    func put(channel: ChannelRecord, sku: Key) -> UInt64
    /// A zone, new or changed; of a SKU where the location is empty.
    func put(zone: ZoneRecord, sku: Key, location: Key) -> UInt64
    /// A part of a hold or an order line elsewhere, new or changed.
    func put(part: PartRecord, sku: Key, location: Key) -> UInt64
    /// The SKU's header comes after its records, with their count and hash-sum (`writtenRecords`, `writtenHashSum`).
    func put(header: SKURecord) -> UInt64
    /// The tombstone of a hold. Tombstones come before the records of the same SKU.
    func remove(hold: Key, sku: Key)
    /// The tombstone of a commitment.
    func remove(commitment: Key, sku: Key)
    /// The tombstone of a closed record.
    func remove(closed: Hash128, sku: Key)
    /// The tombstone of a document.
    func remove(document: Key, _ kind: RecordKind, sku: Key)
    /// The tombstone of a lot's terms.
    func remove(terms: Key, sku: Key)
    /// The tombstone of a lot at a location.
    func remove(lot: Key, sku: Key, location: Key)
    /// The tombstone of what a count has counted of a lot.
    func remove(lotCount: Key, _ disposition: Disposition, sku: Key, location: Key)
    /// The tombstone of when units of a lot were counted.
    func remove(countedLot: Key, _ disposition: Disposition, sku: Key, location: Key)
    /// The tombstone of what was to be named of a level.
    func remove(naming: Key, sku: Key)
    /// The tombstone of a channel.
    func remove(channel: Key, sku: Key)
    /// The tombstone of a shipped lot.
    func remove(shipped: Hash128, sku: Key, lot: Key)
    /// The tombstone of a part of a hold or an order line.
    func remove(part: Key, isHold: Bool, sku: Key, location: Key)
}

extension PartitionState {
    /// The SKU whose unwritten change is the oldest; -1 where everything is written.
    public var oldestUnwrittenSKU: Int32 { anchors.firstDirty }

    /// The same where that change is at or below the seq; otherwise -1.
    public func unwrittenSKU(throughSeq seq: Int64) -> Int32 {
        anchors.firstDirty >= 0 && skus[anchors.firstDirty].dirtySinceSeq <= seq ? anchors.firstDirty : -1
    }

    /// The SKU whose unwritten change comes after that of `sku`; -1 where it is the last.
    public func nextUnwrittenSKU(after sku: Int32) -> Int32 { skus[sku].dirtyNext }

    /// Notes that somebody else's checkpoint has every change through `seq`: a SKU that counts as unwritten since before has changed again
    /// since then, at this log time or later. Not inside a transaction. O(such SKUs).
    public mutating func noteUnwritten(onlyAfterSeq seq: Int64, timeMilliseconds: Int64) {
        precondition(!isInTransaction, "an abort would take it back")
        var sku = anchors.firstDirty
        while sku >= 0, skus[sku].dirtySinceSeq <= seq {
            assert(skus[sku].lastSeq > seq, "what has not changed since is written")
            skus[sku].dirtySinceSeq = seq + 1
            skus[sku].dirtySinceMilliseconds = timeMilliseconds
            sku = skus[sku].dirtyNext
        }
    }

    /// Notes that somebody else may have written any of what is unwritten, unseen. What he did not is given a needless tombstone if it
    /// ends; without one for what he did, the next restore would find a record too many. Not inside a transaction. O(unwritten SKUs).
    public mutating func noteUnwrittenMayBeWritten() {
        precondition(!isInTransaction, "an abort would take it back")
        var sku = anchors.firstDirty
        while sku >= 0 {
            skus[sku].isWrittenUnseen = true
            sku = skus[sku].dirtyNext
        }
    }

    /// The log time of the oldest change that no checkpoint has; nil where there is none.
    public var oldestUnwrittenMilliseconds: Int64? {
        anchors.firstDirty < 0 ? nil : skus[anchors.firstDirty].dirtySinceMilliseconds
    }

    /// Whether SKUs and id window are in the checkpoint as they are.
    public var isAllWritten: Bool { anchors.firstDirty < 0 && ids.writtenPosition >= ids.tail }

    /// Where a restore has to begin: it needs every fact above this seq, and none of those is older than this log time.
    public var redo: (seq: Int64, timeMilliseconds: Int64) {
        var seq = values.seq
        var time = values.lastFactMilliseconds
        if anchors.firstDirty >= 0 {
            seq = skus[anchors.firstDirty].dirtySinceSeq - 1
            time = skus[anchors.firstDirty].dirtySinceMilliseconds
        }
        if ids.writtenPosition < ids.tail {
            let entry = ids.entry(at: max(ids.writtenPosition, ids.head))
            if entry.seq - 1 < seq {
                seq = entry.seq - 1
                time = entry.timeMilliseconds
            }
        }
        return (seq, time)
    }

    /// The wrapping sum of the digests of all SKU headers as written: the state's digest where all is written.
    public var digest: UInt64 { anchors.digest }

    /// Writes the changed records of a SKU, tombstones first, then its header. The SKU has an unwritten change. Inside a transaction: an
    /// abort makes them changed again. O(changed records).
    public mutating func writeCheckpoint(of sku: Int32, into sink: some CheckpointSink) {
        precondition(isInTransaction, "a checkpoint is part of a transaction")
        precondition(skus[sku].dirtySinceSeq != 0, "the SKU is written already")
        let key = skus[sku].key
        var kept = RecordReference.none
        var last = RecordReference.none
        var reference = skus[sku].firstDirty
        while reference.slot >= 0 {
            let current = reference
            reference = next(current)
            if !isDead(current) {
                relink(current, to: &kept)
            } else if current.kind == .lotTerms {
                // Others need its lot's id for their tombstones.
                relink(current, to: &last)
            } else {
                free(current, of: sku, key, sink)
            }
        }
        while last.slot >= 0 {
            let current = last
            last = next(current)
            free(current, of: sku, key, sink)
        }
        while kept.slot >= 0 {
            let current = kept
            kept = next(current)
            write(current, of: sku, key, sink)
        }
        skus[sku].firstDirty = .none
        skus[sku].dirtyCount = 0
        skus[sku].isWrittenUnseen = false
        let digest = sink.put(header: skus[sku])
        anchors.digest = anchors.digest &+ digest &- skus[sku].writtenDigest
        skus[sku].writtenDigest = digest
        unmarkUnwritten(sku)
    }

    private func next(_ reference: RecordReference) -> RecordReference { status(reference).nextDirty }

    private func isDead(_ reference: RecordReference) -> Bool { status(reference).isDead }

    func status(_ reference: RecordReference) -> RecordStatus {
        switch reference.kind {
        case .level: levels[reference.slot].status
        case .hold: holds[reference.slot].status
        case .commitment: commitments[reference.slot].status
        case .closed: closed.status(reference.slot)
        case .lotTerms: lotTerms[reference.slot].status
        case .lot: lots[reference.slot].status
        case .shippedLot: shippedLots[reference.slot].status
        case .lotCount: lotCounts[reference.slot].status
        case .countedLot: countedLots[reference.slot].status
        case .naming: namings[reference.slot].status
        case .incoming, .transfer: documents[reference.slot].status
        case .count: counts[reference.slot].status
        case .unit: units[reference.slot].status
        case .zone: zones[reference.slot].status
        case .channel: channels[reference.slot].status
        case .part: promiseParts[reference.slot].status
        default: preconditionFailure("not a record of a SKU's list")
        }
    }

    private mutating func setStatus(_ reference: RecordReference, _ status: RecordStatus) {
        switch reference.kind {
        case .level: levels[reference.slot].status = status
        case .hold: holds[reference.slot].status = status
        case .commitment: commitments[reference.slot].status = status
        case .closed: closed.setStatus(reference.slot, status)
        case .lotTerms: lotTerms[reference.slot].status = status
        case .lot: lots[reference.slot].status = status
        case .shippedLot: shippedLots[reference.slot].status = status
        case .lotCount: lotCounts[reference.slot].status = status
        case .countedLot: countedLots[reference.slot].status = status
        case .naming: namings[reference.slot].status = status
        case .incoming, .transfer: documents[reference.slot].status = status
        case .count: counts[reference.slot].status = status
        case .unit: units[reference.slot].status = status
        case .zone: zones[reference.slot].status = status
        case .channel: channels[reference.slot].status = status
        case .part: promiseParts[reference.slot].status = status
        default: preconditionFailure("not a record of a SKU's list")
        }
    }

    private mutating func relink(_ reference: RecordReference, to head: inout RecordReference) {
        var status = status(reference)
        status.nextDirty = head
        setStatus(reference, status)
        head = reference
    }

    private mutating func free(_ reference: RecordReference, of sku: Int32, _ key: Key, _ sink: some CheckpointSink) {
        let hash = status(reference).writtenHash
        if hash != 0 {
            skus[sku].writtenRecords -= 1
            skus[sku].writtenHashSum = skus[sku].writtenHashSum &- hash
        }
        let isWritten = hash != 0 || skus[sku].isWrittenUnseen
        switch reference.kind {
        case .hold:
            if isWritten { sink.remove(hold: holds[reference.slot].id, sku: key) }
            holds.remove(reference.slot)
        case .commitment:
            if isWritten { sink.remove(commitment: commitments[reference.slot].orderLine, sku: key) }
            commitments.remove(reference.slot)
        case .closed:
            if isWritten { sink.remove(closed: closed[reference.slot].id, sku: key) }
            closed.remove(reference.slot)
        case .incoming, .transfer:
            if isWritten { sink.remove(document: documents[reference.slot].id, reference.kind, sku: key) }
            documents.remove(reference.slot)
        case .channel: freeChannel(reference.slot, key, sink, isWritten: isWritten)
        case .part:
            if isWritten {
                let part = promiseParts[reference.slot]
                sink.remove(part: part.id, isHold: part.isHold, sku: key, location: location(of: part.level))
            }
            promiseParts.remove(reference.slot)
        default: freeLot(reference, key, sink, isWritten: isWritten)
        }
    }

    private mutating func write(_ reference: RecordReference, of sku: Int32, _ key: Key, _ sink: some CheckpointSink) {
        let slot = reference.slot
        let hash: UInt64
        switch reference.kind {
        case .level: hash = sink.put(level: level(slot), velocity: velocity(ofLevel: slot), sku: key)
        case .hold:
            let hold = holds[slot]
            let waiter = hold.waiter < 0 ? nil : waiters[hold.waiter]
            hash = sink.put(hold: hold, waiter: waiter, sku: key, location: location(of: hold.level))
        case .commitment:
            let line = commitments[slot]
            let waiter = line.waiter < 0 ? nil : waiters[line.waiter]
            hash = sink.put(commitment: line, waiter: waiter, sku: key, location: location(of: line.level))
        case .closed: hash = sink.put(closed: closed[slot], sku: key)
        case .lotTerms: hash = sink.put(terms: lotTerms[slot], sku: key)
        case .lot:
            let location = location(of: lots[slot].level)
            hash = sink.put(lot: lots[slot], sku: key, location: location, name: lotTerms[lots[slot].terms].lot)
        case .shippedLot: hash = sink.put(shipped: shippedLots[slot], sku: key, lot: lotTerms[shippedLots[slot].terms].lot)
        case .naming: hash = sink.put(naming: namings[slot], sku: key, location: location(of: namings[slot].level))
        case .lotCount:
            let location = location(of: lotCounts[slot].level)
            hash = sink.put(lotCount: lotCounts[slot], sku: key, location: location, lot: lotTerms[lotCounts[slot].terms].lot)
        case .countedLot:
            let location = location(of: countedLots[slot].level)
            hash = sink.put(countedLot: countedLots[slot], sku: key, location: location, lot: lotTerms[countedLots[slot].terms].lot)
        case .count: hash = sink.put(count: counts[slot], sku: key, location: location(of: counts[slot].level))
        case .unit: hash = sink.put(unit: units[slot], sku: key)
        case .channel: hash = sink.put(channel: channels[slot], sku: key)
        case .zone:
            let level = zones[slot].level
            hash = sink.put(zone: zones[slot], sku: key, location: level < 0 ? Key() : location(of: level))
        case .part: hash = sink.put(part: promiseParts[slot], sku: key, location: location(of: promiseParts[slot].level))
        case .incoming, .transfer:
            let to = documents[slot].toLevel
            let location = location(of: documents[slot].level)
            hash = sink.put(document: documents[slot], sku: key, location: location, to: to < 0 ? Key() : self.location(of: to))
        default: preconditionFailure("not a record of a SKU's list")
        }
        assert(hash != 0)
        var status = status(reference)
        if status.writtenHash == 0 { skus[sku].writtenRecords += 1 }
        skus[sku].writtenHashSum = skus[sku].writtenHashSum &+ hash &- status.writtenHash
        status.writtenHash = hash
        status.isDirty = false
        status.nextDirty = .none
        setStatus(reference, status)
    }
}

// MARK: - Id window

extension PartitionState {
    /// The next block of the id window to write: a full one, or with `isForced` also one that is still filling. Nil: nothing to write.
    public func nextIDBlock(isForced: Bool) -> (number: Int64, positions: Range<Int64>)? { ids.nextBlock(isForced: isForced) }

    /// Notes that the id window is written below this position.
    public mutating func noteIDsWritten(through position: Int64) { ids.noteWritten(through: position) }

    /// A block of the id window that needs a tombstone; nil where there is none.
    public var nextRemovedIDBlock: Int64? { ids.nextRemovedBlock }

    /// Notes that this block has its tombstone.
    public mutating func noteIDBlockRemoved() { ids.noteRemoved() }
}
