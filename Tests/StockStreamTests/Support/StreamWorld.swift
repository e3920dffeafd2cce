import StockCore
import StockWire
import Testing

@testable import StockStream

enum FakeWorld: World {
    typealias Source = FakeSource
    typealias Sink = FakeSink
    typealias Restore = FakeRestore
    typealias View = FakeView
    typealias Clock = SkewedClock
}

/// A worker with its part of the world, and what it said.
final class TestEngine {
    let name: String
    let source: FakeSource
    let sinks: [FakeSink]
    let restore: FakeRestore
    let view: FakeView
    let clock: SkewedClock
    /// Follows the partitions that others own; nil: nobody does.
    let standby: FakeStandby?
    let worker: Worker<FakeWorld>
    private let box: Box

    private final class Box { var notices: [WorkerNotice] = [] }

    init(_ world: StreamWorld, name: String, standsBy: Bool = false) {
        self.name = name
        source = FakeSource(world.kafka, name: name)
        sinks = ["a", "b"].map { [world] in FakeSink(world.kafka, id: "\(name)-\($0)", member: name) }
        restore = FakeRestore(world.kafka)
        view = FakeView(world.store)
        clock = SkewedClock(world.clock)
        standby = standsBy ? FakeStandby(world) : nil
        let box = Box()
        self.box = box
        worker = Worker(
            index: 0, options: world.options, source: source, sinks: sinks, restore: restore, view: view, clock: clock,
            standby: standby, notify: { box.notices.append($0) })
    }

    var notices: [WorkerNotice] { box.notices }

    /// The task of a partition.
    func task(_ partition: Int32) -> StreamTask? { worker.task(partition) }

    func isRunning(_ partition: Int32) -> Bool { task(partition)?.isRunning ?? false }

    /// Why a partition has stopped.
    func stopCode(_ partition: Int32) -> String? {
        guard case .stopped(let reason)? = task(partition)?.phase else { return nil }
        return reason.code
    }

    /// Faults of the next calls of a kind, on whichever producer they come.
    func fail(_ call: SinkCall, _ faults: [SinkFault]) {
        let queue = FaultQueue(faults)
        for sink in sinks { sink.fault = { $0 == call ? queue.next() : nil } }
    }

    private final class FaultQueue {
        private var faults: [SinkFault]
        init(_ faults: [SinkFault]) { self.faults = faults }
        func next() -> SinkFault? { faults.isEmpty ? nil : faults.removeFirst() }
    }
}

/// A broker, a read model, clocks and engines, one thread, no chance.
final class StreamWorld {
    let clock = FakeClock()
    let kafka: FakeKafka
    let store = FakeViewStore()
    var options: WorkerOptions
    private var number = 0

    init(partitions: Int32 = 1, _ change: (inout WorkerOptions) -> Void = { _ in }) {
        kafka = FakeKafka(partitions: partitions, clock: clock)
        options = WorkerOptions(partitionCount: partitions, inputTopic: "stock.events.v1")
        change(&options)
    }

    /// A new engine; with `partitions` it is assigned them and driven until they run.
    func engine(_ name: String, _ partitions: [Int32] = [], standsBy: Bool = false) -> TestEngine {
        let engine = TestEngine(self, name: name, standsBy: standsBy)
        guard !partitions.isEmpty else { return engine }
        engine.source.assign(partitions)
        run(engine) { partitions.allSatisfy { engine.isRunning($0) } }
        return engine
    }

    /// Turns until the condition holds, at most so many; 10 ms pass after each.
    @discardableResult func run(_ engine: TestEngine, most: Int = 3_000, until condition: () -> Bool) -> Bool {
        for _ in 0..<most {
            if condition() { return true }
            engine.worker.turn()
            clock.advance(milliseconds: 10)
        }
        return condition()
    }

    /// Turns, with 10 ms after each.
    func run(_ engine: TestEngine, turns: Int) {
        var left = turns + 1
        run(engine, most: turns) {
            left -= 1
            return left == 0
        }
    }

    /// Turns until every input record of the engine's running partitions is applied and committed.
    func settle(_ engine: TestEngine, sourceLocation: SourceLocation = #_sourceLocation) {
        let isDone = run(engine) { isApplied(engine) }
        #expect(isDone, "the input is applied in the end", sourceLocation: sourceLocation)
    }

    private func isApplied(_ engine: TestEngine) -> Bool {
        engine.worker.heldTasks.filter { $0.isRunning }.allSatisfy { task in
            let last = kafka.log(OutputTopic.events, task.partition).lastCommitted
            return task.next > last && (kafka.committed[task.partition]?.next ?? 0) > last
        }
    }

    /// Turns until the read model has everything.
    @discardableResult func settleView(_ engine: TestEngine) -> Bool {
        run(engine) {
            isApplied(engine)
                && engine.worker.heldTasks.allSatisfy { task in
                    task.state.values.seq == 0 || store.watermarks[task.partition]?.seq == task.state.values.seq
                }
        }
    }

    // MARK: Input

    /// A SKU that lives in a partition.
    func sku(_ partition: Int32, _ index: Int = 0) -> String {
        var found = -1
        for candidate in 0... {
            let name = "S\(candidate)"
            if Key(text: name)!.withBytes({ Murmur2.partition($0, of: kafka.partitions) }) == partition { found += 1 }
            if found == index { return name }
        }
        preconditionFailure()
    }

    /// Produces an event with an id of its own, to where its SKU lives.
    @discardableResult func send(_ type: String, _ sku: String, _ fields: String, id: String? = nil, timestamp: Int64? = nil) -> Int64 {
        number += 1
        let value = "{\"id\":\"\(id ?? "e\(number)")\",\"type\":\"\(type)\",\"sku\":\"\(sku)\"\(fields.isEmpty ? "" : ",")\(fields)}"
        let partition = Key(text: sku)!.withBytes { Murmur2.partition($0, of: kafka.partitions) }
        return kafka.produce(partition, key: sku, value: value, timestamp: timestamp)
    }

    @discardableResult func receive(_ sku: String, _ quantity: Int64, id: String? = nil, timestamp: Int64? = nil) -> Int64 {
        number += 1
        return send("receive", sku, "\"location\":\"W1\",\"quantity\":\(quantity),\"receipt\":\"r\(number)\"", id: id, timestamp: timestamp)
    }

    @discardableResult func hold(
        _ sku: String, _ hold: String, _ quantity: Int64, ttl: Int64 = 600, id: String? = nil, timestamp: Int64? = nil
    ) -> Int64 {
        send(
            "hold", sku, "\"location\":\"W1\",\"hold\":\"\(hold)\",\"quantity\":\(quantity),\"ttlSeconds\":\(ttl)", id: id,
            timestamp: timestamp)
    }

    // MARK: Output

    /// The committed facts of a partition.
    func facts(_ partition: Int32 = 0) -> [Fact] {
        var decoder = LedgerDecoder()
        return kafka.log(OutputTopic.ledger, partition).committedRecords.compactMap { offset, record in
            if SealRecord.matches(record.view(partition: partition, offset: offset)) { return nil }
            var fact = Fact()
            do { try decoder.decode(record.value!, into: &fact) } catch { Issue.record("a ledger record can't be read: \(error)") }
            return fact
        }
    }

    /// The committed claim of a partition.
    func claim(_ partition: Int32 = 0) -> Claim? { kafka.committed[partition].flatMap { Claim(metadata: $0.metadata) } }

    /// What must hold of every ledger: one record per consumed record, seq and next and versions without a gap, time that never falls.
    func checkLedger(_ partition: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation) {
        var last = Fact()
        last.next = 0
        var versions: [Key: Int64] = [:]
        var offsets: [Int64] = []
        for fact in facts(partition) {
            #expect(fact.seq == last.seq + 1, sourceLocation: sourceLocation)
            #expect(fact.timeMilliseconds >= last.timeMilliseconds, sourceLocation: sourceLocation)
            if fact.offset >= 0 {
                offsets.append(fact.offset)
                #expect(fact.next == fact.offset + 1, sourceLocation: sourceLocation)
            } else if last.seq > 0 {
                #expect(fact.next == last.next, "a timer moves no offset", sourceLocation: sourceLocation)
            }
            if fact.version > 0 {
                #expect(fact.version == versions[fact.sku, default: 0] + 1, sourceLocation: sourceLocation)
                versions[fact.sku] = fact.version
            }
            last = fact
        }
        let next = kafka.committed[partition]?.next ?? 0
        let consumed = kafka.log(OutputTopic.events, partition).committedRecords.map(\.offset).filter { $0 < next }
        #expect(offsets == consumed, "one ledger record for every consumed record", sourceLocation: sourceLocation)
        #expect(claim(partition)?.seq ?? 0 == last.seq, "the claim tells the last seq", sourceLocation: sourceLocation)
    }

    /// What the read model's watermark promises: every change at or below its seq is there, and so is that of every input below its `next`.
    func checkWatermark(sourceLocation: SourceLocation = #_sourceLocation) {
        for (partition, watermark) in store.watermarks {
            if promises[partition] == nil { promises[partition] = Promises() }
            let promises = promises[partition]!
            promises.read(kafka.log(OutputTopic.ledger, partition), through: watermark)
            for (sku, version) in promises.versions where store.skus[partition]?[sku]?.version ?? 0 < version {
                Issue.record("\(sku) is older than the watermark \(watermark) says: \(version)", sourceLocation: sourceLocation)
            }
        }
    }

    private var promises: [Int32: Promises] = [:]

    /// The versions of a ledger's SKUs up to a watermark.
    private final class Promises {
        var versions: [String: Int64] = [:]
        private var facts: [(seq: Int64, offset: Int64, sku: String, version: Int64)] = []
        private var count = 0
        private var last = Watermark(incarnation: 0, claim: 0, batch: 0, seq: -1, next: -1, timeMilliseconds: 0)
        private var position: Int64 = 0
        private var decoder = LedgerDecoder()
        private var fact = Fact()

        /// No further than the watermark speaks: what is behind it may still be aborted.
        func read(_ log: FakeLog, through watermark: Watermark) {
            while fact.seq < watermark.seq || fact.next < watermark.next, position < log.end {
                defer { position += 1 }
                guard let value = log.committed(at: position)?.value, (try? decoder.decode(value, into: &fact)) != nil else { continue }
                facts.append((fact.seq, fact.offset, fact.sku.description, fact.version))
            }
            // A server that was emptied or lost writes makes it fall.
            if watermark.seq < last.seq || watermark.next < last.next {
                versions = [:]
                count = 0
            }
            last = watermark
            while count < facts.count {
                let fact = facts[count]
                guard fact.seq <= watermark.seq || (fact.offset >= 0 && fact.offset < watermark.next) else { return }
                if fact.version > 0 { versions[fact.sku] = fact.version }
                count += 1
            }
        }
    }

    // MARK: Restored

    /// The digest of a partition as a restore of it gives; nil with an issue where it does not come about.
    func restoredDigest(
        _ partition: Int32 = 0, stateLimit: Int64? = nil, source: FakeRestore? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) -> UInt64? {
        let source = source ?? FakeRestore(kafka)
        if let stateLimit { source.stateLimit = stateLimit }
        let restorer = PartitionRestorer(partition: partition, source: source, options: options, transactionalIDs: ["x", "y"])
        for _ in 0..<10_000 {
            clock.advance(milliseconds: 1)
            switch restorer.step(wallMilliseconds: clock.wallMilliseconds(), monotonicMilliseconds: clock.monotonicMicroseconds() / 1_000) {
            case .again, .wait: continue
            case .restored: return restorer.withState { $0.finishDigest() &+ $0.idDigest }
            case .stopped(let reason):
                Issue.record("restore stopped: \(reason)", sourceLocation: sourceLocation)
                return nil
            }
        }
        Issue.record("restore does not end: \(restorer.progress)", sourceLocation: sourceLocation)
        return nil
    }

    /// The digest of a partition as its whole ledger gives.
    func replayedDigest(_ partition: Int32 = 0) -> UInt64? {
        let replay = LedgerReplay(limits: options.limits)
        for (offset, record) in kafka.log(OutputTopic.ledger, partition).committedRecords {
            do { try replay.take(record.view(partition: partition, offset: offset)) } catch {
                Issue.record("\(error)")
                return nil
            }
        }
        return replay.withState { $0.finishDigest() &+ $0.idDigest }
    }
}

extension PartitionState {
    /// What a digest of the SKUs leaves out: the newest ids of the window, and the partition's own values.
    var idDigest: UInt64 {
        var sum = UInt64(bitPattern: values.seq) &* 31 &+ UInt64(bitPattern: values.next) &* 17
        sum = sum &+ UInt64(bitPattern: values.counters.accepted) &* 7 &+ UInt64(bitPattern: values.counters.duplicates) &* 3
        for position in ids.head..<ids.tail {
            let entry = ids.entry(at: position)
            sum = sum &* 1_099_511_628_211 &+ entry.id.low &+ UInt64(bitPattern: entry.seq)
        }
        return sum
    }
}

extension WorkerOptions {
    /// Leaves the read model little room in a turn.
    mutating func limitView(skus: Int, quietFactor: Int = 1) {
        projectionSKUsPerTurn = skus
        projectionQuietFactor = quietFactor
    }
}
