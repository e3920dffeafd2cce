@testable import StockCore

/// What a state means, without slots and without how it stands to checkpoint and read model: equal for two states that decide alike.
func meaning(of state: borrowing PartitionState) -> [String] {
    var lines: [String] = []
    for slot in 0..<state.skus.slotBound where state.skus.isLive(slot) {
        let sku = state.skus[slot]
        lines.append("sku \(sku.key) v\(sku.version) at \(sku.lastSeq)/\(sku.lastTimeMilliseconds) \(sku.policy.text) \(sku.totals.words)")
        lines.append(" \(sku.key) \(sku.supplier) \(sku.customer) \(sku.lossGain) \(sku.isOut) \(sku.hasHadStock) \(sku.releases)")
        lines.append("  \(sku.key) \(sku.locationCount) \(sku.openHolds) \(sku.openCommitments) \(sku.openDocuments)")
    }
    for slot in 0..<state.levels.slotBound where state.levels.isLive(slot) {
        let (level, extras) = (state.levels[slot], state[extras: slot])
        let terms = "\(extras.safetyStock) \(extras.reorderPoint) \(extras.reorderHysteresis)"
        let alerts = "\(level.isLow) \(level.isOut) \(level.hasHadStock) \(level.isOversold)"
        if let sold = state.velocity(ofLevel: slot) {
            let days = (0..<VelocityRecord.dayCount).map { sold[$0] }
            lines.append("sold \(state.skus[level.sku].key)/\(state.location(of: slot)) \(sold.lastDay) \(days)")
        }
        lines.append("owed \(state.skus[level.sku].key)/\(state.location(of: slot)) \(extras.owed) \(state.isFillable(slot))")
        let life = extras.lifeEndMilliseconds
        lines.append("level \(state.skus[level.sku].key)/\(state.location(of: slot)) \(level.balances.words) \(terms) \(alerts) \(life)")
    }
    for slot in 0..<state.holds.slotBound where state.holds.isLive(slot) && !state.holds[slot].status.isDead {
        let hold = state.holds[slot]
        let place = "\(state.skus[hold.sku].key)/\(state.location(of: hold.level))"
        let times = "\(hold.placedAtMilliseconds)-\(hold.expiresAtMilliseconds) \(hold.minExpiryMilliseconds)"
        let waiter = hold.waiter < 0 ? WaiterRecord() : state.waiters[hold.waiter]
        lines.append("waits \(hold.id) \(waiter.quantity) \(waiter.placedSeq)/\(waiter.placedAtMilliseconds) \(waiter.ttlSeconds)")
        lines.append("hold \(place) \(hold.id) \(hold.remaining)/\(hold.quantity) \(times) of \(hold.owner)")
    }
    for slot in 0..<state.commitments.slotBound where state.commitments.isLive(slot) && !state.commitments[slot].status.isDead {
        let line = state.commitments[slot]
        let place = "\(state.skus[line.sku].key)/\(state.location(of: line.level))"
        let parts =
            "\(line.ordered) \(line.open) \(line.shipped) \(line.canceled) \(line.returned) \(line.cores) "
            + "\(line.inTransit) \(line.transfer) \(line.expiresAtMilliseconds)"
        let waiter = line.waiter < 0 ? WaiterRecord() : state.waiters[line.waiter]
        let terms = "\(waiter.shipByMilliseconds) \(waiter.release) \(waiter.priority) \(waiter.isWhole)"
        lines.append("waits \(line.orderLine) \(waiter.quantity) \(waiter.placedSeq)/\(waiter.placedAtMilliseconds) \(terms)")
        lines.append(
            "line \(place) \(line.orderLine) \(parts) \(line.source) \(line.committedAtMilliseconds) \(line.minExpiryMilliseconds)")
    }
    for slot in 0..<state.closed.slotBound where state.closed.isLive(slot) && !state.closed[slot].status.isDead {
        let record = state.closed[slot]
        let parts =
            "\(record.quantity) \(record.shipped) \(record.returned) \(record.cores) \(record.content) \(record.closedAtMilliseconds)"
        lines.append("closed \(state.skus[record.sku].key) \(record.id) \(record.kind) \(record.outcome) \(parts)")
    }
    for slot in 0..<state.documents.slotBound where state.documents.isLive(slot) && !state.documents[slot].status.isDead {
        let document = state.documents[slot]
        let place = "\(state.skus[document.sku].key)/\(state.location(of: document.level))"
        let to = document.toLevel < 0 ? "" : "\(state.location(of: document.toLevel))"
        let parts = "\(document.total) \(document.arrived) \(document.rejected) \(document.disposition)"
        lines.append("\(document.kind) \(place) \(document.id) \(to) \(parts)")
    }
    for slot in 0..<state.counts.slotBound where state.counts.isLive(slot) {
        let count = state.counts[slot]
        let place = "\(state.skus[count.sku].key)/\(state.location(of: count.level))"
        lines.append("count \(place) \(count.id) \(count.counted) \(count.found) \(count.base) \(count.countedAt) \(count.closedAt)")
        lines.append("count \(place) \(count.unattributed) \(count.recounted) \(count.actors)")
    }
    for slot in 0..<state.units.slotBound where state.units.isLive(slot) {
        let unit = state.units[slot]
        lines.append("unit \(state.skus[unit.sku].key) \(unit.name) \(unit.numerator)/\(unit.denominator)")
    }
    for slot in 0..<state.channels.slotBound where state.channels.isLive(slot) && !state.channels[slot].status.isDead {
        let channel = state.channels[slot]
        lines.append("channel \(state.skus[channel.sku].key) \(channel.name) \(channel.minShelfLifeDays)")
    }
    for slot in 0..<state.zones.slotBound where state.zones.isLive(slot) {
        let zone = state.zones[slot]
        let place = zone.level < 0 ? Key() : state.location(of: zone.level)
        lines.append("zone \(state.skus[zone.sku].key)/\(place) \(zone.name)")
    }
    lines += lotMeaning(of: state)
    state.forEachPartRecord { part in
        let place = "\(state.skus[part.sku].key)/\(state.location(of: part.level))"
        lines.append("part \(place) \(part.isHold) \(part.id) \(part.quantity)")
    }
    for slot in 0..<state.owners.slotBound where state.owners.isLive(slot) {
        let owner = state.owners[slot]
        lines.append("owner \(state.skus[owner.sku].key) \(owner.owner) \(owner.held) in \(owner.holds)")
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
        let places = "\(level.sku) \(level.next) \(level.velocity) \(level.extras) \(level.location)"
        lines.append("\(slot) \(state.location(of: slot)) \(places) \(level.isUnprojected) \(level.status)")
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
    lines += everythingOfLots(of: state)
    for slot in 0..<state.counts.slotBound where state.counts.isLive(slot) {
        lines.append("\(slot) \(state.counts[slot].level) \(state.counts[slot].status)")
    }
    for slot in 0..<state.units.slotBound where state.units.isLive(slot) {
        lines.append("\(slot) \(state.units[slot].name) \(state.units[slot].next) \(state.units[slot].status)")
    }
    for slot in 0..<state.channels.slotBound where state.channels.isLive(slot) { lines.append("\(slot) \(state.channels[slot])") }
    for slot in 0..<state.zones.slotBound where state.zones.isLive(slot) { lines.append("\(slot) \(state.zones[slot])") }
    for slot in 0..<state.waiters.slotBound where state.waiters.isLive(slot) { lines.append("\(slot) \(state.waiters[slot])") }
    for slot in 0..<state.promiseParts.slotBound where state.promiseParts.isLive(slot) {
        lines.append("\(slot) \(state.promiseParts[slot])")
    }
    for slot in 0..<state.lanes.slotBound where state.lanes.isLive(slot) { lines.append("\(slot) \(state.lanes[slot])") }
    lines.append("queues \(state.anchors)")
    lines.append("indices \(state.skuIndex.count) \(state.levelIndex.count) \(state.holdIndex.count)")
    lines.append("indices \(state.commitmentIndex.count) \(state.closedIndex.count) \(state.documentIndex.count)")
    lines.append("ids \(state.ids.head)..<\(state.ids.tail) \(state.ids.writtenPosition) \(state.ids.removedBlocks)")
    lines.append("ids \(state.ids.evictedThroughMilliseconds) \(state.ids.evictedEarly)")
    for position in state.ids.head..<state.ids.tail { lines.append("\(state.ids.entry(at: position))") }
    return lines
}

private func lotMeaning(of state: borrowing PartitionState) -> [String] {
    var lines: [String] = []
    for slot in 0..<state.levels.slotBound where state.levels.isLive(slot) {
        let (level, extras) = (state.levels[slot], state[extras: slot])
        var order: [Key] = []
        state.forEachLot(of: slot) { order.append(state.lotTerms[state.lots[$0].terms].lot) }
        var demand: [String] = []
        var next = extras.firstDemand
        while next >= 0 {
            demand.append("\(state.demands[next].quantity) \(state.demands[next].owed) until \(state.demands[next].minExpiryMilliseconds)")
            next = state.demands[next].next
        }
        lines.append("demand \(state.skus[level.sku].key)/\(state.location(of: slot)) \(demand)")
        lines.append("lots \(state.skus[level.sku].key)/\(state.location(of: slot)) \(extras.lotCover) \(order)")
    }
    for slot in 0..<state.lotTerms.slotBound where state.lotTerms.isLive(slot) && !state.lotTerms[slot].status.isDead {
        let terms = state.lotTerms[slot]
        lines.append(
            "terms \(state.skus[terms.sku].key) \(terms.lot) \(terms.expiresAtMilliseconds) \(terms.references) "
                + "\(terms.isBlocked) \(terms.isRecalled) \(terms.isAnnounced) \(terms.isDay)"
        )
    }
    for slot in 0..<state.lots.slotBound where state.lots.isLive(slot) && !state.lots[slot].status.isDead {
        let lot = state.lots[slot]
        let place = "\(state.skus[lot.sku].key)/\(state.location(of: lot.level)) \(state.lotTerms[lot.terms].lot)"
        lines.append("lot \(place) \(lot.quantities) \(lot.expiresAtMilliseconds) \(lot.receivedAtMilliseconds) \(lot.reportedDays)")
    }
    for slot in 0..<state.shippedLots.slotBound where state.shippedLots.isLive(slot) && !state.shippedLots[slot].status.isDead {
        let record = state.shippedLots[slot]
        let lot = state.lotTerms[record.terms].lot
        let parts = "\(record.returned)/\(record.shipped) \(record.wasRecalled) \(record.minExpiryMilliseconds)"
        lines.append("shipped \(state.skus[record.sku].key) \(record.orderLine) \(lot) \(parts)")
    }
    for slot in 0..<state.namings.slotBound where state.namings.isLive(slot) && !state.namings[slot].status.isDead {
        let naming = state.namings[slot]
        let place = "\(state.skus[naming.sku].key)/\(state.location(of: naming.level))"
        let after = naming.isBegun ? "\(naming.after) \(naming.afterKind) \(naming.afterMilliseconds)" : "the newest"
        lines.append("naming \(place) \(naming.sinceSeq) \(after)")
    }
    for slot in 0..<state.lotCounts.slotBound where state.lotCounts.isLive(slot) && !state.lotCounts[slot].status.isDead {
        let count = state.lotCounts[slot]
        let place = "\(state.skus[count.sku].key)/\(state.location(of: count.level)) \(state.lotTerms[count.terms].lot)"
        let parts = "\(count.found) \(count.base) \(count.countedAtMilliseconds) \(count.line) \(count.isListed)"
        lines.append("lot count \(place) \(count.disposition) \(parts) \(count.isRecounted) \(count.actor)")
    }
    for slot in 0..<state.countedLots.slotBound where state.countedLots.isLive(slot) && !state.countedLots[slot].status.isDead {
        let counted = state.countedLots[slot]
        let place = "\(state.skus[counted.sku].key)/\(state.location(of: counted.level)) \(state.lotTerms[counted.terms].lot)"
        lines.append("counted lot \(place) \(counted.disposition) \(counted.countedAtMilliseconds) \(counted.variance)")
    }
    return lines
}

private func everythingOfLots(of state: borrowing PartitionState) -> [String] {
    var lines = ["indices \(state.lotTermsIndex.count) \(state.lotIndex.count) \(state.shippedLotIndex.count)"]
    for slot in 0..<state.demands.slotBound where state.demands.isLive(slot) { lines.append("\(slot) \(state.demands[slot])") }
    for slot in 0..<state.lots.slotBound where state.lots.isLive(slot) { lines.append("\(slot) \(state.lots[slot])") }
    lines.append("namings \(state.anchors.firstNaming) \(state.anchors.lastNaming)")
    for slot in 0..<state.namings.slotBound where state.namings.isLive(slot) { lines.append("\(slot) \(state.namings[slot])") }
    for slot in 0..<state.lotCounts.slotBound where state.lotCounts.isLive(slot) { lines.append("\(slot) \(state.lotCounts[slot])") }
    for slot in 0..<state.countedLots.slotBound where state.countedLots.isLive(slot) {
        lines.append("\(slot) \(state.countedLots[slot])")
    }
    lines.append("counted \(state.countedLotIndex.count)")
    for slot in 0..<state.lotTerms.slotBound where state.lotTerms.isLive(slot) { lines.append("\(slot) \(state.lotTerms[slot])") }
    for slot in 0..<state.shippedLots.slotBound where state.shippedLots.isLive(slot) { lines.append("\(slot) \(state.shippedLots[slot])") }
    return lines
}

/// Lines that only one of both has.
func difference(_ a: [String], _ b: [String]) -> String {
    a == b ? "" : "only left: \(a.filter { !b.contains($0) })\nonly right: \(b.filter { !a.contains($0) })"
}

extension Policy {
    /// All terms.
    var text: String {
        let holds =
            "\(returnDisposition) \(maxHoldSeconds) \(maxHoldQuantity) \(overReceiptPercent) \(lateDelta) \(expiryAlertDays)"
        let waits = "\(oversellLimit) \(backorderLimit) \(backorderDays) \(preorderLimit) \(preorderUntilMilliseconds)"
        let units =
            "\(lotTracked) \(minShelfLifeDays) \(serialTracked) \(warrantyDays) \(velocity) \(recountAbove) \(approveAbove) \(blindCount)"
            + " \(receiveDisposition) \(closedThroughMilliseconds) \(maxHeldPerOwner)"
        return "\(scale) \(safetyStock) \(reorderPoint) \(reorderHysteresis) \(holds) \(units) \(waits)"
    }
}
