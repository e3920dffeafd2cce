import StockCore
import StockWire

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

    /// What was committed before a broker went away may have no end, and nobody sees it until it has one.
    func lookIntoOutage() {
        if commits.state == .idle && outages != outagesSettled { doubt(commits.currentSink) }
    }

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
        let findings = findOut()
        if findings.isComplete {
            // One that comes from here on is of the next transaction.
            outagesSettled = outages
            return finishSettling(findings)
        }
        guard nowMonotonic - since >= options.sealAfterMilliseconds, seal(sink, findings), seal(1 - sink, findings) else { return }
        counters.seals += 1
        isSealed = true
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

    private func seal(_ sink: Int, _ findings: Findings) -> Bool {
        guard let seal = kind(sink, findings) else { return false }
        return give(seal, by: sink)
    }

    private func give(_ seal: Seal, by sink: Int) -> Bool {
        let result = sinks[sink].seal(seal)
        commits.rebuilt(sink: sink)
        if case .done = result { return true }
        notify(.aborted("what has no end could not be given one", result.error))
        return false
    }

    /// What the producer's last transaction has to become. nil: the broker does not tell yet where it has no end.
    private func kind(_ sink: Int, _ findings: Findings) -> Seal? {
        let isCommitted: Bool
        switch commits.ends[sink] {
        case .committed: isCommitted = true
        case .unknown:
            isCommitted = findings.isCommitted
            // Nothing tells. Where a ledger had the other end already, the restore of its task will notice.
            if findings.isPending { isGuess = true }
        case .aborted:
            // The broker may never have heard of it, and what is open be the committed one before it.
            guard let found = hasOpenCommit(sink) else { return nil }
            isCommitted = found
        }
        guard isCommitted else { return .abort(offset: anyOffset()) }
        guard let open = openPartitions() else { return nil }
        return .commit(open, offset: findings.isPending ? knownOffset() : nil)
    }

    /// Whether a ledger is open from a fact on that the producer has committed. nil: the broker does not tell yet.
    private func hasOpenCommit(_ sink: Int) -> Bool? {
        var decoder = LedgerDecoder()
        var fact = Fact()
        for task in heldTasks where task.isRunning && task.committedSeqs[sink] > 0 {
            guard let (end, stable) = ledgerEnds(task.partition) else { return nil }
            guard stable < end else { continue }
            guard let value = restoreSource.firstLedgerRecord(task.partition, from: stable)?.value,
                (try? decoder.decode(value, into: &fact)) != nil
            else { return nil }
            if fact.seq <= task.committedSeqs[sink] { return true }
        }
        return false
    }

    /// What was committed last for one of the tasks, whether a reader of the group's offsets sees that by now or not.
    private func knownOffset() -> OffsetCommit? {
        for task in heldTasks {
            if let last = task.lastCommit { return last }
        }
        return nil
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

    // MARK: - Partitions that were lost, and given to this worker again

    /// Gives what this worker has left in a partition without an end the one that the restore asks for; where the claim does not tell
    /// of the last commit, which no other process knows of, that one's. Up to 82 s.
    func sealOwn(_ partition: Int32, _ claim: Claim, _ given: [Seal?]) {
        precondition(commits.state == .idle)
        var (ids, seals) = (claim.transactionalIDs, given)
        if let before = commitsBeforeLoss[partition], let last = Claim(metadata: before.metadata), last.number == claim.number,
            last.commit > claim.commit
        {
            guard let open = openPartitions() else { return }
            ids = last.transactionalIDs
            seals = [.commit(open, offset: before), nil]
        }
        var areGiven = true
        for (id, seal) in zip(ids, seals) {
            guard let seal, let sink = ownIDs.firstIndex(of: id) else { continue }
            if !give(seal, by: sink) { areGiven = false }
        }
        guard areGiven else { return }
        counters.seals += 1
        notify(.sealed)
    }

    private struct Findings {
        /// Whether the transaction whose commit was not answered was committed.
        var isCommitted = false
        /// Tasks that know commits which are gone, and how many.
        var lost: [(task: StreamTask, commits: Int64)] = []
        /// Some claim is not stable: a transaction holds it, or the broker does not answer.
        var isPending = false
        /// Some ledger is not stable, or another output that is not sealed yet.
        var isOpen = false
        var isComplete: Bool { !isPending && !isOpen }
    }

    private func findOut() -> Findings {
        var findings = Findings()
        for task in heldTasks {
            let isUnsettled = unsettled.contains { $0 === task }
            guard task.isRunning || isUnsettled else { continue }
            var commit: Int64 = 0
            switch restoreSource.committed(task.partition, stable: true) {
            case .pending:
                findings.isPending = true
                return findings
            case .none: break
            case .at(_, let metadata):
                // Another owner's: the group will say so; nothing of it is ours any more.
                guard let claim = Claim(metadata: metadata), claim.number == task.claim.number, claim.isOwned(by: ownIDs)
                else { continue }
                commit = claim.commit
            }
            if task.isRunning && !isLedgerStable(task.partition) { findings.isOpen = true }
            if isUnsettled && commit == task.claim.commit + 1 { findings.isCommitted = true }
            if commit < task.claim.commit { findings.lost.append((task, task.claim.commit - commit)) }
        }
        // Elsewhere others write as well, so this may never be seen closed; what is sealed is closed.
        if findings.isComplete && !isSealed && openPartitions()?.isEmpty != true { findings.isOpen = true }
        return findings
    }

    /// Nobody else writes there.
    private func isLedgerStable(_ partition: Int32) -> Bool { ledgerEnds(partition).map { $0.stable >= $0.end } ?? false }

    /// nil: the broker does not tell yet.
    private func ledgerEnds(_ partition: Int32) -> (end: Int64, stable: Int64)? {
        guard let end = restoreSource.range(.ledger, partition)?.upperBound, let stable = restoreSource.stableEnd(.ledger, partition)
        else { return nil }
        return (end, stable)
    }

    private func openPartitions() -> [TopicPartition]? {
        restoreSource.openPartitions(owned: heldTasks.map(\.partition)).map { $0.map(\.place) }
    }

    private func finishSettling(_ findings: Findings) {
        let sink = commits.currentSink
        commits.settled()
        let guessed = isGuess && !findings.isCommitted ? unsettled : []
        isGuess = false
        isSealed = false
        if !unsettled.isEmpty { finishUnsettled(by: sink, isCommitted: findings.isCommitted) }
        for task in guessed where !findings.lost.contains(where: { $0.task === task }) { rollBack(task, 0) }
        for (task, commits) in findings.lost { rollBack(task, commits) }
        for case let task? in tasks where task.isRunning && !isPaused { rewind(task) }
    }

    private func finishUnsettled(by sink: Int, isCommitted: Bool) {
        trouble = nil
        notify(.settled(isCommitted: isCommitted))
        let now = nowMonotonic
        for task in unsettled {
            if isCommitted {
                task.state.commit()
                noteCommitted(task, by: sink, nowMonotonic: now)
            } else {
                task.state.abort()
                task.isTouched = false
            }
        }
        if isCommitted {
            counters.transactions += 1
            noteCheckpointWritten()
        } else {
            counters.aborts += 1
        }
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
