import Foundation
import RedisAdapter
import StockSim
import Testing

extension RealSystemTests {
    /// Lots, purchase orders, counts and transfers through Kafka, a crash, a restore and Redis; what they mean is in Tests/Cases.
    @Suite struct DomainTests {
        private static let cream = "CREAM-50"
        private static let brake = "BRAKE-9"

        private func send(_ installation: Installation, _ sku: String, _ type: String, _ fields: String) throws {
            let id = UUID().uuidString
            try installation.send(#"{"id":"\#(id)","source":"wms","type":"\#(type)","sku":"\#(sku)",\#(fields)}"#, sku: sku)
        }

        /// Fails where a record of a lot, a document or a count is missing in the checkpoint, or the ledger does not carry what its replay
        /// needs.
        @Test func everythingSurvivesACrash() throws {
            let installation = try Installation(partitions: 2, sessionMilliseconds: 1_500)
            let first = try installation.startEngine(awaited: 2)
            try fillLots(installation)
            try fillDocuments(installation)
            try installation.waitUntilCaughtUp(first)
            first.process.kill()
            let second = try installation.startEngine()
            try second.waitUntilRunning(2)
            try finish(installation)
            try installation.waitUntilCaughtUp(second)

            let cream = try installation.view.sku(DomainTests.cream)
            // 12 came, 6 left: all of L1 and one of L2; the rest of L2 is recalled.
            #expect(cream["onHand"] == "6" && cream["available"] == "0", "\(cream)")
            let brake = try installation.view.sku(DomainTests.brake)
            #expect(brake["onHand"] == "15" && brake["available"] == "15", "\(brake)")

            let told = try installation.run(["explain", DomainTests.cream, "--lot", "L2"])
            #expect(told.status == 0 && told.output.contains("recalled") && told.output.contains("order line SO-1"), "\(told)")
            let json = try installation.run(["explain", DomainTests.cream, "--lot", "L1", "--json"])
            let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            let departures = try #require(object["departures"] as? [[String: Any]])
            #expect(departures.map { $0["quantity"] as? Int } == [5] && departures.map { $0["shipment"] as? String } == ["S-1"])
            let verified = try installation.run(["state", "verify"])
            #expect(verified.status == 0 && verified.output.contains("2 agree, 0 differ"), "\(verified)")
            #expect(second.sum("stock_inconsistent{") == 0)
            try second.drain()
            try expectCheckpointsEqualLedger(installation)
        }

        /// Every type of event under load, while engines are killed; then each fact, level and hash is held against the auditor's books.
        @Test func theWholeDomainAgrees() throws {
            let installation = try Installation(sessionMilliseconds: 1_500)
            var options = WorkloadOptions()
            options.mix = .domain
            options.skus = 100
            options.partitions = installation.partitions
            let load = Load(installation, options, recordsPerSecond: 200, prefillsAtOnce: true)
            let watcher = try TopicWatcher(installation, .ledger)
            for _ in 1...3 {
                watcher.skip()
                let engine = try installation.startEngine()
                try watcher.wait(records: 800, seconds: 60)
                engine.process.kill()
            }
            watcher.close()
            let engine = try installation.startEngine()
            let delivered = try load.stop()
            try installation.waitUntilCaughtUp(engine)
            try engine.drain()

            let report = try expectEverythingAgrees(installation)
            #expect(delivered.records > 1_000 && report.inputs >= delivered.records && report.accepted > 1_000, "\(report.text)")
        }

        private func fillLots(_ installation: Installation) throws {
            let sku = DomainTests.cream
            try send(installation, sku, "define", #""lotTracked":true"#)
            let days = ["L1": "2099-01-31", "L2": "2099-03-31"]
            for (lot, quantity) in [("L1", 5), ("L2", 7)] {
                try send(
                    installation, sku, "receive",
                    #""location":"BER1","quantity":\#(quantity),"receipt":"R-\#(lot)","lot":"\#(lot)","expiresOn":"\#(days[lot]!)""#)
            }
            try send(installation, sku, "commit", #""location":"BER1","orderLine":"SO-1","quantity":6"#)
            try send(installation, sku, "ship", #""orderLine":"SO-1","shipment":"S-1""#)
        }

        private func fillDocuments(_ installation: Installation) throws {
            let sku = DomainTests.brake
            try send(installation, sku, "expect", #""incoming":"PO-1","location":"BER1","quantity":20"#)
            try send(installation, sku, "receive", #""location":"BER1","quantity":20,"receipt":"R-1","incoming":"PO-1""#)
            try send(installation, sku, "transfer_send", #""transfer":"T-1","location":"BER1","toLocation":"HAM1","quantity":6"#)
            try send(installation, sku, "count_open", #""count":"C-1","location":"BER1""#)
            try send(installation, sku, "count_line", #""count":"C-1","location":"BER1","quantity":10"#)
        }

        private func finish(_ installation: Installation) throws {
            try send(installation, DomainTests.cream, "recall", #""lot":"L2","reason":"notice-1""#)
            let sku = DomainTests.brake
            try send(installation, sku, "count_close", #""count":"C-1","location":"BER1""#)
            try send(installation, sku, "transfer_receive", #""transfer":"T-1","quantity":5"#)
            try send(installation, sku, "transfer_close", #""transfer":"T-1","rest":"write-off","reason":"lost""#)
        }
    }
}
