import StockCore
import Testing

/// Shipments that are taken back (domain: c7).
struct UnshipTests {
    let partition = Partition()

    init() { accept(partition, Events.receive(10)) }

    @Test func theInverseOfAShipment() {
        accept(partition, Events.commit("o", 6))
        let before = partition.balances()
        accept(partition, Events.ship("s", "o", 4))
        let fact = accept(partition, Events.unship("s", "o"))
        #expect(fact.quantity == 4 && fact.location == Events.main && fact.after == before && partition.balances() == before)
        let line = partition.commitment("o")
        #expect(line?.open == 6 && line?.shipped == 0 && partition.state.sku(0).customer == 0)
        #expect(partition.transitions.isEmpty)
    }

    @Test func aFinishedOrderLineIsOpenAgain() {
        accept(partition, Events.hold("h", 6))
        accept(partition, Events.commit("o", hold: "h"))
        accept(partition, Events.cancel("o", 1))
        accept(partition, Events.ship("s1", "o", 2))
        accept(partition, Events.ship("s2", "o"))
        #expect(partition.commitment("o") == nil && partition.closed(.orderLine, "o")?.shipped == 5)
        accept(partition, Events.unship("s2", "o"))
        let line = partition.commitment("o")
        #expect(line?.ordered == 6 && line?.open == 3 && line?.shipped == 2 && line?.canceled == 1)
        #expect(partition.closed(.orderLine, "o") == nil && partition.state.openCommitmentCount == 1)
        // The same order line with the same content is still the same.
        repeated(partition, Events.commit("o", hold: "h"))
        refuse(partition, Events.commit("o", 6), .orderLineExists)
        accept(partition, Events.ship("s3", "o"))
        #expect(partition.closed(.orderLine, "o")?.shipped == 5 && partition.balances().sellable == 5)
    }

    @Test func itsIDIsNotUsedAgain() {
        accept(partition, Events.commit("o", 6))
        refuse(partition, Events.unship("s", "o"), .shipmentUnknown)
        accept(partition, Events.ship("s", "o", 4))
        refuse(partition, Events.unship("s", "p"), .shipmentUnknown)
        accept(partition, Events.unship("s", "o"))
        repeated(partition, Events.unship("s", "o"))
        refuse(partition, Events.ship("s", "o", 4), .shipmentVoided)
        refuse(partition, Events.ship("s", "o"), .shipmentVoided)
        accept(partition, Events.ship("s2", "o", 4))
    }

    @Test func notWhatCameBack() {
        accept(partition, Events.commit("o", 6))
        accept(partition, Events.ship("s1", "o", 2))
        accept(partition, Events.ship("s2", "o", 4))
        accept(partition, Events.giveBack("r", "o", 3))
        refuse(partition, Events.unship("s2", "o"), .quantityExceeds)
        accept(partition, Events.unship("s1", "o"))
        refuse(partition, Events.giveBack("r2", "o", 2), .quantityExceeds)
        refuse(partition, Events.unship("s2", "o"), .quantityExceeds)
        accept(partition, Events.giveBack("r2", "o", 1))
        #expect(partition.commitment("o")?.returned == 4)
    }

    @Test func theRightLocationOfSeveral() {
        accept(partition, Events.receive(3, at: "attic", "r2"))
        accept(partition, Events.receive(3, at: Events.shop, "r3"))
        accept(partition, Events.commit("o", 3, at: Events.shop))
        accept(partition, Events.ship("s", "o"))
        #expect(accept(partition, Events.unship("s", "o")).location == Events.shop)
        #expect(partition.balances(Events.shop).committed == 3)
    }

    @Test func afterTheHorizonItIsTooOld() {
        var limits = StateLimits()
        limits.closedRetentionMilliseconds = 10_000
        let partition = Partition(limits: limits)
        accept(partition, Events.receive(10))
        accept(partition, Events.commit("o", 3))
        accept(partition, Events.ship("s", "o", 1))
        let old = partition.now
        partition.wait(seconds: 10)
        partition.fireTimers()
        refuse(partition, Events.unship("s", "o").with(\.occurredAtMilliseconds, old), .tooOld)
        refuse(partition, Events.unship("s", "o"), .shipmentUnknown)
    }

    @Test func limits() {
        var limits = StateLimits()
        limits.openCommitmentsPerSKU = 1
        let partition = Partition(limits: limits)
        accept(partition, Events.receive(10))
        accept(partition, Events.commit("o", 3))
        accept(partition, Events.ship("s", "o"))
        accept(partition, Events.commit("p", 3))
        refuse(partition, Events.unship("s", "o"), .tooManyCommitments)
        accept(partition, Events.cancel("p"))
        accept(partition, Events.unship("s", "o"))
    }
}
