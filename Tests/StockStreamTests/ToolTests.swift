import StockCore
import StockWire
import Testing

@testable import StockStream

/// The tools' way into a partition: snapshot, skip, rebuild.
@Suite struct ToolTests {
    private func restored(
        _ world: StreamWorld, _ source: some RestoreSource, between: () -> Void = {},
        _ body: (inout PartitionState, StopReason?) throws -> Void
    ) rethrows {
        let restorer = PartitionRestorer(partition: 0, source: source, options: world.options, transactionalIDs: ["x", "y"])
        for _ in 0..<10_000 {
            let monotonic = world.clock.monotonicMicroseconds() / 1_000
            switch restorer.step(wallMilliseconds: world.clock.wallMilliseconds(), monotonicMilliseconds: monotonic) {
            case .again, .wait: between()
            case .restored: return try restorer.withState { try body(&$0, nil) }
            case .stopped(let reason): return try restorer.withState { try body(&$0, reason) }
            }
        }
        Issue.record("the restore does not end")
    }

    private func writer(_ world: StreamWorld) throws -> PartitionWriter<FakeSink> {
        world.kafka.join("tool")
        world.kafka.learn("tool", isMember: true)
        let claim = Claim(number: world.clock.wallMilliseconds() + 1, seq: 0, commit: 0, transactionalIDs: ["tool-a", "tool-b"])
        let writer = PartitionWriter(
            sink: FakeSink(world.kafka, id: "tool-a", member: "tool"), partition: 0, claim: claim, options: world.options, check: {})
        try writer.initialize()
        return writer
    }

    private func stopped(_ world: StreamWorld, records: Int) {
        let engine = world.engine("one", [0])
        for index in 0..<records { world.receive("S\(index % 7)", 1) }
        world.settle(engine)
        world.run(engine, turns: 30)
        engine.worker.drain()
        world.run(engine) { engine.worker.isFinished }
    }

    /// What the engine writes meanwhile is not in it, wherever the ends of its topics stand.
    @Test(arguments: 0..<10) func aSnapshotBesideARunningEngine(before: Int) {
        let world = StreamWorld { $0.checkpointIntervalMilliseconds = 0 }
        let engine = world.engine("one", [0])
        for index in 0..<30 + before { world.receive("S\(index % 7)", 1) }
        world.settle(engine)
        world.run(engine, turns: before)
        let seq = world.claim()!.seq
        let step = {
            for index in 0..<3 { world.receive("S\(index)", 1) }
            world.run(engine, turns: 1)
        }
        restored(world, SnapshotSource(FakeRestore(world.kafka)), between: step) { state, reason in
            #expect(reason == nil)
            #expect(state.values.seq >= seq && state.values.seq <= Int64(world.facts().count))
            let replay = LedgerReplay(limits: world.options.limits)
            for (offset, record) in world.kafka.log(OutputTopic.ledger, 0).committedRecords.prefix(Int(state.values.seq)) {
                try? replay.take(record.view(partition: 0, offset: offset))
            }
            #expect(state.finishDigest() &+ state.idDigest == replay.withState { $0.finishDigest() &+ $0.idDigest })
        }
    }

    /// What somebody else has put behind the last transaction stops the next engine, so without an engine a snapshot has to show it; beside
    /// one it may be the engine's next transaction. Fails where the snapshot ends with the claim's fact always.
    @Test func aSnapshotWithoutAnEngineIsWhole() {
        let world = StreamWorld()
        stopped(world, records: 10)
        let log = world.kafka.log(OutputTopic.ledger, 0)
        let last = log.committedRecords.last!.record
        log.append(FakeRecord(key: last.key, value: last.value, timestamp: last.timestamp))
        restored(world, SnapshotSource(FakeRestore(world.kafka))) { #expect($1 == nil && $0.values.seq == 10) }
        restored(world, SnapshotSource(FakeRestore(world.kafka), isWhole: true)) { #expect($1?.code == "ledger-gap") }
    }

    /// An operator's move of the offset is a fact; the next engine goes on from there.
    @Test func aSkipIsAFact() throws {
        let world = StreamWorld()
        stopped(world, records: 10)
        for _ in 0..<5 { world.receive("S0", 1) }
        world.kafka.log(OutputTopic.events, 0).start = 12
        let writer = try writer(world)
        try restored(world, FakeRestore(world.kafka)) { state, reason in
            #expect(reason?.code == "offset-lost")
            try writer.writeGap(&state, to: 12, reason: Key("retention"), wallMilliseconds: world.clock.wallMilliseconds())
        }
        let engine = world.engine("two", [0])
        world.settle(engine)
        let facts = world.facts()
        #expect(facts[10].kind == .gap && facts[10].gapFrom == 10 && facts[10].gapTo == 12)
        #expect(facts.suffix(3).map(\.offset) == [12, 13, 14])
    }

    /// A damaged checkpoint is refused; rebuilt from the ledger it is right again, with what was damaged still standing before it.
    @Test func aRebuiltCheckpointIsTheLedgers() throws {
        let world = StreamWorld()
        stopped(world, records: 40)
        let log = world.kafka.log(OutputTopic.state, 0)
        log.remove(at: log.committedRecords[1].offset)
        let engine = TestEngine(world, name: "two")
        engine.source.assign([0])
        world.run(engine) { engine.stopCode(0) != nil }
        #expect(engine.stopCode(0) == "state-damaged")
        engine.source.expel()
        let replay = LedgerReplay(limits: world.options.limits)
        for (offset, record) in world.kafka.log(OutputTopic.ledger, 0).committedRecords {
            try replay.take(record.view(partition: 0, offset: offset))
        }
        let writer = try writer(world)
        let written = try replay.withState { try writer.writeCheckpoint(&$0, next: 40, limit: 5, progress: { _ in }) }
        #expect(written > 14)
        #expect(world.restoredDigest() == world.replayedDigest())
        let third = world.engine("three", [0])
        #expect(third.task(0)!.restore.facts == 0)
    }
}
