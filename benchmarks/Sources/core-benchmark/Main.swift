import CAllocationCounter
import Samples
import StockCore

/// Measures decide and apply of one partition, in transactions: the work of the kernel without decoding, encoding, Kafka or Redis.
@main
struct CoreBenchmark {
    static func main() {
        // For a shorter run under a profiler.
        let measured = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 1_000_000 : 1_000_000
        for size in [500, 10_000] {
            var run = Run()
            run.fill()
            run.process(measured / 2, perTransaction: size)
            run.reset()
            run.process(measured, perTransaction: size)
            run.report(perTransaction: size)
        }
    }
}

/// One partition and what was measured on it.
struct Run: ~Copyable {
    var state = PartitionState(limits: StateLimits())
    var market = Marketplace()
    var fact = Fact()
    var transitions = TransitionBuffer()
    let sink = CountingSink()
    var time: Int64 = 1_700_000_000_000
    var offset: Int64 = 0

    var events = 0
    var nanoseconds = 0.0
    var allocations: UInt64 = 0
    var alerts = 0
    var checkpointNanoseconds = 0.0
    var abortNanoseconds = 0.0
    var aborted = 0

    mutating func fill() {
        state.begin(incarnation: 1, at: 0)
        var batch: [StockEvent] = []
        for start in stride(from: 0, to: market.skuCount * 4, by: 5_000) {
            batch.removeAll(keepingCapacity: true)
            for index in start..<start + 5_000 { batch.append(market.stock(index, at: time)) }
            transaction(batch)
        }
        checkpoint()
    }

    mutating func reset() {
        (events, nanoseconds, allocations, alerts) = (0, 0, 0, 0)
        (checkpointNanoseconds, sink.records, abortNanoseconds, aborted) = (0, 0, 0, 0)
    }

    /// Runs events in transactions; every tenth one is aborted first and then run again. A checkpoint of everything follows each 100,000
    /// events.
    mutating func process(_ count: Int, perTransaction size: Int) {
        var batch: [StockEvent] = []
        batch.reserveCapacity(size)
        var sinceCheckpoint = 0
        for number in 0..<count / size {
            batch.removeAll(keepingCapacity: true)
            // 20,000 events a second of log time.
            time += Int64(size / 20)
            for _ in 0..<size { batch.append(market.event(at: time)) }
            if number % 10 == 0 { abortedTransaction(batch) }
            transaction(batch)
            sinceCheckpoint += size
            if sinceCheckpoint >= 100_000 {
                checkpoint()
                sinceCheckpoint = 0
            }
        }
    }

    private mutating func apply(_ batch: [StockEvent]) {
        state.advanceLogTime(to: time)
        for event in batch {
            let sku = state.findSKU(event.sku)
            var fillsLeft = StateLimits.fillsBeforeEvent
            while state.hasDue(sku, fillsLeft: &fillsLeft) {
                state.makeExpiry(of: sku, into: &fact)
                state.apply(&fact, transitions: &transitions)
            }
            state.decide(event, offset: offset, into: &fact)
            offset += 1
            state.apply(&fact, transitions: &transitions)
            alerts += transitions.transitions.count
        }
        while case let sku = state.nextDueSKU(at: time), sku >= 0 {
            state.makeExpiry(of: sku, into: &fact)
            state.apply(&fact, transitions: &transitions)
        }
        while state.hasUncoveredToName {
            state.makeUncovered(into: &fact)
            state.apply(&fact, transitions: &transitions)
        }
        while state.hasClosedToForget() {
            state.makeForget(into: &fact)
            state.apply(&fact, transitions: &transitions)
        }
    }

    private mutating func transaction(_ batch: [StockEvent]) {
        let before = allocation_count()
        let start = ThreadClock.nanoseconds()
        state.begin()
        apply(batch)
        state.commit()
        nanoseconds += ThreadClock.nanoseconds() - start
        allocations += allocation_count() - before
        events += batch.count
    }

    private mutating func abortedTransaction(_ batch: [StockEvent]) {
        state.begin()
        apply(batch)
        let start = ThreadClock.nanoseconds()
        state.abort()
        abortNanoseconds += ThreadClock.nanoseconds() - start
        aborted += batch.count
        offset -= Int64(batch.count)
    }

    private mutating func checkpoint() {
        state.begin()
        let start = ThreadClock.nanoseconds()
        sink.takeAll(of: &state)
        state.commit()
        checkpointNanoseconds += ThreadClock.nanoseconds() - start
        while case let sku = state.takeUnprojected(), sku >= 0 {}
    }

    func report(perTransaction size: Int) {
        let each = nanoseconds / Double(events)
        let counters = state.values.counters
        print("transactions of \(size) events:")
        print("  \(Int(each)) ns an event, \(Int(1e6 / each)) thousand a second, \(allocations) allocations in \(events) events")
        print("  abort: \(Int(abortNanoseconds / Double(max(1, aborted)))) ns an event")
        print("  checkpoint without encoding: \(Int(checkpointNanoseconds / Double(max(1, sink.records)))) ns a record (\(sink.records))")
        print("  accepted \(counters.accepted), rejected \(counters.rejected), duplicates \(counters.duplicates), alerts \(alerts)")
        print("  expired \(counters.expiredHolds), open holds \(state.openHoldCount), closed records \(state.closedCount)")
    }
}
