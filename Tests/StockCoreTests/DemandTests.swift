import Testing

@testable import StockCore

/// Available to promise for a minimum expiry, beside its definition written out: for every instant, what is there of lots that live so
/// long, less what is promised for it or later.
struct DemandTests {
    private struct Promise {
        var quantity: Int64
        var until: Int64
    }

    private let instants: [Int64] = [2_000_000, 3_000_000, 4_000_000, 5_000_000]

    private func expected(_ lots: [Int64: Int64], _ promises: [Promise], until: Int64) -> Int64 {
        let before = ([0, 1_500_000, 2_000_001, until] + instants).filter { $0 <= until }
        return before.map { instant in
            let there = lots.reduce(0) { $0 + ($1.key >= instant ? $1.value : 0) }
            let promised = promises.reduce(0) { $0 + ($1.until >= instant ? $1.quantity : 0) }
            return there - promised
        }.min()!
    }

    @Test(arguments: 0..<12) func isTheLeastOverEveryEarlierInstant(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let partition = Partition()
        accept(partition, Events.define { $0.lotTracked = 1 })
        var lots: [Int64: Int64] = [:]
        for instant in instants {
            let quantity = Int64(1 + random.below(9))
            lots[instant] = quantity
            let name = Key(text: "lot-\(instant)")!
            accept(partition, Events.receive(quantity, name).of(name, expiresAt: instant))
        }
        var promises: [String: Promise] = [:]
        var (accepted, refused) = (0, 0)
        for step in 0..<60 {
            if random.oneIn(4), let name = promises.keys.sorted().first {
                accept(partition, Events.release(hold: Key(text: name)!))
                promises[name] = nil
            }
            let promise = Promise(quantity: Int64(1 + random.below(5)), until: random.pick([0, 1_500_000, 2_000_001] + instants))
            let available = expected(lots, Array(promises.values), until: promise.until)
            let hold = Events.hold(Key(text: "h\(step)")!, promise.quantity, ttl: 9_999)
            let fact = partition.send(promise.until == 0 ? hold : hold.usable(until: promise.until))
            #expect((fact.outcome == .accepted) == (available >= promise.quantity), "step \(step)")
            if fact.outcome == .accepted { promises["h\(step)"] = promise } else { #expect(fact.total == max(0, available)) }
            accepted += fact.outcome == .accepted ? 1 : 0
            refused += fact.outcome == .accepted ? 0 : 1
            for until in [0, 1] + instants + [6_000_000] {
                let own = partition.state.available(at: 0, minExpiry: until)
                #expect(own == max(0, expected(lots, Array(promises.values), until: until)), "step \(step), until \(until)")
            }
        }
        #expect(accepted > 5 && refused > 5)
    }

    /// Whatever is promised can be picked in any order, each the lot that expires first of those that live long enough.
    @Test(arguments: 0..<12) func everyPromiseCanBeKeptInAnyOrder(seed: Int) {
        var random = SeededRandom(seed: 100 + UInt64(seed))
        let partition = Partition()
        accept(partition, Events.define { $0.lotTracked = 1 })
        for instant in instants {
            let name = Key(text: "lot-\(instant)")!
            accept(partition, Events.receive(Int64(2 + random.below(9)), name).of(name, expiresAt: instant))
        }
        var lines: [Key] = []
        for step in 0..<40 {
            let line = Key(text: "o\(step)")!
            let commit = Events.commit(line, Int64(1 + random.below(4)))
            let until = random.pick([0] + instants)
            if partition.send(until == 0 ? commit : commit.usable(until: until)).outcome == .accepted { lines.append(line) }
        }
        #expect(lines.count > 3 && partition.balances().shortfall == 0)
        while !lines.isEmpty {
            let line = lines.remove(at: random.below(lines.count))
            accept(partition, Events.ship("parcel", line))
            #expect(partition.balances().shortfall == 0)
        }
        #expect(partition.balances().committed == 0)
    }
}
