import StockWire

// What a restore does where nothing comes: fence a dead owner, begin anew, say what it waits for.

extension StreamTask {
    /// Fences the owner named in the claim where the same position has stood still for long and an open transaction is the reason
    /// (`isHeldBack`): a broker that was silent is none, and its living owners would lose their work.
    func fenceIfStuck(
        _ source: some RestoreSource, _ context: RestoreContext, at position: Int64, since: Int64? = nil, isHeldBack: () -> Bool
    ) -> RestoreStep {
        if context.follows { return .wait }
        let limit = restore.fence.patience(context.options)
        guard restore.fence.isStuck(at: position, since: since, nowMonotonic: context.nowMonotonic, afterMilliseconds: limit)
        else { return .wait }
        restore.fence.reset()
        guard case .at(let next, let metadata) = source.committed(partition, stable: false), let claim = Claim(metadata: metadata),
            isHeldBack()
        else { return .wait }
        let others = claim.transactionalIDs.filter { !context.ownIDs.contains($0) }
        let isOwn = others.isEmpty
        var seals: [Seal?] = [nil, nil]
        if restore.fence.count > 0 || isOwn {
            // A fencing did not help: the transaction may have ended, and the broker forgotten to write its end. This worker's own
            // producers have been initialised since.
            let offset = OffsetCommit(partition: partition, next: next, metadata: metadata)
            guard let chosen = self.seals(claim, offset, source, isFirst: restore.fence.count == (isOwn ? 0 : 1)) else { return .wait }
            seals = chosen
        }
        restore.fence.count += 1
        if isOwn { return .ownIsOpen(claim, seals) }
        restore.fence.fencing = others
        source.beginFencing(others, sealing: others.map { $0 == claim.transactionalIDs[0] ? seals[0] : seals[1] })
        return .wait
    }

    /// How the dead owner's producers are sealed, the one first that has committed the claim; a nil in it: not at all. nil: the broker does
    /// not tell yet.
    ///
    /// The last transaction of the first was that of the claim, unless it had begun another one after one of the other that was given up.
    /// So it is left alone at first: what holds the restore up is the other one's, and what was committed may lack its end elsewhere.
    private func seals(_ claim: Claim, _ offset: OffsetCommit, _ source: some RestoreSource, isFirst: Bool) -> [Seal?]? {
        let reached = max(restore.lastSeq, restore.mark?.redoSeq ?? 0)
        let isMissing = phase == .readingLedger && reached < claim.seq
        guard claim == restore.previousClaim && (isMissing || phase == .readingState && !isFirst) else {
            return [isFirst ? nil : .abort(offset: offset), .abort(offset: offset)]
        }
        guard let open = source.openPartitions(owned: [partition]) else { return nil }
        let seal = Seal.commit(open.map(\.place), offset: nil)
        return [seal, isMissing && reached < claim.previousSeq ? seal : .abort(offset: offset)]
    }

    /// The same where a topic is read.
    func fenceIfStuck(_ topic: RestoreTopic, _ source: some RestoreSource, _ context: RestoreContext) -> RestoreStep {
        fenceIfStuck(source, context, at: restore.position) {
            let end = topic == .state ? restore.state.upperBound : restore.ledger.upperBound
            guard let stable = source.stableEnd(topic, partition) else { return false }
            return stable < end
        }
    }

    /// Nothing came: after a while an open transaction may be why, and after a long while the restore begins anew.
    func noProgress(_ topic: RestoreTopic, _ source: some RestoreSource, _ context: RestoreContext) -> RestoreStep {
        if context.nowMonotonic - restore.movedMonotonic > context.options.restoreProgressMilliseconds {
            closeReader(source)
            restart(limits: context.options.limits)
            return .wait
        }
        return fenceIfStuck(topic, source, context)
    }

    /// What a restore that stands still waits for, and for how many milliseconds; nil where it does not stand still for long.
    func standstill(nowMonotonic: Int64, _ options: WorkerOptions) -> Standstill? {
        let milliseconds = nowMonotonic - restore.movedMonotonic
        guard milliseconds >= options.restoreNoticeMilliseconds else { return nil }
        let what: String
        switch phase {
        case .assigned, .following, .claiming, .running, .stopped: return nil
        case .locating where restore.isOffsetPending:
            what = "the committed offset: a transaction holds it, or the coordinator does not answer"
        case .locating: what = "the ends of the topics: their leader does not answer"
        case .readingState: what = "the state topic at offset \(restore.position): a transaction holds it, or its leader does not answer"
        case .locatingLedger: what = "the place in the ledger to begin at: its leader does not answer"
        case .readingLedger: what = "the ledger at offset \(restore.position): a transaction holds it, or its leader does not answer"
        }
        return Standstill(milliseconds: milliseconds, awaited: what)
    }
}

/// A restore that stands still.
public struct Standstill: Sendable, Equatable {
    /// How long.
    public var milliseconds: Int64
    /// What it waits for, a phrase for people.
    public var awaited: String
}

/// Notices that something has stood still long enough for a dead owner's open transaction to be the reason, and remembers whom it fences.
struct FenceWatch {
    private var position: Int64 = -1
    private var sinceMonotonic: Int64 = 0
    /// The ids being fenced.
    var fencing: [String] = []
    /// How often this restore has fenced somebody.
    var count = 0

    /// How long something has to stand still, longer after each fencing: one that did not help was of the wrong owner. The right one died
    /// in its own claim, where nobody can read its ids, and the owner before it may be alive and own other partitions.
    func patience(_ options: WorkerOptions) -> Int64 {
        guard count > 0 else { return options.fenceAfterMilliseconds }
        return min(options.fencePauseMilliseconds << Int64(min(2 * (count - 1), 10)), options.fenceAgainMilliseconds)
    }

    /// Whether the position is the same as it was `afterMilliseconds` ago.
    /// `since`: it is known to have been the same from then on; otherwise it counts from now where it is a new one.
    mutating func isStuck(at position: Int64, since: Int64? = nil, nowMonotonic: Int64, afterMilliseconds: Int64) -> Bool {
        if position != self.position {
            self.position = position
            sinceMonotonic = since ?? nowMonotonic
        }
        return nowMonotonic - sinceMonotonic >= afterMilliseconds
    }

    /// Begins to watch anew.
    mutating func reset() { position = -1 }
}
