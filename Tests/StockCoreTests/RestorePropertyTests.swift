import Testing

@testable import StockCore

/// Checkpoint and the ledger's tail, or the whole ledger alone, lead to the same state as living through it (design: 4.3, 4.4; identity
/// I7).
struct RestorePropertyTests {
    /// What a crash leaves: the state topic and its last mark.
    private struct Moment {
        var records: [StoredKey: StoredValue]
        var log: ArraySlice<(key: StoredKey, value: StoredValue?)>
        var mark: Mark
    }

    private func live(_ history: inout RandomHistory, limits: StateLimits, rounds: Int) -> (Partition, RecordingSink, [Moment]) {
        let partition = Partition(limits: limits, checksEverything: false)
        let sink = RecordingSink()
        var moments: [Moment] = []
        for _ in 0..<rounds {
            partition.begin()
            for _ in 0..<history.below(14) { partition.take(history.step(now: partition.now)) }
            let isMarked = history.oneIn(3)
            var mark: Mark?
            if isMarked {
                let isComplete = history.oneIn(4)
                partition.writeCheckpoint(into: sink, limit: isComplete ? Int.max : history.below(3), isForced: isComplete)
                mark = Mark(of: partition.state)
                #expect(!isComplete || mark?.digest != nil)
            }
            if history.oneIn(5) {
                partition.abort()
                sink.abort()
                continue
            }
            partition.commit()
            sink.commit()
            if let mark { moments.append(Moment(records: sink.compacted, log: sink.log[...], mark: mark)) }
        }
        return (partition, sink, moments)
    }

    /// Restores a checkpoint to which no fact of the ledger has to be added. Its id window stays empty.
    static func restoreComplete(_ records: [StoredKey: StoredValue], _ mark: Mark, limits: StateLimits) throws -> PartitionState {
        var state = PartitionState(limits: limits)
        for (key, value) in records { take(key, value, into: &state) }
        try state.finishRestore(values: mark.values, digest: mark.digest)
        return state
    }

    private static func take(_ key: StoredKey, _ value: StoredValue?, into state: inout PartitionState) {
        switch (key, value) {
        case (_, .header(let record, let hash)): state.restore(header: record, digest: hash)
        case (.level(let sku, _), .level(let record, let velocity, let hash)):
            state.restore(level: record, velocity: velocity, sku: sku, hash: hash)
        case (.hold(let sku, _), .hold(let record, let waiter, let location, let hash)):
            state.restore(hold: record, waiter: waiter, sku: sku, location: location, hash: hash)
        case (.commitment(let sku, _), .commitment(let record, let waiter, let location, let hash)):
            state.restore(commitment: record, waiter: waiter, sku: sku, location: location, hash: hash)
        case (.closed(let sku, _), .closed(let record, let hash)): state.restore(closed: record, sku: sku, hash: hash)
        case (.document(let sku, _, _), .document(let record, let location, let to, let hash)):
            state.restore(document: record, sku: sku, location: location, to: to, hash: hash)
        case (.document(let sku, let kind, let id), nil): state.restoreRemoved(document: id, kind, sku: sku)
        case (.terms(let sku, _), .terms(let record, let hash)): state.restore(terms: record, sku: sku, hash: hash)
        case (.lot(let sku, let location, let name), .lot(let record, let hash)):
            state.restore(lot: record, sku: sku, location: location, name: name, hash: hash)
        case (.shipped(let sku, _, let lot), .shipped(let record, let hash)):
            state.restore(shipped: record, sku: sku, lot: lot, hash: hash)
        case (.terms(let sku, let lot), nil): state.restoreRemoved(terms: lot, sku: sku)
        case (.lot(let sku, let location, let lot), nil): state.restoreRemoved(lot: lot, sku: sku, location: location)
        case (.shipped(let sku, let line, let lot), nil): state.restoreRemoved(shipped: line, sku: sku, lot: lot)
        case (.count(let sku, _), .count(let record, let location, let hash)):
            state.restore(count: record, sku: sku, location: location, hash: hash)
        case (.unit(let sku, _), .unit(let record, let hash)): state.restore(unit: record, sku: sku, hash: hash)
        case (.channel(let sku, _), .channel(let record, let hash)): state.restore(channel: record, sku: sku, hash: hash)
        case (.channel(let sku, let channel), nil): state.restoreRemoved(channel: channel, sku: sku)
        case (.zone(let sku, let location), .zone(let record, let hash)):
            state.restore(zone: record, sku: sku, location: location, hash: hash)
        case (.naming(let sku, let location), .naming(let record, let hash)):
            state.restore(naming: record, sku: sku, location: location, hash: hash)
        case (.naming(let sku, let location), nil): state.restoreRemoved(naming: location, sku: sku)
        case (.lotCount(let sku, let location, let lot, _), .lotCount(let record, let hash)):
            state.restore(lotCount: record, sku: sku, location: location, lot: lot, hash: hash)
        case (.lotCount(let sku, let location, let lot, let disposition), nil):
            state.restoreRemoved(lotCount: lot, disposition, sku: sku, location: location)
        case (.countedLot(let sku, let location, let lot, _), .countedLot(let record, let hash)):
            state.restore(countedLot: record, sku: sku, location: location, lot: lot, hash: hash)
        case (.countedLot(let sku, let location, let lot, let disposition), nil):
            state.restoreRemoved(countedLot: lot, disposition, sku: sku, location: location)
        case (.part(let sku, let location, _, _), .part(let record, let hash)):
            state.restore(part: record, sku: sku, location: location, hash: hash)
        case (.part(let sku, let location, let id, let isHold), nil):
            state.restoreRemoved(part: id, isHold: isHold, sku: sku, location: location)
        case (.hold(let sku, let id), nil): state.restoreRemoved(hold: id, sku: sku)
        case (.commitment(let sku, let line), nil): state.restoreRemoved(commitment: line, sku: sku)
        case (.closed(let sku, let id), nil): state.restoreRemoved(closed: id, sku: sku)
        case (.ids, _): break
        default: Issue.record("\(key) has a value of another kind")
        }
    }

    private func restore(_ moment: Moment, _ ledger: [Fact], limits: StateLimits, fromLog: Bool) throws -> PartitionState {
        var state = PartitionState(limits: limits)
        if fromLog {
            for (key, value) in moment.log { Self.take(key, value, into: &state) }
        } else {
            for (key, value) in moment.records { Self.take(key, value, into: &state) }
        }
        let mark = moment.mark
        state.restoreIDs(from: mark.idHead, evictedThroughMilliseconds: mark.evictedThrough)
        var position = mark.idHead
        while position < mark.idWritten {
            let block = moment.records[.ids(position / Int64(StateLimits.idsPerBlock))]
            guard case .ids(let start, let entries)? = block, start <= position, position < start + Int64(entries.count) else {
                throw RestoreError.idsIncomplete
            }
            state.restore(id: entries[Int(position - start)])
            position += 1
        }
        if fromLog {
            try state.finishRestore(values: mark.values, digest: mark.digest)
        } else {
            var finish = RestoreFinish(values: mark.values, digest: mark.digest)
            while try !state.finishRestore(&finish, most: 3) {}
        }
        #expect(state.checkAll() == nil)
        var buffer = TransitionBuffer()
        for fact in ledger where fact.seq > mark.redoSeq {
            #expect(fact.timeMilliseconds >= mark.redoMilliseconds)
            try state.replayOnSKU(fact, transitions: &buffer)
            if fact.seq > mark.idSeq { state.applyToWindow(fact) }
            if fact.seq > mark.values.seq { state.applyToValues(fact) }
        }
        return state
    }

    private func expectSame(_ restored: inout PartitionState, _ live: Partition, _ sink: RecordingSink, _ place: String) {
        if let broken = restored.checkAll() { Issue.record("\(place): \(broken)") }
        restored.advanceLogTime(to: live.now)
        let (left, right) = (meaning(of: restored), meaning(of: live.state))
        if left != right { Issue.record("\(place): \(difference(left, right))") }
        let from = max(restored.ids.head, live.state.ids.head)
        if restored.ids.tail != live.state.ids.tail {
            Issue.record("\(place): ids end at \(restored.ids.tail), not \(live.state.ids.tail)")
        }
        for position in from..<min(restored.ids.tail, live.state.ids.tail)
        where restored.ids.entry(at: position) != live.state.ids.entry(at: position) {
            Issue.record("\(place): id \(position)")
        }
    }

    /// Its timers know every open hold; taken back.
    private func endAllHolds(_ state: inout PartitionState, _ place: String) {
        var (fact, buffer, held) = (Fact(), TransitionBuffer(), Int64(0))
        state.begin()
        state.advanceLogTime(to: Int64.max / 2)
        while case let sku = state.nextDueSKU(at: Int64.max / 2), sku >= 0 {
            state.makeExpiry(of: sku, into: &fact)
            state.apply(&fact, transitions: &buffer)
        }
        for slot in 0..<state.skus.slotBound where state.skus.isLive(slot) { held += state.skus[slot].totals.held }
        if state.openHoldCount != 0 || held != 0 { Issue.record("\(place): holds without a timer") }
        for slot in 0..<state.lots.slotBound where state.lots.isLive(slot) && !state.lots[slot].status.isDead {
            let lot = state.lots[slot]
            if lot.quantities.sellable > 0 && lot.expiresAtMilliseconds != LotTermsRecord.never {
                Issue.record("\(place): a lot without a timer")
            }
        }
        state.abort()
    }

    @Test(arguments: 0..<16) func anyMarkAndTheLedgersTail(seed: Int) throws {
        var history = RandomHistory(
            seed: 1_000 + seed, hasLots: seed % 2 == 1, hasWaiters: seed % 4 > 1, hasSplits: seed % 3 > 0, hasRare: seed % 5 > 1)
        let (partition, sink, moments) = live(&history, limits: RandomHistory.limits, rounds: 120)
        #expect(moments.count > 10)
        var digests: Set<UInt64> = [finalDigest(partition, sink)]
        for (index, moment) in moments.enumerated() {
            var state = try restore(moment, partition.ledger, limits: RandomHistory.limits, fromLog: index % 2 == 0)
            expectSame(&state, partition, sink, "seed \(seed), mark \(index)")
            endAllHolds(&state, "seed \(seed), mark \(index)")
            // What it writes next makes the same checkpoint.
            state.begin()
            let own = RecordingSink()
            while case let sku = state.oldestUnwrittenSKU, sku >= 0 { state.writeCheckpoint(of: sku, into: own) }
            state.commit()
            digests.insert(state.digest)
            own.commit()
            var records = moment.records
            for (key, value) in own.log { records[key] = value }
            if !hashes(records).elementsEqual(hashes(sink.compacted), by: ==) {
                Issue.record("seed \(seed), mark \(index): checkpoints differ")
            }
        }
        #expect(digests.count == 1, "one state, one digest")
    }

    private func finalDigest(_ partition: Partition, _ sink: RecordingSink) -> UInt64 {
        partition.begin()
        partition.writeCheckpoint(into: sink, limit: Int.max, isForced: true)
        partition.commit()
        sink.commit()
        return partition.state.digest
    }

    private func hashes(_ records: [StoredKey: StoredValue]) -> [String] {
        records.compactMap { key, value in if case .ids = key { nil } else { "\(key) \(value.hash)" } }.sorted()
    }

    @Test(arguments: 0..<8) func theLedgerAlone(seed: Int) throws {
        var history = RandomHistory(
            seed: 2_000 + seed, hasLots: seed % 2 == 1, hasWaiters: seed % 4 > 1, hasSplits: seed % 3 > 0, hasRare: seed % 5 > 1)
        let (partition, sink, _) = live(&history, limits: RandomHistory.limits, rounds: 150)
        var state = PartitionState(limits: RandomHistory.limits)
        var buffer = TransitionBuffer()
        for fact in partition.ledger {
            try state.replayOnSKU(fact, transitions: &buffer)
            state.applyToWindow(fact)
            state.applyToValues(fact)
        }
        expectSame(&state, partition, sink, "seed \(seed)")
        // And again: what a SKU has is skipped.
        for fact in partition.ledger { try state.replayOnSKU(fact, transitions: &buffer) }
        expectSame(&state, partition, sink, "seed \(seed), twice")
    }

    @Test func manyIDsInManyBlocks() throws {
        var limits = RandomHistory.limits
        limits.idWindowEntries = 4_000
        limits.idWindowMilliseconds = 0
        limits.idWindowCap = 20_000
        var history = RandomHistory(seed: 77)
        let (partition, sink, moments) = live(&history, limits: limits, rounds: 3_300)
        #expect(partition.state.ids.head > 2 * 4_096, "blocks have left")
        for moment in [moments[moments.count / 4], moments[moments.count / 2], moments[moments.count * 9 / 10], moments[moments.count - 1]]
        {
            var state = try restore(moment, partition.ledger, limits: limits, fromLog: false)
            expectSame(&state, partition, sink, "mark at \(moment.mark.values.seq)")
        }
        let blocks = moments[moments.count - 1].records.keys.filter { if case .ids = $0 { true } else { false } }
        #expect(blocks.count <= 4, "blocks that have left have their tombstone")
    }

    @Test func manyClosedRecordsAreQueuedByTheirAge() throws {
        var random = SeededRandom(seed: 5)
        var state = PartitionState(limits: StateLimits())
        let count = 2 * SortedRuns.length + 100
        var header = SKURecord()
        (header.key, header.version, header.writtenRecords) = ("sku", 1, Int64(count))
        for index in 0..<count {
            var record = ClosedRecord()
            record.id = Hash128(high: 1, low: UInt64(index))
            record.kind = random.oneIn(2) ? .orderLine : .hold
            record.closedAtMilliseconds = Int64(random.below(1_000))
            state.restore(closed: record, sku: "sku", hash: UInt64(index) + 1)
            header.writtenHashSum &+= UInt64(index) + 1
        }
        state.restore(header: header, digest: 9)
        var finish = RestoreFinish(values: PartitionValues(), digest: 9)
        var calls = 1
        while try !state.finishRestore(&finish, most: 1_000) { calls += 1 }
        #expect(calls >= 2 * count / 1_000, "each call is short")
        #expect(state.checkAll() == nil && state.closedCount == count)
        for first in [state.anchors.firstClosed.0, state.anchors.firstClosed.1] {
            var (slot, last) = (first, Int64.min)
            while slot >= 0 {
                if state.closed[slot].closedAtMilliseconds < last { Issue.record("slot \(slot) comes too late") }
                (slot, last) = (state.closed[slot].next, state.closed[slot].closedAtMilliseconds)
            }
        }
    }

    @Test func damageIsFound() throws {
        var history = RandomHistory(seed: 4, hasLots: true)
        let (partition, _, moments) = live(&history, limits: RandomHistory.limits, rounds: 60)
        let moment = moments[moments.count - 1]
        for key in moment.records.keys {
            if case .ids = key { continue }
            var damaged = moment
            damaged.records[key] = nil
            #expect(throws: RestoreError.self) {
                _ = try self.restore(damaged, partition.ledger, limits: RandomHistory.limits, fromLog: false)
            }
        }
        var wrong = moment
        wrong.mark.digest = (moment.mark.digest ?? 1) &+ 1
        #expect(throws: RestoreError.digestDiffers) {
            _ = try self.restore(wrong, partition.ledger, limits: RandomHistory.limits, fromLog: false)
        }
    }

    @Test func aLedgerThatDoesNotFitIsFound() throws {
        let partition = Partition()
        accept(partition, Events.receive(10))
        accept(partition, Events.hold("h", 3))
        accept(partition, Events.commit("o", hold: "h", 2))
        let facts = partition.ledger
        var buffer = TransitionBuffer()
        var state = PartitionState(limits: StateLimits())
        #expect(throws: ApplyError.versionGap(sku: "sku-1", expected: 1, found: 2)) {
            try state.replayOnSKU(facts[1], transitions: &buffer)
        }
        try state.replayOnSKU(facts[0], transitions: &buffer)
        var other = facts[1]
        other.after.held += 1
        #expect(throws: ApplyError.balancesDiffer(sku: "sku-1", location: "main")) { try state.replayOnSKU(other, transitions: &buffer) }
        var second = PartitionState(limits: StateLimits())
        try second.replayOnSKU(facts[0], transitions: &buffer)
        var unknown = facts[2]
        unknown.version = 2
        #expect(throws: ApplyError.missingRecord(sku: "sku-1")) { try second.replayOnSKU(unknown, transitions: &buffer) }
    }
}
