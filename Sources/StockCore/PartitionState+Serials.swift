// Serials (domain: c7, c8, c19): what of a SKU whose units are told apart has left, for whom, and until when its warranty runs. A serial is
// remembered in a closed record of its own, which is kept as long as those of order lines. An event about one unit names its `serial`, and
// is then a receipt line or a shipment of its own; an event about several names a list.

extension PartitionState {
    /// Whether units of the SKU that leave name their serial.
    public func tracksSerials(_ sku: Int32) -> Bool { sku >= 0 && skus[sku].policy.serialTracked == 1 }

    /// The slot of what is remembered of a serial; -1 where nothing is.
    public func findSerial(_ sku: Int32, _ serial: Key) -> Int32 {
        serial.isEmpty ? -1 : findClosed(sku, PartitionState.closedID(.serial, serial))
    }

    /// A hash of a list of serials, in whatever order; 0 of none.
    public static func hash(ofSerials serials: [Key]) -> Int64 {
        if serials.isEmpty { return 0 }
        var sum = UInt64(serials.count)
        for serial in serials { sum &+= Key.fold(serial.hash64, 0xD6E8_FEB8_6659_FD93) }
        let hash = Int64(bitPattern: sum)
        return hash == 0 || hash == Policy.absent ? 1 : hash
    }

    /// What a closed record remembers of the serials that a fact names.
    @inline(__always) static func serialContent(_ fact: Fact) -> UInt64 {
        guard fact.namesSerials else { return 0 }
        let hash = fact.serials.isEmpty ? fact.serial.hash64 : UInt64(bitPattern: hash(ofSerials: fact.serials))
        return Key.fold(hash, 0x8EBC_6AF0_9C88_C6E3)
    }

    // MARK: Decide

    /// The first refusal among the serials that the fact names, one or a list. Of a list the fact then names the one that is the reason.
    func firstRefusal(_ fact: inout Fact, _ check: (Key) -> Rejection) -> Rejection {
        if fact.serials.isEmpty { return fact.serial.isEmpty ? .none : check(fact.serial) }
        for index in fact.serials.indices {
            let refusal = check(fact.serials[index])
            if refusal == .none { continue }
            fact.serial = fact.serials[index]
            return refusal
        }
        return .none
    }

    /// A serial that arrives is not here yet, and is not at a customer's: from there it comes back by a return. A list of them may leave
    /// units unnamed.
    func checkSerialArrival(_ sku: Int32, _ fact: inout Fact) -> Rejection {
        if fact.serials.count > fact.quantity { return .serialsExceed }
        return firstRefusal(&fact) { serial in
            let known = findSerial(sku, serial)
            guard known >= 0 else { return .none }
            return closed[known].outcome == .shipped ? .serialShipped : .serialInStock
        }
    }

    /// A list of serials in the correction of a receipt line: of the units that come to it, or of those that are taken back from it.
    func checkSerialCorrection(_ sku: Int32, _ fact: inout Fact) -> Rejection {
        if fact.serials.isEmpty { return .none }
        if fact.quantity > 0 { return checkSerialArrival(sku, &fact) }
        if fact.serials.count > -fact.quantity { return .serialsExceed }
        let receipt = PartitionState.receiptHash(fact)
        return firstRefusal(&fact) { serial in
            let known = findSerial(sku, serial)
            guard known >= 0 else { return .serialNotReceived }
            let record = closed[known]
            if record.outcome == .shipped { return .serialShipped }
            // Of one that has left and come back it is not known any more with which receipt it came.
            let isOther = record.outcome == .inStock && record.content != 0 && record.content != receipt
            return isOther ? .serialNotReceived : .none
        }
    }

    /// A serial that leaves has not left already, and every unit has one. Its warranty starts: into the fact.
    func checkSerialDeparture(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        guard tracksSerials(sku) else { return .none }
        // What has gone already has gone without being asked for its serial.
        if fact.serialCount < fact.quantity && !event.isForced { return .serialRequired }
        if !fact.namesSerials { return .none }
        let refusal = firstRefusal(&fact) { serial in
            let known = findSerial(sku, serial)
            return known >= 0 && closed[known].outcome == .shipped ? .serialShipped : .none
        }
        if refusal != .none { return refusal }
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
        if !fact.namesSerials { return .none }
        var warranty: Int64 = 0
        let refusal = firstRefusal(&fact) { checkReturned($0, event, sku, &warranty) }
        // Each serial of a list has a warranty of its own.
        if fact.serials.isEmpty { fact.warrantyUntilMilliseconds = warranty }
        return refusal
    }

    private func checkReturned(_ serial: Key, _ event: StockEvent, _ sku: Int32, _ warranty: inout Int64) -> Rejection {
        let known = findSerial(sku, serial)
        guard known >= 0, closed[known].outcome != .inStock else {
            // It may have been forgotten together with its order line.
            return values.orderLineHorizonMilliseconds > 0 && !isOrderLineKnown(event, sku) ? .none : .serialUnknown
        }
        let record = closed[known]
        let isOfShipment = event.counterpart.isEmpty || record.shipped == PartitionState.shipmentHash(event.counterpart)
        if record.content != event.orderLine.hash64 || !isOfShipment { return .serialUnknown }
        if record.outcome == .returned { return .serialReturned }
        warranty = record.quantity
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
    mutating func noteReturned(_ fact: inout Fact, _ sku: Int32) -> Bool {
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

    /// Notes that the fact's serials have left for its order line.
    @inline(__always) mutating func bookSerialDeparture(_ fact: inout Fact, _ sku: Int32) {
        guard fact.namesSerials else { return }
        bookSerials(fact, sku) { record in
            record.outcome = .shipped
            record.quantity = fact.warrantyUntilMilliseconds
            record.content = fact.orderLine.hash64
            record.shipped = PartitionState.shipmentHash(fact.document)
        }
    }

    /// Notes that the fact's serials are here: received, or never gone.
    @inline(__always) mutating func bookSerialArrival(_ fact: inout Fact, _ sku: Int32) {
        guard fact.namesSerials else { return }
        let receipt = fact.kind == .unship ? 0 : PartitionState.receiptHash(fact)
        bookSerials(fact, sku) { record in
            record.outcome = .inStock
            (record.quantity, record.content, record.shipped) = (0, receipt, 0)
        }
    }

    /// The receipt line that a list of serials came with. One that is named alone is a line of its own: there is nothing to remember.
    private static func receiptHash(_ fact: Fact) -> UInt64 {
        fact.serials.isEmpty ? 0 : Key.fold(fact.document.hash64, fact.line.hash64 | 1)
    }

    /// Notes that the fact's serials have come back; for which order line they had left is still known.
    @inline(__always) mutating func bookSerialReturn(_ fact: inout Fact, _ sku: Int32) {
        guard fact.namesSerials else { return }
        bookSerials(fact, sku) { $0.outcome = .returned }
    }

    /// Forgets the serials whose receipt was taken back.
    mutating func forgetSerials(_ fact: inout Fact, _ sku: Int32) {
        fact.forEachSerial { serial in
            let known = findSerial(sku, serial)
            if known >= 0 { removeClosed(known) }
        }
    }

    @inline(never) private mutating func bookSerials(_ fact: Fact, _ sku: Int32, _ change: (inout ClosedRecord) -> Void) {
        fact.forEachSerial { serial in
            let known = findSerial(sku, serial)
            if known >= 0 {
                change(&closed[known])
                return renewClosed(known, at: fact.timeMilliseconds)
            }
            var record = ClosedRecord()
            record.id = PartitionState.closedID(.serial, serial)
            record.kind = .serial
            change(&record)
            close(record, sku, at: fact.timeMilliseconds)
        }
    }
}

extension Fact {
    /// Whether it names serials, one or a list.
    var namesSerials: Bool { !serial.isEmpty || !serials.isEmpty }

    /// How many serials it names.
    var serialCount: Int64 { serials.isEmpty ? (serial.isEmpty ? 0 : 1) : Int64(serials.count) }

    /// Visits the serials that it names, one or a list.
    func forEachSerial(_ body: (Key) -> Void) {
        if serials.isEmpty && !serial.isEmpty { body(serial) }
        for serial in serials { body(serial) }
    }
}
