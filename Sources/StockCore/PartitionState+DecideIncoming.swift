// Decide: what is expected, and corrections of what was received (domain: c1).

extension PartitionState {
    /// The running total of an incoming line, at a location: the same again has no effect, another replaces it, a lower one too.
    func decideExpect(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let level = findLevel(sku, event.location)
        let open = findDocument(sku, .incoming, event.counterpart)
        let done = findClosed(sku, PartitionState.closedID(.incoming, event.counterpart))
        fact.total = event.quantity
        fact.quantity = event.quantity
        if open >= 0 {
            let before = documents[open]
            if before.level == level && before.total == event.quantity { return duplicate(&fact) }
            fact.quantity -= before.total
        } else if done >= 0 {
            if closed[done].quantity == event.quantity { return duplicate(&fact) }
            fact.quantity -= closed[done].quantity
        } else if isBeforeHorizon(event) {
            return .tooOld
        }
        if open < 0 && sku >= 0 && Int(skus[sku].openDocuments) >= limits.openDocumentsPerSKU { return .tooManyDocuments }
        let place = checkLocation(sku, level)
        return place != .none ? place : checkBalance(level >= 0 ? levels[level].balances.incoming : 0, plus: event.quantity)
    }

    /// Whether what arrives is within what is expected of the incoming line and its tolerance. All receipts of the line share that.
    func checkArrival(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        guard let (total, arrived) = incomingLine(event.counterpart, sku) else {
            return isBeforeHorizon(event) ? .tooOld : .incomingUnknown
        }
        let percent = skus[sku].policy.overReceiptPercent
        let most = total + (percent == Policy.absent ? 0 : total * percent / 100)
        guard arrived + fact.quantity > most else { return .none }
        fact.total = max(0, most - arrived)
        return .overReceipt
    }

    private func incomingLine(_ id: Key, _ sku: Int32) -> (total: Int64, arrived: Int64)? {
        let open = findDocument(sku, .incoming, id)
        if open >= 0 { return (documents[open].total, documents[open].arrived) }
        let done = findClosed(sku, PartitionState.closedID(.incoming, id))
        return done >= 0 ? (closed[done].quantity, closed[done].shipped) : nil
    }

    /// Another total of a receipt line: downwards only as far as the units are there and nobody is promised them.
    func decideReceiveCorrect(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let before = findClosed(sku, PartitionState.closedID(.receipt, event.document, event.line, serial: event.serial))
        guard before >= 0 else { return isBeforeHorizon(event) ? .tooOld : .receiptUnknown }
        let booked = closed[before]
        let content = PartitionState.receiptContent(event.location, event.disposition, event.counterpart, event.lot)
        if booked.content != content { return .receiptConflict }
        if booked.quantity == event.quantity { return duplicate(&fact) }
        let serial = findSerial(sku, event.serial)
        if serial >= 0 && closed[serial].outcome == .shipped { return .serialShipped }
        if serial >= 0 && event.quantity > booked.quantity { return .serialInStock }
        fact.total = event.quantity
        fact.quantity = event.quantity - booked.quantity
        let named = checkSerialCorrection(sku, &fact)
        if named != .none { return named }
        let level = findLevel(sku, event.location)
        guard level >= 0 else { return .receiptConflict }
        let balances = levels[level].balances
        let current = balances[event.disposition]
        if fact.quantity < 0 && isLotTracked(sku) { return takeFromLots(event, sku, level, -fact.quantity, &fact) { _ in true } }
        if fact.quantity < 0 {
            let left = current + fact.quantity
            let promised = event.disposition == .sellable ? balances.held + balances.committed : 0
            if left >= 0 && left < promised { return .belowPromised }
            if left >= 0 { return .none }
            fact.total = max(0, current)
            return .insufficientStock
        }
        let arrival = event.counterpart.isEmpty ? .none : checkArrival(event, sku, &fact)
        if arrival != .none { return arrival }
        var landing = event.disposition
        if isLotTracked(sku) {
            let refusal = decideLotArrival(event, sku, level, &fact, &landing)
            if refusal != .none { return refusal }
        }
        return checkBalance(balances[landing], plus: fact.quantity)
    }
}
