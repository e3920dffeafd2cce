import StockCore
import Testing

/// What is sold, by day and location.
struct VelocityTests {
    static let day = VelocityRecord.dayMilliseconds
    let partition = Partition(startMilliseconds: 1_000 * day + 1)

    init() {
        accept(partition, Events.define { $0.velocity = 1 })
        accept(partition, Events.receive(1_000_000))
        accept(partition, Events.receive(1_000_000, at: "other", "receipt-2"))
    }

    private func sold(at location: Key = Events.main) -> SoldDays {
        var sold = SoldDays()
        let level = partition.state.findLevel(partition.state.findSKU(Events.sku), location)
        if level >= 0, let record = partition.state.velocity(ofLevel: level) { sold.add(record) }
        return sold
    }

    private var soldAnywhere: SoldDays {
        var sold = SoldDays()
        partition.state.addSold(of: partition.state.findSKU(Events.sku), to: &sold)
        return sold
    }

    private func sale(_ line: Key, _ quantity: Int64, daysAgo: Int64 = 0, at location: Key = Events.main) -> StockEvent {
        var event = Events.sale(line, quantity, at: location)
        event.occurredAtMilliseconds = partition.now - daysAgo * VelocityTests.day
        return event
    }

    @Test func whatShipsAndWhatSells() {
        #expect(sold().lastDay == nil && sold().told.isEmpty)
        accept(partition, Events.commit("o", 6))
        #expect(sold().lastDay == nil, "a promise is no sale")
        accept(partition, Events.ship("s", "o", 4))
        accept(partition, sale("t", 5))
        accept(partition, Events.giveBack("r", "t", 3))
        #expect(sold().lastDay == 1_000 && Array(sold().told) == [9])
        #expect(sold(at: "other").lastDay == nil && soldAnywhere == sold())
    }

    @Test func aShipmentTakenBackWasNotSold() {
        accept(partition, Events.commit("o", 6))
        accept(partition, Events.ship("s1", "o", 4))
        partition.wait(milliseconds: VelocityTests.day)
        accept(partition, Events.ship("s2", "o", 2))
        #expect(Array(sold().told) == [2, 4])
        accept(partition, Events.unship("s1", "o"))
        #expect(sold().days[0] == 2 && sold().days[1] == 0, "it was counted on its own day")
        repeated(partition, Events.unship("s1", "o"))
        accept(partition, Events.unship("s2", "o"))
        #expect(sold().told.isEmpty && sold().lastDay == 1_001)
        accept(partition, Events.ship("s3", "o", 1))
        partition.wait(milliseconds: 29 * VelocityTests.day)
        accept(partition, sale("t", 7))
        accept(partition, Events.unship("s3", "o"))
        #expect(Array(sold().told) == [7])
    }

    @Test func aShipmentFromBeforeItWasKeptTakesNothingBack() {
        accept(partition, Events.define { $0.velocity = 0 })
        accept(partition, Events.commit("o", 6))
        accept(partition, Events.ship("s", "o", 4))
        #expect(sold().lastDay == nil)
        accept(partition, Events.define { $0.velocity = 1 })
        accept(partition, sale("t", 5))
        accept(partition, Events.unship("s", "o"))
        #expect(Array(sold().told) == [5])
        accept(partition, Events.define { $0.velocity = 0 })
        #expect(sold().lastDay == nil && soldAnywhere.lastDay == nil)
    }

    /// A till that was offline tells today what it sold before.
    @Test func theBusinessDayCounts() {
        accept(partition, sale("a", 1))
        accept(partition, sale("b", 2, daysAgo: 34))
        #expect(sold().lastDay == 1_000 && sold().days[0] == 1 && sold().days[34] == 2)
        accept(partition, sale("c", 4, daysAgo: 35))
        #expect(sold().sum(ofDays: 35) == 3, "it was before the days that are kept")
        accept(partition, sale("d", 8, daysAgo: -3))
        #expect(sold().lastDay == 1_000 && sold().days[0] == 9, "a clock that is ahead sells today")
        accept(partition, sale("e", 16, daysAgo: 2))
        #expect(Array(sold().told.prefix(3)) == [9, 0, 16])
    }

    @Test func daysPass() {
        accept(partition, sale("a", 1))
        partition.wait(milliseconds: VelocityTests.day - 2)
        accept(partition, sale("b", 2))
        #expect(Array(sold().told) == [3], "the last millisecond of the day")
        partition.wait(milliseconds: 1)
        accept(partition, sale("c", 4))
        #expect(sold().lastDay == 1_001 && Array(sold().told) == [4, 3])
        partition.wait(milliseconds: 33 * VelocityTests.day)
        accept(partition, sale("d", 8))
        #expect(sold().days[33] == 4 && sold().days[34] == 3 && sold().sum(ofDays: 34) == 12)
        partition.wait(milliseconds: VelocityTests.day)
        accept(partition, sale("e", 16))
        #expect(sold().days[34] == 4 && sold().sum(ofDays: 35) == 28 && sold().sum(ofDays: 7) == 24)
        partition.wait(milliseconds: 1_000 * VelocityTests.day)
        accept(partition, sale("f", 32))
        #expect(Array(sold().told) == [32])
    }

    @Test func locationsAddUpDayByDay() {
        accept(partition, sale("a", 1, daysAgo: 3))
        accept(partition, sale("b", 2, daysAgo: 1, at: "other"))
        #expect(soldAnywhere.lastDay == 999 && Array(soldAnywhere.told) == [2, 0, 1])
        partition.wait(milliseconds: 40 * VelocityTests.day)
        accept(partition, sale("c", 4, at: "other"))
        #expect(soldAnywhere.lastDay == 1_040 && Array(soldAnywhere.told) == [4], "what another location sold is too old by then")
        accept(partition, sale("d", 8, daysAgo: 20))
        #expect(soldAnywhere.days[20] == 8 && soldAnywhere.days[0] == 4)
    }

    @Test func aDayStaysAtItsMost() {
        var record = VelocityRecord(lastDay: 5)
        record[0] = VelocityRecord.maxPerDay - 1
        #expect(record[0] == 4_294_967_294)
        record[0] += 5
        #expect(record[0] == VelocityRecord.maxPerDay && MemoryLayout<VelocityRecord>.size == 144)
    }

    /// Random sales, shipments and days beside plain dictionaries, with aborts on the way; then the same from a checkpoint.
    @Test(arguments: 0..<20) func randomSales(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed) + 77)
        var books: [Key: [Int64: Int64]] = [:]
        var shipped: [(shipment: Key, line: Key, location: Key, day: Int64?, quantity: Int64)] = []
        let locations: [Key] = [Events.main, "other"]
        for step in 0..<300 {
            if random.oneIn(4) { partition.wait(milliseconds: random.pick([1, VelocityTests.day / 2, 3 * VelocityTests.day])) }
            let today = partition.now / VelocityTests.day
            let ago: Int64 = random.oneIn(3) ? random.pick([0, 1, 5, 34, 35, 36, -2]) : 0
            let day = ago > 34 ? nil : min(today, today - ago)
            let location = random.pick(locations)
            let isAborted = random.oneIn(5)
            let line = Key(text: "o-\(step)")!
            let quantity = Int64(random.below(9)) + 1
            var entry: (location: Key, day: Int64?, quantity: Int64)? = (location, day, quantity)
            partition.begin()
            switch random.below(3) {
            case 0: accept(partition, sale(line, quantity, daysAgo: ago, at: location))
            case 1:
                let shipment = Key(text: "s-\(step)")!
                accept(partition, Events.commit(line, quantity, at: location))
                var ship = Events.ship(shipment, line)
                ship.occurredAtMilliseconds = partition.now - ago * VelocityTests.day
                accept(partition, ship)
                if !isAborted { shipped.append((shipment, line, location, day, quantity)) }
            default:
                guard let taken = shipped.last else {
                    entry = nil
                    break
                }
                // Too old to be known: an event of now.
                accept(partition, Events.unship(taken.shipment, taken.line))
                entry = (taken.location, taken.day, -taken.quantity)
                if !isAborted { shipped.removeLast() }
            }
            if isAborted { partition.abort() } else { partition.commit() }
            if !isAborted, let entry, let day = entry.day { books[entry.location, default: [:]][day, default: 0] += entry.quantity }
            if shipped.count > 4 || random.oneIn(9) { shipped.removeAll() }
            for location in locations {
                let sold = sold(at: location)
                guard let last = sold.lastDay else { continue }
                let expected = (0..<35).map { books[location]?[Int64(last) - $0] ?? 0 }
                #expect(sold.days == expected, "seed \(seed), step \(step), \(location)")
            }
        }
    }
}
