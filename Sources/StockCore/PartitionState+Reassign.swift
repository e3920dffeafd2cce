// A promise moves to another location, or to another order line, as one event (domain: c16): nobody else can take it in between.

extension PartitionState {
    /// A hold or an order line goes to another location with all that is open of it, what waits included; or units of an order line become
    /// another one's, here or there.
    func decideReassign(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        if !event.hold.isEmpty { return decideHoldMove(event, sku, &fact) }
        let line = findCommitment(sku, event.orderLine)
        guard line >= 0 else { return missingOrderLine(event, sku) }
        let owed = commitments[line]
        fact.location = location(of: owed.level)
        if owed.inTransit > 0 { return .orderLineInTransit }
        if event.hasCandidates || isByPart(event, owed.firstPart, owed.level) {
            if owed.waiter >= 0 { return .waitsAtOneLocation }
            return decideReplan(event, RecordReference(kind: .commitment, slot: line), sku, &fact)
        }
        if event.counterpart.isEmpty { fact.counterpart = fact.location }
        let to = findLevel(sku, fact.counterpart)
        fact.minExpiryMilliseconds = owed.minExpiryMilliseconds
        if event.document.isEmpty {
            // It is there already.
            if to == owed.level { return duplicate(&fact) }
            fact.wait.quantity = waiting(of: owed)
            fact.quantity = owed.open + fact.wait.quantity
            return checkMove(of: owed.open, sku, to: to, &fact)
        }
        fact.quantity = event.quantity == Policy.absent ? owed.open : event.quantity
        if owed.open == 0 { return .orderLineWaits }
        if fact.quantity > owed.open { return .quantityExceeds }
        let taker = findCommitment(sku, event.document)
        if taker >= 0 {
            let other = commitments[taker]
            let isAlike =
                other.level == to && other.minExpiryMilliseconds == owed.minExpiryMilliseconds
                && other.expiresAtMilliseconds == owed.expiresAtMilliseconds
            if !isAlike { return .orderLineExists }
        } else {
            if findClosed(sku, PartitionState.closedID(.orderLine, event.document)) >= 0 { return .orderLineClosed }
            if isBeforeOrderLineHorizon(event) { return .tooOld }
            if Int(skus[sku].openCommitments) >= limits.openCommitmentsPerSKU { return .tooManyCommitments }
        }
        fact.expiresAtMilliseconds = owed.expiresAtMilliseconds
        return to == owed.level ? .none : checkMove(of: fact.quantity, sku, to: to, &fact)
    }

    private func decideHoldMove(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let own = findHold(sku, event.hold)
        guard own >= 0 else { return missingHold(event, sku) }
        let hold = holds[own]
        fact.location = location(of: hold.level)
        fact.minExpiryMilliseconds = hold.minExpiryMilliseconds
        if hold.expiresAtMilliseconds <= values.logTimeMilliseconds { return .holdExpired }
        if event.hasCandidates || isByPart(event, hold.firstPart, hold.level) {
            if hold.waiter >= 0 { return .waitsAtOneLocation }
            return decideReplan(event, RecordReference(kind: .hold, slot: own), sku, &fact)
        }
        let to = findLevel(sku, event.counterpart)
        if to == hold.level { return duplicate(&fact) }
        fact.wait.quantity = waiting(of: hold)
        fact.quantity = hold.remaining + fact.wait.quantity
        return checkMove(of: hold.remaining, sku, to: to, &fact)
    }

    /// Whether the place where the promise goes has the units for it.
    private func checkMove(of quantity: Int64, _ sku: Int32, to: Int32, _ fact: inout Fact) -> Rejection {
        if quantity == 0 { return checkLocation(sku, to) }
        let available = to >= 0 ? promisable(to, minExpiry: fact.minExpiryMilliseconds) : 0
        if available >= quantity { return .none }
        fact.total = max(0, available)
        return .insufficientStock
    }

    mutating func applyReassign(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findLevel(sku, fact.location)
        let own = fact.hold.isEmpty ? -1 : findHold(sku, fact.hold)
        let line = fact.hold.isEmpty ? findCommitment(sku, fact.orderLine) : -1
        guard own >= 0 || line >= 0 else { return nil }
        let promise = RecordReference(kind: own >= 0 ? .hold : .commitment, slot: max(own, line))
        if fact.isSplit || isSplit(promise) { return applyReplan(&fact, promise, sku, &transitions) }
        guard level >= 0 else { return nil }
        let to = fact.counterpart.isEmpty ? level : findOrInsertLevel(sku, fact.counterpart)
        let (was, wasThere) = (levels[level].balances, levels[to].balances)
        let moved = fact.quantity - fact.wait.quantity
        changeDemand(level, fact.minExpiryMilliseconds, by: -moved)
        changeDemand(to, fact.minExpiryMilliseconds, by: moved)
        if own >= 0 {
            levels[level].balances.held -= moved
            levels[to].balances.held += moved
            holds[own].level = to
            if holds[own].waiter >= 0 { moveWaiter(holds[own].waiter, to: to) }
            markDirty(.hold, own, of: sku)
        } else {
            levels[level].balances.committed -= moved
            levels[to].balances.committed += moved
            markDirty(.commitment, line, of: sku)
            if fact.document.isEmpty {
                commitments[line].level = to
                if commitments[line].waiter >= 0 { moveWaiter(commitments[line].waiter, to: to) }
            } else {
                commitments[line].open -= moved
                commitments[line].canceled += moved
                give(moved, to: fact.document, to, &fact)
            }
        }
        refresh(level, was: was, &transitions)
        if to != level { refresh(to, was: wasThere, &transitions) }
        if line >= 0 { endCommitmentIfDone(line, &fact) }
        return level
    }

    /// Units that an order line was promised are promised to another one, which is made where it does not exist.
    private mutating func give(_ quantity: Int64, to orderLine: Key, _ level: Int32, _ fact: inout Fact) {
        let sku = levels[level].sku
        let found = findCommitment(sku, orderLine)
        if found >= 0 {
            commitments[found].ordered += quantity
            commitments[found].open += quantity
            return markDirty(.commitment, found, of: sku)
        }
        var owed = CommitmentRecord()
        owed.sku = sku
        owed.level = level
        owed.orderLine = orderLine
        owed.ordered = quantity
        owed.open = quantity
        owed.committedAtMilliseconds = fact.timeMilliseconds
        owed.minExpiryMilliseconds = fact.minExpiryMilliseconds
        owed.expiresAtMilliseconds = fact.expiresAtMilliseconds
        _ = open(owed)
    }
}
