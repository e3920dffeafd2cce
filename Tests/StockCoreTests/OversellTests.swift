import StockCore
import Testing

/// Promises beyond what is there, up to a limit (domain: c13).
struct OversellTests {
    private func shop(_ limit: Int64, stock: Int64 = 2) -> Partition {
        let partition = Partition()
        accept(partition, Events.define { $0.oversellLimit = limit })
        if stock > 0 { accept(partition, Events.receive(stock, "first")) }
        return partition
    }

    @Test func upToTheLimitAndNoFurther() {
        let partition = shop(3)
        accept(partition, Events.hold("a", 5))
        #expect(partition.balances().shortfall == 3 && partition.balances().sellable == 2)
        #expect(refuse(partition, Events.hold("b", 1), .insufficientStock).total == 0)
        #expect(refuse(shop(3), Events.hold("a", 6), .insufficientStock).total == 5)
        refuse(shop(-1), Events.hold("a", 3), .insufficientStock)
        refuse(shop(0), Events.hold("a", 3), .insufficientStock)
    }

    @Test func aReplacementCountsWithoutItsOld() {
        let partition = shop(3)
        accept(partition, Events.hold("a", 5))
        #expect(refuse(partition, Events.hold("a", 6), .insufficientStock).total == 5)
        accept(partition, Events.hold("a", 4))
        #expect(partition.balances().shortfall == 2)
        accept(partition, Events.commit("o", 1))
        #expect(partition.balances().shortfall == 3)
    }

    @Test func aForcedShortfallUsesItUp() {
        let partition = shop(3, stock: 5)
        accept(partition, Events.commit("o", 5))
        accept(partition, Events.adjust(-5, forced: true))
        refuse(partition, Events.hold("a", 1), .insufficientStock)
        accept(partition, Events.cancel("o", 3))
        accept(partition, Events.hold("a", 1))
        refuse(partition, Events.hold("b", 1), .insufficientStock)
    }

    @Test func aLifeCountsAtItsInstant() {
        let partition = Partition()
        accept(
            partition,
            Events.define {
                ($0.lotTracked, $0.oversellLimit) = (1, 1)
            })
        accept(partition, Events.receive(5).of("early", expiresAt: 4_000_000))
        accept(partition, Events.hold("a", 1).usable(until: 5_000_000))
        #expect(partition.balances().shortfall == 1 && partition.balances().available == 4)
        refuse(partition, Events.hold("b", 1).usable(until: 5_000_001), .insufficientStock)
        accept(partition, Events.hold("b", 4))
        refuse(partition, Events.hold("c", 2), .insufficientStock)
    }
}
