import Testing

@testable import StockCore

/// Deltas of a SKU with lots that happened before a count and arrive after it.
struct LateLotTests {
    private let partition = Partition()
    private let before: Int64

    init() {
        accept(partition, Events.define { $0.lotTracked = 1 })
        accept(partition, Events.receive(10, "ra").of("a", expiresAt: 90_000_000))
        accept(partition, Events.receive(10, "rb").of("b", expiresAt: 91_000_000))
        before = partition.now
        partition.wait(seconds: 60)
    }

    private func late(_ event: StockEvent) -> StockEvent { event.with(\.occurredAtMilliseconds, before + 1) }

    private func count(_ found: [Key: Int64], id: Key = "c", rest: RestPolicy = .keep) {
        accept(partition, Events.countOpen(id).with(\.rest, rest))
        for lot in found.keys.sorted() { accept(partition, Events.countLine(id, found[lot]!).of(lot)) }
        accept(partition, Events.countClose(id))
    }

    private func units(_ lot: Key, _ disposition: Disposition = .sellable, at location: Key = Events.main) -> Int64 {
        let slot = partition.state.findLot(partition.state.findLevel(0, location), partition.state.findLotTerms(0, lot))
        return slot < 0 ? 0 : partition.state.lot(slot).quantities[disposition]
    }

    @Test func aLotThatWasCountedAbsorbsAndOthersDoNot() {
        accept(partition, Events.commit("o", 3))
        count(["a": 7])
        let ship = accept(partition, late(Events.ship("d", "o").of("a")))
        #expect(ship.isAbsorbed && ship.items.isEmpty && ship.after.sellable == 17 && ship.after.committed == 0)
        #expect(units("a") == 7 && partition.state.sku(0).lossGain == 0, "the count's variance is explained")
        let line = PartitionState.closedID(.orderLine, "o")
        let traced = partition.state.findShippedLot(0, line, partition.state.findLotTerms(0, "a"))
        #expect(traced >= 0 && partition.state.shippedLot(traced).shipped == 3)
        let sale = accept(partition, late(Events.sale("s", 2).of("b")))
        #expect(!sale.isAbsorbed && units("b") == 8)
        #expect(accept(partition, late(Events.receive(4, "r3").of("a"))).isAbsorbed && units("a") == 7)
        #expect(accept(partition, late(Events.adjust(-1).of("a"))).isAbsorbed && units("a") == 7)
        #expect(accept(partition, late(Events.giveBack("r", "s", 1, .sellable).of("b"))).after.sellable == 16)
        #expect(accept(partition, Events.sale("now", 1).of("a")).after.sellable == 15, "what happens after the count counts")
    }

    @Test func aLotThatIsGoneIsRemembered() {
        accept(partition, Events.commit("o", 10))
        count(["a": 0])
        #expect(units("a") == 0 && partition.state.findLotTerms(0, "a") >= 0)
        let ship = accept(partition, late(Events.ship("d", "o", 9).of("a")))
        #expect(ship.isAbsorbed && ship.after.sellable == 10)
        accept(partition, Events.change(.recall, "a"))
        #expect(accept(partition, late(Events.ship("d2", "o").of("a"))).isAbsorbed, "they had left before the recall")
    }

    @Test func whatNamesNoLotIsPickedAsIfItHadComeInTime() {
        accept(partition, Events.commit("o", 5))
        count(["a": 7])
        // The books would have 10 of a without the count: all five are of it, and three of them explain what was missing.
        let ship = accept(partition, late(Events.ship("d", "o")))
        #expect(ship.isAbsorbed && ship.items.map(\.id) == ["a"] && ship.items[0].kind == .absorbed && ship.after.sellable == 17)
        // Five of a are left in those books, then b, which nobody has counted.
        let sale = accept(partition, late(Events.sale("s", 6)))
        #expect(sale.items.map(\.id) == ["a", "b"] && sale.items.map(\.quantity) == [5, 1] && !sale.isAbsorbed)
        #expect(units("a") == 7 && units("b") == 9 && sale.after.sellable == 16)
        let adjust = accept(partition, late(Events.adjust(-2)))
        #expect(adjust.items.map(\.id) == ["b"] && units("b") == 7)
        #expect(partition.send(late(Events.sale("t", 8))).rejection == .insufficientStock)
    }

    @Test func aLifeThatIsDemandedCountsAmongThose() {
        accept(partition, Events.commit("o", 2).usable(until: 90_500_000))
        count(["a": 5])
        let ship = accept(partition, late(Events.ship("d", "o")))
        #expect(ship.items.map(\.id) == ["b"] && !ship.isAbsorbed && units("b") == 8)
    }

    @Test func aCountOfAllLotsIsABarrierForAll() {
        accept(partition, Events.commit("o", 12))
        accept(partition, Events.countOpen("c").with(\.rest, .writeOff))
        accept(partition, Events.countLine("c", 6).of("a"))
        accept(partition, Events.countClose("c"))
        #expect(units("a") == 6 && units("b") == 0)
        let ship = accept(partition, late(Events.ship("d", "o")))
        #expect(ship.isAbsorbed && ship.items.map(\.quantity) == [10, 2] && ship.after.sellable == 6 && ship.after.committed == 0)
        // Ten of b are in the books without the count, less two.
        let sale = accept(partition, late(Events.sale("s", 9, forced: true)))
        #expect(sale.isAbsorbed && sale.items.map(\.quantity) == [8] && sale.after.sellable == 6, "the rest is of no known lot")
        let unknown = accept(partition, late(Events.receive(3, "rn").of("new", expiresAt: 95_000_000)))
        #expect(unknown.isAbsorbed && units("new") == 0 && partition.state.findLotTerms(0, "new") >= 0)
        #expect(accept(partition, late(Events.sale("n", 3).of("new"))).isAbsorbed && partition.balances().sellable == 6)
        #expect(partition.send(late(Events.move(1))).rejection == .lotRequired)
        #expect(accept(partition, late(Events.adjust(-1))).isAbsorbed)
        accept(partition, Events.receive(3, "r9").of("new"))
        #expect(units("new") == 3 && accept(partition, Events.sale("now", 1).of("new")).after.sellable == 8)
    }

    @Test func aMoveIsAbsorbedOnTheSideThatWasCounted() {
        count(["a": 8])
        let fact = accept(partition, late(Events.move(2).of("a")))
        #expect(fact.isAbsorbed && !fact.isAbsorbedTo && units("a") == 8 && units("a", .damaged) == 2)
        accept(partition, Events.countOpen("d"))
        accept(partition, Events.countLine("d", 5, .damaged).of("b"))
        accept(partition, Events.countClose("d"))
        let other = accept(partition, late(Events.move(10).of("b")))
        #expect(!other.isAbsorbed && other.isAbsorbedTo && units("b") == 0 && units("b", .damaged) == 5)
        let back = accept(partition, late(Events.move(2, from: .damaged, to: .sellable).of("a")))
        #expect(!back.isAbsorbed && back.isAbsorbedTo && units("a") == 8 && units("a", .damaged) == 0)
    }

    @Test func transfersAreAbsorbedWhereTheyWereCounted() {
        count(["a": 6])
        let send = accept(partition, late(Events.send("t", 4, from: Events.main, to: Events.shop)))
        #expect(send.isAbsorbed && send.items.map(\.kind) == [.absorbed] && units("a") == 6)
        #expect(partition.balances(Events.shop).inTransit == 4)
        accept(partition, Events.countOpen("s", at: Events.shop))
        accept(partition, Events.countLine("s", 3, at: Events.shop).of("a"))
        accept(partition, Events.countClose("s", at: Events.shop))
        let arrival = accept(partition, late(Events.arrive("t", 3)))
        #expect(arrival.isAbsorbed && units("a", at: Events.shop) == 3 && partition.balances(Events.shop).inTransit == 1)
        #expect(accept(partition, Events.arrive("t", 4)).after.sellable == 4)
    }

    @Test func policyMayApplyOrRefuseThem() {
        count(["a": 7])
        accept(partition, Events.define { $0.lateDelta = Int64(LateDelta.refuse.rawValue) })
        refuse(partition, late(Events.sale("s", 1).of("a")), .beforeCount)
        refuse(partition, late(Events.sale("s", 1)), .beforeCount)
        refuse(partition, late(Events.receive(4, "r2").of("a")), .beforeCount)
        accept(partition, late(Events.sale("s", 1).of("b")))
        #expect(accept(partition, late(Events.sale("till", 2, forced: true).of("a"))).isAbsorbed, "what has gone has gone")
        #expect(accept(partition, late(Events.sale("till2", 2, forced: true))).isAbsorbed)
        accept(partition, Events.define { $0.lateDelta = Int64(LateDelta.apply.rawValue) })
        #expect(!accept(partition, late(Events.sale("s2", 2))).isAbsorbed && units("a") == 5)
    }

    @Test func theyAreForgottenWithTheirCount() {
        var limits = StateLimits()
        limits.closedRetentionMilliseconds = 10_000_000
        let partition = Partition(limits: limits)
        accept(partition, Events.define { $0.lotTracked = 1 })
        accept(partition, Events.receive(5, "r").of("a"))
        accept(partition, Events.receive(5, "q").of("b"))
        for (id, lot) in [("c", "a"), ("d", "b")] as [(Key, Key)] {
            partition.wait(seconds: 5_000)
            accept(partition, Events.countOpen(id))
            accept(partition, Events.countLine(id, 0).of(lot))
            accept(partition, Events.countClose(id))
        }
        #expect(partition.state.countedLots.count == 2 && partition.state.lotTerms.count == 2)
        partition.wait(seconds: 5_001)
        partition.fireTimers()
        #expect(partition.state.findLotTerms(0, "a") < 0 && partition.state.findLotTerms(0, "b") >= 0)
        partition.wait(seconds: 5_001)
        partition.fireTimers()
        #expect(partition.state.findLotTerms(0, "b") < 0 && partition.state.sku(0).lotCount == 0)
    }

    /// What is on the shelf, lot by lot, evolves in the order of business time; counters see it. Whatever the order in which the events
    /// arrive, the books must end where the shelf does.
    @Test(arguments: 0..<60) func theBooksEndWhereTheShelfDoes(seed: UInt64) {
        var random = SeededRandom(seed: seed &+ 4_711)
        let partition = Partition(startMilliseconds: 1_000_000)
        accept(partition, Events.define { $0.lotTracked = 1 })
        let lots: [Key] = ["a", "b", "c", "d"]
        var shelf: [Key: Int64] = [:]
        var touched: Set<Key> = []
        var isOpen = false
        var isOfAll = false
        var openCount = Key()
        var deliveries: [(at: Int64, order: Int, event: StockEvent)] = []
        func deliver(_ event: StockEvent, at time: Int64, delay: Int64) {
            deliveries.append((time + delay, deliveries.count, event.with(\.occurredAtMilliseconds, time)))
        }
        func close(at time: Int64) {
            for lot in lots where isOfAll && (shelf[lot]! > 0 || touched.contains(lot)) {
                deliver(Events.countLine(openCount, shelf[lot]!).of(lot), at: time, delay: 0)
            }
            deliver(Events.countClose(openCount), at: time, delay: 0)
            (isOpen, isOfAll) = (false, false)
        }
        for lot in lots {
            shelf[lot] = 50
            deliver(Events.receive(50, Key(text: "first-\(lot)")!).of(lot), at: 1_000_000, delay: 0)
        }
        for step in 1...80 {
            let time = 1_000_000 + Int64(step) * 1_000
            let lot = random.pick(lots)
            let delay = Int64(random.below(13)) * 1_500
            let name = Key(text: "x-\(step)")!
            switch random.below(8) {
            case 0...2:
                let quantity = Int64(1 + random.below(6))
                shelf[lot]! += quantity
                touched.insert(lot)
                deliver(Events.receive(quantity, name).of(lot), at: time, delay: delay)
            case 3...5:
                let quantity = min(shelf[lot]!, Int64(1 + random.below(9)))
                guard quantity > 0, !isOfAll else { continue }
                shelf[lot]! -= quantity
                touched.insert(lot)
                deliver(Events.sale(name, quantity, forced: true).of(lot), at: time, delay: delay)
            case 6:
                if !isOpen {
                    isOfAll = random.oneIn(2)
                    deliver(Events.countOpen(name).with(\.rest, isOfAll ? .writeOff : .keep), at: time, delay: 0)
                    touched = []
                    openCount = name
                    isOpen = true
                } else if !isOfAll {
                    // Somebody has taken one unbooked; the counter sees that.
                    if shelf[lot]! > 0 { shelf[lot]! -= 1 }
                    deliver(Events.countLine(openCount, shelf[lot]!).of(lot), at: time, delay: 0)
                }
            default:
                guard isOpen else { continue }
                close(at: time)
            }
        }
        if isOpen { close(at: 1_081_000) }
        deliveries.sort { ($0.at, $0.order) < ($1.at, $1.order) }
        for delivery in deliveries {
            partition.wait(milliseconds: max(0, delivery.at - partition.now))
            accept(partition, delivery.event)
        }
        let level = partition.state.findLevel(0, Events.main)
        for lot in lots {
            let slot = partition.state.findLot(level, partition.state.findLotTerms(0, lot))
            #expect((slot < 0 ? 0 : partition.state.lot(slot).quantities.sellable) == shelf[lot], "lot \(lot)")
        }
        #expect(partition.balances().sellable == shelf.values.reduce(0, +))
        #expect(partition.ledger.contains { $0.isAbsorbed }, "otherwise it shows nothing")
    }
}
