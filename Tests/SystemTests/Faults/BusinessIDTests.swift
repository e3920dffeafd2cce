import Foundation
import RedisAdapter
import StockSim
import Testing

extension RealSystemTests {
    /// Repeats that only business ids can tell, and those that nothing tells any more.
    @Suite struct BusinessIDTests {
        private static let sku = DuplicateTests.sku

        /// Ten received; three held, committed, shipped, one of them returned; one sold at the till: six on the shelf, one in quarantine.
        private static func story(_ tag: String, _ day: Date, suffix: String = "", isSentThen: Bool = false) -> [InputRecord] {
            let parts: [(String, String)] = [
                ("receive", #""location":"BER1","quantity":10,"receipt":"\#(tag)-R""#),
                ("hold", #""location":"BER1","hold":"\#(tag)-H","quantity":3,"ttlSeconds":600"#),
                ("commit", #""hold":"\#(tag)-H","orderLine":"\#(tag)-O""#),
                ("ship", #""shipment":"\#(tag)-S","orderLine":"\#(tag)-O""#),
                ("return", #""return":"\#(tag)-T","orderLine":"\#(tag)-O","location":"BER1","quantity":1"#),
                ("sale", #""location":"BER1","orderLine":"\#(tag)-P","quantity":1"#),
            ]
            return parts.enumerated().map { index, part in
                let time = day.addingTimeInterval(Double(index))
                return InputRecord(
                    "\(tag)-\(part.0)\(suffix)", part.0, sku, part.1, occurredAt: time, time: isSentThen ? time : nil)
            }
        }

        private static func late(_ id: String, _ disposition: String) -> InputRecord {
            let fields = #""return":"\#(id)","orderLine":"past-O","location":"BER1","quantity":1"#
            return InputRecord(id, "return", sku, fields + (disposition.isEmpty ? "" : #","disposition":"\#(disposition)""#))
        }

        /// One story of two hours ago, whose ids have left the window, and one of two days ago, which is forgotten altogether: sent again
        /// with the same ids and with others, to three owners, neither has a second effect. Goods that come back for what is forgotten are
        /// taken, apart and flagged.
        ///
        /// Without the closed records "recent" happens again, so that the next owner finds a checkpoint that does not add up; without the
        /// horizon, or with one that a restore forgets, "past" happens again; without the rule for returns the goods are refused.
        @Test func haveOneEffectBeyondTheWindowAndBeyondTheHorizon() throws {
            let installation = try DuplicateTests.installation([
                "STOCKSTREAM_ENGINE_ID_WINDOW_MINUTES": "1", "STOCKSTREAM_ENGINE_CLOSED_RETENTION_DAYS": "1",
                "STOCKSTREAM_ENGINE_ORDER_LINE_RETENTION_DAYS": "1",
            ])
            let now = Date()
            let past = now.addingTimeInterval(-2 * 86_400)
            let recent = now.addingTimeInterval(-7_200)
            let hour = now.addingTimeInterval(-3_600)
            let others = (0..<1_000).map {
                DuplicateTests.adjust("f\($0)", sku: "OTHER", at: hour.addingTimeInterval(Double($0)), isSentThen: true)
            }
            let stories = BusinessIDTests.story("past", past, isSentThen: true) + BusinessIDTests.story("recent", recent, isSentThen: true)
            try installation.appendBacklog(stories + others)
            var engine = try installation.startEngine(awaited: 1)
            try installation.waitUntilCaughtUp(engine)
            // Receipt, hold, shipment, return and two order lines: those of one story are left.
            try engine.wait(for: 6, "stock_closed_records{", "partition")
            try engine.wait(for: 1_000, "stock_id_window_entries", "partition")
            for round in ["", " 1", " 2"] {
                // To the first owner with the very ids that have left; to the next ones with others.
                try installation.produce(
                    BusinessIDTests.story("past", past, suffix: round) + BusinessIDTests.story("recent", recent, suffix: round) + [
                        BusinessIDTests.late("T\(round)-none", ""), BusinessIDTests.late("T\(round)-qc", "qc"),
                        BusinessIDTests.late("T\(round)-sellable", "sellable"),
                    ])
                try installation.waitUntilCaughtUp(engine)
                if round == "" { engine.process.kill() } else { try engine.drain() }
                if round != " 2" { engine = try installation.startEngine(awaited: 1) }
            }
            try expectOutcomes(try installation.ledger())
            let sku = try installation.view.sku(BusinessIDTests.sku)
            // Two stories, and nine late returns that can't be sold.
            #expect(sku["onHand"] == "\(2 * 7 + 9)" && sku["available"] == "12" && sku["unavailable"] == "\(2 + 9)", "\(sku)")
            try DuplicateTests.expectSound(installation)
        }

        private func expectOutcomes(_ ledger: [CopiedRecord]) throws {
            for type in ["receive", "hold", "commit", "ship", "return", "sale"] {
                let again = type == "hold" ? "rejected hold-committed" : "duplicate"
                #expect(ledger.outcomes("recent-\(type)") == ["accepted", again], "\(type)")
                #expect(ledger.outcomes("past-\(type)") == ["accepted", "rejected too-old"], "\(type)")
                for round in [" 1", " 2"] {
                    #expect(ledger.outcomes("recent-\(type)\(round)") == [again], "\(type)")
                    #expect(ledger.outcomes("past-\(type)\(round)") == ["rejected too-old"], "\(type)")
                }
            }
            for round in ["", " 1", " 2"] {
                for (given, taken) in [("none", "quarantine"), ("qc", "qc"), ("sellable", "quarantine")] {
                    let fact = try #require(ledger.first { $0.text("id") == "T\(round)-\(given)" })
                    #expect(fact.text("outcome") == "accepted" && fact.text("disposition") == taken, "\(fact.json)")
                    #expect(fact.json["unverified"] as? Bool == true, "\(fact.json)")
                }
            }
        }
    }
}
