// Decide: commitments and what ends them.

extension PartitionState {
    func decideCommit(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let source = event.hold.isEmpty ? 0 : event.hold.hash64 | 1
        let line = findCommitment(sku, event.orderLine)
        if line >= 0 {
            let owed = commitments[line]
            let isSameQuantity = event.quantity == Policy.absent || owed.ordered == event.quantity
            // One that is to be confirmed is not what a commit without a time asks for.
            let isSameTerm = owed.expiresAtMilliseconds == 0 || event.ttlSeconds != Policy.absent
            let isSame = owed.source == source && isSameQuantity && isSameTerm && isSamePlace(event, line, fact)
            return isSame ? duplicate(&fact) : .orderLineExists
        }
        let done = findClosed(sku, PartitionState.closedID(.orderLine, event.orderLine))
        if done >= 0 {
            if closed[done].outcome == .expired { return .orderLineExpired }
            let isSame =
                closed[done].outcome != .sold && isSameSource(closed[done].content, source, event, fact)
                && (event.quantity == Policy.absent || closed[done].quantity == event.quantity)
            return isSame ? duplicate(&fact) : .orderLineClosed
        }
        if isBeforeOrderLineHorizon(event) { return .tooOld }
        let rejection = event.hold.isEmpty ? decideDirectCommit(event, sku, &fact) : decideHoldCommit(event, sku, &fact)
        if rejection != .none { return rejection }
        if event.ttlSeconds != Policy.absent { fact.expiresAtMilliseconds = values.logTimeMilliseconds + event.ttlSeconds * 1_000 }
        return Int(skus[sku].openCommitments) >= limits.openCommitmentsPerSKU ? .tooManyCommitments : .none
    }

    /// What a finished order line remembers of where it came from: the hold, or the location of a commit without one.
    static func commitContent(source: UInt64, location: Key) -> UInt64 { source != 0 ? source : location.hash64 & ~1 }

    private func decideDirectCommit(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let level = findLevel(sku, event.location)
        if sku >= 0 { fact.minExpiryMilliseconds = minExpiry(of: event, skus[sku].policy) }
        if event.hasCandidates { return plan(event.quantity, event, sku, &fact, isPromise: true) }
        if event.preorder != .none { return decidePreorder(event, sku, level, &fact) }
        let available = level >= 0 ? promisable(level, event, fact) : 0
        if available >= share(of: event, available, &fact) { return .none }
        fact.total = max(0, available)
        // What is short is asked of another SKU first.
        if !event.isOfChain && mayOversell(level, event.quantity, &fact) {
            fact.total = 0
            return .none
        }
        return event.backorder == .none ? .insufficientStock : decideBackorder(event, sku, level, &fact)
    }

    private func decideHoldCommit(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let own = findHold(sku, event.hold)
        guard own >= 0 else { return missingHold(event, sku) }
        let hold = holds[own]
        let quantity = event.quantity == Policy.absent ? hold.remaining : event.quantity
        fact.quantity = quantity
        fact.location = location(of: hold.level)
        if hold.expiresAtMilliseconds <= values.logTimeMilliseconds { return .holdExpired }
        if hold.waiter >= 0 { return .holdWaits }
        if isByPart(event, hold.firstPart, hold.level) { return chooseParts(event, RecordReference(kind: .hold, slot: own), sku, &fact) }
        return quantity > hold.remaining ? .quantityExceeds : .none
    }

    func decideRelease(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        event.hold.isEmpty ? decideCancel(event, sku, &fact) : decideHoldRelease(event, sku, &fact)
    }

    private func decideHoldRelease(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let own = findHold(sku, event.hold)
        guard own >= 0 else {
            let why = missingHold(event, sku)
            // A second release of the whole hold changes nothing (domain: c6).
            return why == .holdReleased && asksForAll(event) ? duplicate(&fact) : why
        }
        let hold = holds[own]
        let waiting = waiting(of: hold)
        let quantity = released(event, of: hold.remaining + waiting)
        fact.quantity = quantity
        fact.location = location(of: hold.level)
        fact.wait.quantity = min(quantity, waiting)
        if hold.expiresAtMilliseconds <= values.logTimeMilliseconds { return .holdExpired }
        if isByPart(event, hold.firstPart, hold.level) { return chooseParts(event, RecordReference(kind: .hold, slot: own), sku, &fact) }
        return quantity > hold.remaining + waiting ? .quantityExceeds : .none
    }

    private func decideCancel(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let line = findCommitment(sku, event.orderLine)
        guard line >= 0 else {
            let done = findClosed(sku, PartitionState.closedID(.orderLine, event.orderLine))
            let wasCanceled = done >= 0 && closed[done].shipped < closed[done].quantity
            return wasCanceled && asksForAll(event) ? duplicate(&fact) : missingOrderLine(event, sku)
        }
        let owed = commitments[line]
        let waiting = waiting(of: owed)
        let all = owed.open + waiting + owed.inTransit
        let quantity = released(event, of: all)
        fact.quantity = quantity
        fact.location = location(of: owed.level)
        // What has no unit yet goes first (domain: c6).
        fact.wait.quantity = min(quantity, waiting)
        fact.wait.isPreorder = waiting > 0 && !isReleased(lanes[waiters[owed.waiter].lane])
        if isByPart(event, owed.firstPart, owed.level) {
            return chooseParts(event, RecordReference(kind: .commitment, slot: line), sku, &fact)
        }
        return quantity > all ? .quantityExceeds : .none
    }

    /// Why an event that names this order line can't find it open.
    func missingOrderLine(_ event: StockEvent, _ sku: Int32) -> Rejection {
        let done = findClosed(sku, PartitionState.closedID(.orderLine, event.orderLine))
        if done >= 0 { return closed[done].outcome == .expired ? .orderLineExpired : .orderLineClosed }
        return isBeforeOrderLineHorizon(event) ? .tooOld : .orderLineUnknown
    }
}
