import StockCore
import Testing

/// Cycle counts (domain: c3) and what arrives after them (c15).
struct CountTests {
    let partition = Partition()

    init() { accept(partition, Events.receive(100)) }

    private func count(_ found: Int64, _ disposition: Disposition = .sellable, _ id: Key = "c") {
        accept(partition, Events.countOpen(id))
        accept(partition, Events.countLine(id, found, disposition))
    }

    @Test func theBaseIsTheBalanceWhenTheLineWasCounted() {
        accept(partition, Events.countOpen("c"))
        accept(partition, Events.sale("s1", 15))
        #expect(accept(partition, Events.countLine("c", 80)).total == 85)
        accept(partition, Events.sale("s2", 30))
        let fact = accept(partition, Events.countClose("c"))
        #expect(fact.quantity == -5 && fact.after.sellable == 50 && fact.items.count == 1 && fact.items[0].quantity == -5)
        let sku = partition.state.sku(0)
        #expect(sku.lossGain == 5 && sku.customer == 45)
    }

    @Test func whatIsNotCountedStaysAsItIs() {
        accept(partition, Events.adjust(7, .damaged))
        accept(partition, Events.adjust(3, .qc))
        accept(partition, Events.countOpen("c"))
        accept(partition, Events.countLine("c", 5, .damaged))
        #expect(accept(partition, Events.countClose("c")).items.map(\.disposition) == [.damaged])
        let balances = partition.balances()
        #expect(balances.sellable == 100 && balances.damaged == 5 && balances.qc == 3)
    }

    @Test func aCountWithoutLinesChangesNothing() {
        accept(partition, Events.countOpen("c"))
        let before = partition.balances()
        #expect(accept(partition, Events.countClose("c")).items.isEmpty && partition.balances() == before)
        repeated(partition, Events.countClose("c"))
        refuse(partition, Events.countOpen("c"), .countClosed)
        refuse(partition, Events.countLine("c", 1), .countClosed)
    }

    @Test func oneCountAtALocation() {
        refuse(partition, Events.countLine("c", 1), .countUnknown)
        refuse(partition, Events.countClose("c"), .countUnknown)
        accept(partition, Events.countOpen("c"))
        repeated(partition, Events.countOpen("c"))
        refuse(partition, Events.countOpen("d"), .countConflict)
        refuse(partition, Events.countLine("d", 1), .countUnknown)
        accept(partition, Events.countOpen("c", at: Events.shop))
        accept(partition, Events.countClose("c"))
        accept(partition, Events.countOpen("d"))
        accept(partition, Events.countClose("c", at: Events.shop))
    }

    @Test func countedAgain() {
        count(90)
        repeated(partition, Events.countLine("c", 90))
        accept(partition, Events.sale("s", 10))
        // Another line's id: the shelf was counted again, and the figure is the same by chance.
        #expect(accept(partition, Events.countLine("c", 90, line: "2")).total == 90)
        repeated(partition, Events.countLine("c", 90, line: "2"))
        #expect(accept(partition, Events.countClose("c")).quantity == 0)
        #expect(partition.balances().sellable == 90)
    }

    @Test func itIsPhysicalAndAlwaysTaken() {
        accept(partition, Events.commit("o1", 30))
        partition.wait(seconds: 1)
        accept(partition, Events.hold("h", 40, ttl: 600))
        partition.wait(seconds: 1)
        accept(partition, Events.commit("o2", 20))
        count(55)
        #expect(partition.balances().shortfall == 0, "nothing is booked before it is closed")
        let fact = accept(partition, Events.countClose("c"))
        #expect(fact.after.sellable == 55 && fact.after.shortfall == 35 && fact.after.available == 0)
        let uncovered = fact.items.filter { $0.kind != .variance }
        #expect(uncovered.map(\.id) == ["o2", "h"] && uncovered.map(\.quantity) == [20, 15], "newest first, as far as needed")
        #expect(uncovered.map(\.kind) == [.orderLine, .hold] && uncovered[0].location == Events.main)
        #expect(partition.transitions.contains { $0.kind == .oversold })
        // Every one of them is still there.
        #expect(partition.balances().held == 40 && partition.balances().committed == 50)
    }

    @Test func aShortfallThatFallsNamesNobody() {
        accept(partition, Events.commit("o", 100))
        count(50)
        accept(partition, Events.countClose("c"))
        count(70, .sellable, "d")
        let fact = accept(partition, Events.countClose("d"))
        #expect(fact.after.shortfall == 30 && fact.items.map(\.kind) == [.variance])
    }

    @Test func forcedFactsNameWhatTheyUncover() {
        accept(partition, Events.commit("o1", 60))
        partition.wait(seconds: 1)
        accept(partition, Events.commit("o2", 40))
        #expect(accept(partition, Events.sale("till", 10, forced: true)).items.map(\.id) == ["o2"])
        let fact = accept(partition, Events.adjust(-40, forced: true))
        #expect(fact.items.map(\.id) == ["o2", "o1"] && fact.items.map(\.quantity) == [40, 10])
        #expect(accept(partition, Events.move(10, forced: true)).items.map(\.quantity) == [40, 20])
        #expect(accept(partition, Events.receive(101)).items.isEmpty)
    }

    @Test func atMostAThousandAreNamed() {
        let partition = Partition(checksEverything: false)
        accept(partition, Events.receive(1_500))
        partition.begin()
        for index in 0..<1_500 {
            partition.wait(milliseconds: 1)
            partition.send(Events.commit(Key(text: "o\(index)")!, 1))
        }
        partition.commit()
        let fact = accept(partition, Events.adjust(-1_400, forced: true))
        #expect(fact.items.count == 1_000 && fact.items[0].id == "o1499" && fact.items[999].id == "o500")
    }

    @Test func promisesOfAnAbortedTransactionAreNotNamed() {
        accept(partition, Events.commit("o1", 50))
        partition.begin()
        partition.send(Events.cancel("o1"))
        for index in 0..<200 {
            partition.send(Events.commit(Key(text: "x\(index)")!, 1))
            partition.send(Events.cancel(Key(text: "x\(index)")!))
        }
        partition.abort()
        let fact = accept(partition, Events.adjust(-60, forced: true))
        #expect(fact.items.map(\.id) == ["o1"] && fact.items[0].quantity == 10)
    }

    @Test func onlyTheShelfGoesBelowNothing() {
        accept(partition, Events.adjust(10, .damaged))
        count(2, .damaged)
        accept(partition, Events.move(9, from: .damaged, to: .quarantine))
        // The books had 10, the counter found 2, and 9 were moved since: at most what is there goes.
        #expect(accept(partition, Events.countClose("c")).quantity == -1)
        #expect(partition.balances().damaged == 0)
        count(0, .sellable, "d")
        accept(partition, Events.sale("s", 60))
        #expect(accept(partition, Events.countClose("d")).after.sellable == -60)
    }
}

/// Deltas dated before a count.
struct LateDeltaTests {
    let partition = Partition()
    let before: Int64

    init() {
        accept(partition, Events.receive(100))
        before = partition.now
        partition.wait(seconds: 10)
    }

    private func count(_ found: Int64, _ disposition: Disposition = .sellable, id: Key = "c") {
        accept(partition, Events.countOpen(id))
        accept(partition, Events.countLine(id, found, disposition))
        accept(partition, Events.countClose(id))
    }

    private func late(_ event: StockEvent) -> StockEvent { event.with(\.occurredAtMilliseconds, before + 5_000) }

    @Test func areAbsorbedAfterTheCountIsClosed() {
        accept(partition, Events.commit("o", 5))
        count(85)
        let sale = accept(partition, late(Events.sale("s", 10)))
        #expect(sale.isAbsorbed && sale.after.sellable == 85)
        let ship = accept(partition, late(Events.ship("d", "o")))
        #expect(ship.isAbsorbed && ship.after.sellable == 85 && ship.after.committed == 0, "it still retires its promise")
        let sku = partition.state.sku(0)
        #expect(sku.lossGain == 0 && sku.customer == 15, "the count's variance is explained")
        #expect(accept(partition, late(Events.receive(4, "r2"))).after.sellable == 85)
        #expect(accept(partition, late(Events.adjust(-3))).after.sellable == 85)
        #expect(accept(partition, late(Events.giveBack("r", "s", 2, .sellable))).after.sellable == 85)
        // What happened at the moment of the count, or later, counts.
        #expect(accept(partition, Events.sale("now", 1)).after.sellable == 84)
    }

    @Test func moveTheBaseOfAnOpenCount() {
        accept(partition, Events.countOpen("c"))
        accept(partition, Events.countLine("c", 90))
        let fact = accept(partition, late(Events.sale("s", 10)))
        #expect(!fact.isAbsorbed && fact.after.sellable == 90)
        #expect(accept(partition, Events.countClose("c")).quantity == 0, "the counter saw it")
        #expect(partition.balances().sellable == 90)
    }

    @Test func areNotStoppedByAnEmptyShelf() {
        accept(partition, Events.commit("o", 100))
        count(0)
        accept(partition, late(Events.ship("d", "o")))
        accept(partition, late(Events.sale("s", 3)))
        #expect(partition.balances().sellable == 0 && partition.balances().shortfall == 0)
    }

    @Test func aMoveIsAbsorbedOnTheSideThatWasCounted() {
        count(96)
        let fact = accept(partition, late(Events.move(4)))
        #expect(fact.isAbsorbed && !fact.isAbsorbedTo && fact.after.sellable == 96 && fact.after.damaged == 4)
        #expect(partition.state.sku(0).lossGain == 0)
        count(4, .damaged, id: "d")
        accept(partition, Events.adjust(5, .quarantine))
        let other = accept(partition, late(Events.move(2, from: .quarantine, to: .damaged)))
        #expect(!other.isAbsorbed && other.isAbsorbedTo && other.after.damaged == 4)
    }

    @Test func policyMayApplyOrRefuseThem() {
        count(90)
        accept(partition, Events.define { $0.lateDelta = Int64(LateDelta.refuse.rawValue) })
        refuse(partition, late(Events.sale("s", 10)), .beforeCount)
        refuse(partition, late(Events.receive(4, "r2")), .beforeCount)
        #expect(accept(partition, late(Events.sale("till", 10, forced: true))).isAbsorbed, "what has gone has gone")
        accept(partition, Events.define { $0.lateDelta = Int64(LateDelta.apply.rawValue) })
        #expect(accept(partition, late(Events.sale("s", 10))).after.sellable == 80)
    }

    @Test func aClockAheadDoesNotMakeEverythingLate() {
        accept(partition, Events.countOpen("c"))
        accept(partition, Events.countLine("c", 90).with(\.occurredAtMilliseconds, partition.now + 86_400_000))
        accept(partition, Events.countClose("c"))
        #expect(accept(partition, Events.sale("s", 10)).after.sellable == 80)
    }

    @Test func anAbsoluteValueIsNotLate() {
        count(90)
        #expect(accept(partition, late(Events.set(70, expecting: 90))).after.sellable == 70)
    }
}
