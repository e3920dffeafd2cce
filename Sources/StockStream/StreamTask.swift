import StockCore
import StockWire

/// One partition in the hands of a worker: its state, where it stands, and what its restore needs to remember.
final class StreamTask {
    let partition: Int32
    var state: PartitionState
    var phase = TaskPhase.assigned
    /// Whether the open transaction wrote anything for it; then its offset is sent.
    var isTouched = false
    /// Its own claim, once restored.
    var claim = Claim(number: 0, seq: 0, commit: 0, transactionalIDs: ["", ""])
    var restore = RestoreProgress()
    var lookahead = Lookahead<UpcomingRecord>()
    /// While another process owns the partition: what its checkpoint has.
    var followed = FollowedCheckpoint()
    /// Whether it was asked for a state that was followed before it was assigned.
    var isStandbyAsked = false
    var restoreMilliseconds: Int64 = 0
    /// Closed records that had been forgotten early when it began to run.
    var forgottenEarlyBefore: Int64 = 0
    /// Ids that the restore let leave early, as the owner before did.
    var idsEvictedEarlyBefore: Int64 = 0

    // MARK: Time

    /// The position at which the input's end was reported; nil while records follow.
    var endOffset: Int64?
    /// When it was reported.
    var endSeenMonotonic: Int64 = 0
    /// From where the log time moves by itself: a time, and the monotonic clock at which it held. Set when it first may, after the restore.
    var hasTimeBase = false
    var timeBaseMilliseconds: Int64 = 0
    var timeBaseMonotonic: Int64 = 0
    /// The clock of this worker is off the stamps of new records: log time moves with records only.
    var isClockOff = false

    // MARK: Checkpoint and read model

    var history = CommitHistory()
    var ages = SeqAges()
    /// The `seq` at the last commit of each producer; 0: there was none.
    var committedSeqs: [Int64] = [0, 0]
    var lastCheckpointMonotonic: Int64 = 0
    /// What of the checkpoint the broker refuses.
    var refusals = CheckpointRefusals()
    /// Position of the read model.
    var view = ViewProgress()

    // MARK: Checks beside the work

    var sweep = IdentitySweep()
    /// The first identity that was found broken.
    var inconsistency: Inconsistency?

    // MARK: Failures

    /// The record that aborted its transaction alone, and how often.
    var suspectOffset: Int64 = -1
    var suspectAborts = 0

    /// Where the client said last that it can't read the input, how often in a row, and why.
    var unreadable: (offset: Int64, times: Int, error: PortError?) = (-1, 0, nil)

    init(partition: Int32, limits: StateLimits) {
        self.partition = partition
        state = PartitionState(limits: limits)
    }

    /// The next input offset.
    var next: Int64 { state.values.next }

    var isRunning: Bool { phase == .running }

    /// What this worker has committed last for it; nil: nothing since it was restored.
    var lastCommit: OffsetCommit? {
        history.last.map { OffsetCommit(partition: partition, next: $0.next, metadata: claim.metadata) }
    }

    /// Whether there is something to be read before its claim.
    var isRestoring: Bool { phase.isRestoring }

    /// Makes everything as it was when the partition was assigned, to restore it again.
    func restart(limits: StateLimits) {
        assert(!isTouched)
        state = PartitionState(limits: limits)
        restore = RestoreProgress()
        resetAroundState()
    }

    /// Everything but state and restore as it was when the partition was assigned.
    func resetAroundState() {
        phase = .assigned
        followed = FollowedCheckpoint()
        history = CommitHistory()
        ages = SeqAges()
        committedSeqs = [0, 0]
        view = ViewProgress()
        refusals = CheckpointRefusals()
        sweep = IdentitySweep()
        endOffset = nil
        hasTimeBase = false
    }

    /// Log time follows the clock from here.
    func setTimeBase(_ timeMilliseconds: Int64, monotonicMilliseconds: Int64) {
        hasTimeBase = true
        timeBaseMilliseconds = timeMilliseconds
        timeBaseMonotonic = monotonicMilliseconds
    }

    /// Opens the state's transaction at the first touch.
    func touch() {
        guard !isTouched else { return }
        isTouched = true
        state.begin()
    }
}

/// What the read model of a task has.
struct ViewProgress {
    var isOwnershipAsked = false
    var isOwned = false
    /// The number of the last batch that was begun.
    var batch: Int64 = 0
    /// SKUs of the batch in flight, oldest change first, with the seq of that change.
    var inFlight: [(sku: Int32, sinceSeq: Int64)] = []
    var isInFlight = false
    /// The watermark written last; -1 while the view is being filled and nothing in it can be relied on.
    var seq: Int64 = -1
    var next: Int64 = -1
    var timeMilliseconds: Int64 = 0
    var writtenMonotonic: Int64 = 0
    /// What of it is known to be there; below `seq` while a batch is in flight or the connection is gone.
    var confirmedSeq: Int64 = -1
    /// Once the watermark is here everything was projected, and what an older incarnation left has to go; nil: nothing has to.
    var sweepAfterSeq: Int64?
    var isSuperseded = false
}
