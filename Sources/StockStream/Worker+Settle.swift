import StockCore

// What became of a transaction, where that is not certain: its commit was not answered, or it was given up because the broker was away.
// The stable claims tell. They also tell whether the commits before it are still there (ARCHITECTURE.md: ends that were never written).

extension Worker {
    /// Whether a transaction that was given up for this leaves anything open. What the broker refused, and whom it refused, it has heard
    /// of in good health.
    func leavesDoubt(_ result: SinkResult) -> Bool {
        switch result {
        case .done, .notMember: false
        case .mustAbort(let error): !StreamFault.isRefusal(error.code)
        case .retry, .fenced, .fatal, .unknown: true
        }
    }

    /// Times that a broker was lost sight of.
    var outages: Int { sinks[0].isAccountable ? sinks[0].outages + sinks[1].outages : 0 }

    /// Nothing is begun before the claims have been read.
    func doubt(_ sink: Int) {
        guard sinks[sink].isAccountable else { return }
        commits.doubt(sink: sink)
        settlesSince = nil
        for case let task? in tasks where task.isRunning { source.stop(task.partition) }
    }

    /// Finds out, and goes on. After the pause, which what was written last asked for: a producer that is initialised before it may be
    /// forgotten in it.
    func settle() {
        guard case .settling(let sink) = commits.state, nowMonotonic >= pausedUntil, makeReady(sink) else { return }
        let since = settlesSince ?? nowMonotonic
        settlesSince = since
        let outages = outages
        if let findings = findOut() {
            // One that comes from here on is of the next transaction.
            outagesSettled = outages
            return finishSettling(findings)
        }
        guard nowMonotonic - since >= options.sealAfterMilliseconds, seal(sink), seal(1 - sink) else { return }
        counters.seals += 1
        notify(.sealed)
        settlesSince = nowMonotonic
    }

    private func makeReady(_ sink: Int) -> Bool {
        guard !commits.isReady[sink] else { return true }
        switch sinks[sink].initialize() {
        case .done:
            commits.initialized(sink: sink)
            return true
        case .retry: return false
        case .mustAbort(let error), .notMember(let error), .fenced(let error), .fatal(let error), .unknown(let error):
            notify(.aborted("a producer could not be initialised", error))
            rebuild(sink)
            return false
        }
    }

    private func seal(_ sink: Int) -> Bool {
        guard makeReady(sink) else { return false }
        let result = sinks[sink].seal(anyOffset())
        if case .done = result { return true }
        notify(.aborted("what has no end could not be given one", result.error))
        rebuild(sink)
        return false
    }

    /// A committed offset as it is: sent once more it changes nothing, whatever becomes of that.
    private func anyOffset() -> OffsetCommit? {
        for task in heldTasks where task.isRunning || unsettled.contains(where: { $0 === task }) {
            if case .at(let next, let metadata) = restoreSource.committed(task.partition, stable: false) {
                return OffsetCommit(partition: task.partition, next: next, metadata: metadata)
            }
        }
        return nil
    }

    private struct Findings {
        /// Whether the transaction whose commit was not answered was committed.
        var isCommitted = false
        /// Tasks that know commits which are gone, and how many.
        var lost: [(task: StreamTask, commits: Int64)] = []
    }

    /// nil: the broker does not tell yet.
    private func findOut() -> Findings? {
        var findings = Findings()
        for task in heldTasks {
            let isUnsettled = unsettled.contains { $0 === task }
            guard task.isRunning || isUnsettled else { continue }
            var commit: Int64 = 0
            switch restoreSource.committed(task.partition, stable: true) {
            case .pending: return nil
            case .none: break
            case .at(_, let metadata):
                // Another owner's: the group will say so; nothing of it is ours any more.
                guard let claim = Claim(metadata: metadata), claim.number == task.claim.number, claim.transactionalIDs == ownIDs
                else { continue }
                commit = claim.commit
            }
            if task.isRunning && !isLedgerStable(task.partition) { return nil }
            if isUnsettled && commit == task.claim.commit + 1 { findings.isCommitted = true }
            if commit < task.claim.commit { findings.lost.append((task, task.claim.commit - commit)) }
        }
        return findings
    }

    /// Nobody else writes there.
    private func isLedgerStable(_ partition: Int32) -> Bool {
        guard let end = restoreSource.range(.ledger, partition)?.upperBound, let stable = restoreSource.stableEnd(.ledger, partition)
        else { return false }
        return stable >= end
    }

    private func finishSettling(_ findings: Findings) {
        commits.settled()
        if !unsettled.isEmpty { finishUnsettled(isCommitted: findings.isCommitted) }
        for (task, commits) in findings.lost { rollBack(task, commits) }
        for case let task? in tasks where task.isRunning && !isPaused { rewind(task) }
    }

    private func finishUnsettled(isCommitted: Bool) {
        trouble = nil
        notify(.settled(isCommitted: isCommitted))
        let now = nowMonotonic
        for task in unsettled {
            if isCommitted {
                task.state.commit()
                noteCommitted(task, nowMonotonic: now)
            } else {
                task.state.abort()
                task.isTouched = false
            }
        }
        if isCommitted { counters.transactions += 1 } else { counters.aborts += 1 }
        unsettled = []
        clearTransaction()
    }

    /// The state knows facts that the ledger does not: it is made again from what is there, and their input is read again.
    private func rollBack(_ task: StreamTask, _ commits: Int64) {
        counters.rollbacks += 1
        notify(.rolledBack(partition: task.partition, commits: commits))
        source.stop(task.partition)
        view.release(task.partition)
        task.restart(limits: options.limits)
    }
}
