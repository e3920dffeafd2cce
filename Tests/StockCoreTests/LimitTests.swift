import Testing

@testable import StockCore

/// Bounds of the state that a user may change: at the edge, and where a ledger or a checkpoint was written under others.
struct LimitTests {
    private func limits(_ most: Int) -> StateLimits {
        var limits = StateLimits()
        (limits.channelsPerSKU, limits.unitsPerSKU, limits.openDocumentsPerSKU, limits.lotsPerSKU) = (most, most, most, most)
        return limits
    }

    private func term(_ name: Key, _ days: Int64) -> StockEvent {
        Events.define { $0.minShelfLifeDays = days }.with(\.counterpart, name)
    }

    /// As many as allowed of everything, and one more of each is refused.
    private func full() -> Partition {
        let partition = Partition(limits: limits(2))
        accept(partition, Events.define { $0.lotTracked = 1 })
        for (index, name) in (["a", "b"] as [Key]).enumerated() {
            accept(partition, term(name, 3))
            accept(partition, Events.unit(name, 12))
            accept(partition, Events.receive(5, name).of(name, expiresAt: Int64(index + 40) * 86_400_000))
            accept(partition, Events.expect(5, name))
        }
        return partition
    }

    @Test func oneMoreIsRefused() {
        let partition = full()
        refuse(partition, term("c", 3), .tooManyChannels)
        refuse(partition, Events.unit("c", 12), .tooManyUnits)
        refuse(partition, Events.receive(5, "c").of("c", expiresAt: 40 * 86_400_000), .tooManyLots)
        refuse(partition, Events.expect(5, "c"), .tooManyDocuments)
        refuse(partition, Events.send("t", 1, from: Events.main, to: "shop"), .tooManyDocuments)
        accept(partition, term("a", -1))
        accept(partition, term("c", 3))
        accept(partition, Events.expect(0, "a"))
        accept(partition, Events.expect(5, "c"))
    }

    @Test func lowerLimitsReadWhatHigherOnesHaveLetIn() throws {
        let partition = full()
        let refused = partition.send(term("c", 3))
        let sink = RecordingSink()
        partition.begin()
        partition.writeCheckpoint(into: sink, limit: Int.max, isForced: true)
        let mark = Mark(of: partition.state)
        partition.commit()
        sink.commit()
        let restored = try RestorePropertyTests.restoreComplete(sink.compacted, mark, limits: limits(1))
        #expect(restored.checkAll() == nil && meaning(of: restored) == meaning(of: partition.state))
        var replayed = PartitionState(limits: limits(1))
        var transitions = TransitionBuffer()
        for fact in partition.ledger {
            replayed.applyToWindow(fact)
            replayed.applyToValues(fact)
            try replayed.replayOnSKU(fact, transitions: &transitions)
        }
        #expect(replayed.checkAll() == nil && meaning(of: replayed) == meaning(of: partition.state))
        #expect(refused.rejection == .tooManyChannels && replayed.findChannel(0, "c") < 0)
    }
}
