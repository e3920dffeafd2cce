// Counts and transfers.

extension Auditor {
    // MARK: Counts

    func bookCountOpen(_ event: AuditedEvent, _ sku: SKUBooks) -> String? {
        let level = sku.level(event.location ?? "")
        if let open = level.count { return "opens a count where count \(open.id) is open" }
        level.count = CountBooks(id: event.document ?? "", isOfAll: event.rest == "write-off")
        return nil
    }

    func bookCountLine(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let level = sku.level(event.location ?? "")
        guard level.count?.id == event.document else { return "counts for a count that is not open" }
        let disposition = event.disposition ?? "sellable"
        let base = (event.lot.map { level.lots[$0]?.units[disposition] } ?? level.units[disposition]) ?? 0
        if let lot = event.lot {
            level.count?.listed.insert(lot)
        } else {
            let at = min(entry.occurredAtMilliseconds, entry.timeMilliseconds)
            level.count?.lines[disposition] = CountBooks.Line(found: event.quantity ?? 0, base: base, at: at)
        }
        if let fault = moved(event.quantity ?? 0, entry) { return fault }
        return entry.base == base ? nil : "was counted against \(entry.base), where the books have \(base)"
    }

    func bookCountClose(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let location = event.location ?? ""
        let level = sku.level(location)
        guard let count = level.count, count.id == event.document else { return "closes a count that is not open" }
        level.count = nil
        finish("count/\(count.id)/\(location)", entry.quantity, "", sku, partition)
        let variances = entry.items.filter(\.isVariance)
        let sum = variances.reduce(0) { $0 + $1.quantity }
        report.unitsAdjusted += sum
        if sku.hasLots {
            level.countedAt["lots"] = entry.timeMilliseconds
            for item in variances {
                if item.lot.isEmpty {
                    level.add(item.quantity, item.disposition)
                } else if !count.isOfAll, !count.listed.contains(item.lot) {
                    return "books a variance of lot \(item.lot), which no line lists"
                } else if let fault = put(item.quantity, item, into: item.disposition, location, nil, entry, sku) {
                    return fault
                }
            }
            return moved(sum, entry)
        }
        var expected: [String: Int64] = [:]
        for (disposition, line) in count.lines {
            let there = level.units[disposition] ?? 0
            let variance = disposition == "sellable" ? line.found - line.base : max(line.found - line.base, -there)
            level.add(variance, disposition)
            level.countedAt[disposition] = max(level.countedAt[disposition] ?? 0, line.at)
            if variance != 0 { expected[disposition] = variance }
        }
        let found = Dictionary(variances.map { ($0.disposition, $0.quantity) }, uniquingKeysWith: +).filter { $0.value != 0 }
        return found == expected ? moved(sum, entry) : "books the variances \(found) and not \(expected)"
    }

    // MARK: Transfers

    func bookTransfer(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let id = event.document ?? ""
        let from = event.location ?? ""
        let to = event.texts["toLocation"] ?? ""
        let disposition = event.disposition ?? "sellable"
        let line = event.orderLine ?? ""
        var transfer = sku.transfers[id] ?? TransferBooks(from: from, to: to, disposition: disposition, orderLine: line)
        let quantity = (event.quantity ?? 0) - transfer.sent
        let isSame = transfer.from == from && transfer.to == to && transfer.disposition == disposition && transfer.orderLine == line
        if !isSame || quantity <= 0 || !line.isEmpty && transfer.sent > 0 { return "sends what contradicts transfer \(id)" }
        if sku.finished["transfer/\(id)"] != nil, !sku.hasForgotten { return "sends for transfer \(id), which is closed" }
        let level = sku.level(from)
        let fault = shift(-quantity, disposition, at: from, event, entry, sku)
        _ = sku.level(to)
        transfer.sent += quantity
        for item in entry.lots { transfer.lots[item.lot, default: 0] += item.quantity }
        sku.transfers[id] = transfer
        if let fault { return fault }
        if sku.hasLots, transfer.lots.values.reduce(0, +) != transfer.inTransit { return "sends units of no lot" }
        let carryFault = line.isEmpty ? nil : carry(line, quantity, id, transfer, sku)
        let left = level.units[disposition] ?? 0
        let isPromised = line.isEmpty && disposition == "sellable" && sku.shortfall(from) > 0 && left < level.promised
        if !entry.isAbsorbed, !sku.hasLots, left < 0 || isPromised { return "sends what is promised or not there" }
        return carryFault ?? moved(quantity, entry) ?? totalled(transfer.sent, entry)
    }

    /// All that is promised of an order line leaves with its units, and what of it waits goes along.
    private func carry(_ line: String, _ quantity: Int64, _ id: String, _ transfer: TransferBooks, _ sku: SKUBooks) -> String? {
        guard let known = sku.lines[line] else { return "carries order line \(line), which is not open" }
        if known.inTransit > 0 { return "carries order line \(line), which is on the way already" }
        let here = known.parts[transfer.from] ?? 0
        if here != quantity || known.open != quantity { return "carries \(quantity) of order line \(line), which has \(here) there" }
        change(line: line, at: transfer.from, by: -quantity, sku)
        sku.lines[line]?.inTransit = quantity
        sku.lines[line]?.transfer = id
        sku.waiters["line/\(line)"]?.location = transfer.to
        return nil
    }

    /// So many units of a transfer are not on the way any more: its order line is owed them at a location, be they fit for sale or not.
    private func land(_ quantity: Int64, _ id: String, _ transfer: TransferBooks, at location: String, _ sku: SKUBooks) {
        let line = transfer.orderLine
        guard let known = sku.lines[line], known.transfer == id else { return }
        let landed = min(quantity, known.inTransit)
        takeOffTransit(landed, line, sku)
        change(line: line, at: location, by: landed, sku)
        sku.waiters["line/\(line)"]?.location = location
    }

    func bookTransferReceipt(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let id = event.document ?? ""
        guard var transfer = sku.transfers[id] else { return "receives of transfer \(id), which is not under way" }
        let taken = (event.quantity ?? 0) - transfer.taken
        let rejected = (event.numbers["rejected"] ?? transfer.rejected) - transfer.rejected
        transfer.taken += taken
        transfer.rejected += rejected
        if taken < 0 || rejected < 0 || transfer.inTransit < 0 {
            return "receives more of transfer \(id) than was sent, or less than before"
        }
        sku.transfers[id] = transfer
        var fault: String?
        if sku.hasLots {
            fault = bookArrivals(id, transfer.to, event, entry, sku)
        } else {
            let kept = event.texts["rejectedTo"] ?? "quarantine"
            fault =
                shift(taken, event.disposition ?? transfer.disposition, at: transfer.to, event, entry, sku)
                ?? shift(rejected, kept, at: transfer.to, event, entry, sku, isAbsorbed: entry.isAbsorbedTo)
        }
        land(taken + rejected, id, transfer, at: transfer.to, sku)
        endTransferIfDone(id, sku, partition)
        if entry.rejected != transfer.rejected {
            fault = fault ?? "does not take \(transfer.rejected) by the books, and \(entry.rejected) in the ledger"
        }
        return fault ?? moved(taken, entry) ?? totalled(transfer.taken, entry) ?? placed(transfer.to, entry)
    }

    /// The lots of a transfer arrive, or go back.
    private func bookArrivals(
        _ id: String, _ location: String, _ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks
    ) -> String? {
        for item in entry.lots {
            let left = (sku.transfers[id]?.lots[item.lot] ?? 0) - item.quantity
            sku.transfers[id]?.lots[item.lot] = left == 0 ? nil : left
            if left < 0 { return "brings more of lot \(item.lot) than transfer \(id) has in transit" }
            if item.isAbsorbed { report.unitsAdjusted -= item.quantity }
            let fault = put(item.isAbsorbed ? 0 : item.quantity, item, into: item.disposition, location, event, entry, sku)
            if let fault { return fault }
        }
        let transfer = sku.transfers[id]
        return transfer?.lots.values.reduce(0, +) == transfer?.inTransit ? nil : "has other lots in transit than units"
    }

    private func endTransferIfDone(_ id: String, _ sku: SKUBooks, _ partition: PartitionBooks) {
        guard let transfer = sku.transfers[id], transfer.inTransit == 0 else { return }
        sku.transfers[id] = nil
        finish("transfer/\(id)", transfer.sent, "done", sku, partition)
    }

    func bookTransferClose(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let id = event.document ?? ""
        guard let transfer = sku.transfers[id] else { return "closes transfer \(id), which is not under way" }
        let rest = transfer.inTransit
        sku.transfers[id] = nil
        finish("transfer/\(id)", transfer.sent, event.rest, sku, partition)
        let lots = Dictionary(entry.lots.map { ($0.lot, $0.quantity) }, uniquingKeysWith: +)
        if sku.hasLots, lots != transfer.lots { return "ends with other lots than are in transit" }
        // The promise goes back with the units, unless some of it is owed at the destination by now.
        let isBack = event.rest == "return" && sku.lines[transfer.orderLine]?.open == 0
        land(rest, id, transfer, at: isBack ? transfer.from : transfer.to, sku)
        if event.rest == "write-off" {
            report.unitsAdjusted -= rest
            return moved(rest, entry)
        }
        guard sku.hasLots else {
            sku.level(transfer.from).add(rest, transfer.disposition)
            return moved(rest, entry) ?? placed(transfer.from, entry)
        }
        for item in entry.lots {
            if let fault = put(item.quantity, item, into: item.disposition, transfer.from, event, entry, sku) { return fault }
        }
        return moved(rest, entry)
    }
}
