import StockCore
import StockWire

/// One worker: a consumer, two producers used in turns, one connection to the read model, and the tasks of its partitions.
///
/// `turn` does one round of the loop (ARCHITECTURE.md, data flow 1 to 8) and returns; it never waits longer than a poll, or for a
/// transaction. One thread calls everything.
public final class Worker<W: World> {
    let options: WorkerOptions
    let zones: ZoneTable
    let index: Int
    let source: W.Source
    let sinks: [W.Sink]
    let restoreSource: W.Restore
    let view: W.View
    let clock: W.Clock
    let notify: (WorkerNotice) -> Void
    /// Who follows the partitions of other processes; nil: nobody does.
    let standby: (any StandbyStore)?

    // MARK: Tasks

    /// By partition; nil where it is not ours.
    var tasks: [StreamTask?]
    /// Partitions that the group takes back; given up at the end of the turn.
    var revoking: [Int32] = []
    var nextCheckpointTask = 0
    /// The task whose checkpoint is in the open transaction, and what of it where that matters.
    var checkpointed: (task: StreamTask, part: CheckpointRefusals.Part?)?
    var nextViewTask = 0
    var nextRestoreTask = 0
    /// When the restores of the last turn ended.
    var restoreEndedMonotonic: Int64 = 0
    /// Whose records are checked, and when some were checked last.
    var nextSweepTask = 0
    var lastSweepMonotonic: Int64 = 0
    var leftovers = LeftoverWatch()
    /// Whether a restore could go on at once, so that nothing is waited for.
    var isRestoreBusy = false

    // MARK: The transaction

    var commits = CommitStateMachine()
    var touched: [StreamTask] = []
    /// Tasks of the transaction whose outcome is not known.
    var unsettled: [StreamTask] = []
    /// Whether what the producers had left open is ended since the last doubt.
    var isSealed = false
    /// Whether they were sealed without knowing what had become of them.
    var isGuess = false
    /// What was committed last for partitions that were lost.
    var commitsBeforeLoss: [Int32: OffsetCommit] = [:]
    /// The outages of the producers for which it is known what has become of every transaction before them.
    var outagesSettled = 0
    /// Since when the broker could have told what became of it, by the monotonic clock; nil: it could not yet.
    var settlesSince: Int64?
    let output: OutputWriter<W.Sink>
    let checkpointer: CheckpointWriter<W.Sink>
    /// What was sold of a SKU or at a location that is projected; reused.
    var sold = SoldDays()
    var transactionBegan: Int64 = 0
    /// Stamps of the records in the transaction, for latencies.
    var stamps: [Int64] = []
    var recordsInTransaction = 0
    var timerFactsInTransaction = 0
    var timerFactsInTurn = 0
    var deadLettersInTurn = 0
    /// The wall clock as last read.
    var lastWall: Int64 = 0
    /// When the source last had nothing, and whether that was in this turn.
    var lastQuietMonotonic: Int64 = 0
    var isQuiet = false
    /// Hashes of the SKUs that the next records are about, of one partition at a time.
    var lookahead = Lookahead<UInt64>()
    /// The record being processed, for the isolation of one that aborts.
    var lastRecord: (partition: Int32, offset: Int64) = (-1, -1)

    // MARK: Failures

    /// Records of a turn at most, lowered to find the record that aborts its transaction.
    var batchLimit: Int
    /// Commits for which input, timers and checkpoint go in transactions of their own: one that held several was refused.
    var separateCommits = 0
    var failureStreak = 0
    /// Tasks are stopped until this monotonic time.
    var pausedUntil: Int64 = 0
    var isPaused = false

    // MARK: Scratch of the hot path

    var decoder = EventDecoder()
    var ledgerDecoder = LedgerDecoder()
    let event = UnsafeMutablePointer<StockEvent>.allocate(capacity: 1)
    let fact = UnsafeMutablePointer<Fact>.allocate(capacity: 1)
    var transitions = TransitionBuffer()
    /// What stands around a fact that no input brought.
    let noEnvelope = EventEnvelope()

    // MARK: Numbers

    var counters = WorkerCounters()
    /// Misrouted records by their `source`.
    var misrouted: [Key: Int64] = [:]
    var latency = LatencyHistogram()
    var transactionTime = LatencyHistogram()
    var lastCommitMilliseconds: Int64 = 0
    /// Why nothing could be committed, and since when by the wall clock; nil while all is well.
    var trouble: (error: PortError, sinceMilliseconds: Int64, isOfProducer: Bool)?
    var checkpointCredit = 0
    var isDraining = false
    /// The monotonic time at which a drain no longer waits for an unknown outcome.
    private var drainDeadline: Int64 = 0
    /// A record that was to be read next may be gone.
    var lostOffsets = false
    /// Whether the worker has given everything back after `drain`.
    public private(set) var isFinished = false

    /// A worker. Nothing is connected to before the first turn.
    public init(
        index: Int, options: WorkerOptions, source: W.Source, sinks: [W.Sink], restore: W.Restore, view: W.View, clock: W.Clock,
        standby: (any StandbyStore)? = nil, notify: @escaping (WorkerNotice) -> Void
    ) {
        precondition(sinks.count == 2, "two producers in turns")
        precondition(sinks[0].transactionalID != sinks[1].transactionalID)
        self.index = index
        self.options = options
        zones = options.zones
        self.source = source
        self.sinks = sinks
        self.restoreSource = restore
        self.view = view
        self.clock = clock
        self.notify = notify
        self.standby = standby
        tasks = Array(repeating: nil, count: Int(options.partitionCount))
        output = OutputWriter(sink: sinks[0], options: options)
        checkpointer = CheckpointWriter(output: output)
        batchLimit = options.batchRecords
        event.initialize(to: StockEvent())
        fact.initialize(to: Fact())
        stamps.reserveCapacity(options.batchRecords)
    }

    deinit {
        event.deallocate()
        fact.deinitialize(count: 1)
        fact.deallocate()
    }

    var nowMonotonic: Int64 { clock.monotonicMicroseconds() / 1_000 }

    /// Our two transactional ids, as they stand in claims.
    var ownIDs: [String] { [sinks[0].transactionalID, sinks[1].transactionalID] }

    /// One round: settle what is open, restore, poll and process, timers, a checkpoint, commit, project.
    public func turn() {
        timerFactsInTurn = 0
        deadLettersInTurn = 0
        if case .settling = commits.state {
            settle()
            pollWithoutRecords()
            if isDraining { finishDrain() }
            return
        }
        resumeIfDue()
        lookIntoOutage()
        let isReady = !isPaused && prepareSink()
        if isReady { stepRestores() } else { pollWithoutRecords() }
        fenceLeftovers()
        if isReady {
            commitClaims()
            // The claims may have taken this producer's turn.
            if !isPaused && prepareSink() {
                collect()
                if separates() { fireTimers() }
                if separates(if: tasks.contains { $0?.refusals.isActive ?? false }) { checkpointOne() }
            }
        }
        finishTransaction()
        stopTasksWithLostOffsets()
        stopTasksWithUnreadableInput()
        project()
        sweepIdentities()
        giveUpRevoked()
        if isDraining { finishDrain() }
    }

    /// Asks for the end: the next turns commit, checkpoint, project, leave the group; then `isFinished`.
    public func drain() {
        guard !isDraining else { return }
        isDraining = true
        drainDeadline = nowMonotonic + options.drainMilliseconds
    }

    /// Makes sure that the producer whose turn it is can begin. Up to 1 s.
    func prepareSink() -> Bool {
        let sink: Int
        switch commits.begin() {
        case .begin: return true
        case .settle: return false
        case .initialize(let unready): sink = unready
        }
        switch sinks[sink].initialize() {
        case .done:
            commits.initialized(sink: sink)
            // An idle worker commits nothing that could show that all is well again.
            if trouble?.isOfProducer == true { trouble = nil }
            return true
        case .retry(let error):
            noteTrouble(error, isOfProducer: true)
            return false
        case .mustAbort(let error), .notMember(let error), .fenced(let error), .fatal(let error), .unknown(let error):
            notify(.aborted("a producer could not be initialised", error))
            noteTrouble(error, isOfProducer: true)
            rebuild(sink)
            pause()
            return false
        }
    }

    func rebuild(_ sink: Int) {
        counters.producersRebuilt += 1
        sinks[sink].rebuild()
        commits.rebuilt(sink: sink)
    }

    /// An outcome that does not become known in time is the next owner's to find out.
    private func finishDrain() {
        let isLate = nowMonotonic >= drainDeadline
        guard touched.isEmpty, commits.state == .idle || isLate else { return }
        // While the group moves partitions its coordinator refuses what is written under the generation before. The next turns hear of
        // the new one, and then it is written.
        // Where the engines stand by for each other the next owner waits, and has the state.
        let written = heldTasks.filter { $0.isRunning && !(isLeftToOthers && isHandedOver($0)) }
        guard isLate || (!isPaused && written.allSatisfy { writeCompleteCheckpoint($0, until: drainDeadline) }) else { return }
        leave(tasks.compactMap { $0?.partition }, isWritten: true)
        source.close()
        isFinished = true
    }

    // MARK: - Collect

    /// Steps 1 to 6 up to the commit: polls and processes up to the limit of a turn.
    private func collect() {
        var wait = isRestoreBusy ? 0 : hasRestoring ? options.restoreWaitMilliseconds : options.idleWaitMilliseconds
        var count = 0
        isQuiet = false
        let began = nowMonotonic
        while count < batchLimit && output.isUnharmed && revoking.isEmpty {
            switch source.poll(waitMilliseconds: wait) {
            case .record(let record):
                lookAhead()
                // One that is far too large takes longer than thousands of others: its digest goes over all of it.
                let isLarge = record.value.map { $0.count > WireLimits.maxRecordBytes } ?? false
                guard process(record) else { return }
                count += 1
                wait = 0
                if count & 255 == 0 || isLarge, nowMonotonic - began >= options.batchMilliseconds { return }
            case .none:
                lastQuietMonotonic = nowMonotonic
                isQuiet = true
                return
            case .endOfPartition(let partition, let offset): reachedEnd(partition, offset)
            case .assigned(let partitions): take(partitions)
            case .revoked(let partitions): revoke(partitions)
            case .lost(let partitions):
                lose(partitions)
                return
            case .unreadable(let partition, let offset, let error): unreadable(partition, offset, error)
            case .failed(let error): failed(error)
            }
        }
    }

    /// Serves the group while nothing may be processed. Running tasks deliver nothing meanwhile.
    private func pollWithoutRecords() {
        for _ in 0..<100 {
            switch source.poll(waitMilliseconds: 10) {
            case .none: return
            case .record(let record):
                // It is fetched again when the task goes on.
                if let task = task(record.partition), task.isRunning, !isPaused { rewind(task) }
                return
            case .endOfPartition(let partition, let offset): reachedEnd(partition, offset)
            case .assigned(let partitions): take(partitions)
            case .revoked(let partitions):
                revoke(partitions)
                return
            case .lost(let partitions):
                lose(partitions)
                return
            case .unreadable(let partition, let offset, let error): unreadable(partition, offset, error)
            case .failed(let error): failed(error)
            }
        }
    }

    private func reachedEnd(_ partition: Int32, _ offset: Int64) {
        guard let task = task(partition) else { return }
        task.endOffset = offset
        task.endSeenMonotonic = nowMonotonic
    }

    private func failed(_ error: PortError) {
        counters.sourceErrors += 1
        notify(.source(error))
        // Retention has removed what was not read yet: which partition it is, its range tells.
        if error.code == "_AUTO_OFFSET_RESET" { lostOffsets = true }
    }

    /// Stops the tasks whose next record is gone. Between transactions.
    private func stopTasksWithLostOffsets() {
        guard lostOffsets, touched.isEmpty, commits.state == .idle else { return }
        lostOffsets = false
        for case let task? in tasks where task.isRunning {
            guard let input = restoreSource.inputRange(task.partition) else {
                lostOffsets = true
                continue
            }
            if let reason = task.checkInput(task.next, input) { stop(task, reason) }
        }
    }

    private func unreadable(_ partition: Int32, _ offset: Int64, _ error: PortError) {
        failed(error)
        guard let task = task(partition), task.isRunning else { return }
        task.unreadable.times = task.unreadable.offset == offset ? task.unreadable.times + 1 : 1
        task.unreadable.offset = offset
        task.unreadable.error = error
    }

    /// Stops the tasks whose next record the client can't read, after some attempts. Between transactions.
    private func stopTasksWithUnreadableInput() {
        guard touched.isEmpty, commits.state == .idle else { return }
        for case let task? in tasks where task.isRunning && task.unreadable.times >= options.readsBeforeStop {
            stop(task, task.unreadableReason)
        }
    }

    @inline(__always) func task(_ partition: Int32) -> StreamTask? {
        partition >= 0 && Int(partition) < tasks.count ? tasks[Int(partition)] : nil
    }

    /// The tasks in order of their partitions.
    var heldTasks: [StreamTask] { tasks.compactMap { $0 } }

    private var isLeftToOthers: Bool { standby?.hasOthers ?? false }

    private var hasRestoring: Bool { tasks.contains { $0?.isRestoring ?? false } }

    // MARK: - Pauses after failures

    /// Keeps why transactions fail for those who ask, from the first failure until one succeeds.
    /// `isOfProducer`: a producer can't be had; once it can, that is over.
    func noteTrouble(_ error: PortError?, isOfProducer: Bool = false) {
        guard let error else { return }
        let wasOther = trouble.map { !$0.isOfProducer } ?? false
        trouble = (error, trouble?.sinceMilliseconds ?? clock.wallMilliseconds(), isOfProducer && !wasOther)
    }

    /// Stops delivery for a while that doubles with every failure in a row.
    func pause() {
        failureStreak += 1
        let milliseconds = min(options.backoffMaximumMilliseconds, options.backoffMilliseconds << Int64(min(failureStreak - 1, 10)))
        pausedUntil = nowMonotonic + milliseconds
        isPaused = true
        for case let task? in tasks where task.isRunning { source.stop(task.partition) }
    }

    private func resumeIfDue() {
        guard isPaused, nowMonotonic >= pausedUntil else { return }
        isPaused = false
        for case let task? in tasks where task.isRunning { rewind(task) }
    }

    /// Delivery goes on at the state's next offset.
    func rewind(_ task: StreamTask) {
        task.endOffset = nil
        source.start(task.partition, at: task.next)
    }
}
