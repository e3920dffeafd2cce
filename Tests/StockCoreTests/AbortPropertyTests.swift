import Testing

@testable import StockCore

/// An aborted transaction leaves no trace: the state equals a twin's that never saw it, in every record, slot, queue, index and id, in what
/// the next checkpoint writes, and in what its timers do afterwards (design: 4.3).
struct AbortPropertyTests {
    @Test(arguments: 0..<24) func abortLeavesNoTrace(seed: Int) {
        var history = RandomHistory(
            seed: seed, hasLots: seed % 2 == 1, hasWaiters: seed % 4 > 1, hasSplits: seed % 3 > 0, hasRare: seed % 5 > 1)
        let (live, twin) = (Partition(limits: RandomHistory.limits), Partition(limits: RandomHistory.limits, checksEverything: false))
        let (liveSink, twinSink) = (RecordingSink(), RecordingSink())
        for round in 0..<120 {
            let isAborted = history.oneIn(2)
            let (steps, checkpoint) = transaction(&history, now: live.now)
            run(steps, checkpoint, on: live, liveSink)
            if isAborted {
                live.abort()
                liveSink.abort()
            } else {
                live.commit()
                liveSink.commit()
                run(steps, checkpoint, on: twin, twinSink)
                twin.commit()
                twinSink.commit()
                project(live, twin, &history)
            }
            // What follows the first difference tells nothing.
            guard isSame(live, twin, liveSink, twinSink, "seed \(seed), round \(round)") else { return }
        }
        #expect(live.ledger == twin.ledger)
        #expect(live.state.values.seq > 100)
    }

    private struct Checkpoint {
        var limit = 0
        var isForced = false
        var isFirst = false
    }

    private func transaction(_ history: inout RandomHistory, now: Int64) -> ([Step], Checkpoint) {
        var steps: [Step] = []
        for _ in 0..<history.below(14) { steps.append(history.step(now: now)) }
        let checkpoint = Checkpoint(limit: history.oneIn(2) ? history.below(4) : 0, isForced: history.oneIn(3), isFirst: history.oneIn(2))
        return (steps, checkpoint)
    }

    private func run(_ steps: [Step], _ checkpoint: Checkpoint, on partition: Partition, _ sink: RecordingSink) {
        partition.begin()
        if checkpoint.isFirst { partition.writeCheckpoint(into: sink, limit: checkpoint.limit, isForced: checkpoint.isForced) }
        for step in steps { partition.take(step) }
        if !checkpoint.isFirst { partition.writeCheckpoint(into: sink, limit: checkpoint.limit, isForced: checkpoint.isForced) }
    }

    private func project(_ live: Partition, _ twin: Partition, _ history: inout RandomHistory) {
        for _ in 0..<history.below(3) {
            let since = live.state.projectedThroughSeq
            let (sku, other) = (live.state.takeUnprojected(), twin.state.takeUnprojected())
            #expect(sku == other)
            guard sku >= 0 else { return }
            #expect(since < live.state.projectedThroughSeq || live.state.unprojectedCount > 0)
            if history.oneIn(3) {
                live.state.requeueProjection(sku, sinceSeq: since + 1)
                twin.state.requeueProjection(sku, sinceSeq: since + 1)
            }
        }
        if history.oneIn(10) {
            let seq = Int64(history.below(Int(live.state.values.seq) + 1))
            live.state.requeueProjection(changedAfterSeq: seq)
            twin.state.requeueProjection(changedAfterSeq: seq)
            #expect(live.state.projectedThroughSeq <= max(seq, live.state.values.seq))
        }
    }

    private func isSame(_ live: Partition, _ twin: Partition, _ a: RecordingSink, _ b: RecordingSink, _ place: String) -> Bool {
        let states = difference(everything(of: live.state), everything(of: twin.state))
        let isWrittenAlike =
            a.log.count == b.log.count && zip(a.log, b.log).allSatisfy { $0.key == $1.key && $0.value?.hash == $1.value?.hash }
        #expect(states.isEmpty && isWrittenAlike && live.ledger.count == twin.ledger.count, "\(place) \(states)")
        return states.isEmpty && isWrittenAlike && live.ledger.count == twin.ledger.count
    }
}
