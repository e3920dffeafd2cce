import Testing

@testable import StockCore

/// What the holds of one owner may have together (domain: c4).
struct OwnerTests {
    private func hold(_ id: Key, _ quantity: Int64, of owner: Key, ttl: Int64 = 60) -> StockEvent {
        Events.hold(id, quantity, ttl: ttl).with(\.document, owner)
    }

    private func partition(limit: Int64) -> Partition {
        let partition = Partition()
        partition.send(Events.receive(100))
        partition.send(Events.define { $0.maxHeldPerOwner = limit })
        return partition
    }

    @Test func exactlyTheLimitIsAllowed() {
        let partition = partition(limit: 5)
        #expect(partition.send(hold("a", 3, of: "ann")).outcome == .accepted)
        let refused = partition.send(hold("b", 3, of: "ann"))
        #expect(refused.rejection == .ownerLimit && refused.total == 3 && refused.rejected == 5 && refused.quantity == 3)
        #expect(partition.send(hold("b", 2, of: "ann")).outcome == .accepted)
        #expect(partition.state.held(by: "ann", of: 0) == 5 && partition.state.held(by: "ben", of: 0) == 0)
    }

    /// A SKU without the limit, or a hold without an owner, has nothing to do with it.
    @Test func whatNamesNobodyLeavesNothing() {
        let partition = partition(limit: 5)
        #expect(partition.send(Events.hold("a", 50)).outcome == .accepted)
        #expect(partition.state.owners.count == 0)
        partition.send(hold("b", 1, of: "ann"))
        partition.send(Events.release(hold: "b"))
        #expect(partition.state.owners.count == 0)
    }

    /// What is counted before there is a limit counts under it.
    @Test func aLimitThatComesLaterCountsWhatIsThere() {
        let partition = Partition()
        partition.send(Events.receive(100))
        partition.send(hold("a", 4, of: "ann"))
        partition.send(Events.define { $0.maxHeldPerOwner = 5 })
        #expect(partition.send(hold("b", 2, of: "ann")).rejection == .ownerLimit)
        #expect(partition.send(hold("b", 1, of: "ann")).outcome == .accepted)
    }

    @Test func twoSKUsAreTwoShares() {
        let partition = partition(limit: 2)
        partition.send(Events.receive(9).with(\.sku, "other"))
        partition.send(Events.define { $0.maxHeldPerOwner = 2 }.with(\.sku, "other"))
        #expect(partition.send(hold("a", 2, of: "ann")).outcome == .accepted)
        #expect(partition.send(hold("a", 2, of: "ann").with(\.sku, "other")).outcome == .accepted)
        #expect(partition.send(hold("b", 1, of: "ann").with(\.sku, "other")).rejection == .ownerLimit)
    }

    /// What an abort takes back counts no more, and what it brings back counts again.
    @Test func anAbortLeavesNoTrace() {
        let partition = partition(limit: 5)
        partition.send(hold("a", 2, of: "ann"))
        partition.begin()
        partition.send(hold("b", 3, of: "ann"))
        partition.send(Events.release(hold: "a"))
        partition.abort()
        #expect(partition.state.held(by: "ann", of: 0) == 2)
        #expect(partition.state.checkAll() == nil)
    }

    /// Many holds of one SKU: what one owner has is known without looking at the others.
    @Test func manyOwnersOfOneSKU() {
        let partition = Partition(checksEverything: false)
        partition.send(Events.receive(1_000_000))
        partition.send(Events.define { $0.maxHeldPerOwner = 2 })
        partition.begin()
        for number in 0..<20_000 { partition.send(hold(Key(text: "h\(number)")!, 1, of: Key(text: "o\(number / 2)")!)) }
        partition.commit()
        #expect(partition.send(hold("more", 1, of: "o77")).rejection == .ownerLimit)
        #expect(partition.state.owners.count == 10_000 && partition.state.checkAll() == nil)
        partition.wait(seconds: 60)
        partition.fireTimers()
        #expect(partition.state.owners.count == 0)
    }
}
