// Decide: what moves units on the shelf.

extension PartitionState {
    /// Receipt lines are running totals: the same total again has no effect, a higher one adds the difference (domain: c1).
    func decideReceive(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let level = findLevel(sku, event.location)
        let before = findClosed(sku, PartitionState.closedID(.receipt, event.document, event.line, serial: event.serial))
        fact.total = event.quantity
        if before >= 0 {
            let booked = closed[before]
            let content = PartitionState.receiptContent(event.location, event.disposition, event.counterpart, event.lot)
            let isSamePlace = booked.content == content
            let isKnown = booked.quantity == event.quantity && fact.serials.allSatisfy { findSerial(sku, $0) >= 0 }
            if isSamePlace && isKnown { return duplicate(&fact) }
            if !isSamePlace || event.quantity <= booked.quantity { return .receiptConflict }
            fact.quantity = event.quantity - booked.quantity
        } else if isBeforeHorizon(event) {
            return .tooOld
        }
        let serial = fact.namesSerials ? checkSerialArrival(sku, &fact) : .none
        if serial != .none { return serial }
        let late = checkLate(event, level, event.disposition, &fact.isAbsorbed)
        if late != .none { return late }
        let arrival = event.counterpart.isEmpty ? .none : checkArrival(event, sku, &fact)
        if arrival != .none { return arrival }
        let place = checkLocation(sku, level)
        if place != .none { return place }
        var landing = event.disposition
        if isLotTracked(sku) {
            let refusal = decideLotArrival(event, sku, level, &fact, &landing)
            if refusal != .none { return refusal }
        }
        return checkBalance(level >= 0 ? levels[level].balances[landing] : 0, plus: fact.quantity)
    }

    static func receiptContent(_ location: Key, _ disposition: Disposition, _ incoming: Key, _ lot: Key) -> UInt64 {
        let place = location.hash64 ^ (UInt64(disposition.rawValue) &+ 1) &* 0x9E37_79B9_7F4A_7C15
        return (incoming.isEmpty ? place : Key.fold(place, incoming.hash64 | 1)) ^ lotContent(lot)
    }

    func decideAdjust(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let level = findLevel(sku, event.location)
        if isLotTracked(sku) { return decideLotAdjust(event, sku, level, &fact) }
        let balances = level >= 0 ? levels[level].balances : Balances()
        let current = balances[event.disposition]
        if event.setTo != Policy.absent {
            fact.total = current
            if event.expected != current { return .valueMismatch }
            fact.total = 0
            fact.quantity = event.setTo - current
        } else {
            let late = checkLate(event, level, event.disposition, &fact.isAbsorbed)
            if late != .none || fact.isAbsorbed { return late }
        }
        let after = current.addingReportingOverflow(fact.quantity)
        if fact.quantity < 0 {
            if !after.overflow && event.disposition == .sellable && !event.isForced && after.partialValue >= 0
                && after.partialValue < balances.held + balances.committed
            {
                return .belowPromised
            }
            if after.overflow || after.partialValue < 0 {
                fact.total = max(0, current)
                return .insufficientStock
            }
        }
        if fact.isForced && fact.quantity < 0 && event.disposition == .sellable { nameUncovered(level, after: fact.quantity, into: &fact) }
        let place = checkLocation(sku, level)
        return place != .none ? place : checkBalance(current, plus: fact.quantity)
    }

    func decideMove(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let level = findLevel(sku, event.location)
        if event.disposition == .core && event.toDisposition == .sellable { return .coreNotSellable }
        if isLotTracked(sku) { return decideLotMove(event, sku, level, &fact) }
        let balances = level >= 0 ? levels[level].balances : Balances()
        let late = checkLate(event, level, event.disposition, &fact.isAbsorbed)
        if late != .none { return late }
        let lateTo = checkLate(event, level, event.toDisposition, &fact.isAbsorbedTo)
        if lateTo != .none { return lateTo }
        let left = fact.isAbsorbed ? Int64.max : balances[event.disposition] - event.quantity
        if left >= 0 && event.disposition == .sellable && !event.isForced && left < balances.held + balances.committed {
            return .belowPromised
        }
        if left < 0 {
            fact.total = max(0, balances[event.disposition])
            return .insufficientStock
        }
        if fact.isForced && !fact.isAbsorbed && event.disposition == .sellable { nameUncovered(level, after: -event.quantity, into: &fact) }
        return checkBalance(balances[event.toDisposition], plus: event.quantity)
    }

    func decideShip(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let before = findClosed(sku, PartitionState.closedID(.shipment, event.document, event.orderLine, serial: event.serial))
        if before >= 0 {
            if closed[before].outcome == .voided { return .shipmentVoided }
            let isSameNumber = event.quantity == Policy.absent || closed[before].quantity == event.quantity
            let isSame = isSameNumber && closed[before].returned == PartitionState.hash(ofSerials: fact.serials)
            // Records of earlier versions do not tell from where.
            let isSamePlace = event.location.isEmpty || closed[before].content == 0 || closed[before].content == event.location.hash64
            return isSame && isSamePlace ? duplicate(&fact) : .shipmentConflict
        }
        // The order line may be open long after one of its shipments was forgotten.
        if isBeforeHorizon(event) { return .tooOld }
        let line = findCommitment(sku, event.orderLine)
        guard line >= 0 else { return missingOrderLine(event, sku) }
        var owed = commitments[line]
        if isOver(owed) { return .orderLineExpired }
        if isByPart(event, owed.firstPart, owed.level) {
            // What leaves, leaves one location.
            if event.location.isEmpty { return .locationRequired }
            owed.level = findLevel(sku, event.location)
            owed.open = units(of: RecordReference(kind: .commitment, slot: line), at: owed.level)
            if owed.open == 0 { return .partUnknown }
        }
        let all = fact.namesSerials ? fact.serialCount : owed.open
        let quantity = event.quantity == Policy.absent ? all : event.quantity
        fact.quantity = quantity
        fact.location = location(of: owed.level)
        if owed.open == 0 { return owed.inTransit > 0 ? .orderLineInTransit : .orderLineWaits }
        if quantity > owed.open { return .quantityExceeds }
        let serial = checkSerialDeparture(event, sku, &fact)
        if serial != .none { return serial }
        let late = checkLate(event, owed.level, .sellable, &fact.isAbsorbed)
        if late != .none { return late }
        if isLotTracked(sku) {
            let own = Excluded(quantity: quantity, minExpiryMilliseconds: owed.minExpiryMilliseconds)
            return pickForCustomer(event, sku, owed.level, own, &fact)
        }
        let shelf = levels[owed.level].balances.sellable
        if shelf >= quantity || fact.isAbsorbed { return .none }
        fact.total = max(0, shelf)
        return .insufficientStock
    }

    /// Commit and ship in one: a till's sale. The forced form is a fact that has happened; it is never refused for lack of stock.
    func decideSale(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        if findCommitment(sku, event.orderLine) >= 0 { return .orderLineExists }
        let before = findClosed(sku, PartitionState.closedID(.orderLine, event.orderLine))
        if before >= 0 {
            let sold = closed[before]
            let serials = PartitionState.serialContent(fact)
            let isSame =
                sold.outcome == .sold && sold.quantity == event.quantity
                && isAnyLocation(event, fact) { sold.content == PartitionState.saleContent($0, event.lot, serials) }
            return isSame ? duplicate(&fact) : .orderLineClosed
        }
        if isBeforeOrderLineHorizon(event) { return .tooOld }
        if event.hasCandidates { return decideSaleAnywhere(event, sku, &fact) }
        let serial = checkSerialDeparture(event, sku, &fact)
        if serial != .none { return serial }
        let level = findLevel(sku, event.location)
        let late = checkLate(event, level, .sellable, &fact.isAbsorbed)
        if late != .none { return late }
        if isLotTracked(sku), fact.isAbsorbed || event.lot.isEmpty && mayBeAbsorbed(event, level, .sellable) {
            return decideLateLotSale(event, sku, level, &fact)
        }
        if fact.isAbsorbed { return .none }
        if event.isForced {
            nameUncovered(level, after: -event.quantity, into: &fact)
            let place = checkLocation(sku, level)
            if place != .none { return place }
            let refusal = checkBalance(level >= 0 ? levels[level].balances.sellable : 0, plus: -event.quantity)
            return refusal == .none && isLotTracked(sku) ? pickForced(event, sku, level, &fact) : refusal
        }
        if sku >= 0 { fact.minExpiryMilliseconds = minExpiry(of: event, skus[sku].policy) }
        let available = level >= 0 ? promisable(level, event, fact) : 0
        if available >= event.quantity {
            let own = Excluded(quantity: 0, minExpiryMilliseconds: fact.minExpiryMilliseconds)
            return isLotTracked(sku) ? pickForCustomer(event, sku, level, own, &fact) : .none
        }
        fact.total = max(0, available)
        return .insufficientStock
    }

    /// Bounded by what was shipped for the order line. A line that may have been forgotten is accepted, apart and flagged: the goods are
    /// there.
    func decideReturn(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        if !event.hasDisposition {
            let policy = sku >= 0 ? skus[sku].policy.returnDisposition : Policy.absent
            fact.disposition = Disposition(term: policy) ?? .quarantine
        }
        let before = findClosed(sku, PartitionState.closedID(.return, event.document))
        if before >= 0 {
            let isSame =
                closed[before].quantity == event.quantity
                && closed[before].content
                    == PartitionState.returnContent(
                        event.orderLine, event.location, event.lot, PartitionState.serialContent(fact))
            return isSame ? duplicate(&fact) : .returnConflict
        }
        if isBeforeHorizon(event) { return .tooOld }
        let serial = checkSerialReturn(event, sku, &fact)
        if serial != .none { return serial }
        let open = findCommitment(sku, event.orderLine)
        let done = findClosed(sku, PartitionState.closedID(.orderLine, event.orderLine))
        if open >= 0 {
            let line = commitments[open]
            if PartitionState.isMore(fact, shipped: line.shipped, returned: line.returned, cores: line.cores) { return .quantityExceeds }
        } else if done >= 0 {
            let line = closed[done]
            if PartitionState.isMore(fact, shipped: line.shipped, returned: line.returned, cores: line.cores) { return .quantityExceeds }
        } else if values.orderLineHorizonMilliseconds > 0 {
            fact.isUnverified = true
            if fact.disposition != .qc && fact.disposition != .core { fact.disposition = .quarantine }
        } else {
            return .orderLineUnknown
        }
        let level = findLevel(sku, event.location)
        let late = checkLate(event, level, fact.disposition, &fact.isAbsorbed)
        if late != .none { return late }
        let place = checkLocation(sku, level)
        if place != .none { return place }
        if isLotTracked(sku) && fact.disposition == .core { return .lotRequired }
        if isLotTracked(sku) { return decideLotReturn(event, sku, level, open, done, &fact) }
        return checkBalance(level >= 0 ? levels[level].balances[fact.disposition] : 0, plus: event.quantity)
    }

    /// Used parts that are handed in are counted apart: the part that was bought may still come back.
    private static func isMore(_ fact: Fact, shipped: Int64, returned: Int64, cores: Int64) -> Bool {
        (fact.disposition == .core ? cores : returned) + fact.quantity > shipped
    }

    static func returnContent(_ orderLine: Key, _ location: Key, _ lot: Key, _ serials: UInt64) -> UInt64 {
        Key.fold(orderLine.hash64, location.hash64 | 1) ^ lotContent(lot) ^ serials
    }

    static func saleContent(_ location: Key, _ lot: Key, _ serials: UInt64) -> UInt64 {
        location.hash64 ^ lotContent(lot) ^ serials
    }
}
