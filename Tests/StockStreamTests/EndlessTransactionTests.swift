import StockCore
import Testing

@testable import StockStream

private let fault = FakeSink.error("_TIMED_OUT")

/// A broker that forgets to write the ends of transactions (Apache Kafka 4.1 to 4.3 where a partition has no leader for a moment,
/// KAFKA-20734): their records hold the partition up, and the end of the id's next transaction counts for them, whatever they were.
@Suite struct EndlessTransactionTests {
    /// Given up, without an end: the next commit of the same producer would bring its facts back. Without the doubt after the abort, the
    /// ledger has them twice.
    @Test func whatWasGivenUpDoesNotComeBack() {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetsEnds = true
        engine.fail(.commit, [.answer(.mustAbort(fault))])
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        world.run(engine) { engine.worker.status().counters.aborts == 1 }
        world.kafka.forgetsEnds = false
        settleAndCheck(world, engine, facts: 2)
        #expect(engine.worker.status().counters.seals == 1 && engine.worker.status().counters.rollbacks == 0)
    }

    /// Committed, as its producer was told, but without an end; then the broker goes away. The abort of the next transaction of that
    /// producer would take it along. Without the look at the claims, the state knows facts that the ledger does not; without the seal that
    /// commits, its facts are gone.
    @Test(arguments: [SinkResult.mustAbort(fault), .fatal(fault), .fenced(fault)]) func whatWasCommittedIsNotLost(result: SinkResult) {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetsEnds = true
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        world.run(engine) { engine.task(0)!.state.values.seq == 2 && engine.task(1)!.state.values.seq == 2 }
        engine.fail(.commit, [.answer(result)])
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 8) }
        world.run(engine) { engine.worker.status().counters.aborts == 1 }
        world.kafka.forgetsEnds = false
        settleAndCheck(world, engine, facts: 3)
        #expect(engine.worker.status().counters.rollbacks == 0)
        #expect(world.settleView(engine))
    }

    /// The same, and somebody else, an operator say, has given the end first, and the wrong one. Without the look at the claims, the state
    /// knows facts that the ledger does not.
    @Test func whatSomebodyElseAbortedIsAppliedAgain() {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetsEnds = true
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        world.run(engine) { engine.task(0)!.state.values.seq == 2 && engine.task(1)!.state.values.seq == 2 }
        world.kafka.forgetsEnds = false
        for sink in engine.sinks { world.kafka.seal(sink.transactionalID, .abort(offset: world.kafka.committed[0])) }
        engine.sinks[0].outages += 1
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 8) }
        settleAndCheck(world, engine, facts: 3)
        #expect(engine.worker.status().counters.rollbacks == 2)
        #expect(engine.notices.contains { if case .rolledBack = $0 { true } else { false } })
        #expect(world.settleView(engine))
    }

    /// The broker goes and comes again while the producer whose turn it is has a transaction open, which then succeeds; one of the other
    /// producer, before it, has no end. Without the look for outages before the commit, its facts would be gone behind those of a later one
    /// once the other producer's next transaction is given up, and the ledger would have a gap.
    @Test(arguments: [true, false]) func anOutageIsLookedInto(isOpen: Bool) {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetsEnds = true
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        world.run(engine) { engine.task(0)!.state.values.seq == 2 && engine.task(1)!.state.values.seq == 2 }
        world.kafka.forgetsEnds = false
        if isOpen {
            for sink in engine.sinks {
                sink.inspect = { [unowned sink] topic, _ in
                    if topic == .ledger { sink.outages += 1; sink.inspect = { _, _ in nil } }
                    return nil
                }
            }
        } else {
            engine.sinks[0].outages += 1
        }
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 8) }
        settleAndCheck(world, engine, facts: 3)
        var given = 0
        for sink in engine.sinks {
            sink.fault = { call in
                guard call == .commit, given < 2 else { return nil }
                given += 1
                return .answer(.mustAbort(fault))
            }
        }
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 9) }
        settleAndCheck(world, engine, facts: 4)
    }

    /// Asked for, not answered, and without an end, whichever it was to be: it is aborted for good.
    @Test(arguments: [true, false]) func anUnknownOutcomeWithoutAnEnd(isCommitted: Bool) {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetsEnds = true
        engine.fail(.commit, [.unknown(isCommitted: isCommitted)])
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        world.run(engine) { engine.worker.status().counters.unknownOutcomes == 1 }
        world.kafka.forgetsEnds = false
        settleAndCheck(world, engine, facts: 2)
        #expect(engine.notices.contains { if case .settled(false) = $0 { true } else { false } })
    }

    /// Committed, and the end is missing in some places only: the broker was killed between the answer to the commit and the markers, and
    /// forgot those for which there was no leader just then. A seal that aborts would take facts out of a ledger whose claim tells of
    /// them.
    @Test(arguments: [0, 1, -1]) func anEndThatIsMissingInSomePlaces(partition: Int32) {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetting = partition < 0 ? .offsets : .logs(partition)
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        world.run(engine) { engine.task(0)!.state.values.seq == 2 && engine.task(1)!.state.values.seq == 2 }
        for sink in engine.sinks { sink.outages += 1 }
        world.kafka.forgetsEnds = false
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 8) }
        settleAndCheck(world, engine, facts: 3)
        #expect(engine.worker.status().counters.seals == 1 && engine.worker.status().counters.rollbacks == 0)
        #expect(world.settleView(engine))
    }

    /// The same where nobody has heard the answer: the claim tells, if it has its end.
    @Test(arguments: [0, 1], [true, false]) func anUnknownOutcomeWhoseEndIsMissingInSomePlaces(partition: Int32, isCommitted: Bool) {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetting = .logs(partition)
        engine.fail(.commit, [.unknown(isCommitted: isCommitted)])
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        world.run(engine) { engine.worker.status().counters.unknownOutcomes == 1 }
        world.kafka.forgetsEnds = false
        settleAndCheck(world, engine, facts: 2)
        #expect(engine.notices.contains { if case .settled(isCommitted) = $0 { true } else { false } })
    }

    /// Where the claim is open and a ledger has an end, nobody can tell which. The partition is not allowed to count anything twice.
    @Test func anUnknownOutcomeThatNobodyCanTell() {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetting = .offsets
        engine.fail(.commit, [.unknown(isCommitted: true)])
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        world.run(engine) { engine.worker.status().counters.unknownOutcomes == 1 }
        world.kafka.forgetsEnds = false
        world.run(engine) { engine.stopCode(0) == "ledger-gap" && engine.stopCode(1) == "ledger-gap" }
        for partition: Int32 in [0, 1] { #expect(world.facts(partition).count == 2) }
    }

    /// Owner and broker died, and the committed transaction has its end in the group, not in the ledger: the next owner ends it as the
    /// claim tells. What the other producer had open at the same time is given up.
    @Test(arguments: [true, false]) func aRestoreEndsADeadOwnersCommittedTransaction(isAnotherOpen: Bool) {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetting = .logs(0)
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        world.run(engine) { engine.task(0)!.state.values.seq == 2 && engine.task(1)!.state.values.seq == 2 }
        if isAnotherOpen {
            world.kafka.forgetsEnds = true
            engine.fail(.commit, [.unknown(isCommitted: nil)])
            for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 8) }
            world.run(engine) { engine.worker.status().counters.unknownOutcomes == 1 }
        }
        engine.source.expel()
        world.kafka.expireAll()
        world.kafka.forgetsEnds = false
        let other = world.engine("two", [0, 1])
        settleAndCheck(world, other, facts: isAnotherOpen ? 3 : 2)
    }

    /// The owner is dead, its last transaction has no end: fencing alone does not bring one, and the restore would wait for ever.
    @Test func aRestoreGivesADeadOwnersTransactionAnEnd() {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetsEnds = true
        engine.fail(.commit, [.unknown(isCommitted: false)])
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        world.run(engine) { engine.worker.status().counters.unknownOutcomes == 1 }
        engine.source.expel()
        world.kafka.forgetsEnds = false
        let other = world.engine("two", [0, 1])
        settleAndCheck(world, other, facts: 2)
    }

    /// A worker loses its partitions, and is given them again before anybody else was: nobody but itself can end what its life before has
    /// left. Without the look into it, the restore waits for ever.
    @Test(arguments: [nil, 0, 1, -1] as [Int32?], [true, false])
    func whatAWorkerLeftBeforeALossGetsItsEnd(partition: Int32?, isCommitted: Bool) {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetting = partition.map { $0 < 0 ? .offsets : .logs($0) } ?? .all
        // Of one that is refused no offset was sent.
        let isRefused = !isCommitted && partition != -1
        if !isCommitted { engine.fail(.commit, [isRefused ? .answer(.notMember(fault)) : .unknown(isCommitted: false)]) }
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        let before = engine.worker.status().counters
        world.run(engine) {
            let now = engine.worker.status().counters
            return isCommitted
                ? now.transactions > before.transactions : isRefused ? now.aborts > before.aborts : now.unknownOutcomes == 1
        }
        world.kafka.forgetsEnds = false
        engine.source.expel()
        engine.source.announceLoss([0, 1])
        world.run(engine) { engine.task(0) == nil && engine.task(1) == nil }
        engine.source.assign([1])
        world.run(engine, turns: 50)
        engine.source.assign([0])
        settleAndCheck(world, engine, facts: 2)
        #expect(engine.worker.status().counters.seals > 0 && engine.worker.status().counters.rollbacks == 0)
    }

    /// While the broker goes on forgetting, nothing is begun.
    @Test func nothingGoesOnBeforeTheEndIsWritten() {
        let world = StreamWorld(partitions: 2)
        let engine = started(world)
        world.kafka.forgetsEnds = true
        engine.fail(.commit, [.answer(.mustAbort(fault))])
        let before = engine.worker.status().counters.transactions
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        world.run(engine, turns: 2_000)
        #expect(engine.worker.status().counters.seals > 1 && engine.worker.commits.state != .idle)
        #expect(engine.worker.status().counters.transactions == before)
        world.kafka.forgetsEnds = false
        settleAndCheck(world, engine, facts: 2)
    }

    private func started(_ world: StreamWorld) -> TestEngine {
        let engine = world.engine("one", [0, 1])
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 100) }
        world.settle(engine)
        return engine
    }

    private func settleAndCheck(_ world: StreamWorld, _ engine: TestEngine, facts: Int) {
        // Only what runs is waited for, and partitions may be restored in between.
        for _ in 0..<3 {
            world.run(engine) {
                engine.isRunning(0) && engine.isRunning(1) && engine.worker.commits.state == .idle
                    && engine.worker.outages == engine.worker.outagesSettled
            }
            world.settle(engine)
        }
        for partition: Int32 in [0, 1] {
            world.checkLedger(partition)
            #expect(world.facts(partition).count == facts)
            #expect(world.restoredDigest(partition) == world.replayedDigest(partition))
        }
    }
}
