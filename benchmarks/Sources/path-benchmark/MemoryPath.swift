import CAllocationCounter
import StockCore

/// Bytes of the heap by what they are for, as allocated: what a table has in reserve counts.
///
///     path-benchmark memory [SKUS]
struct MemoryPath: ~Copyable {
    private var kernel = Kernel()
    private let skus: [Key]
    private var number: UInt64 = 0
    private var idBytes = 0.0

    init(skus count: Int) { skus = (0..<count).map { Key(text: "SKU-\($0)")! } }

    mutating func run() {
        print("sku: \(measure { event, _ in
                event.type = .define
                event.policy.reorderPoint = 3
            } - idBytes) bytes each")
        // Levels that are there already: each event is an id, and nothing else.
        receive(at: "berlin")
        idBytes = measure { event, _ in Self.adjust(&event, at: "berlin") }
        print("id: \(idBytes) bytes each")
        print("level: \((receive(at: "lyon") + receive(at: "turin")) / 2 - idBytes) bytes each")
        let holds = measure(eventsEach: 2) { event, step in
            event.type = step == 0 ? .hold : .release
            if step == 0 { (event.location, event.quantity, event.ttlSeconds) = (Key("berlin"), 1, 900) }
            event.hold = Key(text: "cart-\(event.bodyHash - UInt64(step))")!
        }
        print("closed: \(holds - 2 * idBytes) bytes each")
    }

    @discardableResult private mutating func receive(at location: StaticString) -> Double {
        measure { event, _ in Self.adjust(&event, at: location) }
    }

    private static func adjust(_ event: inout StockEvent, at location: StaticString) {
        event.type = .adjust
        event.location = Key(location)
        event.quantity = 10
        event.reason = Key("found")
    }

    /// What the heap grows by for each SKU when these events have met each.
    private mutating func measure(eventsEach: Int = 1, _ fill: (inout StockEvent, Int) -> Void) -> Double {
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
        return (Double(allocated_bytes()) - Double(before)) / Double(skus.count)
    }
}
