import StockCore
import StockWire
import Testing

@testable import StockStream

/// What the ledger must be, whatever comes in (DESIGN 4.1).
@Suite struct LedgerRuleTests {
    /// Fails without: `makeUnreadable` for dead letters and reroutes, the duplicate's own fact, `next` in timers.
    @Test func oneLedgerRecordForEveryConsumedRecord() {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        let sku = world.sku(0)
        world.receive(sku, 10, id: "same")
        world.receive(sku, 10, id: "same")
        world.hold(sku, "h1", 4)
        world.hold(sku, "h2", 40)
        world.kafka.produce(0, key: sku, value: "no event")
        world.kafka.produce(0, key: nil, value: nil)
        world.settle(engine)
        // On the wrong partition: it goes on, once.
        world.kafka.produce(1, key: sku, value: #"{"id":"m1","type":"receive","sku":"\#(sku)","location":"W1","quantity":1,"receipt":"m"}"#)
        world.settle(engine)
        world.settle(engine)
        #expect(world.facts(0).map(\.outcome) == [.accepted, .rejected, .accepted, .rejected, .deadLettered, .deadLettered, .accepted])
        #expect(world.facts(1).map(\.outcome) == [.rerouted])
        for partition: Int32 in [0, 1] { world.checkLedger(partition) }
        #expect(world.facts(0)[0].incarnation > 0, "the first record tells the incarnation")
        #expect(world.facts(0).dropFirst().allSatisfy { $0.incarnation == 0 })
    }

    /// One hop: what was sent on to a wrong place again is a dead letter, and its headers tell from where. Fails without the check of
    /// `isRerouted`.
    @Test func aRecordIsSentOnOnce() {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        let sku = world.sku(0)
        let value = #"{"id":"m1","type":"receive","sku":"\#(sku)","location":"W1","quantity":1,"receipt":"m"}"#
        world.kafka.produce(1, key: "other", value: value, headers: [("stock-rerouted-from", "0/5")])
        world.kafka.produce(1, key: "other", value: value, headers: [("mine", "kept")])
        world.settle(engine)
        world.settle(engine)
        #expect(world.facts(1).map(\.outcome) == [.deadLettered, .rerouted])
        let arrived = world.kafka.log(OutputTopic.events, 0).committedRecords.map(\.record)
        #expect(arrived.count == 1)
        #expect(arrived.first?.header("mine") == "kept" && arrived.first?.header("stock-rerouted-from") == "1/1")
        #expect(arrived.first?.text == value, "with its bytes as they were")
        #expect(world.facts(0).map(\.outcome) == [.accepted])
    }

    /// The original bytes, key and headers, and where they stood. Fails without `output.deadLetter`.
    @Test func aDeadLetterHasEverything() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.kafka.produce(0, key: "k", value: "{broken", headers: [("h", "v")])
        world.kafka.produce(0, key: "k", value: String(repeating: "x", count: 1 << 21))
        world.settle(engine)
        let letters = world.kafka.log(OutputTopic.deadLetters, 0).committedRecords.map(\.record)
        #expect(letters.count == 2)
        #expect(letters.first?.text == "{broken" && letters.first?.header("original.h") == "v")
        #expect(letters.first?.header("dlq-partition") == "0" && letters.first?.header("dlq-offset") == "0")
        #expect(letters.last?.text.utf8.count == DeadLetterEncoder.keptBytes, "of one that is too large, the beginning")
        #expect(world.facts().map(\.outcome) == [.deadLettered, .deadLettered])
    }

    /// Accepted, refused, duplicate: each answer arrives in the transaction of its fact, at the partition asked for.
    @Test func callersGetTheirAnswers() {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        let sku = world.sku(0)
        let headers = [("reply-key", "caller-7"), ("reply-partition", "1")]
        let value = #"{"id":"a1","type":"receive","sku":"\#(sku)","location":"W1","quantity":5,"receipt":"r"}"#
        let hold = #"{"id":"a2","type":"hold","sku":"\#(sku)","location":"W1","hold":"h","quantity":50,"ttlSeconds":9}"#
        for text in [value, hold, value] { world.kafka.produce(0, key: sku, value: text, headers: headers) }
        world.settle(engine)
        let replies = world.kafka.log(OutputTopic.replies, 1).committedRecords.map(\.record)
        #expect(replies.count == 3)
        #expect(replies.allSatisfy { $0.key.map { String(decoding: $0, as: UTF8.self) } == "caller-7" })
        for (reply, outcome) in zip(replies, ["accepted", "rejected", "duplicate"]) {
            #expect(reply.text.contains("\"outcome\":\"\(outcome)\""), "\(reply.text)")
        }
    }

    /// The first transaction after an assignment holds the claims and nothing else. Fails without `commitClaims` before `collect`.
    @Test func claimsComeFirst() throws {
        let world = StreamWorld(partitions: 2)
        world.receive(world.sku(0), 1)
        let engine = world.engine("one", [0, 1])
        world.settle(engine)
        let first = try #require(engine.sinks[0].commits.first)
        #expect(first.map(\.partition) == [0, 1])
        for offset in first {
            let claim = try #require(Claim(metadata: offset.metadata))
            #expect(claim.seq == 0 && claim.commit == 1 && claim.transactionalIDs == ["one-a", "one-b"])
            #expect(offset.next == 0)
        }
        #expect(world.claim(0)?.seq == 1)
    }

    /// Fails where a transaction sends the offsets of the records only: a timer alone would not be fenced.
    @Test func everyTransactionSendsTheOffsetOfEveryTaskItWroteFor() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 10)
        world.hold("S", "h", 4, ttl: 5)
        world.settle(engine)
        world.run(engine) { world.facts().count == 3 }
        #expect(world.facts().last?.kind == .expire)
        world.checkLedger()
        // Stopped between two turns, thrown out, and woken after the takeover, with only a timer due.
        world.hold("S", "h2", 4, ttl: 5)
        world.settle(engine)
        engine.source.expel()
        let other = world.engine("two", [0])
        world.run(other, turns: 5)
        let before = world.facts()
        #expect(before.count == 4)
        world.clock.advance(milliseconds: 6_000)
        world.run(engine, turns: 20)
        #expect(world.facts() == before, "the zombie commits nothing")
        #expect(engine.worker.status().counters.aborts > 0)
        world.run(other) { world.facts().count == 5 }
        world.checkLedger()
    }
}
