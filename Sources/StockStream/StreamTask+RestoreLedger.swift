import StockCore
import StockWire

// Restore, second half: the facts that the checkpoint does not have, and the checks.

extension StreamTask {
    func locateLedger(
        _ source: some RestoreSource, _ context: RestoreContext, _ decoder: inout LedgerDecoder, _ fact: inout Fact
    ) -> RestoreStep {
        guard let search = restore.search else { return lookUpLedger(source, context) }
        guard let mark = restore.mark, !restore.isFromBeginning, search.count > context.options.restoreSearchRecords else {
            return beginLedger(at: search.lowerBound, source, context)
        }
        return narrow(search, throughSeq: mark.redoSeq + 1, source, context, &decoder, &fact)
    }

    private func lookUpLedger(_ source: some RestoreSource, _ context: RestoreContext) -> RestoreStep {
        var start = restore.ledger.lowerBound
        if let mark = restore.mark, !restore.isFromBeginning {
            guard let found = source.ledgerOffset(partition, atOrAfterMilliseconds: mark.redoTimeMilliseconds) else { return .wait }
            // Nothing that late: the mark's clock is ahead of the ledger; its beginning is always right.
            start = found ?? start
        } else {
            restore.isFromBeginning = true
        }
        restore.movedMonotonic = context.nowMonotonic
        restore.fence.reset()
        restore.search = min(start, restore.ledger.upperBound)..<restore.ledger.upperBound
        return .again
    }

    /// Halves what is read in vain. The look-up by time counts the ends of transactions as well, and they carry the broker's clock: behind
    /// a backlog that is ahead of the facts' log time, and what was found may be the first end that was written, far too early.
    private func narrow(
        _ search: Range<Int64>, throughSeq seq: Int64, _ source: some RestoreSource, _ context: RestoreContext,
        _ decoder: inout LedgerDecoder, _ fact: inout Fact
    ) -> RestoreStep {
        let middle = search.lowerBound + Int64(search.count / 2)
        if !restore.isOpen { open(.ledger, from: middle, source) }
        switch source.read(.ledger, partition, waitMilliseconds: 0) {
        case .record(let record) where SealRecord.matches(record): return .again
        case .record(let record):
            // One that can't be read is met again when its turn comes.
            let isRead = record.value.map { (try? decoder.decode($0, into: &fact)) != nil } ?? false
            let isBefore = isRead && record.offset < search.upperBound && fact.seq <= seq
            restore.search = isBefore ? record.offset..<search.upperBound : search.lowerBound..<middle
        case .endOfPartition: restore.search = search.lowerBound..<middle
        case .none, .assigned, .revoked, .lost, .unreadable, .failed: return noProgress(.ledger, source, context)
        }
        closeReader(source)
        restore.movedMonotonic = context.nowMonotonic
        return .again
    }

    private func beginLedger(at start: Int64, _ source: some RestoreSource, _ context: RestoreContext) -> RestoreStep {
        restore.search = nil
        restore.lastSeq = 0
        restore.movedMonotonic = context.nowMonotonic
        restore.fence.reset()
        phase = .readingLedger
        restore.position = start
        guard start < restore.ledger.upperBound else { return .again }
        open(.ledger, from: start, source)
        return .again
    }

    func readLedger(
        _ source: some RestoreSource, _ context: RestoreContext, _ decoder: inout LedgerDecoder, _ fact: inout Fact
    ) -> RestoreStep {
        let end = restore.ledger.upperBound
        if restore.position >= end { return finish(source, context) }
        for _ in 0..<StreamTask.recordsPerStep {
            switch source.read(.ledger, partition, waitMilliseconds: 0) {
            case .record(let record):
                guard record.offset < end else { return finish(source, context) }
                restore.position = record.offset + 1
                restore.movedMonotonic = context.nowMonotonic
                lookAhead(.ledger, source)
                switch take(ledgerRecord: record, &decoder, &fact) {
                case .none: break
                case .fromBeginning:
                    closeReader(source)
                    restore.isFromBeginning = true
                    phase = .locatingLedger
                    return .again
                case .stop(let reason): return .stop(reason)
                }
                if restore.position >= end { return finish(source, context) }
            case .endOfPartition(_, let offset):
                restore.position = max(restore.position, offset)
                if restore.position >= end { return finish(source, context) }
                return fenceIfStuck(.ledger, source, context)
            case .none, .assigned, .revoked, .lost, .unreadable, .failed:
                return noProgress(.ledger, source, context)
            }
        }
        return .again
    }

    enum Taken {
        case none
        case fromBeginning
        case stop(StopReason)
    }

    func take(ledgerRecord record: RecordView, _ decoder: inout LedgerDecoder, _ fact: inout Fact) -> Taken {
        if SealRecord.matches(record) { return .none }
        guard let value = record.value else { return .stop(gap("the ledger record at offset \(record.offset) has no value")) }
        do throws(WireError) {
            try decoder.decode(value, into: &fact)
        } catch {
            let what = "ledger record at offset \(record.offset): \(error)"
            return .stop(error.code == .newerVersion ? newer(what) : damaged(what))
        }
        if restore.lastSeq == 0 {
            // The first one: it must not lie above what the checkpoint asks for.
            let needed = (restore.mark?.redoSeq ?? 0) + 1
            if fact.seq > needed {
                if restore.isFromBeginning {
                    return .stop(gap("the ledger begins with seq \(fact.seq), but \(needed) is needed: records were removed"))
                }
                return .fromBeginning
            }
        } else if fact.seq != restore.lastSeq + 1 {
            return .stop(gap("the ledger record at offset \(record.offset) has seq \(fact.seq), \(restore.lastSeq + 1) was expected"))
        }
        restore.lastSeq = fact.seq
        restore.lastNext = fact.next
        return replay(fact, offset: record.offset)
    }

    /// Each part of the state has its own gate: a checkpoint is fuzzy.
    private func replay(_ fact: Fact, offset: Int64) -> Taken {
        let mark = restore.mark
        do throws(ApplyError) {
            try state.replayOnSKU(fact, transitions: &restore.transitions)
        } catch {
            return .stop(
                StopReason(
                    code: "inconsistent",
                    message: "partition \(partition): the ledger record at offset \(offset), seq \(fact.seq), does not fit the state "
                        + "(\(error)). "
                        + "`stockstream state rebuild --partition \(partition)` replays the whole ledger."))
        }
        if fact.seq > (mark?.idsThroughSeq ?? 0) { state.applyToWindow(fact) }
        if fact.seq > state.values.seq {
            state.applyToValues(fact)
            restore.facts += 1
        }
        return .none
    }

    private func gap(_ what: String) -> StopReason {
        StopReason(
            code: "ledger-gap",
            message: "partition \(partition): \(what). Nothing is processed on it; restore the topic from a backup or a mirror.")
    }

    // MARK: - Checks

    private func finish(_ source: some RestoreSource, _ context: RestoreContext) -> RestoreStep {
        closeReader(source)
        if context.follows { return finishLoading(source, context) }
        // An end that has moved since: another owner's last transaction came in before the offset was read as stable.
        if let reason = checkPosition() { return .stop(reason) }
        // The last parts of the checkpoint of the owner before were not read.
        if restore.isWarm { state.noteUnwrittenMayBeWritten() }
        let previous = restore.previousClaim?.number ?? 0
        claim = Claim(number: max(previous + 1, context.nowWall), seq: state.values.seq, commit: 0, transactionalIDs: context.ownIDs)
        phase = .claiming
        return .restored
    }

    /// Whether ledger, committed offset, claim and input belong together.
    private func checkPosition() -> StopReason? {
        let seq = state.values.seq
        let next = state.values.next
        guard let committed = restore.committedNext else {
            if seq == 0 { state.beginInput(at: restore.input.lowerBound) }
            // No committed offset (expired) but a ledger: its `next` is the start.
            return checkInput(state.values.next, restore.input)
        }
        if restore.isForeignMetadata {
            return moved("the committed offset \(committed) was not written by an engine (its metadata is not a claim)")
        }
        if seq == 0 {
            if let claimed = restore.previousClaim, claimed.seq > 0 {
                return gap("the claim says that the ledger has \(claimed.seq) records, but it is empty")
            }
            state.beginInput(at: committed)
            return checkInput(committed, restore.input)
        }
        let isAged = restore.ledger.isEmpty && restore.ledger.lowerBound > 0 && restore.mark?.redoSeq == seq
        if restore.lastSeq != seq && !isAged {
            return gap("the checkpoint knows seq \(seq), but the ledger ends with seq \(restore.lastSeq)")
        }
        // Before the offset: a ledger that has lost its end is no offset that was moved, and skipping would hide it.
        if let claimed = restore.previousClaim, claimed.seq != seq {
            return gap("the claim says that the ledger's last seq is \(claimed.seq), but it is \(seq)")
        }
        if next != committed { return moved("the committed offset is \(committed), the ledger's next is \(next)") }
        return checkInput(next, restore.input)
    }

    /// Why the next offset can't be read; nil where it can.
    func checkInput(_ next: Int64, _ input: Range<Int64>) -> StopReason? {
        if next < input.lowerBound {
            return lost(
                "the next offset is \(next), but the input begins at \(input.lowerBound): records were removed before they were read")
        }
        if next > input.upperBound {
            return lost("the next offset is \(next), but the input ends at \(input.upperBound): the topic was truncated or made anew")
        }
        return nil
    }

    /// For a running task that `unreadable` tells of.
    var unreadableReason: StopReason {
        StopReason(
            code: "input-unreadable",
            message:
                "partition \(partition): the input from offset \(unreadable.offset) on can't be read "
                + "(\(unreadable.error?.description ?? "")): "
                + "a batch that is damaged, or that becomes larger than receive.message.max.bytes. With the group stopped, "
                + "`stockstream state skip --partition \(partition) --to OFFSET --reason TEXT` goes on behind it.")
    }

    private func moved(_ what: String) -> StopReason {
        StopReason(
            code: "offset-moved",
            message: "partition \(partition): \(what): somebody reset it. With the group stopped, `stockstream state skip "
                + "--partition \(partition) --to OFFSET --reason TEXT` moves both together.")
    }

    private func lost(_ what: String) -> StopReason {
        StopReason(
            code: "offset-lost",
            message:
                "partition \(partition): \(what). With the group stopped, `stockstream state skip --partition \(partition) --to OFFSET "
                + "--reason TEXT` records the gap and goes on.")
    }
}
