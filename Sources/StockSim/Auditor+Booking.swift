// Books what was accepted, from the input and from what the ledger says was chosen (lots, locations, what waits), and checks that it could
// be.

extension Auditor {
    /// Books an accepted event and what comes of any. Returns what is wrong with it.
    func bookAll(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let isClosed = event.type != "define" && entry.occurredAtMilliseconds <= sku.closedThroughMilliseconds ?? Int64.min
        let fault = book(event, entry, sku, partition) ?? noteLife(entry, sku)
        return isClosed ? "occurred in a period that is closed" : fault
    }

    private func book(_ given: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        guard let event = inMinorUnits(given, sku) else { return "is in a unit that the SKU does not have, or no whole number of pieces" }
        if let fault = noteLot(event, sku) ?? lateFault(event, entry, sku) { return fault }
        switch event.type {
        case "define": return bookDefinition(event, sku)
        case "receive": return bookReceipt(event, entry, sku, partition)
        case "receive_correct": return bookCorrection(event, entry, sku)
        case "expect": return bookExpectation(event, entry, sku)
        case "adjust": return bookAdjustment(event, entry, sku)
        case "move": return bookMove(event, entry, sku)
        case "hold": return bookHold(event, entry, sku)
        case "extend": return bookExtension(event, entry, sku)
        case "commit": return bookCommit(event, entry, sku, partition)
        case "confirm": return bookConfirmation(event, entry, sku)
        case "release": return bookRelease(event, entry, sku, partition)
        case "reassign": return bookReassignment(event, entry, sku, partition)
        case "ship": return bookShipment(event, entry, sku, partition)
        case "unship": return bookUnship(event, entry, sku)
        case "sale": return bookSale(event, entry, sku, partition)
        case "return": return bookReturn(event, entry, sku, partition)
        case "count_open": return bookCountOpen(event, sku)
        case "count_line": return bookCountLine(event, entry, sku)
        case "count_close": return bookCountClose(event, entry, sku, partition)
        case "transfer_send": return bookTransfer(event, entry, sku)
        case "transfer_receive": return bookTransferReceipt(event, entry, sku, partition)
        case "transfer_close": return bookTransferClose(event, entry, sku, partition)
        default: return bookLotStop(event, entry, sku)
        }
    }

    /// The quantity in the ledger must be the one of the books.
    func moved(_ quantity: Int64, _ entry: AuditedLedger) -> String? {
        entry.quantity == quantity ? nil : "moves \(quantity) by the books and \(entry.quantity) in the ledger"
    }

    /// And so must the running total.
    func totalled(_ total: Int64, _ entry: AuditedLedger) -> String? {
        entry.total == total ? nil : "has a total of \(total) by the books and of \(entry.total) in the ledger"
    }

    func placed(_ location: String, _ entry: AuditedLedger) -> String? {
        entry.location == location ? nil : "is at \(location) by the books and at \(entry.location) in the ledger"
    }

    /// The event with its quantity in minor units; nil where that is none.
    func inMinorUnits(_ event: AuditedEvent, _ sku: SKUBooks) -> AuditedEvent? {
        guard event.type != "define", let name = event.texts["unit"] else { return event }
        guard let unit = sku.units[name] else { return nil }
        guard let given = event.quantity else { return event }
        let parts = given * unit.numerator
        var whole = parts / unit.denominator
        if parts % unit.denominator != 0 {
            switch event.texts["rounding"] {
            case "down": whole -= parts < 0 ? 1 : 0
            case "up": whole += parts > 0 ? 1 : 0
            default: return nil
            }
        }
        var minor = event
        minor.quantity = whole
        return whole == 0 && given != 0 ? nil : minor
    }

    // MARK: Terms

    private func bookDefinition(_ event: AuditedEvent, _ sku: SKUBooks) -> String? {
        let numbers = event.numbers
        if event.texts["zone"] != nil { sku.hasZones = true }
        if let location = event.location {
            let level = sku.level(location)
            if let safetyStock = numbers["safetyStock"] { level.safetyStock = safetyStock }
            if let point = numbers["reorderPoint"] { level.reorderPoint = point }
            if let hysteresis = numbers["reorderHysteresis"] { level.reorderHysteresis = hysteresis }
            return nil
        }
        if let channel = event.texts["channel"] {
            let days = numbers["minShelfLifeDays"] ?? -1
            sku.channels[channel] = days < 0 ? nil : days
            return nil
        }
        if let unit = event.texts["unit"] { sku.units[unit] = (numbers["numerator"] ?? 1, numbers["denominator"] ?? 1) }
        sku.safetyStock = numbers["safetyStock"] ?? sku.safetyStock
        sku.reorderPoint = numbers["reorderPoint"] ?? sku.reorderPoint
        sku.reorderHysteresis = numbers["reorderHysteresis"] ?? sku.reorderHysteresis
        sku.returnDisposition = event.texts["returnDisposition"] ?? sku.returnDisposition
        sku.receiveDisposition = event.texts["receiveDisposition"] ?? sku.receiveDisposition
        sku.closedThroughMilliseconds = event.texts["closedThrough"].flatMap { EventRules.instant($0) } ?? sku.closedThroughMilliseconds
        sku.maxHeldPerOwner = numbers["maxHeldPerOwner"] ?? sku.maxHeldPerOwner
        sku.warrantyDays = numbers["warrantyDays"] ?? sku.warrantyDays
        sku.minShelfLifeDays = numbers["minShelfLifeDays"] ?? sku.minShelfLifeDays
        sku.oversellLimit = numbers["oversellLimit"] ?? sku.oversellLimit
        sku.backorderLimit = numbers["backorderLimit"] ?? sku.backorderLimit
        sku.preorderLimit = numbers["preorderLimit"] ?? sku.preorderLimit
        sku.overReceiptPercent = numbers["overReceiptPercent"] ?? sku.overReceiptPercent
        sku.lateDelta = event.texts["lateDelta"] ?? sku.lateDelta
        sku.hasLots = event.flags["lotTracked"] ?? sku.hasLots
        sku.hasSerials = event.flags["serialTracked"] ?? sku.hasSerials
        if let keeps = event.flags["velocity"] {
            sku.hasVelocity = keeps
            if !keeps { for level in sku.levels.values { level.sold = [:] } }
        }
        return nil
    }

    // MARK: What comes in

    private func bookReceipt(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let key = receiptKey(event)
        let content = receiptContent(event, sku)
        let total = event.quantity ?? 0
        let before = sku.finished[key]
        var quantity = total - (before?.quantity ?? 0)
        if sku.hasForgotten {
            // One of the two may have forgotten the line, so that only the ledger knows how much of the total was new.
            quantity = min(max(entry.quantity, 1), total)
        } else if let before, before.content != content || before.quantity > total {
            return "accepts a receipt that contradicts what was booked"
        }
        let fault = shift(quantity, receiptDisposition(event, sku), at: event.location ?? "", event, entry, sku)
        report.unitsReceived += quantity
        if before == nil { finish(key, total, content, sku, partition) } else { sku.finished[key]?.quantity = total }
        return fault ?? takeIn(event, quantity, sku) ?? arrive(quantity, event, sku) ?? moved(quantity, entry) ?? totalled(total, entry)
    }

    private func bookCorrection(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let key = receiptKey(event)
        let total = event.quantity ?? 0
        guard let before = sku.finished[key] else { return sku.hasForgotten ? nil : "corrects receipt \(key), which never was" }
        let quantity = total - before.quantity
        let location = event.location ?? ""
        let disposition = receiptDisposition(event, sku)
        let fault = shift(quantity, disposition, at: location, event, entry, sku)
        report.unitsReceived += quantity
        sku.finished[key]?.quantity = total
        let isTakenBack = event.serial != nil ? total == 0 : quantity < 0
        let serialFault = isTakenBack ? giveBack(event, -quantity, sku) : takeIn(event, quantity, sku)
        let level = sku.level(location)
        if !sku.hasLots, quantity < 0, (level.units[disposition] ?? 0) < (disposition == "sellable" ? level.promised : 0) {
            return "takes away what is promised or not there"
        }
        return fault ?? serialFault ?? arrive(quantity, event, sku) ?? moved(quantity, entry) ?? totalled(total, entry)
    }

    /// Books what has arrived of what was expected; below 0: what has not, after all.
    private func arrive(_ quantity: Int64, _ event: AuditedEvent, _ sku: SKUBooks) -> String? {
        guard let id = event.texts["incoming"], var line = sku.incoming[id] else { return nil }
        let wasDone = line.open == 0
        line.arrived = max(0, line.arrived + quantity)
        // What has not arrived, after all, is expected where the receipt was.
        if wasDone, line.open > 0 {
            line.location = event.location ?? ""
            _ = sku.level(line.location)
        }
        sku.incoming[id] = line
        let most = line.total + line.total * sku.overReceiptPercent / 100
        return quantity > 0 && line.arrived > most ? "receives \(line.arrived) of \(id), of which \(line.total) are expected" : nil
    }

    private func bookExpectation(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let id = event.texts["incoming"] ?? ""
        let location = event.location ?? ""
        let total = event.quantity ?? 0
        _ = sku.level(location)
        let before = sku.incoming[id]
        sku.incoming[id] = IncomingBooks(location: location, total: total, arrived: before?.arrived ?? 0)
        return moved(total - (before?.total ?? 0), entry) ?? totalled(total, entry)
    }

    // MARK: Corrections

    private func bookAdjustment(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let location = event.location ?? ""
        let level = sku.level(location)
        let disposition = event.disposition ?? "sellable"
        let current = (event.lot.map { level.lots[$0]?.units[disposition] } ?? level.units[disposition]) ?? 0
        let quantity = event.quantity ?? (event.setTo ?? 0) - current
        if let expected = event.expected, expected != current {
            return "sets \(disposition) although \(expected) is expected and \(current) is there"
        }
        let fault = shift(quantity, disposition, at: location, event, entry, sku)
        report.unitsAdjusted += quantity
        if quantity < 0, !entry.isAbsorbed, !sku.hasLots {
            let after = level.units[disposition] ?? 0
            if after < 0 { return "takes more away than there is" }
            if disposition == "sellable", !event.isForced, after < level.promised { return "takes away what is promised" }
        }
        return fault ?? moved(quantity, entry)
    }

    private func bookMove(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let location = event.location ?? ""
        let level = sku.level(location)
        let quantity = event.quantity ?? 0
        if sku.hasLots {
            let items = entry.lots.isEmpty ? [entry.whole(entry.lot)] : entry.lots
            if items.reduce(0, { $0 + $1.quantity }) != quantity { return "moves units of no lot" }
            for item in items {
                let fault =
                    put(item.isAbsorbed ? 0 : -item.quantity, item, into: event.from, location, event, entry, sku)
                    ?? put(item.isAbsorbedTo ? 0 : item.quantity, item, into: event.to, location, event, entry, sku)
                report.unitsAdjusted += (item.isAbsorbed ? item.quantity : 0) - (item.isAbsorbedTo ? item.quantity : 0)
                if let fault { return fault }
            }
            return moved(quantity, entry)
        }
        let fault =
            shift(-quantity, event.from, at: location, event, entry, sku)
            ?? shift(quantity, event.to, at: location, event, entry, sku, isAbsorbed: entry.isAbsorbedTo)
        if entry.isAbsorbed { return fault ?? moved(quantity, entry) }
        let left = level.units[event.from] ?? 0
        if left < 0 { return "moves more out of \(event.from) than there is" }
        if event.from == "sellable", !event.isForced, left < level.promised { return "moves away what is promised" }
        return fault ?? moved(quantity, entry)
    }

    // MARK: Names of business ids

    func receiptKey(_ event: AuditedEvent) -> String { "receipt/\(event.document ?? "")/\(event.line ?? "")/\(event.serial ?? "")" }
    func receiptDisposition(_ event: AuditedEvent, _ sku: SKUBooks) -> String { event.disposition ?? sku.receiveDisposition }
    func receiptContent(_ event: AuditedEvent, _ sku: SKUBooks) -> String {
        "\(event.location ?? "")/\(receiptDisposition(event, sku))/\(event.texts["incoming"] ?? "")/\(event.lot ?? "")"
    }
    func shipmentKey(_ event: AuditedEvent) -> String { "shipment/\(event.document ?? "")/\(event.orderLine ?? "")/\(event.serial ?? "")" }
}
