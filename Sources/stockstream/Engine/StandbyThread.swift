import Foundation
import KafkaAdapter
import StockStream
import Synchronization
import Telemetry

/// Follows the partitions that other engines own on a thread of its own (`engine.standby`), and hands their state to the worker that is
/// assigned one.
final class StandbyThread: StandbyStore {
    /// How long after the last assignment the state of further partitions may be loaded, in milliseconds: those that are ours come first.
    private static let settleMilliseconds: Int64 = 2_000
    /// The pause where nothing comes, in microseconds: no takeover finds more than that much undone.
    private static let pauseMicroseconds: UInt32 = 10_000

    /// What a worker wants, in the order in which it was said.
    private enum Request: Sendable {
        case take(Int32)
        case follow(Int32, FollowedPartition?)
    }

    private struct Shared: Sendable {
        var requests: [Request] = []
        var answers: [Int32: StandbyAnswer] = [:]
        /// The partitions of this process, and those of them that are being restored.
        var owned: Set<Int32> = []
        var restoring: Set<Int32> = []
        /// When that has changed last; nil: nobody knows yet which partitions are others'.
        var changedMilliseconds: Int64?
        var status = StandbyStatus()
    }

    private let shared = Mutex(Shared())
    private let isStopping = Atomic(false)
    private let isOver = Atomic(false)
    private let partitions: Range<Int32>
    private let logger: Logger

    init(partitionCount: Int32, logger: Logger) {
        partitions = 0..<partitionCount
        self.logger = logger
    }

    /// What is followed, as of the last moment.
    var status: StandbyStatus { shared.withLock { $0.status } }

    /// The partitions are others': what is not followed yet may be loaded.
    func begin() { shared.withLock { $0.changedMilliseconds = $0.changedMilliseconds ?? 0 } }

    /// Whether the state of every partition is here.
    var isWhole: Bool { shared.withLock { $0.status.followed.count + $0.owned.count } >= partitions.count }

    // MARK: - For the workers

    func take(_ partition: Int32) -> StandbyAnswer {
        guard !isOver.load(ordering: .acquiring) else { return .none }
        return shared.withLock { shared in
            if let answer = shared.answers.removeValue(forKey: partition) { return answer }
            if shared.owned.insert(partition).inserted {
                shared.restoring.insert(partition)
                shared.requests.append(.take(partition))
            }
            return .pending
        }
    }

    func noteRestored(_ partition: Int32) {
        shared.withLock { shared in
            shared.restoring.remove(partition)
            shared.changedMilliseconds = SystemClock().monotonicMilliseconds()
        }
    }

    func give(_ partition: Int32, _ state: FollowedPartition?) {
        shared.withLock { shared in
            shared.owned.remove(partition)
            shared.restoring.remove(partition)
            shared.answers[partition] = nil
            shared.changedMilliseconds = SystemClock().monotonicMilliseconds()
            shared.requests.append(.follow(partition, state))
        }
    }

    var hasOthers: Bool { shared.withLock { $0.owned.count } < partitions.count }

    // MARK: - The thread

    /// Follows until `stop`, with which the process ends.
    func start(_ source: KafkaRestoreSource, _ options: WorkerOptions) {
        let box = SourceBox(source: source)
        let thread = Thread { [self] in
            run(box.source, options)
            isOver.store(true, ordering: .releasing)
        }
        thread.name = "standby"
        thread.stackSize = 8 << 20
        thread.start()
    }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    private func run(_ source: KafkaRestoreSource, _ options: WorkerOptions) {
        let standby = Standby(source: source, options: options, notify: report)
        while !isStopping.load(ordering: .relaxed) {
            let mayLoad = obey(standby)
            let clock = SystemClock()
            let isBusy = standby.step(
                nowMonotonic: clock.monotonicMilliseconds(), nowWall: clock.wallMilliseconds(), mayLoad: mayLoad)
            let status = StandbyStatus(followed: standby.followed, loading: standby.loading)
            shared.withLock { $0.status = status }
            if !isBusy { usleep(StandbyThread.pauseMicroseconds) }
        }
    }

    /// Does what the workers want. Whether partitions may be loaded now.
    private func obey(_ standby: Standby<KafkaRestoreSource>) -> Bool {
        let (requests, owned, isSettled) = shared.withLock { shared in
            defer { shared.requests = [] }
            let quietMilliseconds = shared.changedMilliseconds.map { SystemClock().monotonicMilliseconds() - $0 } ?? 0
            return (shared.requests, shared.owned, shared.restoring.isEmpty && quietMilliseconds >= StandbyThread.settleMilliseconds)
        }
        for request in requests {
            switch request {
            case .take(let partition):
                let answer = standby.take(partition).map(StandbyAnswer.ready) ?? .none
                // It may have been given back meanwhile; then nobody asks any more.
                shared.withLock { if $0.owned.contains(partition) { $0.answers[partition] = answer } }
            case .follow(let partition, let state): standby.follow(partition, state)
            }
        }
        if isSettled { for partition in partitions where !owned.contains(partition) { standby.follow(partition) } }
        return isSettled
    }

    private func report(_ notice: StandbyNotice) {
        switch notice {
        case .following(let partition, let seq, let milliseconds):
            logger.notice(
                "following",
                ["partition": .integer(Int64(partition)), "seq": .integer(seq), "loadMilliseconds": .integer(milliseconds)])
        case .dropped(let partition, let reason):
            logger.warning(
                "a partition is followed no more, and begun anew",
                ["partition": .integer(Int64(partition)), "code": .string(reason.code), "why": .string(reason.message)])
        }
    }

    /// Carries the source to the thread that alone uses it.
    private struct SourceBox: @unchecked Sendable {
        let source: KafkaRestoreSource
    }
}

/// What a standby has.
struct StandbyStatus: Sendable {
    /// The partitions whose state is here, and through which seq.
    var followed: [(partition: Int32, seq: Int64)] = []
    /// Partitions whose state is on its way.
    var loading = 0
}
