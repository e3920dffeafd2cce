import Foundation
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
            let watcher = try TopicWatcher(installation, .ledger)
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

            let report = try expectEverythingAgrees(installation)
            #expect(delivered.matches(report))
            let verified = try installation.run(["state", "verify"])
            #expect(verified.status == 0, "\(verified)")
            let all = try installation.count(.ledger, committedOnly: false)
            let aborted = all - report.ledgerRecords
            #expect(aborted > 0, "no kill hit a transaction")
            takeovers.sort()
            let restarts = "median \(milliseconds(takeovers[takeovers.count / 2])), longest \(milliseconds(takeovers.last!))"
            print(
                "kill -9: \(CrashTests.kills) times, \(delivered.records) records delivered, \(report.ledgerRecords) facts, \(aborted) "
                    + "records of aborted transactions; start to first record of the next engine: \(restarts)")
        }
    }
}

/// For people.
func milliseconds(_ seconds: Double) -> String { "\(Int((seconds * 1_000).rounded())) ms" }
