import CAllocationCounter
import CSimdjson
import Glibc
import Samples
import StockCore
import StockWire

/// Compares the decoder of the wire layer with simdjson on the same events and the same result, and measures what the ledger costs.
@main
struct WireBenchmark {
    /// Nine, or as many as the first argument says.
    static let rounds = CommandLine.arguments.count > 1 ? max(1, Int(CommandLine.arguments[1]) ?? 9) : 9
    static let passes = 100

    static func main() {
        let events = SampleEvents.make(4_096)
        let sizes = events.map(\.count)
        print("\(events.count) events of \(sizes.min()!) to \(sizes.max()!) bytes, mean \(sizes.reduce(0, +) / sizes.count)")
        var ours = OwnDecode()
        var dom = SimdjsonDecode(isDOM: true)
        var onDemand = SimdjsonDecode(isDOM: false)
        var ledger = LedgerWrite(events)
        var back = LedgerRead(events)
        guard agrees(events, &ours, &dom), agrees(events, &ours, &onDemand) else { fatalError("the decoders do not agree") }
        var results: [[Measurement]] = [[], [], [], [], []]
        // In turns, so that a machine that becomes slower is slower for all.
        for _ in 0..<rounds {
            results[0].append(measure(events) { ours.decode($0) })
            results[1].append(measure(events) { dom.decode($0) })
            results[2].append(measure(events) { onDemand.decode($0) })
            results[3].append(measure(events) { _ in ledger.encodeNext() })
            results[4].append(measure(events) { _ in back.decodeNext() })
        }
        let names = [
            "decode: StockWire", "decode: simdjson DOM", "decode: simdjson On-Demand", "encode: ledger record", "decode: ledger record",
        ]
        for (name, runs) in zip(names, results) {
            let sorted = runs.map(\.nanoseconds).sorted()
            let median = sorted[sorted.count / 2]
            let allocations = runs.map(\.allocations).min()!
            let spread = "\(Int(sorted.first!)) to \(Int(sorted.last!)), median \(Int(median)) ns each"
            print("\(name): \(millions(1e9 / median)) M/s (\(spread)), \(allocations) allocations in \(passes * events.count)")
        }
        func median(_ index: Int) -> Double { results[index].map(\.nanoseconds).sorted()[rounds / 2] }
        print("simdjson DOM / StockWire: \(millions(median(0) / median(1))); On-Demand / StockWire: \(millions(median(0) / median(2)))")
        print("(check: \(ours.sum &+ dom.sum &+ onDemand.sum))")
    }

    static func millions(_ value: Double) -> String {
        let hundredths = Int(value < 1000 ? value * 100 : value / 10_000)
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }

    struct Measurement {
        var nanoseconds: Double
        var allocations: UInt64
    }

    static func measure(_ events: [[UInt8]], _ body: (UnsafeRawBufferPointer) -> Void) -> Measurement {
        let before = allocation_count()
        let start = cpuNanoseconds()
        for _ in 0..<passes {
            for event in events { event.withUnsafeBytes { body($0) } }
        }
        let elapsed = cpuNanoseconds() - start
        return Measurement(nanoseconds: elapsed / Double(passes * events.count), allocations: allocation_count() - before)
    }

    /// Processor time, so that neighbours on the machine count less.
    static func cpuNanoseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    static func agrees(_ events: [[UInt8]], _ a: inout OwnDecode, _ b: inout SimdjsonDecode) -> Bool {
        for (index, event) in events.enumerated() {
            event.withUnsafeBytes {
                a.decode($0)
                b.decode($0)
            }
            // The DOM has no bytes of `meta` to hash.
            let isComparable = !b.isDOM || index % 4 != 0
            if a.event.idHash != b.event.idHash || a.event.quantity != b.event.quantity || a.event.sku != b.event.sku { return false }
            if isComparable && a.event.bodyHash != b.event.bodyHash { return false }
        }
        return true
    }
}
