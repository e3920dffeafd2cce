import StockCore

// What the group gives and takes.

extension Worker {
    /// Takes partitions: they are restored first.
    func take(_ partitions: [Int32]) {
        counters.rebalances += 1
        notify(.assigned(partitions))
        source.accept(partitions)
        for partition in partitions where Int(partition) >= tasks.count || tasks[Int(partition)] == nil {
            guard Int(partition) < tasks.count else {
                notify(.grown(partition: partition))
                continue
            }
            tasks[Int(partition)] = StreamTask(partition: partition, limits: options.limits)
        }
    }

    /// The group takes partitions back: the turn ends with a commit, then they are given up.
    func revoke(_ partitions: [Int32]) {
        counters.rebalances += 1
        notify(.revoked(partitions))
        revoking += partitions
    }

    /// Partitions may be another's already: nothing of theirs is committed, and since a transaction is all or nothing, nothing of the
    /// others.
    func lose(_ partitions: [Int32]) {
        counters.rebalances += 1
        notify(.lost(partitions))
        abortOpenTransaction()
        drop(partitions)
        // What was asked back before is lost with it: it may be given to us again, and then it is not to be given up.
        revoking.removeAll { partitions.contains($0) }
        source.giveUp(partitions)
    }

    /// Drain, commit, checkpoint, project, then give back: in this order nothing that is finished is thrown away.
    func giveUpRevoked() {
        guard !revoking.isEmpty, touched.isEmpty, commits.state == .idle else { return }
        let partitions = revoking
        revoking = []
        leave(partitions)
        source.giveUp(partitions)
    }

    /// Whether another owner replays what is not in the checkpoint sooner than it would be written and read.
    func isHandedOver(_ task: StreamTask) -> Bool { task.state.values.seq - task.state.redo.seq > options.handoverFacts }

    /// Finishes what can be finished of these tasks, and forgets them. `isWritten`: they have the checkpoints that they shall have.
    func leave(_ partitions: [Int32], isWritten: Bool = false) {
        let deadline = nowMonotonic + options.drainMilliseconds
        for partition in partitions {
            guard let task = task(partition), task.isRunning else { continue }
            source.stop(partition)
            if !isWritten && !isHandedOver(task) { _ = writeCompleteCheckpoint(task, until: deadline) }
        }
        projectBeforeLeaving(partitions)
        drop(partitions, isWhole: true)
    }

    /// `isWhole`: what was committed of each is known, and no more than that is in its state.
    private func drop(_ partitions: [Int32], isWhole: Bool = false) {
        for partition in partitions {
            guard let task = task(partition) else { continue }
            let isKnown = isWhole && task.isRunning && outages == outagesSettled && !unsettled.contains { $0 === task }
            // Of a transaction whose outcome is not known, the others decide.
            if let index = unsettled.firstIndex(where: { $0 === task }) {
                unsettled.remove(at: index)
                task.isTouched = false
            }
            assert(!task.isTouched, "a task with an open transaction can't be dropped")
            task.closeReader(restoreSource)
            if task.isRunning, let last = task.lastCommit { commitsBeforeLoss[partition] = last }
            view.release(partition)
            tasks[Int(partition)] = nil
            standby?.give(partition, isKnown ? FollowedPartition(task) : nil)
        }
    }

    /// A few steps for every task that is being restored. They get twice the time that the rest of the turn took: while others work off a
    /// backlog, nobody works on these partitions at all.
    func stepRestores() {
        isRestoreBusy = false
        let began = nowMonotonic
        defer { restoreEndedMonotonic = nowMonotonic }
        let share = min(2 * (began - restoreEndedMonotonic), options.longestRestoreStepMilliseconds)
        let end = began + max(share, options.restoreStepMilliseconds)
        for step in 0..<tasks.count {
            let index = (nextRestoreTask + step) % tasks.count
            guard let task = tasks[index], task.isRestoring else { continue }
            stepRestore(task, until: end)
            guard nowMonotonic < end else {
                // The others come first in the next turn: what one waits for, such as a dead owner's transaction, must not hold them up.
                nextRestoreTask = (index + 1) % tasks.count
                return
            }
        }
    }

    /// The task with the state that was followed for it, where there is one; nil: that is on its way.
    private func adopt(_ task: StreamTask) -> StreamTask? {
        guard let standby, !task.isStandbyAsked else { return task }
        switch standby.take(task.partition) {
        case .pending: return nil
        case .none:
            task.isStandbyAsked = true
            return task
        case .ready(let followed):
            assert(followed.partition == task.partition)
            followed.task.isStandbyAsked = true
            tasks[Int(task.partition)] = followed.task
            return followed.task
        }
    }

    private func stepRestore(_ given: StreamTask, until deadline: Int64) {
        guard let task = adopt(given) else { return }
        while true {
            let context = RestoreContext(
                nowMonotonic: nowMonotonic, nowWall: clock.wallMilliseconds(), options: options, ownIDs: ownIDs)
            let fencings = task.restore.fence.count
            let step = task.stepRestore(restoreSource, context, &ledgerDecoder, &fact.pointee)
            if task.restore.fence.count != fencings, !task.restore.fence.fencing.isEmpty {
                counters.fencings += 1
                notify(.fencing(partition: task.partition, task.restore.fence.fencing))
            }
            switch step {
            case .again where nowMonotonic < deadline: continue
            case .again:
                isRestoreBusy = true
                return
            case .wait: return tellStandstill(task)
            case .ownIsOpen(let claim, let seals):
                sealOwn(task.partition, claim, seals)
                return tellStandstill(task)
            case .restored:
                standby?.noteRestored(task.partition)
                return noteOwnerBefore(task)
            case .stop(let reason) where task.restore.isWarm:
                // What was read here may be at fault, not what is there.
                task.closeReader(restoreSource)
                task.restart(limits: options.limits)
                notify(.standbyDiscarded(partition: task.partition, reason))
            case .stop(let reason):
                task.closeReader(restoreSource)
                stop(task, reason)
                return
            }
        }
    }

    /// An owner that this restore has fenced has nothing open any more.
    private func noteOwnerBefore(_ task: StreamTask) {
        guard task.restore.fence.count == 0, let owner = task.restore.previousClaim?.transactionalIDs else { return }
        let due = nowMonotonic + options.leftoverAfterMilliseconds
        leftovers.restored(after: owner.filter { !ownIDs.contains($0) }, dueMonotonic: due)
    }

    /// Fences the owners before where one has left something open that holds up no restore.
    func fenceLeftovers() {
        guard leftovers.isDue(nowMonotonic) else { return }
        let open = restoreSource.openPartitions(owned: [])
        let ids = leftovers.look(at: open, nowMonotonic: nowMonotonic, pauseMilliseconds: options.leftoverAfterMilliseconds)
        guard let open, !ids.isEmpty else { return }
        counters.fencings += 1
        notify(.fencingLeftovers(open.map(\.place), ids))
        restoreSource.beginFencing(ids, sealing: ids.map { _ in nil })
    }

    private func tellStandstill(_ task: StreamTask) {
        let now = nowMonotonic
        guard now - task.restore.toldMonotonic >= options.restoreNoticeMilliseconds,
            let standstill = task.standstill(nowMonotonic: now, options)
        else { return }
        task.restore.toldMonotonic = now
        notify(.restoreWaits(partition: task.partition, standstill))
    }

    /// A check failed: the task goes no further, the others do.
    func stop(_ task: StreamTask, _ reason: StopReason) {
        assert(!task.isTouched)
        task.phase = .stopped(reason)
        standby?.noteRestored(task.partition)
        source.stop(task.partition)
        notify(.stopped(partition: task.partition, reason))
    }
}
