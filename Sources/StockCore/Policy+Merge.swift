extension Policy {
    /// Takes over the terms that are given.
    mutating func merge(_ terms: Policy) {
        if terms.scale != Policy.absent { scale = terms.scale }
        if terms.safetyStock != Policy.absent { safetyStock = terms.safetyStock }
        if terms.reorderPoint != Policy.absent { reorderPoint = terms.reorderPoint }
        if terms.reorderHysteresis != Policy.absent { reorderHysteresis = terms.reorderHysteresis }
        if terms.returnDisposition != Policy.absent { returnDisposition = terms.returnDisposition }
        if terms.receiveDisposition != Policy.absent { receiveDisposition = terms.receiveDisposition }
        if terms.closedThroughMilliseconds != Policy.absent { closedThroughMilliseconds = terms.closedThroughMilliseconds }
        if terms.maxHoldSeconds != Policy.absent { maxHoldSeconds = terms.maxHoldSeconds }
        if terms.maxHoldQuantity != Policy.absent { maxHoldQuantity = terms.maxHoldQuantity }
        if terms.maxHeldPerOwner != Policy.absent { maxHeldPerOwner = terms.maxHeldPerOwner }
        if terms.lateDelta != Policy.absent { lateDelta = terms.lateDelta }
        if terms.overReceiptPercent != Policy.absent { overReceiptPercent = terms.overReceiptPercent }
        if terms.lotTracked != Policy.absent { lotTracked = terms.lotTracked }
        if terms.minShelfLifeDays != Policy.absent { minShelfLifeDays = terms.minShelfLifeDays }
        if terms.expiryAlertDays != Policy.absent { expiryAlertDays = terms.expiryAlertDays }
        if terms.serialTracked != Policy.absent { serialTracked = terms.serialTracked }
        if terms.warrantyDays != Policy.absent { warrantyDays = terms.warrantyDays }
        if terms.recountAbove != Policy.absent { recountAbove = terms.recountAbove }
        if terms.approveAbove != Policy.absent { approveAbove = terms.approveAbove }
        if terms.blindCount != Policy.absent { blindCount = terms.blindCount }
        if terms.velocity != Policy.absent { velocity = terms.velocity }
        if terms.oversellLimit != Policy.absent { oversellLimit = terms.oversellLimit }
        if terms.backorderLimit != Policy.absent { backorderLimit = terms.backorderLimit }
        if terms.backorderDays != Policy.absent { backorderDays = terms.backorderDays }
        if terms.preorderLimit != Policy.absent { preorderLimit = terms.preorderLimit }
        if terms.preorderUntilMilliseconds != Policy.absent { preorderUntilMilliseconds = terms.preorderUntilMilliseconds }
    }

    /// A location's own term where it has one, or the SKU's, or 0.
    @inlinable public static func inForce(_ own: Int64, _ general: Int64) -> Int64 {
        let term = own != Policy.absent ? own : general
        return term == Policy.absent ? 0 : term
    }
}
