import StockCore

extension StateDecoder {
    static func policy(_ reader: inout BinaryReader) throws(WireError) -> Policy {
        let given = try reader.byte()
        func term(_ index: UInt8) throws(WireError) -> Int64 { given >> index & 1 == 0 ? Policy.absent : try reader.number() }
        var policy = Policy()
        policy.scale = try term(0)
        policy.safetyStock = try term(1)
        policy.reorderPoint = try term(2)
        policy.reorderHysteresis = try term(3)
        policy.returnDisposition = try term(4)
        policy.maxHoldSeconds = try term(5)
        policy.maxHoldQuantity = try term(6)
        if given & 128 != 0 {
            let later = try reader.varint()
            let known: UInt64 = 31 << 8 | 7 << 15 | 3 << 18 | 63 << 20 | 1 << 26 | 3 << 29
            guard later != 0, later & ~known == 0 else { throw reader.damaged("an unknown term") }
            if later & 1 << 8 != 0 { policy.overReceiptPercent = try reader.number() }
            if later & 1 << 9 != 0 { policy.lotTracked = try reader.number() }
            if later & 1 << 10 != 0 { policy.minShelfLifeDays = try reader.number() }
            if later & 1 << 11 != 0 { policy.lateDelta = try reader.number() }
            if later & 1 << 12 != 0 { policy.expiryAlertDays = try reader.number() }
            if later & 1 << 15 != 0 { policy.velocity = try reader.number() }
            if later & 1 << 16 != 0 { policy.recountAbove = try reader.number() }
            if later & 1 << 17 != 0 { policy.approveAbove = try reader.number() }
            if later & 1 << 18 != 0 { policy.serialTracked = try reader.number() }
            if later & 1 << 19 != 0 { policy.warrantyDays = try reader.number() }
            if later & 1 << 20 != 0 { policy.backorderLimit = try reader.number() }
            if later & 1 << 21 != 0 { policy.backorderDays = try reader.number() }
            if later & 1 << 22 != 0 { policy.preorderLimit = try reader.number() }
            if later & 1 << 23 != 0 { policy.preorderUntilMilliseconds = try reader.number() }
            if later & 1 << 24 != 0 { policy.oversellLimit = try reader.number() }
            if later & 1 << 25 != 0 { policy.blindCount = try reader.number() }
            if later & 1 << 26 != 0 { policy.maxHeldPerOwner = try reader.number() }
            if later & 1 << 29 != 0 { policy.receiveDisposition = try reader.number() }
            if later & 1 << 30 != 0 { policy.closedThroughMilliseconds = try reader.number() }
        }
        return policy
    }
}
