import Foundation
import KafkaAdapter
import StockSim
import StockWire
import Synchronization
import Testing

extension RealSystemTests {
    /// Two engines on eight partitions that come and go under load.
    @Suite struct TwoEnginesTests {
        @Test func secondComesFirstGoesAndComesBack() throws {
            let installation = try Installation()
            var options = WorkloadOptions()
            options.skus = 400
            // All partitions alike, so that a gap in the ledger is a pause and not a lack of customers.
            options.skew = 0
            options.partitions = installation.partitions
            let all = installation.partitions
            let first = try installation.startEngine(awaited: all)
            let load = Load(installation, options, recordsPerSecond: 800)
            let follower = LedgerFollower(installation)
            try follower.waitForAll(seconds: 60)

            let second = try installation.startEngine()
            try settle("the second one has its share", first, second, all)
            try first.drain()
            try second.waitUntilRunning(all)
            let third = try installation.startEngine()
            try settle("the first one is back", second, third, all)
            let delivered = try load.stop()
            try installation.waitUntilCaughtUp(second, third)
            follower.stop()
            try second.drain()
            try third.drain()

            let report = try installation.audit(hasLevels: true)
            #expect(report.holds, "\(report.text)")
            #expect(report.inputs == delivered + report.rerouted)
            #expect(report.viewsCompared == report.skus && report.levelsCompared == report.skus && report.skus > 0)
            try expectCheckpointsEqualLedger(installation)
            print("two engines on \(all) partitions, \(delivered) records delivered; longest pause of each: \(follower.text)")
        }

        private func settle(_ what: String, _ one: Engine, _ other: Engine, _ all: Int32) throws {
            do {
                _ = try within(seconds: 90, what) {
                    let (a, b) = (one.running, other.running)
                    return a > 0 && b > 0 && a + b == all ? true : nil
                }
            } catch {
                let logs = [one, other].map { "\($0.running) run\n\($0.process.errors.suffix(4_000))" }
                throw TimedOut(description: "\(error)\n\(logs.joined(separator: "\n---\n"))")
            }
        }
    }
}

/// Reads committed ledger records as they come and keeps the longest time between two of each partition.
private final class LedgerFollower: Sendable {
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

    /// Waits until every partition has had a record.
    func waitForAll(seconds: Double) throws {
        _ = try within(seconds: seconds, "records of all partitions") { seen.withLock { $0.last.count == Int(partitions) ? true : nil } }
    }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    var text: String {
        seen.withLock { seen in
            seen.longest.sorted { $0.key < $1.key }.map { "\($0.key): \(milliseconds($0.value))" }.joined(separator: ", ")
        }
    }
}
