import Foundation
import StockSim
import Testing

extension RealSystemTests {
    /// Owners that die with a transaction open, at every moment of their ownership, and the one after them.
    @Suite struct TakeoverTests {
        /// A time-out that nobody may have to wait for, and the bound by which a test notices that somebody did.
        private static let patient = ["STOCKSTREAM_KAFKA_TRANSACTION_TIMEOUT_MILLISECONDS": "60000"]
        private static let boundSeconds = 30.0

        private func install(partitions: Int32 = 1, _ more: [String: String] = patient) throws -> Installation {
            let workers = ["STOCKSTREAM_ENGINE_WORKERS": "1"]
            return try Installation(partitions: partitions, sessionMilliseconds: 1_500, more: workers.merging(more) { $1 })
        }

        private func load(_ installation: Installation) -> Load {
            var options = WorkloadOptions()
            options.skus = 100
            options.skew = 0
            options.partitions = installation.partitions
            return Load(installation, options, recordsPerSecond: 300)
        }

        /// Holds requests of a kind that name an engine's transactional ids.
        private func gate(_ apiKey: Int16, _ installation: Installation, naming prefix: String) -> RequestGate {
            let gate = RequestGate { $0.apiKey == apiKey && $0.names(prefix) }
            installation.broker.proxy?.rule = { gate.verdict($0) }
            return gate
        }

        private func finish(_ installation: Installation, _ load: Load, _ engine: Engine) throws {
            let delivered = try load.stop()
            try installation.waitUntilCaughtUp(engine)
            try engine.drain()
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds, "\(report.text)")
            #expect(delivered.matches(report))
            try expectCheckpointsEqualLedger(installation)
        }

        /// Four engines, one partition, three of them killed one after the other while they own it and their commit is on its way. Rule: a
        /// new owner fences the one before by the ids in its claim. Without it, the partition stands still until the transaction's 60 s are
        /// over.
        @Test func killedWithATransactionOpen() throws {
            let installation = try install()
            defer { installation.broker.proxy?.heal() }
            var engines: [(prefix: String, engine: Engine)] = []
            for number in 1...4 {
                let prefix = "\(installation.name)-owner\(number)"
                let more = ["STOCKSTREAM_KAFKA_TRANSACTIONAL_ID_PREFIX": prefix].merging(installation.behindProxy) { $1 }
                engines.append((prefix, try installation.startEngine(more)))
            }
            let load = load(installation)
            let follower = LedgerFollower(installation)
            try follower.waitForAll(seconds: 60)
            var times: [Double] = []
            while engines.count > 1 {
                let owner = try within(seconds: 60, "an owner") { engines.firstIndex { $0.engine.running == 1 } }
                let (prefix, engine) = engines.remove(at: owner)
                let gate = gate(Proxy.Request.endTransaction, installation, naming: prefix)
                try gate.waitForArrival("a commit of \(prefix)")
                try follower.waitForQuiet(seconds: 0.2)
                engine.process.kill()
                let killed = Date()
                gate.open(.cutBefore)
                let next = try follower.waitForAll(after: killed, seconds: TakeoverTests.boundSeconds)
                times.append(next.timeIntervalSince(killed))
            }
            try finish(installation, load, engines[0].engine)
            follower.stop()
            let all = try installation.count(.ledger, committedOnly: false)
            #expect(try all > installation.count(.ledger), "no transaction was open")
            times.sort()
            print(
                "kill -9 with a transaction open, session time-out 1500 ms, transaction time-out 60 s: applied again after "
                    + "\(milliseconds(times[times.count / 2])) in the median, \(milliseconds(times.last!)) at worst of \(times.count)")
        }

        /// The second owner is killed while it fences the first, the third does it again. Rule: the ids stand in the committed claim until
        /// a new owner has committed its own, so whoever comes next can fence. Without the fencing the partition stands still for 60 s.
        @Test func twoNewOwnersInARow() throws {
            let installation = try install()
            defer { installation.broker.proxy?.heal() }
            let prefix = "\(installation.name)-first"
            let first = try installation.startEngine(
                awaited: 1, ["STOCKSTREAM_KAFKA_TRANSACTIONAL_ID_PREFIX": prefix].merging(installation.behindProxy) { $1 })
            let load = load(installation)
            let follower = LedgerFollower(installation)
            try follower.waitForAll(seconds: 60)
            let commit = gate(Proxy.Request.endTransaction, installation, naming: prefix)
            try commit.waitForArrival("a commit")
            first.process.kill()
            let fencing = gate(Proxy.Request.initializeProducer, installation, naming: prefix)
            commit.open(.cutBefore)
            let second = try installation.startEngine(installation.behindProxy)
            try fencing.waitForArrival("the second owner's fencing")
            let third = try installation.startEngine()
            second.process.kill()
            let killed = Date()
            fencing.open(.cutBefore)
            let next = try follower.waitForAll(after: killed, seconds: TakeoverTests.boundSeconds)
            follower.stop()
            #expect(third.process.errors.contains("fencing the owner before"))
            try finish(installation, load, third)
            print("the second owner killed while it fenced the first: applied again \(milliseconds(next.timeIntervalSince(killed))) later")
        }

        /// A new owner is killed while its claim is on its way: nobody can read its ids, so the next one waits until the broker gives the
        /// transaction up, says so, and goes on by itself. The owner before lives, and is fenced for nothing. Rules: the stable offset is
        /// waited for; the pauses between fencings that do not help grow; what a restore waits for is told. Without the first the next
        /// owner does not wait, without the second it fences the living one every second (five times), without the third `/readyz` is
        /// silent.
        @Test func killedInsideItsClaim() throws {
            let installation = try install(partitions: 2, ["STOCKSTREAM_KAFKA_TRANSACTION_TIMEOUT_MILLISECONDS": "10000"])
            defer { installation.broker.proxy?.heal() }
            let first = try installation.startEngine(awaited: 2)
            let load = load(installation)
            let follower = LedgerFollower(installation)
            try follower.waitForAll(seconds: 60)
            let prefix = "\(installation.name)-second"
            let joined = Flag()
            let claim = RequestGate { $0.apiKey == Proxy.Request.endTransaction && $0.names(prefix) }
            installation.broker.proxy?.rule = { request in
                if request.apiKey == Proxy.Request.syncGroup && request.names("the-third") { joined.set() }
                return claim.verdict(request)
            }
            let second = try installation.startEngine(
                ["STOCKSTREAM_KAFKA_TRANSACTIONAL_ID_PREFIX": prefix].merging(installation.behindProxy) { $1 })
            try claim.waitForArrival("the claim")
            // A member without a partition, so the next that there is is its.
            let third = try installation.startEngine(["STOCKSTREAM_KAFKA_CLIENT_ID": "the-third"].merging(installation.behindProxy) { $1 })
            _ = try within(seconds: 60, "a third member") { joined.isSet ? true : nil }
            second.process.kill()
            let killed = Date()
            claim.open(.cutBefore)
            _ = try within(seconds: 60, "a word about it") {
                [first, third].contains { Web.get($0.port, "/readyz")?.body.contains("waits since") == true } ? true : nil
            }
            let told = Date()
            let next = try follower.waitForAll(after: told, seconds: TakeoverTests.boundSeconds)
            let fencings = [first, third].map { Int($0.sum("stock_fencings_total{") ?? -100) }
            #expect(fencings[0] == 0 && (1...2).contains(fencings[1]), "\(fencings)")
            let log = third.process.errors
            #expect(log.contains("a restore waits") && log.contains("the committed offset: a transaction holds it"), "\(log)")
            try third.drain()
            try first.waitUntilRunning(2)
            follower.stop()
            try finish(installation, load, first)
            print(
                "killed inside its claim, transaction time-out 10 s: applied again \(milliseconds(next.timeIntervalSince(killed))) later, "
                    + "fencings \(fencings)")
        }

        /// at the ends of what all write to, and fences the owner before where one stands still. Without it the input behind the record
        /// is hidden from everybody for the 60 s of the time-out.
        @Test func killedWithOnlyARecordOnItsWayToAnotherPartition() throws {
            let installation = try install(partitions: 2)
            let first = try installation.startEngine(awaited: 2)
            let shop = Shop(installation, sku: Shop.sku(in: 1, of: 2))
            try shop.receive(10)
            try installation.waitUntilCaughtUp(first)
            first.process.kill()
            try installation.leaveOpen(try installation.claimedIDs(0)[1], .events, partition: 1, timeoutMilliseconds: 60_000)
            try shop.receive(5)
            let began = Date()
            let second = try installation.startEngine(awaited: 2)
            try installation.waitUntilCaughtUp(second, seconds: TakeoverTests.boundSeconds)
            let took = Date().timeIntervalSince(began)
            try shop.wait("onHand", "15")
            _ = try within(seconds: 30, "the count") { second.sum("stock_fencings_total") == 1 ? true : nil }
            try second.drain()
            let report = try expectEverythingAgrees(installation)
            #expect(report.accepted == 2, "\(report.text)")
            print("only a record sent on was open (time-out 60 s): what came behind it is applied \(milliseconds(took)) after the start")
        }

        /// The broker stands still for longer than the sessions of both engines, under load. Rule: a commit is waited for as long as its
        /// transaction may live, and neither its producer nor its task is given up before. With 1 ms for it, 14 and 23 producers were
        /// rebuilt. (That only a transaction that is seen to be open is a reason to fence shows in `StandstillTests`: here the owners have
        /// aborted their own by the time that somebody asks.)
        @Test func aPausedBrokerMakesNoCascade() throws {
            let installation = try install(partitions: 4, [:])
            let engines = try (0..<2).map { _ in try installation.startEngine() }
            _ = try within(seconds: 60, "a share for both") { engines.allSatisfy { $0.running == 2 } ? true : nil }
            let load = load(installation)
            let follower = LedgerFollower(installation)
            try follower.waitForAll(seconds: 60)
            try installation.broker.act("pause")
            usleep(2_000_000)
            try installation.broker.act("resume")
            let resumed = Date()
            let next = try follower.waitForAll(after: resumed, seconds: 60)
            _ = try within(seconds: 60, "all partitions") { engines.map(\.running).reduce(0, +) == 4 ? true : nil }
            let delivered = try load.stop()
            try installation.waitUntilCaughtUp(engines[0], engines[1])
            follower.stop()
            let counts = ["stock_fencings_total{", "stock_producers_rebuilt_total{", "stock_transactions_aborted_total{"].map { name in
                engines.map { Int($0.sum(name) ?? -100) }
            }
            #expect(counts[0].allSatisfy { (0...2).contains($0) }, "fencings \(counts[0])")
            #expect(counts[1].allSatisfy { (0...4).contains($0) }, "producers rebuilt \(counts[1])")
            #expect(counts[2].allSatisfy { (0...8).contains($0) }, "aborts \(counts[2])")
            for engine in engines { try engine.drain() }
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds && delivered.matches(report), "\(report.text)")
            try expectCheckpointsEqualLedger(installation)
            print(
                "broker paused for 2 s: all partitions \(milliseconds(next.timeIntervalSince(resumed))) after it; fencings \(counts[0]), "
                    + "producers rebuilt \(counts[1]), aborts \(counts[2])")
        }
    }
}
