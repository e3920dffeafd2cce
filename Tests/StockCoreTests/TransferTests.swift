import StockCore
import Testing

/// Transfers between locations (domain: c9).
struct TransferTests {
    let partition = Partition()

    init() { accept(partition, Events.receive(10)) }

    @Test func unitsInTransitAreNowhereForSale() {
        let fact = accept(partition, Events.send("t", 4))
        #expect(fact.after.sellable == 6 && fact.after.available == 6)
        let there = partition.balances(Events.shop)
        #expect(there.inTransit == 4 && there.onHand == 0 && there.available == 0)
        let sku = partition.state.sku(0)
        #expect(sku.totals.inTransit == 4 && sku.totals.onHand == 6 && sku.supplier == -10, "nothing was lost")
        refuse(partition, Events.hold("h", 1, at: Events.shop), .insufficientStock)
        let arrival = accept(partition, Events.arrive("t", 4))
        #expect(arrival.location == Events.shop && arrival.after.available == 4 && arrival.after.inTransit == 0)
        #expect(partition.document("t", .transfer) == nil && partition.closed(.transfer, "t")?.shipped == 4)
    }

    @Test func totalsRun() {
        accept(partition, Events.send("t", 4))
        repeated(partition, Events.send("t", 4))
        #expect(accept(partition, Events.send("t", 6)).quantity == 2)
        refuse(partition, Events.send("t", 5), .transferConflict)
        refuse(partition, Events.send("t", 6, to: "attic"), .transferConflict)
        refuse(partition, Events.send("t", 6, .qc), .transferConflict)
        accept(partition, Events.arrive("t", 2))
        repeated(partition, Events.arrive("t", 2))
        #expect(accept(partition, Events.arrive("t", 3, rejected: 1)).quantity == 1)
        repeated(partition, Events.arrive("t", 3))
        refuse(partition, Events.arrive("t", 2), .transferConflict)
        refuse(partition, Events.arrive("t", 3, rejected: 0), .transferConflict)
        #expect(refuse(partition, Events.arrive("t", 6), .quantityExceeds).total == 2)
        let there = partition.balances(Events.shop)
        #expect(there.sellable == 3 && there.quarantine == 1 && there.inTransit == 2)
        accept(partition, Events.arrive("t", 5))
        repeated(partition, Events.arrive("t", 5, rejected: 1))
        repeated(partition, Events.send("t", 6))
        refuse(partition, Events.arrive("t", 6), .transferClosed)
        refuse(partition, Events.send("t", 7), .transferClosed)
    }

    @Test func onlyWhatNobodyIsPromised() {
        accept(partition, Events.commit("o", 3))
        accept(partition, Events.hold("h", 3))
        #expect(refuse(partition, Events.send("t", 5), .belowPromised).total == 4)
        #expect(refuse(partition, Events.send("t", 11), .insufficientStock).total == 10)
        refuse(partition, Events.send("t", 1, from: "attic"), .insufficientStock)
        accept(partition, Events.send("t", 4))
        #expect(partition.balances().shortfall == 0 && partition.balances().available == 0)
        refuse(partition, Events.send("t", 5), .belowPromised)
    }

    @Test func otherDispositionsTravelToo() {
        accept(partition, Events.adjust(5, .damaged))
        accept(partition, Events.send("t", 5, .damaged))
        #expect(partition.balances().damaged == 0 && partition.balances().sellable == 10)
        accept(partition, Events.arrive("t", 2))
        accept(partition, Events.arrive("t", 3, as: .qc))
        accept(partition, Events.arrive("t", 3, rejected: 2, to: .expired))
        let there = partition.balances(Events.shop)
        #expect(there.damaged == 2 && there.qc == 1 && there.expired == 2)
    }

    @Test func whatIsInTransitGoesBack() {
        accept(partition, Events.send("t", 5))
        accept(partition, Events.arrive("t", 2))
        let fact = accept(partition, Events.closeTransfer("t", .back))
        #expect(fact.quantity == 3 && fact.location == Events.main && fact.after.sellable == 8)
        #expect(partition.balances(Events.shop).inTransit == 0)
        let closed = partition.closed(.transfer, "t")
        #expect(closed?.quantity == 5 && closed?.shipped == 2 && closed?.returned == 3)
        repeated(partition, Events.closeTransfer("t", .back))
        refuse(partition, Events.closeTransfer("t", .writeOff), .transferClosed)
        refuse(partition, Events.arrive("t", 3), .transferClosed)
        repeated(partition, Events.arrive("t", 2))
    }

    @Test func orIsLost() {
        accept(partition, Events.send("t", 5))
        accept(partition, Events.arrive("t", 3, rejected: 1))
        #expect(accept(partition, Events.closeTransfer("t", .writeOff)).quantity == 1)
        let sku = partition.state.sku(0)
        #expect(sku.lossGain == 1 && sku.totals.inTransit == 0 && sku.totals.onHand == 9)
        repeated(partition, Events.closeTransfer("t", .writeOff))
        refuse(partition, Events.closeTransfer("t", .back), .transferClosed)
        refuse(partition, Events.closeTransfer("u", .back), .transferUnknown)
        refuse(partition, Events.arrive("u", 1), .transferUnknown)
    }

    @Test func whatWasFullyTakenCantBeClosed() {
        accept(partition, Events.send("t", 5))
        accept(partition, Events.arrive("t", 5))
        refuse(partition, Events.closeTransfer("t", .back), .transferClosed)
    }

    @Test func alertsAtBothEnds() {
        accept(partition, Events.send("t", 10))
        #expect(partition.transitions.map(\.kind) == [.out, .out], "here and in all")
        accept(partition, Events.arrive("t", 10))
        #expect(partition.transitions.map(\.kind) == [.back], "in all; there was never anything there")
    }

    @Test func countsSeeWhatLeftBefore() {
        let before = partition.now
        partition.wait(seconds: 10)
        accept(partition, Events.countOpen("c"))
        accept(partition, Events.countLine("c", 6))
        accept(partition, Events.countClose("c"))
        let fact = accept(partition, Events.send("t", 4).with(\.occurredAtMilliseconds, before))
        #expect(fact.isAbsorbed && fact.after.sellable == 6 && partition.balances(Events.shop).inTransit == 4)
        #expect(partition.state.sku(0).lossGain == 0)
    }

    @Test func limits() {
        var limits = StateLimits()
        limits.openDocumentsPerSKU = 1
        limits.locationsPerSKU = 2
        let partition = Partition(limits: limits)
        accept(partition, Events.receive(10))
        accept(partition, Events.send("t", 1))
        refuse(partition, Events.send("u", 1), .tooManyDocuments)
        refuse(partition, Events.expect(1), .tooManyDocuments)
        accept(partition, Events.arrive("t", 1))
        refuse(partition, Events.send("u", 1, to: "attic"), .tooManyLocations)
        refuse(partition, Events.define { $0.scale = 10 }, .scaleFixed)
    }
}
