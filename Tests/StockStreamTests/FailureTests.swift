import StockCore
import Testing

@testable import StockStream

private let fault = FakeSink.error("_TIMED_OUT")

/// Transactions that fail, at every call and in every way: all is undone, and the same input is applied once afterwards.
@Suite struct FailureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var call: SinkCall
        var result: SinkResult
        var times = 1
        var testDescription: String { "\(call) \(result) \(times)" }
    }

    static let cases: [Case] = {
        var cases: [Case] = []
        for call in [SinkCall.begin, .produce(.ledger), .commit] {
            for result in [SinkResult.mustAbort(fault), .notMember(fault), .fenced(fault), .fatal(fault)] {
                cases.append(Case(call: call, result: result))
                cases.append(Case(call: call, result: result, times: 3))
            }
        }
        cases.append(Case(call: .begin, result: .unknown(fault)))
        cases.append(Case(call: .produce(.ledger), result: .unknown(fault)))
        cases.append(Case(call: .produce(.ledger), result: .retry(fault), times: 2))
        cases.append(Case(call: .produce(.ledger), result: .retry(fault), times: 7))
        cases.append(Case(call: .commit, result: .retry(fault), times: 3))
        cases.append(Case(call: .commit, result: .retry(fault), times: 7))
        cases.append(Case(call: .initialize, result: .retry(fault), times: 3))
        cases.append(Case(call: .initialize, result: .fatal(fault), times: 3))
        return cases
    }()

    /// Fails without `undo` of any task of the transaction, without the rewind, or where a producer is used that was not rebuilt.
    @Test(arguments: cases) func everythingIsUndoneAndAppliedOnceLater(case given: Case) {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        for partition: Int32 in [0, 1] {
            world.receive(world.sku(partition), 100)
            world.hold(world.sku(partition), "h", 5, ttl: 1)
        }
        world.settle(engine)
        engine.fail(given.call, Array(repeating: .answer(given.result), count: given.times))
        if given.call == .initialize { for sink in engine.sinks { engine.worker.rebuild(sink.transactionalID.hasSuffix("a") ? 0 : 1) } }
        for partition: Int32 in [0, 1] {
            world.receive(world.sku(partition), 7)
            world.hold(world.sku(partition), "h2", 5)
            world.receive(world.sku(partition, 1), 7)
        }
        world.clock.advance(milliseconds: 2_000)
        world.settle(engine)
        world.run(engine, turns: 30)
        for partition: Int32 in [0, 1] {
            world.checkLedger(partition)
            #expect(world.facts(partition).map(\.kind).filter { $0 != .expire }.count == 5)
            #expect(world.facts(partition).filter { $0.kind == .expire }.count == 1)
            #expect(world.restoredDigest(partition) == world.replayedDigest(partition))
        }
    }

    /// A client library that goes on with a producer that the broker has forgotten. Without the rebuild after some aborts in a row nothing
    /// is ever committed again.
    @Test func aProducerThatOnlyAbortsIsReplaced() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        for sink in engine.sinks {
            sink.fault = { [unowned sink] call in call == .commit && sink.rebuilds == 0 ? .answer(.mustAbort(fault)) : nil }
        }
        world.receive("S", 1)
        world.run(engine, turns: 1)
        #expect(engine.worker.status().trouble == fault.description)
        world.run(engine, turns: 200)
        #expect(engine.worker.status().trouble == nil)
        #expect(world.facts(0).count == 1)
        #expect(engine.worker.status().counters.producersRebuilt > 0)
        world.checkLedger()
    }

    /// A broker that forgets producers sooner than the longest pause lasts. Fails where a producer is initialised before the pause, or
    /// where its turn is not the next: it would be forgotten again, for ever.
    @Test func producersThatAreForgottenWithinAPause() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 1)
        world.settle(engine)
        for sink in engine.sinks {
            var usedAt = world.clock.monotonicMicroseconds()
            sink.fault = { [clock = world.clock] call in
                let isForgotten = clock.monotonicMicroseconds() - usedAt > 1_500_000
                guard call == .initialize || call == .commit && !isForgotten else {
                    return call == .commit ? .answer(.fatal(FakeSink.error("INVALID_PRODUCER_ID_MAPPING"))) : nil
                }
                usedAt = clock.monotonicMicroseconds()
                return nil
            }
        }
        for _ in 0..<12 {
            engine.worker.pause()
            world.clock.advance(milliseconds: 3_000)
        }
        world.receive("S", 1)
        world.settle(engine)
        #expect(world.facts().count == 2)
        world.checkLedger()
    }

    /// A producer can't be had for a while, and then it can, and no input comes whose commit would show it: all is well again.
    @Test func anIdleWorkerThatGetsItsProducerIsWell() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 1)
        world.run(engine, turns: 200)
        for sink in engine.sinks {
            var left = 3
            sink.fault = { call in
                guard call == .initialize, left > 0 else { return nil }
                left -= 1
                return .answer(.retry(fault))
            }
        }
        engine.worker.rebuild(0)
        engine.worker.rebuild(1)
        world.run(engine, turns: 1)
        #expect(engine.worker.status().trouble == fault.description)
        world.run(engine, turns: 100)
        #expect(engine.worker.status().trouble == nil)
    }

    /// The abort itself fails as well: the producer is rebuilt, and its initialisation ends what is open.
    @Test func anAbortThatFailsLeavesNothingOpen() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        for sink in engine.sinks {
            var left = 2
            sink.fault = { call in
                guard call == .commit || call == .abort, left > 0 else { return nil }
                left -= 1
                return .answer(.mustAbort(fault))
            }
        }
        world.receive("S", 1)
        world.settle(engine)
        #expect(world.kafka.log(RestoreTopic.ledger, 0).lastStableOffset == world.kafka.log(RestoreTopic.ledger, 0).end)
        #expect(engine.worker.status().counters.producersRebuilt > 0)
        world.checkLedger()
    }

    /// What the state says after an abort is what it said before the transaction, of every task.
    @Test func anAbortLeavesNoTrace() throws {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        for partition: Int32 in [0, 1] {
            world.receive(world.sku(partition), 100)
            world.hold(world.sku(partition), "h", 5, ttl: 1)
        }
        world.settle(engine)
        let tasks = engine.worker.heldTasks
        let values = tasks.map { $0.state.values }
        let redo = tasks.map { $0.state.redo.seq }
        let claims = tasks.map(\.claim)
        engine.fail(.commit, [.answer(.mustAbort(fault))])
        for partition: Int32 in [0, 1] { world.receive(world.sku(partition, 1), 3) }
        world.run(engine) { engine.worker.status().counters.aborts == 1 }
        #expect(tasks.map({ $0.state.values }) == values)
        #expect(tasks.map({ $0.state.redo.seq }) == redo)
        #expect(tasks.map(\.claim) == claims)
        #expect(tasks.allSatisfy { !$0.isTouched })
        #expect([0, 1].allSatisfy { !engine.source.isDelivering($0) }, "paused")
        world.settle(engine)
        for partition: Int32 in [0, 1] { world.checkLedger(partition) }
    }

    /// A fault in the record itself: it is found, dead-lettered after so many aborts alone, and its neighbours are applied in order.
    @Test(arguments: [0, 1, 17, 39]) func aRecordThatAbortsIsIsolated(position: Int) {
        let world = StreamWorld(partitions: 2) { $0.batchRecords = 16 }
        let engine = world.engine("one", [0, 1])
        for sink in engine.sinks {
            sink.inspect = { topic, value in
                guard topic == .ledger, let value, String(decoding: value, as: UTF8.self).contains("poison") else { return nil }
                return .mustAbort(FakeSink.error("MSG_SIZE_TOO_LARGE"))
            }
        }
        for index in 0..<40 {
            if index == position {
                world.send("receive", world.sku(0), "\"location\":\"W1\",\"quantity\":1,\"receipt\":\"poison\"")
            } else {
                world.receive(world.sku(0), 1)
            }
            world.receive(world.sku(1), 1)
        }
        world.settle(engine)
        let outcomes = world.facts(0).map(\.outcome)
        #expect(outcomes.count == 40 && outcomes[position] == .deadLettered)
        #expect(outcomes.filter { $0 == .accepted }.count == 39)
        #expect(world.facts(1).allSatisfy { $0.outcome == .accepted } && world.facts(1).count == 40)
        for partition: Int32 in [0, 1] { world.checkLedger(partition) }
        let letters = [0, 1].map { world.kafka.log(OutputTopic.deadLetters, $0).committedRecords.count }
        #expect(letters.reduce(0, +) == 1)
        for _ in 0..<4 {
            world.receive(world.sku(1), 1)
            world.settle(engine)
        }
        #expect(engine.worker.batchLimit == 16, "turns are as large as before")
    }

    /// A broker that is away for long is no reason to dead-letter anything.
    @Test func aBrokerThatIsAwayDeadLettersNothing() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        for _ in 0..<10 { world.receive("S", 1) }
        engine.fail(.commit, Array(repeating: .answer(.mustAbort(fault)), count: 30))
        world.settle(engine)
        #expect(world.facts().map(\.outcome) == Array(repeating: .accepted, count: 10))
        world.checkLedger()
    }

    // MARK: Unknown outcomes

    enum Content: CaseIterable { case input, timers, checkpoint, claim }

    /// Exactly one application, whatever was in the transaction. With timers or a checkpoint alone the offset stays, and with a checkpoint
    /// or a claim
    /// `seq` does too: fails where either decides instead of the commit number.
    @Test(arguments: Content.allCases, [true, false, nil])
    func anUnknownOutcomeIsSettledByTheClaim(content: Content, isCommitted: Bool?) {
        let world = StreamWorld(partitions: 2) { $0.checkpointIntervalMilliseconds = content == .checkpoint ? 100 : 1_000_000 }
        let engine = content == .claim ? TestEngine(world, name: "one") : world.engine("one", [0, 1])
        if content != .claim {
            for partition: Int32 in [0, 1] {
                world.receive(world.sku(partition), 100)
                world.hold(world.sku(partition), "h", 5, ttl: 10)
            }
            world.settle(engine)
        }
        engine.fail(.commit, [.unknown(isCommitted: isCommitted)])
        switch content {
        case .input: for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) }
        case .timers: world.clock.advance(milliseconds: 11_000)
        case .checkpoint: world.clock.advance(milliseconds: 101)
        case .claim: engine.source.assign([0, 1])
        }
        var batches = 0
        world.run(engine) {
            if engine.worker.unsettled.isEmpty { batches = engine.view.batches.count }
            return engine.worker.status().counters.unknownOutcomes == 1
        }
        #expect(engine.view.batches.count <= batches + 1, "nothing of it is projected while it is not known")
        world.settle(engine)
        if content == .claim { for partition: Int32 in [0, 1] { world.receive(world.sku(partition), 7) } }
        world.run(engine) { engine.isRunning(0) && engine.isRunning(1) }
        world.settle(engine)
        world.run(engine, turns: 30)
        #expect(engine.notices.contains { if case .settled(isCommitted ?? false) = $0 { true } else { false } })
        for partition: Int32 in [0, 1] {
            world.checkLedger(partition)
            let facts = world.facts(partition)
            switch content {
            case .input: #expect(facts.count == 3)
            case .timers: #expect(facts.map(\.kind) == [.receive, .hold, .expire])
            case .checkpoint: #expect(world.kafka.log(OutputTopic.state, partition).committedRecords.count > 3)
            case .claim: #expect(facts.count == 1)
            }
            #expect(world.restoredDigest(partition) == world.replayedDigest(partition))
        }
        #expect(world.settleView(engine))
    }

    /// While the outcome is unknown another owner came: what is there is its, and nothing of ours is kept or projected.
    @Test(arguments: [true, false]) func anUnknownOutcomeOfWhatIsAnothersNow(isCommitted: Bool) {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 100)
        world.settle(engine)
        engine.fail(.commit, [.unknown(isCommitted: isCommitted)])
        world.receive("S", 7)
        world.run(engine) { engine.worker.status().counters.unknownOutcomes == 1 }
        engine.source.expel()
        let other = world.engine("two", [0])
        world.settle(other)
        world.run(engine, turns: 20)
        #expect(engine.task(0)!.state.values.seq == 1, "undone")
        engine.source.announceLoss([0])
        world.run(engine, turns: 3)
        #expect(engine.task(0) == nil)
        #expect(world.facts().count == 2)
        world.checkLedger()
    }

    /// A producer that dies while the outcome is settled is rebuilt. Fails where only `done` is looked at: the worker would stand still for
    /// ever.
    @Test func aProducerThatDiesWhileSettlingIsRebuilt() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 7)
        for sink in engine.sinks {
            var isUnknown = true
            var isDead = false
            sink.fault = { call in
                if call == .commit && isUnknown {
                    isUnknown = false
                    isDead = true
                    return .unknown(isCommitted: true)
                }
                if call == .initialize && isDead {
                    isDead = false
                    return .answer(.fatal(fault))
                }
                return nil
            }
        }
        let rebuilds = engine.sinks.map(\.rebuilds).reduce(0, +)
        world.settle(engine)
        world.run(engine) { engine.worker.commits.state == .idle }
        #expect(engine.sinks.map(\.rebuilds).reduce(0, +) >= rebuilds + 2)
        world.checkLedger()
    }
}
