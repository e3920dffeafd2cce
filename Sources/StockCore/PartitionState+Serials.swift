// Serials (domain: c7, c8, c19): what of a SKU whose units are told apart has left, for whom, and until when its warranty runs. A serial is
// remembered in a closed record of its own, which is kept as long as those of order lines.

extension PartitionState {
    /// Whether units of the SKU that leave name their serial.
    public func tracksSerials(_ sku: Int32) -> Bool { sku >= 0 && skus[sku].policy.serialTracked == 1 }

    /// The slot of what is remembered of a serial; -1 where nothing is.
    public func findSerial(_ sku: Int32, _ serial: Key) -> Int32 {
        serial.isEmpty ? -1 : findClosed(sku, PartitionState.closedID(.serial, serial))
    }

    /// What a closed record remembers of the serial that an event named.
    static func serialContent(_ serial: Key) -> UInt64 { serial.isEmpty ? 0 : Key.fold(serial.hash64, 0x8EBC_6AF0_9C88_C6E3) }

    // MARK: Decide

    /// A serial that arrives is not here yet, and is not at a customer's: from there it comes back by a return.
    func checkSerialArrival(_ event: StockEvent, _ sku: Int32) -> Rejection {
        let known = findSerial(sku, event.serial)
        guard known >= 0 else { return .none }
        return closed[known].outcome == .shipped ? .serialShipped : .serialInStock
    }

    /// A serial that leaves has not left already. Its warranty starts: into the fact.
    func checkSerialDeparture(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        guard tracksSerials(sku) else { return .none }
        // What has gone already has gone without being asked for its serial.
        if event.serial.isEmpty { return event.isForced ? .none : .serialRequired }
        let known = findSerial(sku, event.serial)
        if known >= 0 && closed[known].outcome == .shipped { return .serialShipped }
        let days = skus[sku].policy.warrantyDays
        if days != Policy.absent && days > 0 { fact.warrantyUntilMilliseconds = max(1, businessTime(event) + days * 86_400_000) }
        return .none
    }

    /// Business time, never after log time: a sender's clock that is ahead makes no warranty longer.
    private func businessTime(_ event: StockEvent) -> Int64 { min(event.occurredAtMilliseconds, values.logTimeMilliseconds) }

    /// A serial comes back once for each time that it has left, of the order line for which it did. A claim needs a warranty that runs; its
    /// units go to `qc`, whatever the policy says.
    func checkSerialReturn(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        if !event.claim.isEmpty { fact.disposition = .qc }
        guard !event.serial.isEmpty else { return .none }
        let known = findSerial(sku, event.serial)
        guard known >= 0, closed[known].outcome != .inStock else {
            // It may have been forgotten together with its order line.
            return values.orderLineHorizonMilliseconds > 0 && !isOrderLineKnown(event, sku) ? .none : .serialUnknown
        }
        let record = closed[known]
        let isOfShipment = event.counterpart.isEmpty || record.shipped == PartitionState.shipmentHash(event.counterpart)
        if record.content != event.orderLine.hash64 || !isOfShipment { return .serialUnknown }
        if record.outcome == .returned { return .serialReturned }
        fact.warrantyUntilMilliseconds = record.quantity
        if event.claim.isEmpty { return .none }
        if record.quantity == 0 { return .warrantyNone }
        return businessTime(event) < record.quantity ? .none : .warrantyExpired
    }

    private func isOrderLineKnown(_ event: StockEvent, _ sku: Int32) -> Bool {
        findCommitment(sku, event.orderLine) >= 0 || findClosed(sku, PartitionState.closedID(.orderLine, event.orderLine)) >= 0
    }

    private static func shipmentHash(_ shipment: Key) -> Int64 { Int64(bitPattern: shipment.hash64) }

    // MARK: Apply

    /// Notes what has come back for an order line; used parts that were handed in are counted apart. False: the state lacks the line.
    mutating func noteReturned(_ fact: Fact, _ sku: Int32) -> Bool {
        let isCore = fact.disposition == .core
        let open = findCommitment(sku, fact.orderLine)
        if open >= 0 {
            if isCore { commitments[open].cores += fact.quantity } else { commitments[open].returned += fact.quantity }
            markDirty(.commitment, open, of: sku)
            return true
        }
        let done = findClosed(sku, PartitionState.closedID(.orderLine, fact.orderLine))
        guard done >= 0 else { return false }
        if isCore { closed[done].cores += fact.quantity } else { closed[done].returned += fact.quantity }
        markDirty(.closed, done, of: sku)
        return true
    }

    /// Notes that the fact's serial has left for its order line.
    mutating func bookSerialDeparture(_ fact: Fact, _ sku: Int32) {
        bookSerial(fact, sku) { record in
            record.outcome = .shipped
            record.quantity = fact.warrantyUntilMilliseconds
            record.content = fact.orderLine.hash64
            record.shipped = PartitionState.shipmentHash(fact.document)
        }
    }

    /// Notes that the fact's serial is here: received, or never gone.
    mutating func bookSerialArrival(_ fact: Fact, _ sku: Int32) {
        bookSerial(fact, sku) { record in
            record.outcome = .inStock
            (record.quantity, record.content, record.shipped) = (0, 0, 0)
        }
    }

    /// Notes that the fact's serial has come back; for which order line it had left is still known.
    mutating func bookSerialReturn(_ fact: Fact, _ sku: Int32) {
        bookSerial(fact, sku) { $0.outcome = .returned }
    }

    /// Forgets a serial whose receipt was taken back.
    mutating func forgetSerial(_ fact: Fact, _ sku: Int32) {
        let known = findSerial(sku, fact.serial)
        if known >= 0 { removeClosed(known) }
    }

    private mutating func bookSerial(_ fact: Fact, _ sku: Int32, _ change: (inout ClosedRecord) -> Void) {
        guard !fact.serial.isEmpty else { return }
        let known = findSerial(sku, fact.serial)
        if known >= 0 {
            change(&closed[known])
            return renewClosed(known, fact)
        }
        var record = ClosedRecord()
        record.id = PartitionState.closedID(.serial, fact.serial)
        record.kind = .serial
        change(&record)
        close(record, sku, fact)
    }
}
