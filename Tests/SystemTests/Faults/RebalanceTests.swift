import Foundation
import StockSim
import Testing

extension RealSystemTests {
    /// The group moves partitions in the middle of something.
    @Suite struct RebalanceTests {
        /// How long engines come and go, in seconds: `FAULT_SECONDS`, or two minutes.
        private static let churnSeconds = Double(ProcessInfo.processInfo.environment["FAULT_SECONDS"] ?? "") ?? 120

        private func install(
            _ partitions: Int32, sessionMilliseconds: Int = 10_000, _ more: [String: String] = [:]
        ) throws -> Installation {
            let workers = ["STOCKSTREAM_ENGINE_WORKERS": "1"]
            return try Installation(
                partitions: partitions, sessionMilliseconds: sessionMilliseconds, more: workers.merging(more) { $1 })
        }

        private func load(_ installation: Installation) -> Load {
            var options = WorkloadOptions()
            options.skus = 200
            options.skew = 0
            options.partitions = installation.partitions
            return Load(installation, options, recordsPerSecond: 300)
        }

        private func finish(_ installation: Installation, _ load: Load, _ engines: Engine...) throws {
            let delivered = try load.stop()
            try installation.waitUntilCaughtUp(engines[0])
            for engine in engines { try engine.drain() }
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds && delivered.matches(report), "\(report.text)")
            #expect(report.viewsCompared == report.skus && report.levelsCompared == report.skus)
            try expectCheckpointsEqualLedger(installation)
        }

        /// The second engine's link takes 120 ms there and back, and its look-ups are held; while it restores, the group takes one of its
        /// two partitions for the fourth engine. Rules: what is revoked while it is restored is given up at once; a look-up waits longer
        /// where the broker is seen to need it. Without the first, the fourth engine waits for the restore, which cannot end; with 100 ms
        /// for every look-up, the second never runs anything.
        @Test func whileRestoring() throws {
            let installation = try install(4)
            let proxy = try #require(installation.broker.proxy)
            defer { proxy.heal() }
            let first = try installation.startEngine(awaited: 4)
            let load = load(installation)
            let follower = LedgerFollower(installation)
            try follower.waitForAll(seconds: 60)
            let state = installation.topic(.state)
            let gate = RequestGate { $0.apiKey == Proxy.Request.listOffsets && $0.names(state) }
            proxy.delayMilliseconds = 60
            proxy.rule = { gate.verdict($0) }
            let second = try installation.startEngine(installation.behindProxy)
            try gate.waitForArrival("a look-up of the second engine")
            let others = try (0..<2).map { _ in try installation.startEngine() }
            for engine in others { try engine.waitUntilRunning(1, seconds: 60) }
            #expect(second.running == 0 && second.process.errors.contains("partitions revoked"))
            gate.open(.pass)
            try second.waitUntilRunning(1)
            proxy.heal()
            try follower.waitForAll(after: Date(), seconds: 60)
            // And back again.
            for engine in others { try engine.drain() }
            _ = try within(seconds: 60, "all partitions") { first.running + second.running == 4 ? true : nil }
            try follower.waitForAll(after: Date(), seconds: 60)
            follower.stop()
            try finish(installation, load, first, second)
        }

        /// Redis stands still, with a connection that looks alive, and then is gone with all that it had. Rule: the view is waited for half
        /// a second when a partition is given up, the next owner knows what is missing. Without the bound the second engine gets nothing
        /// before the server's minute is over.
        @Test func whileRedisIsAway() throws {
            let installation = try install(2, ["STOCKSTREAM_REDIS_ANSWER_TIMEOUT_MILLISECONDS": "60000"])
            let first = try installation.startEngine(awaited: 2)
            let load = load(installation)
            let follower = LedgerFollower(installation)
            try follower.waitForAll(seconds: 60)
            let batches = first.sum("stock_redis_batches_total{") ?? 0
            _ = try within(seconds: 60, "a view") { (first.sum("stock_redis_batches_total{") ?? 0) > batches ? true : nil }
            installation.redis.process.signal(SIGSTOP)
            let began = Date()
            let second = try installation.startEngine()
            try second.waitUntilRunning(1, seconds: 30)
            try follower.waitForAll(after: Date(), seconds: 60)
            let took = Date().timeIntervalSince(began)
            try installation.redis.restart()
            try first.drain()
            try second.waitUntilRunning(2)
            follower.stop()
            print("a partition moved while Redis stood still: \(milliseconds(took)) with the start of the second engine")
            try finish(installation, load, second)
        }

        /// A commit of the first engine is held, once behind its offsets and once before them, while the group moves partitions and the
        /// generation passes by. What the coordinator has taken is committed; what comes with the generation before is refused. Rule: that
        /// is aborted, undone and done again. Without the undo, `seq` leaves a gap.
        @Test func whileATransactionIsOpen() throws {
            let installation = try install(3)
            let proxy = try #require(installation.broker.proxy)
            defer { proxy.heal() }
            let first = try installation.startEngine(awaited: 3, installation.behindProxy)
            let load = load(installation)
            let follower = LedgerFollower(installation)
            try follower.waitForAll(seconds: 60)
            var others: [Engine] = []
            for apiKey in [Proxy.Request.endTransaction, Proxy.Request.commitOffsets] {
                let gate = RequestGate { $0.apiKey == apiKey }
                let joined = Flag()
                proxy.rule = { request in
                    if request.apiKey == Proxy.Request.syncGroup { joined.set() }
                    return gate.verdict(request)
                }
                try gate.waitForArrival("a commit")
                let aborts = first.sum("stock_transactions_aborted_total{") ?? -1
                others.append(try installation.startEngine())
                // The first engine is in the new generation, and its transaction is not.
                _ = try within(seconds: 60, "a new generation") { joined.isSet ? true : nil }
                gate.open(.pass)
                try others.last!.waitUntilRunning(1)
                proxy.rule = nil
                try follower.waitForAll(after: Date(), seconds: 60)
                // Whatever else the move of partitions has refused.
                let refused = (first.sum("stock_transactions_aborted_total{") ?? -1) - aborts
                #expect(refused >= (apiKey == Proxy.Request.commitOffsets ? 1 : 0))
            }
            follower.stop()
            try finish(installation, load, first, others[0], others[1])
        }

        /// An engine comes and goes every few seconds, in order and by kill -9 in turns. Rules: all of fencing, undo, claims and restore;
        /// without the fencing of the killed ones a partition stands still for the 60 s of their transactions, without the undo the
        /// ledger has gaps.
        @Test func enginesComeAndGo() throws {
            let installation = try install(
                4, sessionMilliseconds: 1_500, ["STOCKSTREAM_KAFKA_TRANSACTION_TIMEOUT_MILLISECONDS": "60000"])
            let steady = try installation.startEngine(awaited: 4)
            let load = load(installation)
            let follower = LedgerFollower(installation)
            try follower.waitForAll(seconds: 60)
            let end = Date(timeIntervalSinceNow: RebalanceTests.churnSeconds)
            var rounds = 0
            while Date() < end {
                let visitor = try installation.startEngine()
                _ = try within(seconds: 60, "a share for the visitor") { visitor.running > 0 ? true : nil }
                try follower.waitForAll(after: Date(), seconds: 60)
                if rounds.isMultiple(of: 2) { try visitor.drain() } else { visitor.process.kill() }
                rounds += 1
            }
            try steady.waitUntilRunning(4)
            try follower.waitForAll(after: Date(), seconds: 60)
            follower.stop()
            #expect(follower.longestPause < 30, "\(follower.text)")
            print("an engine came and went \(rounds) times in \(Int(RebalanceTests.churnSeconds)) s; longest pauses: \(follower.text)")
            try finish(installation, load, steady)
        }
    }
}
