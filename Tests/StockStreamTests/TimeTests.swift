import StockCore
import Testing

@testable import StockStream

/// Log time, and what fires by it (DESIGN 4.2).
@Suite struct TimeTests {
    /// Fails without `expireBefore`: the new hold would be refused for units that nobody holds any more.
    @Test func dueHoldsOfTheSKUEndBeforeItsEvent() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 10)
        world.hold("S", "h1", 10, ttl: 60)
        world.settle(engine)
        let later = world.clock.wallMilliseconds() + 61_000
        world.clock.advance(milliseconds: 61_000)
        world.hold("S", "h2", 10, timestamp: later)
        // One turn only: the backlog is not read to its end when the hold is decided.
        world.settle(engine)
        #expect(world.facts().map(\.kind) == [.receive, .hold, .expire, .hold])
        #expect(world.facts().last?.outcome == .accepted)
        world.checkLedger()
    }

    /// However many SKUs a turn touches. Fails where the limit of a turn's timers holds for these too.
    @Test func dueHoldsEndBeforeTheirEventInALargeTurnToo() {
        let world = StreamWorld { $0.timerFactsPerTurn = 3 }
        let engine = world.engine("one", [0])
        for index in 0..<20 {
            world.receive("S\(index)", 10)
            world.hold("S\(index)", "h\(index)", 10, ttl: 60)
        }
        world.settle(engine)
        world.clock.advance(milliseconds: 61_000)
        for index in 0..<20 { world.hold("S\(index)", "n\(index)", 10) }
        world.settle(engine)
        #expect(world.facts().suffix(40).allSatisfy { $0.outcome != .rejected })
        world.checkLedger()
    }

    /// 2,500 holds of one SKU end at once, in facts of at most 1,000, so many a turn.
    @Test func manyHoldsOfOneSKUEndInBoundedFacts() {
        let world = StreamWorld { $0.timerFactsPerTurn = 1 }
        let engine = world.engine("one", [0])
        world.receive("S", 10_000)
        for index in 0..<2_500 { world.hold("S", "h\(index)", 1, ttl: 60) }
        world.settle(engine)
        world.clock.advance(milliseconds: 61_000)
        world.run(engine, turns: 1)
        #expect(world.facts().filter { $0.kind == .expire }.map(\.items.count) == [1_000], "one in a turn")
        world.run(engine) { engine.task(0)!.state.openHoldCount == 0 }
        world.run(engine, turns: 2)
        #expect(world.facts().filter { $0.kind == .expire }.map(\.items.count) == [1_000, 1_000, 500])
        world.checkLedger()
    }

    /// 2,500 promises that a recall uncovers are named in bounded facts, so many a turn; the engine that takes over in the middle goes on,
    /// and meanwhile nothing is promised that can't be kept.
    @Test func whatARecallUncoversIsNamedTurnByTurn() {
        let world = StreamWorld { $0.timerFactsPerTurn = 1 }
        let engine = world.engine("one", [0])
        world.send("define", "S", "\"lotTracked\":true")
        world.send("receive", "S", "\"location\":\"W1\",\"quantity\":2500,\"receipt\":\"r\",\"lot\":\"L\"")
        for index in 0..<2_500 { world.hold("S", "h\(index)", 1) }
        world.settle(engine)
        world.send("recall", "S", "\"lot\":\"L\",\"reason\":\"notice\"")
        world.run(engine, turns: 1)
        #expect(world.facts().filter { $0.kind == .uncovered }.map(\.items.count) == [1_000], "one in a turn")
        engine.source.expel()
        let other = world.engine("two", [0])
        world.hold("S", "another", 1)
        world.settle(other)
        #expect(world.facts().last { $0.kind == .hold }?.rejection == .insufficientStock)
        world.run(other) { other.task(0)?.state.hasUncoveredToName == false }
        world.run(other, turns: 2)
        let named = world.facts().filter { $0.kind == .uncovered }
        #expect(named.map(\.items.count) == [1_000, 1_000, 500] && named.map(\.total) == [1_500, 500, 0])
        #expect(Set(named.flatMap(\.items).map(\.id)).count == 2_500)
        world.checkLedger()
    }

    /// Holds of many SKUs that nobody pays for, more a turn than the limit of timers: they end in time all the same. Fails where the limit
    /// alone counts.
    @Test func expiryKeepsUpWithTheRecords() {
        let world = StreamWorld { $0.timerFactsPerTurn = 1 }
        let engine = world.engine("one", [0])
        for index in 0..<1_000 { world.receive("S\(index)", 1) }
        world.settle(engine)
        for round in 0..<50 {
            // No SKU twice: nothing but its timer ends a hold.
            for index in round * 20..<round * 20 + 20 { world.hold("S\(index)", "h\(index)", 1, ttl: 1) }
            world.run(engine, turns: 1)
            world.clock.advance(milliseconds: 90)
        }
        #expect(engine.task(0)!.state.openHoldCount < 400, "what was made within a second, and little more")
        world.checkLedger()
    }

    /// Fails where log time moves with the clock while records wait: what was paid in time would find its hold expired.
    @Test func aBacklogIsDecidedByTheTimeOfItsRecords() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 10)
        world.hold("S", "h1", 10, ttl: 60)
        world.settle(engine)
        engine.source.expel()
        // Appended within the hold's time, read an hour later by another engine.
        world.clock.advance(milliseconds: 30_000)
        world.send("commit", "S", "\"hold\":\"h1\",\"orderLine\":\"o1\"")
        world.clock.advance(milliseconds: 3_600_000)
        let other = world.engine("two", [0])
        world.settle(other)
        #expect(world.facts().map(\.kind) == [.receive, .hold, .commit])
        #expect(world.facts().last?.outcome == .accepted)
    }

    /// The end is the high watermark: below an open transaction may stand records that are older. Fails with the last stable offset.
    @Test func timeStandsStillBehindAnOpenTransaction() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 10)
        world.hold("S", "h1", 10, ttl: 60)
        world.settle(engine)
        let open = FakeTransaction(number: 1)
        let value = #"{"id":"x","type":"commit","sku":"S","hold":"h1","orderLine":"o1"}"#
        world.kafka.produce(0, key: "S", value: value, in: open)
        world.clock.advance(milliseconds: 100_000)
        world.run(engine, turns: 20)
        #expect(world.facts().count == 2, "nothing expires while a record may come that is older")
        open.end(in: world.kafka.log(OutputTopic.events, 0), isCommitted: true)
        world.kafka.log(OutputTopic.events, 0).appendMarker()
        world.settle(engine)
        #expect(world.facts().last?.kind == .commit && world.facts().last?.outcome == .accepted)
    }

    /// The marker of a transaction is an offset without a record: the end is reached by position. Fails with the last record's offset.
    @Test func anIdlePartitionExpiresItsHoldsBehindAMarkerToo() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        let transaction = FakeTransaction(number: 1)
        world.receive("S", 10)
        let value = #"{"id":"x","type":"hold","sku":"S","location":"W1","hold":"h","quantity":1,"ttlSeconds":30}"#
        world.kafka.produce(0, key: "S", value: value, in: transaction)
        transaction.end(in: world.kafka.log(OutputTopic.events, 0), isCommitted: true)
        world.kafka.log(OutputTopic.events, 0).appendMarker()
        world.settle(engine)
        world.clock.advance(milliseconds: 31_000)
        world.run(engine, turns: 5)
        #expect(world.facts().last?.kind == .expire)
    }

    /// A wall clock that jumps ahead moves nothing: the smaller of wall clock and base with monotonic time counts.
    @Test func aJumpOfTheWallClockMovesNoTime() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 10)
        world.hold("S", "h1", 10, ttl: 60)
        world.settle(engine)
        world.run(engine, turns: 3)
        engine.clock.errorMilliseconds = 3_600_000
        world.run(engine, turns: 20)
        #expect(world.facts().count == 2)
    }

    /// A worker whose clock is ahead of the stamps of new records says so and stops moving time. Fails without `judgeClock`.
    @Test func aClockThatIsOffStopsTimeAndSaysSo() {
        let world = StreamWorld()
        world.receive("S", 10)
        let engine = TestEngine(world, name: "one")
        engine.source.assign([0])
        world.settle(engine)
        world.run(engine) { engine.isRunning(0) }
        world.run(engine, turns: 3)
        engine.clock.errorMilliseconds = 3_600_000
        world.hold("S", "h1", 10, ttl: 600)
        world.settle(engine)
        world.run(engine, turns: 20)
        #expect(engine.notices.contains { if case .clockOff = $0 { true } else { false } })
        #expect(world.facts().count == 2, "an hour ahead of its time")
        engine.clock.errorMilliseconds = 0
        world.receive("S", 1)
        world.settle(engine)
        world.clock.advance(milliseconds: 601_000)
        world.run(engine, turns: 5)
        #expect(world.facts().last?.kind == .expire, "right again, time moves again")
    }

    /// A worker that stood still sees records that wait since then; its clock is right. Fails where their age alone counts.
    @Test func aStallIsNoClockThatIsOff() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 10)
        world.settle(engine)
        world.run(engine, turns: 3)
        world.hold("S", "h1", 10, ttl: 60)
        world.clock.advance(milliseconds: 20_000)
        world.settle(engine)
        world.clock.advance(milliseconds: 61_000)
        world.run(engine, turns: 5)
        #expect(world.facts().last?.kind == .expire, "an idle partition still expires its holds")
        #expect(!engine.notices.contains { if case .clockOff = $0 { true } else { false } })
    }

    /// A producer's stamp of the year 2100 counts as now, and is counted. Fails without the limit: every hold of the partition would end at
    /// once.
    @Test func aRecordOfTheFarFutureCountsAsNow() {
        let world = StreamWorld()
        world.kafka.isStamping = false
        let engine = world.engine("one", [0])
        world.receive("S", 10)
        world.hold("S", "h1", 10, ttl: 60)
        world.receive("S", 10, timestamp: TimeTests.year2100)
        world.receive("T", 10)
        world.settle(engine)
        #expect(engine.worker.status().counters.futureStamps == 1)
        #expect(world.facts().count == 4)
        #expect(world.facts().allSatisfy { $0.timeMilliseconds <= world.clock.wallMilliseconds() })
        #expect(world.facts().allSatisfy { $0.occurredAtMilliseconds <= world.clock.wallMilliseconds() }, "its own time is none either")
        world.checkLedger()
    }

    private static let year2100: Int64 = 4_102_444_800_000

    /// Such a stamp says nothing about this clock, on an idle partition neither. Fails where a producer's stamps are judges: the clock was
    /// called off until the next record, so the hold stayed.
    @Test func aProducersStampIsNoJudgeOfThisClock() {
        for stamp in [TimeTests.year2100, 0] {
            let world = StreamWorld()
            world.kafka.isStamping = false
            let engine = world.engine("one", [0])
            world.receive("S", 10)
            world.hold("S", "h1", 10, ttl: 60)
            world.settle(engine)
            world.run(engine, turns: 3)
            world.receive("S", 10, timestamp: stamp)
            world.settle(engine)
            #expect(!engine.notices.contains { if case .clockOff = $0 { true } else { false } })
            world.clock.advance(milliseconds: 61_000)
            world.run(engine, turns: 5)
            #expect(world.facts().last?.kind == .expire)
        }
    }

    /// The broker's stamps are the time, where this clock is behind too. Fails where they count as now at most: log time stood still, and
    /// a hold outlived its time by as much.
    @Test func aClockThatIsBehindHoldsNothingUp() {
        let world = StreamWorld()
        let engine = TestEngine(world, name: "one")
        engine.clock.errorMilliseconds = -3_600_000
        engine.source.assign([0])
        world.run(engine) { engine.isRunning(0) }
        world.receive("S", 10)
        world.hold("S", "h1", 10, ttl: 60)
        world.settle(engine)
        world.clock.advance(milliseconds: 61_000)
        world.receive("T", 10)
        world.settle(engine)
        #expect(world.facts().map(\.kind) == [.receive, .hold, .receive, .expire])
        let now = world.clock.wallMilliseconds()
        #expect(world.facts().last.map { now - 2_000...now ~= $0.timeMilliseconds } == true)
        #expect(engine.notices.contains { if case .clockOff = $0 { true } else { false } })
        #expect(engine.worker.status().counters.futureStamps == 0)
        #expect(world.facts().first.map { $0.incarnation > now - 100_000 } == true, "not before the records that it holds")
        world.checkLedger()
    }

    /// A worker that has just started does not know whether its clock is right, and on an idle partition no record tells. Fails where it
    /// moves time before it was compared with the brokers' clock, or though that found it off: the hold ended an hour early.
    @Test func aClockNobodyHasComparedMovesNoTime() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 10)
        world.hold("S", "h1", 10, ttl: 600)
        world.settle(engine)
        engine.source.expel()
        let other = TestEngine(world, name: "two")
        other.clock.errorMilliseconds = 3_600_000
        other.clock.isErrorFound = true
        other.clock.isCompared = false
        other.source.assign([0])
        world.run(other) { other.isRunning(0) }
        world.run(other, turns: 20)
        #expect(world.facts().count == 2 && other.worker.status().tasks.first?.isClockOff == false)
        other.clock.isCompared = true
        world.run(other, turns: 20)
        #expect(world.facts().count == 2 && other.worker.status().tasks.first?.isClockOff == true)
        // What has passed since then counts once the clock is right.
        world.clock.advance(milliseconds: 595_000)
        other.clock.errorMilliseconds = 0
        world.run(other, turns: 20)
        #expect(world.facts().count == 2)
        world.clock.advance(milliseconds: 6_000)
        world.run(other, turns: 5)
        #expect(world.facts().last?.kind == .expire)
        world.checkLedger()
    }

    /// Stamps that fall (producers' clocks): log time does not.
    @Test func logTimeNeverFalls() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        let now = world.clock.wallMilliseconds()
        world.receive("S", 1, timestamp: now)
        world.receive("S", 1, timestamp: now - 60_000)
        world.receive("S", 1, timestamp: 0)
        world.settle(engine)
        #expect(world.facts().map(\.timeMilliseconds) == [now, now, now])
    }
}
