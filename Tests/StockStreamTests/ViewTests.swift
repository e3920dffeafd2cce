import StockCore
import Testing

@testable import StockStream

/// The read model: what is sent, again, and no more (DESIGN 5).
@Suite struct ViewTests {
    /// What readers see is the state.
    private func checkView(_ world: StreamWorld, _ engine: TestEngine, sourceLocation: SourceLocation = #_sourceLocation) {
        for task in engine.worker.heldTasks {
            task.state.forEachSKU { slot in
                let sku = task.state.sku(slot)
                let fields = world.store.fields(of: sku.key.description)
                #expect(fields["version"] == "\(sku.version)", sourceLocation: sourceLocation)
                #expect(fields["available"] == "\(sku.totals.available)", sourceLocation: sourceLocation)
                task.state.forEachLevel(of: slot) { level in
                    let level = task.state.level(level)
                    #expect(fields["\(level.location):available"] == "\(level.balances.available)", sourceLocation: sourceLocation)
                }
            }
        }
    }

    /// Fails where a batch's watermark passes a change that no batch has brought: readers would trust what is old.
    @Test(arguments: [nil, FakeView.Fault.lost, .appliedButNotKnown]) func theWatermarkNeverPassesAChange(fault: FakeView.Fault?) {
        let world = StreamWorld { $0.limitView(skus: 3) }
        let engine = world.engine("one", [0])
        for round in 0..<40 {
            for index in 0..<5 { world.receive("S\((round + index * 3) % 11)", 1) }
            if round % 4 == 2 { engine.view.nextFault = fault }
            world.run(engine, turns: 1)
            world.checkWatermark()
        }
        #expect(world.settleView(engine))
        world.checkWatermark()
        checkView(world, engine)
        #expect(engine.view.batches.allSatisfy { $0.entries.count <= 3 })
        for (before, after) in zip(engine.view.batches, engine.view.batches.dropFirst()) where fault == nil {
            #expect(after.watermark.batch == before.watermark.batch + 1)
            #expect(after.watermark.seq >= before.watermark.seq && after.watermark.next >= before.watermark.next)
        }
    }

    /// What a turn has committed is shown by its end, whichever partitions it was for: where each turn shows one partition, the last of
    /// them waits for as many commits as there are others. Where the room does not do, more is left for the next turns, the partitions in
    /// turns.
    @Test(arguments: [(512, 1), (4, 1), (1, 8)]) func aTurnShowsEveryPartition(room: Int, factor: Int) {
        let world = StreamWorld(partitions: 3) { $0.limitView(skus: room, quietFactor: factor) }
        let engine = world.engine("one", [0, 1, 2])
        for partition: Int32 in [0, 1, 2] { world.receive(world.sku(partition), 1) }
        world.settle(engine)
        #expect(world.settleView(engine))
        let before = engine.view.batches.count
        for partition: Int32 in [0, 1, 2] {
            for index in 0..<3 { world.receive(world.sku(partition, index), 1) }
        }
        world.run(engine, turns: 1)
        let batches = engine.view.batches.dropFirst(before)
        #expect(batches.map(\.entries.count).reduce(0, +) == min(room * factor, 9))
        #expect(Set(batches.map(\.partition)).count == (room == 4 ? 2 : 3))
        #expect(world.settleView(engine))
        checkView(world, engine)
    }

    /// A consumer that has nothing just now, of which the broker has much more, is on a backlog: the input goes first.
    @Test(arguments: [10_000, 20]) func aBacklogGoesFirst(batchRecords: Int) {
        let world = StreamWorld {
            $0.limitView(skus: 1, quietFactor: 8)
            $0.batchRecords = batchRecords
        }
        let engine = world.engine("one", [0])
        world.receive(world.sku(0), 1)
        world.settle(engine)
        #expect(world.settleView(engine))
        for index in 0..<30 { world.receive(world.sku(0, index % 5), 1) }
        engine.source.fetched = 5
        let before = engine.view.batches.count
        world.run(engine, turns: 1)
        #expect(engine.view.batches.dropFirst(before).map(\.entries.count) == [batchRecords == 20 ? 1 : 5])
    }

    /// What is under way to the server goes on while the broker is waited for.
    @Test func theViewGoesOnDuringACommit() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        let (pumps, commits) = (engine.view.pumps, engine.sinks.map(\.commits.count).reduce(0, +))
        world.receive(world.sku(0), 1)
        world.settle(engine)
        #expect(engine.sinks.map(\.commits.count).reduce(0, +) == commits + 1 && engine.view.pumps == pumps + 1)
    }

    /// What was sold is told of the SKU and of each location, also where only another location changes.
    @Test func whatIsSoldIsProjected() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        let sku = world.sku(0)
        world.send("define", sku, "\"velocity\":true")
        world.receive(sku, 50)
        world.run(engine, turns: 3)
        #expect(world.settleView(engine))
        #expect(world.store.fields(of: sku)["sold"] == nil && world.store.fields(of: sku)["W1:sold"] == nil)
        world.send("sale", sku, "\"orderLine\":\"o-1\",\"location\":\"W1\",\"quantity\":3")
        world.run(engine, turns: 3)
        #expect(world.settleView(engine))
        world.send("adjust", sku, "\"location\":\"other\",\"quantity\":3,\"reason\":\"found\"")
        world.run(engine, turns: 3)
        #expect(world.settleView(engine))
        let fields = world.store.fields(of: sku)
        #expect(fields["sold"] == "[3]" && fields["W1:sold"] == fields["sold"] && fields["other:sold"] == nil)
        world.send("define", sku, "\"velocity\":false")
        world.run(engine, turns: 3)
        #expect(world.settleView(engine))
        #expect(world.store.fields(of: sku)["sold"] == nil && world.store.fields(of: sku)["W1:sold"] == nil)
    }

    /// What is waited for is told of the SKU and of each location, also by the next owner, and to a server that has lost everything.
    @Test func whoWaitsIsProjected() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        let sku = world.sku(0)
        func check(_ expected: [String: String], sourceLocation: SourceLocation = #_sourceLocation) {
            let fields = world.store.fields(of: sku)
            for (name, value) in expected { #expect(fields[name] == value, "\(name)", sourceLocation: sourceLocation) }
        }
        world.send("define", sku, "\"backorderLimit\":100,\"preorderLimit\":100,\"preorderUntil\":\"2999-01-01T00:00:00Z\"")
        world.send("commit", sku, "\"orderLine\":\"o-1\",\"location\":\"W1\",\"quantity\":3,\"backorder\":\"partial\"")
        world.send("commit", sku, "\"orderLine\":\"o-2\",\"location\":\"W1\",\"quantity\":4,\"preorder\":\"partial\"")
        for (hold, place) in [("h-1", "W1"), ("h-2", "W2")] {
            let terms = "\"quantity\":5,\"ttlSeconds\":60,\"waitSeconds\":60000"
            world.send("hold", sku, "\"hold\":\"\(hold)\",\"location\":\"\(place)\",\(terms)")
        }
        world.run(engine, turns: 3)
        #expect(world.settleView(engine))
        let waiting = [
            "backordered": "3", "preordered": "4", "waiting": "10", "W1:backordered": "3", "W1:preordered": "4", "W1:waiting": "5",
            "W2:backordered": "0", "W2:waiting": "5",
        ]
        check(waiting)
        world.store.flush()
        engine.view.reconnect(0)
        #expect(world.settleView(engine))
        check(waiting)
        engine.source.expel()
        let second = world.engine("two", [0])
        world.store.flush()
        #expect(world.settleView(second))
        check(waiting)
        // Another location changes: the sums are still right.
        world.send("release", sku, "\"hold\":\"h-2\"")
        world.run(second, turns: 3)
        #expect(world.settleView(second))
        check(["waiting": "5", "W1:waiting": "5", "W2:waiting": "0", "backordered": "3"])
    }

    /// A flushed server is filled again, also where no SKU changes any more, and also where there is none at all.
    @Test(arguments: [true, false]) func aFlushedViewIsFilledAgain(hasSKUs: Bool) {
        let world = StreamWorld { $0.limitView(skus: 4) }
        let engine = world.engine("one", [0])
        for index in 0..<10 where hasSKUs { world.receive("S\(index)", 5) }
        world.kafka.produce(0, key: nil, value: "no event")
        world.settle(engine)
        #expect(world.settleView(engine))
        world.store.flush()
        engine.view.reconnect(0)
        #expect(world.settleView(engine))
        world.run(engine, turns: 5)
        #expect(world.store.skus[0, default: [:]].count == (hasSKUs ? 10 : 0))
        checkView(world, engine)
        #expect(!engine.view.sweeps.isEmpty)
    }

    /// While a flushed or rolled back server is filled again, its watermark says what is there and not what was: fails where `next` keeps
    /// the value from before, or where a part of the fill counts as something.
    @Test(arguments: [true, false]) func theWatermarkFallsWithTheView(isFlushed: Bool) {
        let world = StreamWorld { $0.limitView(skus: 3) }
        let engine = world.engine("one", [0])
        func receiveAll() { for index in 0..<10 { world.receive("S\(index)", 1) } }
        receiveAll()
        #expect(world.settleView(engine))
        let old = (world.store.skus, world.store.watermarks)
        receiveAll()
        #expect(world.settleView(engine))
        if isFlushed { world.store.flush() } else { (world.store.skus, world.store.watermarks) = old }
        let last = engine.view.batches.last!.watermark.batch
        engine.view.reconnect(0)
        var isFilled = false
        for _ in 0..<40 {
            world.run(engine, turns: 1)
            world.checkWatermark()
            let mark = world.store.watermarks[0]
            let hasAll = (0..<10).allSatisfy { world.store.skus[0]?["S\($0)"]?.version == 2 }
            if isFlushed, !hasAll, let mark { #expect(mark.seq == -1 && mark.next == -1 && mark.timeMilliseconds == 0) }
            isFilled = hasAll && mark?.seq == 20
        }
        #expect(isFilled)
        checkView(world, engine)
        #expect(engine.view.batches.last!.watermark.batch > last, "a number comes once: it tells which batch was applied")
    }

    /// A fill that broke off is begun again, and the sweep behind it is not forgotten.
    @Test func aFillThatBrokeOffStillEndsWithASweep() {
        let world = StreamWorld { $0.limitView(skus: 3) }
        world.store.skus[0] = ["OLD": FakeViewStore.Entry(version: 9, seq: 9, incarnation: 5, fields: ["version": "9"])]
        world.store.watermarks[0] = Watermark(incarnation: 5, claim: 5, batch: 77, seq: 1_000, next: 1_000, timeMilliseconds: 0)
        let engine = world.engine("one", [0])
        engine.view.isAway = true
        for index in 0..<10 { world.receive("S\(index)", 1) }
        world.settle(engine)
        engine.view.isAway = false
        world.run(engine) { world.store.skus[0]!.count >= 4 }
        engine.view.reconnect(0)
        #expect(world.settleView(engine))
        world.run(engine, turns: 5)
        #expect(world.store.skus[0]!.count == 10 && world.store.skus[0]!["OLD"] == nil)
        checkView(world, engine)
    }

    /// An older incarnation's leftovers go, after everything was projected, under load too. Fails where the sweep waits for an empty queue.
    @Test func anOlderIncarnationIsSwept() {
        let world = StreamWorld { $0.limitView(skus: 4) }
        world.store.skus[0] = ["OLD": FakeViewStore.Entry(version: 9, seq: 9, incarnation: 5, fields: ["version": "9"])]
        world.store.watermarks[0] = Watermark(incarnation: 5, claim: 5, batch: 77, seq: 1_000, next: 1_000, timeMilliseconds: 0)
        let engine = world.engine("one", [0])
        for round in 0..<60 {
            for index in 0..<6 { world.receive("S\((round + index) % 12)", 1) }
            world.run(engine, turns: 1)
            if !engine.view.sweeps.isEmpty { #expect(world.store.skus[0]!.count >= 6, "only after all that was there") }
        }
        #expect(engine.view.sweeps == [0])
        #expect(world.store.skus[0]?["OLD"] == nil)
        #expect(world.settleView(engine))
        checkView(world, engine)
    }

    /// What was in flight when the connection broke waits again at once, before anybody knows how far the view is.
    @Test func aBatchInFlightIsDirtyAgain() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 1)
        #expect(world.settleView(engine))
        world.receive("S", 1)
        world.run(engine) { engine.task(0)!.view.isInFlight && !engine.task(0)!.view.inFlight.isEmpty }
        #expect(engine.task(0)!.state.unprojectedCount == 0)
        // Operators see it as missing until its answer is there, which may be never.
        let status = engine.worker.status().tasks[0]
        #expect(status.unprojected == 1 && status.projectedSeq == status.seq - 1)
        engine.view.breakConnection(0)
        engine.worker.project()
        #expect(engine.task(0)!.state.unprojectedCount == 1 && engine.task(0)!.state.projectedThroughSeq == 1)
        #expect(!engine.task(0)!.view.isOwned)
    }

    /// Another owner with a higher claim: no further batch, though the group has not said anything yet.
    @Test func aSupersededOwnerWritesNoMore() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 1)
        #expect(world.settleView(engine))
        world.store.claims[0] = world.store.claims[0]! + 1
        world.receive("S", 1)
        world.run(engine, turns: 5)
        let batches = engine.view.batches.count
        for _ in 0..<5 { world.receive("S", 1) }
        world.settle(engine)
        world.run(engine, turns: 100)
        #expect(engine.view.batches.count == batches && world.store.skus[0]!["S"]!.version == 1)
        #expect(engine.notices.contains { if case .superseded(0) = $0 { true } else { false } })
    }

    /// A restored engine projects what lies above the watermark, not everything.
    @Test func aTakeoverProjectsWhatIsMissing() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        for index in 0..<10 { world.receive("S\(index)", 5) }
        #expect(world.settleView(engine))
        // The rest of the ledger is projected again by whoever replays it.
        engine.worker.drain()
        world.run(engine) { engine.worker.isFinished }
        takeOver(world)
    }

    private func takeOver(_ world: StreamWorld) {
        let engine = world.engine("next", [0])
        #expect(world.settleView(engine))
        engine.view.isAway = true
        for index in 3..<5 { world.receive("S\(index)", 5) }
        world.settle(engine)
        engine.source.expel()
        let other = world.engine("two", [0])
        #expect(world.settleView(other))
        #expect(Set(other.view.batches.flatMap { $0.entries.map(\.sku) }) == ["S3", "S4"])
        checkView(world, other)
        #expect(world.store.watermarks[0]!.claim == world.claim()!.number)
    }

    /// A server that is away holds nothing up, and is caught up once with the last values.
    @Test func theEngineGoesOnWithoutTheView() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 1)
        #expect(world.settleView(engine))
        engine.view.isAway = true
        for _ in 0..<50 {
            world.receive("S", 1)
            world.receive("T", 1)
            world.settle(engine)
        }
        #expect(world.facts().count == 101)
        let batches = engine.view.batches.count
        engine.view.isAway = false
        #expect(world.settleView(engine))
        #expect(engine.view.batches.count <= batches + 2, "once per SKU, however many events touched it")
        checkView(world, engine)
    }

    /// Refused events change no SKU; the watermark follows them all the same.
    @Test func theWatermarkFollowsWhereNoSKUChanges() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        world.receive("S", 1)
        #expect(world.settleView(engine))
        for index in 0..<3 { world.hold("S", "h\(index)", 100) }
        #expect(world.settleView(engine))
        #expect(world.store.watermarks[0]?.next == 4)
    }
}
