import StockWire
import Testing

@testable import StockStream

/// What a dead owner has left open where no restore looks.
@Suite struct LeftoverTests {
    /// Two partitions that "one" ran and lost; a transaction of its own has nothing but a record in the input of partition 1.
    private func left() -> StreamWorld {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 1) }
        world.settle(engine)
        engine.source.expel()
        leaveOpen("one-a", world)
        world.receive(world.sku(1), 7)
        return world
    }

    private func leaveOpen(_ id: String, _ world: StreamWorld) {
        let record = FakeRecord(key: nil, value: nil, timestamp: world.clock.wallMilliseconds())
        world.kafka.log(OutputTopic.events, 1).append(record, world.kafka.transaction(id))
    }

    private func fencings(_ engine: TestEngine) -> [[String]] {
        engine.notices.compactMap { if case .fencingLeftovers(_, let ids) = $0 { ids.sorted() } else { nil } }
    }

    /// No restore is held up by it, but the input behind it is. Without the watch it stands until the transaction times out, and here for
    /// ever.
    @Test func aRecordThatWasSentOnHoldsNobodyUp() {
        let world = left()
        let other = world.engine("two", [0, 1])
        #expect(world.facts(1).count == 1)
        world.run(other) { world.facts(1).count == 2 }
        #expect(world.facts(1).count == 2 && fencings(other) == [["one-a", "one-b"]])
        #expect(other.worker.status().counters.fencings == 1 && world.kafka.fenced.count == 1)
        world.checkLedger(1)
    }

    /// A broker that does not tell at first is asked again: 2, 4, 8, 16 seconds later, and then every 32.
    @Test func aBrokerThatIsSilentIsAskedAgain() {
        let world = left()
        let other = TestEngine(world, name: "two")
        other.restore.isSilentAboutOpen = true
        other.source.assign([0, 1])
        world.run(other, turns: 3_200)
        #expect(other.isRunning(1) && world.facts(1).count == 1 && other.restore.looksAtOpen == 5)
        other.restore.isSilentAboutOpen = false
        world.run(other, most: 5_000) { world.facts(1).count == 2 }
        #expect(fencings(other) == [["one-a", "one-b"]])
    }

    /// Transactions of the living come and go, each from another offset on: nobody loses work for them. Fails where only the partition is
    /// compared.
    @Test func whatComesAndGoesIsNoReasonToFence() {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 1) }
        world.settle(engine)
        engine.source.expel()
        leaveOpen("living-a", world)
        let other = world.engine("two", [0, 1])
        for _ in 0..<400 {
            world.kafka.end("living-a", isCommitted: false)
            leaveOpen("living-a", world)
            world.run(other, turns: 1)
        }
        #expect(other.isRunning(1) && world.kafka.fenced.isEmpty)
    }

    /// Nothing open at the first look: the broker is not asked again.
    @Test func aCleanHandOverAsksOnce() {
        let world = StreamWorld(partitions: 1)
        let engine = world.engine("one", [0])
        world.receive(world.sku(0), 1)
        world.settle(engine)
        engine.source.expel()
        let other = world.engine("two", [0])
        world.run(other, turns: 600)
        #expect(other.restore.looksAtOpen == 1 && world.kafka.fenced.isEmpty)
    }
}
