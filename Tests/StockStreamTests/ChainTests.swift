import StockCore
import StockWire
import Testing

@testable import StockStream

/// Requests that name SKUs of several partitions: each part happens once, whatever fails (DESIGN 6).
@Suite struct ChainTests {
    private func request(_ world: StreamWorld, _ quantity: Int64, id: String, _ skus: [String], key: String = "me") {
        let others = skus.dropFirst().map { "\"\($0)\"" }.joined(separator: ",")
        let value =
            #"{"id":"\#(id)","source":"shop","type":"hold","sku":"\#(skus[0])","location":"W1","hold":"h","quantity":\#(quantity),"#
            + #""ttlSeconds":600,"minShelfLifeDays":0,"meta":{"a":1},"alternatives":[\#(others)]}"#
        let partition = Key(text: skus[0])!.withBytes { Murmur2.partition($0, of: world.kafka.partitions) }
        world.kafka.produce(partition, key: skus[0], value: value, headers: [("reply-key", key)])
    }

    private func held(_ world: StreamWorld, _ partition: Int32) -> [Int64] {
        world.facts(partition).filter { $0.kind == .hold && $0.outcome == .accepted }.map(\.quantity)
    }

    private func replies(_ world: StreamWorld) -> [String] {
        (0..<world.kafka.partitions).flatMap { world.kafka.log(OutputTopic.replies, $0).committedRecords.map { $0.record.text } }
    }

    /// Fails without the transaction's record, the id with the hop, and the answer of the last one only.
    @Test func theRestGoesFromSKUToSKU() {
        let world = StreamWorld(partitions: 3)
        let engine = world.engine("one", [0, 1, 2])
        let skus = [world.sku(0), world.sku(1), world.sku(2)]
        world.receive(skus[0], 2)
        world.receive(skus[2], 9)
        world.settle(engine)
        request(world, 5, id: "e-1", skus)
        for _ in 0..<4 { world.settle(engine) }
        #expect(held(world, 0) == [2] && held(world, 1) == [] && held(world, 2) == [3])
        let middle = world.facts(1).last
        #expect(middle?.rejection == .insufficientStock && middle?.chain.hop == 2 && middle?.chain.passedOn == 3)
        let last = world.kafka.log(OutputTopic.events, 2).committedRecords.last?.record
        #expect(last?.text.contains(#""id":"e-1/3","source":"shop""#) == true)
        #expect(last?.text.contains("\"visited\":[\"\(skus[0])\",\"\(skus[1])\"]") == true && last?.header("reply-key") == "me")
        let answers = replies(world)
        #expect(answers.count == 1 && answers[0].contains(#""id":"e-1""#))
        #expect(answers[0].contains(#""chain":{"hop":3,"asked":5,"met":5}"#), "\(answers)")
        // The same request again changes nothing anywhere.
        request(world, 5, id: "e-1", skus)
        for _ in 0..<4 { world.settle(engine) }
        #expect(held(world, 0) == [2] && held(world, 2) == [3] && world.facts(1).count == 1)
        for partition: Int32 in 0...2 { world.checkLedger(partition) }
        for partition: Int32 in 0...2 { #expect(world.restoredDigest(partition) == world.replayedDigest(partition)) }
    }

    /// A transaction that is aborted takes the passed-on event along, and the next try makes it again.
    @Test func anAbortLeavesNoPartOfARequest() {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        let skus = [world.sku(0), world.sku(1)]
        world.receive(skus[0], 2)
        world.receive(skus[1], 9)
        world.settle(engine)
        engine.fail(.commit, [.unknown(isCommitted: false), .answer(.mustAbort(FakeSink.error("fault")))])
        request(world, 5, id: "e-1", skus)
        for _ in 0..<4 { world.settle(engine) }
        #expect(held(world, 0) == [2] && held(world, 1) == [3])
        #expect(world.kafka.log(OutputTopic.events, 1).committedRecords.filter { $0.record.text.contains("e-1/2") }.count == 1)
        for partition: Int32 in 0...1 { world.checkLedger(partition) }
    }

    /// An engine dies between the two parts, once with its last commit done and once without: another goes on.
    @Test(arguments: [true, false]) func anotherEngineGoesOnAfterACrash(isCommitted: Bool) {
        let world = StreamWorld(partitions: 2)
        let skus = [world.sku(0), world.sku(1)]
        do {
            let engine = world.engine("one", [0, 1])
            world.receive(skus[0], 2)
            world.receive(skus[1], 9)
            world.settle(engine)
            engine.fail(.commit, [.unknown(isCommitted: isCommitted)])
            request(world, 5, id: "e-1", skus)
            // It dies as soon as it has tried to commit the first part.
            let tried = engine.sinks.reduce(0) { $0 + $1.commits.count }
            world.run(engine) { engine.sinks.reduce(0) { $0 + $1.commits.count } > tried }
        }
        let second = world.engine("two", [0, 1])
        for _ in 0..<4 { world.settle(second) }
        #expect(held(world, 0) == [2] && held(world, 1) == [3])
        #expect(replies(world).count == 1)
        for partition: Int32 in 0...1 { world.checkLedger(partition) }
    }
}
