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

        /// Each follows the partitions of the other: one is killed, comes back, and the other one is stopped. Whoever goes on finds the
        /// state in memory, and who comes joins when it has it.
        @Test func theyStandByForEachOther() throws {
            let installation = try Installation(sessionMilliseconds: 1_500, more: ["STOCKSTREAM_ENGINE_STANDBY": "all"])
            var options = WorkloadOptions()
            options.skus = 2_000
            options.partitions = installation.partitions
            let all = installation.partitions
            let first = try installation.startEngine(awaited: all)
            let load = Load(installation, options, recordsPerSecond: 1_500)
            let second = try installation.startEngine()
            try settle("both have a share", first, second, all)
            #expect(second.process.errors.contains("loading the state of the partitions before joining it"))
            #expect(second.statesFromStandby == Int(second.running), "it joins with the states")
            try standBy(first, second, all)

            let taken = first.running
            let before = second.statesFromStandby
            first.process.kill()
            try second.waitUntilRunning(all)
            #expect(second.statesFromStandby == before + Int(taken), "the killed one's partitions")
            let third = try installation.startEngine()
            try settle("another one is there", second, third, all)
            try standBy(second, third, all)
            let handed = third.statesFromStandby
            let left = second.running
            try second.drain()
            try third.waitUntilRunning(all)
            #expect(third.statesFromStandby == handed + Int(left), "the stopped one's partitions")

            let delivered = try load.stop()
            try installation.waitUntilCaughtUp(third)
            try third.drain()
            for engine in [first, second, third] {
                #expect(!engine.process.errors.contains("followed no more") && !engine.process.errors.contains("does not pass the checks"))
            }
            let report = try expectEverythingAgrees(installation)
            #expect(delivered.matches(report))
        }

        private func standBy(_ one: Engine, _ other: Engine, _ all: Int32) throws {
            _ = try within(seconds: 60, "they follow each other's partitions") {
                one.following == Int(other.running) && other.following == Int(one.running) && one.following + other.following == Int(all)
                    ? true : nil
            }
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
