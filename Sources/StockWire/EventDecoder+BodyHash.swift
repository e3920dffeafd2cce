public import StockCore

extension EventDecoder {
    /// The hash of everything that an event asks for: all fields in fixed order and `meta` as it was sent, without id, source, times and
    /// trace. The same event in another form (plain, CloudEvents) or with its defaults spelled out has the same hash.
    /// As `inout` the event is not copied; nothing of it is changed.
    public static func bodyHash(_ event: inout StockEvent, meta: UnsafeRawBufferPointer) -> UInt64 {
        var hash = BodyHash()
        hash.hasher.combine(UInt64(event.type.rawValue))
        hash.hasher.combine(event.sku)
        hash.take(.location, event.location)
        hash.take(.hold, event.hold)
        hash.take(.orderLine, event.orderLine)
        hash.take(.receipt, event.document)
        hash.take(.line, event.line)
        hash.take(.incoming, event.counterpart)
        hash.take(.reason, event.reason)
        hash.take(.actor, event.actor)
        hash.take(.quantity, event.quantity)
        hash.take(.setTo, event.setTo)
        hash.take(.expected, event.expected)
        hash.take(.expectedVersion, event.expectedVersion)
        hash.take(.ttlSeconds, event.ttlSeconds)
        hash.take(.disposition, event.hasDisposition ? Int64(event.disposition.rawValue) : Policy.absent)
        hash.take(.to, event.toDisposition == .sellable ? Policy.absent : Int64(event.toDisposition.rawValue))
        hash.take(.rest, event.rest == .keep ? Policy.absent : Int64(event.rest.rawValue))
        hash.take(.rejected, event.rejected)
        hash.take(.forced, event.isForced ? 1 : Policy.absent)
        if event.type == .define { hash.take(event.policy) }
        hash.takeRare(&event)
        if !meta.isEmpty {
            hash.present.insert(.meta)
            hash.hasher.combine(meta)
        }
        return hash.finish()
    }
}

/// The hash of a body under way. A field that is not given adds nothing but the missing bit, so that fields to come change no hash.
private struct BodyHash {
    var hasher = Hasher128(seed: 0x626F_6479)
    var present = FieldSet()

    @inline(__always) mutating func take(_ field: EventField, _ key: Key) {
        guard !key.isEmpty else { return }
        present.insert(field)
        hasher.combine(key)
    }

    @inline(__always) mutating func take(_ field: EventField, _ number: Int64) {
        guard number != Policy.absent else { return }
        present.insert(field)
        hasher.combine(number)
    }

    mutating func takeRare(_ event: inout StockEvent) {
        take(.lot, event.lot)
        take(.expiresAt, event.lotExpiresAtMilliseconds)
        // Only a day ends when one does in UTC, as a rule: an instant that does so by chance is another expiry.
        let expiry = event.lotExpiresAtMilliseconds
        let endsLikeDay = expiry > 0 && expiry % 86_400_000 == 0
        if endsLikeDay, !event.isLotExpiryDay { take(.expiresOn, 0) }
        take(.minExpiry, event.minExpiryMilliseconds)
        take(.minShelfLifeDays, event.minShelfLifeDays)
        take(.alternatives, event.chainHash)
        take(.hop, event.hop)
        take(.asked, event.asked)
        take(.met, event.met)
        take(.serial, event.serial)
        take(.serials, event.serialsHash)
        take(.claim, event.claim)
        take(.unit, event.unit)
        if event.type == .define, !event.unit.isEmpty {
            take(.numerator, event.unitNumerator)
            take(.denominator, event.unitDenominator)
        }
        take(.rounding, event.rounding == .exact ? Policy.absent : Int64(event.rounding.rawValue))
        take(.backorder, event.backorder == .none ? Policy.absent : Int64(event.backorder.rawValue))
        take(.preorder, event.preorder == .none ? Policy.absent : Int64(event.preorder.rawValue))
        take(.priority, event.priority)
        take(.waitSeconds, event.waitSeconds)
        take(.locations, event.candidatesHash)
        take(.strategy, event.strategy == .singleFirst ? Policy.absent : Int64(event.strategy.rawValue))
        take(.split, event.deniesSplit ? 1 : Policy.absent)
        take(.lenient, event.isLenient ? 1 : Policy.absent)
        take(.useSafetyStock, event.usesSafetyStock ? 1 : Policy.absent)
    }

    mutating func take(_ policy: Policy) {
        take(.scale, policy.scale)
        take(.safetyStock, policy.safetyStock)
        take(.reorderPoint, policy.reorderPoint)
        take(.reorderHysteresis, policy.reorderHysteresis)
        take(.returnDisposition, policy.returnDisposition)
        take(.maxHoldSeconds, policy.maxHoldSeconds)
        take(.maxHoldQuantity, policy.maxHoldQuantity)
        take(.overReceiptPercent, policy.overReceiptPercent)
        take(.lotTracked, policy.lotTracked)
        take(.lateDelta, policy.lateDelta)
        take(.oversellLimit, policy.oversellLimit)
        take(.expiryAlertDays, policy.expiryAlertDays)
        take(.backorderLimit, policy.backorderLimit)
        take(.backorderDays, policy.backorderDays)
        take(.preorderLimit, policy.preorderLimit)
        take(.preorderUntil, policy.preorderUntilMilliseconds)
        take(.serialTracked, policy.serialTracked)
        take(.warrantyDays, policy.warrantyDays)
        take(.velocity, policy.velocity)
        take(.recountAbove, policy.recountAbove)
        take(.approveAbove, policy.approveAbove)
        take(.blindCount, policy.blindCount)
        take(.receiveDisposition, policy.receiveDisposition)
        take(.closedThrough, policy.closedThroughMilliseconds)
        take(.maxHeldPerOwner, policy.maxHeldPerOwner)
    }

    mutating func finish() -> UInt64 {
        hasher.combine(UInt64(truncatingIfNeeded: present.bits))
        // Fields that came when 64 were no longer enough change no hash of an event without them.
        let later = UInt64(truncatingIfNeeded: present.bits >> 64)
        if later != 0 { hasher.combine(later) }
        return hasher.finish().high
    }
}
