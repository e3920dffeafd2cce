import Foundation
import RedisAdapter
import StockSim
import StockStream
import Testing

extension RealSystemTests {
    /// Engines that are stopped, or cut off from their group, and go on after another has taken over: nothing of theirs commits.
    @Suite struct ZombieTests {
        /// One partition, one worker, and an engine whose requests the test sees.
        private struct Scene {
            let installation: Installation
            let proxy: Proxy
            let shop: Shop
            let zombie: Engine
            private let workers: Int

            init(
                partitions: Int32 = 1, workers: Int = 1, _ more: [String: String] = [:], _ prepare: (Installation) -> Void = { _ in }
            ) throws {
                self.workers = workers
                installation = try Installation(
                    partitions: partitions, sessionMilliseconds: 1_500, more: ["STOCKSTREAM_ENGINE_WORKERS": "\(workers)"])
                proxy = try #require(installation.broker.proxy)
                proxy.heal()
                shop = Shop(installation)
                prepare(installation)
                zombie = try installation.startEngine(awaited: partitions, installation.behindProxy.merging(more) { $1 })
            }

            /// Waits until the zombie has committed and written everything, so that its next request is about what comes next.
            func waitUntilQuiet() throws {
                try installation.waitUntilCaughtUp(zombie)
                try zombie.wait(for: 0, "stock_snapshot_age_seconds", "partition")
            }

            /// Starts the engine that takes over, and waits until it has.
            func startHeir() throws -> Engine { try installation.startEngine(awaited: installation.partitions) }

            /// Waits until the zombie has learnt that it is out, and so has tried what it was about to do.
            func waitUntilLost() throws {
                _ = try within(seconds: 60, "the zombie hears that it has lost its partitions") { hasLost ? true : nil }
            }

            /// Whether each worker of the zombie has heard.
            var hasLost: Bool { zombie.process.errors.components(separatedBy: "partitions lost").count > workers }

            /// Both engines end in order, then every number has to be right.
            func finish(_ heir: Engine, events: Int) throws {
                try installation.waitUntilCaughtUp(heir, zombie)
                proxy.heal()
                try zombie.drain()
                try heir.drain()
                let report = try installation.audit(hasLevels: true)
                #expect(report.holds, "\(report.text)")
                #expect(report.accepted == events, "\(report.text)")
                try expectCheckpointsEqualLedger(installation)
            }
        }

        /// Every transaction sends the offset of each task that it writes for, changed or not, since only that makes the coordinator look
        /// at the generation. Without it where the offset is as it was, or without group metadata beside it, the zombie's expiries commit
        /// beside the heir's, and the audit finds two facts with one seq. Four workers, since each may hear of its loss before it tries.
        @Test func onlyATimerIsDue() throws {
            let partitions: Int32 = 4
            let scene = try Scene(partitions: partitions, workers: Int(partitions))
            let shops = (0..<partitions).map { Shop(scene.installation, sku: Shop.sku(in: $0, of: partitions)) }
            for shop in shops {
                try shop.receive(10)
                try shop.hold("cart", 4, seconds: 3)
            }
            try scene.waitUntilQuiet()
            scene.zombie.process.signal(SIGSTOP)
            let heir = try scene.startHeir()
            for shop in shops { try shop.wait("held", "0") }
            scene.zombie.process.signal(SIGCONT)
            try scene.waitUntilLost()
            let tried = scene.zombie.process.errors.components(separatedBy: "a transaction was aborted").count - 1
            print("zombie with timers: \(tried) of \(partitions) workers tried to commit before they heard of their loss")
            for shop in shops { try shop.receive(1) }
            try scene.finish(heir, events: 3 * Int(partitions))
        }

        /// Its records arrive at the broker after the takeover, in a transaction that nobody has fenced: that of the offsets is the only
        /// check there is. Without group metadata in it the transaction commits, and the audit finds each fact twice.
        @Test func inTheMiddleOfATransaction() throws {
            try takeOver(whileHeld: "the zombie's first record") { $0.apiKey == Proxy.Request.produce }
        }

        /// Its commit arrives after the takeover; the coordinator has accepted its records and offsets before. So the heir may not begin
        /// before that transaction is over: it reads the stable offset, up to the end of the log, and fences. Without waiting for either,
        /// the heir goes on from where the zombie began, the late commit succeeds, and the audit finds each fact twice.
        @Test func itsCommitIsOnTheWire() throws {
            try takeOver(whileHeld: "the zombie's commit") { $0.isCommit }
        }

        /// A request of the zombie is held on its way until another has taken over, and comes to the broker then.
        private func takeOver(whileHeld what: String, _ isMeant: @escaping @Sendable (Proxy.Request) -> Bool) throws {
            let scene = try Scene()
            try scene.shop.receive(10)
            try scene.waitUntilQuiet()
            let gate = Gate()
            defer { gate.open() }
            scene.proxy.hold(at: gate, isMeant)
            try scene.shop.receive(5)
            try gate.waitUntilHeld(what)
            scene.zombie.process.signal(SIGSTOP)
            let heir = try scene.startHeir()
            try scene.installation.waitUntilCaughtUp(heir)
            gate.open()
            scene.zombie.process.signal(SIGCONT)
            try scene.waitUntilLost()
            try scene.shop.receive(1)
            try scene.finish(heir, events: 3)
        }

        /// Its batch for Redis is on the way when another takes over. WATCH makes the late EXEC fail: without it the SKU's version falls
        /// from 3 to 2. Then the zombie reads a higher claim, and may not take the view back: where it looks past that, its own older claim
        /// and version stand in Redis.
        @Test func betweenCommitAndRedis() throws {
            let redis = try Proxy()
            // An answer that is late for the stop is no reason to give the connection up.
            let settings = [
                "STOCKSTREAM_REDIS_ADDRESS": "redis://127.0.0.1:\(redis.port)", "STOCKSTREAM_REDIS_ANSWER_TIMEOUT_MILLISECONDS": "60000",
            ]
            let scene = try Scene(settings) { redis.upstream = $0.redis.port }
            try scene.shop.receive(10)
            try scene.waitUntilQuiet()
            let gate = Gate()
            defer { gate.open() }
            redis.hold(at: gate) { $0.bytes.firstRange(of: Array("EXEC".utf8)) != nil }
            try scene.shop.receive(5)
            try gate.waitUntilHeld("the zombie's batch")
            scene.zombie.process.signal(SIGSTOP)
            let heir = try scene.startHeir()
            try scene.shop.receive(100)
            try scene.shop.wait("onHand", "115")
            // The answer is there when it wakes up: it is to read it before its group tells it anything.
            let executed = try executions(scene.installation.redis)
            gate.open()
            _ = try within(seconds: 60, "the late batch reaches Redis") { try executions(scene.installation.redis) > executed ? true : nil }
            scene.zombie.process.signal(SIGCONT)
            let end = Date(timeIntervalSinceNow: 60)
            let view = try scene.installation.view
            var versions: Set<String> = []
            var claims: Set<Int64> = []
            // It may have heard of its loss already; what it did before shows all the same.
            repeat {
                versions.insert(try view.sku(Shop.sku)["version"] ?? "gone")
                claims.insert(try view.watermark(0)?.claim ?? 0)
            } while !scene.hasLost && Date() < end
            try scene.waitUntilLost()
            versions.insert(try view.sku(Shop.sku)["version"] ?? "gone")
            claims.insert(try view.watermark(0)?.claim ?? 0)
            #expect(versions == ["3"] && claims.count == 1, "\(versions), \(claims)")
            try scene.shop.receive(1)
            try scene.finish(heir, events: 4)
        }

        /// How many transactions Redis has seen.
        private func executions(_ redis: RedisServer) throws -> Int {
            let line = try redis.command("INFO", "commandstats").split(separator: "\r\n").first { $0.hasPrefix("cmdstat_exec:calls=") }
            return line.flatMap { Int($0.dropFirst(19).prefix(while: \.isNumber)) } ?? 0
        }

        /// The process runs on, cut off from its coordinator for longer than its session, while its records are on the way. Its client has
        /// given up its membership by then, so the group metadata is refused, by the look into it or else by the coordinator (without that
        /// look the answer is UNKNOWN_MEMBER_ID). Without metadata the transaction commits, and the partition stops on a checkpoint that
        /// does not add up. Refused, it joins again and works on.
        @Test func itLosesItsMembershipAndJoinsAgain() throws {
            let scene = try Scene(partitions: 2)
            try scene.shop.receive(10)
            try scene.waitUntilQuiet()
            let records = Gate()
            let group = Gate()
            defer {
                records.open()
                group.open()
            }
            scene.proxy.rule = { request in
                switch request.apiKey {
                case Proxy.Request.produce: records.pass()
                case Proxy.Request.heartbeat, Proxy.Request.joinGroup: group.pass()
                default: break
                }
                return .pass
            }
            try scene.shop.receive(5)
            try records.waitUntilHeld("the zombie's first record")
            let heir = try scene.startHeir()
            try scene.installation.waitUntilCaughtUp(heir)
            // Its own clock tells it that the session is over.
            _ = try within(seconds: 60, "the client gives up its session") {
                scene.zombie.process.errors.contains("session timed out") ? true : nil
            }
            records.open()
            try scene.waitUntilLost()
            #expect(scene.zombie.process.errors.contains("a transaction was aborted"))
            group.open()
            try scene.zombie.waitUntilRunning(1)
            try heir.waitUntilRunning(1)
            for index in 0..<8 { try Shop(scene.installation, sku: "SKU-\(index)").receive(1) }
            try scene.finish(heir, events: 10)
        }
    }
}
