import Foundation
import RedisAdapter
import StockSim
import Synchronization
import Testing

extension RealSystemTests {
    /// Engines that end at a bad moment, and a broker without room.
    @Suite struct StopTests {
        /// A record that can't be read is the last thing before a crash: once its transaction has not been committed, once it has. It is a
        /// fact in the ledger with an offset like any other: without that, the offset stays in front of it, and the view never gets past.
        @Test func poisonIsTheLastRecordBeforeACrash() throws {
            let installation = try Installation(partitions: 1, sessionMilliseconds: 1_500, more: ["STOCKSTREAM_ENGINE_WORKERS": "1"])
            let proxy = try #require(installation.broker.proxy)
            defer { proxy.heal() }
            for (round, verdict) in [Proxy.Verdict.cutBefore, .cutAfter].enumerated() {
                let engine = try installation.startEngine(awaited: 1, installation.behindProxy)
                try installation.send(receive("\(round)"), sku: "A")
                try installation.waitUntilCaughtUp(engine)
                let hit = Atomic(false)
                proxy.rule = { request in
                    guard request.isCommit else { return .pass }
                    hit.store(true, ordering: .relaxed)
                    return verdict
                }
                try installation.send("poison \(round)", sku: "A")
                _ = try within(seconds: 60, "the commit") { hit.load(ordering: .relaxed) ? true : nil }
                engine.process.kill()
                proxy.heal()
            }
            let engine = try installation.startEngine()
            try installation.waitUntilCaughtUp(engine)
            try engine.drain()
            let letters = try installation.records(.deadLetters)
            #expect(letters.map { String(decoding: $0.value ?? [], as: UTF8.self) } == ["poison 0", "poison 1"])
            #expect(try installation.records(.ledger).compactMap { $0.number("offset") } == [0, 1, 2, 3])
            #expect(try installation.view.sku("A")["onHand"] == "2")
            try expectCheckpointsEqualLedger(installation)
        }

        /// Only what is restored is written when an engine ends. Where tasks in the middle of their restore were written too, a complete
        /// mark of half a state and an old offset stood there, and the next engine refused the partition (`offset-moved`).
        @Test func sigtermDuringRestore() throws {
            let installation = try Installation(partitions: 1, sessionMilliseconds: 1_500, more: ["STOCKSTREAM_ENGINE_WORKERS": "1"])
            let proxy = try #require(installation.broker.proxy)
            defer { proxy.heal() }
            var options = WorkloadOptions()
            options.skus = 100
            options.partitions = 1
            // Without checkpoints the whole ledger has to be replayed.
            let first = try installation.startEngine(awaited: 1, ["STOCKSTREAM_ENGINE_CHECKPOINT_INTERVAL_MILLISECONDS": "30000"])
            let load = Load(installation, options, recordsPerSecond: 500)
            try first.waitForProgress(1_000)
            first.process.kill()
            let delivered = try load.stop()

            // A slow connection that brings one transaction at a time: the restore takes many seconds.
            proxy.delayMilliseconds = 20
            let slow = installation.behindProxy.merging(["STOCKSTREAM_KAFKA_PROPERTIES_MAX_PARTITION_FETCH_BYTES": "1000"]) { $1 }
            let second = try installation.startEngine(slow)
            _ = try within(seconds: 60, "a restore that has begun") { (second.sum("stock_partition_seq{") ?? 0) > 0 ? true : nil }
            let isRunning = second.running > 0
            let asked = Date()
            try second.drain()
            print("SIGTERM during a restore: ended after \(milliseconds(Date().timeIntervalSince(asked)))")
            #expect(!isRunning, "the restore was over before the signal")
            #expect(second.process.errors.contains("engine stopped") && !second.process.errors.contains("partition running"))
            proxy.heal()

            let third = try installation.startEngine()
            try installation.waitUntilCaughtUp(third)
            try third.drain()
            try expectNothingLost(installation, delivered: delivered)
        }

        /// A broker whose only disk is full ends. When there is room it is started again, and all goes on. Without the note of what fails,
        /// the engine looks ready, and its log has words of the client library only.
        @Test func brokerWithoutRoom() throws {
            guard let disk = SmallDisk(megabytes: 96) else { return }
            let broker = try RealBroker(configs: ["log.dirs=\(disk.path)/data"])
            defer { try? broker.remove() }
            let installation = try Installation(
                partitions: 1, sessionMilliseconds: 3_000, broker: broker, more: ["STOCKSTREAM_ENGINE_WORKERS": "1"])
            var options = WorkloadOptions()
            options.skus = 100
            options.partitions = 1
            let engine = try installation.startEngine(awaited: 1)
            let load = Load(installation, options, recordsPerSecond: 200)
            try engine.waitForProgress(200)
            try disk.fill(leaving: 200_000)
            _ = try within(seconds: 60, "the broker's end") { (try? broker.act("status")) == nil ? true : nil }
            print("disk full: the broker has ended")
            let word = try within(seconds: 60, "a word in /readyz") {
                Web.get(engine.port, "/readyz").flatMap { answer in
                    let isSaid = answer.body.contains("nothing committed") || answer.body.contains("waits for the broker")
                    return answer.status == 503 && isSaid ? answer.body : nil
                }
            }
            _ = try within(seconds: 60, "a word in the log") {
                engine.process.errors.contains("the broker takes no commits") ? true : nil
            }
            print("/readyz: \(word)")
            try disk.clear()
            try broker.act("start")
            try engine.waitForProgress(200)
            let delivered = try load.stop()
            try installation.waitUntilCaughtUp(engine)
            print("a broker without room, \(delivered.records) records delivered: \(engine.troubles)")
            try engine.drain()
            try expectNothingLost(installation, delivered: delivered)
        }

        private func receive(_ id: String) -> String {
            #"{"id":"\#(id)","type":"receive","sku":"A","location":"BER1","quantity":1,"receipt":"\#(id)"}"#
        }
    }
}
