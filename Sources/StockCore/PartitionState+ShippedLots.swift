// What of which lots has left for order lines, and come back.

extension PartitionState {
    /// Notes what of which lots has left for the fact's order line; before the units are booked out, since a lot that has nothing left
    /// anywhere is forgotten. False: the state lacks a lot that the fact names.
    mutating func bookShipped(_ fact: inout Fact, _ sku: Int32) -> Bool {
        guard isLotTracked(sku), !fact.lot.isEmpty || !fact.items.isEmpty else { return true }
        let line = PartitionState.closedID(.orderLine, fact.orderLine)
        func book(_ lot: Key, _ quantity: Int64) -> Bool {
            // Of a shipment too: it may be taken back.
            if fact.kind == .ship {
                let shipment = PartitionState.closedID(.shipment, fact.document, fact.orderLine, serial: fact.serial)
                guard changeShipped(sku, shipment, lot, shipped: quantity, returned: 0) else { return false }
            }
            guard changeShipped(sku, line, lot, shipped: quantity, returned: 0) else { return false }
            let open = findCommitment(sku, fact.orderLine)
            let own = findShippedLot(sku, line, findLotTerms(sku, lot))
            if open >= 0 { shippedLots[own].minExpiryMilliseconds = commitments[open].minExpiryMilliseconds }
            return true
        }
        if fact.items.isEmpty { return book(fact.lot, fact.quantity) }
        for item in fact.items where !book(item.id, item.quantity) { return false }
        return true
    }

    /// The minimum expiry of an order line that is finished, as far as it is known of which lots it was shipped; 0: none.
    func minExpiry(ofFinished line: Hash128, _ sku: Int32) -> Int64 {
        var life: Int64 = 0
        forEachShippedLot(sku, line) { life = max(life, shippedLots[$0].minExpiryMilliseconds) }
        return life
    }

    /// Takes a shipment's lots back from its order line; after the units are booked in.
    mutating func bookUnshipped(_ fact: inout Fact, _ sku: Int32) -> Bool {
        let line = PartitionState.closedID(.orderLine, fact.orderLine)
        for item in fact.items where !changeShipped(sku, line, item.id, shipped: -item.quantity, returned: 0) { return false }
        let shipment = PartitionState.closedID(.shipment, fact.document, fact.orderLine, serial: fact.serial)
        forgetShippedLots(sku, shipment)
        return true
    }

    /// Notes what of which lots has come back; after the units are booked in. Of units that had left from no known lot it becomes known by
    /// it. False: the state lacks a lot that the fact names.
    mutating func bookReturned(_ fact: inout Fact, _ sku: Int32) -> Bool {
        guard isLotTracked(sku), !fact.lot.isEmpty || !fact.items.isEmpty else { return true }
        let line = PartitionState.closedID(.orderLine, fact.orderLine)
        func book(_ lot: Key, _ quantity: Int64) -> Bool {
            let slot = findShippedLot(sku, line, findLotTerms(sku, lot))
            let known = slot < 0 ? 0 : shippedLots[slot].shipped - shippedLots[slot].returned
            return changeShipped(sku, line, lot, shipped: max(0, quantity - known), returned: quantity)
        }
        if fact.items.isEmpty { return book(fact.lot, fact.quantity) }
        for item in fact.items where !book(item.id, item.quantity) { return false }
        return true
    }

    mutating func changeShipped(_ sku: Int32, _ line: Hash128, _ lot: Key, shipped: Int64, returned: Int64) -> Bool {
        let terms = findLotTerms(sku, lot)
        guard terms >= 0 else { return false }
        var slot = findShippedLot(sku, line, terms)
        if slot < 0 {
            var record = ShippedLotRecord()
            record.sku = sku
            record.terms = terms
            record.orderLine = line
            slot = shippedLots.insert(record)
            shippedLotIndex.insert(PartitionState.shippedHash(sku, line), slot)
            lotTerms[terms].references += 1
        }
        shippedLots[slot].shipped += shipped
        shippedLots[slot].returned += returned
        assert(shippedLots[slot].returned <= shippedLots[slot].shipped, "no more comes back than has left")
        markDirty(.shippedLot, slot, of: sku)
        return true
    }

    /// Forgets the lots of an order line, a shipment or a transfer together with its record.
    mutating func forgetShippedLots(_ sku: Int32, _ line: Hash128) { forgetShippedLots(sku, line, most: Int.max) }

    /// The same for the first so many of them by the lots' ids: slots depend on the past.
    mutating func forgetShippedLots(_ sku: Int32, _ line: Hash128, most: Int) {
        guard shippedLots.count > 0 else { return }
        var slots: [Int32] = []
        forEachShippedLot(sku, line) { slots.append($0) }
        guard !slots.isEmpty else { return }
        slots.sort { lotTerms[shippedLots[$0].terms].lot < lotTerms[shippedLots[$1].terms].lot }
        for slot in slots.prefix(most) {
            let terms = shippedLots[slot].terms
            shippedLotIndex.remove(PartitionState.shippedHash(sku, line), slot)
            shippedLots[slot].status.isDead = true
            markDirty(.shippedLot, slot, of: sku)
            dropReference(terms)
        }
    }

    /// How many lots go with a closed record.
    func shippedLotCount(_ record: ClosedRecord) -> Int {
        if record.kind == .count { return countedLotCount(record) }
        guard shippedLots.count > 0, record.kind == .orderLine || record.kind == .shipment else { return 0 }
        var count = 0
        forEachShippedLot(record.sku, record.id) { _ in count += 1 }
        return count
    }
}
