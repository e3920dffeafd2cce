import StockWire
import Testing

@testable import StockStream

/// Restores for which nothing comes: what they do meanwhile, and what they say.
@Suite struct StandstillTests {
    /// Partitions that "one" has written to and left without a word.
    private func deadOwner(_ partitions: [Int32]) -> StreamWorld {
        let world = StreamWorld(partitions: Int32(partitions.count))
        let engine = world.engine("one", partitions)
        for partition in partitions { world.receive(world.sku(partition), 1) }
        world.settle(engine)
        engine.source.expel()
        return world
    }

    /// The coordinator was away for a second, as a broker that is paused or restarts; its first answer comes between the two questions.
    /// Fails where the stable offset is not asked for again: the owner before, which may be alive, loses its transaction.
    @Test func aSilentCoordinatorIsNoReasonToFence() {
        let world = deadOwner([0])
        let other = TestEngine(world, name: "two")
        let until = world.clock.wallMilliseconds() + 1_000
        var isBack = false
        other.restore.isOffsetSilent = { _, stable in
            if !stable && world.clock.wallMilliseconds() >= until { isBack = true }
            return !isBack
        }
        other.source.assign([0])
        world.run(other) { other.isRunning(0) }
        #expect(isBack && world.kafka.fenced.isEmpty)
    }

    /// The same of a reader that brings nothing though no transaction is open. Fails without the look at the stable end.
    @Test func aSilentLeaderIsNoReasonToFence() {
        let world = deadOwner([0])
        let other = TestEngine(world, name: "two")
        other.restore.isSilent = true
        other.source.assign([0])
        world.run(other, turns: 300)
        #expect(world.kafka.fenced.isEmpty)
        other.restore.isSilent = false
        world.run(other) { other.isRunning(0) }
    }

    /// The coordinator never tells one partition's offset: it is said, and the others are restored meanwhile. Fails where each turn begins
    /// with the same partition, whose question takes the time of all.
    @Test func aPartitionWithoutItsOffsetHoldsNobodyUp() {
        let world = deadOwner([0, 1, 2])
        let other = TestEngine(world, name: "two")
        var isSilent = true
        other.restore.isOffsetSilent = { partition, _ in isSilent && partition == 0 }
        other.source.assign([0, 1, 2])
        world.run(other, most: 100) { other.isRunning(1) && other.isRunning(2) }
        #expect(other.isRunning(1) && other.isRunning(2) && !other.isRunning(0))
        world.run(other, turns: 100)
        let waits = other.notices.compactMap { notice -> (Int32, Standstill)? in
            if case .restoreWaits(let partition, let standstill) = notice { (partition, standstill) } else { nil }
        }
        #expect(waits.count > 1 && waits.allSatisfy { $0.0 == 0 && $0.1.awaited.hasPrefix("the committed offset") })
        let gaps = zip(waits, waits.dropFirst()).map { $1.1.milliseconds - $0.1.milliseconds }
        #expect(waits[0].1.milliseconds >= 5_000 && gaps.allSatisfy { $0 >= 5_000 })
        let standstills = other.worker.status().tasks.map(\.standstill)
        #expect(standstills[0]?.awaited.hasPrefix("the committed offset") == true && standstills[1] == nil && standstills[2] == nil)
        isSilent = false
        world.run(other) { other.isRunning(0) }
        #expect(other.worker.status().tasks[0].standstill == nil)
    }

    /// A restore that waits lets the thread wait as well; one that reads does not. Fails where `isRestoreBusy` is not looked at.
    @Test func aRestoreThatWaitsDoesNotSpin() {
        let world = deadOwner([0])
        let other = TestEngine(world, name: "two")
        other.restore.isSilent = true
        other.source.assign([0])
        world.run(other, turns: 5)
        #expect(other.source.lastWait > 0)
    }

    /// Of an owner that died in its own claim nobody can read the ids, and the one before it is fenced for nothing: four times in a
    /// minute, not a hundred times, since it may be alive and own other partitions. Fails without the growing pause.
    @Test func aFencingThatDoesNotHelpIsNotRepeatedOnAndOn() {
        let world = deadOwner([0])
        let second = TestEngine(world, name: "two")
        second.fail(.commit, [.unknown(isCommitted: nil)])
        second.source.assign([0])
        world.run(second) { second.worker.status().counters.unknownOutcomes == 1 }
        second.source.expel()
        let third = TestEngine(world, name: "three")
        third.source.assign([0])
        world.run(third, turns: 6_000)
        #expect(!third.isRunning(0) && world.kafka.fenced.map { $0.sorted() } == Array(repeating: ["one-a", "one-b"], count: 4))
        for id in ["two-a", "two-b"] { world.kafka.end(id, isCommitted: false) }
        world.run(third) { third.isRunning(0) }
        world.checkLedger()
    }
}
