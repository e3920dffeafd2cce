import StockCore
import StockWire

// Following: the ledger of a partition that another process owns is applied as it grows, so that a takeover has little left to read.
//
// What the owner's checkpoint has is read as well, or all that has ever changed would wait here to be written. Its part in a transaction
// has the SKUs as they are after the fact that its mark names; at that fact the same records are encoded here, and the digest in the header
// that the owner wrote tells whether both have the same state, to the last byte.

extension StreamTask {
    /// The state at the end of the ledger as it was is here; what comes from now on is followed.
    func finishLoading(_ source: some RestoreSource, _ context: RestoreContext) -> RestoreStep {
        let isAged = restore.ledger.isEmpty && restore.ledger.lowerBound > 0
        if restore.lastSeq < state.values.seq && !isAged {
            // A transaction's part of the checkpoint may be visible before its facts are. Up to here they are all read.
            restore.position = max(restore.position, restore.ledger.upperBound)
            guard let ledger = range(.ledger, source, context), ledger.upperBound > restore.ledger.upperBound else { return .wait }
            restore.ledger = ledger
            open(.ledger, from: restore.position, source)
            return .again
        }
        phase = .following
        followed = FollowedCheckpoint()
        source.open(.state, partition, from: restore.state.upperBound)
        source.open(.ledger, partition, from: restore.position)
        return .restored
    }

    /// Takes what has come. `.wait`: nothing has. Up to about 20 ms.
    func stepFollow(
        _ source: some RestoreSource, _ options: WorkerOptions, _ decoder: inout LedgerDecoder, _ fact: inout Fact
    ) -> RestoreStep {
        assert(phase == .following)
        // The checkpoint first: where its part comes after later facts, those SKUs wait for the next.
        let checkpoint = followState(source, options.standbyHeaders)
        if case .stop = checkpoint { return checkpoint }
        if let reason = takeParts() { return .stop(reason) }
        let ledger = followLedger(source, &decoder, &fact)
        // Only who owns the partition shows it to readers.
        while state.takeUnprojected() >= 0 {}
        return ledger == .wait ? checkpoint : ledger
    }

    /// Ends the following. Between steps.
    func endFollowing(_ source: some RestoreSource) {
        guard phase == .following else { return closeReader(source) }
        source.close(.state, partition)
        source.close(.ledger, partition)
    }

    private static let recordsPerFollowStep = 1_000

    /// Reads what the owner has written of its checkpoint, `most` headers ahead of the facts at most. `.wait`: nothing has come.
    private func followState(_ source: some RestoreSource, _ most: Int) -> RestoreStep {
        for count in 0..<StreamTask.recordsPerFollowStep * 4 {
            guard followed.count < most else { return count == 0 ? .wait : .again }
            switch source.read(.state, partition, waitMilliseconds: 0) {
            case .record(let record): if let reason = take(checkpointRecord: record) { return .stop(reason) }
            case .failed(let error) where error.code == "_AUTO_OFFSET_RESET": return .stop(outOfReach("state topic", error))
            case .none, .endOfPartition, .assigned, .revoked, .lost, .unreadable, .failed: return count == 0 ? .wait : .again
            }
        }
        return .again
    }

    /// Applies what the ledger has. `.wait`: nothing has come.
    private func followLedger(_ source: some RestoreSource, _ decoder: inout LedgerDecoder, _ fact: inout Fact) -> RestoreStep {
        for count in 0..<StreamTask.recordsPerFollowStep {
            switch source.read(.ledger, partition, waitMilliseconds: 0) {
            case .record(let record):
                restore.position = record.offset + 1
                switch take(ledgerRecord: record, &decoder, &fact) {
                case .none: break
                case .fromBeginning: return .stop(damaged("the ledger's first record is not what the checkpoint asks for"))
                case .stop(let reason): return .stop(reason)
                }
                if let reason = takeParts() { return .stop(reason) }
            case .endOfPartition(_, let offset):
                restore.position = max(restore.position, offset)
                return count == 0 ? .wait : .again
            case .failed(let error) where error.code == "_AUTO_OFFSET_RESET": return .stop(outOfReach("ledger", error))
            case .none, .assigned, .revoked, .lost, .unreadable, .failed: return count == 0 ? .wait : .again
            }
        }
        return .again
    }

    private func outOfReach(_ topic: String, _ error: PortError) -> StopReason {
        StopReason(code: "out-of-reach", message: "partition \(partition): the \(topic) can't be read on from where it was: \(error)")
    }

    /// Keeps headers and marks; what stands between them is known from the facts.
    private func take(checkpointRecord record: RecordView) -> StopReason? {
        guard let key = record.key, let kind = key.first else { return nil }
        do throws(WireError) {
            switch kind {
            case RecordKind.sku.rawValue:
                guard let value = record.value, case .header(let sku) = try StateDecoder.decode(key: key, value: value) else {
                    return anew(record)
                }
                let digest = StateEncoder.hash(key, value)
                followed.append(FollowedCheckpoint.Header(sku: sku.key, version: sku.version, digest: digest))
            case RecordKind.mark.rawValue:
                guard case .mark(let mark) = try StateDecoder.decode(key: key, value: record.value) else { return anew(record) }
                followed.append(mark)
            case RecordKind.anew.rawValue: return anew(record)
            default: break
            }
        } catch {
            let what = "state record at offset \(record.offset): \(error)"
            return error.code == .newerVersion ? newer(what) : damaged(what)
        }
        return nil
    }

    private func anew(_ record: RecordView) -> StopReason {
        StopReason(code: "anew", message: "partition \(partition): the checkpoint begins anew at offset \(record.offset)")
    }

    /// Takes the parts that stand behind the facts applied so far.
    private func takeParts() -> StopReason? {
        while followed.nextSeq <= state.values.seq {
            let part = followed.take()
            if let difference = difference(to: part) {
                let seq = part.mark.values.seq
                return StopReason(
                    code: "differs", message: "partition \(partition): the owner's checkpoint as of seq \(seq) has other \(difference)")
            }
        }
        return nil
    }

    /// Counts what the part has as written. What of it is not as here; nil: nothing.
    private func difference(to part: FollowedCheckpoint.Part) -> String? {
        let mark = part.mark
        let sink = StateRecordSink()
        state.begin()
        for header in part.headers {
            let sku = state.findSKU(header.sku)
            guard sku >= 0 else {
                state.abort()
                return "SKUs: \(header.sku) is not known"
            }
            // One that has changed since waits for the next part. The mark does not tell: where the topic was compacted, that of the
            // header's own part is gone.
            guard state.sku(sku).version <= header.version else { continue }
            if state.sku(sku).dirtySinceSeq != 0 { state.writeCheckpoint(of: sku, into: sink) }
            guard state.sku(sku).writtenDigest == header.digest else {
                state.abort()
                return "records of \(header.sku)"
            }
        }
        noteWritten(through: mark.redoSeq, sink)
        state.commit()
        state.noteUnwritten(onlyAfterSeq: mark.redoSeq, timeMilliseconds: mark.redoTimeMilliseconds)
        state.noteIDs(writtenBy: mark)
        restore.mark = mark
        guard mark.values.seq == state.values.seq else { return nil }
        // Log time moves without facts too.
        var values = mark.values
        values.logTimeMilliseconds = state.values.logTimeMilliseconds
        guard values == state.values else { return "values: \(values), not \(state.values)" }
        return mark.isComplete && mark.digest != state.digest ? "SKUs beside the changed ones" : nil
    }

    /// What has not changed since is in a part that was not seen.
    private func noteWritten(through seq: Int64, _ sink: StateRecordSink) {
        var next = state.unwrittenSKU(throughSeq: seq)
        while next >= 0, state.sku(next).dirtySinceSeq <= seq {
            let sku = next
            next = state.nextUnwrittenSKU(after: sku)
            if state.sku(sku).lastSeq <= seq { state.writeCheckpoint(of: sku, into: sink) }
        }
    }

    // MARK: - To and from the worker

    /// Makes a state that is exact as of its last fact ready for whoever goes on with it: only the ledger is read, from behind that fact.
    func prepareWarm() {
        let position = phase == .following ? restore.position : nil
        let seq = state.values.seq
        let lastSeq = restore.lastSeq
        resetAroundState()
        restore = RestoreProgress()
        restore.isWarm = true
        restore.warmPosition = position
        if position != nil { restore.lastSeq = lastSeq }
        guard seq > 0 else { return }
        var mark = StateMark(of: state)
        (mark.redoSeq, mark.redoTimeMilliseconds) = (seq, state.values.lastFactMilliseconds)
        mark.idsThroughSeq = seq
        restore.mark = mark
    }

    /// The checkpoint is not read, but a dead owner's open transaction in its topic has to be ended all the same.
    func locateWarmState(_ source: some RestoreSource, _ context: RestoreContext) -> RestoreStep {
        guard let stable = source.stableEnd(.state, partition) else { return .wait }
        guard !context.follows && stable < restore.state.upperBound else { return locateWarmLedger(source, context) }
        open(.state, from: max(stable, restore.state.lowerBound), source)
        phase = .readingState
        return .again
    }

    /// Goes on with the ledger. Begins with nothing where that is less work, or the ledger is not the one that was followed.
    func locateWarmLedger(_ source: some RestoreSource, _ context: RestoreContext) -> RestoreStep {
        guard let position = restore.warmPosition else {
            phase = .locatingLedger
            return .again
        }
        let isThere = restore.ledger.lowerBound <= position && position <= restore.ledger.upperBound
        let left = restore.ledger.upperBound - position
        guard isThere, left <= max(Int64(restore.state.count), context.options.standbyFacts) else {
            restart(limits: context.options.limits)
            return .again
        }
        phase = .readingLedger
        restore.position = position
        if left > 0 { open(.ledger, from: position, source) }
        return .again
    }
}

extension PartitionState {
    /// Notes which ids the owner's checkpoint has.
    fileprivate mutating func noteIDs(writtenBy mark: StateMark) {
        let through = min(mark.idsTail, ids.tail)
        if through > ids.writtenPosition { noteIDsWritten(through: through) }
        let head = mark.idsHead / Int64(StateLimits.idsPerBlock)
        while let block = nextRemovedIDBlock, block < head { noteIDBlockRemoved() }
    }
}
