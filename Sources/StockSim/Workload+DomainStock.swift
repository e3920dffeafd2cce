import StockCore

// Goods that come in, are looked at and are counted.

extension Workload {
    private static let day: Int64 = 86_400_000

    /// Something is to arrive; some of it is ordered in another quantity later.
    mutating func makeExpectation() -> EventDraft {
        if random.chance(0.2), var changed = domain.incoming.change(&random, { $0.quantity = $0.quantity * 3 / 4 }) {
            changed.domain.tellsZero = true
            return changed
        }
        let sku = anySKU()
        var draft = draft(.expect, .planning, sku, at: anyLocation(of: sku))
        draft.quantity = random.number(in: 4...24)
        draft.domain.incoming = number + 1
        domain.incoming.add(draft, &random)
        return draft
    }

    /// A receipt line as a running total: a new one, one that has grown, or one that is sent again as it is.
    mutating func makeDomainReceipt() -> EventDraft {
        let dice = random.below(100)
        let next = number + 1
        if dice < 20, let grown = receipts.change(&random, { Workload.grow(&$0, next) }) { return grown }
        if dice < 28, let same = receipts.peek(&random) { return same }
        var draft: EventDraft
        if dice < 50, let line = domain.incoming.peek(&random), line.quantity > 0 {
            draft = self.draft(.receive, .warehouse, line.sku, at: line.location)
            draft.quantity = max(1, line.quantity / random.number(in: 1...3))
            draft.domain.incoming = line.domain.incoming
        } else {
            let sku = anySKU()
            draft = self.draft(.receive, .warehouse, sku, at: anyLocation(of: sku))
            draft.quantity = random.number(in: 4...16)
        }
        draft.document = number + 1
        draft.line = UInt8(1 + random.below(9))
        if random.chance(0.08) {
            draft.domain.tellsDisposition = true
            draft.disposition = random.chance(0.5) ? .quarantine : .damaged
        }
        let profile = DomainProfile(Int(draft.sku))
        if profile.isInspected, random.chance(0.5) { draft.domain.tellsDisposition = true }
        if profile.hasLots { chooseLot(&draft) }
        if profile.hasSerials, random.chance(0.2) {
            draft.quantity = 1
            chooseSerials(&draft)
            return draft
        }
        if profile.hasSerials, random.chance(0.6) {
            draft.quantity = random.number(in: 2...8)
            chooseSerials(&draft, random.chance(0.7) ? draft.quantity : random.number(in: 1...draft.quantity))
        }
        dateBack(&draft, 0.1)
        receipts.add(draft, &random)
        return draft
    }

    /// More of a receipt line has arrived, under other serials where it names any.
    private static func grow(_ draft: inout EventDraft, _ number: UInt64) {
        let more = draft.quantity / 4 + 1
        draft.quantity += more
        guard draft.domain.serialCount > 0 else { return }
        draft.domain.serial = serials(of: number)
        draft.domain.serialCount = UInt8(more)
    }

    /// Serials that no other event names are numbered from here on.
    private static func serials(of number: UInt64) -> UInt64 { number << 7 }

    /// The serial of one unit, or a list of so many: of units that nobody has heard of, or some of these minutes, which others name too.
    mutating func chooseSerials(_ draft: inout EventDraft, _ count: Int64 = 0) {
        draft.domain.serial = Workload.serials(of: number + 1)
        draft.domain.serialCount = UInt8(count)
        guard random.chance(0.3) else { return }
        let known = UInt64(now / 30_000) * 16 + UInt64(random.below(16))
        draft.domain.serial = Workload.serials(of: known) + UInt64(random.below(2))
    }

    /// One of the lots in which a SKU comes these minutes, with its expiry: most live for some months, one in eight is at its end and is to
    /// be seen expiring. It follows from the SKU and the time, so that goods of one lot come to several locations.
    mutating func chooseLot(_ draft: inout EventDraft, tellsExpiry: Bool = true) {
        if random.chance(0.15) {
            let slot = now / 10_000 - random.number(in: 0...1)
            draft.domain.lot = UInt64(slot) * 4 + 1
            if tellsExpiry { draft.domain.lotExpiresAtMilliseconds = (slot + 1) * 10_000 + 5_000 }
            return
        }
        let slot = now / 600_000
        draft.domain.lot = UInt64(slot) * 4 + 2 + UInt64(random.below(3))
        var state = draft.domain.lot &* 31 ^ UInt64(draft.sku)
        let bits = WorkloadRandom.split(&state)
        // A few never expire.
        guard tellsExpiry, bits & 7 != 0 else { return }
        draft.domain.isLotDay = true
        let today = slot * 600_000 / Workload.day * Workload.day
        draft.domain.lotExpiresAtMilliseconds = today + Workload.day * Int64(2 + bits >> 8 % 120)
    }

    mutating func makeReceiptCorrection() -> EventDraft? {
        guard var draft = receipts.change(&random, { Workload.shrink(&$0) }) else { return nil }
        draft.type = .receiveCorrect
        draft.reason = .miscounted
        draft.domain.tellsZero = true
        draft.domain.lotExpiresAtMilliseconds = 0
        draft.occurredAtMilliseconds = 0
        return draft
    }

    /// Less has arrived; of a list those that were named first are taken back.
    private static func shrink(_ draft: inout EventDraft) {
        let less = draft.quantity - draft.quantity * 7 / 8
        draft.quantity -= less
        draft.domain.serialCount = UInt8(min(Int64(draft.domain.serialCount), less))
        if draft.domain.serialCount == 0 { draft.domain.serial = 0 }
    }

    // MARK: Corrections and lots

    mutating func makeDomainAdjustment() -> EventDraft {
        let sku = anySKU()
        var draft = draft(.adjust, .warehouse, sku, at: anyLocation(of: sku))
        if random.chance(0.1) {
            // A shelf that nobody uses: what is expected there is likely to be found.
            draft.disposition = .qc
            draft.domain.tellsDisposition = true
            draft.domain.setTo = random.number(in: 0...2)
            draft.domain.expected = random.chance(0.8) ? 0 : 1
            draft.reason = .found
            if DomainProfile(Int(sku)).hasLots { chooseLot(&draft) }
            return draft
        }
        let dice = random.below(100)
        draft.reason = dice < 40 ? .damaged : dice < 65 ? .shrinkage : dice < 75 ? .theft : .found
        draft.quantity = draft.reason == .found ? random.number(in: 1...3) : -random.number(in: 1...2)
        draft.isForced = random.chance(0.2)
        if DomainProfile(Int(sku)).hasLots, draft.reason == .found || random.chance(0.3) { chooseLot(&draft) }
        dateBack(&draft, 0.2)
        return draft
    }

    mutating func makeDomainMove() -> EventDraft {
        let sku = anySKU()
        var draft = draft(.move, .warehouse, sku, at: anyLocation(of: sku))
        draft.quantity = smallQuantity()
        let isBack = random.chance(0.4)
        draft.disposition = isBack ? DomainProfile(Int(sku)).isInspected ? .qc : .damaged : .sellable
        draft.to = isBack ? .sellable : random.chance(0.5) ? .damaged : .qc
        draft.reason = isBack ? .inspection : .damaged
        draft.isForced = !isBack && random.chance(0.2)
        dateBack(&draft, 0.1)
        return draft
    }

    /// A lot is blocked or recalled, for a while.
    mutating func makeLotStop() -> EventDraft {
        if random.chance(0.55), let stopped = domain.stopped.take(&random) {
            var draft = draft(stopped.type == .recall ? .unrecall : .lotUnblock, .warehouse, stopped.sku)
            draft.domain.lot = stopped.domain.lot
            draft.reason = .checked
            return draft
        }
        let isRecall = random.chance(0.4)
        var draft = draft(isRecall ? .recall : .lotBlock, .warehouse, anySKU { $0.hasLots })
        chooseLot(&draft, tellsExpiry: false)
        draft.reason = isRecall ? .notice : .complaint
        domain.stopped.add(draft, &random)
        return draft
    }

    // MARK: Counts

    mutating func makeCountOpen() -> EventDraft {
        let sku = anySKU()
        var draft = draft(.countOpen, .warehouse, sku, at: anyLocation(of: sku))
        draft.document = number + 1
        if DomainProfile(Int(sku)).hasLots, random.chance(0.2) { draft.domain.rest = .writeOff }
        domain.counts.add(draft, &random)
        return draft
    }

    mutating func makeCountLine() -> EventDraft? {
        guard let count = domain.counts.peek(&random) else { return nil }
        var draft = draft(.countLine, .warehouse, count.sku, at: count.location)
        draft.document = count.document
        draft.quantity = random.number(in: 0...20)
        draft.domain.tellsZero = true
        draft.domain.actor = random.chance(0.6) ? .anna : .ben
        if random.chance(0.5) { draft.line = UInt8(1 + random.below(2)) }
        if random.chance(0.1) {
            draft.disposition = .damaged
            draft.domain.tellsDisposition = true
        }
        if DomainProfile(Int(count.sku)).hasLots { chooseLot(&draft) }
        dateBack(&draft, 0.1)
        return draft
    }

    mutating func makeCountClose() -> EventDraft? {
        guard let count = domain.counts.peek(&random) else { return nil }
        if random.chance(0.7) { _ = domain.counts.take(&random) }
        var draft = draft(.countClose, .warehouse, count.sku, at: count.location)
        draft.document = count.document
        draft.domain.actor = random.chance(0.8) ? .ben : .anna
        if random.chance(0.7) { draft.domain.approvedBy = .eva }
        return draft
    }

    // MARK: Transfers

    /// Goods leave for another location, or more of them do.
    mutating func makeTransfer() -> EventDraft {
        if random.chance(0.15), let grown = domain.transfers.change(&random, { $0.quantity += 2 }) { return grown }
        if random.chance(0.25), let line = lines.take(&random) { return carry(line) }
        let sku = anySKU()
        let from = anyLocation(of: sku)
        var draft = draft(.transferSend, .warehouse, sku, at: from)
        draft.domain.toLocation = another(than: from)
        draft.document = number + 1
        draft.quantity = random.number(in: 1...8)
        if random.chance(0.08) {
            draft.disposition = .damaged
            draft.domain.tellsDisposition = true
        }
        if DomainProfile(Int(sku)).hasLots, random.chance(0.2) { chooseLot(&draft, tellsExpiry: false) }
        dateBack(&draft, 0.1)
        domain.transfers.add(draft, &random)
        return draft
    }

    /// The units of an order line leave for another location, with its promise.
    private mutating func carry(_ line: EventDraft) -> EventDraft {
        let from = line.location >= 0 ? line.location : anyWarehouse()
        var draft = draft(.transferSend, .warehouse, line.sku, at: from)
        draft.domain.toLocation = another(than: from)
        draft.document = number + 1
        draft.orderLine = line.orderLine
        // What was ordered in another unit was rounded; how many pieces that are is not remembered.
        draft.quantity = line.domain.unit == .none ? line.quantity : 2 * line.quantity
        dateBack(&draft, 0.1)
        domain.transfers.add(draft, &random)
        var moved = line
        moved.location = draft.domain.toLocation
        lines.add(moved, &random)
        return draft
    }

    private mutating func another(than from: Int8) -> Int8 {
        let to = (from + 1 + Int8(random.below(2))) % Int8(SampleCatalogue.warehouses.count + 1)
        return to == from ? (from + 1) % 3 : to
    }

    /// All of a transfer has arrived, or a part of it, or it was not as it should be.
    mutating func makeTransferReceipt() -> EventDraft? {
        guard let sent = domain.transfers.peek(&random) else { return nil }
        var draft = draft(.transferReceive, .warehouse, sent.sku)
        draft.document = sent.document
        draft.domain.tellsZero = true
        draft.quantity = random.chance(0.5) ? sent.quantity : random.number(in: 0...sent.quantity)
        if draft.quantity < sent.quantity, random.chance(0.5) {
            draft.domain.rejected = random.number(in: 0...(sent.quantity - draft.quantity))
            draft.domain.rejectedTo = random.chance(0.5) ? .damaged : .sellable
        }
        dateBack(&draft, 0.1)
        return draft
    }

    mutating func makeTransferClose() -> EventDraft? {
        guard let sent = domain.transfers.take(&random) else { return nil }
        var draft = draft(.transferClose, .warehouse, sent.sku)
        draft.document = sent.document
        draft.domain.rest = random.chance(0.5) ? .back : .writeOff
        draft.reason = .lost
        return draft
    }
}
