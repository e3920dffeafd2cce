import Testing

@testable import StockCore

/// Promises over several locations.
struct SplitTests {
    private func shop() -> Partition {
        let partition = Partition()
        accept(partition, Events.receive(10, at: "L1", "first"))
        accept(partition, Events.receive(15, at: "L2", "second"))
        accept(partition, Events.receive(2, at: "L3", "third"))
        return partition
    }

    private func parts(_ fact: Fact) -> [String] { fact.items.filter { $0.kind == .part }.map { "\($0.location) \($0.quantity)" } }

    private func parts(_ partition: Partition, hold: Key) -> [String] {
        parts(partition, RecordReference(kind: .hold, slot: partition.state.findHold(0, hold)))
    }

    private func parts(_ partition: Partition, line: Key) -> [String] {
        parts(partition, RecordReference(kind: .commitment, slot: partition.state.findCommitment(0, line)))
    }

    private func parts(_ partition: Partition, _ promise: RecordReference) -> [String] {
        guard promise.slot >= 0 else { return [] }
        var parts: [String] = []
        partition.state.forEachPart(of: promise) { parts.append("\(partition.state.location(of: $0)) \($1)") }
        return parts.sorted()
    }

    @Test func aHoldIsMetByTwoLocations() {
        let partition = shop()
        let fact = accept(partition, Events.hold("h", 13).at(["L1", "L2"], .priority))
        #expect(parts(fact) == ["L1 10", "L2 3"] && fact.location.isEmpty && fact.quantity == 13)
        #expect(partition.balances("L1").held == 10 && partition.balances("L2").held == 3 && partition.balances("L2").available == 12)
        #expect(partition.transitions.map(\.location) == ["L1"] && partition.transitions.map(\.kind) == [.out])
        // Another event id, the same content: it tells where the hold is.
        #expect(parts(repeated(partition, Events.hold("h", 13).at(["L1", "L2"], .priority))) == ["L1 10", "L2 3"])
        repeated(partition, Events.hold("h", 13).at(["L2", "L3", "L1"], .balanced))
        let twice = partition.complete(Events.hold("i", 4).at(["L3", "L2"], .priority))
        accept(partition, twice)
        #expect(parts(repeated(partition, twice)) == ["L3 2", "L2 2"])
    }

    @Test func oneLocationIsChosen() {
        let partition = shop()
        let fact = accept(partition, Events.hold("h", 11).at(["L1", "L2"]))
        #expect(fact.location == "L2" && fact.items.isEmpty && fact.after.held == 11)
        let isSplit = partition.state.isSplit(RecordReference(kind: .hold, slot: 0))
        #expect(!isSplit)
        #expect(repeated(partition, Events.hold("h", 11).at(["L1", "L2"])).location == "L2")
        #expect(accept(partition, Events.commit("o", 4).at(["L3", "L2", "L1"])).location == "L2")
        #expect(accept(partition, Events.sale("s", 4).at(["L3", "L2", "L1"])).location == "L1")
        // A location that is named twice counts once.
        #expect(refuse(partition, Events.hold("i", 3).at(["L3", "L3", "L3"]), .insufficientStock).total == 2)
    }

    @Test func whatTheyDoNotHaveIsRefused() {
        let partition = shop()
        #expect(refuse(partition, Events.hold("h", 28).at(["L1", "L2", "L3"]), .insufficientStock).total == 27)
        #expect(refuse(partition, Events.hold("h", 16).at(["L1", "L2"], split: false), .splitNeeded).total == 15)
        #expect(refuse(partition, Events.hold("h", 28).at(["L1", "L2"], split: false), .insufficientStock).total == 15)
        #expect(refuse(partition, Events.sale("s", 28).at(["L1", "L2"]), .insufficientStock).total == 25)
        #expect(refuse(partition, Events.commit("o", 1).at(["L5"]), .insufficientStock).total == 0)
        var other = Events.hold("h", 1).at(["L1"])
        other.sku = "never-seen"
        #expect(refuse(partition, other, .insufficientStock).total == 0)
        #expect(partition.state.values.counters.unitsRefused == 28 + 16 + 28 + 28 + 1 + 1)
    }

    @Test func aHoldBecomesAnOrderLineOfTheSameParts() {
        let partition = shop()
        accept(partition, Events.hold("h", 13).at(["L1", "L2"], .priority))
        refuse(partition, Events.commit("o", hold: "h", 5), .locationRequired)
        refuse(partition, Events.commit("o", hold: "h", 14), .quantityExceeds)
        refuse(partition, Events.commit("o", hold: "h", 4).at("L2"), .quantityExceeds)
        refuse(partition, Events.commit("o", hold: "h").at("L3"), .partUnknown)
        let fact = accept(partition, Events.commit("o", hold: "h", 13))
        #expect(parts(fact) == ["L1 10", "L2 3"] && partition.hold("h") == nil)
        #expect(partition.balances("L1").committed == 10 && partition.balances("L2").committed == 3 && partition.balances("L1").held == 0)
        repeated(partition, Events.commit("o", hold: "h"))
        #expect(partition.closed(.hold, "h")?.outcome == .committed && partition.commitment("o")?.ordered == 13)
        // Each part leaves its own location.
        refuse(partition, Events.ship("s", "o"), .locationRequired)
        refuse(partition, Events.ship("s", "o").at("L3"), .partUnknown)
        accept(partition, Events.ship("s", "o", 4).at("L1"))
        refuse(partition, Events.ship("s", "o", 4).at("L2"), .shipmentConflict)
        repeated(partition, Events.ship("s", "o", 4).at("L1"))
        accept(partition, Events.ship("t", "o").at("L1"))
        // One part is left: the order line is like any other.
        refuse(partition, Events.ship("u", "o").at("L1"), .partUnknown)
        #expect(accept(partition, Events.ship("u", "o")).location == "L2")
        #expect(partition.balances("L1").sellable == 0 && partition.balances("L2").sellable == 12)
        #expect(partition.closed(.orderLine, "o")?.shipped == 13)
        refuse(partition, Events.giveBack("r", "o", 14, at: "L1"), .quantityExceeds)
        accept(partition, Events.giveBack("r", "o", 13, at: "L1"))
    }

    @Test func aPartOfAHoldIsCommittedAlone() {
        let partition = shop()
        accept(partition, Events.hold("h", 27).at(["L1", "L2", "L3"]))
        accept(partition, Events.commit("o", hold: "h", 4).at("L1"))
        #expect(parts(partition, hold: "h") == ["L1 6", "L2 15", "L3 2"] && parts(partition, line: "o") == ["L1 4"])
        accept(partition, Events.commit("p", hold: "h").at("L1"))
        #expect(parts(partition, hold: "h") == ["L2 15", "L3 2"])
        accept(partition, Events.commit("q", hold: "h", 1, rest: .release).at("L2"))
        #expect(partition.hold("h") == nil && partition.balances("L2").held == 0 && partition.balances("L3").available == 2)
        #expect(partition.balances("L2").available == 14)
        repeated(partition, Events.commit("q", hold: "h", 1).at("L2"))
    }

    @Test func allPartsAreGivenBack() {
        // B81.
        let partition = shop()
        accept(partition, Events.commit("o", 13).at(["L1", "L2"], .priority))
        repeated(partition, Events.commit("o", 13).at(["L2", "L1"], .priority))
        refuse(partition, Events.commit("o", 13).at(["L1"]), .orderLineExists)
        refuse(partition, Events.commit("o", 13, at: "L1"), .orderLineExists)
        refuse(partition, Events.cancel("o", 2), .locationRequired)
        refuse(partition, Events.cancel("o", 14), .quantityExceeds)
        #expect(parts(accept(partition, Events.cancel("o"))) == ["L1 10", "L2 3"])
        #expect(partition.balances("L1").available == 10 && partition.balances("L2").available == 15)
        repeated(partition, Events.cancel("o"))
        repeated(partition, Events.commit("o", 13).at(["L1", "L2"], .priority))
        refuse(partition, Events.commit("o", 12).at(["L1", "L2"], .priority), .orderLineClosed)
        accept(partition, Events.hold("h", 27).at(["L1", "L2", "L3"]))
        accept(partition, Events.release(hold: "h", 2).at("L2"))
        accept(partition, Events.release(hold: "h").at("L3"))
        refuse(partition, Events.release(hold: "h").at("L3"), .partUnknown)
        #expect(parts(partition, hold: "h") == ["L1 10", "L2 13"])
        accept(partition, Events.release(hold: "h"))
        #expect(partition.hold("h") == nil && partition.state.sku(0).totals.held == 0)
        repeated(partition, Events.release(hold: "h"))
    }

    @Test func allPartsExpire() {
        let partition = shop()
        accept(partition, Events.hold("h", 13, ttl: 60).at(["L1", "L2"], .priority))
        accept(partition, Events.hold("i", 2, at: "L2", ttl: 60))
        #expect(accept(partition, Events.extend("h", ttl: 61)).location.isEmpty)
        partition.wait(seconds: 60)
        #expect(partition.fireTimers().map(\.quantity) == [2])
        partition.wait(seconds: 1)
        refuse(partition, Events.commit("o", hold: "h"), .holdExpired)
        let expiry = partition.ledger.last { $0.kind == .expire }
        #expect(expiry?.quantity == 13 && expiry?.items.map(\.location) == ["L1", "L2"] && expiry?.items.map(\.id) == ["h", "h"])
        #expect(partition.balances("L1").held == 0 && partition.balances("L2").held == 0)
        #expect(partition.state.values.counters.expiredHolds == 2)
    }

    @Test func aReplacementLooksAwayFromWhatItReplaces() {
        let partition = shop()
        accept(partition, Events.hold("h", 25).at(["L1", "L2"]))
        #expect(parts(accept(partition, Events.hold("h", 24).at(["L2", "L1"], .priority))) == ["L2 15", "L1 9"])
        refuse(partition, Events.hold("h", 26).at(["L1", "L2"]), .insufficientStock)
        #expect(accept(partition, Events.hold("h", 15, at: "L2")).location == "L2")
        #expect(partition.balances("L1").held == 0 && partition.balances("L2").held == 15)
        #expect(accept(partition, Events.hold("h", 3).at(["L1"])).location == "L1")
        #expect(partition.balances("L1").held == 3 && partition.balances("L2").held == 0)
        #expect(parts(accept(partition, Events.hold("h", 12).at(["L1", "L3"]))) == ["L1 10", "L3 2"])
        #expect(partition.hold("h")?.quantity == 12 && partition.state.sku(0).openHolds == 1)
    }

    @Test func whatNeverLeftIsOwedAgainWhereItIs() {
        let partition = shop()
        accept(partition, Events.commit("o", 13).at(["L1", "L2"], .priority))
        accept(partition, Events.ship("s", "o").at("L1"))
        accept(partition, Events.ship("t", "o").at("L2"))
        #expect(partition.commitment("o") == nil)
        accept(partition, Events.unship("s", "o"))
        accept(partition, Events.unship("t", "o"))
        #expect(parts(partition, line: "o") == ["L1 10", "L2 3"])
        #expect(partition.balances("L1").sellable == 10 && partition.balances("L2").committed == 3)
    }

    @Test func aPartIsPlannedAnew() {
        let partition = shop()
        accept(partition, Events.commit("o", 13).at(["L1", "L2"], .priority))
        accept(partition, Events.adjust(-8, at: "L1", forced: true))
        #expect(partition.balances("L1").shortfall == 8)
        var event = Events.reassign("o").at(["L3", "L2"], .priority).at("L1")
        let fact = accept(partition, event)
        #expect(parts(fact) == ["L3 2", "L2 8"] && fact.location == "L1" && fact.quantity == 10)
        #expect(parts(partition, line: "o") == ["L2 11", "L3 2"] && partition.balances("L1").shortfall == 0)
        // All of it: where it is does not stand in its own way.
        event = Events.reassign("o").at(["L1", "L2"])
        #expect(refuse(partition, Events.reassign("o").at(["L1", "L3"]), .insufficientStock).total == 4)
        #expect(accept(partition, event).counterpart == "L2")
        #expect(parts(partition, line: "o") == ["L2 13"])
        repeated(partition, event)
        #expect(parts(accept(partition, Events.reassign("o").at(["L1", "L2"], .priority))) == ["L1 2", "L2 11"])
        repeated(partition, Events.reassign("o").at(["L1", "L2"], .priority))
        refuse(partition, Events.reassign("o", 2, to: "L2", line: "p"), .splitPromise)
        refuse(partition, Events.reassign("o", to: "L3"), .insufficientStock)
        accept(partition, Events.reassign("o", to: "L2").at("L1"))
        #expect(parts(partition, line: "o") == ["L2 13"])
        accept(partition, Events.ship("s", "o"))
    }

    @Test func aHoldIsPlannedAnew() {
        let partition = shop()
        accept(partition, Events.hold("h", 12, at: "L2"))
        #expect(parts(accept(partition, Events.reassign(hold: "h", to: Key()).at(["L1", "L3"]))) == ["L1 10", "L3 2"])
        refuse(partition, Events.reassign(hold: "h", to: "L2").at("L4"), .partUnknown)
        #expect(accept(partition, Events.reassign(hold: "h", to: "L2")).location.isEmpty)
        #expect(parts(partition, hold: "h") == ["L2 12"] && partition.balances("L1").available == 10)
    }

    @Test func whatWaitsStaysAtOneLocation() {
        let partition = shop()
        accept(partition, Events.define { $0.backorderLimit = 100 })
        accept(partition, Events.order("o", 3, at: "L3"))
        refuse(partition, Events.reassign("o").at(["L1", "L2"]), .waitsAtOneLocation)
        refuse(partition, Events.cancel("o").at("L1"), .partUnknown)
        accept(partition, Events.reassign("o", to: "L1"))
    }

    @Test func partsThatAreNotCoveredAreNamed() {
        let partition = shop()
        accept(partition, Events.commit("o", 13).at(["L1", "L2"], .priority))
        partition.wait(seconds: 1)
        accept(partition, Events.hold("h", 14).at(["L2", "L3"]))
        let fact = accept(partition, Events.adjust(-14, at: "L2", forced: true))
        #expect(fact.items.map { "\($0.id) \($0.quantity)" } == ["h 12", "o 2"])
        accept(partition, Events.release(hold: "h"))
        #expect(partition.balances("L2").shortfall == 2)
    }

    @Test func aSaleLeavesSeveralLocations() {
        let partition = shop()
        let fact = accept(partition, Events.sale("s", 13).at(["L1", "L2"], .priority))
        #expect(parts(fact) == ["L1 10", "L2 3"] && partition.balances("L1").sellable == 0 && partition.balances("L2").sellable == 12)
        repeated(partition, Events.sale("s", 13).at(["L1", "L2"], .priority))
        refuse(partition, Events.sale("s", 12).at(["L1", "L2"], .priority), .orderLineClosed)
        accept(partition, Events.giveBack("r", "s", 13, at: "L3"))
    }

    @Test func lotsLeaveEachLocationFirstExpiredFirstOut() {
        let partition = Partition()
        accept(partition, Events.define { ($0.lotTracked, $0.expiryAlertDays) = (1, 0) })
        accept(partition, Events.receive(3, at: "L1", "1").of("A", expiresAt: 5_000_000))
        accept(partition, Events.receive(3, at: "L1", "2").of("B", expiresAt: 3_000_000))
        accept(partition, Events.receive(4, at: "L2", "3").of("B", expiresAt: 3_000_000))
        accept(partition, Events.receive(9, at: "L3", "4").of("C", expiresAt: 2_000_000))
        #expect(accept(partition, Events.hold("h", 9).at(["L1", "L2", "L3"], .fefoFirst)).location == "L3")
        var event = Events.sale("s", 8).at(["L3", "L2", "L1"], .fefoFirst)
        event.minExpiryMilliseconds = 2_500_000
        let fact = accept(partition, event)
        #expect(parts(fact) == ["L1 6", "L2 2"])
        let lots = fact.items.filter { $0.kind == .main }.map { "\($0.id) \($0.location) \($0.quantity)" }
        #expect(lots == ["B L1 3", "A L1 3", "B L2 2"])
        #expect(partition.balances("L1").sellable == 0 && partition.balances("L2").sellable == 2)
        repeated(partition, event)
        accept(partition, Events.giveBack("r", "s", 5, at: "L2").of("B"))
        refuse(partition, Events.giveBack("q", "s", 1, at: "L2").of("B"), .quantityExceeds)
        var long = Events.commit("o", 3).at(["L1", "L2", "L3"])
        long.minExpiryMilliseconds = 2_500_000
        #expect(refuse(partition, long, .insufficientStock).total == 2)
    }

    // MARK: A model

    /// What anyone would keep: shelves, and for each promise what of it is where.
    private struct Model {
        var shelves: [Key: Int64] = ["L1": 0, "L2": 0, "L3": 0]
        var holds: [Key: [Key: Int64]] = [:]
        var lines: [Key: [Key: Int64]] = [:]

        func promised(_ place: Key) -> Int64 {
            (Array(holds.values) + Array(lines.values)).reduce(0) { $0 + ($1[place] ?? 0) }
        }

        func plan(_ need: Int64, _ places: [Key]) -> [Key: Int64]? {
            var (left, plan) = (need, [Key: Int64]())
            for place in places where plan[place] == nil {
                let taken = min(left, max(0, shelves[place]! - promised(place)))
                if taken > 0 { plan[place] = taken }
                left -= taken
            }
            return left == 0 ? plan : nil
        }

        static func take(_ quantity: Int64, from part: inout [Key: Int64], at place: Key) {
            part[place]! -= quantity
            if part[place] == 0 { part[place] = nil }
        }
    }

    @Test(arguments: 0..<40) func promisesAsAnyoneWouldKeepThem(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let partition = Partition()
        for place in ["L1", "L2", "L3"] as [Key] { accept(partition, Events.receive(1, at: place, place)) }
        var model = Model(shelves: ["L1": 1, "L2": 1, "L3": 1])
        var splits = 0
        for step in 0..<200 {
            let id = Key(text: "p\(step)")!
            let places = (0...random.below(3)).map { _ in random.pick(["L1", "L2", "L3"] as [Key]) }
            let quantity = Int64(1 + random.below(9))
            let (hold, line) = (random.pick(model.holds.keys.sorted() + ["none"]), random.pick(model.lines.keys.sorted() + ["none"]))
            let place = random.pick(["L1", "L2", "L3"] as [Key])
            switch random.below(8) {
            case 0:
                accept(partition, Events.receive(quantity, at: place, id))
                model.shelves[place]! += quantity
            case 1:
                let fact = partition.send(Events.hold(id, quantity).at(places, .priority))
                if let plan = model.plan(quantity, places) { model.holds[id] = plan }
                #expect((fact.outcome == .accepted) == (model.holds[id] != nil))
                if fact.isSplit { splits += 1 }
            case 2:
                let fact = partition.send(Events.commit(id, quantity).at(places, .priority))
                if let plan = model.plan(quantity, places) { model.lines[id] = plan }
                #expect((fact.outcome == .accepted) == (model.lines[id] != nil))
            case 3:
                let isWhole = random.oneIn(2)
                let fact = partition.send(isWhole ? Events.commit(id, hold: hold) : Events.commit(id, hold: hold).at(place))
                guard let parts = model.holds[hold] else { break }
                let taken = isWhole ? parts : parts.filter { $0.key == place }
                #expect((fact.outcome == .accepted) == !taken.isEmpty)
                if !taken.isEmpty { model.lines[id] = taken }
                model.holds[hold] = parts.filter { taken[$0.key] == nil }
            case 4:
                let fact = partition.send(Events.ship(id, line, quantity).at(place))
                let open = model.lines[line]?[place] ?? 0
                #expect((fact.outcome == .accepted) == (open >= quantity))
                guard open >= quantity else { break }
                Model.take(quantity, from: &model.lines[line]!, at: place)
                model.shelves[place]! -= quantity
            case 5:
                let isHold = random.oneIn(2)
                let all = random.oneIn(2)
                var event = isHold ? Events.release(hold: hold, all ? nil : quantity) : Events.cancel(line, all ? nil : quantity)
                if !all { event = event.at(place) }
                let fact = partition.send(event)
                guard fact.outcome == .accepted else { break }
                #expect(fact.quantity == (all ? (isHold ? model.holds[hold]! : model.lines[line]!).values.reduce(0, +) : quantity))
                if all {
                    if isHold { model.holds[hold] = [:] } else { model.lines[line] = [:] }
                } else if isHold {
                    Model.take(quantity, from: &model.holds[hold]!, at: place)
                } else {
                    Model.take(quantity, from: &model.lines[line]!, at: place)
                }
            case 6:
                let fact = partition.send(Events.reassign(line).at(places, .priority).at(place))
                guard let open = model.lines[line]?[place] else { break }
                var without = model
                without.lines[line]![place] = nil
                guard let plan = without.plan(open, places) else {
                    #expect(fact.rejection == .insufficientStock)
                    break
                }
                #expect(fact.outcome != .rejected)
                without.lines[line]!.merge(plan) { $0 + $1 }
                model = without
            default:
                let fact = partition.send(Events.sale(id, quantity).at(places, .priority))
                let plan = model.plan(quantity, places)
                #expect((fact.outcome == .accepted) == (plan != nil))
                for (place, taken) in plan ?? [:] { model.shelves[place]! -= taken }
            }
            model.holds = model.holds.filter { !$0.value.isEmpty }
            model.lines = model.lines.filter { !$0.value.isEmpty }
            for (hold, wanted) in model.holds { #expect(parts(partition, hold: hold) == wanted.map { "\($0) \($1)" }.sorted()) }
            for (line, wanted) in model.lines { #expect(parts(partition, line: line) == wanted.map { "\($0) \($1)" }.sorted()) }
            for (place, units) in model.shelves { #expect(partition.balances(place).sellable == units) }
            #expect(partition.state.openHoldCount == model.holds.count && partition.state.openCommitmentCount == model.lines.count)
        }
        #expect(splits > 0 || seed > 0)
    }
}
