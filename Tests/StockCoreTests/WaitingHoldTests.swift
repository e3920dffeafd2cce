import Testing

@testable import StockCore

/// Holds that wait for stock: what comes free goes to the oldest, after all order lines.
struct WaitingHoldTests {
    @Test func theOldestGetsWhatIsReleased() {
        let partition = Partition()
        accept(partition, Events.receive(2))
        accept(partition, Events.hold("a", 2))
        let fact = accept(partition, Events.wait("b", 1, ttl: 10, for: 100))
        #expect(fact.wait.quantity == 1 && fact.wait.ttlSeconds == 10 && fact.expiresAtMilliseconds == partition.now + 100_000)
        #expect(fact.after.held == 2 && fact.after.available == 0)
        accept(partition, Events.wait("c", 1, ttl: 10, for: 100))
        partition.wait(seconds: 5)
        accept(partition, Events.release(hold: "a", 1))
        let facts = partition.fireTimers()
        #expect(facts.map(\.kind) == [.fill] && facts[0].items.map(\.kind) == [.granted] && facts[0].items[0].id == "b")
        let granted = partition.hold("b")
        #expect(granted?.remaining == 1 && granted?.waiter == -1 && granted?.expiresAtMilliseconds == partition.now + 10_000)
        #expect(partition.hold("c")?.remaining == 0 && partition.balances().held == 2)
        partition.wait(seconds: 10)
        partition.fireTimers()
        #expect(partition.closed(.hold, "b")?.outcome == .expired && partition.hold("c")?.remaining == 1)
        // Its life counts from when it got its units.
        partition.wait(seconds: 5)
        accept(partition, Events.extend("c", ttl: 10))
    }

    @Test func itsWaitEnds() {
        let partition = Partition()
        accept(partition, Events.wait("a", 1, for: 10))
        partition.wait(seconds: 10)
        let facts = partition.fireTimers()
        #expect(facts.map(\.kind) == [.expire] && facts[0].items.map(\.quantity) == [0])
        #expect(partition.closed(.hold, "a")?.outcome == .expired && partition.state.openHoldCount == 0)
        accept(partition, Events.receive(1))
        #expect(partition.fireTimers().isEmpty && partition.balances().available == 1)
    }

    /// A wait that ends at the instant at which a unit comes free has ended.
    @Test func theEndOfTheWaitComesFirst() {
        let partition = Partition()
        accept(partition, Events.receive(1))
        accept(partition, Events.hold("a", 1, ttl: 10))
        accept(partition, Events.wait("b", 1, for: 10))
        accept(partition, Events.wait("c", 1, for: 11))
        partition.wait(seconds: 10)
        partition.fireTimers()
        #expect(partition.hold("b") == nil && partition.hold("c")?.remaining == 1)
    }

    @Test func whoNeedsNotWaitDoesNot() {
        let partition = Partition()
        accept(partition, Events.receive(1))
        let fact = accept(partition, Events.wait("a", 1, ttl: 10, for: 100))
        #expect(fact.wait == WaitTerms() && fact.expiresAtMilliseconds == partition.now + 10_000)
    }

    @Test func itDemandsALife() {
        let partition = Partition()
        accept(partition, Events.define { $0.lotTracked = 1 })
        accept(partition, Events.wait("long", 1).usable(until: 5_000_000))
        accept(partition, Events.wait("any", 1))
        accept(partition, Events.receive(3).of("early", expiresAt: 4_000_000))
        partition.fireTimers()
        #expect(partition.hold("long")?.remaining == 0 && partition.hold("any")?.remaining == 1 && partition.balances().available == 2)
    }

    @Test func theyCountAsOpenHolds() {
        var limits = StateLimits()
        limits.openHoldsPerSKU = 1
        let partition = Partition(limits: limits)
        accept(partition, Events.wait("a", 1))
        refuse(partition, Events.wait("b", 1), .tooManyHolds)
    }

    @Test func expiryNamesNoWaitingHoldAsUncovered() {
        let partition = Partition()
        accept(partition, Events.receive(2))
        accept(partition, Events.hold("a", 2))
        accept(partition, Events.wait("b", 1))
        let fact = accept(partition, Events.adjust(-1, forced: true))
        #expect(fact.items.map(\.id) == ["a"])
    }

    /// A flash sale: all holds of one SKU expire in the same millisecond, and half as many wait behind them.
    @Test func anExpiryStormIsNoRace() {
        let partition = Partition(checksEverything: false)
        let (held, waiting) = (100_000, 50_000)
        accept(partition, Events.receive(Int64(held)))
        for index in 0..<held { partition.send(Events.hold(Key(text: "h\(index)")!, 1, ttl: 60)) }
        for index in 0..<waiting { partition.send(Events.wait(Key(text: "w\(index)")!, 1, ttl: 1_000, for: 900)) }
        partition.wait(seconds: 60)
        partition.begin()
        // An event that comes first gets what is left over only.
        let early = partition.send(Events.hold("early", Int64(held - waiting) + 1))
        #expect(early.rejection == .insufficientStock && early.total == Int64(held - waiting))
        #expect(partition.ledger.suffix(6).map(\.kind) == [.expire, .fill, .fill, .fill, .fill, .hold])
        partition.abort()
        #expect(partition.balances().held == Int64(held))
        accept(partition, Events.hold("early", Int64(held - waiting)))
        let facts = partition.fireTimers()
        #expect(facts.allSatisfy { $0.kind == .fill && $0.items.count <= StateLimits.itemsPerFact })
        let items = partition.ledger.filter { $0.kind == .fill }.flatMap(\.items)
        #expect(items.map(\.id) == (0..<waiting).map { Key(text: "w\($0)")! }, "the oldest first")
        #expect(partition.balances().held == Int64(held) && partition.balances().available == 0)
        #expect(partition.state.checkAll() == nil)
    }
}
