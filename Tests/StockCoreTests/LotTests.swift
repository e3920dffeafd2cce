import Testing

@testable import StockCore

/// Lots at their limits; what they do otherwise is in Tests/Cases.
struct LotTests {
    private func tracked(_ limits: StateLimits = StateLimits(), checksEverything: Bool = true) -> Partition {
        let partition = Partition(limits: limits, checksEverything: checksEverything)
        accept(
            partition,
            Events.define {
                $0.lotTracked = 1
                $0.expiryAlertDays = 0
            })
        return partition
    }

    private func name(_ index: Int) -> Key { Key(text: "lot-\(index)")! }

    private func arrive(_ partition: Partition, _ index: Int, _ quantity: Int64 = 1, at location: Key = Events.main, expiresAt: Int64) {
        let receipt = Key(text: "\(location)-\(index)")!
        accept(partition, Events.receive(quantity, at: location, receipt).of(name(index), expiresAt: expiresAt))
    }

    @Test func manyLotsExpireInBoundedFacts() {
        let partition = tracked(checksEverything: false)
        for place in 0..<3 {
            for index in 0..<700 { arrive(partition, index, at: Key(text: "w\(place)")!, expiresAt: 2_000_000) }
        }
        #expect(partition.balances("w1").available == 700)
        partition.wait(milliseconds: 2_000_000 - partition.now - 1)
        #expect(partition.fireTimers().isEmpty)
        partition.wait(milliseconds: 1)
        let facts = partition.fireTimers()
        #expect(facts.map(\.kind) == [.lotExpire, .lotExpire, .lotExpire] && facts.map(\.items.count) == [1_000, 1_000, 100])
        #expect(partition.balances("w1").expired == 700 && partition.balances("w1").sellable == 0)
        #expect(partition.state.checkAll() == nil && partition.fireTimers().isEmpty)
    }

    @Test func aDepartureNamesUpToAThousandLots() {
        let partition = tracked(checksEverything: false)
        for index in 0..<1_000 { arrive(partition, index, expiresAt: 2_000_000 + Int64(index)) }
        refuse(partition, Events.receive(1, "one-more").of("another", expiresAt: 3_000_000), .tooManyLots)
        accept(partition, Events.receive(1, at: "elsewhere", "one-more").of("another", expiresAt: 3_000_000))
        let sale = accept(partition, Events.sale("line", 1_000))
        #expect(sale.items.count == 1_000 && sale.items.first?.id == name(0) && sale.items.last?.id == name(999))
        #expect(partition.state.findLot(partition.state.findLevel(0, Events.main), partition.state.findLotTerms(0, name(5))) == -1)
        let back = accept(partition, Events.giveBack("back", "line", 1_000, .sellable))
        #expect(back.items.count == 1_000 && partition.balances().sellable == 1_000)
        #expect(partition.state.checkAll() == nil)
    }

    @Test func anOrderLineOfManyLotsIsForgottenInParts() throws {
        var limits = StateLimits()
        limits.closedRetentionMilliseconds = 1_000
        limits.orderLineRetentionMilliseconds = 10_000
        let partition = tracked(limits, checksEverything: false)
        accept(partition, Events.receive(1, at: "elsewhere", "w").of("w"))
        for round in 0..<3 {
            for index in 0..<900 { arrive(partition, 1_000 * round + index, at: Key(text: "w\(round)")!, expiresAt: 9_000_000) }
        }
        accept(partition, Events.sale("first", 900, at: "w0"))
        accept(partition, Events.sale("second", 900, at: "w1"))
        accept(partition, Events.commit("third", 900, at: "w2"))
        accept(partition, Events.ship("s", "third"))
        // More than a fact may remove, as many shipments have it.
        let line = PartitionState.closedID(.orderLine, "third")
        partition.begin()
        for round in 0..<2 {
            for index in 0..<900 {
                let terms = partition.state.findLotTerms(0, name(1_000 * round + index))
                let isBooked = partition.state.changeShipped(0, line, name(1_000 * round + index), shipped: 1, returned: 0)
                if terms < 0 || !isBooked { Issue.record("\(round) \(index)") }
            }
        }
        partition.commit()
        partition.wait(milliseconds: 20_000)
        let facts = partition.fireTimers().filter { $0.kind == .forget }
        let removed = facts.map { fact in fact.items.map(\.quantity) }
        #expect(removed.contains([1_000]), "a part")
        #expect(facts.filter(\.isOrderLineHorizon).last?.horizonMilliseconds != 0)
        #expect(partition.state.closedCount == 0 && partition.state.lotTerms.count - deadTerms(partition) == 1)
        #expect(partition.state.findLotTerms(0, "w") >= 0)
    }

    private func deadTerms(_ partition: Partition) -> Int {
        var count = 0
        for slot in 0..<partition.state.lotTerms.slotBound where partition.state.lotTerms.isLive(slot) {
            if partition.state.lotTerms[slot].status.isDead { count += 1 }
        }
        return count
    }

    @Test func aRecallThatIsTakenBackMayEndItsLot() {
        var limits = StateLimits()
        limits.orderLineRetentionMilliseconds = 1_000
        limits.closedRetentionMilliseconds = 1_000
        let partition = tracked(limits)
        arrive(partition, 0, 3, expiresAt: 9_000_000)
        accept(partition, Events.change(.recall, name(0)))
        accept(partition, Events.sale("o", 3, forced: true).of(name(0)))
        partition.wait(seconds: 2)
        partition.fireTimers()
        accept(partition, Events.change(.unrecall, name(0)))
        #expect(partition.state.findLotTerms(0, name(0)) < 0 && partition.state.sku(0).lotCount == 0)
        #expect(partition.balances().onHand == 0)
    }

    @Test func theLotsOfASKUAreLimited() {
        var limits = StateLimits()
        limits.lotsPerSKU = 2
        let partition = tracked(limits)
        arrive(partition, 0, expiresAt: 2_000_000)
        arrive(partition, 1, expiresAt: 2_000_000)
        refuse(partition, Events.receive(1, "third").of(name(2)), .tooManyLots)
        accept(partition, Events.adjust(-1).of(name(0)))
        arrive(partition, 2, expiresAt: 3_000_000)
    }

    @Test func aLotIsTracedToItsOrderLines() {
        let partition = tracked()
        arrive(partition, 0, 3, expiresAt: 2_000_000)
        arrive(partition, 1, 9, expiresAt: 3_000_000)
        accept(partition, Events.commit("o-1", 4))
        accept(partition, Events.ship("s-1", "o-1", 1))
        accept(partition, Events.ship("s-2", "o-1", 3))
        accept(partition, Events.sale("o-2", 1))
        accept(partition, Events.sale("o-3", 2).of(name(1)))
        refuse(partition, Events.sale("o-4", 99).of(name(1)), .insufficientStock)
        accept(partition, Events.giveBack("r-1", "o-1", 1, .sellable).of(name(0)))
        var (first, second) = (LotTrace(sku: Events.sku, lot: name(0)), LotTrace(sku: Events.sku, lot: name(1)))
        for fact in partition.ledger {
            first.take(fact)
            second.take(fact)
        }
        #expect(first.departures.map(\.orderLine) == ["o-1", "o-1"] && first.departures.map(\.quantity) == [1, 2])
        #expect(first.departures.map(\.shipment) == ["s-1", "s-2"] && first.returned == ["o-1": 1] && first.outside == 2)
        #expect(second.departures.map(\.orderLine) == ["o-1", "o-2", "o-3"] && second.departures.map(\.quantity) == [1, 1, 2])
        #expect(second.departures[1].shipment.isEmpty && second.departures[0].location == Events.main && second.outside == 4)
        let back = accept(partition, Events.unship("s-2", "o-1"))
        first.take(back)
        second.take(back)
        #expect(first.departures.map(\.shipment) == ["s-1"] && second.departures.map(\.orderLine) == ["o-2", "o-3"])
    }

    /// A lot whose sellable units come and go keeps one timer.
    @Test func timersDoNotPileUp() {
        let partition = tracked(checksEverything: false)
        arrive(partition, 0, 2, expiresAt: 90_000_000)
        accept(partition, Events.move(1, to: .qc))
        for _ in 0..<500 {
            accept(partition, Events.move(1, to: .qc))
            accept(partition, Events.move(1, from: .qc, to: .sellable))
        }
        #expect(partition.state.skus[0].timers.count == 1)
        partition.wait(milliseconds: 90_000_000)
        let facts = partition.fireTimers()
        #expect(facts.filter { $0.kind == .lotExpire }.map { $0.items.map(\.quantity) } == [[1]])
        #expect(partition.balances().expired == 1 && partition.balances().qc == 1)
    }

    @Test func anAbortedExpiryHappensAgain() {
        let partition = tracked()
        arrive(partition, 0, 3, expiresAt: 2_000_000)
        partition.wait(milliseconds: 2_000_000)
        partition.begin()
        #expect(partition.fireTimers().count == 1)
        partition.abort()
        #expect(partition.balances().sellable == 3)
        #expect(partition.fireTimers().map(\.items.count) == [1])
        #expect(partition.balances().expired == 3)
    }

    @Test func anEventIsDecidedAfterTheExpiry() {
        let partition = tracked()
        arrive(partition, 0, 3, expiresAt: 2_000_000)
        partition.wait(milliseconds: 2_000_000 - partition.now)
        let fact = refuse(partition, Events.sale("line", 1), .insufficientStock)
        #expect(fact.total == 0 && partition.ledger.suffix(2).map(\.kind) == [.lotExpire, .sale])
    }
}
