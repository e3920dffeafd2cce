import StockCore
import StockWire

// What an explanation takes out of the records.

extension Explanation.Level {
    init(_ record: LevelRecord, _ policy: Policy, owed: Int64, tooShort: Int64) {
        self.owed = owed
        self.tooShort = tooShort
        func term(_ own: Int64, _ common: Int64) -> Int64? { (own != Policy.absent ? own : common).given }
        let balances = record.balances
        location = record.location.description
        sellable = balances.sellable
        held = balances.held
        committed = balances.committed
        safetyStock = term(record.safetyStock, policy.safetyStock) ?? 0
        available = balances.available
        shortfall = balances.shortfall
        damaged = balances.damaged
        quarantine = balances.quarantine
        qc = balances.qc
        recalled = balances.recalled
        expired = balances.expired
        core = balances.core
        onHand = balances.onHand
        incoming = balances.incoming
        inTransit = balances.inTransit
        backordered = balances.backordered
        preordered = balances.preordered
        reorderPoint = term(record.reorderPoint, policy.reorderPoint).flatMap { $0 < 0 ? nil : $0 }
        reorderHysteresis = term(record.reorderHysteresis, policy.reorderHysteresis)
        isLow = record.isLow
        isOut = record.isOut
        cover = record.cover
    }
}

extension Explanation.Terms {
    init(_ policy: Policy) {
        scale = policy.scale.given ?? 1
        safetyStock = policy.safetyStock.given
        reorderPoint = policy.reorderPoint.given.flatMap { $0 < 0 ? nil : $0 }
        reorderHysteresis = policy.reorderHysteresis.given
        returnDisposition = Disposition(term: policy.returnDisposition).map { String(describing: $0.wireName) }
        maxHoldSeconds = policy.maxHoldSeconds.given
        maxHoldQuantity = policy.maxHoldQuantity.given
        maxHeldPerOwner = policy.maxHeldPerOwner.given.flatMap { $0 < 0 ? nil : $0 }
        overReceiptPercent = policy.overReceiptPercent.given
        lotTracked = policy.lotTracked.given.map { $0 == 1 }
        serialTracked = policy.serialTracked.given.map { $0 == 1 }
        warrantyDays = policy.warrantyDays.given
        recountAbove = policy.recountAbove.given.flatMap { $0 < 0 ? nil : $0 }
        approveAbove = policy.approveAbove.given.flatMap { $0 < 0 ? nil : $0 }
        blindCount = policy.blindCount.given.map { $0 == 1 }
        receiveDisposition = Disposition(term: policy.receiveDisposition).map { String(describing: $0.wireName) }
        closedThroughMilliseconds = policy.closedThroughMilliseconds.given
        velocity = policy.velocity.given.map { $0 == 1 }
        minShelfLifeDays = policy.minShelfLifeDays.given
        oversellLimit = policy.oversellLimit.given.flatMap { $0 < 0 ? nil : $0 }
        backorderLimit = policy.backorderLimit.given.flatMap { $0 < 0 ? nil : $0 }
        backorderDays = policy.backorderDays.given
        preorderLimit = policy.preorderLimit.given.flatMap { $0 < 0 ? nil : $0 }
        preorderUntilMilliseconds = policy.preorderUntilMilliseconds.given
        expiryAlertDays = policy.expiryAlertDays.given == nil ? nil : AlertDays(of: policy).list
        lateDelta = policy.lateDelta.given.flatMap { UInt8(exactly: $0) }.flatMap { LateDelta(rawValue: $0) }
            .map { String(describing: $0.wireName) }
    }
}

extension Explanation.Sold {
    init?(_ sold: SoldDays) {
        guard sold.lastDay != nil else { return nil }
        asOf = String(timeText(sold.lastDayMilliseconds).prefix(10))
        days = Array(sold.told)
        (last7, last28, last35) = (sold.sum(ofDays: 7), sold.sum(ofDays: 28), sold.sum(ofDays: 35))
    }
}

extension Int64 {
    /// A policy term; nil where it was not given.
    fileprivate var given: Int64? { self == Policy.absent ? nil : self }
}
