import StockCore
import StockSim
import StockWire
import Testing
import ZoneFiles

@testable import StockStream

/// A world in which everything goes wrong by chance, from a seed; then it heals, and everything must add up.
final class ChaosWorld {
    static let partitions: Int32 = 3
    let world: StreamWorld
    private var random: SplitMix
    private var workload: Workload
    private var engines: [TestEngine] = []
    /// Who has, or is to have, each partition; nil: it is on its way.
    private var owners: [Int32: TestEngine] = [:]
    private var moving: [(partition: Int32, from: TestEngine)] = []
    /// Members that were thrown out and have not heard of it.
    private var zombies: [(engine: TestEngine, partitions: [Int32], turns: Int)] = []
    private var born = 0
    /// Whether every engine follows the partitions of the others.
    private let standsBy: Bool
    private var isHealed = false
    /// The topic that refuses records, and how many of them.
    private var refused: (topic: OutputTopic, oneIn: Int)?
    /// For so many turns yet the broker writes not all ends; from the first one that is missing it is away.
    private var outageTurns = 0
    private var isAway = false
    /// What happened, for whoever looks into a failure.
    private(set) var log: [String] = []

    private static let zones = ZoneFiles.read()

    /// `mix`: what happens in it; nil: as the seed says, one of the mixes of few types.
    init(seed: UInt64, mix: WorkloadMix? = nil, standsBy: Bool = false) {
        random = SplitMix(state: seed)
        self.standsBy = standsBy
        var options = WorkloadOptions()
        options.seed = seed
        options.skus = 30
        options.partitions = ChaosWorld.partitions
        options.duplicates = 0.05
        options.malformed = 0.01
        options.misrouted = 0.03
        options.mix = mix ?? [.marketplace, .flashSale, .receiving, .tills][Int(seed % 4)]
        workload = Workload(options: options)
        world = StreamWorld(partitions: ChaosWorld.partitions) {
            $0.checkpointIntervalMilliseconds = 30
            $0.checkpointLeastAgeMilliseconds = 100
            $0.checkpointRecordsPerTransaction = 12
            $0.restoreSearchRecords = 3
            $0.limitView(skus: 4)
            $0.batchRecords = 25
            $0.zones = ChaosWorld.zones
        }
        for _ in 0..<2 { hire() }
        for partition in 0..<ChaosWorld.partitions { give(partition, to: engines[Int(partition) % 2]) }
    }

    // MARK: Members

    private func hire() {
        born += 1
        let engine = TestEngine(world, name: "engine\(born)", standsBy: standsBy)
        for sink in engine.sinks {
            sink.fault = { [unowned self] in fault($0) }
            sink.inspect = { [unowned self] in refuses($0, $1) ? .mustAbort(FakeSink.error("MSG_SIZE_TOO_LARGE")) : nil }
        }
        engines.append(engine)
    }

    private func give(_ partition: Int32, to engine: TestEngine) {
        owners[partition] = engine
        engine.source.assign([partition])
    }

    private func held(by engine: TestEngine) -> [Int32] { owners.filter { $0.value === engine }.map(\.key).sorted() }

    /// A process that is gone: whatever it had open stays open.
    private func kill(_ engine: TestEngine) {
        log.append("kill \(engine.name)")
        engine.source.expel()
        engines.removeAll { $0 === engine }
        zombies.removeAll { $0.engine === engine }
        let orphans = held(by: engine) + moving.filter { $0.from === engine }.map(\.partition)
        moving.removeAll { $0.from === engine }
        hire()
        for partition in orphans { give(partition, to: pick()) }
    }

    /// Thrown out by the group, and not aware of it for a while.
    private func expel(_ engine: TestEngine) {
        log.append("expel \(engine.name)")
        let partitions = held(by: engine)
        engine.source.expel()
        let late = moving.filter { $0.from === engine }.map(\.partition)
        moving.removeAll { $0.from === engine }
        zombies.append((engine, partitions + late, random.below(8)))
        for partition in partitions + late { give(partition, to: others(than: engine)) }
    }

    private func pick() -> TestEngine {
        let fit = engines.filter { engine in !zombies.contains { $0.engine === engine } }
        return fit[random.below(fit.count)]
    }

    private func others(than engine: TestEngine) -> TestEngine {
        let fit = engines.filter { other in other !== engine && !zombies.contains { $0.engine === other } }
        if let chosen = fit.first { return chosen }
        hire()
        return engines.last!
    }

    private func move() {
        let partition = Int32(random.below(Int(ChaosWorld.partitions)))
        guard let engine = owners[partition], !zombies.contains(where: { $0.engine === engine }) else { return }
        log.append("revoke \(partition) of \(engine.name)")
        owners[partition] = nil
        engine.source.revoke([partition])
        moving.append((partition, engine))
    }

    private func finishMoves() {
        for (partition, engine) in moving where !engine.source.held.contains(partition) {
            moving.removeAll { $0.partition == partition }
            give(partition, to: others(than: engine))
        }
        for index in zombies.indices.reversed() {
            zombies[index].turns -= 1
            guard zombies[index].turns < 0 else { continue }
            let zombie = zombies.remove(at: index)
            zombie.engine.source.announceLoss(zombie.partitions.sorted())
        }
    }

    // MARK: Faults

    private func fault(_ call: SinkCall) -> SinkFault? {
        if isAway { return away(call) }
        guard !isHealed, random.below(call == .commit ? 12 : 150) == 0 else { return nil }
        let error = FakeSink.error("_TIMED_OUT")
        log.append("fault at \(call)")
        switch (call, random.below(7)) {
        case (.commit, 0): return .unknown(isCommitted: true)
        case (.commit, 1): return .unknown(isCommitted: false)
        case (.commit, 2): return .unknown(isCommitted: nil)
        case (.abort, _): return .answer(.fatal(error))
        case (_, 3): return .answer(.fenced(error))
        case (_, 4): return .answer(.fatal(error))
        case (_, 5): return .answer(.retry(error))
        case (_, 6): return .answer(.notMember(error))
        default: return .answer(.mustAbort(error))
        }
    }

    private func away(_ call: SinkCall) -> SinkFault? {
        switch call {
        case .initialize, .seal: .answer(.retry(FakeSink.error("_TIMED_OUT")))
        case .commit: .answer(.mustAbort(FakeSink.error("_TIMED_OUT")))
        case .abort: .answer(.fatal(FakeSink.error("_TIMED_OUT")))
        case .begin, .produce: nil
        }
    }

    /// A broker that is killed while it ends transactions, and forgets to do so when it is back.
    private func moveOutage() {
        guard outageTurns > 0 else { return }
        outageTurns -= 1
        guard outageTurns == 0 else { return }
        if isAway { world.kafka.expireAll() }
        isAway = false
        world.kafka.forgetsEnds = false
    }

    /// Whether a record is too large for its topic: checkpoints and public levels, of some or all.
    private func refuses(_ topic: OutputTopic, _ value: UnsafeRawBufferPointer?) -> Bool {
        guard !isHealed, let refused, topic == refused.topic else { return false }
        // A level begins with its SKU.
        return value.map { $0.prefix(40).reduce(0) { $0 &+ Int($1) } % refused.oneIn == 0 } ?? true
    }

    private func harm() {
        // An owner that dies together with the broker may leave what nobody knows the ids of (ARCHITECTURE.md, known weaknesses).
        let isBrokerWell = outageTurns == 0 && !world.kafka.hasEndless
        switch random.below(60) {
        case 0...4 where !isBrokerWell: break
        case 0: kill(engines[random.below(engines.count)])
        case 1: if let engine = engines.first(where: { engine in !zombies.contains { $0.engine === engine } }) { expel(engine) }
        case 2...4: move()
        case 5: engines[random.below(engines.count)].view.nextFault = random.below(2) == 0 ? .lost : .appliedButNotKnown
        case 6: world.clock.advance(milliseconds: Int64(random.below(4_000)))
        case 7: engines[random.below(engines.count)].view.isAway.toggle()
        case 8: world.kafka.log(OutputTopic.state, Int32(random.below(Int(ChaosWorld.partitions)))).compact()
        case 9:
            let topic = random.below(2) == 0 ? OutputTopic.levels : .state
            refused = refused == nil ? (topic, random.below(2) == 0 ? 1 : 5) : nil
            log.append("refused: \(refused.map { "\($0)" } ?? "nothing")")
        case 10
        where isBrokerWell && zombies.isEmpty && moving.isEmpty && engines.allSatisfy { $0.worker.heldTasks.allSatisfy(\.isRunning) }:
            log.append("outage")
            outageTurns = 5 + random.below(30)
            world.kafka.onForgotten = { [unowned self] in
                if !isAway { for sink in engines.flatMap(\.sinks) { sink.outages += 1 } }
                isAway = true
            }
            world.kafka.forgetting = random.below(2) == 0 ? .all : .logs(Int32(random.below(Int(ChaosWorld.partitions))))
        default: break
        }
    }

    // MARK: Running

    private func produce() {
        let record = workload.next(atMilliseconds: world.clock.wallMilliseconds())
        let partition = record.partition >= 0 ? record.partition : record.key.map { Murmur2.partition($0, of: ChaosWorld.partitions) } ?? 0
        world.kafka.log(OutputTopic.events, partition).append(
            FakeRecord(key: record.key, value: record.value, timestamp: world.clock.wallMilliseconds(), headers: record.headers))
    }

    func turn() {
        for engine in engines {
            engine.worker.turn()
            if let standby = engine.standby, random.below(3) > 0 { standby.step() }
        }
        finishMoves()
        moveOutage()
        world.clock.advance(milliseconds: 5)
        world.checkWatermark()
    }

    /// Harm for so many rounds.
    func suffer(rounds: Int) {
        for _ in 0..<rounds {
            for _ in 0..<random.below(12) { produce() }
            harm()
            turn()
        }
    }

    /// No more faults; everything has to come to rest.
    func heal() -> Bool {
        while outageTurns > 0 { turn() }
        isHealed = true
        for engine in engines {
            engine.view.isAway = false
            engine.view.nextFault = nil
        }
        for _ in 0..<4_000 {
            turn()
            // What nobody knows the ids of ends by the broker's time-out.
            if random.below(400) == 0 { world.kafka.endAbandoned(except: Set(engines.map(\.name))) }
            if isAtRest {
                // A zombie may have died with a transaction open in the ledger that another owner goes on with.
                world.kafka.endAbandoned(except: Set(engines.map(\.name)))
                return true
            }
        }
        return false
    }

    /// What is followed, by engine and partition, and how often something else was found.
    func checkStandbys() -> (followed: Int, dropped: [StopReason]) {
        var followed = 0
        for engine in engines {
            guard let standby = engine.standby else { continue }
            standby.catchUp()
            for partition in 0..<ChaosWorld.partitions {
                guard let digest = standby.digest(partition) else { continue }
                followed += 1
                #expect(digest == world.replayedDigest(partition), "partition \(partition) as \(engine.name) follows it")
            }
        }
        return (followed, engines.flatMap { $0.standby?.drops ?? [] })
    }

    private var isAtRest: Bool {
        (0..<ChaosWorld.partitions).allSatisfy { partition in
            guard let task = owners[partition]?.task(partition), task.isRunning, moving.isEmpty else { return false }
            let last = world.kafka.log(OutputTopic.events, partition).lastCommitted
            return task.next > last && world.kafka.committed[partition]!.next > last
                && world.store.watermarks[partition]?.seq == task.state.values.seq
        }
    }

    /// The engines leave, so that every level is in its topic.
    func leave() {
        for engine in engines {
            engine.worker.drain()
            world.run(engine) { engine.worker.isFinished }
        }
    }

    func audit() -> AuditReport {
        let auditor = Auditor(partitions: ChaosWorld.partitions)
        func feed(_ topic: OutputTopic, _ take: (RecordView) -> Void) {
            for partition in 0..<ChaosWorld.partitions {
                for (offset, record) in world.kafka.log(topic, partition).committedRecords {
                    take(record.view(partition: partition, offset: offset))
                }
            }
        }
        feed(.events, auditor.input)
        feed(.ledger, auditor.ledger)
        feed(.deadLetters, auditor.deadLetter)
        feed(.levels, auditor.level)
        for sku in auditor.skus { auditor.view(sku: sku, fields: world.store.fields(of: sku)) }
        return auditor.finish(hasLevels: true)
    }
}

/// The same numbers on every machine.
struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(bound))
    }
}
