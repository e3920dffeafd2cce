import StockCore
import Testing

/// What is expected, what arrives of it, and corrections of receipts (domain: c1).
struct IncomingTests {
    let partition = Partition()

    @Test func aReceiptLowersWhatIsOpen() {
        accept(partition, Events.expect(100))
        #expect(partition.balances().incoming == 100 && partition.balances().onHand == 0 && partition.balances().available == 0)
        let fact = accept(partition, Events.receive(40, of: "incoming"))
        #expect(fact.after.incoming == 60 && fact.after.available == 40)
        accept(partition, Events.receive(60, of: "incoming"))
        #expect(partition.balances().incoming == 40, "a receipt's quantity is a running total")
        accept(partition, Events.receive(40, "second", of: "incoming"))
        #expect(partition.balances().incoming == 0 && partition.document("incoming") == nil)
        #expect(partition.closed(.incoming, "incoming")?.shipped == 100 && partition.state.sku(0).totals.incoming == 0)
    }

    @Test func expectIsARunningTotal() {
        accept(partition, Events.expect(10))
        repeated(partition, Events.expect(10))
        #expect(accept(partition, Events.expect(12)).quantity == 2)
        accept(partition, Events.receive(5, of: "incoming"))
        #expect(accept(partition, Events.expect(8)).quantity == -4)
        #expect(partition.balances().incoming == 3)
        accept(partition, Events.expect(5))
        #expect(partition.balances().incoming == 0 && partition.document("incoming") == nil)
        repeated(partition, Events.expect(5))
        accept(partition, Events.expect(9))
        #expect(partition.balances().incoming == 4 && partition.document("incoming")?.arrived == 5)
        accept(partition, Events.expect(0))
        #expect(partition.balances().incoming == 0)
    }

    @Test func itMayBeExpectedElsewhereAndArriveElsewhere() {
        accept(partition, Events.expect(10))
        accept(partition, Events.expect(10, at: Events.shop))
        #expect(partition.balances().incoming == 0 && partition.balances(Events.shop).incoming == 10)
        accept(partition, Events.receive(4, of: "incoming"))
        #expect(partition.balances().sellable == 4 && partition.balances(Events.shop).incoming == 6)
    }

    @Test func moreThanExpectedIsRefusedForAllReceiptsTogether() {
        refuse(partition, Events.receive(1, of: "incoming"), .incomingUnknown)
        accept(partition, Events.expect(10))
        accept(partition, Events.receive(6, "a", of: "incoming"))
        #expect(refuse(partition, Events.receive(5, "b", of: "incoming"), .overReceipt).total == 4)
        accept(partition, Events.define { $0.overReceiptPercent = 19 })
        accept(partition, Events.receive(5, "b", of: "incoming"))
        #expect(refuse(partition, Events.receive(6, "b", of: "incoming"), .overReceipt).total == 0)
        #expect(partition.closed(.incoming, "incoming")?.shipped == 11 && partition.balances().sellable == 11)
        // A receipt that names no incoming line is not bounded by one.
        accept(partition, Events.receive(100, "c"))
    }

    @Test func theContentOfAReceiptHasItsIncomingLine() {
        accept(partition, Events.expect(10))
        accept(partition, Events.receive(6, of: "incoming"))
        refuse(partition, Events.receive(6), .receiptConflict)
        refuse(partition, Events.correct(5), .receiptConflict)
        repeated(partition, Events.receive(6, of: "incoming"))
    }

    @Test func aCorrectionTakesBackWhatNobodyIsPromised() {
        accept(partition, Events.receive(10))
        accept(partition, Events.commit("o", 6))
        refuse(partition, Events.receive(8), .receiptConflict)
        refuse(partition, Events.correct(5), .belowPromised)
        repeated(partition, Events.correct(10))
        let fact = accept(partition, Events.correct(6))
        #expect(fact.quantity == -4 && fact.total == 6 && fact.after.sellable == 6 && fact.after.available == 0)
        #expect(partition.state.sku(0).supplier == -6 && partition.closed(.receipt, "receipt")?.quantity == 6)
        accept(partition, Events.ship("s", "o", 3))
        #expect(refuse(partition, Events.correct(2), .insufficientStock).total == 3)
        refuse(partition, Events.correct(1, "other"), .receiptUnknown)
        accept(partition, Events.correct(9))
        #expect(partition.balances().sellable == 6)
    }

    @Test func aCorrectionOpensTheIncomingLineAgain() {
        accept(partition, Events.expect(10, at: Events.shop))
        accept(partition, Events.receive(10, of: "incoming"))
        #expect(partition.document("incoming") == nil)
        accept(partition, Events.correct(7, of: "incoming"))
        #expect(partition.balances().incoming == 3, "expected where the receipt was")
        refuse(partition, Events.correct(11, of: "incoming"), .overReceipt)
        accept(partition, Events.correct(10, of: "incoming"))
        #expect(partition.balances().incoming == 0)
    }

    @Test func limitsAndScale() {
        var limits = StateLimits()
        limits.openDocumentsPerSKU = 1
        let partition = Partition(limits: limits)
        accept(partition, Events.expect(10))
        refuse(partition, Events.expect(10, "second"), .tooManyDocuments)
        refuse(partition, Events.define { $0.scale = 10 }, .scaleFixed)
        accept(partition, Events.expect(20))
        accept(partition, Events.receive(20, of: "incoming"))
        accept(partition, Events.expect(10, "second"))
    }

    @Test func largestQuantities() {
        let most = EventLimits.maxQuantity
        accept(partition, Events.define { $0.overReceiptPercent = EventLimits.maxPercent })
        accept(partition, Events.expect(most))
        accept(partition, Events.receive(most, of: "incoming"))
        for number in 0..<100 { accept(partition, Events.receive(most, Key(text: "r\(number)")!, of: "incoming")) }
        refuse(partition, Events.receive(most, "last", of: "incoming"), .overReceipt)
    }
}
