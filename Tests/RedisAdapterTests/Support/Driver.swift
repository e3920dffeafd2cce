import Foundation
import RedisAdapter
import StockCore
import StockStream

/// Plays the worker's part for one projector.
final class Driver {
    let projector: RedisProjector
    private(set) var events: [ProjectionEvent] = []

    init(_ settings: RedisSettings, seed: UInt64 = 1) { projector = RedisProjector(settings: settings, seed: seed) }

    static var nowMilliseconds: Int64 { Int64(DispatchTime.now().uptimeNanoseconds / 1_000_000) }

    func poll() {
        while let event = projector.poll(nowMilliseconds: Self.nowMilliseconds) { events.append(event) }
    }

    /// Polls until the condition holds; false after 15 seconds.
    func wait(until condition: () throws -> Bool) rethrows -> Bool {
        let deadline = Self.nowMilliseconds + 15_000
        while Self.nowMilliseconds < deadline {
            poll()
            if try condition() { return true }
            usleep(500)
        }
        return false
    }

    /// Polls until an event of the kind wanted has come, and forgets all events up to it. Nil after 15 seconds.
    func next(where isWanted: (ProjectionEvent) -> Bool) -> ProjectionEvent? {
        guard wait(until: { events.contains(where: isWanted) }), let index = events.firstIndex(where: isWanted) else { return nil }
        let event = events[index]
        events.removeFirst(index + 1)
        return event
    }

    /// The next event, whatever it is.
    func next() -> ProjectionEvent? { next { _ in true } }

    /// All events that have come, which are forgotten.
    func takeEvents() -> [ProjectionEvent] {
        defer { events.removeAll() }
        return events
    }

    /// Owns the partition and answers what `owned` says.
    func own(_ partition: Int32, incarnation: Int64 = 100, claim: Int64 = 1) -> ProjectionEvent? {
        projector.own(partition, incarnation: incarnation, claim: claim)
        return next()
    }

    /// Sends a batch of SKUs without waiting for its answer.
    func send(_ skus: [SKU], _ watermark: Watermark, partition: Int32 = 0, counters: ProjectedCounters = ProjectedCounters()) -> Bool {
        guard wait(until: { projector.isReady(partition) }) else { return false }
        add(skus, watermark, partition: partition, counters: counters)
        projector.sendBatches()
        return true
    }

    /// A batch of SKUs that is not sent yet.
    func add(_ skus: [SKU], _ watermark: Watermark, partition: Int32, counters: ProjectedCounters = ProjectedCounters()) {
        projector.beginBatch(partition, watermark, counters: counters)
        for sku in skus {
            projector.addSKU(
                sku.name, version: sku.version, timeMilliseconds: sku.time, seq: sku.seq, scale: 1, totals: sku.totals, isLow: sku.isLow,
                isOut: sku.isOut)
            if let sold = sku.sold { projector.addSold(sold) }
            for location in sku.locations {
                guard !location.isUnchanged else {
                    projector.addUnchangedLocation(location.name, hasSold: location.sold != nil)
                    continue
                }
                projector.addLocation(location.name, location.quantities, isLow: location.isLow, isOut: location.isOut)
                if let sold = location.sold { projector.addSold(sold) }
            }
        }
        projector.endBatch()
    }

    /// Sends a batch and answers its event.
    func apply(_ skus: [SKU], _ watermark: Watermark, partition: Int32 = 0, counters: ProjectedCounters = ProjectedCounters())
        -> ProjectionEvent?
    {
        send(skus, watermark, partition: partition, counters: counters) ? next() : nil
    }
}

/// A SKU as the worker would hand it over.
struct SKU {
    struct Location {
        var name: Key
        var quantities: ProjectedQuantities
        var isLow = false
        var isOut = false
        var isUnchanged = false
        var sold: SoldDays?
    }

    var name: Key
    var version: Int64 = 1
    var time: Int64 = 1_700_000_000_000
    var seq: Int64 = 1
    var totals = ProjectedQuantities()
    var isLow = false
    var isOut = false
    /// Nil: it is not kept.
    var sold: SoldDays?
    var locations: [Location] = []

    /// A SKU with the same quantity at each location.
    init(_ name: String, version: Int64 = 1, seq: Int64 = 1, available: Int64, at locations: [String] = ["W1"]) {
        self.name = Key(text: name)!
        self.version = version
        self.seq = seq
        totals.available = available * Int64(locations.count)
        totals.onHand = totals.available
        isOut = available == 0
        for location in locations {
            var quantities = ProjectedQuantities()
            quantities.available = available
            quantities.onHand = available
            self.locations.append(Location(name: Key(text: location)!, quantities: quantities, isOut: available == 0))
        }
    }
}

extension Watermark {
    /// A watermark of incarnation 100 and claim 1 unless said otherwise.
    static func at(_ batch: Int64, incarnation: Int64 = 100, claim: Int64 = 1, seq: Int64? = nil) -> Watermark {
        Watermark(
            incarnation: incarnation, claim: claim, batch: batch, seq: seq ?? batch * 10, next: batch * 20,
            timeMilliseconds: 1_700_000_000_000 + batch)
    }
}

/// Whether the condition comes true within 15 seconds.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Driver.nowMilliseconds + 15_000
    while Driver.nowMilliseconds < deadline {
        if try condition() { return true }
        usleep(500)
    }
    return false
}
