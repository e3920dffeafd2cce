import StockCore
import Testing

/// Returns (domain: c8).
struct ReturnTests {
    let partition = Partition()

    init() { accept(partition, Events.receive(10)) }

    @Test func boundedByWhatWasShipped() {
        accept(partition, Events.commit("o", 6))
        refuse(partition, Events.giveBack("r", "o", 1), .quantityExceeds)
        accept(partition, Events.ship("s", "o", 3))
        refuse(partition, Events.giveBack("r", "o", 4), .quantityExceeds)
        accept(partition, Events.giveBack("r1", "o", 2))
        refuse(partition, Events.giveBack("r2", "o", 2), .quantityExceeds)
        accept(partition, Events.ship("s2", "o"))
        accept(partition, Events.giveBack("r2", "o", 4))
        refuse(partition, Events.giveBack("r3", "o", 1), .quantityExceeds)
        let line = partition.closed(.orderLine, "o")
        #expect(line?.shipped == 6 && line?.returned == 6)
        #expect(partition.state.sku(0).customer == 0)
    }

    @Test func sameReturnAgain() {
        accept(partition, Events.sale("o", 6))
        accept(partition, Events.giveBack("r", "o", 2))
        repeated(partition, Events.giveBack("r", "o", 2))
        refuse(partition, Events.giveBack("r", "o", 3), .returnConflict)
        refuse(partition, Events.giveBack("r", "o", 2, at: Events.shop), .returnConflict)
        refuse(partition, Events.giveBack("r", "p", 2), .returnConflict)
        refuse(partition, Events.giveBack("r2", "unknown", 1), .orderLineUnknown)
    }

    @Test func dispositionIsTheEventsOrThePolicysOrQuarantine() {
        accept(partition, Events.sale("o", 6))
        #expect(accept(partition, Events.giveBack("r1", "o", 1)).disposition == .quarantine)
        accept(partition, Events.define { $0.returnDisposition = Int64(Disposition.qc.rawValue) })
        #expect(accept(partition, Events.giveBack("r2", "o", 1)).disposition == .qc)
        #expect(accept(partition, Events.giveBack("r3", "o", 1, .sellable)).after.sellable == 5)
        accept(partition, Events.define { $0.returnDisposition = 999 })
        #expect(accept(partition, Events.giveBack("r4", "o", 1)).disposition == .quarantine)
        let balances = partition.balances()
        #expect(balances.quarantine == 2 && balances.qc == 1 && balances.available == 5)
    }

    @Test func returnsMayGoToANewLocation() {
        accept(partition, Events.sale("o", 6))
        #expect(accept(partition, Events.giveBack("r", "o", 1, at: Events.shop, .sellable)).after.available == 1)
    }
}

/// Closed records, their age and number, and what an event from before the horizon is answered (design: 4.6).
struct ForgettingTests {
    var limits: StateLimits {
        var limits = StateLimits()
        limits.closedRetentionMilliseconds = 10_000
        limits.orderLineRetentionMilliseconds = 100_000
        return limits
    }

    @Test func recordsGoAtTheirAge() {
        let partition = Partition(limits: limits)
        accept(partition, Events.receive(10))
        let start = partition.now
        partition.wait(milliseconds: 9_999)
        #expect(partition.fireTimers().isEmpty)
        partition.wait(milliseconds: 1)
        let facts = partition.fireTimers()
        #expect(facts.count == 1 && facts[0].kind == .forget && facts[0].version == 2 && facts[0].earlyCount == 0)
        #expect(partition.state.closedCount == 0 && partition.state.values.horizonMilliseconds == start)
        let late = Events.receive(10)
        refuse(partition, late.with(\.occurredAtMilliseconds, start), .tooOld)
        accept(partition, late.with(\.occurredAtMilliseconds, start + 1))
    }

    @Test func everythingWithABusinessIDKnowsTheHorizon() {
        let partition = Partition(limits: limits)
        accept(partition, Events.receive(100))
        accept(partition, Events.commit("open", 5))
        accept(partition, Events.ship("s", "open", 2))
        accept(partition, Events.sale("sold", 5))
        let old = partition.now
        partition.wait(seconds: 10)
        #expect(partition.fireTimers().count == 1, "one SKU, one queue")
        let cases: [StockEvent] = [
            Events.receive(100), Events.hold("h", 1), Events.extend("h", ttl: 1), Events.commit("o", hold: "h"), Events.release(hold: "h"),
            Events.ship("s", "open", 2), Events.giveBack("r", "sold", 1),
        ]
        for event in cases { refuse(partition, event.with(\.occurredAtMilliseconds, old), .tooOld) }
        // Order lines are kept longer.
        repeated(partition, Events.sale("sold", 5).with(\.occurredAtMilliseconds, old))
        refuse(partition, Events.ship("s", "unknown").with(\.occurredAtMilliseconds, old + 1), .orderLineUnknown)
        accept(partition, Events.ship("s", "open", 2).with(\.occurredAtMilliseconds, old + 1))
    }

    @Test func oldOrderLines() {
        let partition = Partition(limits: limits)
        accept(partition, Events.receive(100))
        accept(partition, Events.sale("sold", 5))
        accept(partition, Events.commit("open", 5))
        let old = partition.now
        refuse(partition, Events.giveBack("r0", "unknown", 3, .sellable), .orderLineUnknown)
        partition.wait(seconds: 100)
        partition.fireTimers()
        #expect(partition.state.closedCount == 0 && partition.state.values.orderLineHorizonMilliseconds == old)
        let cases: [StockEvent] = [
            Events.sale("sold", 5), Events.sale("till", 1, forced: true), Events.commit("o", 1), Events.cancel("sold"),
            Events.ship("new", "sold").with(\.occurredAtMilliseconds, old),
        ]
        for event in cases { refuse(partition, event.with(\.occurredAtMilliseconds, old), .tooOld) }
        let unverified = accept(partition, Events.giveBack("r1", "sold", 3, .sellable))
        #expect(unverified.isUnverified && unverified.disposition == .quarantine && unverified.after.quarantine == 3)
        let checked = accept(partition, Events.giveBack("r2", "any", 2, .qc))
        #expect(checked.isUnverified && checked.after.qc == 2)
        repeated(partition, Events.giveBack("r2", "any", 2, .qc))
        // An open line is never forgotten.
        accept(partition, Events.ship("s", "open"))
        #expect(!accept(partition, Events.giveBack("r3", "open", 1)).isUnverified)
    }

    @Test func tooManyRecordsGoEarlyAndAreCounted() {
        var limits = limits
        limits.closedRecordsPerPartition = 3
        let partition = Partition(limits: limits)
        accept(partition, Events.receive(100))
        for line in 0..<5 {
            partition.wait(milliseconds: 1)
            partition.send(Events.sale(Key(text: "o\(line)")!, 1))
        }
        #expect(partition.state.closedCount == 6)
        let facts = partition.fireTimers()
        #expect(facts.map(\.items.count) == [1, 2] && facts.map(\.earlyCount) == [1, 2])
        #expect(facts.map(\.isOrderLineHorizon) == [false, true])
        #expect(partition.state.closedCount == 3, "no more than is needed, though their tombstones are not written yet")
        #expect(partition.state.values.counters.forgottenEarly == 3)
        #expect(partition.closed(.orderLine, "o1") == nil && partition.closed(.orderLine, "o2") != nil)
    }

    @Test func oneFactForgetsAtMostAThousandOfOneSKU() {
        let partition = Partition(limits: limits, checksEverything: false)
        accept(partition, Events.receive(10, "other").with(\.sku, "other"))
        for index in 0..<1_001 { partition.send(Events.receive(1, Key(text: "r\(index)")!)) }
        accept(partition, Events.receive(11, "other").with(\.sku, "other"))
        partition.wait(seconds: 10)
        let facts = partition.fireTimers()
        #expect(facts.map(\.items.count) == [1_000, 1, 1])
        #expect(facts.map(\.sku) == ["sku-1", "sku-1", "other"], "a receipt's age counts from its last change")
    }

    @Test func aForgottenHoldIDMayBeUsedAgain() {
        let partition = Partition(limits: limits)
        accept(partition, Events.receive(100))
        accept(partition, Events.hold("h", 1))
        accept(partition, Events.release(hold: "h"))
        refuse(partition, Events.hold("h", 1), .holdReleased)
        partition.wait(seconds: 10)
        partition.fireTimers()
        accept(partition, Events.hold("h", 2))
        #expect(partition.hold("h")?.remaining == 2)
    }
}
