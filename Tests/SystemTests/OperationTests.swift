import Foundation
import RedisAdapter
import StockSim
import StockWire
import Testing

extension RealSystemTests {
    /// Starting, watching and stopping.
    @Suite struct OperationTests {
        @Test func sigtermDrains() throws {
            let installation = try Installation(partitions: 4)
            var options = WorkloadOptions()
            options.skus = 100
            options.partitions = 4
            let engine = try installation.startEngine(awaited: 4)
            let load = Load(installation, options, recordsPerSecond: 400)
            _ = try within(seconds: 60, "facts") { (engine.sum("stock_events_total{", "\"accepted\"") ?? 0) > 300 ? true : nil }
            // In the middle of the stream.
            try engine.drain()
            let delivered = try load.stop()
            #expect(engine.process.errors.contains("engine stopped"))
            // Every partition ends with a complete mark that equals the ledger; nothing that was applied is missing in Redis.
            try expectCheckpointsEqualLedger(installation)
            let facts = try installation.count(.ledger)

            let next = try installation.startEngine()
            try installation.waitUntilCaughtUp(next)
            try next.drain()
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds, "\(report.text)")
            #expect(delivered.matches(report) && report.ledgerRecords >= facts)
        }

        @Test func recordsFromBeforeTheFirstStartAreApplied() throws {
            let installation = try Installation(partitions: 2)
            for number in 1...6 {
                try installation.send(
                    #"{"id":"\#(number)","type":"receive","sku":"A","location":"BER1","quantity":1,"receipt":"\#(number)"}"#, sku: "A")
            }
            let engine = try installation.startEngine()
            try installation.waitUntilCaughtUp(engine)
            try engine.drain()
            #expect(try installation.records(.ledger).compactMap { $0.number("offset") } == Array(0..<6))
            #expect(try installation.view.sku("A")["onHand"] == "6")
        }

        /// librdkafka before 2.3 aborts the process of a member that ends before its first assignment.
        @Test func sigtermOnTheWayIntoTheGroup() throws {
            let installation = try Installation(partitions: 2, sessionMilliseconds: 1_500)
            let first = try installation.startEngine(awaited: 2)
            for round in 0..<8 {
                let second = try installation.startEngine()
                _ = try within(seconds: 30, "a start") { second.process.errors.contains("engine started") ? true : nil }
                usleep(UInt32(round) * 100_000)
                try second.drain()
            }
            try installation.waitUntilCaughtUp(first)
            try first.drain()
        }

        @Test func secondSignalStopsAtOnce() throws {
            let installation = try Installation(partitions: 2)
            let engine = try installation.startEngine(awaited: 2)
            try installation.send(
                #"{"id":"1","type":"receive","sku":"A","location":"BER1","quantity":1,"receipt":"1"}"#, sku: "A")
            try installation.waitUntilCaughtUp(engine)
            // No broker answers, so a clean end has to wait.
            try installation.broker.act("pause")
            defer { try? installation.broker.act("resume") }
            engine.process.signal(SIGTERM)
            _ = try within(seconds: 30, "draining") { engine.process.errors.contains("draining") ? true : nil }
            #expect(engine.process.isRunning)
            engine.process.signal(SIGTERM)
            #expect(try engine.process.waitForExit(seconds: 5) == 130)
        }

        /// The bundled producer as fast as it can, with all that goes wrong in its mix.
        @Test func benchmarkProducerFeedsTheEngine() throws {
            let installation = try Installation()
            let engine = try installation.startEngine(awaited: installation.partitions)
            let produced = try installation.run([
                "bench", "produce", "--bootstrap", installation.broker.bootstrap, "--topic", installation.topic(.events), "--events",
                "6000",
                "--skus", "150", "--prefill", "--malformed", "0.01", "--misrouted", "0.02", "--seed", "5",
            ])
            try #require(produced.status == 0, "\(produced)")
            let result = try JSONSerialization.jsonObject(with: Data(produced.output.utf8)) as? [String: Any]
            #expect(result?["acknowledged"] as? Int == 6_000)
            try installation.waitUntilCaughtUp(engine)
            try engine.drain()
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds, "\(report.text)")
            #expect(report.inputs >= 6_000 + report.rerouted && report.rerouted > 50 && report.deadLettered > 20)
            try expectCheckpointsEqualLedger(installation)
            print("bench produce on the real broker: \(result?["rateAchieved"] ?? "no rate") records/s")
        }

        @Test func metricsAndHealth() throws {
            let installation = try Installation(partitions: 2)
            let engine = try installation.startEngine(awaited: 2)
            try installation.send(
                #"{"id":"1","type":"receive","sku":"A","location":"BER1","quantity":5,"receipt":"1"}"#, sku: "A")
            try installation.waitUntilCaughtUp(engine)
            try engine.wait(for: 1, "stock_events_total{", "\"accepted\"")
            let metrics = try #require(Web.get(engine.port, "/metrics"))
            #expect(metrics.status == 200)
            let promtool = try ChildProcess.run(try Project.installed("promtool"), ["check", "metrics"], input: metrics.body)
            #expect(promtool.status == 0 && promtool.errors.isEmpty, "\(promtool)")
            #expect(engine.sum("stock_end_to_end_latency_seconds_count") == 1)

            let live = try #require(Web.get(engine.port, "/livez"))
            let ready = try within(seconds: 30, "ready") { Web.get(engine.port, "/readyz").flatMap { $0.status == 200 ? $0 : nil } }
            #expect(live.status == 200)
            for answer in [live, ready] {
                let health = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
                #expect(health?["status"] as? String == "pass", "\(answer.body)")
            }
            #expect(ready.body.contains("partition-0") && ready.body.contains("partition-1") && ready.body.contains("redis"))
            #expect(Web.get(engine.port, "/nothing")?.status == 404)
            try engine.drain()
        }

        @Test func topicsAreMadeComparedAndChecked() throws {
            let installation = try Installation(partitions: 3)
            let same = try installation.run(["topics", "diff", "--partitions", "3"])
            #expect(same.status == 0 && same.output.contains("topics are as declared"), "\(same)")
            let again = try installation.run(["topics", "apply", "--partitions", "3"])
            #expect(again.status == 0, "\(again)")
            let verified = try installation.run(["topics", "verify"])
            #expect(verified.status == 0 && verified.output.contains("the engine can start"), "\(verified)")

            // Kafka's own tool changes a setting that the engine depends on.
            let events = installation.topic(.events)
            let changed = try ChildProcess.run(
                Project.kafka("kafka-configs.sh"),
                [
                    "--bootstrap-server", installation.broker.bootstrap, "--alter", "--entity-type", "topics", "--entity-name", events,
                    "--add-config", "message.timestamp.type=CreateTime",
                ])
            try #require(changed.status == 0, "\(changed)")
            let different = try installation.run(["topics", "diff", "--partitions", "3"])
            #expect(different.status == 1 && different.output.contains("\(events): message.timestamp.type is CreateTime"), "\(different)")
            #expect(try installation.run(["topics", "verify"]).status == 1)
            let refused = try installation.run(["engine"])
            #expect(
                refused.status == 78 && refused.errors.contains("message.timestamp.type is CreateTime, must be LogAppendTime"), "\(refused)"
            )
            #expect(try installation.run(["topics", "apply", "--partitions", "3"]).status == 0)
            #expect(try installation.run(["topics", "verify"]).status == 0)
        }

        @Test func unequalPartitionsAndMissingTopicsAreRefused() throws {
            let installation = try Installation(partitions: 2)
            let other = try installation.run(
                ["topics", "apply", "--partitions", "3"], ["STOCKSTREAM_TOPICS_LEDGER": "\(installation.name)-other"])
            // The topics that exist keep their counts, which can't be put right; the new one is made.
            #expect(other.status == 1, "\(other)")
            let refused = try installation.run(["engine"], ["STOCKSTREAM_TOPICS_LEDGER": "\(installation.name)-other"])
            #expect(refused.status == 78 && refused.errors.contains("must be equal"), "\(refused)")
            let missing = try installation.run(["engine"], ["STOCKSTREAM_TOPICS_STATE": "\(installation.name)-missing"])
            #expect(missing.status == 78 && missing.errors.contains("\(installation.name)-missing does not exist"), "\(missing)")
        }

        /// A node that does not know a topic is not believed at once: another one may have heard of it already.
        @Test func aTopicThatComesLateIsWaitedFor() throws {
            let installation = try Installation(partitions: 2)
            let late = ["STOCKSTREAM_TOPICS_STATE": "\(installation.name)-late"]
            let engine = try installation.startEngine(late)
            _ = try within(seconds: 20, "a word on the missing topic") {
                engine.process.errors.contains("looking for topics") ? true : nil
            }
            let made = try installation.run(["topics", "apply", "--partitions", "2"], late)
            #expect(made.status == 0, "\(made)")
            try engine.waitUntilRunning(2)
            try engine.drain()
        }
    }
}
