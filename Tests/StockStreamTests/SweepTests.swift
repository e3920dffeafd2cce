import Testing

@testable import StockCore
@testable import StockStream

/// The worker checks its partitions beside the work.
@Suite struct SweepTests {
    /// Told once, with the partition, while everything goes on; the other partition is checked as well. Fails where only busy partitions
    /// are checked, or only the first.
    @Test(arguments: [0, 1] as [Int32]) func anInconsistencyIsTold(broken: Int32) {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        for partition: Int32 in [0, 1] {
            world.receive(world.sku(partition), 100)
            world.hold(world.sku(partition), "h", 5)
        }
        world.settle(engine)
        world.run(engine, turns: 100)
        #expect(engine.worker.status().tasks.allSatisfy { $0.identityPasses > 0 && $0.inconsistency == nil })
        let task = engine.task(broken)!
        task.state.holds[0].remaining += 1
        world.run(engine, turns: 100)
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 1) }
        world.settle(engine)
        let told = engine.notices.compactMap { if case .inconsistent(let partition, let found) = $0 { (partition, found) } else { nil } }
        #expect(told.count == 1 && told[0].0 == broken && told[0].1.seq == 2)
        #expect(engine.worker.status().tasks.map { $0.inconsistency != nil } == [broken == 0, broken == 1])
        #expect(world.facts(broken).count == 3, "the work goes on")
    }
}
