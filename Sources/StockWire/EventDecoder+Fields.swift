import StockCore

extension EventDecoder {
    /// Reads the value of `field`.
    @inline(__always)
    mutating func read(_ field: EventField, into event: inout StockEvent) throws(WireError) {
        switch field {
        case .id: envelope.id = try readID(allowsEmpty: false)
        case .source: envelope.source = try readID(allowsEmpty: true)
        case .type:
            let start = scanner.position
            let text = scanner.contents(try scanner.readText())
            guard let type = EventType(wireName: text) else { throw WireError(.unknownType, offset: start) }
            event.type = type
        case .sku: event.sku = try readKey()
        case .occurredAt: event.occurredAtMilliseconds = try readTime()
        case .reason: event.reason = try readKey()
        case .actor: event.actor = try readKey()
        case .meta: try readMeta()
        case .location: event.location = try readKey()
        case .hold: event.hold = try readKey()
        case .orderLine: event.orderLine = try readKey()
        case .receipt, .shipment, .return, .count, .transfer, .toOrderLine, .zone, .owner: event.document = try readKey()
        case .line: event.line = try readKey()
        case .unit: event.unit = try readKey()
        case .serial: event.serial = try readKey()
        case .serials: try readSerials()
        case .alternatives: try readSKUs(areVisited: false)
        case .visited: try readSKUs(areVisited: true)
        case .locations, .distances, .strategy, .split: try readCandidates(field, into: &event)
        case .claim: event.claim = try readKey()
        case .rounding:
            let start = scanner.position
            guard let rounding = Rounding(wireName: scanner.contents(try scanner.readText())) else {
                throw WireError(.unknownValue, offset: start, detail: "exact, down or up")
            }
            event.rounding = rounding
        case .incoming, .toLocation, .ofShipment, .channel, .approvedBy: event.counterpart = try readKey()
        case .disposition, .from:
            event.disposition = try readDisposition()
            event.hasDisposition = true
        case .to, .rejectedTo: event.toDisposition = try readDisposition()
        case .rest:
            let start = scanner.position
            guard let rest = RestPolicy(wireName: scanner.contents(try scanner.readText())) else {
                throw WireError(
                    .unknownValue, offset: start,
                    detail: "keep or release; return or write-off of a transfer; keep or write-off of a count")
            }
            event.rest = rest
        case .lateDelta:
            let start = scanner.position
            guard let term = LateDelta(wireName: scanner.contents(try scanner.readText())) else {
                throw WireError(.unknownValue, offset: start, detail: "absorb, apply or refuse")
            }
            event.policy.lateDelta = Int64(term.rawValue)
        case .backorder: event.backorder = try readWaitTerm()
        case .preorder: event.preorder = try readWaitTerm()
        case .preorderUntil: event.policy.preorderUntilMilliseconds = try readTime()
        case .closedThrough: event.policy.closedThroughMilliseconds = try readTime()
        case .lot: event.lot = try readKey()
        case .expiresOn:
            event.lotExpiresAtMilliseconds = try readDayEnd()
            // What was over before 1970 is over in every zone.
            event.isLotExpiryDay = event.lotExpiresAtMilliseconds > 0
        case .expiresAt: event.lotExpiresAtMilliseconds = try readTime()
        case .minExpiry: event.minExpiryMilliseconds = try readDayEnd()
        case .expiryAlertDays: event.policy.expiryAlertDays = try readAlertDays()
        case .forced, .lenient, .useSafetyStock, .lotTracked, .serialTracked, .blindCount, .velocity:
            read(flag: field, try scanner.readFlag(), into: &event)
        default: try readNumber(field, into: &event)
        }
    }

    private func read(flag field: EventField, _ isSet: Bool, into event: inout StockEvent) {
        switch field {
        case .forced: event.isForced = isSet
        case .lenient: event.isLenient = isSet
        case .useSafetyStock: event.usesSafetyStock = isSet
        case .lotTracked: event.policy.lotTracked = isSet ? 1 : 0
        case .serialTracked: event.policy.serialTracked = isSet ? 1 : 0
        case .blindCount: event.policy.blindCount = isSet ? 1 : 0
        case .velocity: event.policy.velocity = isSet ? 1 : 0
        default: preconditionFailure("every other field is read by its own case")
        }
    }

    private mutating func readNumber(_ field: EventField, into event: inout StockEvent) throws(WireError) {
        let quantities = EventLimits.maxQuantity
        switch field {
        // The sign and zero depend on the type: see `checkQuantity`.
        case .quantity: event.quantity = try readInteger(-quantities, quantities)
        case .rejected: event.rejected = try readInteger(0, quantities)
        case .setTo: event.setTo = try readInteger(0, quantities)
        case .expected: event.expected = try readInteger(-quantities, quantities)
        case .expectedVersion: event.expectedVersion = try readInteger(0, Int64.max)
        case .ttlSeconds: event.ttlSeconds = try readInteger(1, WireLimits.maxSeconds)
        case .scale: event.policy.scale = try readInteger(1, WireLimits.maxScale)
        case .safetyStock: event.policy.safetyStock = try readInteger(0, quantities)
        case .reorderPoint: event.policy.reorderPoint = try readInteger(-1, quantities)
        case .reorderHysteresis: event.policy.reorderHysteresis = try readInteger(0, quantities)
        case .maxHoldSeconds: event.policy.maxHoldSeconds = try readInteger(1, WireLimits.maxSeconds)
        case .minShelfLifeDays: event.minShelfLifeDays = try readInteger(-1, WireLimits.maxDays)
        case .maxHoldQuantity: event.policy.maxHoldQuantity = try readInteger(1, quantities)
        case .maxHeldPerOwner: event.policy.maxHeldPerOwner = try readInteger(-1, quantities)
        case .warrantyDays: event.policy.warrantyDays = try readInteger(0, WireLimits.maxDays)
        case .hop: event.hop = try readInteger(2, ChainEncoder.maxHops)
        case .asked: event.asked = try readInteger(1, quantities)
        case .met: event.met = try readInteger(0, quantities)
        case .numerator: event.unitNumerator = try readInteger(1, EventLimits.maxUnitFactor)
        case .denominator: event.unitDenominator = try readInteger(1, EventLimits.maxUnitFactor)
        case .overReceiptPercent: event.policy.overReceiptPercent = try readInteger(0, EventLimits.maxPercent)
        case .waitSeconds: event.waitSeconds = try readInteger(1, WireLimits.maxSeconds)
        case .priority: event.priority = try readInteger(0, EventLimits.maxPriority)
        case .recountAbove: event.policy.recountAbove = try readInteger(-1, quantities)
        case .approveAbove: event.policy.approveAbove = try readInteger(-1, quantities)
        case .oversellLimit: event.policy.oversellLimit = try readInteger(-1, quantities)
        case .backorderLimit: event.policy.backorderLimit = try readInteger(-1, quantities)
        case .backorderDays: event.policy.backorderDays = try readInteger(0, WireLimits.maxDays)
        case .preorderLimit: event.policy.preorderLimit = try readInteger(-1, quantities)
        case .returnDisposition: event.policy.returnDisposition = Int64(try readDisposition().rawValue)
        case .receiveDisposition: event.policy.receiveDisposition = Int64(try readDisposition().rawValue)
        default: preconditionFailure("every other field is read by its own case")
        }
    }

    mutating func readInteger(_ low: Int64, _ high: Int64) throws(WireError) -> Int64 {
        let start = scanner.position
        let value = try scanner.readInteger()
        guard value >= low && value <= high else { throw WireError(.outOfRange, offset: start, low: low, high: high) }
        return value
    }

    mutating func readKey() throws(WireError) -> Key {
        let text = try scanner.readText()
        let bytes = scanner.contents(text)
        guard !bytes.isEmpty else { throw WireError(.emptyText, offset: text.start) }
        guard let key = Key(bytes) else { throw WireError(.textTooLong, offset: text.start, high: Int64(Key.maxBytes)) }
        if !text.isPlain { try checkControls(bytes, at: text.start) }
        return key
    }

    private mutating func readSKUs(areVisited: Bool) throws(WireError) {
        let start = scanner.position
        var isMore = try scanner.openArray()
        while isMore {
            scanner.skipSpace()
            let key = try readKey()
            if areVisited { visited.append(key) } else { alternatives.append(key) }
            guard max(visited.count, alternatives.count) < ChainEncoder.maxHops else {
                throw WireError(.outOfRange, offset: start, detail: "SKUs beside the event's own", low: 1, high: ChainEncoder.maxHops - 1)
            }
            isMore = try scanner.anotherElement()
        }
    }

    private func checkControls(_ bytes: UnsafeRawBufferPointer, at start: Int) throws(WireError) {
        for byte in bytes where byte < 0x20 || byte == 0x7F { throw WireError(.controlCharacter, offset: start) }
    }

    private mutating func readID(allowsEmpty: Bool) throws(WireError) -> UnsafeRawBufferPointer {
        let text = try scanner.readText()
        let bytes = scanner.contents(text)
        guard allowsEmpty || !bytes.isEmpty else { throw WireError(.emptyText, offset: text.start) }
        guard bytes.count <= EventLimits.maxIDBytes else {
            throw WireError(.textTooLong, offset: text.start, high: Int64(EventLimits.maxIDBytes))
        }
        return bytes
    }

    private mutating func readTime() throws(WireError) -> Int64 {
        let text = try scanner.readText()
        guard let time = Timestamp.parse(scanner.contents(text)) else { throw WireError(.badTime, offset: text.start) }
        return time
    }

    /// The end of a day in UTC, by which the day is known until its location is: what expires on a day is usable through its end.
    private mutating func readDayEnd() throws(WireError) -> Int64 {
        let text = try scanner.readText()
        guard let day = Timestamp.parseDay(scanner.contents(text)) else { throw WireError(.badDate, offset: text.start) }
        return (day + 1) * 86_400_000
    }

    private mutating func readDisposition() throws(WireError) -> Disposition {
        let start = scanner.position
        guard let disposition = Disposition(wireName: scanner.contents(try scanner.readText())) else {
            throw WireError(.unknownValue, offset: start, detail: "sellable, damaged, quarantine, qc, recalled, expired or core")
        }
        return disposition
    }

    private mutating func readWaitTerm() throws(WireError) -> WaitTerm {
        let start = scanner.position
        guard let term = WaitTerm(wireName: scanner.contents(try scanner.readText())), term != .none else {
            throw WireError(.unknownValue, offset: start, detail: "partial or whole")
        }
        return term
    }

    private mutating func readAlertDays() throws(WireError) -> Int64 {
        let start = scanner.position
        var days: [Int64] = []
        var isAnother = try scanner.openArray()
        while isAnother {
            days.append(try readInteger(1, WireLimits.maxDays))
            isAnother = try scanner.anotherElement()
        }
        guard let alert = AlertDays(days) else {
            throw WireError(.unknownValue, offset: start, detail: "at most three numbers of days, the largest first")
        }
        return alert.packed
    }

    private mutating func readMeta() throws(WireError) {
        let start = scanner.position
        guard scanner.peek == UInt8(ascii: "{") else { throw scanner.failure(.wrongType, "an object is expected") }
        do throws(WireError) {
            try scanner.skipValue(depth: 2, limit: start + EventLimits.maxMetaBytes)
        } catch {
            guard error.code == .textTooLong else { throw error }
            throw WireError(.textTooLong, field: Key("meta"), offset: start, high: Int64(EventLimits.maxMetaBytes))
        }
        envelope.meta = UnsafeRawBufferPointer(rebasing: scanner.bytes[start..<scanner.position])
    }
}
