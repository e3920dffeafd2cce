import Foundation
import RedisAdapter
import StockSim
import StockWire
import Testing

extension RealSystemTests {
    /// Repeats, conflicts and poison, across a restart.
    @Suite struct IdempotencyTests {
        private static func hold(_ id: String, _ hold: String, _ quantity: Int, ttl: Int = 3_600) -> String {
            #"{"id":"\#(id)","source":"shop","type":"hold","sku":"BRK-1","location":"BER1","hold":"\#(hold)","#
                + #""quantity":\#(quantity),"ttlSeconds":\#(ttl)}"#
        }

        @Test func repeatsHaveNoEffectAcrossARestart() throws {
            let installation = try Installation(partitions: 2, sessionMilliseconds: 1_500)
            let send = { (json: String, reply: String) in try installation.send(json, sku: "BRK-1", headers: [("reply-key", reply)]) }
            let first = try installation.startEngine(awaited: 2)
            try send(
                #"{"id":"r1","source":"wms","type":"receive","sku":"BRK-1","location":"BER1","quantity":10,"receipt":"A"}"#, "received")
            try send(IdempotencyTests.hold("h1", "cart-1", 4), "held")
            try send(IdempotencyTests.hold("h1", "cart-1", 4), "again")
            try send(IdempotencyTests.hold("h1", "cart-1", 5), "conflict")
            try send(IdempotencyTests.hold("h2", "cart-2", 7), "refused")
            try installation.waitUntilCaughtUp(first)
            first.process.kill()

            let second = try installation.startEngine(awaited: 2)
            try send(IdempotencyTests.hold("h1", "cart-1", 4), "again after a crash")
            try send(IdempotencyTests.hold("h1", "cart-1", 5), "conflict after a crash")
            try send(IdempotencyTests.hold("h2", "cart-2", 7), "refused before the crash")
            try installation.waitUntilCaughtUp(second)
            try second.drain()

            let third = try installation.startEngine(awaited: 2)
            try send(IdempotencyTests.hold("h1", "cart-1", 4), "again after a clean stop")
            // Another id, the same hold: known by its business id.
            try send(IdempotencyTests.hold("h3", "cart-1", 4), "same hold")
            try installation.waitUntilCaughtUp(third)
            try third.drain()
            try checkReplies(installation)

            let sku = try installation.view.sku("BRK-1")
            #expect(sku["onHand"] == "10" && sku["held"] == "4" && sku["available"] == "6", "\(sku)")
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds, "\(report.text)")
            #expect(report.accepted + report.duplicates + report.refusedCount == 10)
            try expectCheckpointsEqualLedger(installation)
        }

        private func checkReplies(_ installation: Installation) throws {
            var replies: [String: CopiedRecord] = [:]
            for reply in try installation.records(.replies) {
                #expect(replies.updateValue(reply, forKey: reply.keyText) == nil, "two answers to \(reply.keyText)")
                #expect(reply.headers["ce_type"] == "stock.reply.v1" && reply.headers["ce_specversion"] == "1.0")
            }
            #expect(replies.count == 10)
            func outcome(_ key: String) -> [String?] {
                ["outcome", "rejection", "firstOutcome", "firstRejection"].map { replies[key]?.text($0) }
            }
            #expect(outcome("received") == ["accepted", nil, nil, nil])
            #expect(outcome("held") == ["accepted", nil, nil, nil])
            let after = replies["held"]?.json["after"] as? [String: Any]
            #expect(after?["held"] as? Int == 4 && after?["available"] as? Int == 6 && after?["onHand"] as? Int == 10)
            #expect(outcome("refused") == ["rejected", "insufficient-stock", nil, nil])
            #expect(replies["refused"]?.number("available") == 6)
            let seq = replies["held"]?.number("seq")
            for key in ["again", "again after a crash", "again after a clean stop"] {
                #expect(outcome(key) == ["duplicate", nil, "accepted", nil], "\(key)")
                #expect(replies[key]?.number("firstSeq") == seq, "\(key)")
            }
            for key in ["conflict", "conflict after a crash"] {
                #expect(outcome(key) == ["rejected", "id-conflict", nil, nil], "\(key)")
                #expect(replies[key]?.number("firstSeq") == seq, "\(key)")
            }
            #expect(outcome("refused before the crash") == ["duplicate", nil, "rejected", "insufficient-stock"])
            #expect(outcome("same hold").first == "duplicate" || outcome("same hold").first == "accepted", "\(outcome("same hold"))")
        }

        @Test func poisonIsPutAsideWithAllThatItHad() throws {
            let installation = try Installation(partitions: 2)
            let engine = try installation.startEngine(awaited: 2)
            let good = { (id: String, quantity: Int) in
                #"{"id":"\#(id)","type":"receive","sku":"BRK-1","location":"BER1","quantity":\#(quantity),"receipt":"\#(id)"}"#
            }
            // Any bytes, those too that are no text.
            let poison = Data([0x7B, 0xFF, 0x00, 0x0A, 0x22]) + Data("not JSON".utf8)
            let wrong = #"{"id":"w","type":"receive","sku":"BRK-1","location":"BER1","quantity":2.5,"receipt":"w"}"#
            try installation.send(good("g1", 1), sku: "BRK-1")
            let home = try installation.records(.events)[0].partition
            try installation.kcat(key: "BRK-1", value: poison, headers: [("trace", "t-1"), ("reply-key", "p")], partition: home)
            try installation.send(good("g2", 2), sku: "BRK-1")
            try installation.send(wrong, sku: "BRK-1", headers: [("reply-key", "w")])
            try installation.send(good("g3", 4), sku: "BRK-1")
            try installation.waitUntilCaughtUp(engine)
            try engine.drain()

            let input = try installation.records(.events)
            let letters = try installation.records(.deadLetters).sorted { $0.headers["dlq-offset"]! < $1.headers["dlq-offset"]! }
            try #require(letters.count == 2)
            for (letter, original) in zip(letters, [input[1], input[3]]) {
                #expect(letter.key == original.key && letter.value == original.value)
                #expect(letter.headers["dlq-topic"] == installation.topic(.events))
                #expect(letter.headers["dlq-partition"] == "\(original.partition)" && letter.headers["dlq-offset"] == "\(original.offset)")
                #expect(letter.headers["dlq-timestamp"] == "\(original.timestampMilliseconds)")
                #expect(letter.headers["ce_type"] == "stock.dead-letter.v1")
            }
            #expect(letters[0].value == Array(poison))
            #expect(letters[0].headers["original.trace"] == "t-1" && letters[0].headers["original.reply-key"] == "p")
            #expect(["syntax", "invalid-utf8"].contains(letters[0].headers["dlq-code"] ?? ""))
            #expect(letters[1].headers["dlq-code"] == "not-an-integer" && letters[1].headers["dlq-field"] == "quantity")
            #expect(letters[1].headers["dlq-reason"]?.contains("field \"quantity\"") == true)
            let replies = try installation.records(.replies)
            #expect(Set(replies.map(\.keyText)) == ["p", "w"] && replies.allSatisfy { $0.text("outcome") == "dead-lettered" })
            #expect(try installation.view.sku("BRK-1")["onHand"] == "7")
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds && report.accepted == 3 && report.deadLettered == 2, "\(report.text)")
        }
    }
}
