import StockCore

extension StateEncoder {
    /// The terms given: a byte that says which, then those; its highest bit says that later ones follow in the same way.
    static func encode(_ policy: Policy, into value: inout ByteBuffer) {
        let terms = (
            policy.scale, policy.safetyStock, policy.reorderPoint, policy.reorderHysteresis, policy.returnDisposition,
            policy.maxHoldSeconds, policy.maxHoldQuantity
        )
        func bit(_ term: Int64, _ index: UInt8) -> UInt8 { term == Policy.absent ? 0 : 1 << index }
        let first = bit(terms.0, 0) | bit(terms.1, 1) | bit(terms.2, 2) | bit(terms.3, 3)
        func laterBit(_ term: Int64, _ index: UInt64) -> UInt64 { term == Policy.absent ? 0 : 1 << index }
        let later =
            laterBit(policy.overReceiptPercent, 8) | laterBit(policy.lotTracked, 9) | laterBit(policy.minShelfLifeDays, 10)
            | laterBit(policy.lateDelta, 11) | laterBit(policy.expiryAlertDays, 12) | laterBit(policy.velocity, 15)
            | laterBit(policy.recountAbove, 16) | laterBit(policy.approveAbove, 17) | laterBit(policy.blindCount, 25)
            | laterBit(policy.backorderLimit, 20) | laterBit(policy.backorderDays, 21)
            | laterBit(policy.serialTracked, 18) | laterBit(policy.warrantyDays, 19) | laterBit(policy.preorderLimit, 22)
            | laterBit(policy.preorderUntilMilliseconds, 23) | laterBit(policy.oversellLimit, 24)
            | laterBit(policy.maxHeldPerOwner, 26) | laterBit(policy.receiveDisposition, 29)
            | laterBit(policy.closedThroughMilliseconds, 30)
        value.append(first | bit(terms.4, 4) | bit(terms.5, 5) | bit(terms.6, 6) | (later != 0 ? 128 : 0))
        func write(_ term: Int64, _ value: inout ByteBuffer) {
            if term != Policy.absent { value.append(number: term) }
        }
        write(terms.0, &value)
        write(terms.1, &value)
        write(terms.2, &value)
        write(terms.3, &value)
        write(terms.4, &value)
        write(terms.5, &value)
        write(terms.6, &value)
        // Terms that came later: which of them, then those.
        if later != 0 {
            value.append(varint: later)
            write(policy.overReceiptPercent, &value)
            write(policy.lotTracked, &value)
            write(policy.minShelfLifeDays, &value)
            write(policy.lateDelta, &value)
            write(policy.expiryAlertDays, &value)
            write(policy.velocity, &value)
            write(policy.recountAbove, &value)
            write(policy.approveAbove, &value)
            write(policy.serialTracked, &value)
            write(policy.warrantyDays, &value)
            write(policy.backorderLimit, &value)
            write(policy.backorderDays, &value)
            write(policy.preorderLimit, &value)
            write(policy.preorderUntilMilliseconds, &value)
            write(policy.oversellLimit, &value)
            write(policy.blindCount, &value)
            write(policy.maxHeldPerOwner, &value)
            write(policy.receiveDisposition, &value)
            write(policy.closedThroughMilliseconds, &value)
        }
    }
}

extension StateEncoder {
    /// A promise's minimum expiry, the used parts that were handed in for an order line and when that ends by itself, whose a hold is, and
    /// what of it waits for stock, where there is any: the last of its record.
    static func append(
        _ waiter: WaiterRecord?, _ minExpiryMilliseconds: Int64, of line: CommitmentRecord = CommitmentRecord(), owner: UInt64 = 0,
        _ value: inout ByteBuffer
    ) {
        let (cores, inTransit, expiry) = (line.cores, line.inTransit, line.expiresAtMilliseconds)
        if waiter == nil && cores == 0 && inTransit == 0 && owner == 0 && expiry == 0 {
            if minExpiryMilliseconds != 0 { value.append(number: minExpiryMilliseconds) }
            return
        }
        value.append(number: minExpiryMilliseconds)
        var flags: UInt8 = waiter == nil ? 16 : 0
        if let waiter {
            flags |= (waiter.isWhole ? 1 : 0) | (waiter.priority != 0 ? 2 : 0)
            flags |= (waiter.release != 0 ? 4 : 0) | (waiter.ttlSeconds != 0 ? 32 : 0)
        }
        value.append(flags | (cores != 0 ? 8 : 0) | (inTransit != 0 ? 64 : 0) | (owner != 0 || expiry != 0 ? 128 : 0))
        if owner != 0 { value.append(word: owner) }
        if expiry != 0 { value.append(number: expiry) }
        if cores != 0 { value.append(number: cores) }
        if inTransit != 0 {
            value.append(number: inTransit)
            value.append(word: line.transfer)
        }
        guard let waiter else { return }
        value.append(number: waiter.quantity)
        value.append(number: waiter.placedSeq)
        value.append(number: waiter.placedAtMilliseconds)
        value.append(number: waiter.shipByMilliseconds)
        if waiter.priority != 0 { value.append(number: waiter.priority) }
        if waiter.release != 0 { value.append(number: waiter.release) }
        if waiter.ttlSeconds != 0 { value.append(number: waiter.ttlSeconds) }
    }
}
