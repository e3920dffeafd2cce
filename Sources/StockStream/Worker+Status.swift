import StockCore

extension Worker {
    /// A copy of everything that operators see. O(tasks); called a few times a second at most.
    public func status() -> WorkerStatus {
        WorkerStatus(
            worker: index, counters: counters, tasks: heldTasks.map(status),
            misrouted: Dictionary(misrouted.map { ($0.key.description, $0.value) }, uniquingKeysWith: +), latency: latency,
            transaction: transactionTime,
            timeMilliseconds: clock.wallMilliseconds(), lastCommitMilliseconds: lastCommitMilliseconds,
            // Without a partition there is nothing to commit.
            trouble: heldTasks.isEmpty ? nil : trouble?.error.description, troubleSinceMilliseconds: trouble?.sinceMilliseconds ?? 0)
    }

    /// The number of partitions that are processed. O(partitions).
    public var runningCount: Int { tasks.count { $0?.isRunning ?? false } }

    private func status(_ task: StreamTask) -> TaskStatus {
        let values = task.state.values
        return TaskStatus(
            partition: task.partition, phase: task.phase, seq: values.seq, next: values.next,
            lag: source.highWatermark(task.partition).map { max(0, $0 - max(values.next, task.endOffset ?? 0)) },
            logTimeMilliseconds: values.logTimeMilliseconds, skus: task.state.skuCount, openHolds: task.state.openHoldCount,
            openCommitments: task.state.openCommitmentCount, closedRecords: task.state.closedCount, idWindow: task.state.ids.count,
            idsEvictedEarly: task.isRunning ? task.state.ids.evictedEarly - task.idsEvictedEarlyBefore : 0,
            forgottenEarly: values.counters.forgottenEarly,
            forgottenEarlyBefore: task.forgottenEarlyBefore,
            checkpointRefused: task.refusals.count, checkpointError: task.refusals.error,
            oldestUnwrittenMilliseconds: task.state.oldestUnwrittenMilliseconds,
            unprojected: task.state.unprojectedCount + task.view.inFlight.count,
            projectedSeq: task.view.confirmedSeq, isViewOwned: task.view.isOwned, isClockOff: task.isClockOff || isWallClockOff,
            restoreFacts: task.restore.facts,
            restoreMilliseconds: task.restoreMilliseconds, standstill: task.standstill(nowMonotonic: nowMonotonic, options),
            inconsistency: task.inconsistency, identityPasses: task.sweep.passes)
    }
}
