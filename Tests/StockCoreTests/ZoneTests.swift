import Testing

@testable import StockCore

/// Days that end at their location, in a world whose zones are whole hours: what a time zone database would tell is told by the test.
struct ZoneTests {
    private static let day: Int64 = 86_400_000
    private static let hour: Int64 = 3_600_000

    /// A SKU with lots, whose days end an hour earlier at `main`, and five hours later elsewhere.
    private func zoned(_ limits: StateLimits = StateLimits()) -> Partition {
        let partition = Partition(limits: limits)
        accept(partition, Events.define { $0.lotTracked = 1 })
        accept(partition, Events.define(at: Events.main) { _ in }.with(\.document, "east"))
        accept(partition, Events.define { _ in }.with(\.document, "west"))
        return partition
    }

    /// Sends an event as the edge does: tells first when the days end.
    @discardableResult
    private func send(_ partition: Partition, _ event: StockEvent) -> Fact {
        let sku = partition.state.findSKU(event.sku)
        partition.state.dayEnds.forget()
        if partition.state.usesZones(sku) {
            let zone = partition.state.zone(of: event, sku)
            let shift = zone == "east" ? -ZoneTests.hour : 5 * ZoneTests.hour
            var ends = DayEnds()
            ends.begin()
            partition.state.forEachDay(of: event, sku) { ends.tell($0, ends: $0 + shift) }
            partition.state.dayEnds = ends
        }
        return partition.send(event)
    }

    private func expiry(_ partition: Partition, _ lot: Key, at location: Key = Events.main) -> Int64? {
        let level = partition.state.findLevel(0, location)
        let slot = partition.state.findLot(level, partition.state.findLotTerms(0, lot))
        return slot < 0 ? nil : partition.state.lot(slot).expiresAtMilliseconds
    }

    private func receive(_ quantity: Int64, _ lot: Key, day: Int64, at location: Key = Events.main, _ receipt: Key = "r") -> StockEvent {
        Events.receive(quantity, at: location, receipt).of(lot, expiresAt: day * ZoneTests.day).with(\.isLotExpiryDay, true)
    }

    @Test func aDayEndsAtItsLocation() {
        let partition = zoned()
        let fact = send(partition, receive(5, "a", day: 10))
        #expect(fact.lotDayMilliseconds == 10 * ZoneTests.day && fact.lotExpiresAtMilliseconds == 10 * ZoneTests.day - ZoneTests.hour)
        let there = send(partition, receive(5, "a", day: 10, at: "shop", "s"))
        #expect(there.outcome == .accepted && there.lotDayMilliseconds == 0, "the lot is known")
        #expect(there.lotExpiresAtMilliseconds == 10 * ZoneTests.day + 5 * ZoneTests.hour)
        #expect(send(partition, receive(5, "a", day: 11, at: "shop", "t")).rejection == .lotExpiryConflict)
        // An instant is compared with the end of the day here.
        let instant = Events.receive(1, "u").of("a", expiresAt: 10 * ZoneTests.day - ZoneTests.hour)
        #expect(send(partition, instant).outcome == .accepted)
        #expect(send(partition, instant.with(\.document, "v").with(\.location, "shop")).rejection == .lotExpiryConflict)
        partition.wait(milliseconds: 10 * ZoneTests.day - ZoneTests.hour - partition.now)
        let fired = partition.fireTimers().filter { $0.kind == .lotExpire }
        #expect(fired.map(\.items.count) == [1] && partition.balances().expired == 6)
        #expect(partition.balances("shop").sellable == 5)
    }

    /// What a restart or an abort makes of zones and of what they led to.
    @Test func zonesAreKept() throws {
        let partition = zoned()
        send(partition, receive(5, "a", day: 10))
        send(partition, receive(5, "a", day: 10, at: "shop", "s"))
        let before = everything(of: partition.state)
        partition.begin()
        accept(partition, Events.define(at: "shop") { _ in }.with(\.document, "east"))
        accept(partition, Events.define { _ in }.with(\.document, "east"))
        #expect(partition.state.zone(of: 0, at: partition.state.findLevel(0, "shop")) == "east")
        partition.abort()
        #expect(everything(of: partition.state) == before)
        let restored = try restart(partition)
        #expect(restored.zone(of: 0, at: restored.findLevel(0, Events.main)) == "east")
        #expect(restored.zone(of: 0, at: restored.findLevel(0, "shop")) == "west" && restored.zone(of: 0, at: -1) == "west")
        #expect(restored.checkAll() == nil && meaning(of: restored) == meaning(of: partition.state))
    }

    private func restart(_ partition: Partition) throws -> PartitionState {
        let sink = RecordingSink()
        partition.begin()
        partition.writeCheckpoint(into: sink, limit: Int.max, isForced: true)
        let mark = Mark(of: partition.state)
        partition.commit()
        sink.commit()
        return try RestorePropertyTests.restoreComplete(sink.compacted, mark, limits: partition.state.limits)
    }

    /// The ledger alone leads to the same state: applying needs no zones.
    @Test func aReplayNeedsNoZones() throws {
        let partition = zoned()
        send(partition, receive(9, "a", day: 10))
        send(partition, receive(9, "b", day: 12, "s"))
        send(partition, Events.sale("line", 4))
        send(partition, Events.giveBack("back", "line", 3, .sellable).with(\.location, "shop"))
        #expect(expiry(partition, "a", at: "shop") == 10 * ZoneTests.day + 5 * ZoneTests.hour)
        send(partition, Events.send("t", 7, from: Events.main, to: "far"))
        send(partition, Events.arrive("t", 7))
        #expect(expiry(partition, "a", at: "far") == 10 * ZoneTests.day + 5 * ZoneTests.hour)
        #expect(expiry(partition, "b", at: "far") == 12 * ZoneTests.day + 5 * ZoneTests.hour)
        var replayed = PartitionState(limits: partition.state.limits)
        var transitions = TransitionBuffer()
        for fact in partition.ledger {
            replayed.applyToValues(fact)
            try replayed.replayOnSKU(fact, transitions: &transitions)
        }
        #expect(replayed.checkAll() == nil)
        for (lot, place) in [("a", "shop"), ("a", "far"), ("b", "far"), ("b", "main")] as [(Key, Key)] {
            let slot = replayed.findLot(replayed.findLevel(0, place), replayed.findLotTerms(0, lot))
            #expect(slot >= 0 && replayed.lot(slot).expiresAtMilliseconds == expiry(partition, lot, at: place), "\(lot) at \(place)")
        }
    }

    @Test func daysAreFoundInAnyOrder() {
        var ends = DayEnds()
        #expect(ends.end(of: 7) == 7, "days are those of UTC where nothing is told")
        ends.begin()
        for day in [5, 9, 7, 7, 1, 9, 30, 2] as [Int64] { ends.tell(day, ends: day * 10) }
        for day in [1, 2, 5, 7, 9, 30] as [Int64] { #expect(ends.end(of: day) == day * 10) }
        ends.forget()
        #expect(!ends.areTold && ends.end(of: 9) == 9)
    }
}

/// Terms of sales channels beside what the cases say: aborts and restarts.
struct ChannelTests {
    private func term(_ name: Key, _ days: Int64) -> StockEvent {
        Events.define { $0.minShelfLifeDays = days }.with(\.counterpart, name)
    }

    private func days(_ state: borrowing PartitionState, _ name: Key) -> Int64? {
        let slot = state.findChannel(0, name)
        return slot < 0 ? nil : state.channels[slot].minShelfLifeDays
    }

    @Test func anAbortPutsThemBack() {
        let partition = Partition()
        for (index, name) in (["a", "b", "c"] as [Key]).enumerated() { accept(partition, term(name, Int64(index))) }
        let before = everything(of: partition.state)
        partition.begin()
        accept(partition, term("b", -1))
        accept(partition, term("c", 50))
        accept(partition, term("d", 9))
        accept(partition, term("b", 8))
        partition.abort()
        #expect(everything(of: partition.state) == before)
        #expect(days(partition.state, "b") == 1)
    }

    @Test func aRestartKnowsThem() throws {
        let partition = Partition()
        let sink = RecordingSink()
        func checkpoint() throws -> PartitionState {
            partition.begin()
            partition.writeCheckpoint(into: sink, limit: Int.max, isForced: true)
            let mark = Mark(of: partition.state)
            partition.commit()
            sink.commit()
            return try RestorePropertyTests.restoreComplete(sink.compacted, mark, limits: partition.state.limits)
        }
        for (index, name) in (["a", "b", "c"] as [Key]).enumerated() { accept(partition, term(name, Int64(index))) }
        let first = try checkpoint()
        #expect(days(first, "a") == 0 && days(first, "b") == 1 && days(first, "c") == 2)
        accept(partition, term("b", -1))
        accept(partition, term("a", -1))
        accept(partition, term("a", 7))
        let second = try checkpoint()
        #expect(days(second, "a") == 7 && days(second, "b") == nil && days(second, "c") == 2)
        #expect(second.checkAll() == nil && meaning(of: second) == meaning(of: partition.state))
    }
}
