// A shipment is taken back: the label is void, the goods never left (domain: c7).

extension PartitionState {
    /// The exact inverse of the shipment of an order line: on hand and committed both rise again, for that order line.
    func decideUnship(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let shipment = findClosed(sku, PartitionState.closedID(.shipment, event.document, event.orderLine, serial: event.serial))
        guard shipment >= 0 else { return isBeforeHorizon(event) ? .tooOld : .shipmentUnknown }
        if closed[shipment].outcome == .voided { return duplicate(&fact) }
        if closed[shipment].returned != PartitionState.hash(ofSerials: fact.serials) { return .serialsDiffer }
        let serial = firstRefusal(&fact) { serial in
            let known = findSerial(sku, serial)
            return known >= 0 && closed[known].outcome == .returned ? .serialReturned : .none
        }
        if serial != .none { return serial }
        let quantity = closed[shipment].quantity
        fact.quantity = quantity
        let open = findCommitment(sku, event.orderLine)
        let done = findClosed(sku, PartitionState.closedID(.orderLine, event.orderLine))
        let level: Int32
        if open >= 0 {
            let line = commitments[open]
            let promise = RecordReference(kind: .commitment, slot: open)
            // Records of earlier versions do not tell from where.
            level = closed[shipment].content == 0 ? line.level : levelOfShipment(event, sku)
            guard level >= 0 else { return .orderLineMoved }
            // Where the order line is not any more, it has a part again; but what waits is at one location.
            let isNew = level != line.level && units(of: promise, at: level) == 0
            if isNew && line.inTransit > 0 { return .orderLineInTransit }
            if isNew && (line.waiter >= 0 || partCount(of: promise) >= EventLimits.maxCandidates) { return .orderLineMoved }
            fact.location = location(of: level)
            if line.shipped - quantity < max(line.returned, line.cores) { return .quantityExceeds }
        } else if done >= 0 {
            level = levelOfShipment(event, sku)
            guard level >= 0 else { return .orderLineClosed }
            fact.location = location(of: level)
            if closed[done].shipped - quantity < max(closed[done].returned, closed[done].cores) { return .quantityExceeds }
            if Int(skus[sku].openCommitments) >= limits.openCommitmentsPerSKU { return .tooManyCommitments }
        } else {
            return isBeforeOrderLineHorizon(event) ? .tooOld : .orderLineUnknown
        }
        if isLotTracked(sku) { return unshipLots(event, sku, level, &fact) }
        return checkBalance(levels[level].balances.sellable, plus: quantity)
    }

    /// The level from which a shipment has left; -1 where that is not known. O(locations).
    func levelOfShipment(_ event: StockEvent, _ sku: Int32) -> Int32 {
        let shipment = findClosed(sku, PartitionState.closedID(.shipment, event.document, event.orderLine, serial: event.serial))
        guard shipment >= 0 else { return -1 }
        // Records of earlier versions do not tell from where.
        let hash = closed[shipment].content
        var slot = skus[sku].firstLevel
        while slot >= 0 && location(of: slot).hash64 != hash { slot = levels[slot].next }
        return slot
    }

    mutating func applyUnship(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findLevel(sku, fact.location)
        let shipment = findClosed(sku, PartitionState.closedID(.shipment, fact.document, fact.orderLine, serial: fact.serial))
        guard level >= 0, shipment >= 0, let line = reopenCommitment(&fact, sku, level) else { return nil }
        takeBackSold(fact.quantity, noted: closed[shipment].shipped, at: level)
        closed[shipment].outcome = .voided
        renewClosed(shipment, at: fact.timeMilliseconds)
        changePartRecord(of: RecordReference(kind: .commitment, slot: line), at: level, by: fact.quantity)
        commitments[line].shipped -= fact.quantity
        let was = levels[level].balances
        guard book(&fact, level, fact.quantity, 1), bookUnshipped(&fact, sku) else { return nil }
        levels[level].balances.committed += fact.quantity
        changeDemand(level, commitments[line].minExpiryMilliseconds, by: fact.quantity)
        skus[sku].customer &-= fact.quantity
        refresh(level, was: was, &transitions)
        bookSerialArrival(&fact, sku)
        return level
    }

    /// The open commitment of the order line; one that was finished is open again, with nothing open yet.
    private mutating func reopenCommitment(_ fact: inout Fact, _ sku: Int32, _ level: Int32) -> Int32? {
        let open = findCommitment(sku, fact.orderLine)
        if open >= 0 { return open }
        let done = findClosed(sku, PartitionState.closedID(.orderLine, fact.orderLine))
        guard done >= 0 else { return nil }
        let record = closed[done]
        removeClosed(done)
        var owed = CommitmentRecord()
        owed.sku = sku
        owed.level = level
        owed.orderLine = fact.orderLine
        owed.ordered = record.quantity
        owed.shipped = record.shipped
        owed.canceled = record.quantity - record.shipped
        owed.returned = record.returned
        owed.cores = record.cores
        // See `commitContent`: a hold's hash is odd, a location's even.
        owed.source = record.content & 1 == 1 ? record.content : 0
        owed.committedAtMilliseconds = fact.timeMilliseconds
        owed.minExpiryMilliseconds = minExpiry(ofFinished: record.id, sku)
        return self.open(owed)
    }
}
