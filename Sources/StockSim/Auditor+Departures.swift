// What leaves for customers, comes back, or never left after all.

extension Auditor {
    func bookShipment(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let id = event.orderLine ?? ""
        let key = shipmentKey(event)
        if sku.finished[key] != nil, !sku.hasForgotten { return "ships \(key) a second time" }
        guard let line = sku.lines[id], line.open > 0 else { return "ships order line \(id), which is not open" }
        let location = event.location ?? entry.location
        let open = line.parts[location] ?? 0
        let quantity = event.quantity ?? (event.serials.isEmpty ? open : Int64(event.serials.count))
        if quantity > open { return "ships \(quantity) of order line \(id), which has \(open) open" }
        let isThere = entry.isAbsorbed || sku.hasLots || sku.level(location).sellable >= quantity
        var fault = shift(-quantity, "sellable", at: location, event, entry, sku)
        report.unitsDeparted += quantity
        sku.lines[id]?.shipped += quantity
        // What has left needs no word any more.
        sku.lines[id]?.confirmByMilliseconds = 0
        change(line: id, at: location, by: -quantity, sku)
        endLineIfDone(id, sku, partition)
        finish(key, quantity, location, sku, partition)
        sku.finished[key]?.soldDay = noteSold(quantity, location, entry, sku)
        if event.serial == nil { sku.finished[key]?.serials = Set(event.serials) }
        fault = fault ?? sendOut(event, quantity, id, entry, sku)
        return isThere ? fault ?? moved(quantity, entry) ?? placed(location, entry) : "ships more than there is"
    }

    /// The day on which it was counted as sold; -1: it was not.
    private func noteSold(_ quantity: Int64, _ location: String, _ entry: AuditedLedger, _ sku: SKUBooks) -> Int64 {
        let today = entry.timeMilliseconds / EventRules.day
        let day = min(today, entry.occurredAtMilliseconds / EventRules.day)
        guard sku.hasVelocity, day > today - 35 else { return -1 }
        sku.level(location).sold[day, default: 0] += quantity
        return day
    }

    func bookUnship(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let id = event.orderLine ?? ""
        let key = shipmentKey(event)
        guard let shipment = sku.finished[key], shipment.content != "voided" else {
            return sku.hasForgotten ? nil : "takes \(key) back, which was not shipped or was taken back before"
        }
        guard let line = sku.lines[id] else { return sku.hasForgotten ? nil : "takes \(key) back for an order line that never was" }
        let location = shipment.content
        let fault = shift(shipment.quantity, "sellable", at: location, event, entry, sku)
        report.unitsDeparted -= shipment.quantity
        sku.finished[key]?.content = "voided"
        sku.lines[id]?.shipped -= shipment.quantity
        change(line: id, at: location, by: shipment.quantity, sku)
        if shipment.soldDay >= 0 { sku.level(location).sold[shipment.soldDay, default: 0] -= shipment.quantity }
        let serialFault = bringBack(event, shipment, sku)
        if line.shipped - shipment.quantity < max(line.returned, line.cores) { return "takes back what has come back already" }
        return fault ?? serialFault ?? moved(shipment.quantity, entry) ?? placed(location, entry)
    }

    func bookSale(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let id = event.orderLine ?? ""
        let quantity = event.quantity ?? 0
        if isTaken(id, sku) { return "sells order line \(id) a second time" }
        var fault = moved(quantity, entry)
        let parts = entry.items.contains(where: \.isPart) ? entry.parts : [(location: entry.location, quantity: quantity)]
        if parts.reduce(0, { $0 + $1.quantity }) != quantity { return "sells another quantity over several locations" }
        fault = fault ?? absorptionFault(event, entry, sku)
        for part in parts {
            let isNamed = event.locations.isEmpty || event.locations.contains(part.location)
            if !isNamed { fault = "sells at \(part.location), which nobody named" }
            let kept = event.usesSafetyStock ? sku.safetyStock(at: part.location) : 0
            let available = sku.promisable(part.location, life: entry.life) + kept
            fault = fault ?? shift(-part.quantity, "sellable", at: part.location, event, entry, sku)
            _ = noteSold(part.quantity, part.location, entry, sku)
            if !event.isForced, !entry.isAbsorbed, available < part.quantity {
                fault =
                    "OVERSELLS: sells \(part.quantity) of \(sku.name) at \(part.location), where \(available) are available"
            }
        }
        report.unitsDeparted += quantity
        sku.lines[id] = LineBooks(ordered: quantity, life: entry.life, shipped: quantity, isSale: true)
        noteDone("line/\(id)", sku, partition)
        return fault ?? sendOut(event, quantity, id, entry, sku)
    }

    /// A late sale over several locations is absorbed by a count only where those that were not counted since have too little.
    private func absorptionFault(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        guard entry.isAbsorbed, !event.locations.isEmpty else { return nil }
        let rooms = Set(event.locations).compactMap { location -> Int64? in
            let wasCounted = entry.occurredAtMilliseconds < sku.levels[location]?.countedAt["sellable"] ?? Int64.min
            return wasCounted || sku.levels[location] == nil ? nil : max(0, sku.promisable(location, life: entry.life))
        }
        let most = event.texts["split"] == "deny" ? rooms.max() ?? 0 : rooms.reduce(0, +)
        return most >= event.quantity ?? 0 ? "is absorbed, although \(most) are where no count has been since" : nil
    }

    func bookReturn(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let id = event.orderLine ?? ""
        let quantity = event.quantity ?? 0
        let location = event.location ?? ""
        let key = "return/\(event.document ?? "")"
        if sku.finished[key] != nil, !sku.hasForgotten { return "takes \(key) back a second time" }
        let wanted = event.texts["claim"] != nil ? "qc" : event.disposition ?? sku.returnDisposition
        let fault = shift(quantity, entry.isUnverified ? entry.disposition : wanted, at: location, event, entry, sku)
        report.unitsReturned += quantity
        finish(key, quantity, "\(id)/\(location)", sku, partition)
        let isCore = wanted == "core"
        if let line = sku.lines[id] {
            if isCore { sku.lines[id]?.cores += quantity } else { sku.lines[id]?.returned += quantity }
            if !entry.isUnverified, (isCore ? line.cores : line.returned) + quantity > line.shipped {
                return "takes back more than was shipped for order line \(id)"
            }
        } else if !entry.isUnverified, !sku.hasForgotten {
            return "takes back for order line \(id), which never was"
        }
        if let serialFault = comeBack(event, id, entry, sku) { return serialFault }
        if !entry.isUnverified, entry.disposition != wanted { return "takes back into \(entry.disposition) and not into \(wanted)" }
        return fault ?? moved(quantity, entry)
    }
}
