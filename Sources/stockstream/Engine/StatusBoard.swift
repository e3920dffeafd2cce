import RedisAdapter
import StockStream
import Synchronization

/// Where workers put copies of their status, and others read them. Each worker writes its own place a few times a second.
final class StatusBoard: Sendable {
    /// How often a worker writes.
    static let intervalMicroseconds: Int64 = 200_000

    struct Entry: Sendable {
        var status: WorkerStatus?
        var redis: RedisHealth?
    }

    private let entries: Mutex<[Entry]>
    private let ended = Atomic(0)

    init(workers: Int) { entries = Mutex(Array(repeating: Entry(), count: workers)) }

    func publish(_ status: WorkerStatus, _ redis: RedisHealth, at index: Int) {
        entries.withLock { $0[index] = Entry(status: status, redis: redis) }
    }

    func finish() { ended.add(1, ordering: .releasing) }

    var finished: Int { ended.load(ordering: .acquiring) }

    /// A copy of everything.
    var snapshot: [Entry] { entries.withLock { $0 } }

    /// All tasks of all workers, by partition.
    var tasks: [TaskStatus] {
        snapshot.flatMap { $0.status?.tasks ?? [] }.sorted { $0.partition < $1.partition }
    }
}
