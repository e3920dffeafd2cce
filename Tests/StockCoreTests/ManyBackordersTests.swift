import Testing

@testable import StockCore

/// One receipt for fifty thousand order lines: bounded facts, and no promise in between that can't be kept.
struct ManyBackordersTests {
    private static let count = 50_000

    private func fill(_ state: inout PartitionState, _ fact: inout Fact, _ buffer: inout TransitionBuffer) {
        state.makeExpiry(of: 0, into: &fact)
        state.apply(&fact, transitions: &buffer)
    }

    @Test func oneReceiptFillsThem() throws {
        let partition = Partition(checksEverything: false)
        accept(partition, Events.define { $0.backorderLimit = Int64(Self.count) })
        for index in 0..<Self.count { partition.send(Events.order(Key(text: "o\(index)")!, 1)) }
        #expect(partition.balances().backordered == Int64(Self.count))
        // Some are promised to those who come later, and have to wait all the same.
        accept(partition, Events.receive(Int64(Self.count) + 5))
        #expect(partition.balances().available == 5)
        // An event of the SKU does not wait for all of them.
        accept(partition, Events.hold("h", 5))
        #expect(partition.balances().committed == Int64(StateLimits.fillsBeforeEvent * StateLimits.itemsPerFact))
        refuse(partition, Events.hold("i", 1), .insufficientStock)
        refuse(partition, Events.send("t", 1), .belowPromised)
        let before = partition.ledger.count
        partition.begin()
        let sink = RecordingSink()
        partition.writeCheckpoint(into: sink, limit: Int.max, isForced: true)
        let mark = Mark(of: partition.state)
        partition.commit()
        sink.commit()
        var restored = try restore(sink.compacted, mark)
        #expect(restored.checkAll() == nil && partition.state.checkAll() == nil)
        let facts = partition.fireTimers()
        #expect(facts.allSatisfy { $0.kind == .fill && $0.items.count <= StateLimits.itemsPerFact })
        #expect(facts.count == (Self.count - Int(partition.ledger[before - 1].after.committed)) / StateLimits.itemsPerFact)
        #expect(partition.balances().backordered == 0 && partition.balances().committed == Int64(Self.count))
        // Who is restored in the middle does the same.
        var (fact, buffer) = (Fact(), TransitionBuffer())
        restored.begin()
        for expected in facts {
            #expect(restored.nextDueSKU(at: partition.now) == 0)
            fill(&restored, &fact, &buffer)
            #expect(fact.items == expected.items && fact.after == expected.after)
        }
        #expect(restored.nextDueSKU(at: partition.now) < 0)
        // And again, where its transaction is lost.
        restored.abort()
        restored.begin()
        fill(&restored, &fact, &buffer)
        #expect(fact.items == facts[0].items)
        restored.commit()
        #expect(restored.checkAll() == nil)
    }

    private func restore(_ records: [StoredKey: StoredValue], _ mark: Mark) throws -> PartitionState {
        var state = PartitionState(limits: StateLimits())
        for (key, value) in records {
            switch (key, value) {
            case (_, .header(let record, let hash)): state.restore(header: record, digest: hash)
            case (.level(let sku, _), .level(let record, _, let hash)): state.restore(level: record, velocity: nil, sku: sku, hash: hash)
            case (.hold(let sku, _), .hold(let record, let waiter, let location, let hash)):
                state.restore(hold: record, waiter: waiter, sku: sku, location: location, hash: hash)
            case (.commitment(let sku, _), .commitment(let record, let waiter, let location, let hash)):
                state.restore(commitment: record, waiter: waiter, sku: sku, location: location, hash: hash)
            case (.closed(let sku, _), .closed(let record, let hash)): state.restore(closed: record, sku: sku, hash: hash)
            case (.ids, _): break
            default: Issue.record("\(key) is not expected here")
            }
        }
        state.restoreIDs(from: mark.idWritten, evictedThroughMilliseconds: mark.evictedThrough)
        var finish = RestoreFinish(values: mark.values, digest: mark.digest)
        while try !state.finishRestore(&finish, most: 1_000) {}
        return state
    }
}
