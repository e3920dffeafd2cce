// Lots in transit (domain: c9, c10). A transfer remembers what of which lots was sent and is not there yet in the same records as order
// lines do, under its own identity. Block, recall and expiry are terms of the lot, so they reach what is in transit without a change: they
// show when it arrives.

extension PartitionState {
    /// What of a lot is in transit.
    private func inTransit(_ slot: Int32) -> Int64 { shippedLots[slot].shipped - shippedLots[slot].returned }

    /// What of a lot a transfer has in transit; 0 where there is none.
    public func inTransit(_ sku: Int32, transfer: Key, terms: Int32) -> Int64 {
        let slot = findShippedLot(sku, PartitionState.closedID(.transfer, transfer), terms)
        return slot < 0 ? 0 : inTransit(slot)
    }

    // MARK: Decide

    /// The lots that leave: the one that was named, or first expired first out of those that are not blocked.
    func sendLots(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        let isShelf = event.disposition == .sellable
        let refusal = takeFromLots(event, sku, level, fact.quantity, &fact) { lot in !isShelf || promisable(lot) > 0 }
        if refusal != .none { return refusal }
        if !event.lot.isEmpty {
            fact.items.append(PartitionState.lotItem(event.lot, fact.quantity, event.disposition))
            if fact.isAbsorbed { fact.items[0].kind = .absorbed }
        }
        if isShelf && !fact.isAbsorbed && !keepsOwed(level, without: fact.items.filter { $0.kind != .absorbed }) {
            fact.total = 0
            return .belowPromised
        }
        // One fact names all that is in transit when the transfer is closed.
        let transfer = PartitionState.closedID(.transfer, event.document)
        var count = fact.items.count
        forEachShippedLot(sku, transfer) { slot in if inTransit(slot) > 0 { count += 1 } }
        for item in fact.items where inTransit(sku, transfer: event.document, terms: findLotTerms(sku, item.id)) > 0 { count -= 1 }
        if count < StateLimits.itemsPerFact { return .none }
        fact.total = 0
        return .tooManyLots
    }

    /// The lots that arrive: the one that was named, or of those in transit what expires first. What was taken comes before what was not.
    func arriveLots(
        _ event: StockEvent, _ sku: Int32, _ line: DocumentRecord, rejected: Int64, _ fact: inout Fact
    ) -> Rejection {
        if !event.lot.isEmpty {
            let terms = findLotTerms(sku, event.lot)
            if terms < 0 { return .lotUnknown }
            fact.total = inTransit(sku, transfer: line.id, terms: terms)
            if fact.quantity + rejected > fact.total { return .quantityExceeds }
            fact.total = event.quantity
        }
        let named = event.lot
        listInTransit(sku, line, &fact) { named.isEmpty || $0 == named }
        let lots = fact.items
        fact.items.removeAll(keepingCapacity: true)
        var left = fact.quantity
        var leftRejected = rejected
        for lot in lots {
            let taken = min(left, lot.quantity)
            let terms = findLotTerms(sku, lot.id)
            if taken > 0 { fact.items.append(arrivingItem(terms, taken, landing(of: lot, line, event, line.toLevel), at: line.toLevel)) }
            left -= taken
            let apart = min(leftRejected, lot.quantity - taken)
            if apart > 0 { fact.items.append(arrivingItem(terms, apart, fact.toDisposition, at: line.toLevel)) }
            leftRejected -= apart
        }
        assert(left == 0 && leftRejected == 0, "what is in transit of a line is in transit of its lots")
        let late = absorbArrivals(event, sku, line.toLevel, wanted: { $0.disposition }, &fact)
        if late != .none { return late }
        fact.isAbsorbed = !fact.items.isEmpty && !fact.items.contains { $0.kind != .absorbed }
        return checkRoom(sku, line.toLevel, line.open, &fact)
    }

    /// The lots that go back, or are lost.
    func closeLots(_ event: StockEvent, _ sku: Int32, _ line: DocumentRecord, _ fact: inout Fact) -> Rejection {
        listInTransit(sku, line, &fact) { _ in true }
        guard event.rest == .back else { return .none }
        for index in fact.items.indices {
            let item = fact.items[index]
            let place = landing(of: item, line, event, line.level)
            fact.items[index] = arrivingItem(findLotTerms(sku, item.id), item.quantity, place, at: line.level)
        }
        return checkRoom(sku, line.level, line.open, &fact)
    }

    /// What a transfer has in transit, what expires first first, into the fact's items.
    private func listInTransit(_ sku: Int32, _ line: DocumentRecord, _ fact: inout Fact, where isWanted: (Key) -> Bool) {
        forEachShippedLot(sku, PartitionState.closedID(.transfer, line.id)) { slot in
            let lot = lotTerms[shippedLots[slot].terms].lot
            if inTransit(slot) > 0 && isWanted(lot) { fact.items.append(PartitionState.lotItem(lot, inTransit(slot), line.disposition)) }
        }
        func expiry(_ item: FactItem) -> Int64 { lotTerms[findLotTerms(sku, item.id)].expiresAtMilliseconds }
        fact.items.sort { (expiry($0), $0.id) < (expiry($1), $1.id) }
    }

    /// Where units of a lot come to lie that were in transit: what was to be sold is not, where the lot was recalled or has expired on the
    /// way. What was recalled when it was sent is for sale again where the recall was taken back.
    private func landing(of item: FactItem, _ line: DocumentRecord, _ event: StockEvent, _ level: Int32) -> Disposition {
        let sku = line.sku
        let slot = findLotTerms(sku, item.id)
        var place = event.hasDisposition ? event.disposition : line.disposition
        let own = findShippedLot(sku, PartitionState.closedID(.transfer, line.id), slot)
        if !event.hasDisposition && place == .recalled && shippedLots[own].wasRecalled && !lotTerms[slot].isRecalled { place = .sellable }
        return place == .sellable ? landing(of: slot, .sellable, at: level) : place
    }

    /// Whether a level has room for the lots of a fact, wherever they come to lie there.
    private func checkRoom(_ sku: Int32, _ level: Int32, _ quantity: Int64, _ fact: inout Fact) -> Rejection {
        var count = lotCount(of: level)
        for item in fact.items where findLot(level, findLotTerms(sku, item.id)) < 0 { count += 1 }
        if count > StateLimits.lotsPerLevel { return .tooManyLots }
        for disposition in Disposition.allCases {
            let refusal = checkBalance(levels[level].balances[disposition], plus: quantity)
            if refusal != .none { return refusal }
        }
        return .none
    }

    // MARK: Apply

    /// Books the lots of a fact out of the level that they leave; before, notes that they are in transit, since a lot that is nowhere any
    /// more is forgotten. False: the state lacks a lot that the fact names.
    mutating func bookSent(_ fact: inout Fact, _ sku: Int32, _ level: Int32) -> Bool {
        let transfer = PartitionState.closedID(.transfer, fact.document)
        for item in fact.items {
            let terms = findLotTerms(sku, item.id)
            let before = findShippedLot(sku, transfer, terms)
            let isFirst = before < 0 || inTransit(before) == 0
            let wasRecalled = isFirst || shippedLots[before].wasRecalled
            guard changeShipped(sku, transfer, item.id, shipped: item.quantity, returned: 0) else { return false }
            let own = findShippedLot(sku, transfer, terms)
            shippedLots[own].wasRecalled = wasRecalled && fact.disposition == .recalled && lotTerms[terms].isRecalled
        }
        return book(&fact, level, fact.quantity, -1)
    }

    /// Books the lots of a fact into a level, and notes that they are not in transit any more.
    mutating func bookArrived(_ fact: inout Fact, _ sku: Int32, _ level: Int32) -> Bool {
        let transfer = PartitionState.closedID(.transfer, fact.document)
        for item in fact.items {
            let isBooked = book(item, &fact, level, item.quantity)
            guard isBooked, changeShipped(sku, transfer, item.id, shipped: 0, returned: item.quantity) else { return false }
        }
        return true
    }

    // MARK: Invariants

    /// I6 by lot: what a transfer has in transit is in transit of its lots. O(its lots).
    func isTransferWhole(_ line: DocumentRecord) -> Bool {
        guard line.kind == .transfer, isLotTracked(line.sku) else { return true }
        var sum: Int64 = 0
        forEachShippedLot(line.sku, PartitionState.closedID(.transfer, line.id)) { sum += inTransit($0) }
        return sum == line.open
    }
}
