import StockCore
import StockWire

/// The state of a partition on its way between a worker and the standby of its process. One of them has it at a time.
public final class FollowedPartition: @unchecked Sendable {
    // A task is no value that two threads may have; whoever hands this over forgets it.
    let task: StreamTask

    init(_ task: StreamTask) { self.task = task }

    /// Which one.
    public var partition: Int32 { task.partition }
}

/// What a worker hears of a partition that it was assigned.
public enum StandbyAnswer: Sendable {
    /// Nobody has followed it.
    case none
    /// It is being handed over: ask again.
    case pending
    /// Here it is.
    case ready(FollowedPartition)
}

/// The standby of a process as its workers see it. Called from their threads; no call waits.
public protocol StandbyStore: AnyObject, Sendable {
    /// The partition is this process's from now on: whatever was followed of it is handed over.
    func take(_ partition: Int32) -> StandbyAnswer
    /// Its restore has ended.
    func noteRestored(_ partition: Int32)
    /// It is another's; with its state as of the last commit, where that is known.
    func give(_ partition: Int32, _ state: FollowedPartition?)
    /// Whether other processes have partitions too.
    var hasOthers: Bool { get }
}

/// What the standby tells its surroundings.
public enum StandbyNotice: Sendable {
    /// The state is here, and the ledger is followed from now on.
    case following(partition: Int32, seq: Int64, milliseconds: Int64)
    /// What was followed is of no use; it begins anew after a while.
    case dropped(partition: Int32, StopReason)
}

/// Follows the partitions that other processes own, so that a takeover finds their state in memory. It claims, fences and writes nothing.
/// One thread calls everything.
public final class Standby<Source: RestoreSource> {
    /// How long a partition that could not be followed is left alone, in milliseconds; each time in a row twice as long.
    public static var retryMilliseconds: Int64 { 10_000 }
    /// The longest pause, in milliseconds.
    public static var longestRetryMilliseconds: Int64 { 320_000 }

    private let source: Source
    private let options: WorkerOptions
    private let notify: (StandbyNotice) -> Void
    private var tasks: [StreamTask] = []
    /// When a partition may be tried again, and after which pause.
    private var retries: [Int32: (notBefore: Int64, pauseMilliseconds: Int64)] = [:]
    private var decoder = LedgerDecoder()
    private let fact = UnsafeMutablePointer<Fact>.allocate(capacity: 1)

    /// Follows nothing yet.
    public init(source: Source, options: WorkerOptions, notify: @escaping (StandbyNotice) -> Void) {
        self.source = source
        self.options = options
        self.notify = notify
        fact.initialize(to: Fact())
    }

    deinit {
        fact.deinitialize(count: 1)
        fact.deallocate()
    }

    /// Begins to follow a partition; with the state that its worker had, where that is known.
    public func follow(_ partition: Int32, _ state: FollowedPartition? = nil) {
        guard !follows(partition) else { return }
        let task = state?.task ?? StreamTask(partition: partition, limits: options.limits)
        if state != nil { task.prepareWarm() }
        tasks.append(task)
    }

    /// Whether the partition is among those that are followed, or will be.
    public func follows(_ partition: Int32) -> Bool { tasks.contains { $0.partition == partition } }

    /// Ends the following of a partition. nil: its state is not here yet.
    public func take(_ partition: Int32) -> FollowedPartition? {
        retries[partition] = nil
        guard let index = tasks.firstIndex(where: { $0.partition == partition }) else { return nil }
        let task = tasks.remove(at: index)
        task.endFollowing(source)
        // What a worker has given back is whole before the place in the ledger is found.
        guard task.phase == .following || task.phase == .assigned && task.restore.isWarm else { return nil }
        task.prepareWarm()
        return FollowedPartition(task)
    }

    /// Follows each a little further, and loads the state of at most one, where `mayLoad`. Up to about 20 ms a partition that has much to
    /// read. Whether something came.
    public func step(nowMonotonic: Int64, nowWall: Int64, mayLoad: Bool = true) -> Bool {
        var isBusy = false
        var hasLoaded = false
        for task in tasks {
            if task.phase == .following {
                isBusy = follow(task, nowMonotonic) || isBusy
            } else if !hasLoaded, mayLoad, nowMonotonic >= retries[task.partition]?.notBefore ?? .min {
                hasLoaded = true
                isBusy = load(task, nowMonotonic, nowWall) || isBusy
            }
        }
        return isBusy
    }

    private func follow(_ task: StreamTask, _ nowMonotonic: Int64) -> Bool {
        switch task.stepFollow(source, options, &decoder, &fact.pointee) {
        case .again: return true
        case .wait, .ownIsOpen, .restored: return false
        case .stop(let reason):
            drop(task, reason, nowMonotonic)
            return true
        }
    }

    private func load(_ task: StreamTask, _ nowMonotonic: Int64, _ nowWall: Int64) -> Bool {
        let context = RestoreContext(nowMonotonic: nowMonotonic, nowWall: nowWall, options: options, ownIDs: [], follows: true)
        switch task.stepRestore(source, context, &decoder, &fact.pointee) {
        case .again: return true
        case .wait, .ownIsOpen: return false
        case .restored:
            let milliseconds = nowMonotonic - task.restore.startedMonotonic
            notify(.following(partition: task.partition, seq: task.state.values.seq, milliseconds: milliseconds))
            return true
        case .stop(let reason):
            drop(task, reason, nowMonotonic)
            return true
        }
    }

    private func drop(_ task: StreamTask, _ reason: StopReason, _ nowMonotonic: Int64) {
        task.endFollowing(source)
        task.restart(limits: options.limits)
        // One that was followed for longer than its pause was has only just gone wrong.
        let last = retries[task.partition]
        let isNew = last.map { nowMonotonic - $0.notBefore > $0.pauseMilliseconds } ?? true
        let pause = isNew ? Standby.retryMilliseconds : min(last!.pauseMilliseconds * 2, Standby.longestRetryMilliseconds)
        retries[task.partition] = (nowMonotonic + pause, pause)
        notify(.dropped(partition: task.partition, reason))
    }

    /// The partitions whose state is here, and through which seq.
    public var followed: [(partition: Int32, seq: Int64)] {
        tasks.filter { $0.phase == .following }.map { ($0.partition, $0.state.values.seq) }
    }

    /// Where the next fact of each partition that is followed stands in its ledger.
    var positions: [Int32: Int64] {
        Dictionary(uniqueKeysWithValues: tasks.filter { $0.phase == .following }.map { ($0.partition, $0.restore.position) })
    }

    /// Headers of owners' checkpoints that wait for their facts.
    var headersAhead: Int { tasks.reduce(0) { $0 + $1.followed.count } }

    /// The partitions whose state is on its way.
    public var loading: Int { tasks.count { $0.phase != .following } }

    /// Gives the state of a partition that is followed to `body`, for tests.
    func withState<Result>(_ partition: Int32, _ body: (inout PartitionState) throws -> Result) rethrows -> Result? {
        guard let task = tasks.first(where: { $0.partition == partition && $0.phase == .following }) else { return nil }
        return try body(&task.state)
    }
}
