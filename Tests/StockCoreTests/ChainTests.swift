import StockCore
import Testing

/// Requests that name several SKUs: what this one meets, and what is passed on.
struct ChainTests {
    private let partition = Partition()

    init() { accept(partition, Events.receive(3)) }

    @Test func whatIsThereIsMetAndTheRestPassedOn() {
        let fact = accept(partition, Events.hold("h", 5).with(\.nextSKU, "new"))
        #expect(fact.quantity == 3 && fact.after.held == 3 && fact.total == 0)
        #expect(fact.chain.hop == 1 && fact.chain.asked == 5 && fact.chain.met == 3)
        #expect(fact.chain.next == "new" && fact.chain.passedOn == 2)
        let none = partition.send(Events.commit("o", 4).with(\.nextSKU, "new"))
        #expect(none.rejection == .insufficientStock && none.quantity == 4 && none.chain.passedOn == 4 && none.chain.met == 0)
        #expect(partition.state.values.counters.unitsRefused == 0, "it is not lost yet")
    }

    @Test func allIsMetAndNothingPassedOn() {
        let fact = accept(partition, Events.commit("o", 3).with(\.nextSKU, "new"))
        #expect(fact.quantity == 3 && fact.chain.met == 3 && fact.chain.passedOn == 0)
    }

    /// The last one takes what it has, and tells the totals of all.
    @Test func theLastOneTakesWhatItHas() {
        let last = Events.hold("h", 5).with(\.hop, 3).with(\.asked, 9).with(\.met, 4)
        let fact = accept(partition, last)
        #expect(fact.quantity == 3 && fact.chain.hop == 3 && fact.chain.met == 7 && fact.chain.asked == 9 && fact.chain.passedOn == 0)
        let none = partition.send(Events.hold("i", 5).with(\.hop, 3).with(\.asked, 9).with(\.met, 4))
        #expect(none.rejection == .insufficientStock && none.chain.met == 4)
        #expect(partition.state.values.counters.unitsRefused == 5)
    }

    @Test func anotherRefusalEndsTheChain() {
        accept(partition, Events.define { $0.maxHoldQuantity = 2 })
        let fact = partition.send(Events.hold("h", 5).with(\.nextSKU, "new"))
        #expect(fact.rejection == .holdTooLarge && fact.quantity == 5)
        #expect(fact.chain.passedOn == 0 && fact.chain.next.isEmpty && fact.chain.met == 0 && partition.balances().held == 0)
    }
}
