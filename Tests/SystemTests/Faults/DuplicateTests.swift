import Foundation
import RedisAdapter
import StockSim
import Testing

extension RealSystemTests {
    /// Repeats where they are hardest to tell: known to the owner before, at the window's edge, by business ids only, beyond the horizon.
    @Suite struct DuplicateTests {
        static let sku = "BRK-1"

        static func installation(_ more: [String: String] = [:]) throws -> Installation {
            let values = ["STOCKSTREAM_ENGINE_WORKERS": "1", "STOCKSTREAM_ENGINE_ID_WINDOW_ENTRIES": "1000"]
            return try Installation(partitions: 1, sessionMilliseconds: 1_500, more: values.merging(more) { $1 })
        }

        static func adjust(_ id: String, sku: String = sku, version: Int? = nil, at time: Date? = nil, isSentThen: Bool = false)
            -> InputRecord
        {
            let version = version.map { #""expectedVersion":\#($0),"# } ?? ""
            return InputRecord(
                id, "adjust", sku, version + #""location":"BER1","quantity":1,"reason":"found""#, occurredAt: time,
                time: isSentThen ? time : nil)
        }

        static func expectSound(_ installation: Installation, sourceLocation: SourceLocation = #_sourceLocation) throws {
            let report = try installation.audit(hasLevels: true)
            // The auditor forgets no id, so a refusal of what has left the window surprises it; nothing else may.
            let problems = report.problems.filter { !$0.hasSuffix("came before with the same body, and is rejected now") }
            #expect(problems.isEmpty && report.problemCount < 50, "\(report.text)", sourceLocation: sourceLocation)
            try expectCheckpointsEqualLedger(installation, sourceLocation: sourceLocation)
        }

        /// The next owner gives the first answers: after kill -9 it knows the ids from the ledger, after a clean stop from the checkpoint.
        /// Where either is not read, "good" is applied twice; where refusals are not remembered, "refused" takes the stock that has come
        /// since.
        @Test func theNextOwnerGivesTheFirstAnswers() throws {
            let installation = try DuplicateTests.installation()
            func hold(_ id: String, _ quantity: Int) -> InputRecord {
                let fields = #""location":"BER1","hold":"\#(id)","quantity":\#(quantity),"ttlSeconds":3600"#
                return InputRecord(id, "hold", DuplicateTests.sku, fields)
            }
            let good = DuplicateTests.adjust("good")
            let other = InputRecord("good", "adjust", DuplicateTests.sku, #""location":"BER1","quantity":2,"reason":"found""#)
            let first = try installation.startEngine(awaited: 1)
            try installation.produce([good, hold("refused", 100), good])
            try installation.waitUntilCaughtUp(first)
            // One that has no partition, and waits.
            let second = try installation.startEngine()
            _ = try within(seconds: 60, "a start") { second.process.errors.contains("engine started") ? true : nil }
            try installation.produce([
                InputRecord("stock", "receive", DuplicateTests.sku, #""location":"BER1","quantity":200,"receipt":"R""#)
            ])
            try installation.waitUntilCaughtUp(first)
            first.process.kill()
            try second.waitUntilRunning(1)
            try installation.produce([good, hold("refused", 100), other])
            try installation.waitUntilCaughtUp(second)
            try second.drain()
            let third = try installation.startEngine(awaited: 1)
            try installation.produce([good, hold("refused", 100), other])
            try installation.waitUntilCaughtUp(third)
            try third.drain()

            let ledger = try installation.ledger()
            let repeats = ["duplicate", "duplicate", "rejected id-conflict", "duplicate", "rejected id-conflict"]
            #expect(ledger.outcomes("good") == ["accepted"] + repeats)
            let refused = "duplicate rejected insufficient-stock"
            #expect(ledger.outcomes("refused") == ["rejected insufficient-stock", refused, refused])
            let sku = try installation.view.sku(DuplicateTests.sku)
            #expect(sku["onHand"] == "201" && sku["held"] == "0", "\(sku)")
            try DuplicateTests.expectSound(installation)
        }

        /// A window of 1,000 ids: what is in it is a repeat; what has left it, and has no business id, is refused by when it occurred,
        /// unless it names the version that it expects. Without that rule, or where a restore forgets through when ids have left, "a100"
        /// and "a99" are applied again.
        @Test func atTheWindowsEdge() throws {
            let installation = try DuplicateTests.installation(["STOCKSTREAM_ENGINE_ID_WINDOW_MINUTES": "1"])
            let start = Date(timeIntervalSinceNow: -3_600)
            func event(_ number: Int, isSentThen: Bool = false) -> InputRecord {
                DuplicateTests.adjust("a\(number)", at: start.addingTimeInterval(Double(number)), isSentThen: isSentThen)
            }
            try installation.appendBacklog((0...1_100).map { event($0, isSentThen: true) })
            let first = try installation.startEngine(awaited: 1)
            try installation.waitUntilCaughtUp(first)
            // The last thousand, from 101 on. What has left is in the mark of the next checkpoint.
            try first.wait(for: 1_000, "stock_id_window_entries", "partition")
            try first.wait(for: 0, "stock_snapshot_age_seconds", "partition")
            try installation.produce([event(101), event(100)])
            try installation.waitUntilCaughtUp(first)
            first.process.kill()

            let second = try installation.startEngine(awaited: 1)
            // Of an id that nobody has seen, too, it can't be told any more; the version can.
            try installation.produce([
                event(150), event(99), DuplicateTests.adjust("late", at: start),
                DuplicateTests.adjust("exact", version: 1_101, at: start), DuplicateTests.adjust("new"),
            ])
            try installation.waitUntilCaughtUp(second)
            try second.drain()
            let third = try installation.startEngine(awaited: 1)
            try installation.produce([event(200), event(98)])
            try installation.waitUntilCaughtUp(third)
            try third.drain()

            let ledger = try installation.ledger()
            for inside in [101, 150, 200] { #expect(ledger.outcomes("a\(inside)") == ["accepted", "duplicate"], "\(inside)") }
            for outside in [100, 99, 98] { #expect(ledger.outcomes("a\(outside)") == ["accepted", "rejected too-old"], "\(outside)") }
            #expect(ledger.outcomes("late") == ["rejected too-old"])
            #expect(ledger.outcomes("exact") == ["accepted"] && ledger.outcomes("new") == ["accepted"])
            #expect(try installation.view.sku(DuplicateTests.sku)["onHand"] == "\(1_101 + 2)")
            try DuplicateTests.expectSound(installation)
        }

        /// More ids and more finished sales than a partition may remember, all young: the oldest go, counted and alarmed, and nothing else
        /// changes. Without the count the metrics stay at 0 and nothing is said.
        @Test func whatIsForgottenEarlyIsCountedAndAlarmed() throws {
            let installation = try DuplicateTests.installation([
                "STOCKSTREAM_ENGINE_ID_WINDOW_CAP": "1000", "STOCKSTREAM_ENGINE_LIMITS_CLOSED_RECORDS_PER_PARTITION": "1000",
            ])
            let stock = InputRecord(
                "r", "receive", DuplicateTests.sku, #""location":"BER1","quantity":2000,"receipt":"R""#,
                time: Date(timeIntervalSinceNow: -90))
            func sale(_ number: Int, at time: Date? = nil) -> InputRecord {
                let fields = #""location":"BER1","orderLine":"o\#(number)","quantity":1"#
                return InputRecord("s\(number)", "sale", DuplicateTests.sku, fields, time: time)
            }
            // Each at a time of its own: what occurred when something was forgotten is too old.
            let start = Date(timeIntervalSinceNow: -60)
            try installation.appendBacklog([stock] + (1...1_300).map { sale($0, at: start.addingTimeInterval(Double($0) / 100)) })
            let first = try installation.startEngine(awaited: 1)
            try installation.waitUntilCaughtUp(first)
            // 1,301 ids, and as many receipts and order lines.
            try first.wait(for: 301, "stock_ids_evicted_early_total", "partition")
            try first.wait(for: 301, "stock_closed_forgotten_early_total", "partition")
            for limit in ["engine.idWindow.cap", "engine.limits.closedRecordsPerPartition"] {
                _ = try within(seconds: 30, limit) { first.process.errors.contains("raise \(limit)") ? true : nil }
            }
            try installation.produce([sale(1_300), sale(1_301)])
            try installation.waitUntilCaughtUp(first)
            first.process.kill()
            let second = try installation.startEngine(awaited: 1)
            try installation.produce([sale(1_299), sale(1_302)])
            try installation.waitUntilCaughtUp(second)
            try second.wait(for: 303, "stock_closed_forgotten_early_total", "partition")
            try second.drain()

            let ledger = try installation.ledger()
            for number in [1_299, 1_300] { #expect(ledger.outcomes("s\(number)") == ["accepted", "duplicate"], "\(number)") }
            for number in [1, 1_301, 1_302] { #expect(ledger.outcomes("s\(number)") == ["accepted"], "\(number)") }
            #expect(try installation.view.sku(DuplicateTests.sku)["onHand"] == "\(2_000 - 1_302)")
            try DuplicateTests.expectSound(installation)
        }
    }
}
