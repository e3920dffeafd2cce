import Testing

@testable import StockCore

/// A promise moves as one event.
struct ReassignTests {
    private func shop() -> Partition {
        let partition = Partition()
        accept(partition, Events.define { $0.backorderLimit = 100 })
        accept(partition, Events.receive(5, at: Events.main, "first"))
        accept(partition, Events.receive(3, at: Events.shop, "second"))
        return partition
    }

    @Test func anOrderLineGoesToAnotherLocation() {
        let partition = shop()
        accept(partition, Events.commit("o", 3))
        let fact = accept(partition, Events.reassign("o", to: Events.shop))
        #expect(fact.location == Events.main && fact.counterpart == Events.shop && fact.quantity == 3)
        #expect(partition.balances().available == 5 && partition.balances().committed == 0)
        #expect(partition.balances(Events.shop).available == 0 && partition.balances(Events.shop).committed == 3)
        repeated(partition, Events.reassign("o", to: Events.shop))
        accept(partition, Events.ship("s", "o"))
        #expect(partition.balances(Events.shop).sellable == 0)
    }

    @Test func onlyWhereItsUnitsAre() {
        let partition = shop()
        accept(partition, Events.commit("o", 4))
        #expect(refuse(partition, Events.reassign("o", to: Events.shop), .insufficientStock).total == 3)
        refuse(partition, Events.reassign("o", to: "attic"), .insufficientStock)
        refuse(partition, Events.reassign("x", to: Events.shop), .orderLineUnknown)
        #expect(partition.balances().committed == 4)
    }

    @Test func whatWaitsGoesAlongAndKeepsItsPlace() {
        let partition = shop()
        accept(partition, Events.order("o", 7))
        partition.wait(seconds: 1)
        accept(partition, Events.commit("taken", 3, at: Events.shop))
        accept(partition, Events.order("later", 4, at: Events.shop))
        accept(partition, Events.ship("s", "o"))
        accept(partition, Events.reassign("o", to: Events.shop))
        #expect(partition.balances().backordered == 0 && partition.balances(Events.shop).backordered == 6)
        // What waits is at one location.
        refuse(partition, Events.unship("s", "o"), .orderLineMoved)
        accept(partition, Events.receive(3, at: Events.shop, "third"))
        partition.fireTimers()
        #expect(partition.commitment("o")?.open == 2 && partition.commitment("later")?.open == 1)
    }

    @Test func whatNeverLeftIsOwedWhereItIs() {
        let partition = shop()
        accept(partition, Events.commit("o", 3))
        accept(partition, Events.ship("s", "o", 1))
        accept(partition, Events.reassign("o", to: Events.shop))
        accept(partition, Events.unship("s", "o"))
        #expect(partition.balances().committed == 1 && partition.balances(Events.shop).committed == 2)
        refuse(partition, Events.ship("t", "o"), .locationRequired)
    }

    @Test func unitsBecomeAnotherLines() {
        let partition = shop()
        accept(partition, Events.commit("o", 5))
        accept(partition, Events.reassign("o", 2, line: "p"))
        #expect(partition.commitment("o")?.open == 3 && partition.commitment("o")?.canceled == 2)
        #expect(partition.commitment("p")?.open == 2 && partition.balances().committed == 5)
        accept(partition, Events.reassign("o", 1, line: "p"))
        #expect(partition.commitment("p")?.ordered == 3)
        refuse(partition, Events.reassign("o", 3, line: "p"), .quantityExceeds)
        accept(partition, Events.reassign("o", line: "p"))
        #expect(partition.commitment("o") == nil && partition.closed(.orderLine, "o")?.shipped == 0)
        refuse(partition, Events.reassign("p", line: "o"), .orderLineClosed)
        accept(partition, Events.commit("q", 1, at: Events.shop))
        refuse(partition, Events.reassign("p", 1, line: "q"), .orderLineExists)
        accept(partition, Events.reassign("p", 2, to: Events.shop, line: "q"))
        #expect(partition.balances(Events.shop).committed == 3 && partition.balances().committed == 3)
        refuse(partition, Events.reassign("p", 1, to: Events.shop, line: "q"), .insufficientStock)
    }

    @Test func aHoldGoesToAnotherLocation() {
        let partition = shop()
        accept(partition, Events.hold("h", 3, ttl: 60))
        accept(partition, Events.reassign(hold: "h", to: Events.shop))
        #expect(partition.hold("h")?.remaining == 3 && partition.balances(Events.shop).held == 3 && partition.balances().held == 0)
        repeated(partition, Events.reassign(hold: "h", to: Events.shop))
        accept(partition, Events.wait("w", 1, at: Events.shop))
        accept(partition, Events.reassign(hold: "w", to: Events.main))
        partition.fireTimers()
        #expect(partition.hold("w")?.remaining == 1 && partition.balances().held == 1)
        partition.wait(seconds: 60)
        refuse(partition, Events.reassign(hold: "h", to: Events.main), .holdExpired)
    }

    @Test func aPromiseKeepsItsLife() {
        let partition = Partition()
        accept(partition, Events.define { $0.lotTracked = 1 })
        accept(partition, Events.receive(2, at: Events.main, "first").of("late", expiresAt: 6_000_000))
        accept(partition, Events.receive(2, at: Events.shop, "second").of("early", expiresAt: 4_000_000))
        accept(partition, Events.commit("o", 1).usable(until: 5_000_000))
        refuse(partition, Events.reassign("o", to: Events.shop), .insufficientStock)
        accept(partition, Events.reassign("o", line: "p"))
        #expect(partition.commitment("p")?.minExpiryMilliseconds == 5_000_000)
    }
}
