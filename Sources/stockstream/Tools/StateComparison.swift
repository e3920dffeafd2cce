import StockCore
import StockStream

/// Compares a restored partition with its replayed ledger. Both are finished: all of it is written into a digest.
struct StateComparison {
    /// Differences that are told one by one; the rest is counted.
    static let told = 20

    /// What differs, as sentences: first what the checkpoint has, then what the ledger leads to.
    private(set) var differences: [String] = []
    private(set) var untold = 0
    /// The digest of the restored state.
    private(set) var digest: UInt64 = 0
    /// Ids that both windows have.
    private(set) var ids = 0

    init(restored: inout PartitionState, replayed: inout PartitionState, limits: StateLimits) {
        compareValues(restored.values, replayed.values)
        compareIDs(restored, replayed, limits)
        compareSKUs(restored, replayed)
        note(restored.openHoldCount, replayed.openHoldCount, "open holds")
        note(restored.openCommitmentCount, replayed.openCommitmentCount, "open order lines")
        note(restored.closedCount, replayed.closedCount, "closed records")
        if let broken = restored.checkAll() { add("an identity of the restored state does not hold: \(broken)") }
        if let broken = replayed.checkAll() { add("an identity of the replayed state does not hold: \(broken)") }
        if let first = replayed.firstInconsistency { add("the first fact of the ledger that breaks an identity: \(first)") }
        digest = restored.finishDigest()
        let wanted = replayed.finishDigest()
        if digest != wanted { add("digest: \(String(digest, radix: 16)), the ledger leads to \(String(wanted, radix: 16))") }
    }

    private mutating func add(_ difference: String) {
        if differences.count < StateComparison.told { differences.append(difference) } else { untold += 1 }
    }

    private mutating func note<Value: Equatable>(_ restored: Value, _ replayed: Value, _ what: @autoclosure () -> String) {
        if restored != replayed { add("\(what()): \(restored), the ledger leads to \(replayed)") }
    }

    private mutating func compareValues(_ restored: PartitionValues, _ replayed: PartitionValues) {
        note(restored.seq, replayed.seq, "seq")
        note(restored.next, replayed.next, "next input offset")
        note(restored.incarnation, replayed.incarnation, "incarnation")
        note(restored.lastFactMilliseconds, replayed.lastFactMilliseconds, "time of the last fact")
        note(restored.horizonMilliseconds, replayed.horizonMilliseconds, "horizon")
        note(restored.orderLineHorizonMilliseconds, replayed.orderLineHorizonMilliseconds, "horizon of order lines")
        note(restored.counters, replayed.counters, "counters")
        // Log time also moves without a fact.
        if restored.logTimeMilliseconds < replayed.logTimeMilliseconds {
            note(restored.logTimeMilliseconds, replayed.logTimeMilliseconds, "log time")
        }
    }

    /// Ids leave the window at commits, and a replay has none: the beginnings may differ, what both have may not.
    private mutating func compareIDs(_ restored: borrowing PartitionState, _ replayed: borrowing PartitionState, _ limits: StateLimits) {
        note(restored.ids.tail, replayed.ids.tail, "ids ever seen")
        let least = min(Int64(limits.idWindowEntries), replayed.ids.tail)
        if Int64(restored.ids.count) < least { add("id window: \(restored.ids.count) ids, at least \(least) are to be there") }
        let from = max(restored.ids.head, replayed.ids.head)
        let to = min(restored.ids.tail, replayed.ids.tail)
        guard from < to else { return }
        ids = Int(to - from)
        for position in from..<to where restored.ids.entry(at: position) != replayed.ids.entry(at: position) {
            add("id window: the entry at position \(position) is not that of the fact with seq \(replayed.ids.entry(at: position).seq)")
        }
    }

    private mutating func compareSKUs(_ restored: borrowing PartitionState, _ replayed: borrowing PartitionState) {
        note(restored.skuCount, replayed.skuCount, "SKUs")
        for (key, slot) in StateComparison.skus(replayed) {
            let found = restored.findSKU(key)
            guard found >= 0 else {
                add("SKU \(key) is missing")
                continue
            }
            let mine = restored.sku(found)
            let wanted = replayed.sku(slot)
            note(mine.version, wanted.version, "version of \(key)")
            note(mine.lastSeq, wanted.lastSeq, "last seq of \(key)")
            note(mine.policy, wanted.policy, "policy of \(key)")
            note(mine.totals, wanted.totals, "totals of \(key)")
            note([mine.supplier, mine.customer, mine.lossGain], [wanted.supplier, wanted.customer, wanted.lossGain], "accounts of \(key)")
            note(mine.openDocuments, wanted.openDocuments, "open documents of \(key)")
            compareLevels(key, restored, found, replayed, slot)
        }
        for (key, _) in StateComparison.skus(restored) where replayed.findSKU(key) < 0 { add("SKU \(key) is not in the ledger") }
    }

    private mutating func compareLevels(
        _ key: Key, _ restored: borrowing PartitionState, _ mine: Int32, _ replayed: borrowing PartitionState, _ wanted: Int32
    ) {
        note(restored.sku(mine).locationCount, replayed.sku(wanted).locationCount, "locations of \(key)")
        var slot = replayed.sku(wanted).firstLevel
        while slot >= 0 {
            let level = replayed.level(slot)
            slot = level.next
            let found = restored.findLevel(mine, level.location)
            guard found >= 0 else {
                add("\(key) at \(level.location) is missing")
                continue
            }
            note(restored.level(found).balances, level.balances, "balances of \(key) at \(level.location)")
        }
    }

    private static func skus(_ state: borrowing PartitionState) -> [(key: Key, slot: Int32)] {
        var slots: [Int32] = []
        state.forEachSKU { slots.append($0) }
        return slots.map { (state.sku($0).key, $0) }
    }
}
