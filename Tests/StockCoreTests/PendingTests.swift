import StockCore
import Testing

/// Order lines that are to be confirmed (domain: c5).
struct PendingTests {
    private func commit(_ line: Key, _ quantity: Int64, at location: Key = Events.main, ttl: Int64 = 60) -> StockEvent {
        Events.commit(line, quantity, at: location).with(\.ttlSeconds, ttl)
    }

    private func shop(_ stock: Int64 = 10) -> Partition {
        let partition = Partition()
        accept(partition, Events.receive(stock))
        return partition
    }

    @Test func itIsVoidFromItsInstantOn() {
        let partition = shop()
        let fact = accept(partition, commit("o", 4))
        #expect(fact.expiresAtMilliseconds == partition.now + 60_000)
        partition.wait(milliseconds: 59_999)
        partition.fireTimers()
        #expect(partition.balances().committed == 4)
        partition.wait(milliseconds: 1)
        // The timer has not fired yet.
        refuse(partition, Events.ship("s", "o", 1), .orderLineExpired)
        #expect(partition.balances().committed == 0 && partition.balances().available == 10)
        refuse(partition, Events.confirm("o"), .orderLineExpired)
        refuse(partition, commit("o", 4), .orderLineExpired)
        refuse(partition, Events.cancel("o", 1), .orderLineExpired)
        #expect(partition.send(Events.cancel("o")).outcome == .duplicate)
        accept(partition, commit("p", 10))
    }

    @Test func confirmedItStays() {
        let partition = shop()
        accept(partition, commit("o", 4))
        refuse(partition, Events.commit("o", 4), .orderLineExists)
        #expect(partition.send(commit("o", 4)).outcome == .duplicate)
        accept(partition, Events.confirm("o"))
        #expect(partition.send(Events.confirm("o")).outcome == .duplicate)
        #expect(partition.send(commit("o", 4)).outcome == .duplicate)
        partition.wait(seconds: 100)
        partition.fireTimers()
        #expect(partition.balances().committed == 4)
        accept(partition, Events.ship("s", "o", 4))
        #expect(partition.send(Events.confirm("o")).outcome == .duplicate)
        refuse(partition, Events.confirm("never"), .orderLineUnknown)
        accept(partition, Events.commit("canceled", 1))
        accept(partition, Events.cancel("canceled"))
        refuse(partition, Events.confirm("canceled"), .orderLineClosed)
    }

    @Test func aShipmentConfirms() {
        let partition = shop()
        accept(partition, commit("o", 4))
        accept(partition, Events.ship("s", "o", 1))
        partition.wait(seconds: 100)
        partition.fireTimers()
        #expect(partition.balances().committed == 3)
    }

    /// Backorders first, then holds that wait; what the void one itself waited for is gone.
    @Test func whatIsFreedGoesToThoseWhoWait() {
        let partition = shop(4)
        accept(partition, Events.define { $0.backorderLimit = 10 })
        accept(partition, commit("o", 6).with(\.backorder, .partial))
        accept(partition, Events.wait("h", 1))
        accept(partition, Events.commit("late", 3).with(\.backorder, .partial))
        #expect(partition.balances().backordered == 5)
        partition.wait(seconds: 60)
        partition.fireTimers()
        let balances = partition.balances()
        #expect(balances.committed == 3 && balances.held == 1 && balances.backordered == 0 && balances.available == 0)
    }

    @Test func overSeveralLocations() {
        let partition = shop(2)
        accept(partition, Events.receive(2, at: "shop", "another"))
        accept(partition, Events.commit("o", 3).with(\.ttlSeconds, 60).at(["main", "shop"]))
        #expect(partition.balances().committed == 2 && partition.balances("shop").committed == 1)
        partition.wait(seconds: 60)
        partition.fireTimers()
        #expect(partition.balances().available == 2 && partition.balances("shop").available == 2)
    }

    /// Another order line that gets its units has no more time than it had.
    @Test func theTimeGoesAlong() {
        let partition = shop()
        accept(partition, commit("o", 4))
        accept(partition, Events.commit("paid", 1))
        refuse(partition, Events.reassign("o", 1, line: "paid"), .orderLineExists)
        accept(partition, Events.reassign("o", 1, line: "new"))
        partition.wait(seconds: 60)
        partition.fireTimers()
        #expect(partition.balances().committed == 1)
    }

    /// What expires at once is bounded by the fact, and is decided before any event of the SKU.
    @Test func manyAtOnce() {
        let partition = Partition(checksEverything: false)
        accept(partition, Events.receive(10_000))
        partition.begin()
        for number in 0..<2_500 { partition.send(commit(Key(text: "o\(number)")!, 2)) }
        partition.commit()
        partition.wait(seconds: 60)
        partition.fireTimers()
        let sizes = partition.ledger.filter { $0.kind == .commitExpire }.map(\.items.count)
        #expect(sizes == [1_000, 1_000, 500] && partition.balances().available == 10_000)
        #expect(partition.state.checkAll() == nil)
    }

    @Test func anAbortLeavesTheTimer() {
        let partition = shop()
        accept(partition, commit("o", 4))
        partition.begin()
        partition.send(Events.confirm("o"))
        partition.abort()
        partition.wait(seconds: 60)
        partition.begin()
        partition.fireTimers()
        partition.abort()
        partition.fireTimers()
        #expect(partition.balances().committed == 0)
    }
}
