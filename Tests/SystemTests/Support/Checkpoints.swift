import StockCore
import StockSim
import StockWire
import Testing

/// Replays the ledger from empty, and expects the checkpoints of a clean stop to be the same.
func expectCheckpointsEqualLedger(_ installation: Installation, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let problems = try installation.compareCheckpointsWithLedger()
    #expect(problems == [], sourceLocation: sourceLocation)
}

/// Expects, after a clean stop, that all that was written agrees with the auditor's books, the levels and the view of every SKU included,
/// and the checkpoints with the ledger.
func expectEverythingAgrees(_ installation: Installation, sourceLocation: SourceLocation = #_sourceLocation) throws -> AuditReport {
    let report = try installation.audit(hasLevels: true)
    #expect(report.holds, "\(report.text)", sourceLocation: sourceLocation)
    #expect(
        report.viewsCompared == report.skus && report.levelsCompared == report.skus && report.skus > 0, sourceLocation: sourceLocation)
    try expectCheckpointsEqualLedger(installation, sourceLocation: sourceLocation)
    return report
}

extension Installation {
    /// Replays the ledger from empty and restores the checkpoints, each partition on its own, after a clean stop: both must be the same.
    func compareCheckpointsWithLedger() throws -> [String] {
        let pairs = (0..<partitions).map { _ in Pair() }
        try read([.ledger, .state]) { topic, record in
            let pair = pairs[Int(record.partition)]
            if topic == .ledger { pair.take(ledger: record) } else { pair.take(state: record) }
        }
        return pairs.enumerated().flatMap { index, pair in pair.finish().map { "partition \(index): \($0)" } }
    }
}

/// The state of one partition, from either side.
private final class Pair {
    private var replayed = PartitionState(limits: StateLimits())
    private var restored = PartitionState(limits: StateLimits())
    private var mark: StateMark?
    private var decoder = LedgerDecoder()
    private var fact = Fact()
    private var transitions = TransitionBuffer()
    private var problems: [String] = []

    func take(ledger record: RecordView) {
        if SealRecord.matches(record) { return }
        do {
            try decoder.decode(record.value!, into: &fact)
            // What does not follow can't be replayed: the state would trap.
            guard fact.seq == replayed.values.seq + 1 else {
                problems.append("seq \(fact.seq) after \(replayed.values.seq)")
                return
            }
            try replayed.replayOnSKU(fact, transitions: &transitions)
            transitions.removeAll()
            replayed.applyToWindow(fact)
            replayed.applyToValues(fact)
        } catch {
            problems.append("ledger record at offset \(record.offset): \(error)")
        }
    }

    func take(state record: RecordView) {
        do {
            let key = record.key!
            let decoded = try StateDecoder.decode(key: key, value: record.value)
            let hash = record.value.map { StateEncoder.hash(key, $0) } ?? 0
            switch decoded {
            case .header(let header): restored.restore(header: header, digest: hash)
            case .level(let level, let velocity, let sku): restored.restore(level: level, velocity: velocity, sku: sku, hash: hash)
            case .hold(let hold, let waiter, let sku, let location):
                restored.restore(hold: hold, waiter: waiter, sku: sku, location: location, hash: hash)
            case .commitment(let line, let waiter, let sku, let location):
                restored.restore(commitment: line, waiter: waiter, sku: sku, location: location, hash: hash)
            case .closed(let closed, let sku): restored.restore(closed: closed, sku: sku, hash: hash)
            case .document(let document, let sku, let location, let to):
                restored.restore(document: document, sku: sku, location: location, to: to, hash: hash)
            case .count(let count, let sku, let location): restored.restore(count: count, sku: sku, location: location, hash: hash)
            case .naming(let naming, let sku, let location): restored.restore(naming: naming, sku: sku, location: location, hash: hash)
            case .removedNaming(let location, let sku): restored.restoreRemoved(naming: location, sku: sku)
            case .lotCount(let count, let sku, let location, let lot):
                restored.restore(lotCount: count, sku: sku, location: location, lot: lot, hash: hash)
            case .removedLotCount(let lot, let disposition, let sku, let location):
                restored.restoreRemoved(lotCount: lot, disposition, sku: sku, location: location)
            case .countedLot(let counted, let sku, let location, let lot):
                restored.restore(countedLot: counted, sku: sku, location: location, lot: lot, hash: hash)
            case .removedCountedLot(let lot, let disposition, let sku, let location):
                restored.restoreRemoved(countedLot: lot, disposition, sku: sku, location: location)
            case .channel(let channel, let sku): restored.restore(channel: channel, sku: sku, hash: hash)
            case .removedChannel(let channel, let sku): restored.restoreRemoved(channel: channel, sku: sku)
            case .zone(let zone, let sku, let location): restored.restore(zone: zone, sku: sku, location: location, hash: hash)
            case .unit(let unit, let sku): restored.restore(unit: unit, sku: sku, hash: hash)
            case .part(let part, let sku, let location): restored.restore(part: part, sku: sku, location: location, hash: hash)
            case .removedPart(let id, let isHold, let sku, let location):
                restored.restoreRemoved(part: id, isHold: isHold, sku: sku, location: location)
            case .removedHold(let hold, let sku): restored.restoreRemoved(hold: hold, sku: sku)
            case .removedCommitment(let line, let sku): restored.restoreRemoved(commitment: line, sku: sku)
            case .removedClosed(let id, let sku): restored.restoreRemoved(closed: id, sku: sku)
            case .removedDocument(let id, let kind, let sku): restored.restoreRemoved(document: id, kind, sku: sku)
            case .lotTerms(let terms, let sku): restored.restore(terms: terms, sku: sku, hash: hash)
            case .lot(let lot, let sku, let place, let name): restored.restore(lot: lot, sku: sku, location: place, name: name, hash: hash)
            case .shippedLot(let shipped, let sku, let lot): restored.restore(shipped: shipped, sku: sku, lot: lot, hash: hash)
            case .removedLotTerms(let lot, let sku): restored.restoreRemoved(terms: lot, sku: sku)
            case .removedLot(let lot, let sku, let location): restored.restoreRemoved(lot: lot, sku: sku, location: location)
            case .removedShippedLot(let line, let sku, let lot): restored.restoreRemoved(shipped: line, sku: sku, lot: lot)
            case .mark(let last): mark = last
            case .anew:
                restored = PartitionState(limits: StateLimits())
                mark = nil
            case .ids, .removedIDs, .removedHeader, .removedLevel, .removedCount, .removedUnit, .removedZone, .stamp: break
            }
        } catch {
            problems.append("state record at offset \(record.offset): \(error)")
        }
    }

    func finish() -> [String] {
        guard let mark else { return problems + (replayed.values.seq == 0 ? [] : ["no mark"]) }
        if !mark.isComplete { problems.append("the mark of a clean stop is not complete") }
        do {
            try restored.finishRestore(values: mark.values, digest: mark.isComplete ? mark.digest : nil)
        } catch {
            problems.append("the checkpoint does not add up: \(error)")
        }
        var values = mark.values
        // Log time also moves without a fact.
        values.logTimeMilliseconds = min(values.logTimeMilliseconds, replayed.values.logTimeMilliseconds)
        if replayed.values != values { problems.append("replayed values \(replayed.values), checkpoint \(mark.values)") }
        if replayed.openHoldCount != restored.openHoldCount {
            problems.append("\(replayed.openHoldCount) open holds replayed, \(restored.openHoldCount) in the checkpoint")
        }
        if let broken = replayed.checkAll() { problems.append("an identity is broken: \(broken)") }
        compare(&problems)
        return problems
    }

    private func compare(_ problems: inout [String]) {
        if replayed.skuCount != restored.skuCount {
            problems.append("\(replayed.skuCount) SKUs replayed, \(restored.skuCount) in the checkpoint")
        }
        var found: [String] = []
        replayed.forEachSKU { slot in
            let sku = replayed.sku(slot)
            let other = restored.findSKU(sku.key)
            guard other >= 0 else { return found.append("\(sku.key) is not in the checkpoint") }
            if restored.sku(other).version != sku.version {
                found.append("\(sku.key): version \(sku.version), \(restored.sku(other).version) in the checkpoint")
            }
            replayed.forEachLevel(of: slot) { levelSlot in
                let level = replayed.level(levelSlot)
                let otherLevel = restored.findLevel(other, level.location)
                guard otherLevel >= 0 else { return found.append("\(sku.key) has nothing at \(level.location) in the checkpoint") }
                if restored.level(otherLevel).balances != level.balances { found.append("\(sku.key) at \(level.location): other balances") }
            }
        }
        problems += found
    }
}
