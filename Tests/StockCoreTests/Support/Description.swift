@testable import StockCore

/// What a state means, without slots and without how it stands to checkpoint and read model: equal for two states that decide alike.
func meaning(of state: borrowing PartitionState) -> [String] {
    var lines: [String] = []
    for slot in 0..<state.skus.slotBound where state.skus.isLive(slot) {
        let sku = state.skus[slot]
        lines.append("sku \(sku.key) v\(sku.version) at \(sku.lastSeq)/\(sku.lastTimeMilliseconds) \(sku.policy.text) \(sku.totals.words)")
        lines.append(" \(sku.key) \(sku.supplier) \(sku.customer) \(sku.lossGain) \(sku.isOut) \(sku.hasHadStock)")
        lines.append("  \(sku.key) \(sku.locationCount) \(sku.openHolds) \(sku.openCommitments) \(sku.openDocuments)")
    }
    for slot in 0..<state.levels.slotBound where state.levels.isLive(slot) {
        let level = state.levels[slot]
        let terms = "\(level.safetyStock) \(level.reorderPoint) \(level.reorderHysteresis)"
        let alerts = "\(level.isLow) \(level.isOut) \(level.hasHadStock) \(level.isOversold)"
        lines.append("level \(state.skus[level.sku].key)/\(level.location) \(level.balances.words) \(terms) \(alerts)")
    }
    for slot in 0..<state.holds.slotBound where state.holds.isLive(slot) && !state.holds[slot].status.isDead {
        let hold = state.holds[slot]
        let place = "\(state.skus[hold.sku].key)/\(state.levels[hold.level].location)"
        lines.append(
            "hold \(place) \(hold.id) \(hold.remaining)/\(hold.quantity) \(hold.placedAtMilliseconds)-\(hold.expiresAtMilliseconds)")
    }
    for slot in 0..<state.commitments.slotBound where state.commitments.isLive(slot) && !state.commitments[slot].status.isDead {
        let line = state.commitments[slot]
        let place = "\(state.skus[line.sku].key)/\(state.levels[line.level].location)"
        let parts = "\(line.ordered) \(line.open) \(line.shipped) \(line.canceled) \(line.returned)"
        lines.append("line \(place) \(line.orderLine) \(parts) \(line.source) \(line.committedAtMilliseconds)")
    }
    for slot in 0..<state.closed.slotBound where state.closed.isLive(slot) && !state.closed[slot].status.isDead {
        let record = state.closed[slot]
        let parts = "\(record.quantity) \(record.shipped) \(record.returned) \(record.content) \(record.closedAtMilliseconds)"
        lines.append("closed \(state.skus[record.sku].key) \(record.id) \(record.kind) \(record.outcome) \(parts)")
    }
    for slot in 0..<state.documents.slotBound where state.documents.isLive(slot) && !state.documents[slot].status.isDead {
        let document = state.documents[slot]
        let place = "\(state.skus[document.sku].key)/\(state.levels[document.level].location)"
        lines.append("\(document.kind) \(place) \(document.id) \(document.total) \(document.arrived)")
    }
    lines.sort()
    lines.append("\(state.values)")
    lines.append("\(state.openHoldCount) \(state.openCommitmentCount) \(state.closedCount) \(state.skuCount)")
    return lines
}

/// Everything, slots and queues included: equal for two states that were led the same way. Timers show in the facts that follow.
func everything(of state: borrowing PartitionState) -> [String] {
    var lines = meaning(of: state)
    lines.append("digest \(state.digest) redo \(state.redo) written \(state.isAllWritten) projected \(state.projectedThroughSeq)")
    for slot in 0..<state.skus.slotBound {
        guard state.skus.isLive(slot) else { continue }
        let sku = state.skus[slot]
        lines.append("\(slot) \(sku.key) \(sku.firstLevel) \(sku.writtenRecords) \(sku.writtenHashSum) \(sku.writtenDigest)")
        lines.append(
            "dirty \(sku.dirtySinceSeq) \(sku.dirtySinceMilliseconds) \(sku.firstDirty) \(sku.dirtyCount) \(sku.unprojectedSinceSeq)")
    }
    for slot in 0..<state.levels.slotBound where state.levels.isLive(slot) {
        let level = state.levels[slot]
        lines.append("\(slot) \(level.location) \(level.sku) \(level.next) \(level.isUnprojected) \(level.status)")
    }
    for slot in 0..<state.holds.slotBound where state.holds.isLive(slot) {
        lines.append("\(slot) \(state.holds[slot].id) \(state.holds[slot].status)")
    }
    for slot in 0..<state.commitments.slotBound where state.commitments.isLive(slot) {
        lines.append("\(slot) \(state.commitments[slot].orderLine) \(state.commitments[slot].status)")
    }
    for slot in 0..<state.closed.slotBound where state.closed.isLive(slot) {
        let record = state.closed[slot]
        lines.append("\(slot) \(record.id) \(record.previous) \(record.next) \(record.status)")
    }
    for slot in 0..<state.documents.slotBound where state.documents.isLive(slot) {
        lines.append("\(slot) \(state.documents[slot].id) \(state.documents[slot].status)")
    }
    lines.append("queues \(state.anchors)")
    lines.append("indices \(state.skuIndex.count) \(state.levelIndex.count) \(state.holdIndex.count)")
    lines.append("indices \(state.commitmentIndex.count) \(state.closedIndex.count) \(state.documentIndex.count)")
    lines.append("ids \(state.ids.head)..<\(state.ids.tail) \(state.ids.writtenPosition) \(state.ids.removedBlocks)")
    lines.append("ids \(state.ids.evictedThroughMilliseconds) \(state.ids.evictedEarly)")
    for position in state.ids.head..<state.ids.tail { lines.append("\(state.ids.entry(at: position))") }
    return lines
}

/// Lines that only one of both has.
func difference(_ a: [String], _ b: [String]) -> String {
    a == b ? "" : "only left: \(a.filter { !b.contains($0) })\nonly right: \(b.filter { !a.contains($0) })"
}

extension Policy {
    /// All terms.
    var text: String {
        "\(scale) \(safetyStock) \(reorderPoint) \(reorderHysteresis) \(returnDisposition) \(maxHoldSeconds) \(maxHoldQuantity)"
            + " \(overReceiptPercent)"
    }
}
