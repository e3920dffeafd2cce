import Testing

@testable import StockCore

/// Transfers that carry the promise of an order line.
struct CarriedPromiseTests {
    private let partition = Partition()

    private func setUp(_ stock: Int64 = 10, promised: Int64 = 5) {
        accept(partition, Events.receive(stock))
        accept(partition, Events.commit("o", promised))
    }

    private func carry(_ transfer: Key = "t", _ quantity: Int64 = 5, from: Key = Events.main, to: Key = Events.shop) -> StockEvent {
        Events.send(transfer, quantity, from: from, to: to).with(\.orderLine, "o")
    }

    private var line: CommitmentRecord { partition.commitment("o")! }

    @Test func thePromiseGoesAlong() {
        setUp(5)
        accept(partition, Events.receive(3, at: Events.shop, "there"))
        let send = accept(partition, carry())
        #expect(send.after.sellable == 0 && send.after.committed == 0 && send.after.shortfall == 0)
        #expect(line.open == 0 && line.inTransit == 5)
        let there = partition.balances(Events.shop)
        #expect(there.inTransit == 5 && there.committed == 0 && there.available == 3, "on the way it takes nothing from others")
        refuse(partition, Events.ship("s", "o"), .orderLineInTransit)
        refuse(partition, Events.reassign("o", to: Events.main), .orderLineInTransit)
        refuse(partition, carry("u"), .orderLineInTransit)
        #expect(partition.send(carry()).outcome == .duplicate)
        let part = accept(partition, Events.arrive("t", 2))
        #expect(part.orderLine == "o" && part.after.committed == 2 && part.after.available == 3 && line.open == 2 && line.inTransit == 3)
        accept(partition, Events.ship("s1", "o"))
        let rest = accept(partition, Events.arrive("t", 5))
        #expect(rest.after.committed == 3 && rest.after.available == 3 && line.inTransit == 0)
        accept(partition, Events.ship("s2", "o"))
        #expect(partition.commitment("o") == nil && partition.balances(Events.shop).sellable == 3)
    }

    @Test func whatItRefuses() {
        setUp()
        refuse(partition, carry("t", 4), .orderLinePart)
        refuse(partition, carry("t", 6), .quantityExceeds)
        refuse(partition, carry("t", 5, from: Events.shop, to: Events.main), .orderLineElsewhere)
        refuse(partition, carry().with(\.orderLine, "none"), .orderLineUnknown)
        refuse(partition, Events.send("t", 6, from: Events.main, to: Events.shop), .belowPromised)
        accept(partition, carry())
        refuse(partition, carry("t", 6), .transferConflict)
        refuse(partition, Events.send("t", 5, from: Events.main, to: Events.shop), .transferConflict)
        accept(partition, Events.arrive("t", 5))
        accept(partition, Events.ship("s", "o"))
        refuse(partition, carry("u"), .orderLineClosed)
        accept(partition, Events.commit("o2", 3))
        accept(partition, Events.adjust(-5, forced: true))
        refuse(partition, Events.send("v", 3, from: Events.main, to: Events.shop).with(\.orderLine, "o2"), .insufficientStock)
    }

    /// A line that is carried is at one location, before and on the way.
    @Test func whatIsSplitIsNotCarried() {
        accept(partition, Events.receive(3))
        accept(partition, Events.receive(4, at: Events.shop, "there"))
        accept(partition, Events.commit("o", 5).at([Events.main, Events.shop], .priority))
        refuse(partition, Events.send("t", 3, from: Events.main, to: Events.shop).with(\.orderLine, "o"), .splitPromise)
        accept(partition, Events.commit("p", 2).at([Events.shop], .priority))
        accept(partition, Events.ship("s", "p", 1))
        accept(partition, Events.send("u", 1, from: Events.shop, to: Events.main).with(\.orderLine, "p"))
        refuse(partition, Events.unship("s", "p"), .orderLineInTransit)
        refuse(partition, Events.reassign("p").at([Events.shop, Events.main], .priority), .orderLineInTransit)
        accept(partition, Events.arrive("u", 1))
        accept(partition, Events.unship("s", "p"))
        #expect(partition.balances(Events.main).committed == 4 && partition.balances(Events.shop).committed == 3)
    }

    /// A refusal at a location that the SKU does not have tells nothing of another one.
    @Test func aRefusalTellsOfTheLocationThatItNames() {
        accept(partition, Events.receive(5))
        accept(partition, Events.commit("o", 3))
        let there = refuse(partition, Events.giveBack("r", "o", 1, at: Events.shop, .sellable), .quantityExceeds)
        let here = refuse(partition, Events.giveBack("r", "o", 1, .sellable), .quantityExceeds)
        #expect(there.location == Events.shop && there.after == Balances() && here.after.committed == 3)
    }

    @Test func whatIsNotTakenIsStillOwed() {
        setUp(5)
        accept(partition, carry())
        let fact = accept(partition, Events.arrive("t", 3, rejected: 2, to: .damaged))
        #expect(fact.after.sellable == 3 && fact.after.committed == 5 && fact.after.shortfall == 2)
        #expect(line.open == 5 && partition.transitions.contains { $0.kind == .oversold })
        accept(partition, Events.receive(2, at: Events.shop, "more"))
        #expect(partition.balances(Events.shop).shortfall == 0)
        accept(partition, Events.ship("s", "o"))
    }

    @Test func whatIsLostIsStillOwed() {
        setUp(5)
        accept(partition, carry())
        accept(partition, Events.arrive("t", 1))
        let fact = accept(partition, Events.closeTransfer("t", .writeOff))
        #expect(fact.quantity == 4 && line.open == 5 && line.inTransit == 0)
        let there = partition.balances(Events.shop)
        #expect(there.committed == 5 && there.shortfall == 4 && partition.state.sku(0).lossGain == 4)
        accept(partition, Events.cancel("o"))
        #expect(partition.balances(Events.shop).available == 1)
    }

    @Test func whatGoesBackIsOwedThereAgain() {
        setUp()
        accept(partition, carry())
        let fact = accept(partition, Events.closeTransfer("t", .back))
        #expect(fact.after.sellable == 10 && fact.after.committed == 5 && fact.after.available == 5)
        #expect(line.open == 5 && partition.state.location(of: line.level) == Events.main)
        #expect(partition.balances(Events.shop) == Balances())
    }

    @Test func whatGoesBackAfterSomeHasArrivedIsFree() {
        setUp()
        accept(partition, carry())
        accept(partition, Events.arrive("t", 2))
        accept(partition, Events.closeTransfer("t", .back))
        #expect(partition.balances().available == 8 && partition.balances().committed == 0)
        let there = partition.balances(Events.shop)
        #expect(there.committed == 5 && there.shortfall == 3 && line.open == 5)
    }

    @Test func aCancellationOnTheWayFreesThem() {
        setUp()
        accept(partition, carry())
        accept(partition, Events.arrive("t", 1))
        accept(partition, Events.cancel("o", 3))
        #expect(line.open == 1 && line.inTransit == 1 && line.canceled == 3, "what is there stays promised")
        accept(partition, Events.arrive("t", 3))
        #expect(line.open == 2 && line.inTransit == 0 && partition.balances(Events.shop).available == 1)
        // The line goes on in another transfer; what is left of the first one is no promise of it.
        accept(partition, carry("u", 2, from: Events.shop, to: Events.main))
        accept(partition, Events.arrive("t", 5))
        #expect(line.inTransit == 2 && partition.balances(Events.shop).available == 3)
        accept(partition, Events.cancel("o"))
        #expect(partition.commitment("o") == nil)
        accept(partition, Events.arrive("u", 2))
        #expect(partition.balances().available == 7 && partition.balances().committed == 0)
    }

    @Test func whatWaitsGoesAlong() {
        accept(partition, Events.define { $0.backorderLimit = 10 })
        accept(partition, Events.receive(5))
        accept(partition, Events.order("o", 8))
        accept(partition, carry())
        #expect(partition.balances().backordered == 0 && partition.balances(Events.shop).backordered == 3)
        accept(partition, Events.receive(4, at: Events.shop, "more"))
        accept(partition, Events.arrive("t", 5))
        #expect(line.open == 8 && partition.balances(Events.shop).committed == 8 && partition.balances(Events.shop).available == 1)
    }

    @Test func lotsLiveLongEnough() {
        accept(partition, Events.define { $0.lotTracked = 1 })
        accept(partition, Events.receive(5, "ra").of("a", expiresAt: 50_000_000))
        accept(partition, Events.receive(5, "rb").of("b", expiresAt: 90_000_000))
        accept(partition, Events.commit("o", 4).usable(until: 60_000_000))
        refuse(partition, carry("t", 4).of("a"), .lotTooShort)
        let send = accept(partition, carry("t", 4))
        #expect(send.items.map(\.id) == ["b"] && send.after.available == 6)
        accept(partition, Events.change(.recall, "b"))
        let arrival = accept(partition, Events.arrive("t", 4))
        #expect(arrival.after.recalled == 4 && arrival.after.committed == 4 && arrival.after.shortfall == 4)
        accept(partition, Events.change(.unrecall, "b"))
        #expect(partition.balances(Events.shop).shortfall == 0)
        accept(partition, Events.ship("s", "o"))
    }

    @Test func whatIsCarriedIsChecked() {
        setUp()
        accept(partition, carry())
        partition.state.documents[0].orderLine = "other"
        #expect(partition.state.checkAll() != nil)
    }

    /// Random lines, transfers and cancellations: every identity is checked after every fact, and in the end nothing is left over.
    @Test(arguments: 0..<20) func promisesAndUnitsAddUp(seed: UInt64) {
        var random = SeededRandom(seed: seed &+ 77)
        let places: [Key] = [Events.main, Events.shop]
        accept(partition, Events.define { $0.backorderLimit = 20 })
        for place in places { accept(partition, Events.receive(40, at: place, Key(text: "r-\(place)")!)) }
        var carried = 0
        for step in 0..<150 {
            let own = Key(text: "o\(random.below(6))")!
            let transfer = Key(text: "t\(random.below(12))")!
            let line = partition.commitment(own)
            let open = line?.open ?? 1
            let home = line.map { partition.state.location(of: $0.level) }
            let place = random.oneIn(4) ? random.pick(places) : home ?? random.pick(places)
            switch random.below(8) {
            case 0: partition.send(Events.order(own, Int64(1 + random.below(9)), at: place))
            case 1, 2:
                let event = Events.send(transfer, max(1, open), from: place, to: place == Events.main ? Events.shop : Events.main)
                if partition.send(event.with(\.orderLine, own)).outcome == .accepted { carried += 1 }
            case 3, 4:
                let sent = partition.document(transfer, .transfer)
                let more = (sent?.arrived ?? 0) + Int64(random.below(4))
                partition.send(Events.arrive(transfer, more, rejected: (sent?.rejected ?? 0) + Int64(random.below(2)), to: .damaged))
            case 5: partition.send(Events.closeTransfer(transfer, random.pick([.back, .writeOff])))
            case 6: partition.send(Events.cancel(own, random.oneIn(2) ? 1 : nil))
            default: partition.send(Events.ship(Key(text: "s\(step)")!, own, random.oneIn(2) ? 1 : nil))
            }
        }
        for index in 0..<12 { partition.send(Events.closeTransfer(Key(text: "t\(index)")!, .back)) }
        for index in 0..<6 { partition.send(Events.cancel(Key(text: "o\(index)")!)) }
        for place in places {
            let balances = partition.balances(place)
            #expect(balances.committed == 0 && balances.inTransit == 0 && balances.backordered == 0 && balances.shortfall == 0)
        }
        #expect(carried > 0, "otherwise it shows nothing")
    }
}
