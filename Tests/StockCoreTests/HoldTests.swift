import StockCore
import Testing

/// Hold, extend, expiry (domain: c4).
struct HoldTests {
    let partition = Partition()

    init() { accept(partition, Events.receive(10)) }

    @Test func holdsTakeFromAvailableOnly() {
        let placed = accept(partition, Events.hold("a", 7))
        #expect(placed.after.sellable == 10 && placed.after.held == 7 && placed.after.available == 3)
        #expect(placed.expiresAtMilliseconds == partition.now + 60_000)
        let refused = refuse(partition, Events.hold("b", 4), .insufficientStock)
        #expect(refused.total == 3 && refused.quantity == 4 && refused.after.available == 3)
        accept(partition, Events.hold("b", 3))
        #expect(partition.state.values.counters.oversellRefused == 1 && partition.state.values.counters.unitsRefused == 4)
        #expect(partition.state.openHoldCount == 2)
    }

    @Test func sameHoldAgainHasNoEffect() {
        accept(partition, Events.hold("a", 7))
        partition.wait(seconds: 10)
        let again = repeated(partition, Events.hold("a", 7, ttl: 600))
        #expect(again.firstSeq == 0 && again.firstOutcome == .accepted)
        #expect(partition.hold("a")?.expiresAtMilliseconds == partition.now + 50_000)
    }

    @Test func anotherQuantityReplaces() {
        accept(partition, Events.hold("a", 9))
        partition.wait(seconds: 10)
        let less = accept(partition, Events.hold("a", 8))
        #expect(less.after.held == 8 && less.after.available == 2)
        accept(partition, Events.hold("a", 10))
        let refused = refuse(partition, Events.hold("a", 11), .insufficientStock)
        #expect(refused.total == 10, "its own units don't count against it")
        #expect(partition.hold("a")?.expiresAtMilliseconds == partition.now + 50_000, "expiry is kept")
        #expect(partition.state.openHoldCount == 1)
    }

    @Test func replacingMovesToAnotherLocation() {
        accept(partition, Events.receive(5, at: Events.shop, "r2"))
        accept(partition, Events.hold("a", 4))
        refuse(partition, Events.hold("a", 6, at: Events.shop), .insufficientStock)
        refuse(partition, Events.hold("a", 1, at: "nowhere"), .insufficientStock)
        accept(partition, Events.hold("a", 4, at: Events.shop))
        #expect(partition.balances().held == 0 && partition.balances(Events.shop).held == 4)
        partition.wait(seconds: 60)
        let expired = partition.fireTimers()
        #expect(expired.count == 1 && expired[0].items[0].location == Events.shop)
        #expect(partition.balances(Events.shop).available == 5)
    }

    @Test func replacingAfterAPartialCommitStartsFromWhatRemains() {
        accept(partition, Events.hold("a", 6))
        accept(partition, Events.commit("o", hold: "a", 4))
        let refused = refuse(partition, Events.hold("a", 7), .insufficientStock)
        #expect(refused.total == 6)
        accept(partition, Events.hold("a", 3))
        #expect(partition.balances().held == 3 && partition.balances().committed == 4)
        repeated(partition, Events.hold("a", 3))
    }

    @Test func expiryIsAnEventAtItsInstant() {
        accept(partition, Events.hold("a", 7, ttl: 60))
        partition.wait(milliseconds: 59_999)
        #expect(partition.fireTimers().isEmpty)
        accept(partition, Events.extend("a", ttl: 1))
        partition.wait(milliseconds: 999)
        accept(partition, Events.commit("early", hold: "a", 1))
        partition.wait(milliseconds: 1)
        refuse(partition, Events.commit("late", hold: "a", 1), .holdExpired)
        #expect(partition.ledger.suffix(2).map(\.kind) == [.expire, .commit], "the expiry stands before the event")
        #expect(partition.balances().held == 0 && partition.balances().available == 9)
        #expect(partition.closed(.hold, "a")?.outcome == .expired)
        refuse(partition, Events.hold("a", 1), .holdExpired)
        refuse(partition, Events.extend("a", ttl: 10), .holdExpired)
        refuse(partition, Events.release(hold: "a"), .holdExpired)
        #expect(partition.state.values.counters.expiredHolds == 1)
    }

    @Test func extendNeverShortensAndHasALimit() {
        accept(partition, Events.define { $0.maxHoldSeconds = 100 })
        refuse(partition, Events.hold("a", 1, ttl: 101), .holdTooLong)
        accept(partition, Events.hold("a", 1, ttl: 60))
        refuse(partition, Events.extend("a", ttl: 59), .shortensHold)
        accept(partition, Events.extend("a", ttl: 60))
        partition.wait(seconds: 40)
        refuse(partition, Events.extend("a", ttl: 61), .holdTooLong)
        refuse(partition, Events.extend("a", ttl: Int64.max), .holdTooLong)
        accept(partition, Events.extend("a", ttl: 60))
        #expect(partition.hold("a")?.expiresAtMilliseconds == partition.now + 60_000)
        refuse(partition, Events.extend("b", ttl: 1), .holdUnknown)
        partition.wait(seconds: 60)
        #expect(partition.fireTimers().count == 1, "the entries of earlier expiries are stale")
    }

    @Test func theLongestHoldIsBoundedWithoutPolicy() {
        refuse(partition, Events.hold("a", 1, ttl: EventLimits.maxHoldSeconds + 1), .holdTooLong)
        accept(partition, Events.hold("a", 1, ttl: EventLimits.maxHoldSeconds))
    }

    @Test func policyBoundsTheQuantity() {
        accept(partition, Events.define { $0.maxHoldQuantity = 3 })
        refuse(partition, Events.hold("a", 4), .holdTooLarge)
        accept(partition, Events.hold("a", 3))
        refuse(partition, Events.hold("a", 4), .holdTooLarge)
    }

    @Test func oneFactEndsAtMostAThousandHolds() {
        let partition = Partition(checksEverything: false)
        accept(partition, Events.receive(2_010, "big"))
        for index in 0..<2_001 { partition.send(Events.hold(Key(text: "h\(index)")!, 1, ttl: 5)) }
        partition.wait(seconds: 5)
        let facts = partition.fireTimers()
        #expect(facts.map(\.items.count) == [1_000, 1_000, 1])
        #expect(facts.map(\.quantity) == [1_000, 1_000, 1])
        #expect(partition.balances().held == 0 && partition.state.openHoldCount == 0)
        #expect(partition.state.checkAll() == nil)
    }

    @Test func theEarliestSKUFiresFirst() {
        for (sku, ttl) in [("x", 30), ("y", 10), ("z", 20)] as [(Key, Int64)] {
            accept(partition, Events.receive(5).with(\.sku, sku))
            accept(partition, Events.hold("h", 1, ttl: ttl).with(\.sku, sku))
        }
        // Its first entry goes stale: the SKU's turn is that of its second.
        accept(partition, Events.hold("h2", 1, ttl: 1).with(\.sku, "x"))
        accept(partition, Events.release(hold: "h2").with(\.sku, "x"))
        #expect(partition.state.earliestTimerMilliseconds.map { $0 <= partition.now + 10_000 } == true)
        partition.wait(seconds: 40)
        #expect(partition.fireTimers().map(\.sku) == ["y", "z", "x"])
    }

    @Test func aHoldIsGoneWhereItsStockIsForced() {
        accept(partition, Events.hold("a", 10))
        accept(partition, Events.sale("till", 10, forced: true))
        #expect(partition.balances().shortfall == 10)
        refuse(partition, Events.hold("b", 1), .insufficientStock)
        accept(partition, Events.commit("o", hold: "a", 4))
        #expect(partition.balances().shortfall == 10, "moving a promise neither raises nor lowers it")
        let refused = refuse(partition, Events.ship("s", "o"), .insufficientStock)
        #expect(refused.total == 0 && refused.quantity == 4)
    }
}
