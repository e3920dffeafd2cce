import Foundation
import StockSim
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

            let report = try expectEverythingAgrees(installation)
            #expect(delivered.matches(report))
            print("two engines on \(all) partitions, \(delivered.records) records delivered; longest pause of each: \(follower.text)")
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
