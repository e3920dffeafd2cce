import StockCore
import Testing

/// What is available where lots have an expiry, promises demand lives and others wait: the most that can be promised without taking
/// anything from who waits, found by trying.
struct OwedTests {
    private static let instants: [Int64] = [0, 4_000_000, 5_000_000, 6_000_000]

    /// Units by the first of the instants at which they have expired, and demand by the instant at which units must not have expired yet.
    private struct Shelf {
        var lots = [Int64](repeating: 0, count: 4)
        var promised = [Int64](repeating: 0, count: 4)
        var waiting = [Int64](repeating: 0, count: 4)

        /// Whether each of these demands gets its units: who demands the longest life chooses first.
        func isMet(_ demand: [Int64]) -> Bool {
            var left: Int64 = 0
            for index in (0..<4).reversed() {
                left += lots[index] - demand[index]
                if left < 0 { return false }
            }
            return true
        }

        /// The most units that those who wait can get beside `extra` more that are promised with a demand.
        func mostFilled(_ extra: Int64, _ demand: Int) -> Int64 {
            var best: Int64 = -1
            func look(_ index: Int, _ chosen: [Int64]) {
                if index == 4 {
                    if isMet(chosen) { best = max(best, zip(chosen, base).reduce(0) { $0 + $1.0 - $1.1 }) }
                    return
                }
                for quantity in 0...waiting[index] {
                    var next = chosen
                    next[index] += quantity
                    look(index + 1, next)
                }
            }
            var base = promised
            base[demand] += extra
            look(0, base)
            return best
        }

        func available(_ demand: Int) -> Int64 {
            let best = mostFilled(0, demand)
            var extra: Int64 = 0
            while mostFilled(extra + 1, demand) == best { extra += 1 }
            return extra
        }
    }

    private func shelf(_ partition: Partition, _ level: Int32) -> Shelf {
        var shelf = Shelf()
        partition.state.forEachLot(of: level) { slot in
            let lot = partition.state.lot(slot)
            shelf.lots[Self.instants.lastIndex { $0 <= lot.expiresAtMilliseconds } ?? 0] += lot.quantities.sellable
        }
        func index(_ minExpiry: Int64) -> Int { Self.instants.firstIndex(of: minExpiry)! }
        partition.state.forEachHold { slot in
            let hold = partition.state.hold(slot)
            shelf.promised[index(hold.minExpiryMilliseconds)] += hold.remaining
            shelf.waiting[index(hold.minExpiryMilliseconds)] += partition.state.waiting(of: hold)
        }
        partition.state.forEachCommitment { slot in
            let line = partition.state.commitment(slot)
            shelf.promised[index(line.minExpiryMilliseconds)] += line.open
            shelf.waiting[index(line.minExpiryMilliseconds)] += partition.state.waiting(of: line)
        }
        return shelf
    }

    @Test(arguments: 0..<40) func nothingIsTakenFromWhoWaits(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let partition = Partition()
        accept(
            partition,
            Events.define {
                ($0.lotTracked, $0.backorderLimit) = (1, 6)
            })
        let lots: [Key] = ["early", "middle", "late"]
        for step in 0..<30 {
            var event: StockEvent
            let name = Key(text: "n\(random.below(8))")!
            switch random.below(6) {
            case 0:
                let lot = random.below(3)
                let receipt = Events.receive(Int64(1 + random.below(3)), Key(text: "r\(step)")!)
                event = receipt.of(lots[lot], expiresAt: Self.instants[lot + 1])
            case 1: event = Events.release(hold: name)
            case 2: event = Events.cancel(name)
            case 3: event = Events.wait(name, Int64(1 + random.below(2)))
            default: event = Events.order(name, Int64(1 + random.below(3)), random.oneIn(3) ? .whole : .partial)
            }
            if event.type == .hold || event.type == .commit, random.oneIn(2) {
                event = event.usable(until: Self.instants[1 + random.below(3)])
            }
            partition.send(event)
            let level = partition.state.findLevel(partition.state.findSKU(Events.sku), Events.main)
            guard level >= 0 else { continue }
            let shelf = shelf(partition, level)
            for (index, instant) in Self.instants.enumerated() {
                let available = partition.state.available(at: level, minExpiry: instant)
                let expected = shelf.available(index)
                #expect(available == expected, "seed \(seed), step \(step), from \(instant): \(shelf)")
                guard available == expected else { return }
            }
            if random.oneIn(2) { partition.fireTimers() }
        }
    }
}
