import StockCore
import StockWire

// The transaction: begin, commit with claims, abort and undo.

extension Worker {
    /// Opens the transaction of this turn where it is not open yet. False: it can't be opened, or has failed already.
    func openTransaction() -> Bool {
        if case .open = commits.state { return output.isUnharmed }
        guard !isPaused, case .begin(let sink) = commits.begin() else { return false }
        guard outages == outagesSettled else {
            doubt(sink)
            return false
        }
        switch sinks[sink].begin() {
        case .done:
            commits.began(sink: sink)
            output.begin(sinks[sink], isClockOff: isWallClockOff)
            transactionBegan = clock.monotonicMicroseconds()
            return true
        case .retry(let error), .mustAbort(let error), .notMember(let error), .fenced(let error), .fatal(let error), .unknown(let error):
            notify(.aborted("a transaction could not be begun", error))
            noteTrouble(error)
            rebuild(sink)
            pause()
            return false
        }
    }

    /// Notes that the transaction writes for the task: its offset must be sent.
    func noteTouched(_ task: StreamTask) {
        assert(task.isTouched)
        if touched.last !== task && !touched.contains(where: { $0 === task }) { touched.append(task) }
    }

    /// Step 6: commits what the turn has written, or undoes it.
    func finishTransaction() {
        guard case .open = commits.state else { return }
        if let failure = output.failure {
            perform(commits.produceFailed(failure), failure)
            return
        }
        guard outages == outagesSettled else {
            let error = PortError(code: "_OUTAGE", reason: "a broker was away since the transaction began", isFatal: false)
            return perform(.abortAndUndo, .mustAbort(error))
        }
        // A task for which anything was written without its offset would not be fenced.
        let offsets = touched.map { task in
            OffsetCommit(partition: task.partition, next: task.next, metadata: claimText(task))
        }
        precondition(!offsets.isEmpty, "a transaction without an offset is no check of the generation")
        var action = CommitStateMachine.CommitAction.again
        var result = SinkResult.done
        while action == .again {
            result = sinks[commits.currentSink].commit(offsets) { view.pump(nowMilliseconds: clock.wallMilliseconds()) }
            action = commits.committed(result)
        }
        perform(action, result)
    }

    private func claimText(_ task: StreamTask) -> String {
        var claim = task.claim
        claim.previousSeq = claim.seq
        claim.seq = task.state.values.seq
        claim.commit += 1
        claim.transactionalIDs = [ownIDs[commits.currentSink], ownIDs[1 - commits.currentSink]]
        return claim.metadata
    }

    private func perform(_ action: CommitStateMachine.CommitAction, _ result: SinkResult) {
        switch action {
        case .again: preconditionFailure("asked again already")
        case .keep: keep()
        case .abortAndUndo:
            let pauses = isolate(result)
            let sink = commits.currentSink
            let isEnded = abort()
            undo(result, pauses: pauses)
            if !isEnded || leavesDoubt(result) { doubt(sink) }
        case .rebuildAndUndo(let sink):
            commits.abandonIfOpen()
            rebuild(sink)
            undo(result)
            doubt(sink)
        case .rebuildAndSettle(let sink):
            counters.unknownOutcomes += 1
            if let error = result.error { notify(.settling(error)) }
            noteTrouble(result.error)
            unsettled = touched
            touched = []
            settlesSince = nil
            for case let task? in tasks where task.isRunning { source.stop(task.partition) }
            rebuild(sink)
        }
    }

    /// The transaction is committed: what was done is final.
    private func keep() {
        counters.transactions += 1
        failureStreak = 0
        trouble = nil
        growBatch()
        lastCommitMilliseconds = clock.wallMilliseconds()
        let now = clock.monotonicMicroseconds()
        let sink = 1 - commits.currentSink
        transactionTime.record(microseconds: now - transactionBegan)
        for stamp in stamps { latency.record(microseconds: max(0, lastCommitMilliseconds - stamp) * 1_000) }
        for task in touched {
            task.state.commit()
            noteCommitted(task, by: sink, nowMonotonic: now / 1_000)
        }
        noteCheckpointWritten()
        clearTransaction()
    }

    func noteCommitted(_ task: StreamTask, by sink: Int, nowMonotonic: Int64) {
        task.isTouched = false
        task.committedSeqs[sink] = task.state.values.seq
        task.claim.previousSeq = task.claim.seq
        task.claim.seq = task.state.values.seq
        task.claim.commit += 1
        if task.claim.transactionalIDs[0] != sinks[sink].transactionalID { task.claim.transactionalIDs.swapAt(0, 1) }
        if task.suspectOffset >= 0 && task.next > task.suspectOffset { task.suspectOffset = -1 }
        let values = task.state.values
        noteAge(task, nowMonotonic)
        task.history.append(
            CommitHistory.Point(seq: values.seq, next: values.next, timeMilliseconds: values.logTimeMilliseconds))
    }

    func clearTransaction() {
        touched.removeAll(keepingCapacity: true)
        stamps.removeAll(keepingCapacity: true)
        recordsInTransaction = 0
        timerFactsInTransaction = 0
        checkpointed = nil
        output.forgetFailure()
    }

    // MARK: - Abort

    /// Whether the broker has answered.
    private func abort() -> Bool {
        let result = sinks[commits.currentSink].abort()
        if case .rebuild(let sink) = commits.aborted(result) { rebuild(sink) }
        return result.error == nil
    }

    /// Puts the state of every task of the transaction back, and reads again from there, after a pause where `pauses`.
    private func undo(_ result: SinkResult, pauses: Bool = true) {
        counters.aborts += 1
        notify(.aborted("a transaction was aborted", result.error))
        // A refused checkpoint holds nothing up.
        if pauses { noteTrouble(result.error) }
        let hadInput = recordsInTransaction > 0
        for task in touched {
            task.state.abort()
            task.isTouched = false
            if pauses { task.endOffset = nil } else if hadInput { rewind(task) }
        }
        clearTransaction()
        if pauses { pause() }
    }

    /// Gives up an open transaction without a reason of its own: partitions were lost.
    func abortOpenTransaction() {
        guard case .open(let sink) = commits.state else { return }
        let isEnded = abort()
        undo(.notMember(PortError(code: "LOST", reason: "membership was lost with a transaction open", isFatal: false)))
        if !isEnded { doubt(sink) }
    }

    // MARK: - Claims

    /// The first transaction after an assignment holds only offsets with their claims, and is committed before anything is processed.
    func commitClaims() {
        let claiming = heldTasks.filter { $0.phase == .claiming }
        guard !claiming.isEmpty, touched.isEmpty, openTransaction() else { return }
        for task in claiming {
            task.touch()
            noteTouched(task)
        }
        finishTransaction()
        guard commits.state == .idle, !isPaused else { return }
        for task in claiming where !task.isTouched && task.phase == .claiming { begin(task) }
    }

    private func begin(_ task: StreamTask) {
        task.phase = .running
        task.state.lifeInZone = zones.lives
        task.idsEvictedEarlyBefore = task.state.ids.evictedEarly
        task.forgottenEarlyBefore = task.state.values.counters.forgottenEarly
        notify(
            .running(
                partition: task.partition, seq: task.state.values.seq, facts: task.restore.facts,
                milliseconds: nowMonotonic - task.restore.startedMonotonic, isFromStandby: task.restore.isWarm))
        task.restoreMilliseconds = nowMonotonic - task.restore.startedMonotonic
        task.lastCheckpointMonotonic = nowMonotonic
        noteAge(task, nowMonotonic)
        rewind(task)
        if task.state.values.incarnation != 0 { own(task) }
    }
}

extension SinkResult {
    /// The error, of everything but `done`.
    var error: PortError? {
        switch self {
        case .done: nil
        case .retry(let error), .mustAbort(let error), .notMember(let error), .fenced(let error), .fatal(let error), .unknown(let error):
            error
        }
    }
}
