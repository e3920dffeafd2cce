import Testing

@testable import StockCore

/// Order lines that wait for stock (domain: c11).
struct BackorderTests {
    private func shop(_ limit: Int64 = 100, stock: Int64 = 0, _ fill: (inout Policy) -> Void = { _ in }) -> Partition {
        let partition = Partition()
        accept(
            partition,
            Events.define {
                $0.backorderLimit = limit
                fill(&$0)
            })
        if stock > 0 { accept(partition, Events.receive(stock, "first")) }
        return partition
    }

    /// What is promised and what waits of each line.
    private func parts(_ partition: Partition, _ lines: Key...) -> [[Int64]] {
        lines.map { line in
            partition.commitment(line).map { [$0.open, partition.state.waiting(of: $0)] } ?? []
        }
    }

    @Test func whatIsNotThereWaits() {
        let partition = shop(stock: 4)
        let fact = accept(partition, Events.order("o", 10))
        #expect(fact.wait.quantity == 6 && fact.wait.term == .partial && fact.total == 0)
        #expect(fact.after.backordered == 6 && fact.after.committed == 4 && fact.after.available == 0 && fact.after.shortfall == 0)
        #expect(parts(partition, "o") == [[4, 6]])
    }

    @Test func whatIsThereIsTakenAtOnce() {
        let partition = shop(stock: 10)
        let fact = accept(partition, Events.order("o", 10))
        #expect(fact.wait == WaitTerms() && parts(partition, "o") == [[10, 0]])
    }

    @Test func theLimitCountsAllLocations() {
        let partition = shop(10)
        accept(partition, Events.order("a", 6))
        #expect(refuse(partition, Events.order("b", 5, at: Events.shop), .backorderLimit).total == 4)
        accept(partition, Events.order("b", 4, at: Events.shop))
        #expect(refuse(partition, Events.order("c", 1), .backorderLimit).total == 0)
        accept(partition, Events.receive(2, at: Events.shop, "more"))
        #expect(refuse(partition, Events.order("c", 3), .backorderLimit).total == 2)
        // What is there counts for what could be had, the rest of the limit too.
        accept(partition, Events.receive(20, at: "attic", "other"))
        #expect(refuse(partition, Events.order("c", 23, at: "attic"), .backorderLimit).total == 22)
        accept(partition, Events.order("c", 22, at: "attic"))
        #expect(partition.state.values.counters.oversellRefused == 4 && partition.state.values.counters.unitsRefused == 32)
    }

    @Test func whoDoesNotAskDoesNotWait() {
        let partition = shop()
        refuse(partition, Events.commit("o", 1), .insufficientStock)
        refuse(shop(-1), Events.order("o", 1), .backorderDenied)
        refuse(Partition(), Events.order("o", 1), .backorderDenied)
        refuse(shop(0), Events.order("o", 1), .backorderLimit)
    }

    @Test func aReceiptFillsTheOldestFirst() {
        let partition = shop()
        for line in ["a", "b", "c"] as [Key] {
            accept(partition, Events.order(line, 7))
            partition.wait(seconds: 1)
        }
        accept(partition, Events.receive(9))
        #expect(partition.balances().available == 0, "it is not for others")
        let facts = partition.fireTimers()
        #expect(facts.map(\.kind) == [.fill] && facts[0].quantity == 9 && facts[0].items.map(\.quantity) == [7, 2])
        #expect(parts(partition, "a", "b", "c") == [[7, 0], [2, 5], [0, 7]])
        #expect(partition.balances().committed == 9 && partition.balances().backordered == 12)
    }

    /// Its own units are its own, whoever waits for them.
    @Test func aHoldIsLoweredWhileOthersWait() {
        let partition = shop(stock: 3)
        accept(partition, Events.hold("h", 3))
        accept(partition, Events.order("o", 5))
        refuse(partition, Events.hold("h", 4), .insufficientStock)
        accept(partition, Events.hold("h", 2))
        partition.fireTimers()
        #expect(parts(partition, "o") == [[1, 4]] && partition.balances().held == 2)
    }

    @Test func priorityComesFirst() {
        let partition = shop()
        accept(partition, Events.order("a", 3))
        accept(partition, Events.order("b", 3, priority: 1))
        accept(partition, Events.order("c", 3, priority: 9))
        accept(partition, Events.order("d", 3, priority: 9))
        accept(partition, Events.receive(8))
        partition.fireTimers()
        #expect(parts(partition, "a", "b", "c", "d") == [[0, 3], [2, 1], [3, 0], [3, 0]])
    }

    @Test func allOrNothingKeepsItsPlaceAndWhatThereIs() {
        let partition = shop()
        accept(partition, Events.order("a", 5, .whole))
        accept(partition, Events.order("b", 2))
        accept(partition, Events.receive(4))
        #expect(partition.fireTimers().isEmpty && partition.balances().available == 0)
        refuse(partition, Events.hold("h", 1), .insufficientStock)
        refuse(partition, Events.send("t", 1), .belowPromised)
        accept(partition, Events.receive(6, "more"))
        partition.fireTimers()
        #expect(parts(partition, "a", "b") == [[5, 0], [2, 0]] && partition.balances().available == 3)
    }

    @Test func allOrNothingTakesNoPart() {
        let partition = shop(stock: 4)
        accept(partition, Events.order("a", 5, .whole))
        #expect(parts(partition, "a") == [[0, 5]] && partition.balances().available == 0)
        // Once nobody wants it any more the shelf is free again.
        accept(partition, Events.cancel("a"))
        #expect(partition.balances().available == 4 && partition.commitment("a") == nil)
    }

    @Test func everyWayInFills() {
        let ways: [(String, (Partition) -> Void)] = [
            ("receive", { accept($0, Events.receive(1, "new")) }),
            ("adjust", { accept($0, Events.adjust(1)) }),
            ("move", { accept($0, Events.move(1, from: .damaged, to: .sellable)) }),
            ("release", { accept($0, Events.release(hold: "h", 1)) }),
            ("expiry", { $0.wait(seconds: 100) }),
            ("cancel", { accept($0, Events.cancel("kept", 1)) }),
            ("return", { accept($0, Events.giveBack("r", "gone", 1, .sellable)) }),
            ("safety stock", { accept($0, Events.define { $0.safetyStock = 0 }) }),
            (
                "count",
                {
                    accept($0, Events.countOpen("c"))
                    accept($0, Events.countLine("c", 8))
                    accept($0, Events.countClose("c"))
                }
            ),
            (
                "transfer",
                {
                    accept($0, Events.send("t", 1, from: Events.shop, to: Events.main))
                    accept($0, Events.arrive("t", 1))
                }
            ),
            (
                "transfer that goes back",
                {
                    accept($0, Events.send("t", 1, from: Events.main, to: Events.shop, .damaged))
                    accept($0, Events.move(1, from: .damaged, to: .sellable))
                }
            ),
            ("smaller hold", { accept($0, Events.hold("h", 2)) }),
            ("commit that gives the rest back", { accept($0, Events.commit("o2", hold: "h", 2, rest: .release)) }),
        ]
        for (name, way) in ways {
            let partition = shop(stock: 10) { $0.safetyStock = 1 }
            accept(partition, Events.receive(5, at: Events.shop, "there"))
            accept(partition, Events.adjust(3, .damaged))
            accept(partition, Events.sale("gone", 3))
            accept(partition, Events.hold("h", 3))
            accept(partition, Events.commit("kept", 3))
            accept(partition, Events.order("o", 1))
            #expect(partition.fireTimers().isEmpty && parts(partition, "o") == [[0, 1]], "\(name)")
            way(partition)
            partition.fireTimers()
            #expect(parts(partition, "o") == [[1, 0]], "\(name)")
        }
    }

    @Test func aLotThatIsUnblockedFills() {
        let partition = shop { $0.lotTracked = 1 }
        accept(partition, Events.receive(5).of("l"))
        accept(partition, Events.change(.lotBlock, "l"))
        accept(partition, Events.order("o", 3))
        accept(partition, Events.change(.lotUnblock, "l"))
        partition.fireTimers()
        #expect(parts(partition, "o") == [[3, 0]])
        accept(partition, Events.change(.recall, "l"))
        accept(partition, Events.order("p", 2))
        let fired = partition.fireTimers()
        #expect(fired.map(\.kind) == [.uncovered], "nothing is filled")
        accept(partition, Events.change(.unrecall, "l"))
        partition.fireTimers()
        #expect(parts(partition, "o", "p") == [[3, 0], [2, 0]])
    }

    @Test func aFillComesBeforeTheNextEvent() {
        let partition = shop()
        accept(partition, Events.order("o", 2))
        accept(partition, Events.receive(2))
        accept(partition, Events.ship("s", "o"))
        #expect(partition.closed(.orderLine, "o")?.shipped == 2)
    }

    @Test func whatWaitsIsCanceledFirst() {
        let partition = shop(stock: 4)
        accept(partition, Events.order("o", 10))
        let fact = accept(partition, Events.cancel("o", 5))
        #expect(fact.wait.quantity == 5 && parts(partition, "o") == [[4, 1]])
        #expect(accept(partition, Events.cancel("o", 2)).wait.quantity == 1)
        #expect(parts(partition, "o") == [[3, 0]] && partition.balances().available == 1)
        refuse(partition, Events.cancel("o", 4), .quantityExceeds)
        accept(partition, Events.cancel("o"))
        repeated(partition, Events.cancel("o"))
        #expect(partition.closed(.orderLine, "o")?.quantity == 10 && partition.balances().available == 4)
    }

    @Test func onlyWhatIsThereIsShipped() {
        let partition = shop(stock: 4)
        accept(partition, Events.order("o", 10))
        refuse(partition, Events.ship("s", "o", 5), .quantityExceeds)
        accept(partition, Events.ship("s", "o"))
        #expect(parts(partition, "o") == [[0, 6]])
        refuse(partition, Events.ship("t", "o"), .orderLineWaits)
        accept(partition, Events.unship("s", "o"))
        #expect(parts(partition, "o") == [[4, 6]])
        accept(partition, Events.ship("t", "o"))
        accept(partition, Events.receive(6))
        accept(partition, Events.ship("u", "o"))
        let line = partition.closed(.orderLine, "o")
        #expect(line?.quantity == 10 && line?.shipped == 10)
    }

    @Test func theSameAgainIsARepeat() {
        let partition = shop(stock: 4)
        accept(partition, Events.order("o", 10))
        repeated(partition, Events.order("o", 10))
        refuse(partition, Events.order("o", 9), .orderLineExists)
    }

    @Test func shipByFollowsPolicy() {
        let partition = shop { $0.backorderDays = 3 }
        #expect(accept(partition, Events.order("o", 1)).wait.shipByMilliseconds == partition.now + 3 * 86_400_000)
    }

    @Test func aShortfallComesFirst() {
        let partition = shop(stock: 3)
        accept(partition, Events.commit("kept", 3))
        accept(partition, Events.adjust(-2, forced: true))
        accept(partition, Events.order("o", 2))
        accept(partition, Events.receive(3))
        partition.fireTimers()
        #expect(partition.balances().shortfall == 0 && parts(partition, "kept", "o") == [[3, 0], [1, 1]])
    }

    // MARK: Lives

    @Test func unitsThatNobodyWhoWaitsCanUseAreFree() {
        let partition = shop {
            $0.lotTracked = 1
            $0.expiryAlertDays = 0
        }
        accept(partition, Events.order("long", 10).usable(until: 5_000_000))
        accept(partition, Events.receive(5).of("early", expiresAt: 4_000_000))
        #expect(partition.fireTimers().isEmpty && partition.balances().available == 5)
        accept(partition, Events.order("any", 2))
        #expect(parts(partition, "long", "any") == [[0, 10], [2, 0]])
        accept(partition, Events.receive(4, "more").of("late", expiresAt: 6_000_000))
        #expect(partition.balances().available == 3, "the four are the first one's")
        partition.fireTimers()
        #expect(parts(partition, "long", "any") == [[4, 6], [2, 0]] && partition.balances().available == 3)
        let level = partition.state.findLevel(partition.state.findSKU(Events.sku), Events.main)
        #expect(partition.state.available(at: level, minExpiry: 5_000_000) == 0)
    }

    @Test func lotsThatAreKeptForWhoWaitsStay() {
        let partition = shop { $0.lotTracked = 1 }
        accept(partition, Events.order("long", 10, .whole).usable(until: 5_000_000))
        accept(partition, Events.receive(5).of("early", expiresAt: 4_000_000))
        accept(partition, Events.receive(4, "more").of("late", expiresAt: 6_000_000))
        refuse(partition, Events.send("t", 1).of("late"), .belowPromised)
        accept(partition, Events.send("t", 5).of("early"))
        refuse(partition, Events.send("u", 1), .belowPromised)
    }

    @Test func whoWantsAllKeepsOnlyWhatItCanUse() {
        let partition = shop { $0.lotTracked = 1 }
        accept(partition, Events.order("long", 10, .whole).usable(until: 5_000_000))
        accept(partition, Events.order("any", 6))
        accept(partition, Events.receive(5).of("early", expiresAt: 4_000_000))
        accept(partition, Events.receive(4, "more").of("late", expiresAt: 6_000_000))
        partition.fireTimers()
        #expect(parts(partition, "long", "any") == [[0, 10], [5, 1]] && partition.balances().available == 0)
    }

    // MARK: Preorders

    @Test func preordersWaitForTheirDay() {
        let partition = shop(0, stock: 5) {
            ($0.preorderLimit, $0.preorderUntilMilliseconds, $0.backorderDays) = (10, 2_000_000, 1)
        }
        let fact = accept(partition, Events.preorder("a", 6))
        #expect(fact.wait.isPreorder && fact.wait.quantity == 6 && fact.wait.shipByMilliseconds == 2_000_000 + 86_400_000)
        #expect(fact.after.preordered == 6 && fact.after.backordered == 0 && fact.after.available == 5, "the shelf is for others")
        #expect(refuse(partition, Events.preorder("b", 5), .preorderLimit).total == 4)
        accept(partition, Events.preorder("b", 4, at: Events.shop))
        partition.wait(milliseconds: 2_000_000 - partition.now - 1)
        #expect(partition.fireTimers().isEmpty)
        partition.wait(milliseconds: 1)
        let facts = partition.fireTimers()
        #expect(facts.map(\.kind) == [.preorderRelease, .fill] && facts[0].quantity == 10)
        #expect(parts(partition, "a", "b") == [[5, 1], [0, 4]])
        #expect(partition.balances().preordered == 0 && partition.balances().backordered == 1)
        refuse(partition, Events.preorder("c", 1), .preorderClosed)
    }

    @Test func aDayThatIsMovedMovesPreorders() {
        let partition = shop {
            ($0.preorderLimit, $0.preorderUntilMilliseconds) = (10, 2_000_000)
        }
        accept(partition, Events.preorder("a", 2))
        accept(partition, Events.define { $0.preorderUntilMilliseconds = 3_000_000 })
        partition.wait(milliseconds: 2_500_000 - partition.now)
        #expect(partition.fireTimers().isEmpty)
        accept(partition, Events.define { $0.preorderUntilMilliseconds = 2_400_000 })
        #expect(partition.fireTimers().map(\.kind) == [.preorderRelease])
        // The next day of the same SKU.
        accept(partition, Events.define { $0.preorderUntilMilliseconds = 4_000_000 })
        accept(partition, Events.preorder("b", 2))
        accept(partition, Events.receive(3))
        partition.fireTimers()
        #expect(parts(partition, "a", "b") == [[2, 0], [0, 2]] && partition.balances().available == 1)
        accept(partition, Events.cancel("b", 1))
        #expect(partition.balances().preordered == 1)
        partition.wait(milliseconds: 4_000_000 - partition.now)
        accept(partition, Events.ship("s", "b"))
        #expect(partition.closed(.orderLine, "b")?.shipped == 1)
    }

    @Test func whoHasNoDayTakesNoPreorders() {
        refuse(shop(), Events.preorder("o", 1), .preorderDenied)
        refuse(shop { $0.preorderLimit = 5 }, Events.preorder("o", 1), .preorderClosed)
        refuse(Partition(), Events.preorder("o", 1), .preorderDenied)
    }

    @Test func preordersAndBackordersComeInTheirOrder() {
        let partition = shop {
            ($0.preorderLimit, $0.preorderUntilMilliseconds) = (10, 2_000_000)
        }
        accept(partition, Events.order("a", 1))
        accept(partition, Events.preorder("b", 1))
        accept(partition, Events.order("c", 1))
        partition.wait(milliseconds: 2_000_000 - partition.now)
        accept(partition, Events.receive(2))
        partition.fireTimers()
        #expect(parts(partition, "a", "b", "c") == [[1, 0], [1, 0], [0, 1]])
    }
}
