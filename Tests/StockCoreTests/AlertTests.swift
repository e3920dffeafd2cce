import StockCore
import Testing

/// Alerts on transitions only, with hysteresis (domain: c17), and how policy reaches levels.
struct AlertTests {
    let partition = Partition()

    /// The transitions of an accepted event, as text.
    private func alerts(_ event: StockEvent) -> [String] {
        accept(partition, event)
        return texts()
    }

    private func texts() -> [String] {
        partition.transitions.map {
            "\($0.kind) \($0.location.isEmpty ? "total" : "\($0.location)") \($0.before)>\($0.after) \($0.threshold)"
        }
    }

    @Test func firstStockIsNotBack() {
        #expect(alerts(Events.adjust(5, .damaged)) == [])
        #expect(alerts(Events.receive(10)) == [])
        #expect(alerts(Events.sale("a", 10)) == ["out main 10>0 0", "out total 10>0 0"])
        #expect(alerts(Events.receive(3, "r2")) == ["back main 0>3 0", "back total 0>3 0"])
    }

    @Test func theTotalIsOutOnlyWhenEveryLocationIs() {
        accept(partition, Events.receive(2))
        accept(partition, Events.receive(2, at: Events.shop, "r2"))
        #expect(alerts(Events.sale("a", 2)) == ["out main 2>0 0"])
        #expect(alerts(Events.sale("b", 2, at: Events.shop)) == ["out shop 2>0 0", "out total 2>0 0"])
        #expect(alerts(Events.receive(1, at: Events.shop, "r3")) == ["back shop 0>1 0", "back total 0>1 0"])
        #expect(alerts(Events.receive(1, "r4")) == ["back main 0>1 0"])
    }

    @Test func lowHasHysteresis() {
        accept(
            partition,
            Events.define(at: Events.main) {
                $0.reorderPoint = 5
                $0.reorderHysteresis = 2
            })
        #expect(texts() == ["low main 0>0 5"], "a location without stock is low as soon as it has a reorder point")
        #expect(alerts(Events.receive(7)) == [], "point and hysteresis: not above")
        #expect(alerts(Events.receive(8)) == ["recovered main 7>8 5"])
        #expect(alerts(Events.hold("h", 2)) == [])
        #expect(alerts(Events.hold("i", 1)) == ["low main 6>5 5"])
        #expect(alerts(Events.release(hold: "i")) == [], "no flapping")
        #expect(alerts(Events.hold("j", 2)) == [])
        #expect(alerts(Events.adjust(3)) == [])
        #expect(alerts(Events.adjust(1)) == ["recovered main 7>8 5"])
    }

    @Test func lowAndOutInOneEvent() {
        accept(partition, Events.receive(10))
        #expect(alerts(Events.define { $0.reorderPoint = 5 }) == [])
        #expect(alerts(Events.commit("a", 10)) == ["low main 10>0 5", "out main 10>0 0", "out total 10>0 0"])
        #expect(alerts(Events.cancel("a")) == ["recovered main 0>10 5", "back main 0>10 0", "back total 0>10 0"])
    }

    @Test func policyReachesEveryLevelWithoutATermOfItsOwn() {
        accept(partition, Events.receive(10))
        accept(partition, Events.receive(10, at: Events.shop, "r2"))
        accept(
            partition,
            Events.define(at: Events.shop) {
                $0.safetyStock = 1
                $0.reorderPoint = -1
            })
        #expect(partition.balances(Events.shop).available == 9)
        #expect(alerts(Events.define { $0.reorderPoint = 10 }) == ["low main 10>10 10"])
        let changed = alerts(Events.define { $0.safetyStock = 10 })
        #expect(changed == ["out main 10>0 0"])
        #expect(partition.balances(Events.shop).available == 9 && partition.state.sku(0).totals.available == 9)
        #expect(alerts(Events.define { $0.safetyStock = 0 }) == ["back main 0>10 0"])
        // Taking the term away ends low without a message, and a new one starts afresh.
        #expect(alerts(Events.define { $0.reorderPoint = -1 }) == [])
        #expect(alerts(Events.define { $0.reorderPoint = 12 }) == ["low main 10>10 12"])
        #expect(alerts(Events.define { $0.reorderPoint = 9 }) == ["recovered main 10>10 9"])
    }

    @Test func oversoldAndCovered() {
        accept(partition, Events.receive(10))
        accept(partition, Events.commit("a", 8))
        #expect(alerts(Events.sale("t", 5, forced: true)) == ["out main 2>0 0", "oversold main 2>0 3", "out total 2>0 0"])
        #expect(alerts(Events.sale("t2", 5, forced: true)) == [])
        #expect(alerts(Events.receive(7, "r2")) == [])
        #expect(alerts(Events.receive(8, "r2")) == ["covered main 0>0 0"])
        #expect(alerts(Events.receive(9, "r2")) == ["back main 0>1 0", "back total 0>1 0"])
    }

    @Test func anExpiryOfManyHoldsSendsOneOfEach() {
        accept(partition, Events.receive(6))
        accept(partition, Events.receive(6, at: Events.shop, "r2"))
        accept(partition, Events.define { $0.reorderPoint = 1 })
        for (index, location) in [Events.main, Events.shop, Events.main, Events.shop, Events.main, Events.shop].enumerated() {
            accept(partition, Events.hold(Key(text: "h\(index)")!, 2, at: location, ttl: 5))
        }
        partition.wait(seconds: 5)
        #expect(partition.fireTimers().count == 1)
        #expect(
            texts() == [
                "recovered main 0>6 1", "back main 0>6 0", "recovered shop 0>6 1", "back shop 0>6 0", "back total 0>12 0",
            ])
    }

    @Test func whatChangesNothingSendsNothing() {
        accept(partition, Events.receive(3))
        accept(partition, Events.define { $0.reorderPoint = 5 })
        #expect(texts() == ["low main 3>3 5"])
        #expect(alerts(Events.define { $0.reorderPoint = 5 }) == [])
        #expect(alerts(Events.set(3, expecting: 3)) == [])
        repeated(partition, Events.receive(3))
        #expect(texts() == [])
        refuse(partition, Events.commit("a", 4), .insufficientStock)
        #expect(texts() == [])
    }

    @Test func scaleIsFixedOnceThereIsStock() {
        accept(partition, Events.define { $0.scale = 1_000 })
        accept(partition, Events.define { $0.scale = 10 })
        accept(partition, Events.receive(3))
        accept(partition, Events.define { $0.scale = 10 })
        refuse(partition, Events.define { $0.scale = 1 }, .scaleFixed)
        let other = Events.receive(1, "other").with(\.sku, "other")
        accept(partition, other)
        refuse(partition, Events.define { $0.scale = 2 }.with(\.sku, "other"), .scaleFixed)
        accept(partition, Events.define { $0.scale = 1 }.with(\.sku, "other"))
    }
}
