import Testing

@testable import StockCore

/// A world whose zones the test makes up, sending events and firing timers as the edge does.
private struct ZonedPartition {
    static let day: Int64 = 86_400_000
    static let hour: Int64 = 3_600_000
    let partition: Partition
    let sink = RecordingSink()

    init(days: Int64, checksEverything: Bool = true) {
        partition = Partition(checksEverything: checksEverything)
        accept(partition, Events.define { ($0.lotTracked, $0.minShelfLifeDays, $0.expiryAlertDays) = (1, days, 0) })
        partition.state.lifeInZone = ZonedPartition.life
    }

    /// When a day ends: an hour earlier than in UTC, five later, or an hour earlier only from the 12th on, when clocks are put forward.
    static func end(_ zone: Key, of number: Int64) -> Int64 {
        let shift = zone == "east" ? -hour : zone == "west" ? 5 * hour : zone == "jump" && number >= 11 ? -hour : 0
        return (number + 1) * day + shift
    }

    static let life: LifeInZone = { zone, days, time in
        var today = time / day - 1
        while end(zone, of: today) < time { today += 1 }
        return LifeEnd(end: max(1, end(zone, of: today + days)), until: end(zone, of: today) + 1)
    }

    /// Tells when the days end that may matter to an event.
    private func tell(_ event: StockEvent) {
        let sku = partition.state.findSKU(event.sku)
        partition.state.dayEnds.forget()
        guard partition.state.usesZones(sku), case let zone = partition.state.zone(of: event, sku), !zone.isEmpty else { return }
        var ends = DayEnds()
        ends.begin()
        partition.state.forEachDay(of: event, sku) { ends.tell($0, ends: ZonedPartition.end(zone, of: $0 / ZonedPartition.day - 1)) }
        let policy = partition.state.sku(sku).policy
        let isPromise = [.hold, .commit, .sale].contains(event.type)
        let days = isPromise ? partition.state.shelfLifeDays(of: event, policy) : policy.minShelfLifeDays
        if days > 0 { ends.lifeEnd = ZonedPartition.life(zone, days, partition.now)!.end }
        partition.state.dayEnds = ends
    }

    @discardableResult
    func send(_ event: StockEvent) -> Fact {
        tell(event)
        return partition.send(event)
    }

    /// What a hold that says nothing would be granted at a location.
    func granted(at location: Key) -> Int64 {
        let request = Events.hold("any", 1, at: location)
        tell(request)
        let state = partition.state.findLevel(0, location)
        let policy = partition.state.sku(0).policy
        return partition.state.available(at: state, minExpiry: partition.state.minExpiry(of: request, policy))
    }

    func receive(_ quantity: Int64, _ lot: Key, day: Int64, at location: Key = Events.main, _ receipt: Key = "r") -> StockEvent {
        Events.receive(quantity, at: location, receipt).of(lot, expiresAt: day * ZonedPartition.day).with(\.isLotExpiryDay, true)
    }

    func restart() throws -> PartitionState {
        partition.begin()
        partition.writeCheckpoint(into: sink, limit: Int.max, isForced: true)
        let mark = Mark(of: partition.state)
        partition.commit()
        sink.commit()
        var restored = try RestorePropertyTests.restoreComplete(sink.compacted, mark, limits: partition.state.limits)
        restored.lifeInZone = ZonedPartition.life
        return restored
    }
}

/// What is available where the SKU's policy demands a life: what a request that says nothing is promised, at every moment.
struct ShelfLifeTests {
    private static let day = ZonedPartition.day

    @Test func manyLocationsAreToldOfInBoundedFacts() throws {
        let world = ZonedPartition(days: 2, checksEverything: false)
        let partition = world.partition
        for place in 0..<1_000 {
            let location = Key(text: "w\(place)")!
            for (lot, day) in [("a", 10), ("b", 20)] as [(Key, Int64)] {
                accept(partition, world.receive(1, lot, day: day, at: location, Key(text: "r\(place)\(lot)")!))
            }
        }
        partition.wait(milliseconds: 8 * ShelfLifeTests.day - partition.now)
        #expect(partition.fireTimers().isEmpty && partition.balances("w2").available == 2)
        partition.wait(milliseconds: 1)
        partition.begin()
        let undone = partition.fireTimers()
        partition.abort()
        let facts = partition.fireTimers()
        #expect(facts.map(\.kind) == [.shelfLife] && facts.map(\.items.count) == [1_000] && facts.map(\.quantity) == [1_000])
        #expect(undone.map(\.items) == facts.map(\.items), "an abort puts the timers back")
        #expect(partition.balances("w2").available == 1 && partition.balances("w2").sellable == 2)
        #expect(partition.fireTimers().isEmpty && partition.state.checkAll() == nil)
        // Another term touches each location once more, and no lot.
        let dirty = try world.restart()
        #expect(meaning(of: dirty) == meaning(of: partition.state))
        accept(partition, Events.define { $0.minShelfLifeDays = 0 })
        let after = partition.fireTimers()
        #expect(after.map(\.items.count) == [1_000] && partition.balances("w999").available == 2)
        #expect(partition.state.sku(0).dirtyCount <= 1_000 + 1)
        var restored = try world.restart()
        #expect(meaning(of: restored) == meaning(of: partition.state))
        let due = restored.nextDueSKU(at: restored.values.logTimeMilliseconds)
        #expect(due == -1, "what was told is not told again")
    }

    @Test func whatArrivesTooShortIsNeverAvailable() {
        let world = ZonedPartition(days: 5)
        let partition = world.partition
        accept(partition, Events.define { $0.reorderPoint = 3 })
        accept(partition, Events.define(at: "shop") { _ in }.with(\.document, "west"))
        // At noon of no day yet it is the day before in the west.
        let ends: [(Key, Int64, Int64)] = [(Events.main, 6, 6 * ShelfLifeTests.day), ("shop", 5, ZonedPartition.end("west", of: 4))]
        for (place, last, end) in ends {
            let enough = world.send(world.receive(9, Key(text: "d\(last)")!, day: last, at: place, Key(text: "enough at \(place)")!))
            #expect(enough.minExpiryMilliseconds == 0 && partition.balances(place).available == 9, "equal is accepted")
            let short = world.send(world.receive(9, Key(text: "d\(last - 1)")!, day: last - 1, at: place, Key(text: "short at \(place)")!))
            #expect(short.minExpiryMilliseconds == end && partition.balances(place).available == 9)
            #expect(partition.transitions.isEmpty && partition.balances(place).sellable == 18)
            let held = world.send(Events.hold("h", 10, at: place))
            #expect(held.rejection == .insufficientStock && held.total == 9)
        }
        let moved = world.send(Events.send("t", 9, from: Events.main, to: "shop"))
        #expect(moved.items.map(\.id) == ["d5"] && partition.balances().available == 9, "what is not available leaves first")
        world.send(Events.arrive("t", 9))
        #expect(partition.balances("shop").available == 18, "in the west it lives long enough")
    }

    /// A restart between the new term and the fact that it leads to, and a replay of the ledger without zones.
    @Test(arguments: [0, 3, 9] as [Int64]) func aTermThatNoFactHasToldYetSurvives(days: Int64) throws {
        let world = ZonedPartition(days: 5)
        let partition = world.partition
        accept(partition, Events.define { _ in }.with(\.document, "jump"))
        for (index, expiry) in ([3, 5, 8, 12, 30] as [Int64]).enumerated() {
            world.send(world.receive(1, Key(text: "l\(index)")!, day: expiry, Key(text: "r\(index)")!))
        }
        partition.fireTimers()
        world.send(Events.define { $0.minShelfLifeDays = days })
        partition.state = try world.restart()
        partition.fireTimers()
        #expect(partition.balances().available == world.granted(at: Events.main))
        var replayed = PartitionState(limits: partition.state.limits)
        var transitions = TransitionBuffer()
        for fact in partition.ledger {
            replayed.applyToValues(fact)
            try replayed.replayOnSKU(fact, transitions: &transitions)
        }
        let slot = replayed.findLevel(0, Events.main)
        #expect(replayed.checkAll() == nil && replayed.level(slot).balances == partition.balances())
    }

    /// Random lots, promises, terms, zones and times: what is shown is always what a request that says nothing would be promised.
    @Test(arguments: 0..<60)
    func whatIsShownCanBePromised(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed) + 77)
        let world = ZonedPartition(days: Int64(random.pick([1, 3, 10])))
        let partition = world.partition
        let places: [Key] = ["main", "shop"]
        if random.oneIn(2) { partition.send(Events.define { $0.backorderLimit = 20 }) }
        for step in 0..<150 {
            let event = ShelfLifeTests.event(step, world, &random)
            if random.oneIn(6) {
                partition.begin()
                world.send(event)
                if random.oneIn(2) { partition.wait(milliseconds: Int64(random.below(30)) * ZonedPartition.hour) }
                partition.fireTimers()
                partition.abort()
            }
            world.send(event)
            if random.oneIn(3) {
                partition.wait(milliseconds: Int64(random.below(30)) * ZonedPartition.hour + Int64(random.below(2)))
            } else if random.oneIn(3) {
                // To a midnight somewhere, or a moment after it.
                let today = partition.now / ShelfLifeTests.day
                let end = ZonedPartition.end(random.pick(["", "east", "west", "jump"]), of: today)
                if end > partition.now { partition.wait(milliseconds: end - partition.now + Int64(random.below(2))) }
            }
            if random.oneIn(10) { partition.state = try world.restart() }
            partition.fireTimers()
            for place in places where partition.state.findLevel(0, place) >= 0 {
                let shown = partition.balances(place).available
                let granted = world.granted(at: place)
                #expect(shown == granted, "seed \(seed), step \(step), \(place), at \(partition.now)")
                if shown != granted { return }
            }
        }
    }

    private static func event(_ step: Int, _ world: ZonedPartition, _ random: inout SeededRandom) -> StockEvent {
        let name = Key(text: "n\(step)")!
        let before = Key(text: "n\(random.below(max(step, 1)))")!
        let place: Key = random.pick(["main", "main", "shop"])
        let number = Int64(random.below(16)) + 1
        let lot = Key(text: "l\(number)")!
        let today = world.partition.now / day
        switch random.below(17) {
        case 0, 1: return world.receive(Int64(random.below(5) + 1), lot, day: number, at: place, name)
        case 2:
            let midnight = (today + Int64(random.below(12))) * day
            let instant = midnight + Int64(random.below(3)) - 1 + Int64(random.below(24)) * ZonedPartition.hour
            return Events.receive(2, at: place, name).of(name, expiresAt: max(1, instant))
        case 3, 4:
            let hold = Events.hold(name, Int64(random.below(4) + 1), at: place, ttl: 300_000)
            return random.oneIn(2) ? hold : hold.with(\.minShelfLifeDays, random.pick([0, 1, 2, 7]))
        case 5: return Events.sale(name, Int64(random.below(3) + 1), at: place)
        case 6: return Events.define { $0.minShelfLifeDays = random.pick([0, 1, 2, 3, 5, 10]) }
        case 7: return Events.change(random.pick([.lotBlock, .lotUnblock, .recall, .unrecall]), lot)
        case 8: return Events.define(at: place) { _ in }.with(\.document, random.pick(["east", "west", "jump", "plain"]))
        case 9: return Events.define { _ in }.with(\.document, random.pick(["east", "west", "jump", "plain"]))
        case 10: return Events.send(name, 2, from: place, to: place == "main" ? "shop" : "main")
        case 11: return Events.arrive(before, 2)
        case 12: return Events.order(name, 3, at: place)
        case 13: return Events.ship(name, before)
        case 14: return Events.move(1, at: place, from: random.pick([.sellable, .qc]), to: random.pick([.qc, .sellable])).of(lot)
        case 15: return Events.giveBack(name, before, 1, .sellable).with(\.location, place)
        default: return Events.release(hold: before)
        }
    }
}
