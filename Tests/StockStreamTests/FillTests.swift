import StockCore
import Testing

@testable import StockStream

/// What one receipt gives to many who wait is done in the course of turns, by whoever owns the partition.
@Suite struct FillTests {
    private func world(waiting count: Int) -> (StreamWorld, TestEngine) {
        let world = StreamWorld {
            $0.timerFactsPerTurn = 1
            $0.checkpointRecordsPerTransaction = 500
            $0.checkpointIntervalMilliseconds = 0
        }
        let engine = world.engine("one", [0])
        world.send("define", "S", "\"backorderLimit\":100000")
        for index in 0..<count {
            world.send("commit", "S", "\"orderLine\":\"o\(index)\",\"location\":\"W1\",\"quantity\":1,\"backorder\":\"partial\"")
        }
        world.settle(engine)
        return (world, engine)
    }

    private func totals(_ engine: TestEngine) -> Balances { engine.task(0)!.state.sku(0).totals }

    @Test func oneFactATurn() {
        let (world, engine) = world(waiting: 2_500)
        world.receive("S", 2_501)
        world.run(engine, turns: 1)
        #expect(world.facts().filter { $0.kind == .fill }.map(\.items.count) == [1_000])
        #expect(totals(engine).available == 1, "what is not given yet is not for others")
        world.run(engine) { totals(engine).backordered == 0 }
        world.run(engine, turns: 2)
        #expect(world.facts().filter { $0.kind == .fill }.map(\.items.count) == [1_000, 1_000, 500])
        world.checkLedger()
    }

    /// An order line that has waited can be shipped by the next record of the same batch.
    @Test func aFillComesBeforeTheNextRecord() {
        let (world, engine) = world(waiting: 3)
        world.receive("S", 3)
        world.send("ship", "S", "\"shipment\":\"s\",\"orderLine\":\"o2\"")
        world.settle(engine)
        #expect(world.facts().suffix(3).map(\.kind) == [.receive, .fill, .ship] && world.facts().last?.outcome == .accepted)
    }

    @Test func theNextOwnerGoesOn() {
        let (world, engine) = world(waiting: 3_500)
        world.receive("S", 3_500)
        world.run(engine, turns: 2)
        let before = totals(engine).backordered
        #expect(before > 0 && before < 3_500)
        engine.source.expel()
        let second = world.engine("two", [0])
        world.run(second) { totals(second).backordered == 0 }
        world.settle(second)
        let lines = world.facts().filter { $0.kind == .fill }.flatMap(\.items).map(\.id)
        #expect(lines == (0..<3_500).map { Key(text: "o\($0)")! }, "each once, the oldest first")
        world.checkLedger()
        #expect(world.restoredDigest() == world.replayedDigest())
    }
}
