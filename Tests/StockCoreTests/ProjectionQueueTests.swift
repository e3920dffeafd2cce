import StockCore
import Testing

/// SKUs and levels that the read model lacks, oldest change first.
struct ProjectionQueueTests {
    let partition = Partition()
    private let skus: [Key] = ["a", "b", "c"]

    /// Takes everything, as batches do; the SKUs in their order.
    private func takeAll() -> [Key] {
        var taken: [Key] = []
        while case let slot = partition.state.takeUnprojected(), slot >= 0 {
            taken.append(partition.state.sku(slot).key)
            var levels: [Int32] = []
            partition.state.forEachLevel(of: slot) { levels.append($0) }
            for level in levels { partition.state.noteProjected(level: level) }
        }
        return taken
    }

    private func slot(_ sku: Key) -> Int32 { partition.state.findSKU(sku) }

    private func unprojectedLevels(_ sku: Key) -> [Key] {
        var found: [Key] = []
        partition.state.forEachLevel(of: slot(sku)) { level in
            if partition.state.level(level).isUnprojected { found.append(partition.state.location(of: level)) }
        }
        return found.sorted()
    }

    @Test func theOldestChangeComesFirstAndHoldsTheWatermark() {
        #expect(partition.state.projectedThroughSeq == 0)
        for sku in skus { accept(partition, Events.receive(5).with(\.sku, sku)) }
        accept(partition, Events.sale("o", 1).with(\.sku, "a"))
        #expect(partition.state.unprojectedCount == 3 && partition.state.projectedThroughSeq == 0)
        #expect(partition.state.takeUnprojected() == slot("a"))
        #expect(partition.state.projectedThroughSeq == 1)
        #expect(takeAll() == ["b", "c"])
        #expect(partition.state.projectedThroughSeq == 4 && partition.state.unprojectedCount == 0)
    }

    @Test func onlyChangedLevelsAreMarked() {
        accept(partition, Events.receive(5).with(\.sku, "a"))
        accept(partition, Events.receive(5, at: Events.shop, "r2").with(\.sku, "a"))
        #expect(unprojectedLevels("a") == [Events.main, Events.shop])
        #expect(takeAll() == ["a"] && unprojectedLevels("a") == [])
        accept(partition, Events.hold("h", 1, at: Events.shop).with(\.sku, "a"))
        #expect(unprojectedLevels("a") == [Events.shop])
        partition.wait(seconds: 60)
        #expect(takeAll() == ["a"])
        partition.fireTimers()
        #expect(unprojectedLevels("a") == [Events.shop] && takeAll() == ["a"])
    }

    @Test func aBatchThatFailedComesAgainBeforeWhatIsNew() {
        for sku in skus { accept(partition, Events.receive(5).with(\.sku, sku)) }
        let first = partition.state.takeUnprojected()
        let second = partition.state.takeUnprojected()
        accept(partition, Events.sale("o", 1).with(\.sku, "a"))
        #expect(partition.state.projectedThroughSeq == 2)
        // In the wrong order, too, the watermark stays below every change.
        partition.state.requeueProjection(first, sinceSeq: 1)
        partition.state.requeueProjection(second, sinceSeq: 2)
        #expect(partition.state.checkAll() == nil && partition.state.projectedThroughSeq == 0)
        #expect(Set(takeAll()) == Set(skus))
    }

    @Test func theWholeViewOrItsTailComesAgain() {
        for sku in skus { accept(partition, Events.receive(5).with(\.sku, sku)) }
        #expect(takeAll() == skus)
        partition.state.requeueProjection(changedAfterSeq: 2)
        #expect(partition.state.projectedThroughSeq == 2 && takeAll() == ["c"])
        partition.state.requeueProjection(changedAfterSeq: 3)
        #expect(partition.state.unprojectedCount == 0)
        partition.state.requeueWholeProjection()
        #expect(partition.state.projectedThroughSeq == 0 && unprojectedLevels("b") == [Events.main] && Set(takeAll()) == Set(skus))
    }

    @Test func anAbortTakesChangesOutOfTheQueue() {
        accept(partition, Events.receive(5).with(\.sku, "a"))
        #expect(takeAll() == ["a"])
        partition.begin()
        accept(partition, Events.receive(5).with(\.sku, "b"))
        accept(partition, Events.sale("o", 1).with(\.sku, "a"))
        #expect(partition.state.unprojectedCount == 2)
        partition.abort()
        #expect(partition.state.unprojectedCount == 0 && partition.state.projectedThroughSeq == 1 && unprojectedLevels("a") == [])
    }
}
