internal import StockCore
internal import StockStream

extension ProjectionStateMachine {
    // MARK: - What was read

    /// INFO was answered; nil: it was refused.
    mutating func infoAnswered(_ facts: ServerFacts?, refusal: String? = nil) {
        infoProblem = refusal.map { "INFO is refused (\($0)): evicted keys can't be seen" }
        if phase == .reading { attempts = 0 }  // it has held for an interval of INFO
        guard let facts else { return }
        defer { server = facts }
        evictionProblem = nil
        guard let before = server else { return }
        guard before.runID == facts.runID else {
            health.serverRestarts += 1
            // The new run counts evictions from zero, and the old one may have had some since its last INFO.
            if before.evictsOurKeys { for index in views.indices { views[index].isDistrusted = true } }
            return
        }
        guard facts.evictedKeys > before.evictedKeys else { return }
        evictionProblem = "evicted_keys rose from \(before.evictedKeys) to \(facts.evictedKeys): everything is projected again"
        for index in views.indices {
            views[index].isDistrusted = true
            views[index].isTaken = false
        }
    }

    /// The last id of a change stream was read.
    mutating func streamAnswered(_ partition: Int32, _ last: StreamID) {
        guard let index = index(of: partition) else { return }
        views[index].stream = max(views[index].stream, last)
        views[index].knowsStream = true
    }

    /// A watermark was read after its WATCH; nil: there is none.
    mutating func watermarkAnswered(_ partition: Int32, _ stored: Stored?) {
        guard let index = index(of: partition) else { return }
        if views[index].isTaken && stored?.watermark == views[index].expected { return }
        views[index].isTaken = false
        decide(index, stored)
    }

    /// What a watermark means for us: another's, ours, or one that we replace.
    private mutating func decide(_ index: Int, _ stored: Stored?) {
        let view = views[index]
        if let found = stored?.watermark,
            found.incarnation > view.incarnation || (found.incarnation == view.incarnation && found.claim > view.claim)
        {
            views.remove(at: index)
            events.append(.superseded(partition: view.partition))
            return
        }
        // Claims are written only by who knows where the change stream ends; the next round asks for it.
        guard view.knowsStream else { return }
        var claim = Claim(
            watermark: Watermark(
                incarnation: view.incarnation, claim: view.claim, batch: 0, seq: Self.unknownSequence, next: Self.unknownSequence,
                timeMilliseconds: 0),
            runID: server?.runID ?? "", evictedKeys: server?.evictedKeys ?? 0)
        if let stored, stored.watermark.incarnation == view.incarnation, isTrusted(stored), !view.isDistrusted {
            claim.watermark = stored.watermark
            claim.watermark.claim = view.claim
        }
        views[index].wasApplied = view.inFlight != nil && stored?.watermark == view.inFlight
        if stored?.watermark != view.expected && !views[index].wasApplied || claim.watermark.seq == Self.unknownSequence {
            views[index].announces = true
        }
        views[index].pendingClaim = claim
    }

    /// Whether every key that the watermark speaks for is still there: no eviction since its claim was written.
    private func isTrusted(_ stored: Stored) -> Bool {
        guard stored.watermark.seq != Self.unknownSequence else { return false }
        guard let server else { return true }
        if server.runID == stored.runID { return server.evictedKeys <= stored.evictedKeys }
        // What the run before has evicted is not known: a restart counts from zero, and so does a replica.
        return server.evictedKeys == 0 && !server.evictsOurKeys
    }

    /// All replies of the pipeline are in.
    mutating func roundAnswered(now: Int64) {
        switch phase {
        case .greeting, .scanning, .examining, .disconnected, .connecting, .armed: return
        case .reading, .claiming, .batching, .removing: break
        }
        phase = .armed
        deadline = .max
        if lastFailure != nil && views.isEmpty { lastFailure = nil }
    }

    // MARK: - What was executed

    /// The EXEC of the phase was answered: done as a whole, or refused as a whole.
    mutating func executed(_ isDone: Bool, now: Int64) {
        nextReview = now + RedisLimits.reviewIntervalMilliseconds
        switch phase {
        case .claiming: claimsExecuted(isDone, now)
        case .batching(let partitions):
            for partition in partitions { batchExecuted(partition, isDone, now) }
        case .removing(let partition):
            if isDone { maintenanceDone(partition, now) }
        default: preconditionFailure("an EXEC was answered in phase \(phase)")
        }
    }

    private mutating func claimsExecuted(_ isDone: Bool, _ now: Int64) {
        guard isDone else {
            for index in views.indices { views[index].pendingClaim = nil }
            return
        }
        for index in views.indices {
            guard let claim = views[index].pendingClaim else { continue }
            take(index, claim, now)
        }
    }

    private mutating func take(_ index: Int, _ claim: Claim, _ now: Int64) {
        let partition = views[index].partition
        views[index].pendingClaim = nil
        views[index].expected = claim.watermark
        views[index].isTaken = true
        views[index].isDistrusted = false
        if views[index].inFlight != nil {
            views[index].inFlight = nil
            if views[index].wasApplied {
                health.batches += 1
                health.lastAppliedMilliseconds = now
                events.append(.applied(partition: partition))
            } else {
                views[index].announces = true
                events.append(.interrupted(partition: partition))
            }
        }
        lastFailure = nil
        guard views[index].announces else { return }
        views[index].announces = false
        let isKnown = claim.watermark.seq != Self.unknownSequence
        events.append(.owned(partition: partition, watermark: isKnown ? claim.watermark : nil))
    }

    private mutating func batchExecuted(_ partition: Int32, _ isDone: Bool, _ now: Int64) {
        // A partition that was released, or assigned anew, while its batch was under way has nothing in flight.
        guard let index = index(of: partition), let batch = views[index].inFlight else { return }
        views[index].inFlight = nil
        guard isDone else {
            views[index].isTaken = false
            views[index].announces = true
            events.append(.interrupted(partition: partition))
            return
        }
        views[index].expected = batch
        attempts = 0
        dataProblem = nil
        health.batches += 1
        health.lastAppliedMilliseconds = now
        events.append(.applied(partition: partition))
    }

    /// The batch was executed, but the view is not whole: some of its commands failed (a key of ours that has a foreign type), or keys
    /// are missing.
    mutating func batchWasPartial(_ partition: Int32, _ reason: String) {
        dataProblem = "a batch was executed in part: \(reason)"
        guard let index = index(of: partition), views[index].inFlight != nil else { return }
        views[index].inFlight = nil
        views[index].isDistrusted = true
        views[index].isTaken = false
        views[index].announces = true
        events.append(.interrupted(partition: partition))
    }
}
