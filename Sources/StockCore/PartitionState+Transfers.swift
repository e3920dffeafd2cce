// Transfers between the locations of a SKU (domain: c9). Totals run: what was sent, what was taken, what was not.

extension PartitionState {
    /// Units leave for another location: only those that nobody is promised, or all that is open of an order line that goes with them.
    func decideTransferSend(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let level = findLevel(sku, event.location)
        let to = findLevel(sku, event.counterpart)
        let open = findDocument(sku, .transfer, event.document)
        fact.total = event.quantity
        if open >= 0 {
            let line = documents[open]
            let isSamePlace = line.level == level && line.toLevel == to && line.disposition == event.disposition
            let isSame = isSamePlace && line.orderLine == event.orderLine
            if isSame && line.total == event.quantity { return duplicate(&fact) }
            if !isSame || !line.orderLine.isEmpty || event.quantity < line.total { return .transferConflict }
            fact.quantity = event.quantity - line.total
        } else {
            let done = findClosed(sku, PartitionState.closedID(.transfer, event.document))
            if done >= 0 { return closed[done].quantity == event.quantity ? duplicate(&fact) : .transferClosed }
            if isBeforeHorizon(event) { return .tooOld }
        }
        let late = checkLate(event, level, event.disposition, &fact.isAbsorbed)
        if late != .none { return late }
        if !event.orderLine.isEmpty {
            let refusal = decidePromiseSend(event, sku, level, &fact)
            if refusal != .none { return refusal }
        } else if isLotTracked(sku) {
            let refusal = sendLots(event, sku, level, &fact)
            if refusal != .none { return refusal }
        } else if !fact.isAbsorbed {
            let balances = level >= 0 ? levels[level].balances : Balances()
            let owed = level >= 0 ? owedOfStock(level) : 0
            let promised = event.disposition == .sellable ? balances.held + balances.committed + owed : 0
            let free = max(0, balances[event.disposition] - promised)
            if free < fact.quantity {
                let isThere = balances[event.disposition] >= fact.quantity
                fact.total = isThere ? free : max(0, balances[event.disposition])
                return isThere ? .belowPromised : .insufficientStock
            }
        }
        if open < 0 && Int(skus[sku].openDocuments) >= limits.openDocumentsPerSKU { return .tooManyDocuments }
        let place = checkLocation(sku, to)
        return place != .none ? place : checkBalance(to >= 0 ? levels[to].balances.inTransit : 0, plus: fact.quantity)
    }

    /// Units arrive: as running totals what was taken, and what was not and is kept apart.
    func decideTransferReceive(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let open = findDocument(sku, .transfer, event.document)
        guard open >= 0 else {
            let why = missingTransfer(event, sku)
            guard why == .transferClosed else { return why }
            let done = closed[findClosed(sku, PartitionState.closedID(.transfer, event.document))]
            let isSame =
                done.content == PartitionState.transferContent(event.quantity, event.rejected == Policy.absent ? 0 : event.rejected)
            return isSame ? duplicate(&fact) : why
        }
        let line = documents[open]
        let rejected = event.rejected == Policy.absent ? line.rejected : event.rejected
        if line.arrived == event.quantity && line.rejected == rejected { return duplicate(&fact) }
        if event.quantity < line.arrived || rejected < line.rejected { return .transferConflict }
        let level = line.toLevel
        fact.location = location(of: level)
        fact.orderLine = line.orderLine
        fact.total = event.quantity
        fact.quantity = event.quantity - line.arrived
        fact.rejected = rejected
        if !event.hasDisposition { fact.disposition = line.disposition }
        if line.disposition == .core && fact.disposition == .sellable { return .coreNotSellable }
        // Rejected units are never for sale.
        if event.toDisposition == .sellable { fact.toDisposition = .quarantine }
        if event.quantity + rejected > line.total {
            fact.total = line.open
            return .quantityExceeds
        }
        if isLotTracked(sku) { return arriveLots(event, sku, line, rejected: rejected - line.rejected, &fact) }
        let late = checkLate(event, level, fact.disposition, &fact.isAbsorbed)
        if late != .none { return late }
        let lateTo = checkLate(event, level, fact.toDisposition, &fact.isAbsorbedTo)
        if lateTo != .none { return lateTo }
        let arrived = checkBalance(levels[level].balances[fact.disposition], plus: line.open)
        return arrived != .none ? arrived : checkBalance(levels[level].balances[fact.toDisposition], plus: line.open)
    }

    /// What is in transit still goes back to where it came from, or is lost: one of the two has to be said.
    func decideTransferClose(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let open = findDocument(sku, .transfer, event.document)
        guard open >= 0 else {
            let why = missingTransfer(event, sku)
            guard why == .transferClosed else { return why }
            let done = closed[findClosed(sku, PartitionState.closedID(.transfer, event.document))]
            return done.outcome == PartitionState.transferOutcome(event.rest) ? duplicate(&fact) : why
        }
        let line = documents[open]
        fact.location = location(of: line.level)
        fact.counterpart = location(of: line.toLevel)
        fact.orderLine = line.orderLine
        fact.disposition = line.disposition
        fact.quantity = line.open
        if isLotTracked(sku) { return closeLots(event, sku, line, &fact) }
        return event.rest == .back ? checkBalance(levels[line.level].balances[line.disposition], plus: line.open) : .none
    }

    private func missingTransfer(_ event: StockEvent, _ sku: Int32) -> Rejection {
        if findClosed(sku, PartitionState.closedID(.transfer, event.document)) >= 0 { return .transferClosed }
        return isBeforeHorizon(event) ? .tooOld : .transferUnknown
    }

    private static func transferContent(_ arrived: Int64, _ rejected: Int64) -> UInt64 {
        Key.fold(UInt64(bitPattern: arrived) ^ 0x9E37_79B9_7F4A_7C15, UInt64(bitPattern: rejected) ^ 0xD6E8_FEB8_6659_FD93)
    }

    private static func transferOutcome(_ rest: RestPolicy) -> ClosedOutcome { rest == .back ? .released : .voided }

    // MARK: Apply

    mutating func applyTransferSend(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let level = findLevel(sku, fact.location)
        guard level >= 0 else { return nil }
        let to = findOrInsertLevel(sku, fact.counterpart)
        let open = findDocument(sku, .transfer, fact.document)
        if open >= 0 {
            documents[open].total = fact.total
            markDirty(.transfer, open, of: sku)
        } else {
            var record = DocumentRecord()
            record.sku = sku
            record.level = level
            record.toLevel = to
            record.kind = .transfer
            record.id = fact.document
            record.total = fact.total
            record.disposition = fact.disposition
            record.orderLine = fact.orderLine
            let slot = documents.insert(record)
            documentIndex.insert(PartitionState.documentHash(sku, .transfer, fact.document), slot)
            skus[sku].openDocuments += 1
            markDirty(.transfer, slot, of: sku)
        }
        let was = levels[level].balances
        if isLotTracked(sku) {
            guard bookSent(&fact, sku, level) else { return nil }
        } else {
            shift(level, fact.disposition, by: -fact.quantity, &fact, isAbsorbed: fact.isAbsorbed)
        }
        let wasThere = levels[to].balances
        if !fact.orderLine.isEmpty {
            guard sendPromise(&fact, sku, from: level, to: to) else { return nil }
        }
        levels[to].balances.inTransit += fact.quantity
        refresh(level, was: was, &transitions)
        if to != level { refresh(to, was: wasThere, &transitions) }
        return level
    }

    mutating func applyTransferReceive(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let open = findDocument(sku, .transfer, fact.document)
        guard open >= 0 else { return nil }
        let level = documents[open].toLevel
        let rejected = fact.rejected - documents[open].rejected
        documents[open].arrived = fact.total
        documents[open].rejected = fact.rejected
        markDirty(.transfer, open, of: sku)
        let was = levels[level].balances
        if isLotTracked(sku) {
            guard bookArrived(&fact, sku, level) else { return nil }
        } else {
            shift(level, fact.disposition, by: fact.quantity, &fact, isAbsorbed: fact.isAbsorbed)
            shift(level, fact.toDisposition, by: rejected, &fact, isAbsorbed: fact.isAbsorbedTo)
        }
        levels[level].balances.inTransit -= fact.quantity + rejected
        if !fact.orderLine.isEmpty { landPromise(&fact, sku, fact.quantity + rejected, at: level) }
        refresh(level, was: was, &transitions)
        if documents[open].open == 0 { endTransfer(open, .done, back: 0, &fact) }
        return level
    }

    mutating func applyTransferClose(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        let open = findDocument(sku, .transfer, fact.document)
        guard open >= 0, documents[open].open == fact.quantity else { return nil }
        let line = documents[open]
        let (was, wasThere) = (levels[line.level].balances, levels[line.toLevel].balances)
        levels[line.toLevel].balances.inTransit -= fact.quantity
        if fact.rest == .writeOff {
            skus[sku].lossGain &+= fact.quantity
        } else if isLotTracked(sku) {
            guard bookArrived(&fact, sku, line.level) else { return nil }
        } else {
            levels[line.level].balances[line.disposition] += fact.quantity
        }
        if !fact.orderLine.isEmpty { closePromise(&fact, sku, line) }
        if line.toLevel != line.level { refresh(line.toLevel, was: wasThere, &transitions) }
        if fact.rest == .back || line.toLevel == line.level { refresh(line.level, was: was, &transitions) }
        endTransfer(open, PartitionState.transferOutcome(fact.rest), back: fact.rest == .back ? fact.quantity : 0, &fact)
        return line.level
    }

    /// I6: sent = arrived + went back + written off; nothing is in transit any more.
    private mutating func endTransfer(_ slot: Int32, _ outcome: ClosedOutcome, back: Int64, _ fact: inout Fact) {
        let line = documents[slot]
        removeDocument(slot)
        var record = ClosedRecord()
        record.id = PartitionState.closedID(.transfer, line.id)
        forgetShippedLots(line.sku, record.id)
        record.kind = .transfer
        record.outcome = outcome
        record.quantity = line.total
        record.shipped = line.arrived + line.rejected
        record.returned = back
        record.content = PartitionState.transferContent(line.arrived, line.rejected)
        close(record, line.sku, at: fact.timeMilliseconds)
    }
}
