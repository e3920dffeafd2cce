import Testing

@testable import StockCore

/// Promises that the shelf does not cover, where there are very many, and where they demand life.
struct UncoveredTests {
    private let count = 100_000

    private func name(_ kind: String, _ index: Int) -> Key { Key(text: "\(kind)\(index)")! }

    /// One SKU with a hold of one unit for each unit of a hundred lots, of which one is half of everything.
    private func crowd() -> Partition {
        let partition = Partition(checksEverything: false)
        accept(partition, Events.define { $0.lotTracked = 1 })
        accept(partition, Events.receive(Int64(count / 2), "bad").of("bad", expiresAt: 900_000_000))
        for index in 0..<100 {
            accept(partition, Events.receive(Int64(count / 200), name("r", index)).of(name("l", index), expiresAt: 900_000_001))
        }
        partition.begin()
        for index in 0..<count {
            if index % 1_000 == 0 { partition.wait(milliseconds: 1) }
            partition.send(Events.hold(name("h", index), 1, ttl: 100_000))
        }
        partition.commit()
        #expect(partition.balances().held == Int64(count) && partition.balances().available == 0)
        return partition
    }

    private func isNaming(_ partition: Partition) -> Bool { partition.state.hasUncoveredToName }

    private func nameNext(_ partition: Partition) -> Fact {
        var fact = Fact()
        partition.state.makeUncovered(into: &fact)
        partition.apply(fact)
        return fact
    }

    /// A recall that uncovers 50,000 promises: bounded facts, one after the other, in the middle of which the engine is restarted, and
    /// meanwhile nothing is promised that can't be kept.
    @Test func aRecallUnderAHundredThousandHolds() throws {
        let partition = crowd()
        let recall = accept(partition, Events.change(.recall, "bad"))
        #expect(recall.items.isEmpty && partition.balances().shortfall == Int64(count / 2))
        var named: [FactItem] = []
        var left = Int64(count / 2)
        partition.begin()
        for _ in 0..<20 {
            let fact = nameNext(partition)
            left -= 1_000
            if fact.items.count != StateLimits.itemsPerFact || fact.total != left { Issue.record("\(fact.items.count) \(fact.total)") }
            #expect(fact.firstSeq == recall.seq && fact.quantity == 1_000)
            named += fact.items
        }
        partition.commit()
        refuse(partition, Events.hold("another", 1), .insufficientStock)
        refuse(partition, Events.commit("line", 1), .insufficientStock)
        refuse(partition, Events.sale("sale", 1), .insufficientStock)
        // A restart from a checkpoint goes on where it was.
        let sink = RecordingSink()
        partition.begin()
        partition.writeCheckpoint(into: sink, limit: Int.max, isForced: true)
        let mark = Mark(of: partition.state)
        partition.commit()
        sink.commit()
        var restored = try RestorePropertyTests.restoreComplete(sink.compacted, mark, limits: partition.state.limits)
        var transitions = TransitionBuffer()
        restored.begin()
        var facts = 0
        while restored.hasUncoveredToName {
            var fact = Fact()
            restored.makeUncovered(into: &fact)
            restored.apply(&fact, transitions: &transitions)
            named += fact.items
            facts += 1
        }
        restored.commit()
        #expect(facts == 30 && named.count == count / 2)
        let newest = (count / 2..<count).map { name("h", $0) }
        #expect(Set(named.map(\.id)) == Set(newest), "each of the newest once")
        #expect(named.first?.id == "h99000" && named.last.map { $0.id.description.hasPrefix("h50") } == true)
        #expect(restored.checkAll() == nil)
    }

    @Test func anAbortTakesTheNamingBack() {
        let partition = Partition()
        accept(partition, Events.define { $0.lotTracked = 1 })
        accept(partition, Events.receive(5).of("a"))
        accept(partition, Events.commit("o", 4))
        let before = everything(of: partition.state)
        partition.begin()
        accept(partition, Events.change(.recall, "a"))
        #expect(isNaming(partition))
        let fact = nameNext(partition)
        #expect(fact.items.map(\.quantity) == [4])
        #expect(!isNaming(partition))
        partition.abort()
        #expect(everything(of: partition.state) == before)
    }

    @Test func whatIsCuredMeanwhileIsNotNamed() {
        let partition = Partition()
        accept(partition, Events.define { $0.lotTracked = 1 })
        accept(partition, Events.receive(5).of("a"))
        accept(partition, Events.commit("o", 4))
        accept(partition, Events.change(.recall, "a"))
        #expect(isNaming(partition))
        accept(partition, Events.receive(9, "more").of("b"))
        #expect(!isNaming(partition))
        let fired = partition.fireTimers()
        #expect(fired.isEmpty)
    }

    @Test func aSKUWithoutLotsGoesOnAfterAThousand() {
        let partition = Partition(checksEverything: false)
        accept(partition, Events.receive(2_500))
        for index in 0..<2_500 { accept(partition, Events.hold(name("h", index), 1, ttl: 100_000)) }
        let sale = accept(partition, Events.sale("o", 2_400, forced: true))
        #expect(sale.items.count == 1_000)
        let facts = partition.fireTimers()
        #expect(facts.map(\.kind) == [.uncovered, .uncovered] && facts.map(\.items.count) == [1_000, 400])
        let ids = (sale.items + facts.flatMap(\.items)).map(\.id)
        #expect(Set(ids).count == 2_400 && facts.last?.total == 0)
        #expect(partition.state.checkAll() == nil)
    }

    /// The promises that are left when those that are named are given up can be kept, and giving up less, or older ones, would not do.
    @Test(arguments: 0..<60) func theNamedAreTheFewestAndNewest(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let partition = Partition()
        accept(partition, Events.define { $0.lotTracked = 1 })
        let lives: [Int64] = [0, 1_500_000, 2_500_000, 3_500_000, 4_500_000]
        let expiries: [Int64] = [2_000_000, 3_000_000, 4_000_000, 5_000_000]
        for (index, expiry) in expiries.enumerated() {
            accept(partition, Events.receive(Int64(3 + random.below(5)), name("r", index)).of(name("l", index), expiresAt: expiry))
        }
        for index in 0..<12 {
            partition.wait(milliseconds: Int64(random.below(2)))
            let life = random.pick(lives)
            let event = Events.hold(name("h", index), Int64(1 + random.below(3)), ttl: 900)
            partition.send(life == 0 ? event : event.usable(until: life))
        }
        accept(partition, Events.change(.recall, name("l", random.below(4))))
        partition.send(Events.change(.recall, name("l", random.below(4))))
        let shortfall = partition.balances().shortfall
        let named = partition.fireTimers().flatMap(\.items)
        #expect(named.reduce(Int64(0)) { $0 + $1.quantity } == shortfall, "no more than is missing")
        // Released newest first, each helps by all that was named of it.
        var left = shortfall
        for item in named {
            accept(partition, Events.release(hold: item.id, item.quantity))
            left -= item.quantity
            #expect(partition.balances().shortfall == left)
        }
    }
}
