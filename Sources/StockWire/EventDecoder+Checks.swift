import StockCore

extension EventDecoder {
    /// What depends on several fields: which of them the type uses and needs, signs, alternatives. The event is not changed here: as
    /// `inout` it is not copied either.
    func check(_ event: inout StockEvent) throws(WireError) {
        guard seen.contains(.type) else { throw missing(.type) }
        let type = event.type
        if let field = seen.first(notIn: FieldSet.used(by: type)) { throw unused(field, "by events of this type") }
        if let field = FieldSet.required(by: type).first(notIn: seen) { throw missing(field) }
        try checkCandidates(&event)
        try checkAlternatives(&event)
        try checkExpiry()
        try checkUnit(&event)
        try checkSerial(&event)
        if seen.contains(.alternatives) || seen.contains(.hop) { try checkChain(&event) }
        if let field = FieldSet.ofHops.first(where: seen.contains), !seen.contains(.hop) { throw unused(field, "without hop") }
        try checkChannel(&event)
        try checkSafetyStock(&event)
        if seen.contains(.quantity) {
            // A running total may be taken back to nothing, and a count may find nothing.
            let isTotal = type == .expect || type == .receiveCorrect || type == .countLine || type == .transferReceive
            let low = type == .adjust ? -EventLimits.maxQuantity : isTotal ? 0 : 1
            guard event.quantity >= low && (event.quantity != 0 || isTotal) else {
                throw WireError(
                    .outOfRange, field: Key("quantity"), offset: offset(.quantity), detail: type == .adjust ? "and not 0" : "",
                    low: low, high: EventLimits.maxQuantity)
            }
        }
    }

    /// A channel of a SKU has one term, which -1 takes away again.
    private func checkChannel(_ event: inout StockEvent) throws(WireError) {
        if event.type == .define && seen.contains(.channel) {
            guard seen.contains(.minShelfLifeDays) else { throw missing(.minShelfLifeDays) }
            let used = FieldSet.common | .channel | .minShelfLifeDays
            if let field = seen.first(notIn: used) { throw unused(field, "with channel: it holds for the SKU as a whole") }
        } else if event.minShelfLifeDays == -1 {
            throw WireError(
                .outOfRange, field: Key("minShelfLifeDays"), offset: offset(.minShelfLifeDays),
                detail: event.type == .define ? "-1 takes the term of a channel away" : "", low: 0, high: WireLimits.maxDays)
        }
    }

    /// What is kept back is kept back at one location, of one SKU, for promises that are made now.
    private func checkSafetyStock(_ event: inout StockEvent) throws(WireError) {
        guard seen.contains(.useSafetyStock) else { return }
        let others: [EventField] = [.locations, .alternatives, .hop, .preorder]
        if let field = others.first(where: seen.contains) { throw unused(field, "with useSafetyStock") }
        if event.type == .commit && seen.contains(.hold) { throw unused(.useSafetyStock, "with hold: its units are promised already") }
        if event.isForced { throw unused(.useSafetyStock, "with forced: the goods have gone") }
    }

    /// An expiry is a lot's, and told as a day or as an instant.
    private func checkExpiry() throws(WireError) {
        guard seen.contains(.expiresOn) || seen.contains(.expiresAt) else { return }
        let given: EventField = seen.contains(.expiresOn) ? .expiresOn : .expiresAt
        guard seen.contains(.lot) else { throw unused(given, "without lot") }
        guard !seen.contains(.expiresOn) || !seen.contains(.expiresAt) else { throw either("expiresOn or expiresAt", .expiresAt) }
    }

    /// A unit is defined with its factor, and used with a quantity. A reservation is never rounded up, and what is ordered or leaves never
    /// down (domain: c14).
    private func checkUnit(_ event: inout StockEvent) throws(WireError) {
        if event.type == .define {
            if seen.contains(.unit) != seen.contains(.numerator) { throw missing(seen.contains(.unit) ? .numerator : .unit) }
            if seen.contains(.denominator) && !seen.contains(.unit) { throw missing(.unit) }
            return
        }
        guard seen.contains(.unit) else {
            if seen.contains(.rounding) { throw unused(.rounding, "without unit") }
            return
        }
        guard seen.contains(.quantity) || seen.contains(.setTo) else { throw unused(.unit, "without a quantity") }
        let isUnused = seen.contains(.rounding) && !seen.contains(.quantity)
        if isUnused { throw unused(.rounding, "without quantity: a value that is set is exact") }
        switch (event.type, event.rounding) {
        case (.hold, .up), (.commit, .up):
            throw WireError(.unknownValue, field: Key("rounding"), offset: offset(.rounding), detail: "a reservation is rounded down")
        case (.expect, .down), (.sale, .down), (.ship, .down), (.transferSend, .down):
            throw WireError(.unknownValue, field: Key("rounding"), offset: offset(.rounding), detail: "demand is rounded up")
        default: break
        }
    }

    /// A request for several SKUs names each of them once, and a part of it does not wait for stock.
    private func checkChain(_ event: inout StockEvent) throws(WireError) {
        let given: EventField = seen.contains(.hop) ? .hop : .alternatives
        let others: [EventField] =
            event.type == .commit ? [.hold, .backorder, .preorder, .expectedVersion] : [.waitSeconds, .expectedVersion]
        if let field = others.first(where: seen.contains) { throw unused(field, "with alternatives") }
        if seen.contains(.hop) {
            if let field = FieldSet.ofHops.first(where: { !seen.contains($0) }) { throw missing(field) }
            if visited.count != event.hop - 1 || event.met >= event.asked { throw inconsistent(.hop) }
        } else if envelope.id.count > EventLimits.maxIDBytes - ChainEncoder.idSuffix {
            throw WireError(.textTooLong, field: Key("id"), high: Int64(EventLimits.maxIDBytes - ChainEncoder.idSuffix))
        }
        let hops = Int64(alternatives.count) + (event.hop == Policy.absent ? 1 : event.hop)
        guard hops <= ChainEncoder.maxHops, seen.contains(.hop) || !alternatives.isEmpty else {
            throw WireError(
                .outOfRange, field: Key(given.name), offset: offset(given), detail: "SKUs beside the event's own", low: 1,
                high: ChainEncoder.maxHops - 1)
        }
        let sku = event.sku
        for (index, key) in alternatives.enumerated() where key == sku || visited.contains(key) || alternatives[..<index].contains(key) {
            throw WireError(.sameValue, field: Key("alternatives"), offset: offset(.alternatives), detail: "each SKU is named once")
        }
        if visited.contains(sku) { throw inconsistent(.visited) }
    }

    /// What the event itself has to know of the SKUs that its request names.
    func noteChain(_ event: inout StockEvent) {
        event.nextSKU = alternatives.first ?? Key()
        var hasher = Hasher128(seed: UInt64(alternatives.count))
        for key in alternatives { hasher.combine(key) }
        for key in visited { hasher.combine(key) }
        event.chainHash = Int64(bitPattern: hasher.finish().high)
        if event.chainHash == Policy.absent { event.chainHash = 0 }
    }

    private func inconsistent(_ field: EventField) -> WireError {
        WireError(.unknownValue, field: Key(field.name), offset: offset(field), detail: "it does not fit to the other fields of a chain")
    }

    /// A serial is one unit. A claim is about one, and decides itself where that goes.
    private func checkSerial(_ event: inout StockEvent) throws(WireError) {
        if event.type == .return {
            if seen.contains(.claim) && !seen.contains(.serial) { throw missing(.serial) }
            if seen.contains(.claim) && seen.contains(.disposition) { throw unused(.disposition, "with claim: the unit goes to qc") }
            let isNamed = seen.contains(.serial) || seen.contains(.serials)
            if seen.contains(.ofShipment) && !isNamed { throw unused(.ofShipment, "without serial") }
        }
        if seen.contains(.serials) { return try checkSerials(&event) }
        guard seen.contains(.serial) else { return }
        if seen.contains(.unit) { throw unused(.unit, "with serial, which is one unit") }
        guard seen.contains(.quantity), event.quantity > 1 else { return }
        throw WireError(
            .outOfRange, field: Key("quantity"), offset: offset(.quantity), detail: "a serial is one unit",
            low: event.type == .receiveCorrect ? 0 : 1, high: 1)
    }

    /// A list of serials names each once, and no more than there are units: how many a correction takes back is not known here.
    private func checkSerials(_ event: inout StockEvent) throws(WireError) {
        if seen.contains(.serial) { throw either("serial or serials", .serials) }
        if seen.contains(.unit) { throw unused(.unit, "with serials, each of which is one unit") }
        for (index, key) in serials.enumerated() where serials[..<index].contains(key) {
            throw WireError(.sameValue, field: Key("serials"), offset: offset(.serials), detail: "each serial is named once")
        }
        let isBounded = event.type != .receiveCorrect && event.quantity >= 1
        guard isBounded && serials.count > event.quantity else { return }
        throw WireError(
            .outOfRange, field: Key("serials"), offset: offset(.serials), detail: "elements: no more than units", low: 1,
            high: event.quantity)
    }

    private func checkAlternatives(_ event: inout StockEvent) throws(WireError) {
        switch event.type {
        case .define where seen.contains(.location):
            let ofHolds = FieldSet(.maxHoldSeconds) | .maxHoldQuantity | .maxHeldPerOwner | .minShelfLifeDays
            var ofSKU = FieldSet(.scale) | .returnDisposition | .overReceiptPercent | .lotTracked | .lateDelta | .expiryAlertDays
            ofSKU = ofSKU | .unit | .numerator | .denominator | .backorderLimit | .backorderDays | .preorderLimit | .preorderUntil
            ofSKU = ofSKU | .serialTracked | .warrantyDays | .oversellLimit | .velocity
            ofSKU = ofSKU | .recountAbove | .approveAbove | .blindCount | .receiveDisposition | .closedThrough
            ofSKU.bits |= ofHolds.bits
            var given = seen
            given.bits &= ofSKU.bits
            if let field = given.first(notIn: FieldSet()) { throw unused(field, "with location: it holds for the SKU as a whole") }
        case .adjust:
            if seen.contains(.quantity) {
                if seen.contains(.setTo) { throw either("quantity, or setTo with expected", .setTo) }
                if seen.contains(.expected) { throw unused(.expected, "without setTo") }
            } else if seen.contains(.setTo) {
                guard seen.contains(.expected) else { throw missing(.expected) }
            } else {
                throw either("quantity, or setTo with expected", .quantity)
            }
        case .hold where seen.contains(.minExpiry) && seen.contains(.minShelfLifeDays),
            .commit where seen.contains(.minExpiry) && seen.contains(.minShelfLifeDays),
            .sale where seen.contains(.minExpiry) && seen.contains(.minShelfLifeDays):
            throw either("minExpiry or minShelfLifeDays", .minExpiry)
        case .hold where seen.contains(.priority) && !seen.contains(.waitSeconds): throw unused(.priority, "without waitSeconds")
        case .sale where event.isForced:
            if seen.contains(.minExpiry) { throw unused(.minExpiry, "with forced: the goods have gone") }
            if seen.contains(.minShelfLifeDays) { throw unused(.minShelfLifeDays, "with forced: the goods have gone") }
        case .commit where event.rest == .back || event.rest == .writeOff:
            throw WireError(.unknownValue, field: Key("rest"), offset: offset(.rest), detail: "keep or release")
        case .commit:
            let isAnywhere = seen.contains(.location) || seen.contains(.locations)
            guard seen.contains(.hold) || isAnywhere else { throw either("hold or location", .hold) }
            try checkWaiting()
            if !seen.contains(.hold) {
                guard seen.contains(.quantity) else { throw missing(.quantity) }
                if seen.contains(.rest) { throw unused(.rest, "without hold") }
            } else if seen.contains(.minExpiry) || seen.contains(.minShelfLifeDays) {
                throw unused(seen.contains(.minExpiry) ? .minExpiry : .minShelfLifeDays, "with hold: its own holds")
            } else if seen.contains(.channel) {
                throw unused(.channel, "with hold: its own holds")
            }
        case .countOpen where event.rest == .release || event.rest == .back:
            throw WireError(.unknownValue, field: Key("rest"), offset: offset(.rest), detail: "keep or write-off")
        case .countOpen where event.rest == .keep && seen.contains(.disposition):
            throw unused(.disposition, "without rest write-off: the lines say what they count")
        case .transferSend where event.location == event.counterpart:
            throw WireError(
                .sameValue, field: Key("toLocation"), offset: offset(.toLocation), detail: "location and toLocation are the same")
        case .transferSend where seen.contains(.orderLine) && seen.contains(.disposition):
            throw unused(.disposition, "with orderLine: its units are sellable ones")
        case .transferReceive where seen.contains(.rejectedTo) && event.toDisposition == .sellable:
            throw WireError(.unknownValue, field: Key("rejectedTo"), offset: offset(.rejectedTo), detail: "another than sellable")
        case .transferClose where event.rest != .back && event.rest != .writeOff:
            throw WireError(.unknownValue, field: Key("rest"), offset: offset(.rest), detail: "return or write-off")
        case .reassign: try checkReassign(&event)
        case .release:
            guard seen.contains(.hold) != seen.contains(.orderLine) else { throw either("hold or orderLine", .hold) }
        case .move where event.disposition == event.toDisposition:
            throw WireError(.sameValue, field: Key("to"), offset: offset(.to), detail: "from and to are the same")
        default: break
        }
    }

    /// A promise goes to another location, or units of an order line to another one.
    private func checkReassign(_ event: inout StockEvent) throws(WireError) {
        guard seen.contains(.hold) != seen.contains(.orderLine) else { throw either("hold or orderLine", .hold) }
        if seen.contains(.hold) {
            if seen.contains(.toOrderLine) { throw unused(.toOrderLine, "with hold: commit makes it an order line's") }
            guard seen.contains(.toLocation) || seen.contains(.locations) else { throw missing(.toLocation) }
        }
        let isGiven = seen.contains(.toLocation) || seen.contains(.toOrderLine) || seen.contains(.locations)
        guard isGiven else { throw either("toLocation or toOrderLine", .toLocation) }
        if seen.contains(.quantity) && !seen.contains(.toOrderLine) {
            throw unused(.quantity, "without toOrderLine: all that is open moves")
        }
        guard event.orderLine.isEmpty || event.orderLine != event.document else {
            throw WireError(
                .sameValue, field: Key("toOrderLine"), offset: offset(.toOrderLine), detail: "orderLine and toOrderLine are the same")
        }
    }

    /// Who waits for stock has no hold, and waits for stock or for a day.
    private func checkWaiting() throws(WireError) {
        if seen.contains(.hold) {
            for field in [EventField.backorder, .preorder] where seen.contains(field) {
                throw unused(field, "with hold: its units are there")
            }
        }
        guard !seen.contains(.backorder) || !seen.contains(.preorder) else { throw either("backorder or preorder", .preorder) }
        let mayWait = seen.contains(.backorder) || seen.contains(.preorder)
        if seen.contains(.priority) && !mayWait { throw unused(.priority, "without backorder or preorder") }
    }

    func offset(_ field: EventField) -> Int { seen.contains(field) ? Int(offsets[Int(field.rawValue)]) : -1 }

    func missing(_ field: EventField) -> WireError { WireError(.missingField, field: Key(field.name)) }

    func unused(_ field: EventField, _ detail: StaticString) -> WireError {
        WireError(.unusedField, field: Key(field.name), offset: offset(field), detail: detail)
    }

    func either(_ detail: StaticString, _ field: EventField) -> WireError {
        WireError(.eitherField, field: Key(field.name), offset: max(offset(field), 0), detail: detail)
    }
}
