import StockCore
import StockWire

// Step 5, second half: one task's checkpoint, where one is due. Tasks take turns, so that a transaction carries one at most.

extension Worker {
    /// Writes the next part of the checkpoint of the task whose turn it is.
    func checkpointOne() {
        checkpointCredit = min(
            options.checkpointRecordsPerTransaction, checkpointCredit + recordsInTransaction * options.checkpointSharePercent / 100)
        guard output.isUnharmed, revoking.isEmpty else { return }
        let monotonic = nowMonotonic
        for step in 0..<tasks.count {
            let index = (nextCheckpointTask + step) % tasks.count
            guard let task = tasks[index], task.isRunning, isCheckpointDue(task, monotonic) else { continue }
            nextCheckpointTask = (index + 1) % tasks.count
            let limit = checkpointLimit(task, monotonic)
            guard limit > 0 else { return }
            checkpointCredit -= min(checkpointCredit, writeCheckpoint(task, limit: limit, isComplete: false))
            task.lastCheckpointMonotonic = monotonic
            return
        }
    }

    private func isCheckpointDue(_ task: StreamTask, _ monotonic: Int64) -> Bool {
        guard monotonic - task.lastCheckpointMonotonic >= options.checkpointIntervalMilliseconds else { return false }
        guard task.state.unwrittenSKU(throughSeq: writtenThroughSeq(task, monotonic)) >= 0 || task.state.nextIDBlock(isForced: false) != nil
        else { return false }
        return !task.refusals.isActive || hasMore(task, monotonic, isComplete: false)
    }

    /// How many records: all that fit where there is room, the credit under load, and at least enough where a change has become too old.
    private func checkpointLimit(_ task: StreamTask, _ monotonic: Int64) -> Int {
        if recordsInTransaction < options.batchRecords / 4 || isTooOld(task, monotonic) { return options.checkpointRecordsPerTransaction }
        return checkpointCredit
    }

    private func isTooOld(_ task: StreamTask, _ monotonic: Int64) -> Bool {
        task.state.redo.seq < task.ages.seq(atOrBefore: monotonic - options.checkpointAgeMilliseconds)
    }

    /// SKUs whose oldest unwritten change is at or below this seq are written: all of them where no input came in this turn.
    private func writtenThroughSeq(_ task: StreamTask, _ monotonic: Int64) -> Int64 {
        let leastAge = options.checkpointLeastAgeMilliseconds
        return recordsInTransaction == 0 || leastAge == 0 ? .max : task.ages.seq(atOrBefore: monotonic - leastAge)
    }

    /// Samples how far the task is.
    func noteAge(_ task: StreamTask, _ nowMonotonic: Int64) {
        let interval = SeqAges.interval(forAge: options.checkpointAgeMilliseconds)
        task.ages.note(seq: task.state.values.seq, nowMonotonic: nowMonotonic, intervalMilliseconds: interval)
    }

    /// Writes up to `limit` records of the SKUs whose changes are the oldest, each SKU whole, then the mark. Returns the number of records.
    func writeCheckpoint(_ task: StreamTask, limit: Int, isComplete: Bool) -> Int {
        guard openTransaction() else { return 0 }
        task.touch()
        noteTouched(task)
        checkpointer.partition = task.partition
        checkpointer.count = 0
        if task.refusals.isActive {
            let part = task.refusals.next(task.state, limit: limit, isForced: isComplete, nowMonotonic: nowMonotonic) ?? .init()
            checkpointed = (task, part)
            checkpointer.write(part, of: &task.state, isComplete: isComplete)
        } else {
            checkpointed = (task, nil)
            let through = isComplete ? .max : writtenThroughSeq(task, nowMonotonic)
            checkpointer.writePart(of: &task.state, limit: limit, throughSeq: through, isComplete: isComplete)
        }
        counters.checkpointRecords += Int64(checkpointer.count)
        counters.checkpoints += 1
        return checkpointer.count
    }

    /// Whether there is something to write that the broker may take.
    private func hasMore(_ task: StreamTask, _ monotonic: Int64, isComplete: Bool) -> Bool {
        guard task.refusals.isActive else { return !task.state.isAllWritten }
        let limit = options.checkpointRecordsPerTransaction
        return task.refusals.next(task.state, limit: limit, isForced: isComplete, nowMonotonic: monotonic) != nil
    }

    /// The transaction with a part of a checkpoint is committed.
    func noteCheckpointWritten() {
        guard let (task, part) = checkpointed, let part else { return }
        let wasRefused = task.refusals.count > 0
        task.refusals.accept(part, task.state)
        if wasRefused && task.refusals.count == 0 { notify(.checkpointAccepted(partition: task.partition)) }
    }

    /// Writes everything that is unwritten, in as many transactions as it takes, as far as time allows: a clean end, whose mark is
    /// complete; but for what the broker refuses. Whether it was written.
    func writeCompleteCheckpoint(_ task: StreamTask, until deadline: Int64) -> Bool {
        var isFirst = true
        task.refusals.tryAgain()
        while (isFirst && task.state.values.seq > 0) || hasMore(task, nowMonotonic, isComplete: true) {
            isFirst = false
            guard nowMonotonic < deadline, prepareSink() else { return false }
            guard writeCheckpoint(task, limit: options.checkpointRecordsPerTransaction, isComplete: true) > 0 else { return false }
            finishTransaction()
            guard commits.state == .idle, !isPaused else { return false }
        }
        return true
    }
}
