import StockCore

// A transaction that the broker refuses for what is in it: which part of it is to blame is found by trying less at a time, and the rest
// goes on.

extension Worker {
    /// Commits what the turn has written so far where input, timers and checkpoint go separately, so that one which is refused does not
    /// take the others with it. Whether the turn can go on.
    func separates(if isAsked: Bool = false) -> Bool {
        guard separateCommits > 0 || isAsked, case .open = commits.state else { return true }
        finishTransaction()
        return commits.state == .idle && !isPaused && prepareSink()
    }

    /// Looks for what was to blame. Answers whether the input has to pause.
    func isolate(_ result: SinkResult) -> Bool {
        guard case .mustAbort(let error) = result, StreamFault.isRefusal(error.code) else { return true }
        let hasInput = recordsInTransaction > 0
        let hasTimers = timerFactsInTransaction > 0
        separateCommits = options.separateCommits
        guard let checkpointed else {
            if hasInput && !hasTimers && StreamFault.isInContent(error.code) { return isolateInput() }
            return true
        }
        guard !hasInput, !hasTimers, let part = checkpointed.part else {
            checkpointed.task.refusals.suspect()
            return hasInput || hasTimers
        }
        let before = checkpointed.task.refusals.count
        checkpointed.task.refusals.refuse(
            part, error, isContent: StreamFault.isInContent(error.code), until: nowMonotonic + options.backoffMaximumMilliseconds)
        let count = checkpointed.task.refusals.count
        if count > before { notify(.checkpointRefused(partition: checkpointed.task.partition, skus: count, error)) }
        return false
    }

    /// Halves the turn until one record is alone, and counts how often it aborts alone. Only faults that lie in what was written: a broker
    /// that is away, or rights that are missing, are waited out. Answers whether the input has to pause.
    private func isolateInput() -> Bool {
        guard recordsInTransaction == 1, let task = task(lastRecord.partition) else {
            batchLimit = max(1, recordsInTransaction / 2)
            return true
        }
        batchLimit = 1
        task.suspectAborts = task.suspectOffset == lastRecord.offset ? task.suspectAborts + 1 : 1
        task.suspectOffset = lastRecord.offset
        // Its letter is refused as well: the fault is not its own, and it is to be applied when that is gone.
        if task.suspectAborts > options.abortsBeforeDeadLetter { task.suspectAborts = 0 }
        // Put aside at once: a fault that goes away in between would have been none of this record.
        return task.suspectAborts != options.abortsBeforeDeadLetter
    }

    func growBatch() {
        if batchLimit < options.batchRecords { batchLimit = min(options.batchRecords, batchLimit * 2) }
        if separateCommits > 0 { separateCommits -= 1 }
    }
}

/// What a refusal by the broker means.
enum StreamFault {
    /// Whether it lies in the records themselves, so that trying them again can't help.
    static func isInContent(_ code: String) -> Bool {
        switch code {
        case "MSG_SIZE_TOO_LARGE", "INVALID_MSG_SIZE", "INVALID_MSG", "INVALID_RECORD", "RECORD_LIST_TOO_LARGE",
            "_INVALID_ARG", "UNSUPPORTED_FOR_MESSAGE_FORMAT", "UNKNOWN_PARTITION", "_UNKNOWN_PARTITION":
            true
        default: false
        }
    }

    /// Whether it is about one topic, so that what goes to others can go on.
    static func isRefusal(_ code: String) -> Bool {
        switch code {
        case "TOPIC_AUTHORIZATION_FAILED", "UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC": true
        default: isInContent(code)
        }
    }
}
