import StockCore
import Testing

/// Commit, release, ship, sale (domain: c5 to c7, c13).
struct OrderTests {
    let partition = Partition()

    init() { accept(partition, Events.receive(10)) }

    @Test func partialCommitKeepsOrReleasesTheRest() {
        accept(partition, Events.hold("a", 6))
        let kept = accept(partition, Events.commit("o1", hold: "a", 2))
        #expect(kept.after.held == 4 && kept.after.committed == 2 && kept.after.available == 4)
        let released = accept(partition, Events.commit("o2", hold: "a", 1, rest: .release))
        #expect(released.after.held == 0 && released.after.committed == 3 && released.after.available == 7)
        #expect(partition.closed(.hold, "a")?.outcome == .committed)
        refuse(partition, Events.commit("o3", hold: "a", 1), .holdCommitted)
    }

    @Test func commitDefaultsToAllThatIsHeld() {
        accept(partition, Events.hold("a", 6))
        accept(partition, Events.commit("o1", hold: "a", 2))
        let fact = accept(partition, Events.commit("o2", hold: "a"))
        #expect(fact.quantity == 4 && fact.location == Events.main)
        #expect(partition.state.openHoldCount == 0 && partition.state.openCommitmentCount == 2)
    }

    @Test func commitAsksNoMoreThanTheHoldHas() {
        accept(partition, Events.hold("a", 6))
        refuse(partition, Events.commit("o", hold: "a", 7), .quantityExceeds)
        refuse(partition, Events.commit("o", hold: "b"), .holdUnknown)
        accept(partition, Events.release(hold: "a"))
        refuse(partition, Events.commit("o", hold: "a"), .holdReleased)
        #expect(partition.commitment("o") == nil)
    }

    @Test func sameOrderLineAgain() {
        accept(partition, Events.hold("a", 6))
        accept(partition, Events.commit("o", hold: "a", 6))
        repeated(partition, Events.commit("o", hold: "a", 6))
        repeated(partition, Events.commit("o", hold: "a"))
        refuse(partition, Events.commit("o", hold: "a", 5), .orderLineExists)
        refuse(partition, Events.commit("o", 6), .orderLineExists)
        refuse(partition, Events.sale("o", 6), .orderLineExists)
        accept(partition, Events.ship("s", "o"))
        repeated(partition, Events.commit("o", hold: "a", 6))
        refuse(partition, Events.commit("o", hold: "a", 5), .orderLineClosed)
        refuse(partition, Events.commit("o", 6), .orderLineClosed)
        refuse(partition, Events.sale("o", 6), .orderLineClosed)
    }

    @Test func directCommitsNeedAvailableStock() {
        let refused = refuse(partition, Events.commit("o", 11), .insufficientStock)
        #expect(refused.total == 10)
        accept(partition, Events.commit("o", 10))
        repeated(partition, Events.commit("o", 10))
        refuse(partition, Events.commit("o", 10, at: Events.shop), .orderLineExists)
        accept(partition, Events.cancel("o"))
        repeated(partition, Events.commit("o", 10))
        refuse(partition, Events.commit("o", 10, at: Events.shop), .orderLineClosed)
    }

    @Test func releasesNameTheirPromise() {
        accept(partition, Events.hold("a", 6))
        refuse(partition, Events.release(hold: "a", 7), .quantityExceeds)
        #expect(accept(partition, Events.release(hold: "a", 2)).after.held == 4)
        let rest = accept(partition, Events.release(hold: "a"))
        #expect(rest.quantity == 4 && rest.after.available == 10 && rest.location == Events.main)
        repeated(partition, Events.release(hold: "a"))
        refuse(partition, Events.release(hold: "a", 2), .holdReleased)
    }

    @Test func cancelTouchesOnlyWhatIsNotShipped() {
        accept(partition, Events.commit("o", 6))
        accept(partition, Events.ship("s", "o", 2))
        refuse(partition, Events.cancel("o", 5), .quantityExceeds)
        accept(partition, Events.cancel("o", 1))
        let rest = accept(partition, Events.cancel("o"))
        #expect(rest.quantity == 3 && rest.after.committed == 0 && rest.after.sellable == 8)
        repeated(partition, Events.cancel("o"))
        refuse(partition, Events.cancel("o", 1), .orderLineClosed)
        let line = partition.closed(.orderLine, "o")
        #expect(line?.quantity == 6 && line?.shipped == 2 && line?.outcome == .done)
    }

    @Test func cancelOfAShippedLineIsRefused() {
        accept(partition, Events.commit("o", 6))
        accept(partition, Events.ship("s", "o"))
        refuse(partition, Events.cancel("o"), .orderLineClosed)
    }

    @Test func shipTakesFromItsOwnCommitment() {
        accept(partition, Events.commit("o", 10))
        refuse(partition, Events.ship("s", "o", 11), .quantityExceeds)
        let part = accept(partition, Events.ship("s", "o", 4))
        #expect(part.after.sellable == 6 && part.after.committed == 6 && part.after.available == 0)
        #expect(part.location == Events.main)
        repeated(partition, Events.ship("s", "o", 4))
        repeated(partition, Events.ship("s", "o"))
        refuse(partition, Events.ship("s", "o", 5), .shipmentConflict)
        let rest = accept(partition, Events.ship("s2", "o"))
        #expect(rest.quantity == 6 && partition.state.sku(0).customer == 10)
        refuse(partition, Events.ship("s3", "o"), .orderLineClosed)
        refuse(partition, Events.ship("s3", "p"), .orderLineUnknown)
    }

    @Test func strictSalesNeverOversell() {
        accept(partition, Events.hold("a", 4))
        let refused = refuse(partition, Events.sale("o", 7), .insufficientStock)
        #expect(refused.total == 6)
        accept(partition, Events.sale("o", 6))
        repeated(partition, Events.sale("o", 6))
        refuse(partition, Events.sale("o", 5), .orderLineClosed)
        refuse(partition, Events.sale("o", 6, at: Events.shop), .orderLineClosed)
        #expect(partition.balances().sellable == 4 && partition.balances().available == 0)
    }

    @Test func forcedSalesMayEmptyTheShelfAndMore() {
        accept(partition, Events.commit("o", 8))
        let fact = accept(partition, Events.sale("till", 13, forced: true))
        #expect(fact.after.sellable == -3 && fact.after.shortfall == 8 && fact.after.available == 0)
        #expect(fact.after.onHand == -3)
        repeated(partition, Events.sale("till", 13, forced: true))
        accept(partition, Events.receive(5, "second"))
        #expect(partition.balances().sellable == 2 && partition.balances().shortfall == 6)
        accept(partition, Events.receive(20, "third"))
        #expect(partition.balances().shortfall == 0 && partition.balances().available == 14)
    }

    @Test func aNegativeShelfDoesNotEatAnotherLocation() {
        accept(partition, Events.receive(5, at: Events.shop, "r2"))
        accept(partition, Events.sale("till", 13, forced: true))
        let totals = partition.state.sku(0).totals
        #expect(totals.available == 5 && totals.sellable == 2)
        accept(partition, Events.sale("new", 2, at: "kiosk", forced: true))
        #expect(partition.balances("kiosk").sellable == -2 && partition.state.sku(0).totals.available == 5)
    }

    @Test func safetyStockIsKeptBackFromPromisesOnly() {
        accept(partition, Events.define { $0.safetyStock = 4 })
        refuse(partition, Events.commit("o", 7), .insufficientStock)
        accept(partition, Events.commit("o", 6))
        accept(partition, Events.ship("s", "o"))
        accept(partition, Events.define { $0.safetyStock = 9 })
        #expect(partition.balances().available == 0 && partition.balances().shortfall == 0)
        accept(partition, Events.adjust(-4))
    }
}
