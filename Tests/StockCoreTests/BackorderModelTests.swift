import StockCore
import Testing

/// Random histories of one SKU without lots, beside a queue as anyone would write it: an array, searched from its beginning.
struct BackorderModelTests {
    private struct Waiter {
        var line: Key
        var quantity: Int64
        var priority: Int64
        var isWhole: Bool
    }

    private struct Shelf {
        var units: Int64 = 0
        var open: [Key: Int64] = [:]
        /// In the order in which they came.
        var queue: [Waiter] = []

        var waiting: Int64 { queue.reduce(0) { $0 + $1.quantity } }

        /// What is not promised; more is owed than that at most.
        var free: Int64 { max(0, units - open.values.reduce(0, +)) }

        mutating func fill() {
            var left = free
            for waiter in queue.sorted(by: { $0.priority > $1.priority }) {
                // `sorted` is stable.
                guard left > 0 else { return }
                if waiter.isWhole && waiter.quantity > left { return }
                let given = min(left, waiter.quantity)
                left -= given
                open[waiter.line, default: 0] += given
                take(given, from: waiter.line)
            }
        }

        mutating func take(_ quantity: Int64, from line: Key) {
            guard let place = queue.firstIndex(where: { $0.line == line }) else { return }
            queue[place].quantity -= quantity
            if queue[place].quantity == 0 { queue.remove(at: place) }
        }
    }

    @Test(arguments: 0..<60) func queuesAsAnyoneWould(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let partition = Partition()
        accept(partition, Events.define { $0.backorderLimit = 30 })
        let places: [Key] = ["main", "shop"]
        var shelves: [Key: Shelf] = [:]
        for step in 0..<250 {
            let place = random.pick(places)
            var shelf = shelves[place] ?? Shelf()
            let line = Key(text: "\(place)-\(random.below(9))")!
            let quantity = Int64(1 + random.below(8))
            switch random.below(5) {
            case 0:
                accept(partition, Events.receive(quantity, at: place, Key(text: "r\(step)")!))
                shelf.units += quantity
            case 1, 2:
                let waiter = Waiter(
                    line: line, quantity: quantity, priority: Int64(random.below(3)), isWhole: random.oneIn(3))
                let fact = partition.send(
                    Events.order(line, quantity, at: place, waiter.isWhole ? .whole : .partial, priority: waiter.priority))
                let (answer, kept) = order(waiter, shelf, others: shelves.filter { $0.key != place }.map(\.value))
                if shelf.open[line] == nil && !shelf.queue.contains(where: { $0.line == line }) {
                    #expect(fact.rejection == answer || fact.rejection == .orderLineClosed || fact.outcome == .duplicate)
                    if fact.outcome == .accepted { shelf = kept }
                }
            case 3:
                let fact = partition.send(Events.cancel(line, random.oneIn(2) ? quantity : nil))
                guard fact.outcome == .accepted else { break }
                let waited = shelf.queue.first { $0.line == line }?.quantity ?? 0
                let fromQueue = min(waited, fact.quantity)
                #expect(fact.wait.quantity == fromQueue)
                shelf.take(fromQueue, from: line)
                shelf.open[line, default: 0] -= fact.quantity - fromQueue
            default:
                let fact = partition.send(Events.ship(Key(text: "s\(step)")!, line))
                #expect((fact.outcome == .accepted) == (shelf.open[line] ?? 0 > 0))
                guard fact.outcome == .accepted else { break }
                shelf.units -= fact.quantity
                shelf.open[line, default: 0] -= fact.quantity
            }
            partition.fireTimers()
            shelf.open = shelf.open.filter { $0.value > 0 }
            shelf.fill()
            shelves[place] = shelf
            let balances = partition.balances(place)
            let promised = shelf.open.values.reduce(0, +)
            let isSame = balances.committed == promised && balances.backordered == shelf.waiting && balances.sellable == shelf.units
            let isFree = balances.available == max(0, shelf.free - shelf.waiting)
            #expect(isSame && isFree, "seed \(seed), step \(step): \(balances), not \(shelf)")
            guard isSame && isFree else { return }
        }
    }

    private func order(_ waiter: Waiter, _ shelf: Shelf, others: [Shelf]) -> (Rejection, Shelf) {
        var shelf = shelf
        let free = max(0, shelf.free - shelf.waiting)
        let taken = free >= waiter.quantity ? waiter.quantity : waiter.isWhole ? 0 : free
        let waiting = waiter.quantity - taken
        if waiting > 0 && waiting + shelf.waiting + others.reduce(0, { $0 + $1.waiting }) > 30 { return (.backorderLimit, shelf) }
        if taken > 0 { shelf.open[waiter.line, default: 0] += taken }
        if waiting > 0 {
            var left = waiter
            left.quantity = waiting
            shelf.queue.append(left)
        }
        return (.none, shelf)
    }
}
