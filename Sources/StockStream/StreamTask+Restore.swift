import StockCore
import StockWire

// Restore, in the order of ARCHITECTURE.md: fence if needed; committed offset and claim, stable; ends of the topics; state topic to its
// end;
// look up the ledger; ledger to its end; checks. Each step is short, so that other tasks of the worker go on.

/// What a restore step needs besides the task.
struct RestoreContext {
    var nowMonotonic: Int64
    var nowWall: Int64
    var options: WorkerOptions
    /// The worker's own transactional ids: never fenced.
    var ownIDs: [String]
    /// The partition is followed, not taken over: nobody is fenced, no claim is read, and only whole transactions of its owner count.
    var follows = false
}

/// What a restore step ended in.
enum RestoreStep: Equatable {
    /// More to do at once.
    case again
    /// Nothing came; do something else meanwhile.
    case wait
    /// What holds it up was left by this worker, before it lost the partition: its claim is the one that is to be seen. These seals for the
    /// producers in the claim's order end it.
    case ownIsOpen(Claim, [Seal?])
    /// Restored: the claim can be made.
    case restored
    case stop(StopReason)
}

extension StreamTask {
    /// Does the next bit of the restore. Up to about 100 ms.
    func stepRestore(
        _ source: some RestoreSource, _ context: RestoreContext, _ decoder: inout LedgerDecoder, _ fact: inout Fact
    ) -> RestoreStep {
        if !restore.fence.fencing.isEmpty {
            guard source.isFencingDone(restore.fence.fencing) else { return .wait }
            restore.fence.fencing = []
            restore.fence.reset()
        }
        switch phase {
        case .assigned:
            restore.startedMonotonic = context.nowMonotonic
            restore.movedMonotonic = context.nowMonotonic
            phase = .locating
            return .again
        case .locating: return locate(source, context)
        case .readingState:
            guard restore.finish != nil else { return readState(source, context) }
            restore.movedMonotonic = context.nowMonotonic
            return finishState()
        case .locatingLedger: return locateLedger(source, context, &decoder, &fact)
        case .readingLedger: return readLedger(source, context, &decoder, &fact)
        case .following, .claiming, .running, .stopped: return .restored
        }
    }

    // MARK: - Committed offset, claim, ends

    private func locate(_ source: some RestoreSource, _ context: RestoreContext) -> RestoreStep {
        if !context.follows, let step = locateOffset(source, context) { return step }
        guard let input = source.inputRange(partition), let state = range(.state, source, context),
            let ledger = range(.ledger, source, context)
        else { return .wait }
        restore.input = input
        restore.state = state
        restore.ledger = ledger
        restore.fence.reset()
        restore.movedMonotonic = context.nowMonotonic
        if restore.isWarm { return locateWarmState(source, context) }
        if state.isEmpty {
            restore.mark = nil
            return finishState()
        }
        open(.state, from: state.lowerBound, source)
        phase = .readingState
        return .again
    }

    /// Up to where the topic is to be read. A living owner writes on, and the end may be in the middle of one of its transactions.
    func range(_ topic: RestoreTopic, _ source: some RestoreSource, _ context: RestoreContext) -> Range<Int64>? {
        guard let range = source.range(topic, partition) else { return nil }
        guard context.follows else { return range }
        guard let stable = source.stableEnd(topic, partition) else { return nil }
        // Not the end where that is lower: it was asked for earlier, and lies within a transaction that has been committed since.
        return range.lowerBound..<max(range.lowerBound, stable)
    }

    /// Reads the committed offset with its claim; nil: it is there.
    private func locateOffset(_ source: some RestoreSource, _ context: RestoreContext) -> RestoreStep? {
        switch source.committed(partition, stable: true) {
        case .pending:
            restore.isOffsetPending = true
            // While the coordinator is away both questions go unanswered; the same answer again, once it has told the claim, is a
            // transaction.
            // The first question was asked when the restore began; after a fencing it counts from then.
            let since = restore.fence.count == 0 ? restore.movedMonotonic : nil
            return fenceIfStuck(source, context, at: -2, since: since) { source.committed(partition, stable: true) == .pending }
        case .none:
            restore.committedNext = nil
            restore.previousClaim = nil
        case .at(let next, let metadata):
            restore.committedNext = next
            restore.previousClaim = Claim(metadata: metadata)
            restore.isForeignMetadata = restore.previousClaim == nil
        }
        restore.isOffsetPending = false
        return nil
    }

    func open(_ topic: RestoreTopic, from offset: Int64, _ source: some RestoreSource) {
        source.open(topic, partition, from: offset)
        restore.isOpen = true
        restore.position = offset
    }

    func closeReader(_ source: some RestoreSource) {
        guard restore.isOpen else { return }
        source.close(phase == .readingState ? .state : .ledger, partition)
        restore.isOpen = false
    }

    // MARK: - State topic

    private func readState(_ source: some RestoreSource, _ context: RestoreContext) -> RestoreStep {
        repeat {
            let step = read(.state, to: restore.state.upperBound, source, context) { record in
                // Not wanted; but what holds the topic up has to be found.
                if restore.isWarm { return }
                // What is damaged may stand before a rebuilt checkpoint, so it counts at the end only.
                if let damage = take(stateRecord: record), restore.damage == nil { restore.damage = damage }
            }
            guard step == .restored else { return step }
        } while context.follows && isFurther(source, context)
        closeReader(source)
        if restore.isWarm { return locateWarmLedger(source, context) }
        if let damage = restore.damage { return .stop(damage) }
        return finishState()
    }

    /// Whether a living owner has written more of its checkpoint meanwhile, which is read too: the broker may have compacted what was still
    /// to be read, and then the records that take its place are behind the end as it was. What is written last is not compacted yet.
    private func isFurther(_ source: some RestoreSource, _ context: RestoreContext) -> Bool {
        guard !restore.isLastReading, let now = range(.state, source, context), now.upperBound > restore.state.upperBound
        else { return false }
        restore.isLastReading = now.upperBound - restore.state.upperBound < StreamTask.notCompactedRecords
        // The reader may have passed the end as it was.
        closeReader(source)
        open(.state, from: restore.state.upperBound, source)
        restore.state = now
        return true
    }

    /// So many records at the end of the state topic are in the segment that is written to, which is not compacted.
    private static let notCompactedRecords: Int64 = 5_000

    /// Reads a topic up to `end` by position or end-of-partition; `.restored` when it is there.
    private func read(
        _ topic: RestoreTopic, to end: Int64, _ source: some RestoreSource, _ context: RestoreContext, _ take: (RecordView) -> Void
    ) -> RestoreStep {
        if restore.position >= end { return .restored }
        for _ in 0..<StreamTask.recordsPerStep {
            switch source.read(topic, partition, waitMilliseconds: 0) {
            case .record(let record):
                // Where the end is that of a transaction, its marker is no record: the next one is beyond the end.
                guard record.offset < end else { return .restored }
                restore.position = record.offset + 1
                restore.movedMonotonic = context.nowMonotonic
                lookAhead(topic, source)
                take(record)
                if restore.position >= end { return .restored }
            case .endOfPartition(_, let offset):
                restore.position = max(restore.position, offset)
                if restore.position >= end { return .restored }
                return fenceIfStuck(topic, source, context)
            case .none, .assigned, .revoked, .lost, .unreadable, .failed:
                return noProgress(topic, source, context)
            }
        }
        return .again
    }

    static let recordsPerStep = 2_000
    /// Records in memory are checked faster than records are read.
    static let recordsPerFinishStep = 20_000

    private func take(stateRecord record: RecordView) -> StopReason? {
        guard let key = record.key else { return damaged("state record at offset \(record.offset) has no key") }
        do throws(WireError) {
            if let value = record.value, try state.restoreFrequent(key: key, value: value) { return nil }
            let decoded = try StateDecoder.decode(key: key, value: record.value)
            switch decoded {
            case .ids(let block):
                var entries: [IDEntry] = []
                entries.reserveCapacity(block.count)
                try block.forEach { _, entry in entries.append(entry) }
                restore.blocks[block.start / Int64(StateLimits.idsPerBlock)] = entries
                restore.blockStarts[block.start / Int64(StateLimits.idsPerBlock)] = block.start
            case .mark(let mark): restore.mark = mark
            case .removedIDs(let number):
                restore.blocks[number] = nil
                restore.blockStarts[number] = nil
            case .anew: beginAnew()
            case .removedHeader(let sku): if state.findSKU(sku) >= 0 { return removed(sku, record) }
            case .removedLevel(let location, let sku):
                if state.findLevel(state.findSKU(sku), location) >= 0 { return removed(sku, record) }
            default: _ = state.restore(decoded, key: key, value: record.value)
            }
        } catch {
            if error.code == .newerVersion { return newer("state record at offset \(record.offset): \(error)") }
            return damaged("state record at offset \(record.offset): \(error)")
        }
        return nil
    }

    /// A rebuilt checkpoint begins.
    private func beginAnew() {
        state = PartitionState(limits: state.limits)
        restore.mark = nil
        restore.blocks = [:]
        restore.blockStarts = [:]
        restore.damage = nil
    }

    /// Neither goes away in a life of a ledger: a rebuild alone removes what its ledger does not know.
    private func removed(_ sku: Key, _ record: RecordView) -> StopReason {
        damaged("state record at offset \(record.offset) removes \(sku) or a level of it")
    }

    func damaged(_ what: String) -> StopReason {
        StopReason(
            code: "state-damaged",
            message:
                "partition \(partition): \(what). With the group stopped, `stockstream state rebuild --partition \(partition)` writes a "
                + "fresh checkpoint from the ledger.")
    }

    func newer(_ what: String) -> StopReason {
        StopReason(code: "newer-format", message: "partition \(partition): \(what). Run the version that wrote it, or a later one.")
    }

    private func finishState() -> RestoreStep {
        if let mark = restore.mark {
            do throws(RestoreError) {
                if restore.finish == nil {
                    state.restoreIDs(from: mark.idsHead, evictedThroughMilliseconds: mark.idsEvictedThroughMilliseconds)
                    restore.idPosition = mark.idsHead
                    restore.finish = RestoreFinish(values: mark.values, digest: mark.isComplete ? mark.digest : nil)
                }
                if restore.idPosition < mark.idsTail {
                    try takeIDBlock(mark)
                    return .again
                }
                guard try state.finishRestore(&restore.finish!, most: StreamTask.recordsPerFinishStep) else { return .again }
                restore.finish = nil
            } catch {
                return .stop(damaged("the checkpoint does not add up (\(error))"))
            }
        } else if state.skuCount > 0 {
            return .stop(damaged("the checkpoint has records but no mark"))
        }
        restore.blocks = [:]
        restore.blockStarts = [:]
        phase = .locatingLedger
        return .again
    }

    private func takeIDBlock(_ mark: StateMark) throws(RestoreError) {
        let number = restore.idPosition / Int64(StateLimits.idsPerBlock)
        guard let entries = restore.blocks[number], let start = restore.blockStarts[number], start <= restore.idPosition,
            start + Int64(entries.count) > restore.idPosition
        else { throw .idsIncomplete }
        let last = min(mark.idsTail, start + Int64(entries.count))
        while restore.idPosition < last {
            state.restore(id: entries[Int(restore.idPosition - start)])
            restore.idPosition += 1
        }
    }
}
