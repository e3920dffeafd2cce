import Foundation
import KafkaAdapter
import StockWire
import Synchronization

/// Reads committed ledger records as they come, on a thread of its own, and keeps when they came.
final class LedgerFollower: Sendable {
    private struct Seen {
        var last: [Int32: Date] = [:]
        var longest: [Int32: Double] = [:]
        var isDone = false
    }

    private let seen = Mutex(Seen())
    private let isStopping = Atomic(false)
    private let partitions: Int32

    init(_ installation: Installation) {
        partitions = installation.partitions
        let connection = installation.connection
        let topic = installation.topic(.ledger)
        Thread.detachNewThread { [self] in run(connection, topic) }
    }

    private func run(_ connection: KafkaConnection, _ topic: String) {
        defer { seen.withLock { $0.isDone = true } }
        var settings = KafkaReader.Settings(topics: [topic])
        settings.start = .end
        settings.fetchWaitMilliseconds = 10
        guard let reader = try? KafkaReader(connection: connection, settings: settings, log: { _, _, _ in }) else { return }
        defer { reader.close() }
        for _ in 0..<20 where reader.connect(waitMilliseconds: 1_000) == nil { break }
        while !isStopping.load(ordering: .relaxed) {
            guard case .record(_, let record) = reader.poll(waitMilliseconds: 20) else { continue }
            let now = Date()
            seen.withLock { seen in
                if let last = seen.last[record.partition] {
                    seen.longest[record.partition] = max(seen.longest[record.partition] ?? 0, now.timeIntervalSince(last))
                }
                seen.last[record.partition] = now
            }
        }
    }

    /// Waits until every partition has had a record, after a moment where one is given. Returns when the last of them had its last.
    @discardableResult func waitForAll(after start: Date = .distantPast, seconds: Double) throws -> Date {
        try within(seconds: seconds, "records of all partitions") {
            seen.withLock { seen in
                let dates = seen.last.values.filter { $0 > start }
                return dates.count == Int(partitions) ? dates.max() : nil
            }
        }
    }

    /// Waits until no record has come for so long.
    func waitForQuiet(seconds: Double) throws {
        _ = try within(seconds: 60, "no record") {
            seen.withLock { seen in seen.last.values.allSatisfy { Date().timeIntervalSince($0) > seconds } ? true : nil }
        }
    }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    /// The longest time between two records, of any partition.
    var longestPause: Double { seen.withLock { $0.longest.values.max() ?? 0 } }

    /// The longest time between two records of each partition, for people.
    var text: String {
        seen.withLock { seen in
            seen.longest.sorted { $0.key < $1.key }.map { "\($0.key): \(milliseconds($0.value))" }.joined(separator: ", ")
        }
    }
}
