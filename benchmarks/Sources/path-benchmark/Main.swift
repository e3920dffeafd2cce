import CAllocationCounter
import Glibc
import Samples
import StockCore
import StockSim
import StockWire

/// The way of one record through the program without its surroundings, stage by stage:
///
///     path-benchmark decode|encode|kernel|codec [EVENTS [SKUS [ROUNDS [uniform]]]]
///
/// `decode`: JSON bytes to an event. `encode`: a fact to ledger bytes. `kernel`: decide and apply of decoded events. `codec`: JSON bytes,
/// decide, apply, ledger bytes. Each round has new events; SKUs are popular by Zipf's law or all alike. A checkpoint that is not measured
/// follows each 10,000 events: what has ended stays until its tombstone is written. Prints processor time and allocations of each round;
/// under `valgrind --tool=callgrind --toggle-collect='*measured*'` its instructions are counted, the same in
/// every run.
@main
struct PathBenchmark {
    static func main() {
        let arguments = CommandLine.arguments
        func number(_ index: Int, _ otherwise: Int) -> Int { arguments.count > index ? Int(arguments[index]) ?? otherwise : otherwise }
        let (count, skus, rounds) = (number(2, 100_000), number(3, 10_000), number(4, 1))
        let isUniform = arguments.count > 5 && arguments[5] == "uniform"
        switch arguments.count > 1 ? arguments[1] : "" {
        case "kernel":
            var path = KernelPath(skus: skus, isUniform: isUniform)
            for _ in slices(of: count / 2, each: 10_000) { path.run(10_000) }
            for _ in 0..<rounds {
                // An engine decodes each event into the same place; from a list of all of them each would be fetched from memory.
                report("kernel", slices(of: count, each: 500)) {
                    path.make($0.count)
                } measured: { _ in
                    path.measuredKernel()
                } between: {
                    if $0.upperBound % 10_000 == 0 { path.checkpoint() }
                }
            }
        case "memory":
            var path = MemoryPath(skus: number(2, 100_000))
            path.run()
        case let stage where ["decode", "encode", "codec"].contains(stage):
            var path = CodecPath(skus: skus, isUniform: isUniform)
            if stage != "decode" { path.prefill() }
            for _ in 0..<rounds {
                path.make(count)
                switch stage {
                case "decode": report(stage, slices(of: count), measured: { path.measuredDecode($0) })
                case "encode":
                    path.prepareFacts()
                    report(stage, slices(of: count), measured: { path.measuredEncode($0) })
                default:
                    report(stage, slices(of: count), measured: { path.measuredCodec($0) }, between: { _ in path.checkpoint() })
                }
            }
        default:
            print("usage: path-benchmark decode|encode|kernel|codec [EVENTS [SKUS [ROUNDS [uniform]]]], or path-benchmark memory [SKUS]")
            exit(64)
        }
    }

    static func slices(of count: Int, each size: Int = 10_000) -> [Range<Int>] {
        stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }

    static func report(
        _ name: String, _ slices: [Range<Int>], _ prepare: (Range<Int>) -> Void = { _ in }, measured body: (Range<Int>) -> Void,
        between: (Range<Int>) -> Void = { _ in }
    ) {
        var (nanoseconds, allocations) = (0.0, 0)
        for slice in slices {
            prepare(slice)
            let before = allocation_count()
            let start = ThreadClock.nanoseconds()
            body(slice)
            nanoseconds += ThreadClock.nanoseconds() - start
            allocations += Int(allocation_count() - before)
            between(slice)
        }
        let count = slices.last?.upperBound ?? 0
        print("\(name): \(Int(nanoseconds / Double(max(1, count)))) ns an event, \(allocations) allocations in \(count) events")
    }
}

/// A partition, and what an event does to it.
struct Kernel: ~Copyable {
    var state: PartitionState
    var fact = Fact()
    var time: Int64 = 1_700_000_000_000
    private var transitions = TransitionBuffer()
    private var offset: Int64 = 0
    private let sink = CountingSink()

    init(limits: StateLimits = StateLimits()) {
        state = PartitionState(limits: limits)
        state.begin(incarnation: 1, at: 0)
    }

    /// Opens a transaction, 25 ms later.
    mutating func begin() {
        time += 25
        state.begin()
        state.advanceLogTime(to: time)
    }

    /// Writes what has changed to nowhere.
    mutating func checkpoint() {
        begin()
        sink.takeAll(of: &state)
        state.commit()
    }

    /// What a worker does with the keys of the records that it has read ahead.
    @inline(__always) func warm<Element>(_ upcoming: ArraySlice<Element>, _ key: (Element) -> Key) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: PartitionState.warmRecords) { hashes in
            for (index, at) in upcoming.indices.enumerated() { hashes[index] = key(upcoming[at]).hash64 }
            state.warm(UnsafeBufferPointer(rebasing: hashes[..<upcoming.count]))
        }
    }

    @inline(__always) mutating func decideAndApply(_ event: StockEvent) {
        let sku = state.findSKU(event.sku)
        var fillsLeft = StateLimits.fillsBeforeEvent
        while state.hasDue(sku, fillsLeft: &fillsLeft) {
            state.makeExpiry(of: sku, into: &fact)
            state.apply(&fact, transitions: &transitions)
        }
        state.decide(event, sku: sku, offset: offset, into: &fact)
        offset += 1
        state.apply(&fact, transitions: &transitions)
    }
}

/// Decide and apply on decoded events.
struct KernelPath: ~Copyable {
    private var kernel = Kernel()
    private var market: Marketplace
    private var events: [StockEvent] = []

    init(skus: Int, isUniform: Bool) {
        market = Marketplace(skuCount: skus, isUniform: isUniform)
        for start in stride(from: 0, to: skus * 4, by: 1_000) {
            events = (start..<min(start + 1_000, skus * 4)).map { market.stock($0, at: kernel.time) }
            run()
            checkpoint()
        }
    }

    mutating func run(_ count: Int) {
        make(count)
        run()
        checkpoint()
    }

    mutating func checkpoint() { kernel.checkpoint() }

    mutating func make(_ count: Int) {
        events.removeAll(keepingCapacity: true)
        for _ in 0..<count { events.append(market.event(at: kernel.time)) }
    }

    @inline(never) mutating func measuredKernel() { run() }

    @inline(__always) private mutating func run() {
        let ahead = PartitionState.warmRecords
        for start in stride(from: 0, to: events.count, by: 500) {
            kernel.begin()
            for index in start..<min(start + 500, events.count) {
                if (index - start) % ahead == 0 { kernel.warm(events[index..<min(index + ahead, start + 500, events.count)]) { $0.sku } }
                kernel.decideAndApply(events[index])
            }
            kernel.state.commit()
        }
    }
}

/// JSON of a marketplace's day, as the benchmark producer sends it, and what becomes of it.
struct CodecPath: ~Copyable {
    private var kernel = Kernel()
    private var decoder = EventDecoder()
    private var event = StockEvent()
    private var buffer = ByteBuffer()
    private var opening: [Record] = []
    private var records: [Record] = []
    private(set) var facts: [Fact] = []
    private(set) var ledgerBytes = 0
    private var workload: Workload

    private struct Record {
        let key: [UInt8]
        let value: [UInt8]

        init(_ record: WorkloadRecord) {
            key = Array(record.key!)
            value = Array(record.value!)
        }
    }

    init(skus: Int, isUniform: Bool) {
        var options = WorkloadOptions()
        options.skus = skus
        if isUniform { options.skew = 0 }
        options.cloudEvents = 0
        options.malformed = 0
        options.misrouted = 0
        workload = Workload(options: options)
        while workload.isPrefilling { opening.append(Record(workload.next(atMilliseconds: kernel.time))) }
    }

    mutating func make(_ count: Int) {
        records.removeAll(keepingCapacity: true)
        for _ in 0..<count { records.append(Record(workload.next(atMilliseconds: kernel.time))) }
    }

    mutating func prefill() {
        run(opening[...])
        checkpoint()
    }

    mutating func checkpoint() { kernel.checkpoint() }

    mutating func prepareFacts() {
        facts.removeAll(keepingCapacity: true)
        for record in records {
            kernel.state.begin()
            decode(record)
            kernel.decideAndApply(event)
            facts.append(kernel.fact)
            kernel.state.commit()
        }
    }

    @inline(never) mutating func measuredDecode(_ range: Range<Int>) {
        for record in records[range] { decode(record) }
    }

    @inline(never) mutating func measuredEncode(_ range: Range<Int>) {
        let envelope = EventEnvelope()
        facts.withUnsafeBufferPointer { facts in
            for index in range {
                buffer.clear()
                LedgerEncoder.encode(facts.baseAddress! + index, envelope, into: &buffer)
                ledgerBytes += buffer.count
            }
        }
    }

    @inline(never) mutating func measuredCodec(_ range: Range<Int>) { run(records[range]) }

    private mutating func run(_ records: ArraySlice<Record>) {
        let ahead = PartitionState.warmRecords
        for start in stride(from: records.startIndex, to: records.endIndex, by: 500) {
            kernel.begin()
            for index in start..<min(start + 500, records.endIndex) {
                if (index - start) % ahead == 0 {
                    kernel.warm(records[index..<min(index + ahead, start + 500, records.endIndex)]) { key($0) }
                }
                decode(records[index])
                kernel.decideAndApply(event)
                buffer.clear()
                LedgerEncoder.encode(&kernel.fact, decoder.envelope, into: &buffer)
            }
            kernel.state.commit()
        }
    }

    private func key(_ record: Record) -> Key { record.key.withUnsafeBytes { Key($0)! } }

    @inline(__always) private mutating func decode(_ record: Record) {
        record.value.withUnsafeBytes { value in
            let view = RecordView(
                partition: 0, offset: 0, timestampMilliseconds: kernel.time, key: nil, value: value,
                headers: UnsafeBufferPointer(start: nil, count: 0))
            do throws(WireError) {
                try decoder.decode(view, into: &event)
            } catch {
                fatalError("\(error)")
            }
        }
    }
}
