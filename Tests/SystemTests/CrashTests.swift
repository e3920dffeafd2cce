import Foundation
import KafkaAdapter
import RedisAdapter
import StockSim
import Testing

extension RealSystemTests {
    /// `kill -9` of the engine in the middle of transactions, under load.
    @Suite struct CrashTests {
        private static let kills = 20

        @Test func killedTwentyTimes() throws {
            let installation = try Installation(sessionMilliseconds: 1_500)
            var options = WorkloadOptions()
            options.skus = 300
            options.partitions = installation.partitions
            let load = Load(installation, options, recordsPerSecond: 300)
            let watcher = try LedgerWatcher(installation)
            var takeovers: [Double] = []
            for round in 1...CrashTests.kills {
                watcher.skip()
                let start = Date()
                let engine = try installation.startEngine()
                // Records of open transactions are seen at once: the engine is killed between them, each time a little later.
                do {
                    try watcher.wait(records: 1, seconds: 60)
                } catch {
                    throw TimedOut(description: "round \(round): \(error)\n\(engine.process.errors.suffix(6_000))")
                }
                takeovers.append(Date().timeIntervalSince(start))
                try watcher.wait(records: round * 7 % 40 * 10, seconds: 60)
                engine.process.kill()
            }
            watcher.close()
            // What the last one projects now comes from the checkpoint and the ledger's tail alone.
            try installation.view.flushAll()
            let engine = try installation.startEngine()
            let delivered = try load.stop()
            try installation.waitUntilCaughtUp(engine)
            try engine.drain()

            let report = try installation.audit(hasLevels: true)
            #expect(report.holds, "\(report.text)")
            #expect(report.inputs == delivered + report.rerouted)
            #expect(report.viewsCompared == report.skus && report.levelsCompared == report.skus && report.skus > 0)
            try expectCheckpointsEqualLedger(installation)
            let verified = try installation.run(["state", "verify"])
            #expect(verified.status == 0, "\(verified)")
            let all = try installation.count(.ledger, committedOnly: false)
            let aborted = all - report.ledgerRecords
            #expect(aborted > 0, "no kill hit a transaction")
            takeovers.sort()
            let restarts = "median \(milliseconds(takeovers[takeovers.count / 2])), longest \(milliseconds(takeovers.last!))"
            print(
                "kill -9: \(CrashTests.kills) times, \(delivered) records delivered, \(report.ledgerRecords) facts, \(aborted) records of "
                    + "aborted transactions; start to first record of the next engine: \(restarts)")
        }
    }
}

/// For people.
func milliseconds(_ seconds: Double) -> String { "\(Int((seconds * 1_000).rounded())) ms" }

/// Sees the ledger's records as they are appended, those of open transactions too.
private final class LedgerWatcher {
    private let reader: KafkaReader

    init(_ installation: Installation) throws {
        var settings = KafkaReader.Settings(topics: [installation.topic(.ledger)])
        settings.readsCommittedOnly = false
        settings.start = .end
        settings.fetchWaitMilliseconds = 20
        let reader = try KafkaReader(connection: installation.connection, settings: settings) { _, _, _ in }
        _ = try within(seconds: 30, "connection") { reader.connect(waitMilliseconds: 2_000) == nil ? true : nil }
        self.reader = reader
    }

    /// Forgets what has come so far.
    func skip() {
        var quiet = 0
        while quiet < 5 {
            if case .record = reader.poll(waitMilliseconds: 20) { quiet = 0 } else { quiet += 1 }
        }
    }

    func wait(records: Int, seconds: Double) throws {
        var count = 0
        let deadline = Date(timeIntervalSinceNow: seconds)
        while count < records {
            if case .record = reader.poll(waitMilliseconds: 20) { count += 1 }
            guard Date() < deadline else { throw TimedOut(description: "\(count) of \(records) ledger records in \(seconds) s") }
        }
    }

    func close() { reader.close() }
}
