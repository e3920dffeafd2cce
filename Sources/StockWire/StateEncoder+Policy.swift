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
            | laterBit(policy.lateDelta, 11) | laterBit(policy.backorderLimit, 20) | laterBit(policy.backorderDays, 21)
            | laterBit(policy.serialTracked, 18) | laterBit(policy.warrantyDays, 19) | laterBit(policy.preorderLimit, 22)
            | laterBit(policy.preorderUntilMilliseconds, 23)
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
            write(policy.serialTracked, &value)
            write(policy.warrantyDays, &value)
            write(policy.backorderLimit, &value)
            write(policy.backorderDays, &value)
            write(policy.preorderLimit, &value)
            write(policy.preorderUntilMilliseconds, &value)
        }
    }
}
