import Foundation
import RedisAdapter
import StockSim
import StockWire
import Testing

extension RealSystemTests {
    /// Clients that nobody here wrote produce the same SKUs and read everything that comes out.
    @Suite struct ForeignClientTests {
        private static let skus = (1...24).map { "SKU-\($0)" }

        @Test(.enabled(if: Project.hasConsoleClients)) func kcatJavaAndPythonProduceAndRead() throws {
            let installation = try Installation()
            let engine = try installation.startEngine(awaited: installation.partitions)
            try produce(installation)
            let records = 5 * ForeignClientTests.skus.count
            // Hundreds of processes are started by then; the engine has long had its records.
            let misrouted = try installation.records(.events).count { record in
                record.headers["stock-rerouted-from"] == nil && record.partition != right(record.keyText, installation.partitions)
            }
            #expect(misrouted > 0, "Python's default partitioner went to the right partition every time")
            try installation.waitUntilCaughtUp(engine)
            try engine.wait(for: records, "stock_events_total{", "\"accepted\"")
            try engine.wait(for: misrouted, "stock_events_total{", "\"rerouted\"")
            try engine.wait(for: 1, "stock_events_total{", "\"dead_lettered\"")
            try engine.drain()

            try checkTotals(installation)
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds, "\(report.text)")
            #expect(report.rerouted == misrouted)
            let counters = try (0..<installation.partitions).reduce(0) { $0 + (try installation.view.counters($1)["rerouted"] ?? 0) }
            #expect(counters == Int64(misrouted))
            print("foreign clients: \(records) events of kcat, Java and Python, \(misrouted) of them on a wrong partition")
            try readBack(installation)
        }

        private func right(_ key: String, _ partitions: Int32) -> Int32 {
            var key = key
            return key.withUTF8 { Murmur2.partition(UnsafeRawBufferPointer($0), of: partitions) }
        }

        /// Of each SKU, which is low below 20, 7 + 5 + 3 come in and 1 goes out.
        private func produce(_ installation: Installation) throws {
            let skus = ForeignClientTests.skus
            func receipts(_ client: String, _ quantity: Int) -> String {
                skus.map { sku in
                    let event = #"{"id":"\#(client)-\#(sku)","source":"\#(client)","type":"receive","sku":"\#(sku)","location":"BER1","#
                    return "\(sku)|\(event)\"quantity\":\(quantity),\"receipt\":\"\(client)\"}\n"
                }.joined()
            }
            let terms = skus.map { #"\#($0)|{"id":"terms-\#($0)","type":"define","sku":"\#($0)","reorderPoint":20}"# + "\n" }.joined()
            let topic = installation.topic(.events)
            let bootstrap = installation.broker.bootstrap
            let property = Project.isKafkaBefore4 ? "--property" : "--reader-property"
            let java = try ChildProcess.run(
                Project.kafka("kafka-console-producer.sh"),
                ["--bootstrap-server", bootstrap, "--topic", topic, property, "parse.key=true", property, "key.separator=|"],
                input: terms + receipts("java", 7))
            try #require(java.status == 0, "\(java)")
            let kcat = try Project.installed("kcat")
            let right = ["-P", "-b", bootstrap, "-t", topic, "-K", "|", "-X", "topic.partitioner=murmur2_random"]
            let first = try ChildProcess.run(kcat, right, input: receipts("kcat", 5))
            try #require(first.status == 0, "\(first)")
            let python = try ChildProcess.run(
                Project.python, [Project.path("Tests/SystemTests/Clients/produce.py"), bootstrap, topic], input: receipts("python", 3))
            try #require(python.status == 0, "\(python)")
            // A till reports what has gone, with kcat's own partitioner.
            let sales = skus.map { sku in
                let event = #"{"id":"till-\#(sku)","type":"sale","sku":"\#(sku)","location":"BER1","orderLine":"POS-\#(sku)","#
                return "\(sku)|\(event)\"quantity\":1,\"forced\":true}\n"
            }
            let headers = ["-H", "reply-key=till-7"]
            let second = try ChildProcess.run(kcat, ["-P", "-b", bootstrap, "-t", topic, "-K", "|"] + headers, input: sales.joined())
            try #require(second.status == 0, "\(second)")
            let poison = try ChildProcess.run(kcat, right, input: "SKU-1|not an event\n")
            try #require(poison.status == 0, "\(poison)")
        }

        private func checkTotals(_ installation: Installation) throws {
            let view = try installation.view
            var balances: [String: Int64] = [:]
            for record in try installation.records(.ledger) {
                let after = record.json["after"] as? [String: Any]
                if let sku = record.text("sku"), let sellable = after?["sellable"] as? NSNumber { balances[sku] = sellable.int64Value }
            }
            for sku in ForeignClientTests.skus {
                #expect(try view.sku(sku)["onHand"] == "14", "\(sku)")
                #expect(balances[sku] == 14, "\(sku)")
            }
        }

        // MARK: - Reading

        private func readBack(_ installation: Installation) throws {
            let outputs: [(topic: Installation.Topic, schema: String)] = [
                (.ledger, "stock-ledger.schema.json"), (.levels, "stock-level.schema.json"), (.alerts, "stock-alert.schema.json"),
                (.webhooks, "stock-webhook.schema.json"), (.replies, "stock-reply.schema.json"), (.deadLetters, ""), (.state, ""),
            ]
            var ours: [String: Int] = [:]
            for output in outputs { ours[installation.topic(output.topic)] = try installation.count(output.topic) }
            #expect(ours.values.allSatisfy { $0 > 0 }, "\(ours)")

            let bootstrap = installation.broker.bootstrap
            for (topic, count) in ours {
                let kcat = try ChildProcess.run(
                    try Project.installed("kcat"),
                    [
                        "-C", "-b", bootstrap, "-t", topic, "-e", "-q", "-o", "beginning", "-X", "isolation.level=read_committed", "-f",
                        "%o\\n",
                    ])
                #expect(kcat.status == 0 && kcat.output.split(separator: "\n").count == count, "\(topic): \(kcat)")
            }

            let arguments = outputs.map { installation.topic($0.topic) + ($0.schema.isEmpty ? "" : "=\($0.schema)") }
            let python = try ChildProcess.run(
                Project.python,
                [Project.path("Tests/SystemTests/Clients/consume.py"), bootstrap, Project.path("topics/schemas")] + arguments)
            #expect(python.status == 0, "\(python)")
            let found = (try? JSONSerialization.jsonObject(with: Data(python.output.utf8))) as? [String: Int]
            #expect(found == ours)

            let names = ours.keys.joined(separator: "|")
            let java = try ChildProcess.run(
                Project.kafka("kafka-console-consumer.sh"),
                [
                    "--bootstrap-server", bootstrap, "--include", "(\(names))", "--from-beginning", "--timeout-ms", "10000",
                    "--isolation-level", "read_committed",
                ], seconds: 120)
            let total = ours.values.reduce(0, +)
            #expect(java.errors.contains("Processed a total of \(total) messages"), "\(java)")
        }
    }
}
