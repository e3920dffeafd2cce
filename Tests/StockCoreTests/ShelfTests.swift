import StockCore
import Testing

/// Receive, adjust and move (domain: c1, c2).
struct ShelfTests {
    let partition = Partition()

    @Test func receiptLinesAreRunningTotals() {
        #expect(accept(partition, Events.receive(10)).quantity == 10)
        repeated(partition, Events.receive(10))
        let more = accept(partition, Events.receive(12))
        #expect(more.quantity == 2 && more.total == 12 && more.after.sellable == 12)
        refuse(partition, Events.receive(8), .receiptConflict)
        refuse(partition, Events.receive(12, at: Events.shop), .receiptConflict)
        refuse(partition, Events.receive(12).with(\.disposition, .qc), .receiptConflict)
        accept(partition, Events.receive(3, line: "2"))
        #expect(partition.balances().sellable == 15)
        #expect(partition.closed(.receipt, "receipt")?.quantity == 12)
        #expect(partition.state.sku(0).supplier == -15)
    }

    @Test func adjustsGoToLossAndGain() {
        accept(partition, Events.adjust(5))
        #expect(accept(partition, Events.adjust(-2)).after.sellable == 3)
        #expect(partition.state.sku(0).lossGain == -3)
        let refused = refuse(partition, Events.adjust(-4), .insufficientStock)
        #expect(refused.total == 3 && refused.after.sellable == 3)
        refuse(partition, Events.adjust(-1, .damaged), .insufficientStock)
        accept(partition, Events.adjust(-3))
        #expect(partition.state.values.counters.oversellRefused == 0, "a correction is no lost sale")
    }

    @Test func adjustsStopAtPromises() {
        accept(partition, Events.receive(10))
        accept(partition, Events.hold("h", 4))
        accept(partition, Events.commit("o", 3))
        refuse(partition, Events.adjust(-4), .belowPromised)
        accept(partition, Events.adjust(-3))
        let forced = accept(partition, Events.adjust(-2, forced: true))
        #expect(forced.after.sellable == 5 && forced.after.shortfall == 2 && forced.after.available == 0)
        refuse(partition, Events.adjust(-6, forced: true), .insufficientStock)
    }

    @Test func settingComparesFirst() {
        accept(partition, Events.receive(10))
        let refused = refuse(partition, Events.set(7, expecting: 9), .valueMismatch)
        #expect(refused.total == 10, "the value found")
        #expect(accept(partition, Events.set(7, expecting: 10)).quantity == -3)
        #expect(accept(partition, Events.set(7, expecting: 7)).quantity == 0)
        accept(partition, Events.set(2, expecting: 0, at: Events.shop))
        refuse(partition, Events.set(1, expecting: 1, at: "nowhere"), .valueMismatch)
    }

    @Test func movesKeepWhatIsOnHand() {
        accept(partition, Events.receive(10))
        accept(partition, Events.hold("h", 6))
        refuse(partition, Events.move(5), .belowPromised)
        let moved = accept(partition, Events.move(4))
        #expect(moved.after.damaged == 4 && moved.after.sellable == 6 && moved.after.onHand == 10)
        refuse(partition, Events.move(7), .insufficientStock)
        accept(partition, Events.move(6, forced: true))
        #expect(partition.balances().shortfall == 6)
        accept(partition, Events.move(10, from: .damaged, to: .qc))
        refuse(partition, Events.move(1, from: .damaged, to: .qc), .insufficientStock)
        accept(partition, Events.move(10, from: .qc, to: .sellable))
        #expect(partition.balances().shortfall == 0 && partition.balances().available == 4)
    }

    @Test func unknownSKUsAndLocationsRefuseWithoutATrace() {
        let cases: [(StockEvent, Rejection)] = [
            (Events.adjust(-1), .insufficientStock), (Events.move(1), .insufficientStock), (Events.hold("h", 1), .insufficientStock),
            (Events.extend("h", ttl: 1), .holdUnknown), (Events.commit("o", 1), .insufficientStock),
            (Events.commit("o", hold: "h"), .holdUnknown), (Events.release(hold: "h"), .holdUnknown),
            (Events.cancel("o"), .orderLineUnknown), (Events.ship("s", "o"), .orderLineUnknown),
            (Events.sale("o", 1), .insufficientStock), (Events.giveBack("r", "o", 1), .orderLineUnknown),
            (Events.set(1, expecting: 2), .valueMismatch),
            (Events.define { $0.scale = 10 }.with(\.expectedVersion, 1), .versionMismatch),
        ]
        for (event, rejection) in cases { refuse(partition, event, rejection) }
        #expect(partition.state.skuCount == 0)
        accept(partition, Events.receive(1, at: Events.shop))
        for (event, rejection) in cases.dropLast() { refuse(partition, event, rejection) }
        #expect(partition.state.sku(0).locationCount == 1)
    }

    @Test func balancesStayInRange() {
        let partition = Partition(checksEverything: false)
        let most = EventLimits.maxBalance
        var total: Int64 = 0
        for receipt in 0..<1_000 {
            accept(partition, Events.receive(EventLimits.maxQuantity, Key(text: "r\(receipt)")!))
            total += EventLimits.maxQuantity
        }
        #expect(total == most && partition.balances().sellable == most)
        refuse(partition, Events.receive(1, "one-more"), .quantityOverflow)
        refuse(partition, Events.adjust(1), .quantityOverflow)
        accept(partition, Events.adjust(-1))
        accept(partition, Events.adjust(1))
        accept(partition, Events.adjust(1, .damaged))
        refuse(partition, Events.move(1, from: .damaged, to: .sellable), .quantityOverflow)
        accept(partition, Events.sale("sold", 1))
        accept(partition, Events.adjust(1))
        refuse(partition, Events.giveBack("back", "sold", 1, .sellable), .quantityOverflow)
        accept(partition, Events.giveBack("back", "sold", 1, .damaged))
        #expect(partition.state.checkAll() == nil)
    }

    @Test func forcedSalesStopAtTheLowestBalance() {
        let partition = Partition(checksEverything: false)
        for line in 0..<1_000 { accept(partition, Events.sale(Key(text: "o\(line)")!, EventLimits.maxQuantity, forced: true)) }
        #expect(partition.balances().sellable == -EventLimits.maxBalance)
        refuse(partition, Events.sale("last", 1, forced: true), .quantityOverflow)
    }
}
