import CAllocationCounter
import Samples
import StockCore

/// Bytes of the heap by what they are for, as allocated: what a table has in reserve counts.
///
///     path-benchmark memory [SKUS]
struct MemoryPath: ~Copyable {
    private var kernel = Kernel()
    private let skus: [Key]
    private var number: UInt64 = 0
    private let sink = CountingSink()

    init(skus count: Int) { skus = (0..<count).map { Key(text: "SKU-\($0)")! } }

    mutating func run() {
        define()
        receive(at: "berlin")
        // Of levels that are there already: each event leaves an id, and nothing else.
        let id = receive(at: "berlin")
        // From here on as many ids leave as come: the window's index, which doubles now and then, would count as something else's.
        var limits = StateLimits()
        (limits.idWindowEntries, limits.idWindowCap) = (1_000, 1_000)
        kernel = Kernel(limits: limits)
        number = 0
        let defined = define()
        receive(at: "berlin")
        let levels = receive(at: "lyon") + receive(at: "turin")
        // A line that is cancelled is remembered by its id. The first one of a SKU brings what the next ones use again.
        cancelLines()
        let cancelled = cancelLines()
        // What is sold leaves the same, and the first sale of a level its days where the policy asks for them. Two rounds before bring the
        // closed records' index to a size that does for the two that are compared.
        sell()
        sell()
        keepVelocity()
        let first = sell()
        let second = sell()
        print("sku: \(defined) bytes each")
        print("level: \(levels / 2) bytes each")
        print("id: \(id) bytes each")
        print("closed: \(cancelled) bytes each")
        print("velocity: \(first - second) bytes each")
    }

    @discardableResult private mutating func define() -> Double {
        measure { event, _ in
            event.type = .define
            event.policy.reorderPoint = 3
        }
    }

    @discardableResult private mutating func cancelLines() -> Double {
        measure(eventsEach: 2) { event, step in
            event.type = step == 0 ? .commit : .release
            if step == 0 { (event.location, event.quantity) = (Key("berlin"), 1) }
            event.orderLine = Key(text: "order-\(event.bodyHash - UInt64(step))")!
        }
    }

    private mutating func keepVelocity() {
        measure { event, _ in
            event.type = .define
            event.policy.velocity = 1
        }
    }

    @discardableResult private mutating func sell() -> Double {
        measure { event, _ in
            event.type = .sale
            event.location = Key("berlin")
            event.orderLine = Key(text: "till-\(event.bodyHash)")!
            event.quantity = 1
        }
    }

    @discardableResult private mutating func receive(at location: StaticString) -> Double {
        measure { event, _ in
            event.type = .adjust
            event.location = Key(location)
            event.quantity = 10
            event.reason = Key("found")
        }
    }

    /// What the heap grows by for each SKU when these events have met each.
    @discardableResult private mutating func measure(eventsEach: Int = 1, _ fill: (inout StockEvent, Int) -> Void) -> Double {
        let before = allocated_bytes()
        for (index, sku) in skus.enumerated() {
            if index % 500 == 0 { kernel.begin() }
            for step in 0..<eventsEach {
                number += 1
                var event = StockEvent()
                event.sku = sku
                event.idHash = Hash128(high: number &* 0x9E37_79B9_7F4A_7C15, low: number &* 0xD6E8_FEB8_6659_FD93)
                event.bodyHash = number
                event.occurredAtMilliseconds = kernel.time
                fill(&event, step)
                kernel.decideAndApply(event)
            }
            if index % 500 == 499 || index == skus.count - 1 { kernel.state.commit() }
        }
        // What has ended stays until its tombstone is written.
        kernel.begin()
        sink.takeAll(of: &kernel.state)
        kernel.state.commit()
        return (Double(allocated_bytes()) - Double(before)) / Double(skus.count)
    }
}
