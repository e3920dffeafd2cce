// Transfers that carry a promise (domain: c9): the units of an order line go to another location, and the promise with them. It leaves the
// source with the units, and is one of the destination's from the event on that brings them there. In between it is neither's: nothing that
// is at hand is kept for it.
//
// One transfer at a time carries all that is open of a line that is at one location, and while it does the line gets no part elsewhere.
// What of it waits for stock goes along.

extension PartitionState {
    /// Units of an order line leave for another location: out of its own promise, which never blocks them.
    func decidePromiseSend(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        let line = findCommitment(sku, event.orderLine)
        guard line >= 0 else { return missingOrderLine(event, sku) }
        let owed = commitments[line]
        fact.total = owed.open
        if owed.inTransit > 0 { return .orderLineInTransit }
        if owed.firstPart >= 0 { return .splitPromise }
        if owed.level != level { return .orderLineElsewhere }
        if owed.open == 0 { return .orderLineWaits }
        if event.quantity > owed.open { return .quantityExceeds }
        if event.quantity < owed.open { return .orderLinePart }
        if isLotTracked(sku) {
            let own = Excluded(quantity: fact.quantity, minExpiryMilliseconds: owed.minExpiryMilliseconds)
            let refusal = pickForCustomer(event, sku, level, own, &fact)
            if refusal != .none { return refusal }
            if !event.lot.isEmpty {
                fact.items.append(PartitionState.lotItem(event.lot, fact.quantity, .sellable))
                if fact.isAbsorbed { fact.items[0].kind = .absorbed }
            }
            if fact.items.reduce(0, { $0 + $1.quantity }) < fact.quantity { return .lotRequired }
            // One fact names all that is in transit when the transfer is closed.
            return fact.items.count < StateLimits.itemsPerFact ? .none : .tooManyLots
        }
        let shelf = levels[level].balances.sellable
        if shelf >= fact.quantity || fact.isAbsorbed { return .none }
        fact.total = max(0, shelf)
        return .insufficientStock
    }

    // MARK: Apply

    private static func transferHash(_ transfer: Key) -> UInt64 { transfer.hash64 | 1 }

    /// The order line's promise leaves its level with the units. False: the state lacks the line.
    mutating func sendPromise(_ fact: inout Fact, _ sku: Int32, from level: Int32, to: Int32) -> Bool {
        let line = findCommitment(sku, fact.orderLine)
        guard line >= 0, commitments[line].open == fact.quantity else { return false }
        changeDemand(level, commitments[line].minExpiryMilliseconds, by: -fact.quantity)
        levels[level].balances.committed -= fact.quantity
        commitments[line].open = 0
        commitments[line].inTransit = fact.quantity
        commitments[line].transfer = PartitionState.transferHash(fact.document)
        move(line, to: to)
        return true
    }

    private mutating func move(_ line: Int32, to level: Int32) {
        let waiter = commitments[line].waiter
        if waiter >= 0 && commitments[line].level != level { moveWaiter(waiter, to: level) }
        commitments[line].level = level
        markDirty(.commitment, line, of: commitments[line].sku)
    }

    /// What of the transfer's order line is on the way becomes less.
    mutating func takeFromTransit(_ line: Int32, _ quantity: Int64) {
        guard quantity > 0 else { return }
        commitments[line].inTransit -= quantity
        if commitments[line].inTransit == 0 { commitments[line].transfer = 0 }
        markDirty(.commitment, line, of: commitments[line].sku)
    }

    /// Units of an order line are canceled. What is on the way goes before what is there: it arrives as units that nobody is promised.
    mutating func takePromised(_ line: Int32, _ quantity: Int64) {
        let onTheWay = min(quantity, commitments[line].inTransit)
        takeFromTransit(line, onTheWay)
        let promised = quantity - onTheWay
        commitments[line].open -= promised
        levels[commitments[line].level].balances.committed -= promised
        changeDemand(commitments[line].level, commitments[line].minExpiryMilliseconds, by: -promised)
    }

    /// The order line that the fact's transfer still carries; -1: it was canceled on the way.
    private func carriedLine(_ fact: Fact, _ sku: Int32) -> Int32 {
        let line = findCommitment(sku, fact.orderLine)
        return line >= 0 && commitments[line].transfer == PartitionState.transferHash(fact.document) ? line : -1
    }

    /// So many units of the transfer are not on the way any more: the order line is owed them at a level, be they fit for sale or not.
    mutating func landPromise(_ fact: inout Fact, _ sku: Int32, _ quantity: Int64, at level: Int32) {
        let line = carriedLine(fact, sku)
        guard line >= 0 else { return }
        let landed = min(quantity, commitments[line].inTransit)
        takeFromTransit(line, landed)
        move(line, to: level)
        commitments[line].open += landed
        levels[level].balances.committed += landed
        changeDemand(level, commitments[line].minExpiryMilliseconds, by: landed)
    }

    /// What is on the way does not arrive. The promise goes back with the units, unless some of the line is owed at the destination by now:
    /// then, and where the units are lost, it stands there, and is not covered until something comes.
    mutating func closePromise(_ fact: inout Fact, _ sku: Int32, _ transfer: DocumentRecord) {
        let line = carriedLine(fact, sku)
        guard line >= 0 else { return }
        let isBack = fact.rest == .back && commitments[line].open == 0
        landPromise(&fact, sku, fact.quantity, at: isBack ? transfer.level : transfer.toLevel)
    }

    // MARK: Invariants

    /// I5 and I6: what of an order line is on the way is in transit of the transfer that carries it. O(all records).
    func checkCarried() -> BrokenIdentity? {
        var carried = 0
        forEachDocument { slot in
            let document = documents[slot]
            let line = document.orderLine.isEmpty ? -1 : findCommitment(document.sku, document.orderLine)
            guard line >= 0, commitments[line].transfer == PartitionState.transferHash(document.id) else { return }
            if commitments[line].inTransit <= document.open { carried += 1 }
        }
        var broken: BrokenIdentity?
        forEachCommitment { slot in
            guard commitments[slot].inTransit > 0 else { return }
            carried -= 1
            broken = broken ?? (isCarried(commitments[slot]) ? nil : .orderLine(sku: skus[commitments[slot].sku].key))
        }
        return broken ?? (carried == 0 ? nil : .counts(sku: Key()))
    }

    private func isCarried(_ line: CommitmentRecord) -> Bool { levels[line.level].balances.inTransit >= line.inTransit }
}
