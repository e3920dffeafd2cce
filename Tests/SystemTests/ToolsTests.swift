import Foundation
import KafkaAdapter
import RedisAdapter
import StockCore
import StockSim
import StockWire
import Testing

extension RealSystemTests {
    /// `state`, `dead-letters` and `explain`, beside running engines and without them.
    @Suite struct ToolsTests {
        private static let sku = "OIL-5W30"

        private static func event(_ id: String, _ type: String, _ fields: String) -> String {
            #"{"id":"\#(id)","source":"shop","type":"\#(type)","sku":"\#(sku)",\#(fields)}"#
        }

        private func send(_ installation: Installation, _ events: [String]) throws {
            for event in events { try installation.send(event, sku: ToolsTests.sku) }
        }

        // MARK: - Beside an engine

        @Test func explainAddsUp() throws {
            let installation = try Installation(partitions: 2)
            let engine = try installation.startEngine(awaited: 2)
            try send(
                installation,
                [
                    ToolsTests.event("d", "define", #""safetyStock":3,"reorderPoint":5,"maxHoldSeconds":7200"#),
                    ToolsTests.event("r1", "receive", #""location":"BER1","quantity":20,"receipt":"A""#),
                    ToolsTests.event("r2", "receive", #""location":"HAM1","quantity":4,"receipt":"B","disposition":"damaged""#),
                    ToolsTests.event("r3", "receive", #""location":"HAM1","quantity":5,"receipt":"C""#),
                    ToolsTests.event("h1", "hold", #""location":"BER1","quantity":6,"hold":"cart-1","ttlSeconds":3600"#),
                    ToolsTests.event("c1", "commit", #""hold":"cart-1","orderLine":"order-1/1","quantity":2"#),
                    ToolsTests.event("h2", "hold", #""location":"BER1","quantity":50,"hold":"cart-2","ttlSeconds":60"#),
                ])
            try installation.waitUntilCaughtUp(engine)
            let told = try installation.run(["explain", ToolsTests.sku])
            #expect(told.status == 0 && told.output.contains("11 + 2 = 13: adds up"), "\(told)")
            #expect(told.output.contains("hold cart-1") && told.output.contains("(insufficient-stock)"), "\(told)")

            let json = try installation.run(["explain", ToolsTests.sku, "--json", "--facts", "3"])
            let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            #expect(object["available"] as? Int == 13)
            let levels = try #require(object["levels"] as? [[String: Any]])
            #expect(levels.map { $0["location"] as? String } == ["BER1", "HAM1"])
            #expect(levels.map { $0["available"] as? Int } == [11, 2])
            #expect(["sellable", "held", "committed", "safetyStock"].map { levels[0][$0] as? Int } == [20, 4, 2, 3])
            #expect(levels[1]["damaged"] as? Int == 4 && levels[1]["onHand"] as? Int == 9)
            #expect((object["holds"] as? [[String: Any]])?.map { $0["remaining"] as? Int } == [4])
            #expect((object["orderLines"] as? [[String: Any]])?.map { $0["open"] as? Int } == [2])
            #expect((object["facts"] as? [[String: Any]])?.map { $0["id"] as? String } == ["h1", "c1", "h2"])
            #expect(try installation.view.sku(ToolsTests.sku)["available"] == "13")

            let unknown = try installation.run(["explain", "NOTHING"])
            #expect(unknown.status == 1 && unknown.output.isEmpty && unknown.errors.contains("unknown SKU NOTHING"), "\(unknown)")
            try engine.drain()
        }

        @Test func verifyReadsBesideALoad() throws {
            let installation = try Installation(partitions: 4)
            let engine = try installation.startEngine(awaited: 4)
            var options = WorkloadOptions()
            options.skus = 60
            options.partitions = 4
            let load = Load(installation, options, recordsPerSecond: 500)
            _ = try within(seconds: 60, "facts") { (engine.sum("stock_events_total{", "\"accepted\"") ?? 0) > 500 ? true : nil }
            for _ in 0..<3 {
                let verified = try installation.run(["state", "verify"])
                #expect(verified.status == 0 && verified.output.contains("4 partitions: 4 agree, 0 differ"), "\(verified)")
            }
            for arguments in [["rebuild"], ["skip", "--to", "1", "--reason", "test"]] {
                let refused = try installation.run(["state"] + arguments + ["--partition", "0"])
                #expect(refused.status == 75 && refused.errors.contains("stop the engines first"), "\(refused)")
            }
            _ = try load.stop()
            try installation.waitUntilCaughtUp(engine)
            try engine.drain()
            try expectCheckpointsEqualLedger(installation)
            #expect(try installation.run(["state", "verify", "--partition", "3"]).status == 0)
        }

        // MARK: - Dead letters

        @Test func aRepairedLetterGoesBackWithItsOwnID() throws {
            let installation = try Installation(partitions: 2)
            let engine = try installation.startEngine(awaited: 2)
            let poison = ToolsTests.event("p1", "receive", #""location":"BER1","quantity":1.5,"receipt":"P""#)
            let trace = "00-\(String(repeating: "a", count: 32))-1234567890abcdef-01"
            try installation.send(poison, sku: "some other key", headers: [("traceparent", trace)])
            let letters = try within(seconds: 60, "a letter") {
                let list = try installation.run(["dead-letters", "list"])
                return list.output.isEmpty ? nil : list.output
            }
            #expect(letters.contains("not-an-integer") && letters.contains("quantity"))
            let place = String(letters.prefix { $0 != " " })
            let shown = try installation.run(["dead-letters", "show", place])
            #expect(shown.status == 0 && shown.output.contains("key      some other key") && shown.output.contains(poison), "\(shown)")
            let raw = try installation.run(["dead-letters", "show", place, "--raw"])
            #expect(raw.output == poison)

            let folder = TemporaryFolder()
            func resubmit(_ value: String?, _ more: [String] = []) throws -> ChildProcess.Finished {
                let file = "\(folder.path)/value"
                if let value { try Data(value.utf8).write(to: URL(fileURLWithPath: file)) }
                return try installation.run(["dead-letters", "resubmit", place] + (value == nil ? [] : ["--value", file]) + more)
            }
            let unrepaired = try resubmit(nil)
            #expect(unrepaired.status == 65 && unrepaired.errors.contains("not-an-integer field=quantity byte="), "\(unrepaired)")
            let repaired = raw.output.replacingOccurrences(of: "1.5", with: "7")
            let other = try resubmit(repaired.replacingOccurrences(of: "p1", with: "p2"))
            #expect(other.status == 65 && other.errors.contains("it must stay"), "\(other)")
            #expect(try resubmit(repaired, ["--dry-run"]).status == 0)
            #expect(try installation.count(.events) == 1)
            for _ in 0..<2 { #expect(try resubmit(repaired).status == 0) }
            try installation.waitUntilCaughtUp(engine)
            try engine.drain()
            #expect(try installation.view.sku(ToolsTests.sku)["onHand"] == "7")
            let ledger = try installation.records(.ledger).sorted { $0.offset < $1.offset }.filter { $0.text("id") == "p1" }
            #expect(ledger.map { $0.text("outcome") } == ["dead-lettered", "accepted", "duplicate"], "\(ledger.map(\.json))")
            #expect(ledger[1].text("traceparent")?.hasPrefix("00-aaaa") == true)
            let missing = try installation.run(["dead-letters", "show", "0:100000"])
            #expect(missing.status == 1 && missing.errors.contains("there is no letter"), "\(missing)")
        }

        // MARK: - Without an engine

        /// A SKU that the ledger has never seen, whole and well-formed.
        private static func ghost() -> [PlantedRecord] {
            var key = ByteBuffer()
            var value = ByteBuffer()
            var level = LevelRecord()
            level.location = Key("BER1")
            level.balances.sellable = 5
            var header = SKURecord()
            header.key = Key("GHOST")
            header.version = 1
            header.writtenRecords = 1
            header.writtenHashSum = StateEncoder.encode(level: level, velocity: nil, sku: header.key, key: &key, value: &value)
            let first = PlantedRecord(key: Array(key.bytes), value: Array(value.bytes))
            _ = StateEncoder.encode(header: header, key: &key, value: &value)
            return [first, PlantedRecord(key: Array(key.bytes), value: Array(value.bytes))]
        }

        /// The keys of the state topic's first partition whose last record is a tombstone.
        private func tombstones(_ installation: Installation) throws -> Set<[UInt8]> {
            var removed: Set<[UInt8]> = []
            try installation.read([.state]) { _, record in
                guard record.partition == 0, let key = record.key else { return }
                if record.value == nil { removed.insert(Array(key)) } else { removed.remove(Array(key)) }
            }
            return removed
        }

        @Test func rebuildLeavesDamageBehind() throws {
            let installation = try Installation(partitions: 2, sessionMilliseconds: 1_500)
            var options = WorkloadOptions()
            options.skus = 40
            options.partitions = 2
            let first = try installation.startEngine(awaited: 2)
            let load = Load(installation, options, recordsPerSecond: 400)
            _ = try within(seconds: 60, "facts") { (first.sum("stock_events_total{", "\"accepted\"") ?? 0) > 300 ? true : nil }
            // A dead owner, perhaps with an open transaction.
            first.process.kill()
            let delivered = try load.stop()
            // What is behind a transaction that is still open is behind the snapshot of `state verify`, as long as engines may be at work.
            try installation.waitUntilGroupIsEmpty()
            let garbage = PlantedRecord(key: Array("?garbage".utf8), value: [1, 2, 3])
            try installation.append(
                .state, partition: 0, ToolsTests.ghost() + [garbage, PlantedRecord(key: [RecordKind.mark.rawValue], value: [1])])
            let broken = try installation.run(["state", "verify"])
            #expect(broken.status == 1 && broken.output.contains("state-damaged"), "\(broken)")
            let second = try installation.startEngine(awaited: 1)
            _ = try within(seconds: 60, "the stop") { second.sum("stock_partition_stopped{") == 1 ? true : nil }
            try second.drain()
            try installation.waitUntilGroupIsEmpty()

            let rebuilt = try installation.run(["state", "rebuild", "--partition", "0"])
            #expect(rebuilt.status == 0 && rebuilt.output.contains(" tombstones"), "\(rebuilt)")
            #expect(try tombstones(installation).isSuperset(of: ToolsTests.ghost().map(\.key)))
            let verified = try installation.run(["state", "verify"])
            #expect(verified.status == 0 && verified.output.contains("2 partitions: 2 agree"), "\(verified)")

            let third = try installation.startEngine(awaited: 2)
            try installation.waitUntilCaughtUp(third)
            try third.drain()
            #expect(try installation.run(["state", "verify"]).status == 0)
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds && delivered.matches(report), "\(report.text)")
        }

        @Test func skipRecordsTheGap() throws {
            let installation = try Installation(partitions: 1, sessionMilliseconds: 1_500)
            let receive = { (number: Int) in
                ToolsTests.event("r\(number)", "receive", #""location":"BER1","quantity":\#(1 << number),"receipt":"\#(number)""#)
            }
            let first = try installation.startEngine(awaited: 1)
            try send(installation, (0..<3).map(receive))
            try installation.waitUntilCaughtUp(first)
            try first.drain()
            try installation.waitUntilGroupIsEmpty()
            let reset = try ChildProcess.run(
                Project.kafka("kafka-consumer-groups.sh"),
                [
                    "--bootstrap-server", installation.broker.bootstrap, "--group", installation.name, "--topic",
                    installation.topic(.events), "--reset-offsets", "--to-earliest", "--execute",
                ])
            #expect(reset.status == 0, "\(reset)")
            try send(installation, (3..<6).map(receive))

            let verified = try installation.run(["state", "verify"])
            #expect(verified.status == 1 && verified.output.contains("offset-moved"), "\(verified)")
            func skip(_ target: Int, _ reason: String = "a test") throws -> ChildProcess.Finished {
                try installation.run(["state", "skip", "--partition", "0", "--to", "\(target)", "--reason", reason])
            }
            #expect(try skip(0).errors.contains("--reread"))
            #expect(try skip(7).status == 65)
            #expect(try skip(4, String(repeating: "x", count: 64)).status == 64)
            let skipped = try skip(4)
            #expect(skipped.status == 0, "\(skipped)")
            #expect(try installation.run(["state", "verify"]).status == 0)

            let second = try installation.startEngine(awaited: 1)
            try installation.waitUntilCaughtUp(second)
            try second.drain()
            // The fourth was skipped, none was read again.
            #expect(try installation.view.sku(ToolsTests.sku)["onHand"] == "\(1 + 2 + 4 + 16 + 32)")
            let gaps = try installation.records(.ledger).filter { $0.text("kind") == "gap" }
            #expect(gaps.map { $0.text("reason") } == ["a test"])
            #expect(gaps.map { $0.number("gapFrom") } == [3] && gaps.map { $0.number("gapTo") } == [4])
            try expectCheckpointsEqualLedger(installation)
        }
    }
}
