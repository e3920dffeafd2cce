import StockCore
import StockWire
import Testing

@testable import StockStream

/// What the group gives and takes, at every moment.
@Suite struct RebalanceTests {
    /// The last mark of a partition's checkpoint.
    private func lastMark(_ world: StreamWorld, _ partition: Int32) -> StateMark? {
        var mark: StateMark?
        for (_, record) in world.kafka.log(OutputTopic.state, partition).committedRecords {
            if case .mark(let found)? = try? StateDecoder.decode(key: record.key!, value: record.value) { mark = found }
        }
        return mark
    }

    /// Commit, complete checkpoint, view, and only then given up; the next owner needs no fact. Fails without `writeCompleteCheckpoint`.
    @Test func whatIsRevokedIsFinishedFirst() {
        let world = StreamWorld(partitions: 2) { $0.checkpointRecordsPerTransaction = 2 }
        let engine = world.engine("one", [0, 1])
        for partition: Int32 in [0, 1] { for index in 0..<5 { world.receive(world.sku(partition, index), 3) } }
        engine.source.revoke([0])
        world.run(engine) { !engine.source.givenUp.isEmpty }
        #expect(engine.source.givenUp == [0] && engine.task(0) == nil && engine.isRunning(1))
        world.settle(engine)
        let other = world.engine("two", [0])
        world.settle(other)
        let seq = other.task(0)!.state.values.seq
        #expect(seq == 5)
        other.source.revoke([0])
        world.run(other) { other.task(0) == nil }
        #expect(lastMark(world, 0)?.isComplete == true && lastMark(world, 0)?.values.seq == seq)
        #expect(world.store.watermarks[0]?.seq == seq)
        let third = world.engine("three", [0])
        #expect(third.task(0)!.restore.facts == 0)
        #expect(third.task(0)!.claim.number > Int64(0) && world.claim(0)!.transactionalIDs.sorted() == ["three-a", "three-b"])
        for partition: Int32 in [0, 1] { world.checkLedger(partition) }
    }

    /// Nothing of what is lost is committed, nor anything else in that transaction; what stays is applied once.
    @Test func membershipLostInTheMiddleOfATurn() {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        for partition: Int32 in [0, 1] { for index in 0..<5 { world.receive(world.sku(partition, index), 3) } }
        engine.source.interruption = (7, .lost([0]))
        world.run(engine) { engine.task(0) == nil }
        #expect(world.facts(0).isEmpty && world.facts(1).isEmpty)
        #expect(engine.source.givenUp == [0])
        engine.source.expel()
        engine.source.announceLoss([1])
        world.run(engine, turns: 2)
        engine.source.assign([1])
        world.run(engine) { engine.isRunning(1) }
        world.settle(engine)
        #expect(world.facts(0).isEmpty && world.facts(1).count == 5)
        let other = world.engine("two", [0])
        world.settle(other)
        #expect(world.facts(0).count == 5)
        for partition: Int32 in [0, 1] { world.checkLedger(partition) }
    }

    /// A commit whose outcome is not known is settled before the partition is given up.
    @Test func revokedWhileTheOutcomeIsUnknown() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 3)
        for sink in engine.sinks {
            var isFirst = true
            var retries = 5
            sink.fault = { call in
                if call == .commit && isFirst {
                    isFirst = false
                    return .unknown(isCommitted: nil)
                }
                guard call == .initialize, !isFirst, retries > 0 else { return nil }
                retries -= 1
                return .answer(.retry(FakeSink.error("_TIMED_OUT")))
            }
        }
        world.run(engine) { !engine.worker.unsettled.isEmpty }
        engine.source.revoke([0])
        world.run(engine, turns: 3)
        #expect(engine.source.givenUp.isEmpty)
        world.run(engine) { engine.task(0) == nil }
        let other = world.engine("two", [0])
        world.settle(other)
        #expect(world.facts().count == 1)
        world.checkLedger()
    }

    /// Revoked, then lost, then given again while the outcome was unknown: the new task stays. Fails where the loss leaves the old request
    /// to give up.
    @Test func lostAndGivenAgainWhileTheOutcomeIsUnknown() {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        world.receive(world.sku(0), 3)
        world.receive(world.sku(1), 3)
        for sink in engine.sinks {
            var isFirst = true
            sink.fault = { call in
                guard call == .commit && isFirst else { return nil }
                isFirst = false
                return .unknown(isCommitted: nil)
            }
        }
        var hold = true
        world.run(engine) { !engine.worker.unsettled.isEmpty }
        for sink in engine.sinks { sink.fault = { $0 == .initialize && hold ? .answer(.retry(FakeSink.error("_TIMED_OUT"))) : nil } }
        engine.source.revoke([0])
        world.run(engine, turns: 2)
        engine.source.expel()
        engine.source.announceLoss([0, 1])
        world.run(engine, turns: 2)
        #expect(engine.task(0) == nil && engine.worker.unsettled.isEmpty)
        engine.source.assign([0, 1])
        world.run(engine, turns: 2)
        hold = false
        world.run(engine) { engine.isRunning(0) && engine.isRunning(1) }
        world.settle(engine)
        #expect(engine.source.givenUp == [0, 1], "once, when they were lost")
        for partition: Int32 in [0, 1] {
            #expect(world.facts(partition).count == 1)
            world.checkLedger(partition)
        }
    }

    /// Revoked in the turn of the first records, in the middle of it.
    @Test func revokedInTheMiddleOfATurn() {
        let world = StreamWorld { $0.checkpointIntervalMilliseconds = 1_000_000 }
        let engine = TestEngine(world, name: "one")
        world.receive("S", 3)
        engine.source.assign([0])
        engine.source.interruption = (1, .revoked([0]))
        world.run(engine) { engine.source.givenUp == [0] }
        #expect(world.facts().count == 1)
        #expect(lastMark(world, 0)?.isComplete == true)
    }

    /// What is far ahead of its checkpoint is handed over as it is: the new owner replays it. Without that, a partition under load stands
    /// still while all that has changed of it is written.
    @Test(arguments: [9, 10]) func aLongTailIsLeftToTheNewOwner(limit: Int64) {
        let world = StreamWorld {
            $0.checkpointIntervalMilliseconds = 1_000_000
            $0.handoverFacts = limit
        }
        let engine = world.engine("one", [0])
        for index in 0..<10 { world.receive(world.sku(0, index), 3) }
        world.settle(engine)
        engine.source.revoke([0])
        world.run(engine) { engine.source.givenUp == [0] }
        #expect((lastMark(world, 0)?.isComplete ?? false) == (limit == 10))
        let other = world.engine("two", [0])
        #expect(other.task(0)!.restore.facts == (limit == 10 ? 0 : 10))
        world.receive(world.sku(0), 3)
        world.settle(other)
        world.checkLedger()
        #expect(world.facts().count == 11 && world.restoredDigest() == world.replayedDigest())
    }

    /// Taken back before it was restored: nothing stays open, nothing is claimed afterwards.
    @Test func revokedWhileRestoring() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        for _ in 0..<5 { world.receive("S", 3) }
        world.settle(engine)
        engine.source.expel()
        let other = TestEngine(world, name: "two")
        other.restore.isSilent = true
        other.source.assign([0])
        world.run(other, turns: 3)
        #expect(other.task(0) != nil && !other.isRunning(0))
        other.source.revoke([0])
        world.run(other) { other.task(0) == nil }
        #expect(other.restore.openReaders == 0)
        #expect(world.claim()?.transactionalIDs.sorted() == ["one-a", "one-b"])
    }

    /// While the worker's other partitions have a backlog, every turn takes long. Restores get twice as long of it: with their 40 ms alone,
    /// each turn would restore one of these partitions at most.
    @Test func restoresGetTheirShareOfALongTurn() {
        let partitions = Array<Int32>(0..<12)
        let world = StreamWorld(partitions: 12)
        let engine = world.engine("one", partitions)
        for partition in partitions { for _ in 0..<30 { world.receive(world.sku(partition), 1) } }
        world.settle(engine)
        engine.source.expel()
        let other = TestEngine(world, name: "two")
        other.restore.readMilliseconds = 2
        other.source.assign(partitions)
        let isRestored = world.run(other, most: 9) {
            world.clock.advance(milliseconds: 100)
            return partitions.allSatisfy { other.isRunning($0) }
        }
        #expect(isRestored)
    }

    /// More partitions than at the start: SKUs would be looked for in another place than their state. It is said, and nothing of it is
    /// read.
    @Test func aPartitionThatWasNotThereIsRefused() {
        let world = StreamWorld()
        let engine = TestEngine(world, name: "one")
        engine.source.assign([0, 1])
        world.run(engine) { engine.isRunning(0) }
        #expect(engine.notices.contains { if case .grown(1) = $0 { true } else { false } })
        world.receive("S", 1)
        world.settle(engine)
        #expect(world.facts().count == 1 && engine.worker.heldTasks.count == 1)
    }

    // MARK: Drain

    /// Finishes the batch, commits, writes a complete checkpoint, projects, leaves.
    @Test func drainFinishesEverything() {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 3) }
        world.settleView(engine)
        for partition: Int32 in [0, 1] { for index in 1..<50 { world.receive(world.sku(partition, index), 3) } }
        engine.worker.drain()
        world.run(engine) { engine.worker.isFinished }
        #expect(engine.worker.isFinished && engine.source.isClosed && engine.worker.heldTasks.isEmpty)
        for partition: Int32 in [0, 1] {
            world.checkLedger(partition)
            #expect(lastMark(world, partition)?.isComplete == true)
            #expect(world.store.watermarks[partition]?.seq == Int64(world.facts(partition).count))
            #expect(world.restoredDigest(partition) == world.replayedDigest(partition))
        }
    }

    /// Tasks that are being restored or that have stopped hold nothing up.
    @Test func drainWithTasksThatDoNotRun() {
        let world = StreamWorld(partitions: 3)
        let engine = world.engine("one", [0, 1, 2])
        for partition: Int32 in [0, 1, 2] { world.receive(world.sku(partition), 3) }
        world.settle(engine)
        world.run(engine, turns: 30)
        engine.source.expel()
        world.kafka.reset(1, to: OffsetCommit(partition: 1, next: 1, metadata: "by hand"))
        let other = TestEngine(world, name: "two")
        other.source.assign([0, 1])
        world.run(other) { other.isRunning(0) && other.stopCode(1) != nil }
        other.restore.isSilent = true
        other.source.assign([2])
        world.run(other, turns: 3)
        other.worker.drain()
        world.run(other, most: 100) { other.worker.isFinished }
        #expect(other.worker.isFinished && other.restore.openReaders == 0)
        #expect(world.claim(2)?.transactionalIDs.sorted() == ["one-a", "one-b"])
    }

    /// A broker that is away does not keep it for ever; a wall of time does. Fails without the deadline.
    @Test func drainEndsThoughTheOutcomeStaysUnknown() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 3)
        for sink in engine.sinks {
            var isUnknown = false
            sink.fault = { call in
                if call == .commit {
                    isUnknown = true
                    return .unknown(isCommitted: nil)
                }
                return call == .initialize && isUnknown ? .answer(.retry(FakeSink.error("_TIMED_OUT"))) : nil
            }
        }
        world.run(engine) { !engine.worker.unsettled.isEmpty }
        engine.worker.drain()
        world.run(engine, most: 2_000) { engine.worker.isFinished }
        #expect(engine.worker.isFinished && engine.source.isClosed)
        let other = world.engine("two", [0])
        world.settle(other)
        #expect(world.facts().count == 1)
    }
}
