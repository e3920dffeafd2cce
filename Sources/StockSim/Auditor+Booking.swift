// Books what was accepted, from the input alone, and checks that it could be.

extension Auditor {
    /// Books an accepted event. Returns what is wrong with it.
    func book(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        switch event.type {
        case "define": bookDefinition(event, sku)
        case "receive": bookReceipt(event, entry, sku, partition)
        case "adjust": bookAdjustment(event, entry, sku)
        case "move": bookMove(event, sku)
        case "hold": bookHold(event, entry, sku)
        case "extend": bookExtension(event, entry, sku)
        case "commit": bookCommit(event, entry, sku, partition)
        case "release": event.hold == nil ? bookCancel(event, entry, sku, partition) : bookRelease(event, entry, sku, partition)
        case "ship": bookShipment(event, entry, sku, partition)
        case "sale": bookSale(event, sku, partition)
        default: bookReturn(event, entry, sku, partition)
        }
    }

    /// The quantity in the ledger must be the one of the books.
    private func moved(_ quantity: Int64, _ entry: AuditedLedger) -> String? {
        entry.quantity == quantity ? nil : "moves \(quantity) by the books and \(entry.quantity) in the ledger"
    }

    private func placed(_ location: String, _ entry: AuditedLedger) -> String? {
        entry.location == location ? nil : "is at \(location) by the books and at \(entry.location) in the ledger"
    }

    private func bookDefinition(_ event: AuditedEvent, _ sku: SKUBooks) -> String? {
        if let location = event.location {
            let level = sku.level(location)
            if let safetyStock = event.safetyStock { level.safetyStock = safetyStock }
            if let point = event.reorderPoint { level.reorderPoint = point }
            if let hysteresis = event.reorderHysteresis { level.reorderHysteresis = hysteresis }
        } else {
            if let safetyStock = event.safetyStock { sku.safetyStock = safetyStock }
            if let point = event.reorderPoint { sku.reorderPoint = point }
            if let hysteresis = event.reorderHysteresis { sku.reorderHysteresis = hysteresis }
            if let disposition = event.returnDisposition { sku.returnDisposition = disposition }
        }
        return nil
    }

    private func bookReceipt(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let key = receiptKey(event)
        let content = receiptContent(event)
        let total = event.quantity ?? 0
        let before = sku.finished[key]
        var quantity = total - (before?.quantity ?? 0)
        if sku.hasForgotten {
            // One of the two may have forgotten the line, so that only the ledger knows how much of the total was new.
            quantity = min(max(entry.quantity, 1), total)
        } else if let before, before.content != content || before.quantity > total {
            return "accepts a receipt that contradicts what was booked"
        }
        sku.level(event.location ?? "").add(quantity, event.disposition ?? "sellable")
        report.unitsReceived += quantity
        if before == nil { finish(key, total, content, sku, partition) } else { sku.finished[key]?.quantity = total }
        return moved(quantity, entry)
    }

    private func bookAdjustment(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let level = sku.level(event.location ?? "")
        let disposition = event.disposition ?? "sellable"
        let current = level.units[disposition] ?? 0
        let quantity = event.quantity ?? (event.setTo ?? 0) - current
        if let expected = event.expected, expected != current {
            return "sets \(disposition) although \(expected) is expected and \(current) is there"
        }
        level.add(quantity, disposition)
        report.unitsAdjusted += quantity
        if quantity < 0 {
            let after = current + quantity
            if after < 0 { return "takes more away than there is" }
            if disposition == "sellable", !event.isForced, after < level.held + level.committed { return "takes away what is promised" }
        }
        return moved(quantity, entry)
    }

    private func bookMove(_ event: AuditedEvent, _ sku: SKUBooks) -> String? {
        let level = sku.level(event.location ?? "")
        let quantity = event.quantity ?? 0
        level.add(-quantity, event.from)
        level.add(quantity, event.to)
        let left = level.units[event.from] ?? 0
        if left < 0 { return "moves more out of \(event.from) than there is" }
        if event.from == "sellable", !event.isForced, left < level.held + level.committed { return "moves away what is promised" }
        return nil
    }

    private func bookHold(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let id = event.hold ?? ""
        let location = event.location ?? ""
        let quantity = event.quantity ?? 0
        if let status = sku.finished["hold/\(id)"], !sku.hasForgotten { return "places hold \(id), which is \(status.content)" }
        let before = sku.holds[id]
        if let before { sku.level(before.location).held -= before.remaining }
        let available = sku.promisable(location)
        sku.level(location).held += quantity
        let expiry = before?.expiresAtMilliseconds ?? entry.timeMilliseconds + 1_000 * (event.ttlSeconds ?? 0)
        sku.holds[id] = HoldBooks(location: location, quantity: quantity, remaining: quantity, expiresAtMilliseconds: expiry)
        sku.earliestExpiry = min(sku.earliestExpiry, expiry)
        if available < quantity { return "OVERSELLS: holds \(quantity) of \(sku.name) at \(location), where \(available) are available" }
        if entry.expiresAtMilliseconds != expiry { return "hold \(id) ends at \(entry.expiresAtMilliseconds) and not at \(expiry)" }
        return moved(quantity, entry)
    }

    private func bookExtension(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let id = event.hold ?? ""
        guard let hold = openHold(id, entry, sku) else { return "extends hold \(id), which is not open" }
        let expiry = entry.timeMilliseconds + 1_000 * (event.ttlSeconds ?? 0)
        sku.holds[id]?.expiresAtMilliseconds = expiry
        if expiry < hold.expiresAtMilliseconds { return "shortens hold \(id)" }
        return entry.expiresAtMilliseconds == expiry ? nil : "hold \(id) ends at \(entry.expiresAtMilliseconds) and not at \(expiry)"
    }

    /// Whether an order line of that name is there; one that is done may have been forgotten by the engine.
    private func isTaken(_ line: String, _ sku: SKUBooks) -> Bool { sku.lines[line].map { $0.open > 0 || !sku.hasForgotten } ?? false }

    private func bookCommit(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let line = event.orderLine ?? ""
        if isTaken(line, sku) { return "commits order line \(line) a second time" }
        guard let id = event.hold else {
            let location = event.location ?? ""
            let quantity = event.quantity ?? 0
            let available = sku.promisable(location)
            sku.lines[line] = LineBooks(location: location, ordered: quantity, open: quantity)
            sku.level(location).committed += quantity
            if available < quantity {
                return "OVERSELLS: commits \(quantity) of \(sku.name) at \(location), where \(available) are available"
            }
            return moved(quantity, entry)
        }
        guard let hold = openHold(id, entry, sku) else { return "commits hold \(id), which is not open" }
        let quantity = event.quantity ?? hold.remaining
        if quantity > hold.remaining { return "OVERSELLS: commits \(quantity) of hold \(id), which has \(hold.remaining)" }
        take(event.releasesRest ? hold.remaining : quantity, from: id, hold, status: "committed", sku, partition)
        sku.lines[line] = LineBooks(location: hold.location, ordered: quantity, open: quantity)
        sku.level(hold.location).committed += quantity
        return moved(quantity, entry) ?? placed(hold.location, entry)
    }

    /// The hold, if it is open and its time is not over.
    private func openHold(_ id: String, _ entry: AuditedLedger, _ sku: SKUBooks) -> HoldBooks? {
        sku.holds[id].flatMap { $0.expiresAtMilliseconds > entry.timeMilliseconds ? $0 : nil }
    }

    /// Takes units out of a hold; an empty one is done.
    private func take(
        _ quantity: Int64, from id: String, _ hold: HoldBooks, status: String, _ sku: SKUBooks, _ partition: PartitionBooks
    ) {
        sku.level(hold.location).held -= quantity
        if quantity < hold.remaining {
            sku.holds[id]?.remaining -= quantity
        } else {
            sku.holds[id] = nil
            finish("hold/\(id)", hold.quantity, status, sku, partition)
        }
    }

    private func bookRelease(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let id = event.hold ?? ""
        guard let hold = openHold(id, entry, sku) else { return "releases hold \(id), which is not open" }
        let quantity = event.quantity ?? hold.remaining
        if quantity > hold.remaining { return "releases \(quantity) of hold \(id), which has \(hold.remaining)" }
        take(quantity, from: id, hold, status: "released", sku, partition)
        return moved(quantity, entry) ?? placed(hold.location, entry)
    }

    private func bookCancel(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let id = event.orderLine ?? ""
        guard let line = sku.lines[id], line.open > 0 else { return "cancels order line \(id), which is not open" }
        let quantity = event.quantity ?? line.open
        if quantity > line.open { return "cancels \(quantity) of order line \(id), which has \(line.open) open" }
        close(quantity, of: id, line, sku, partition)
        return moved(quantity, entry) ?? placed(line.location, entry)
    }

    /// Ends a part of what an order line is owed.
    private func close(_ quantity: Int64, of id: String, _ line: LineBooks, _ sku: SKUBooks, _ partition: PartitionBooks) {
        sku.level(line.location).committed -= quantity
        sku.lines[id]?.open -= quantity
        if quantity == line.open { noteDone("line/\(id)", sku, partition) }
    }

    private func bookShipment(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let id = event.orderLine ?? ""
        let key = shipmentKey(event)
        if sku.finished[key] != nil, !sku.hasForgotten { return "ships \(key) a second time" }
        guard let line = sku.lines[id], line.open > 0 else { return "ships order line \(id), which is not open" }
        let quantity = event.quantity ?? line.open
        if quantity > line.open { return "ships \(quantity) of order line \(id), which has \(line.open) open" }
        let level = sku.level(line.location)
        let isThere = level.sellable >= quantity
        level.add(-quantity, "sellable")
        report.unitsDeparted += quantity
        sku.lines[id]?.shipped += quantity
        close(quantity, of: id, line, sku, partition)
        finish(key, quantity, "", sku, partition)
        return isThere ? moved(quantity, entry) ?? placed(line.location, entry) : "ships more than there is"
    }

    private func bookSale(_ event: AuditedEvent, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let id = event.orderLine ?? ""
        let location = event.location ?? ""
        let quantity = event.quantity ?? 0
        if isTaken(id, sku) { return "sells order line \(id) a second time" }
        let available = sku.promisable(location)
        sku.level(location).add(-quantity, "sellable")
        report.unitsDeparted += quantity
        sku.lines[id] = LineBooks(location: location, ordered: quantity, open: 0, shipped: quantity, isSale: true)
        noteDone("line/\(id)", sku, partition)
        if !event.isForced, available < quantity {
            return "OVERSELLS: sells \(quantity) of \(sku.name) at \(location), where \(available) are available"
        }
        return nil
    }

    private func bookReturn(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let id = event.orderLine ?? ""
        let quantity = event.quantity ?? 0
        let key = "return/\(event.document ?? "")"
        if sku.finished[key] != nil, !sku.hasForgotten { return "takes \(key) back a second time" }
        let wanted = event.disposition ?? sku.returnDisposition
        sku.level(event.location ?? "").add(quantity, entry.isUnverified ? entry.disposition : wanted)
        report.unitsReturned += quantity
        finish(key, quantity, "\(id)/\(event.location ?? "")", sku, partition)
        if let line = sku.lines[id] {
            sku.lines[id]?.returned += quantity
            if !entry.isUnverified, line.returned + quantity > line.shipped {
                return "takes back more than was shipped for order line \(id)"
            }
        } else if !entry.isUnverified, !sku.hasForgotten {
            return "takes back for order line \(id), which never was"
        }
        if !entry.isUnverified, entry.disposition != wanted { return "takes back into \(entry.disposition) and not into \(wanted)" }
        return nil
    }

    // MARK: Names of business ids

    func receiptKey(_ event: AuditedEvent) -> String { "receipt/\(event.document ?? "")/\(event.line ?? "")" }
    func receiptContent(_ event: AuditedEvent) -> String { "\(event.location ?? "")/\(event.disposition ?? "sellable")" }
    func shipmentKey(_ event: AuditedEvent) -> String { "shipment/\(event.document ?? "")/\(event.orderLine ?? "")" }
}
