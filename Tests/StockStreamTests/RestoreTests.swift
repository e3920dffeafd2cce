import StockCore
import StockWire
import Testing

@testable import StockStream

/// A takeover: what is read, in which order, and what is refused (DESIGN 4.4).
@Suite struct RestoreTests {
    /// Some of everything: several SKUs, holds that stay, end and are committed, repeats, refusals; checkpoints of a few records each.
    private func busyWorld(_ engine: (StreamWorld) -> TestEngine = { $0.engine("one", [0]) }) -> (StreamWorld, TestEngine) {
        let world = StreamWorld {
            $0.checkpointRecordsPerTransaction = 4
            $0.checkpointIntervalMilliseconds = 0
            $0.batchRecords = 7
        }
        let engine = engine(world)
        for round in 0..<12 {
            for index in 0..<4 {
                let sku = world.sku(0, index)
                world.receive(sku, 10, id: round % 5 == 4 ? "again\(index)" : nil)
                world.hold(sku, "h\(round)", 2, ttl: round % 3 == 0 ? 1 : 6_000)
                if round > 0 { world.send("commit", sku, "\"hold\":\"h\(round - 1)\",\"orderLine\":\"o\(round)\"") }
                if round % 4 == 3 { world.send("release", sku, "\"orderLine\":\"o\(round)\"") }
                world.hold(sku, "big\(round)", 1_000)
            }
            world.run(engine, turns: 6)
            world.clock.advance(milliseconds: 700)
        }
        world.settle(engine)
        return (world, engine)
    }

    @Test func fromNothing() {
        let world = StreamWorld()
        world.receive("S", 1)
        world.receive("S", 1)
        world.kafka.log(OutputTopic.events, 0).start = 1
        let engine = world.engine("one", [0])
        #expect(engine.sinks[0].commits.first?.first?.next == 1, "the claim stands at the input's start")
        world.settle(engine)
        #expect(world.facts().map(\.offset) == [1])
    }

    @Test func fromCheckpointAndTail() {
        let (world, engine) = busyWorld()
        world.checkLedger()
        #expect(world.restoredDigest() == world.replayedDigest())
        engine.worker.drain()
        world.run(engine) { engine.worker.isFinished }
        let second = world.engine("two", [0])
        world.receive(world.sku(0), 1)
        world.settle(second)
        second.source.expel()
        let third = world.engine("three", [0])
        #expect(third.task(0)!.restore.facts == 1)
        #expect(third.restore.opened.contains { $0.topic == .ledger && $0.offset > 0 }, "from where the mark says")
        #expect(world.restoredDigest() == world.replayedDigest())
    }

    /// Whatever transaction of a checkpoint was the last that was written. Fails without a gate of its own for SKUs, id window or values.
    @Test func fromAnyPrefixOfAFuzzyCheckpoint() {
        let (world, _) = busyWorld()
        let expected = world.replayedDigest()
        let log = world.kafka.log(OutputTopic.state, 0)
        var prefixes = 0
        for (offset, entry) in log.entries.enumerated() {
            guard case .marker = entry else { continue }
            prefixes += 1
            #expect(world.restoredDigest(stateLimit: Int64(offset) + 1) == expected, "state topic up to \(offset)")
        }
        #expect(prefixes > 20)
        log.compact()
        #expect(world.restoredDigest() == expected, "compacted")
    }

    /// Behind a backlog the look-up by time finds nothing but the beginning, and the place is found by seq; whatever was written last.
    /// Without that the restore of a partition reads its whole ledger.
    @Test(arguments: [2, 5, 1_000]) func thePlaceInTheLedgerIsFoundBySeq(limit: Int) {
        let (world, engine) = busyWorld()
        // At the end nothing of the ledger is needed; before it everything, as no block of ids was full.
        engine.worker.drain()
        world.run(engine) { engine.worker.isFinished }
        let expected = world.replayedDigest()
        world.options.restoreSearchRecords = limit
        let log = world.kafka.log(OutputTopic.state, 0)
        let facts = world.facts().count
        var read: [Int] = []
        for (offset, entry) in log.entries.enumerated() {
            guard case .marker = entry else { continue }
            let source = FakeRestore(world.kafka)
            source.looksUpTooEarly = true
            source.stateLimit = Int64(offset) + 1
            #expect(world.restoredDigest(source: source) == expected, "state topic up to \(offset)")
            read.append(source.factsRead)
        }
        #expect(read.count > 20 && facts > 100)
        if limit < facts {
            #expect(read.last! <= limit + 10 && read[0] >= facts, "\(read) of \(facts)")
        } else {
            #expect(read.allSatisfy { $0 == facts })
        }
    }

    /// Found by its seq, told with the way out, and other partitions go on. Fails without the checks of `seq`.
    @Test func aMissingLedgerRecordStopsItsTaskOnly() {
        let world = StreamWorld(partitions: 2) { $0.checkpointIntervalMilliseconds = 1_000_000 }
        let engine = world.engine("one", [0, 1])
        for partition: Int32 in [0, 1] { for _ in 0..<10 { world.receive(world.sku(partition), 1) } }
        world.settle(engine)
        engine.source.expel()
        let log = world.kafka.log(OutputTopic.ledger, 0)
        log.remove(at: log.committedRecords[4].offset)
        let other = TestEngine(world, name: "two")
        other.source.assign([0, 1])
        world.run(other) { other.isRunning(1) && other.stopCode(0) != nil }
        #expect(other.stopCode(0) == "ledger-gap")
        world.receive(world.sku(1), 1)
        world.receive(world.sku(0), 1)
        world.settle(other)
        #expect(world.facts(1).count == 11)
        #expect(world.claim(0)?.transactionalIDs.sorted() == ["one-a", "one-b"], "nothing is claimed")
        #expect(!other.source.isDelivering(0))
    }

    @Test func ledgerRecordsMissingAtEitherEndAreNoticed() {
        for isFirst in [true, false] {
            let world = StreamWorld { $0.checkpointIntervalMilliseconds = 1_000_000 }
            let engine = world.engine("one", [0])
            for _ in 0..<10 { world.receive("S", 1) }
            world.settle(engine)
            engine.source.expel()
            let log = world.kafka.log(OutputTopic.ledger, 0)
            let records = log.committedRecords
            log.remove(at: isFirst ? records[0].offset : records[9].offset)
            let other = TestEngine(world, name: "two")
            other.source.assign([0])
            world.run(other) { other.stopCode(0) != nil }
            #expect(other.stopCode(0) == "ledger-gap")
        }
    }

    /// Where the mark's look-up finds a fact that is too late, the ledger is read from its beginning.
    @Test func aLookUpThatLeavesAGapReadsEverything() {
        let (world, _) = busyWorld()
        let log = world.kafka.log(OutputTopic.ledger, 0)
        // A record of the tail, stamped before the mark's time, so that the look-up passes over it.
        let records = log.committedRecords
        let (offset, record) = records[records.count - 2]
        log.replace(at: offset, FakeRecord(key: record.key, value: record.value, timestamp: 0))
        #expect(world.restoredDigest() == world.replayedDigest())
    }

    @Test func anOffsetThatWasMovedIsNotTrusted() throws {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        for _ in 0..<4 { world.receive("S", 1) }
        world.settle(engine)
        engine.source.expel()
        let good = try #require(world.kafka.committed[0])
        var claim = try #require(world.claim())
        claim.seq = 3
        let offsets: [(OffsetCommit, String)] = [
            (OffsetCommit(partition: 0, next: 2, metadata: ""), "offset-moved"),
            (OffsetCommit(partition: 0, next: 2, metadata: good.metadata), "offset-moved"),
            (OffsetCommit(partition: 0, next: 4, metadata: claim.metadata), "ledger-gap"),
        ]
        for (index, (offset, code)) in offsets.enumerated() {
            world.kafka.reset(0, to: offset)
            let other = TestEngine(world, name: "other\(index)")
            other.source.assign([0])
            world.run(other) { other.stopCode(0) != nil }
            #expect(other.stopCode(0) == code)
            #expect(world.kafka.committed[0]?.metadata == offset.metadata, "nothing is written")
        }
    }

    @Test func inputThatIsGoneIsNoticed() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 1)
        world.settle(engine)
        engine.source.expel()
        for _ in 0..<3 { world.receive("S", 1) }
        world.kafka.log(OutputTopic.events, 0).start = 3
        let other = TestEngine(world, name: "two")
        other.source.assign([0])
        world.run(other) { other.stopCode(0) != nil }
        #expect(other.stopCode(0) == "offset-lost")
    }

    /// Retention overtakes a running task: it stops and says so, the others go on.
    @Test func inputThatGoesWhileRunningStopsItsTask() {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        for _ in 0..<3 { world.receive(world.sku(0), 1) }
        world.kafka.log(OutputTopic.events, 0).start = 3
        engine.source.fail(PortError(code: "_AUTO_OFFSET_RESET", reason: "out of range", isFatal: false))
        world.run(engine, turns: 3)
        #expect(engine.stopCode(0) == "offset-lost")
        world.receive(world.sku(1), 1)
        world.settle(engine)
        #expect(world.facts(1).count == 1 && world.facts(0).isEmpty)
    }

    /// The client can't read a batch: told once or twice it may have been the network, but then the task stops and says so, and the others
    /// go on. Fails where that is an error of the source like any other.
    @Test func inputThatCanNotBeReadStopsItsTask() {
        let world = StreamWorld(partitions: 2)
        let engine = world.engine("one", [0, 1])
        world.receive(world.sku(0), 1)
        world.settle(engine)
        for times in 1...3 {
            #expect(engine.stopCode(0) == nil)
            engine.source.meetUnreadable(0, at: times == 1 ? 5 : 7)
            world.run(engine, turns: 3)
        }
        #expect(engine.stopCode(0) == nil)
        engine.source.meetUnreadable(0, at: 7)
        world.run(engine, turns: 3)
        #expect(engine.stopCode(0) == "input-unreadable")
        world.receive(world.sku(1), 1)
        world.settle(engine)
        #expect(world.facts(1).count == 1 && world.facts(0).count == 1)
    }

    /// A committed offset that has expired: the ledger's `next` is the start. Fails where the input's start is taken.
    @Test func anExpiredOffsetIsReplacedByTheLedgers() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        for _ in 0..<4 { world.receive("S", 1) }
        world.settle(engine)
        engine.source.expel()
        world.kafka.reset(0, to: nil)
        world.receive("S", 1)
        let other = world.engine("two", [0])
        world.settle(other)
        #expect(world.facts().count == 5)
        world.checkLedger()
    }

    @Test func aNewerFormatIsRefusedByItsVersion() {
        for topic in [OutputTopic.ledger, .state] {
            let (world, engine) = busyWorld()
            engine.source.expel()
            let log = world.kafka.log(topic, 0)
            let (offset, record) = log.committedRecords.last!
            var text: [UInt8] = Array(record.value!)
            if topic == .ledger {
                text = Array(record.text.replacing("\"v\":1", with: "\"v\":9").utf8)
            } else {
                text[0] = 9
            }
            text.withUnsafeBytes { log.replace(at: offset, FakeRecord(key: record.key, value: $0, timestamp: record.timestamp)) }
            let other = TestEngine(world, name: "two")
            other.source.assign([0])
            world.run(other) { other.stopCode(0) != nil }
            #expect(other.stopCode(0) == "newer-format")
            if case .stopped(let reason)? = other.task(0)?.phase { #expect(reason.message.contains("9"), "\(reason)") }
        }
    }

    // MARK: Dead owners

    /// Its open transaction holds the stable offset back: after 500 ms its ids are fenced. Fails without `fenceIfStuck`.
    @Test(arguments: [true, false]) func aDeadOwnersOpenTransactionIsFenced(hasSentOffsets: Bool) {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 1)
        world.settle(engine)
        engine.fail(.commit, [hasSentOffsets ? .unknown(isCommitted: nil) : .answer(.unknown(FakeSink.error("_TIMED_OUT")))])
        world.receive("S", 1)
        world.run(engine) { engine.worker.status().counters.unknownOutcomes == 1 }
        engine.source.expel()
        let began = world.clock.wallMilliseconds()
        let other = TestEngine(world, name: "two")
        other.source.assign([0])
        world.run(other) { !world.kafka.fenced.isEmpty }
        #expect(world.clock.wallMilliseconds() - began >= world.options.fenceAfterMilliseconds)
        world.run(other) { other.isRunning(0) }
        #expect(world.clock.wallMilliseconds() - began < 1_500)
        #expect(world.kafka.fenced.map { $0.sorted() } == [["one-a", "one-b"]])
        world.settle(other)
        #expect(world.facts().count == 2)
        world.checkLedger()
        // The dead one wakes: it is fenced or no member, either way nothing of it counts.
        world.run(engine, turns: 20)
        world.receive("S", 1)
        world.settle(other)
        #expect(world.facts().count == 3)
        world.checkLedger()
    }

    /// The second owner dies before its claim: the third fences the first. One that dies in its own claim is the case that waits for the
    /// time-out.
    @Test func twoDeadOwnersInARow() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 1)
        world.settle(engine)
        engine.fail(.commit, [.unknown(isCommitted: nil)])
        world.receive("S", 1)
        world.run(engine) { engine.worker.status().counters.unknownOutcomes == 1 }
        engine.source.expel()
        let second = TestEngine(world, name: "two")
        second.source.assign([0])
        world.run(second, turns: 10)
        second.source.expel()
        let third = TestEngine(world, name: "three")
        third.fail(.commit, [.unknown(isCommitted: nil)])
        third.source.assign([0])
        world.run(third) { third.worker.status().counters.unknownOutcomes == 1 }
        third.source.expel()
        #expect(world.kafka.fenced.map { $0.sorted() } == [["one-a", "one-b"]])
        let fourth = TestEngine(world, name: "four")
        fourth.source.assign([0])
        world.run(fourth, turns: 200)
        #expect(!fourth.isRunning(0), "nobody knows the ids of the third")
        world.kafka.end("three-a", isCommitted: false)
        world.run(fourth) { fourth.isRunning(0) }
        world.settle(fourth)
        #expect(world.facts().count == 2)
        #expect(world.claim()!.transactionalIDs.sorted() == ["four-a", "four-b"])
        world.checkLedger()
    }

    /// Claim numbers only rise, though the new owner's clock is behind.
    @Test func claimNumbersRiseWhateverTheClock() throws {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        let first = try #require(world.claim()?.number)
        engine.source.expel()
        let other = TestEngine(world, name: "two")
        other.clock.errorMilliseconds = -86_400_000
        other.source.assign([0])
        world.run(other) { other.isRunning(0) }
        #expect(world.claim()?.number == first + 1)
    }

    /// What engines write to learn the brokers' time is no part of the state, wherever it stands. Fails where it is damage.
    @Test func aStampTellsNothing() {
        let (world, engine) = busyWorld()
        let key = [RecordKind.stamp.rawValue]
        key.withUnsafeBytes { world.kafka.log(RestoreTopic.state, 0).append(FakeRecord(key: $0, value: nil, timestamp: 0)) }
        world.settle(engine)
        #expect(world.restoredDigest() == world.replayedDigest())
    }

    /// A reader that brings nothing for a minute: the restore begins anew, with its readers closed.
    @Test func aRestoreWithoutProgressBeginsAnew() {
        let (world, engine) = busyWorld()
        engine.source.expel()
        let other = TestEngine(world, name: "two")
        other.restore.isSilent = true
        other.source.assign([0])
        world.run(other, turns: 3)
        #expect(other.restore.opened.count == 1)
        world.clock.advance(milliseconds: 61_000)
        world.run(other, turns: 3)
        #expect(other.restore.opened.count == 2)
        other.restore.isSilent = false
        world.run(other) { other.isRunning(0) }
        #expect(other.restore.openReaders == 0)
        #expect(other.task(0)!.state.values.seq == Int64(world.facts().count))
    }
}
