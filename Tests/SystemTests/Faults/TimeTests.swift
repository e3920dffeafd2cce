import Foundation
import RedisAdapter
import StockSim
import Testing

extension RealSystemTests {
    /// Log time: what a hold lives by, whatever engines and producers do to it.
    @Suite struct TimeTests {
        private static let sku = "LIP-1"
        private static let year2100 = Date(timeIntervalSince1970: 4_102_444_800)

        private func installation(_ more: [String: String] = [:]) throws -> Installation {
            try Installation(
                partitions: 1, sessionMilliseconds: 1_500, more: ["STOCKSTREAM_ENGINE_WORKERS": "1"].merging(more) { $1 })
        }

        private static func receive(_ id: String, _ quantity: Int, sku: String = sku, time: Date? = nil) -> InputRecord {
            InputRecord(id, "receive", sku, #""location":"BER1","quantity":\#(quantity),"receipt":"\#(id)""#, time: time)
        }

        private static func hold(_ hold: String, _ quantity: Int, ttl: Int, sku: String = sku, time: Date? = nil) -> InputRecord {
            InputRecord(
                hold, "hold", sku, #""location":"BER1","hold":"\#(hold)","quantity":\#(quantity),"ttlSeconds":\#(ttl)"#, time: time)
        }

        private static func adjust(_ id: String, time: Date? = nil) -> InputRecord {
            InputRecord(id, "adjust", sku, #""location":"BER1","quantity":1,"reason":"found""#, time: time)
        }

        private func waitUntilHeld(_ quantity: Int, _ installation: Installation, seconds: Double = 60) throws {
            let view = try installation.view
            _ = try within(seconds: seconds, "\(quantity) held") {
                try view.sku(TimeTests.sku)["held"] == "\(quantity)" ? true : nil
            }
        }

        /// The holds that ended by their time, in order.
        private func ended(_ ledger: [CopiedRecord]) -> [String] {
            ledger.facts("expire").flatMap { fact in
                (fact.json["items"] as? [[String: Any]] ?? []).compactMap { $0["hold"] as? String }
            }
        }

        private func expectSound(_ installation: Installation, sourceLocation: SourceLocation = #_sourceLocation) throws {
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds, "\(report.text)", sourceLocation: sourceLocation)
            try expectCheckpointsEqualLedger(installation, sourceLocation: sourceLocation)
        }

        /// What waited while no engine ran is decided by the time at which it was appended. Without that (log time from the clock), commits
        /// that came after their hold's time are accepted; where log time may move with the clock before the end of the input is reached,
        /// those that came in time are refused.
        @Test func anHoursBacklogIsDecidedByItsOwnTimes() throws {
            let installation = try installation(["STOCKSTREAM_ENGINE_BATCH_RECORDS": "20"])
            let start = Date(timeIntervalSinceNow: -3_600)
            func at(_ seconds: Double) -> Date { start.addingTimeInterval(seconds) }
            var records = [TimeTests.receive("r", 100, time: at(0)), TimeTests.receive("s", 10, sku: "LIP-2", time: at(1))]
            for number in 0..<40 { records.append(TimeTests.hold("h\(number)", 1, ttl: 600, time: at(10 + Double(number) / 10))) }
            records.append(TimeTests.hold("other", 10, ttl: 600, sku: "LIP-2", time: at(20)))
            func commit(_ number: Int, _ seconds: Double) -> InputRecord {
                InputRecord("c\(number)", "commit", TimeTests.sku, #""hold":"h\#(number)","orderLine":"o\#(number)""#, time: at(seconds))
            }
            for number in stride(from: 0, to: 40, by: 2) { records.append(commit(number, 500 + Double(number))) }
            for number in stride(from: 1, to: 40, by: 2) { records.append(commit(number, 700 + Double(number))) }
            records.append(TimeTests.hold("young", 5, ttl: 7_200, time: at(3_000)))
            try installation.appendBacklog(records)

            let engine = try installation.startEngine(awaited: 1)
            try installation.waitUntilCaughtUp(engine)
            try engine.drain()
            let ledger = try installation.ledger()
            for number in 0..<40 {
                let wanted = number % 2 == 0 ? "accepted" : "rejected hold-expired"
                #expect(ledger.outcomes("c\(number)") == [wanted], "commit \(number)")
            }
            for (fact, record) in zip(ledger.filter { $0.number("offset") != nil }, records) {
                #expect(fact.number("timeMilliseconds") == record.time?.milliseconds)
            }
            // A SKU that nobody asks for: its hold ends while the backlog is read, not at its end.
            let other = try #require(ledger.facts("expire").first { $0.text("sku") == "LIP-2" }?.number("timeMilliseconds"))
            #expect((at(620).milliseconds...at(800).milliseconds).contains(other))
            #expect(ended(ledger).count == 21)
            let sku = try installation.view.sku(TimeTests.sku)
            #expect(sku["held"] == "5" && sku["committed"] == "20" && sku["onHand"] == "100", "\(sku)")
            try expectSound(installation)
        }

        /// The time that passes while nobody runs counts. Without the wall clock in the base from which an idle partition's time moves,
        /// each engine begins anew where the last record stood, and the hold lives as long as engines come and go.
        @Test func aHoldOnAnIdlePartitionEndsThoughItsEngineComesAndGoes() throws {
            let installation = try installation()
            var engine = try installation.startEngine(awaited: 1)
            let due = Date(timeIntervalSinceNow: 7)
            try installation.produce([TimeTests.receive("r", 10), TimeTests.hold("h", 4, ttl: 7)])
            try waitUntilHeld(4, installation)
            var lives = 1
            try engine.drain()
            repeat {
                guard Date() < due.addingTimeInterval(60) else { throw TimedOut(description: "the hold has outlived \(lives) engines") }
                engine = try installation.startEngine(awaited: 1)
                lives += 1
                // A life far shorter than the hold's.
                if (try? waitUntilHeld(0, installation, seconds: 1)) != nil { break }
                engine.process.kill()
            } while true
            print("the hold has ended in the life of engine \(lives), \(milliseconds(Date().timeIntervalSince(due))) after its time")
            #expect(lives > 2, "nobody came and went")
            #expect(Date() >= due, "not before its time")
            try engine.drain()
            #expect(ended(try installation.ledger()) == ["h"])
            try expectSound(installation)
        }

        /// A topic that was set to CreateTime under a running engine, and a producer whose clock says 2100. Where its stamp counts like a
        /// broker's, log time jumps to 2100, the broker refuses the ledger's records of that time, and nothing goes on.
        @Test func aRecordOfTheYear2100MovesNoTime() throws {
            let installation = try installation()
            let first = try installation.startEngine(awaited: 1)
            try installation.produce([
                TimeTests.receive("r", 10), TimeTests.hold("long", 1, ttl: 3_600), TimeTests.hold("short", 2, ttl: 4),
            ])
            try installation.waitUntilCaughtUp(first)
            try installation.letProducersStamp(true)
            try installation.produce([TimeTests.adjust("seen", time: TimeTests.year2100)])
            try installation.waitUntilCaughtUp(first)
            try first.wait(for: 1, "stock_future_stamps_total{", "worker")
            #expect(first.sum("stock_clock_off{") == 0)
            // On the idle partition the one that is due ends, the other does not.
            try waitUntilHeld(1, installation)
            first.process.kill()
            // One that nobody has read yet.
            try installation.produce([TimeTests.adjust("unseen", time: TimeTests.year2100)])
            try installation.letProducersStamp(false)

            let second = try installation.startEngine(awaited: 1)
            try installation.waitUntilCaughtUp(second)
            try second.wait(for: 1, "stock_future_stamps_total{", "worker")
            try installation.produce([TimeTests.hold("later", 3, ttl: 1)])
            try installation.waitUntilCaughtUp(second)
            try waitUntilHeld(1, installation)
            #expect(second.sum("stock_clock_off{") == 0)
            try second.drain()
            let ledger = try installation.ledger()
            let now = Date().milliseconds
            #expect(ledger.allSatisfy { $0.number("timeMilliseconds")! <= now && $0.number("occurredAtMilliseconds") ?? 0 <= now })
            #expect(ended(ledger) == ["short", "later"])
            #expect(try installation.view.sku(TimeTests.sku)["onHand"] == "12")
            try expectSound(installation)
        }
    }
}
