import Foundation
import RedisAdapter
import StockSim
import StockWire
import Testing

extension RealSystemTests {
    /// An engine on a machine whose wall clock is off.
    @Suite struct ClockTests {
        private static let sku = "LIP-1"

        private static func hold(_ hold: String, _ quantity: Int, ttl: Int) -> InputRecord {
            InputRecord(hold, "hold", sku, #""location":"BER1","hold":"\#(hold)","quantity":\#(quantity),"ttlSeconds":\#(ttl)"#)
        }

        private static func receive(_ id: String, _ quantity: Int, sku: String = sku) -> InputRecord {
            InputRecord(id, "receive", sku, #""location":"BER1","quantity":\#(quantity),"receipt":"\#(id)""#)
        }

        private func held(_ installation: Installation) throws -> String? { try installation.view.sku(ClockTests.sku)["held"] }

        /// An hour, a little less and a little more than Kafka lets a producer's stamp be ahead. It says so; no hold ends early, and
        /// records end those that are due; the next owner finds everything right.
        ///
        /// Without the comparison with the brokers' clock the one that is less than an hour ahead ends "old" early, on an idle partition
        /// where no record could have told it. Where the broker's stamps count as "now" at most, the one that is behind never ends "new".
        /// Where alerts are stamped with "now", the broker refuses them from the one that is more than an hour ahead, and nothing goes on.
        @Test(arguments: [3_540, 3_660, -3_660]) func anHourOff(seconds: Int) throws {
            let installation = try Installation(
                partitions: 1, sessionMilliseconds: 1_500, more: ["STOCKSTREAM_ENGINE_WORKERS": "1"])
            let clock = try WrongClock()
            let began = Date()
            let first = try installation.startEngine(awaited: 1)
            try installation.produce([ClockTests.receive("r", 10), ClockTests.hold("old", 3, ttl: 600)])
            try installation.waitUntilCaughtUp(first)
            first.process.kill()

            let wrong = try installation.startEngine(awaited: 1, clock.environment(seconds: seconds))
            try wrong.wait(for: 1, "stock_clock_off{", "partition")
            let error = try #require(wrong.sum("stock_clock_error_seconds"))
            #expect(abs(error - Double(seconds)) < 5, "\(error)")
            #expect(wrong.process.errors.contains("this clock is off"))
            #expect(Web.get(wrong.port, "/readyz")?.body.contains("this clock is off") == true)
            try installation.produce([
                ClockTests.receive("b", 1, sku: "LIP-2"), ClockTests.hold("new", 2, ttl: 2),
                InputRecord("sold", "sale", "LIP-2", #""location":"BER1","orderLine":"x","quantity":1"#),
            ])
            try installation.waitUntilCaughtUp(wrong)
            #expect(try held(installation) == "5", "the old one is as it was, an hour ahead or behind")
            var further = 0
            _ = try within(seconds: 60, "the end of a hold") {
                further += 1
                try installation.produce([ClockTests.receive("more \(further)", 1, sku: "LIP-3")])
                return try held(installation) == "3" ? true : nil
            }
            try wrong.drain()

            let last = try installation.startEngine(awaited: 1)
            try last.wait(for: 0, "stock_clock_off{", "partition")
            try installation.produce([ClockTests.hold("last", 1, ttl: 2)])
            try installation.waitUntilCaughtUp(last)
            _ = try within(seconds: 60, "the end of a hold on an idle partition") { try held(installation) == "3" ? true : nil }
            try last.drain()
            try expectSaneTimes(installation, began)
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds && report.accepted == report.inputs, "\(report.text)")
            try expectCheckpointsEqualLedger(installation)
        }

        private func expectSaneTimes(_ installation: Installation, _ began: Date) throws {
            let lifetime = began.milliseconds...Date().milliseconds
            let ledger = try installation.ledger()
            for fact in ledger { #expect(lifetime.contains(fact.number("timeMilliseconds") ?? 0), "\(fact.json)") }
            var expiry: [String: Int64] = [:]
            for fact in ledger { if let hold = fact.text("hold") { expiry[hold] = fact.number("expiresAtMilliseconds") } }
            var ended: [String] = []
            for fact in ledger.facts("expire") {
                for item in fact.json["items"] as? [[String: Any]] ?? [] {
                    let hold = try #require(item["hold"] as? String)
                    ended.append(hold)
                    #expect(fact.number("timeMilliseconds")! >= expiry[hold]!, "\(hold) ended early")
                }
            }
            #expect(ended == ["new", "last"])
            for topic in [Installation.Topic.alerts, .levels] {
                let stamps = try installation.records(topic).map(\.timestampMilliseconds)
                #expect(!stamps.isEmpty && stamps.allSatisfy(lifetime.contains), "\(topic): \(stamps)")
            }
        }
    }
}
