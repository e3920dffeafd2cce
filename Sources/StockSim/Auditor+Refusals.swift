// Whether a refusal, or the word duplicate, is right by the books.

extension Auditor {
    /// Whether the reason given is so; nil: it can't be seen from here (limits, policy, what has been forgotten).
    func isRightRefusal(_ given: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> Bool? {
        let isUnitWrong = inMinorUnits(given, sku) == nil
        if entry.rejection == "unit-unknown" || entry.rejection == "unit-inexact" { return isUnitWrong }
        if isUnitWrong { return nil }
        let event = inMinorUnits(given, sku) ?? given
        return isRightRefusal(of: event, entry, sku) ?? isRightDomainRefusal(event, entry, sku)
    }

    private func isRightRefusal(of event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> Bool? {
        let hold = event.hold.flatMap { sku.holds[$0] }
        let line = event.orderLine.flatMap { sku.lines[$0] }
        switch entry.rejection {
        // The id was not seen before, or this would not be asked; it may have been forgotten.
        case "id-conflict": return nil
        case "version-mismatch": return event.expectedVersion.map { $0 != sku.version } ?? false
        case "insufficient-stock": return isShort(event, entry, sku, line)
        case "hold-unknown": return hold != nil ? false : finishedHold(event, sku) == nil ? true : unlessForgotten(sku)
        case "hold-expired": return hold.map { $0.expiresAtMilliseconds <= entry.timeMilliseconds } ?? status(event, sku, "expired")
        case "hold-released": return status(event, sku, "released")
        case "hold-committed": return status(event, sku, "committed")
        case "order-line-unknown": return line == nil ? true : isOpen(event.orderLine, sku) ? false : unlessForgotten(sku)
        case "order-line-expired": return isLate(event, entry, sku)
        case "order-line-exists": return isOpen(event.orderLine, sku) || event.type == "reassign"
        case "order-line-closed" where event.type == "reassign": return nil
        case "order-line-closed": return line == nil ? unlessForgotten(sku) : !isOpen(event.orderLine, sku)
        case "receipt-conflict":
            return sku.finished[receiptKey(event)].map { contradicts($0, event, sku) } ?? unlessForgotten(sku)
        case "shipment-conflict": return sku.finished[shipmentKey(event)].map { $0.quantity != event.quantity } ?? unlessForgotten(sku)
        case "return-conflict": return sku.finished["return/\(event.document ?? "")"] != nil ? true : unlessForgotten(sku)
        case "value-mismatch":
            let level = sku.levels[event.location ?? ""]
            let units = event.lot.map { level?.lots[$0]?.units ?? [:] } ?? level?.units
            return event.expected != (units?[event.disposition ?? "sellable"] ?? 0)
        case "quantity-exceeds": return exceeds(event, hold, line, sku)
        case "owner-limit": return isOverOwned(event, entry, sku, hold)
        case "below-promised": return isPromised(event, sku)
        case "shortens-hold":
            return hold.map { entry.timeMilliseconds + 1_000 * (event.ttlSeconds ?? 0) < $0.expiresAtMilliseconds } ?? false
        default: return nil
        }
    }

    private func isOpen(_ line: String?, _ sku: SKUBooks) -> Bool {
        line.map { sku.isOpen($0) } ?? false
    }

    /// Whether a receipt line can't be what an event says: elsewhere, more already, or without a serial of those units.
    private func contradicts(_ booked: FinishedBooks, _ event: AuditedEvent, _ sku: SKUBooks) -> Bool {
        let total = event.quantity ?? 0
        let isUnheardOf = booked.quantity == total && event.serials.contains { sku.serials[$0] == nil }
        return booked.content != receiptContent(event, sku) || booked.quantity > total || isUnheardOf
    }

    private func unlessForgotten(_ sku: SKUBooks) -> Bool? { sku.hasForgotten ? nil : false }

    private func finishedHold(_ event: AuditedEvent, _ sku: SKUBooks) -> FinishedBooks? {
        event.hold.flatMap { sku.finished["hold/\($0)"] }
    }

    private func status(_ event: AuditedEvent, _ sku: SKUBooks, _ wanted: String) -> Bool? {
        finishedHold(event, sku).map { $0.content == wanted } ?? unlessForgotten(sku)
    }

    /// Whether there is too little of what the event takes, and the figure in the answer is the one of the books.
    private func isShort(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ line: LineBooks?) -> Bool? {
        let location = event.location ?? ""
        let quantity = event.quantity ?? 0
        switch event.type {
        case "hold", "commit", "sale": return isShortOfPromise(event, entry, sku)
        // Which lots may leave, and what a count has seen already, shows only where they do.
        case _ where sku.hasLots: return nil
        case "ship": return line.map { sku.level(entry.location).sellable < event.quantity ?? $0.open }
        case "adjust": return (sku.levels[location]?.units[event.disposition ?? "sellable"] ?? 0) + quantity < 0
        case "move": return (sku.levels[location]?.units[event.from] ?? 0) < quantity
        case "transfer_send", "receive_correct", "reassign": return nil
        default: return false
        }
    }

    private func isShortOfPromise(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> Bool? {
        let own = event.hold.flatMap { sku.holds[$0] }
        let quantity = event.quantity ?? 0
        // A lot that was named has its own figure, and where days end elsewhere the day that is asked for is not known from here.
        let isPlain = event.lot == nil && sku.oversellLimit < 0
        func room(_ location: String) -> Int64 {
            let kept = event.usesSafetyStock ? sku.safetyStock(at: location) : 0
            return sku.levels[location] == nil
                ? 0 : sku.promisable(location, life: entry.life, without: (own?.parts[location] ?? 0, own?.life ?? 0)) + kept
        }
        if event.locations.isEmpty {
            let available = room(event.location ?? "")
            guard isPlain, event.type != "sale" || !sku.hasLots else { return available < quantity ? true : nil }
            return available < quantity && entry.available == max(0, available)
        }
        let rooms = Set(event.locations).map { max(0, room($0)) }
        let sum = rooms.reduce(0, +)
        // Beyond the shelf more may be promised, and that is what the answer tells.
        if sku.oversellLimit >= 0, event.type != "sale" { return sum < quantity ? nil : false }
        return sum < quantity && entry.available == (event.texts["split"] == "deny" ? rooms.max() ?? 0 : sum)
    }

    private func exceeds(_ event: AuditedEvent, _ hold: HoldBooks?, _ line: LineBooks?, _ sku: SKUBooks) -> Bool? {
        let quantity = event.quantity ?? 0
        let key = event.hold.map { "hold/\($0)" } ?? "line/\(event.orderLine ?? "")"
        if event.type == "release", event.isLenient { return false }
        if event.type == "transfer_send" { return line.map { quantity > $0.open } }
        if event.location != nil, event.type != "return" { return nil }
        switch event.type {
        case "commit": return hold.map { quantity > $0.remaining }
        case "release": return (hold?.remaining ?? line.map { $0.open + $0.inTransit }).map { quantity > $0 + sku.waiting(key) }
        case "ship": return line.map { max(quantity, Int64(event.serials.count)) > $0.open }
        case "return" where event.disposition == "core": return line.map { $0.cores + quantity > $0.shipped }
        case "return" where event.lot != nil: return nil
        case "return": return line.map { $0.returned + quantity > $0.shipped }
        default: return nil
        }
    }

    /// Whether the owner of a hold would have too much, by the figures in the answer, too.
    private func isOverOwned(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ hold: HoldBooks?) -> Bool {
        guard let owner = event.texts["owner"] ?? hold?.owner, !owner.isEmpty, sku.maxHeldPerOwner >= 0 else { return false }
        let others = sku.held(by: owner, but: event.hold ?? "")
        let isTold = entry.heldByOwner == others && entry.limit == sku.maxHeldPerOwner
        // Of several SKUs each has only its part of what was asked for.
        return isTold && others + (event.quantity ?? 0) > sku.maxHeldPerOwner
    }

    private func isPromised(_ event: AuditedEvent, _ sku: SKUBooks) -> Bool? {
        guard !sku.hasLots, event.type == "move" || event.type == "adjust" else { return nil }
        guard let level = sku.levels[event.location ?? ""] else { return false }
        let taken = event.type == "move" ? event.quantity ?? 0 : event.quantity.map { -$0 } ?? level.sellable - (event.setTo ?? 0)
        return level.sellable - taken < level.promised
    }

    /// The reasons of the rarer types.
    private func isRightDomainRefusal(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> Bool? {
        let document = event.document ?? ""
        let transfer = sku.finished["transfer/\(document)"]
        let count = "count/\(document)/\(event.location ?? "")"
        switch entry.rejection {
        case "transfer-unknown": return sku.transfers[document] == nil && (transfer == nil || sku.hasForgotten)
        case "transfer-closed": return sku.transfers[document] == nil && (transfer != nil || sku.hasForgotten)
        case "transfer-conflict": return sku.transfers[document] != nil
        case "count-unknown":
            return sku.levels[event.location ?? ""]?.count?.id != document && (sku.finished[count] == nil || sku.hasForgotten)
        case "count-closed": return sku.finished[count] != nil ? true : unlessForgotten(sku)
        case "count-conflict": return sku.levels[event.location ?? ""]?.count.map { $0.id != document } ?? false
        case "lot-unknown": return event.lot.map { lot in !sku.levels.values.contains { $0.lots[lot] != nil } } ?? false
        case "lot-blocked": return event.lot.map { sku.lots[$0]?.isBlocked == true } ?? false
        case "lot-recalled": return event.lot.map { sku.lots[$0]?.isRecalled == true } ?? false
        case "hold-waits": return event.hold.map { sku.waiters["hold/\($0)"] != nil } ?? false
        case "order-line-waits", "order-line-in-transit", "order-line-part", "order-line-elsewhere":
            return isLineElsewhere(event, entry, sku)
        case "backorder-limit": return sku.backordered(nil, isPreorder: false) + (event.quantity ?? 0) > sku.backorderLimit
        case "preorder-limit": return sku.backordered(nil, isPreorder: true) + (event.quantity ?? 0) > sku.preorderLimit
        case "shipment-unknown": return sku.finished[shipmentKey(event)] == nil || sku.hasForgotten
        case "period-closed": return entry.occurredAtMilliseconds <= sku.closedThroughMilliseconds ?? Int64.min
        case "over-receipt": return event.texts["incoming"].map { sku.incoming[$0] != nil }
        default: return isRightSerialRefusal(event, entry, sku)
        }
    }

    /// Whether an order line is where, or in the state in which, a refusal says that it is.
    private func isLineElsewhere(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> Bool {
        guard let id = event.orderLine, let line = sku.lines[id] else { return false }
        switch entry.rejection {
        case "order-line-waits": return line.open == 0 && line.inTransit == 0 && sku.waiters["line/\(id)"] != nil
        case "order-line-in-transit": return line.inTransit > 0
        case "order-line-part": return event.quantity ?? 0 < line.open
        default: return (line.parts[event.location ?? ""] ?? 0) == 0
        }
    }

    /// Whether a business id of the event came before, so that it may be called a duplicate although its event id is new.
    func isRepeat(_ event: AuditedEvent, _ sku: SKUBooks) -> Bool {
        if sku.hasForgotten { return true }
        switch event.type {
        case "hold": return event.hold.map { sku.holds[$0] != nil } ?? false
        case "commit", "sale": return event.orderLine.map { sku.lines[$0] != nil } ?? false
        case "confirm": return event.orderLine.flatMap { sku.lines[$0] }.map { $0.confirmByMilliseconds == 0 } ?? false
        case "release": return finishedHold(event, sku) != nil || event.orderLine.map { sku.lines[$0] != nil } ?? false
        case "receive": return sku.finished[receiptKey(event)] != nil
        case "ship": return sku.finished[shipmentKey(event)] != nil
        case "return": return sku.finished["return/\(event.document ?? "")"] != nil
        case "define":
            let days = event.numbers["minShelfLifeDays"] ?? -1
            return event.texts["channel"].map { sku.channels[$0] == (days < 0 ? nil : days) } ?? false
        case "receive_correct": return sku.finished[receiptKey(event)] != nil
        case "expect": return event.texts["incoming"].map { sku.incoming[$0]?.total == event.quantity } ?? false
        case "reassign": return event.hold.map { sku.holds[$0] != nil } ?? event.orderLine.map { sku.lines[$0] != nil } ?? false
        case "unship": return sku.finished[shipmentKey(event)]?.content == "voided"
        case "count_open", "count_line": return sku.levels[event.location ?? ""]?.count?.id == event.document
        case "count_close": return sku.finished["count/\(event.document ?? "")/\(event.location ?? "")"] != nil
        case "transfer_send", "transfer_receive", "transfer_close":
            return sku.transfers[event.document ?? ""] != nil || sku.finished["transfer/\(event.document ?? "")"] != nil
        case "lot_block": return event.lot.map { sku.lots[$0]?.isBlocked == true } ?? false
        case "lot_unblock": return event.lot.map { sku.lots[$0]?.isBlocked == false } ?? false
        case "recall": return event.lot.map { sku.lots[$0]?.isRecalled == true } ?? false
        case "unrecall": return event.lot.map { sku.lots[$0]?.isRecalled == false } ?? false
        default: return false
        }
    }
}
