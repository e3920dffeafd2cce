import StockCore
import StockWire
import Testing

@testable import StockStream

/// A process that follows the partitions of others: what it has is what they have, and a takeover reads next to nothing.
@Suite struct StandbyTests {
    private func makeWorld(partitions: Int32 = 1, _ change: (inout WorkerOptions) -> Void = { _ in }) -> StreamWorld {
        StreamWorld(partitions: partitions) {
            $0.checkpointRecordsPerTransaction = 6
            $0.checkpointIntervalMilliseconds = 0
            $0.checkpointLeastAgeMilliseconds = 0
            $0.batchRecords = 7
            change(&$0)
        }
    }

    /// Some of everything, while `others` look on.
    private func trade(
        _ world: StreamWorld, _ engine: TestEngine, rounds: Int = 12, others: [TestEngine], partition: Int32 = 0, catchesUp: Bool = true
    ) {
        for round in 0..<rounds {
            for index in 0..<4 {
                let sku = world.sku(partition, index)
                world.receive(sku, 10, id: round % 5 == 4 ? "again\(index)" : nil)
                world.hold(sku, "h\(world.clock.wallMilliseconds())\(round)", 2, ttl: round % 3 == 0 ? 1 : 6_000)
                world.send("sale", sku, "\"location\":\"W1\",\"quantity\":1,\"orderLine\":\"o\(world.clock.wallMilliseconds())\(index)\"")
                world.hold(sku, "big\(round)", 100_000)
            }
            for _ in 0..<6 {
                world.run(engine, turns: 1)
                for other in others { other.standby!.step() }
            }
            world.clock.advance(milliseconds: 700)
        }
        world.settle(engine)
        if catchesUp { for other in others { other.standby!.catchUp() } }
    }

    /// Applies a fact that the owner has not: a gap in the input, from the next offset as it is.
    private func tamper(_ other: TestEngine, _ gap: (Int64) -> Range<Int64>) {
        other.standby!.standby.withState(0) { state in
            state.begin()
            var fact = Fact()
            var transitions = TransitionBuffer()
            let range = gap(state.values.next)
            state.makeGap(from: range.lowerBound, to: range.upperBound, reason: Key(text: "x")!, into: &fact)
            state.apply(&fact, transitions: &transitions)
            state.commit()
        }
    }

    @Test func itHasWhatTheOwnerHas() {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, others: [other])
        #expect(other.standby!.dropped.isEmpty)
        #expect(other.standby!.standby.followed.map(\.seq) == [owner.task(0)!.state.values.seq])
        world.run(owner, turns: 20)
        other.standby!.catchUp()
        #expect(owner.task(0)!.state.oldestUnwrittenSKU < 0)
        let followed = other.standby!.standby.withState(0) { ($0.oldestUnwrittenSKU, $0.digest, $0.redo.seq) }!
        #expect(followed.0 < 0, "what the owner's checkpoint has does not wait here")
        #expect(followed.1 == owner.task(0)!.state.digest)
        #expect(other.standby!.digest() == world.replayedDigest())
        #expect(world.kafka.fenced.isEmpty)
    }

    /// It begins in the middle, behind a checkpoint of many parts.
    @Test func itLoadsWhatIsThere() {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        trade(world, owner, others: [])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, rounds: 5, others: [other])
        #expect(other.standby!.dropped.isEmpty)
        #expect(other.standby!.digest() == world.replayedDigest())
    }

    /// The owner goes on between any two looks: what a reader meets behind the end as it was is not lost.
    @Test func itLoadsBesideALivingOwner() {
        let world = makeWorld { $0.batchRecords = 100 }
        let owner = world.engine("one", [0])
        trade(world, owner, rounds: 4, others: [])
        let other = world.engine("two", standsBy: true)
        for _ in 0..<200 where other.standby!.standby.followed.isEmpty {
            for index in 0..<3 { world.receive(world.sku(0, index), 1) }
            world.run(owner, turns: 1)
            other.standby!.step()
        }
        trade(world, owner, rounds: 1, others: [other])
        #expect(other.standby!.dropped.isEmpty)
        #expect(other.standby!.digest() == world.replayedDigest())
    }

    /// The ends of a transaction are not written everywhere at once: a checkpoint may be seen before the facts that it stands behind.
    @Test func aCheckpointAheadOfTheLedgerIsWaitedFor() {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        trade(world, owner, rounds: 4, others: [])
        owner.worker.drain()
        world.run(owner) { owner.worker.isFinished }
        let other = world.engine("two", standsBy: true)
        let log = world.kafka.log(OutputTopic.ledger, 0)
        other.standby!.source.ledgerLimit = log.end - 8
        for _ in 0..<200 { other.standby!.step() }
        #expect(other.standby!.standby.followed.isEmpty)
        other.standby!.source.ledgerLimit = nil
        other.standby!.catchUp()
        #expect(other.standby!.dropped.isEmpty)
        #expect(other.standby!.digest() == world.replayedDigest())
    }

    /// Between the end of the checkpoint that was loaded and the facts that are reached at last lies a lot of it: all of that comes late.
    @Test(arguments: [6, 100]) func whatIsWrittenDuringALongLoadComesLate(batchRecords: Int) {
        let world = makeWorld { $0.batchRecords = batchRecords }
        let owner = world.engine("one", [0])
        trade(world, owner, rounds: 6, others: [])
        let other = world.engine("two", standsBy: true)
        other.standby!.source.silent = .ledger
        trade(world, owner, rounds: 8, others: [other], catchesUp: false)
        other.standby!.source.silent = nil
        trade(world, owner, rounds: 2, others: [other])
        #expect(other.standby!.dropped.isEmpty, "\(other.standby!.drops)")
        #expect(other.standby!.digest() == world.replayedDigest())
    }

    /// Only the last mark outlives a compaction: what stands before it is of several parts.
    @Test func aCheckpointThatWasCompactedMeanwhileIsTaken() {
        let world = makeWorld { $0.batchRecords = 100 }
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, rounds: 2, others: [other])
        other.standby!.source.silent = .state
        trade(world, owner, rounds: 4, others: [other])
        // Changed again, and not written any more.
        owner.worker.drain()
        let sku = world.sku(0, 1)
        world.run(owner) { owner.worker.isFinished }
        let log = world.kafka.log(OutputTopic.state, 0)
        let old = log.committedRecords.last { $0.record.key?.first == RecordKind.sku.rawValue }!.record
        let third = world.engine("three", [0])
        world.receive(sku, 1)
        trade(world, third, rounds: 1, others: [other])
        let mark = log.committedRecords.last { $0.record.key?.first == RecordKind.mark.rawValue }!.record
        log.append(old)
        log.append(mark)
        other.standby!.source.silent = nil
        other.standby!.catchUp()
        #expect(other.standby!.dropped.isEmpty, "\(other.standby!.drops)")
        #expect(other.standby!.digest() == world.replayedDigest())
    }

    @Test(arguments: [1, 3]) func aTakeoverReadsTheRestOfTheLedgerAlone(patience: Int) {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        other.standby!.patience = patience
        trade(world, owner, others: [other])
        // The last facts come after the standby has looked for the last time.
        for index in 0..<5 { world.receive(world.sku(0, index), 1) }
        world.settle(owner)
        owner.source.expel()
        other.source.assign([0])
        #expect(world.run(other, most: 50) { other.isRunning(0) })
        #expect(!other.restore.opened.contains { $0.topic == .state })
        #expect(other.task(0)!.restore.facts == 5)
        trade(world, other, rounds: 4, others: [])
        world.checkLedger()
        world.settleView(other)
        world.checkWatermark()
        other.worker.drain()
        world.run(other) { other.worker.isFinished }
        #expect(world.restoredDigest() == world.replayedDigest())
        #expect(world.restoredDigest(source: FakeRestore(world.kafka)) == world.replayedDigest())
    }

    /// The owner has died with a transaction open: the same fencing as ever, then the rest.
    @Test func aDeadOwnerIsFenced() {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, others: [other])
        owner.fail(.commit, [.unknown(isCommitted: nil)])
        world.receive(world.sku(0), 1)
        world.run(owner, turns: 1)
        owner.source.expel()
        other.standby!.catchUp()
        other.source.assign([0])
        #expect(world.run(other, most: 300) { other.isRunning(0) })
        #expect(world.kafka.fenced.count == 1)
        #expect(!other.restore.opened.contains { $0.topic == .state })
        world.settle(other)
        world.checkLedger()
        #expect(world.restoredDigest() == world.replayedDigest())
    }

    /// A partition that is taken away and comes back finds its state, and what the other has done meanwhile.
    @Test(arguments: [true, false]) func whatIsGivenBackIsFollowed(isFollowedAtOnce: Bool) {
        let world = makeWorld(partitions: 2)
        let one = world.engine("one", [0, 1], standsBy: true)
        let two = world.engine("two", standsBy: true)
        trade(world, one, others: [])
        one.source.revoke([0])
        world.run(one, turns: 3)
        two.source.assign([0])
        world.run(two) { two.isRunning(0) }
        if isFollowedAtOnce { one.standby!.catchUp() }
        trade(world, two, rounds: 5, others: isFollowedAtOnce ? [one] : [])
        let opened = one.standby!.source.opened.count { $0.topic == .state && $0.offset == 0 }
        #expect(opened == 0, "the state is there")
        two.source.revoke([0])
        world.run(two, turns: 3)
        one.source.assign([0])
        #expect(world.run(one, most: 100) { one.isRunning(0) })
        #expect(one.task(0)!.restore.isWarm)
        trade(world, one, rounds: 3, others: [two])
        #expect(two.standby!.dropped.isEmpty && one.standby!.dropped.isEmpty)
        #expect(two.standby!.digest(0) == world.replayedDigest(0))
        world.checkLedger()
        #expect(world.restoredDigest() == world.replayedDigest())
    }

    /// A SKU that changes in every transaction: what has ended of it does not pile up.
    @Test func whatHasEndedOfAHotSKUIsForgotten() {
        let world = makeWorld { $0.batchRecords = 100 }
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        let sku = world.sku(0)
        world.receive(sku, 10_000)
        for round in 0..<60 {
            world.hold(sku, "h\(round)", 1)
            world.send("release", sku, "\"hold\":\"h\(round)\"")
            world.run(owner, turns: 1)
            other.standby!.step()
        }
        let waiting = other.standby!.standby.withState(0) { Int($0.sku($0.findSKU(Key(text: sku)!)).dirtyCount) }!
        #expect(waiting < 10, "\(waiting) records wait to be written")
        #expect(other.standby!.dropped.isEmpty)
    }

    /// A part of the owner's checkpoint that comes late, or is not seen at all, is made up for by the next mark.
    @Test func partsThatComeLateCount() {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, others: [other])
        let standby = other.standby!
        standby.source.silent = .state
        trade(world, owner, rounds: 3, others: [other])
        standby.source.silent = nil
        world.run(owner, turns: 20)
        standby.catchUp()
        #expect(standby.standby.withState(0) { $0.oldestUnwrittenSKU } == -1)
        #expect(standby.dropped.isEmpty)
        #expect(standby.digest() == world.replayedDigest())
    }

    /// The facts come later than the checkpoint: no more of it is read ahead than the limit says.
    @Test func theCheckpointIsReadAheadUpToALimit() {
        let world = makeWorld { $0.standbyHeaders = 3 }
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, others: [other])
        let standby = other.standby!
        standby.source.silent = .ledger
        trade(world, owner, rounds: 3, others: [other])
        #expect(standby.standby.headersAhead == 3)
        standby.source.silent = nil
        standby.catchUp()
        #expect(standby.standby.headersAhead == 0)
        #expect(standby.dropped.isEmpty)
        #expect(standby.digest() == world.replayedDigest())
    }

    /// A state that is far behind is thrown away where its checkpoint is sooner read.
    @Test(arguments: [true, false]) func whatIsTooFarBehindIsReadFromTheCheckpoint(isTooFar: Bool) {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, others: [other])
        trade(world, owner, rounds: 2, others: [])
        owner.source.expel()
        let left = world.kafka.log(OutputTopic.ledger, 0).end - other.standby!.standby.positions[0]!
        var options = other.worker.options
        #expect(left > 0)
        options.standbyFacts = left - (isTooFar ? 1 : 0)
        let taken = other.standby!.take(0)
        guard case .ready(let followed) = taken else { return #expect(Bool(false), "\(taken)") }
        let context = RestoreContext(
            nowMonotonic: 0, nowWall: world.clock.wallMilliseconds(), options: options, ownIDs: ["x", "y"])
        followed.task.restore.state = 0..<1
        followed.task.restore.ledger = 0..<world.kafka.log(OutputTopic.ledger, 0).end
        _ = followed.task.locateWarmLedger(other.restore, context)
        #expect(followed.task.restore.isWarm == !isTooFar)
    }

    @Test func whoStandsByJoinsWithTheStates() {
        let rule = EntranceRule(nowMilliseconds: 5)
        let limit = 5 + EntranceRule.limitMilliseconds
        #expect(rule.action(isWhole: false, members: 0, nowMilliseconds: 5) == .join, "nobody works meanwhile")
        #expect(rule.action(isWhole: false, members: 1, nowMilliseconds: 5) == .load)
        #expect(rule.action(isWhole: false, members: nil, nowMilliseconds: 5) == .ask)
        #expect(rule.action(isWhole: true, members: 1, nowMilliseconds: 6) == .join)
        #expect(rule.action(isWhole: false, members: 1, nowMilliseconds: limit - 1) == .load)
        #expect(rule.action(isWhole: false, members: 1, nowMilliseconds: limit) == .joinIncomplete)
        #expect(rule.action(isWhole: false, members: nil, nowMilliseconds: limit) == .joinIncomplete)
    }

    /// What goes wrong again and again is tried less and less often.
    @Test func aPartitionThatCannotBeFollowedIsLeftAlone() {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, others: [])
        world.kafka.log(OutputTopic.state, 0).append(FakeRecord(key: nil, value: nil, timestamp: 1))
        let standby = other.standby!
        for _ in 0..<20 { standby.step() }
        var pause = Standby<FakeRestore>.retryMilliseconds
        for round in 1...8 {
            #expect(standby.dropped.count == round)
            world.clock.advance(milliseconds: pause - 100)
            for _ in 0..<20 { standby.step() }
            #expect(standby.dropped.count == round, "not yet")
            world.clock.advance(milliseconds: 200)
            for _ in 0..<20 { standby.step() }
            pause = min(pause * 2, Standby<FakeRestore>.longestRetryMilliseconds)
        }
    }

    /// The owner's checkpoint says something else than the facts: nobody takes over with such a state.
    @Test func anOwnerThatDiffersIsNotFollowed() {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, others: [other])
        tamper(other) { _ in 0..<0 }
        trade(world, owner, rounds: 3, others: [other])
        #expect(other.standby!.dropped == ["differs"])
        #expect(other.standby!.standby.followed.isEmpty)
        world.clock.advance(milliseconds: Standby<FakeRestore>.retryMilliseconds)
        other.standby!.catchUp()
        #expect(other.standby!.digest() == world.replayedDigest())
    }

    /// A header that its owner would not have written.
    @Test func everyHeaderIsCompared() {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, others: [other])
        let log = world.kafka.log(OutputTopic.state, 0)
        let header = log.committedRecords.last { $0.record.key?.first == RecordKind.sku.rawValue }!.record
        let mark = log.committedRecords.last { $0.record.key?.first == RecordKind.mark.rawValue }!.record
        var value = Array(header.value!)
        value[value.count - 1] ^= 1
        value.withUnsafeBytes { log.append(FakeRecord(key: header.key, value: $0, timestamp: 1)) }
        log.append(mark)
        other.standby!.catchUp()
        #expect(other.standby!.dropped == ["differs"])
    }

    /// `state rebuild` with the group stopped, while an engine that was expelled looks on.
    @Test func aCheckpointThatBeginsAnewIsLoadedAnew() {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, others: [other])
        var key = ByteBuffer(capacity: 16)
        var value = ByteBuffer(capacity: 16)
        StateEncoder.encodeAnew(key: &key, value: &value)
        world.kafka.log(OutputTopic.state, 0).append(FakeRecord(key: key.bytes, value: value.bytes, timestamp: 1))
        other.standby!.catchUp()
        #expect(other.standby!.dropped == ["anew"])
    }

    /// A state that does not fit the claim is thrown away, and the checkpoint is read.
    @Test func aStateThatFailsTheChecksIsNotUsed() {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, others: [other])
        tamper(other) { $0..<$0 + 3 }
        owner.source.expel()
        other.source.assign([0])
        #expect(world.run(other, most: 300) { other.isRunning(0) })
        #expect(other.notices.contains { if case .standbyDiscarded = $0 { true } else { false } })
        #expect(other.restore.opened.contains { $0.topic == .state })
        world.settle(other)
        world.checkLedger()
        #expect(world.restoredDigest() == world.replayedDigest())
    }

    /// The ledger was truncated or made anew under it.
    @Test func anotherLedgerIsReadFromTheCheckpoint() {
        let world = makeWorld()
        let owner = world.engine("one", [0])
        let other = world.engine("two", standsBy: true)
        trade(world, owner, others: [other])
        let log = world.kafka.log(OutputTopic.ledger, 0)
        trade(world, owner, rounds: 2, others: [])
        log.start = log.end - 3
        owner.worker.drain()
        world.run(owner) { owner.worker.isFinished }
        other.source.assign([0])
        #expect(world.run(other, most: 300) { other.isRunning(0) })
        #expect(other.restore.opened.contains { $0.topic == .state })
    }

    /// A clean stop where others stand by leaves the tail to them.
    @Test(arguments: [true, false]) func aCleanStopLeavesTheTailToOthers(standsBy: Bool) {
        let world = makeWorld(partitions: 2) {
            $0.handoverFacts = 5
            $0.checkpointIntervalMilliseconds = 1_000_000
        }
        let owner = world.engine("one", [0], standsBy: standsBy)
        trade(world, owner, rounds: 3, others: [])
        let before = world.kafka.log(OutputTopic.state, 0).committedRecords.count
        owner.worker.drain()
        world.run(owner) { owner.worker.isFinished }
        let after = world.kafka.log(OutputTopic.state, 0).committedRecords.count
        #expect((after == before) == standsBy)
        #expect(world.restoredDigest() == world.replayedDigest())
    }
}
