// Whether a refusal, or the word duplicate, is right by the books.

extension Auditor {
    /// Whether the reason given is so; nil: it can't be seen from here (limits, policy, what has been forgotten).
    func isRightRefusal(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> Bool? {
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
        case "order-line-unknown": return line.map { $0.open > 0 ? false : unlessForgotten(sku) } ?? true
        case "order-line-exists": return (line?.open ?? 0) > 0
        case "order-line-closed": return line.map { $0.open == 0 } ?? unlessForgotten(sku)
        case "receipt-conflict":
            return sku.finished[receiptKey(event)].map { $0.content != receiptContent(event) || $0.quantity > event.quantity ?? 0 }
                ?? unlessForgotten(sku)
        case "shipment-conflict": return sku.finished[shipmentKey(event)].map { $0.quantity != event.quantity } ?? unlessForgotten(sku)
        case "return-conflict": return sku.finished["return/\(event.document ?? "")"] != nil ? true : unlessForgotten(sku)
        case "value-mismatch":
            return event.expected != (sku.levels[event.location ?? ""]?.units[event.disposition ?? "sellable"] ?? 0)
        case "quantity-exceeds": return exceeds(event, hold, line)
        case "below-promised": return isPromised(event, sku)
        case "shortens-hold":
            return hold.map { entry.timeMilliseconds + 1_000 * (event.ttlSeconds ?? 0) < $0.expiresAtMilliseconds } ?? false
        default: return nil
        }
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
        case "hold":
            let own = event.hold.flatMap { sku.holds[$0] }
            let freed = own?.location == location ? own?.remaining ?? 0 : 0
            let available = sku.promisable(location) + freed
            return available < quantity && entry.available == max(0, available)
        case "commit", "sale":
            let available = sku.promisable(location)
            return available < quantity && entry.available == max(0, available)
        case "ship": return line.map { sku.level($0.location).sellable < event.quantity ?? $0.open }
        case "adjust": return (sku.levels[location]?.units[event.disposition ?? "sellable"] ?? 0) + quantity < 0
        case "move": return (sku.levels[location]?.units[event.from] ?? 0) < quantity
        default: return false
        }
    }

    private func exceeds(_ event: AuditedEvent, _ hold: HoldBooks?, _ line: LineBooks?) -> Bool? {
        let quantity = event.quantity ?? 0
        switch event.type {
        case "commit": return hold.map { quantity > $0.remaining }
        case "release": return hold.map { quantity > $0.remaining } ?? line.map { quantity > $0.open }
        case "ship": return line.map { quantity > $0.open }
        case "return": return line.map { $0.returned + quantity > $0.shipped }
        default: return false
        }
    }

    private func isPromised(_ event: AuditedEvent, _ sku: SKUBooks) -> Bool {
        guard let level = sku.levels[event.location ?? ""] else { return false }
        let taken = event.type == "move" ? event.quantity ?? 0 : event.quantity.map { -$0 } ?? level.sellable - (event.setTo ?? 0)
        return level.sellable - taken < level.held + level.committed
    }

    /// Whether a business id of the event came before, so that it may be called a duplicate although its event id is new.
    func isRepeat(_ event: AuditedEvent, _ sku: SKUBooks) -> Bool {
        if sku.hasForgotten { return true }
        switch event.type {
        case "hold": return event.hold.map { sku.holds[$0] != nil } ?? false
        case "commit", "sale": return event.orderLine.map { sku.lines[$0] != nil } ?? false
        case "release": return finishedHold(event, sku) != nil || event.orderLine.map { sku.lines[$0] != nil } ?? false
        case "receive": return sku.finished[receiptKey(event)] != nil
        case "ship": return sku.finished[shipmentKey(event)] != nil
        case "return": return sku.finished["return/\(event.document ?? "")"] != nil
        default: return false
        }
    }
}
