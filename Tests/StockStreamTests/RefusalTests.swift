import StockCore
import StockWire
import Testing

@testable import StockStream

/// What the broker refuses for its content, part by part: the rest goes on, and nothing is lost.
@Suite struct RefusalTests {
    private static let tooLarge = SinkResult.mustAbort(FakeSink.error("MSG_SIZE_TOO_LARGE"))

    /// What is refused, while `isOn`.
    private final class Refusal {
        var isOn = true
        var isMeant: (OutputTopic, String) -> Bool

        init(_ engine: TestEngine, _ isMeant: @escaping (OutputTopic, String) -> Bool) {
            self.isMeant = isMeant
            for sink in engine.sinks {
                sink.inspect = { topic, value in
                    guard self.isOn, self.isMeant(topic, value.map { String(decoding: $0, as: UTF8.self) } ?? "") else { return nil }
                    return RefusalTests.tooLarge
                }
            }
        }
    }

    private func newest(_ world: StreamWorld, _ sku: String) -> String? {
        world.kafka.log(OutputTopic.levels, 0).committedRecords.last { $0.record.key.map { String(decoding: $0, as: UTF8.self) } == sku }?
            .record.text
    }

    /// One SKU's level is refused among many: the input is applied, all others are written, what is refused shows, and a restore has it
    /// from the ledger. When it is taken everything is as if nothing had been.
    @Test func oneSKUIsPassedOver() {
        let world = StreamWorld { $0.checkpointIntervalMilliseconds = 50 }
        let engine = world.engine("one", [0])
        let refusal = Refusal(engine) { topic, text in topic == .levels && text.contains("\"S7\"") }
        for round in 0..<3 {
            for index in 0..<20 { world.receive("S\(index)", Int64(round + 1)) }
            world.run(engine, turns: 40)
        }
        world.settle(engine)
        world.run(engine, turns: 300)
        #expect(world.facts().allSatisfy { $0.outcome == .accepted } && world.facts().count == 60)
        #expect(newest(world, "S7") == nil)
        for index in 0..<20 where index != 7 { #expect(newest(world, "S\(index)")?.contains("\"version\":3") == true, "S\(index)") }
        let status = engine.worker.status().tasks[0]
        #expect(status.checkpointRefused == 1 && status.checkpointError?.code == "MSG_SIZE_TOO_LARGE")
        #expect(engine.notices.contains { if case .checkpointRefused(0, skus: 1, _) = $0 { true } else { false } })
        #expect(world.restoredDigest() == world.replayedDigest(), "the refused SKU comes from the ledger")
        refusal.isOn = false
        world.run(engine, turns: 300)
        #expect(engine.worker.status().tasks[0].checkpointRefused == 0 && engine.task(0)!.state.oldestUnwrittenSKU < 0)
        #expect(newest(world, "S7")?.contains("\"version\":3") == true)
        #expect(engine.notices.contains { if case .checkpointAccepted(0) = $0 { true } else { false } })
        #expect(!engine.task(0)!.refusals.isActive)
        world.checkLedger()
    }

    /// The blocks of the id window are refused: SKUs are written all the same.
    @Test func theIDsArePassedOver() {
        let world = StreamWorld { $0.checkpointIntervalMilliseconds = 50 }
        let engine = world.engine("one", [0])
        // No SKU's record is nearly as large.
        for sink in engine.sinks {
            sink.inspect = { topic, value in topic == .state && (value?.count ?? 0) > 10_000 ? RefusalTests.tooLarge : nil }
        }
        for _ in 0..<5_000 { world.receive("S", 1) }
        world.settle(engine)
        for index in 0..<3 {
            world.receive("T\(index)", 1)
            world.run(engine, turns: 100)
        }
        #expect(engine.worker.status().tasks[0].checkpointRefused == 1)
        #expect(newest(world, "T2") != nil && newest(world, "S")?.contains("\"version\":5000") == true)
        #expect(world.restoredDigest() == world.replayedDigest())
        for sink in engine.sinks { sink.inspect = { _, _ in nil } }
        world.run(engine, turns: 300)
        #expect(engine.worker.status().tasks[0].checkpointRefused == 0 && engine.task(0)!.state.nextIDBlock(isForced: false) == nil)
        #expect(world.restoredDigest() == world.replayedDigest())
    }

    /// Every state record is refused: the input goes on, the broker is not flooded with attempts, and a clean end does not wait for it.
    @Test(arguments: ["MSG_SIZE_TOO_LARGE", "TOPIC_AUTHORIZATION_FAILED"]) func allOfTheCheckpointIsRefused(code: String) {
        let world = StreamWorld { $0.checkpointIntervalMilliseconds = 50 }
        let engine = world.engine("one", [0])
        for sink in engine.sinks { sink.inspect = { topic, _ in topic == .state ? .mustAbort(FakeSink.error(code)) : nil } }
        for round in 0..<3 {
            for index in 0..<40 { world.receive("S\(index)", Int64(round + 1)) }
            world.run(engine, turns: 100)
        }
        world.settle(engine)
        world.run(engine, turns: 1_000)
        #expect(world.facts().allSatisfy { $0.outcome == .accepted } && world.facts().count == 120)
        #expect(engine.worker.status().tasks[0].checkpointRefused > 0)
        let (aborts, before) = (engine.worker.status().counters.aborts, world.clock.monotonicMicroseconds())
        world.run(engine, turns: 1_000)
        let rounds = (world.clock.monotonicMicroseconds() - before) / 2_000_000 + 1
        #expect(engine.worker.status().counters.aborts - aborts <= rounds * Int64(CheckpointRefusals.passedOverMaximum))
        #expect(world.restoredDigest() == world.replayedDigest())
        let began = world.clock.monotonicMicroseconds()
        engine.worker.drain()
        #expect(world.run(engine) { engine.worker.isFinished })
        #expect(world.clock.monotonicMicroseconds() - began < 5_000_000)
        let next = world.engine("two", [0])
        world.run(next, turns: 100)
        #expect(next.task(0)!.state.oldestUnwrittenSKU < 0)
        #expect(world.restoredDigest() == world.replayedDigest())
        world.checkLedger()
    }

    /// What a timer writes is refused: it waits, and the input that comes is applied and not blamed for it.
    @Test func aTimerIsRefused() {
        let world = StreamWorld(partitions: 2) { $0.checkpointIntervalMilliseconds = 50 }
        let engine = world.engine("one", [0, 1])
        let refusal = Refusal(engine) { topic, text in topic == .ledger && text.contains("\"expire\"") }
        world.receive(world.sku(0), 100)
        world.hold(world.sku(0), "h", 5, ttl: 1)
        world.settle(engine)
        world.clock.advance(milliseconds: 2_000)
        for index in 1..<20 {
            world.receive(world.sku(0, index), 1)
            world.receive(world.sku(1), 1)
            world.run(engine, turns: 5)
        }
        world.settle(engine)
        #expect(world.facts(0).map(\.kind) == [.receive, .hold] + Array(repeating: .receive, count: 19))
        #expect((world.facts(0) + world.facts(1)).allSatisfy { $0.outcome == .accepted })
        refusal.isOn = false
        world.run(engine) { world.facts(0).contains { $0.kind == .expire } }
        #expect(world.facts(0).filter { $0.kind == .expire }.count == 1)
        for partition: Int32 in [0, 1] { world.checkLedger(partition) }
    }

    /// The ledger refuses even the fact that an input was put aside: nobody is to blame, and afterwards all are applied.
    @Test func whatCannotBePutAsideIsTriedAgain() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        let refusal = Refusal(engine) { topic, _ in topic == .ledger }
        for _ in 0..<3 { world.receive("S", 1) }
        world.run(engine, turns: 2_000)
        #expect(world.facts().isEmpty)
        refusal.isOn = false
        world.settle(engine)
        #expect(world.facts().map(\.outcome) == [.accepted, .accepted, .accepted])
        world.checkLedger()
    }

    /// What was refused is tried once more at a clean end, whenever its time would have come.
    @Test func aCleanEndTriesAgain() {
        let world = StreamWorld { $0.checkpointIntervalMilliseconds = 50 }
        let engine = world.engine("one", [0])
        let refusal = Refusal(engine) { topic, _ in topic == .levels }
        for index in 0..<20 { world.receive("S\(index)", 1) }
        world.run(engine, turns: 400)
        #expect(engine.worker.status().tasks[0].checkpointRefused == CheckpointRefusals.passedOverMaximum)
        refusal.isOn = false
        engine.worker.drain()
        #expect(world.run(engine) { engine.worker.isFinished })
        for index in 0..<20 { #expect(newest(world, "S\(index)") != nil) }
    }
}
