import StockCore

extension ReferenceModel {
    func unship(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let id = event.orderLine.description
        let record = "shipment \(event.document) \(id)\(event.serialSuffix)"
        guard let shipment = sku.closed[record] else { throw Refused(isBefore(event, horizon) ? .tooOld : .shipmentUnknown) }
        if shipment.status == "voided" { throw Refused.repeated }
        if sku.closed["serial \(event.serial)"]?.status == "returned" { throw Refused(.serialReturned) }
        let quantity = shipment.quantity
        if let line = sku.lines[id] {
            if line.shipped - quantity < max(line.returned, line.cores) { throw Refused(.quantityExceeds) }
        } else if let done = sku.closed["line \(id)"] {
            if done.shipped - quantity < max(done.returned, done.cores) { throw Refused(.quantityExceeds) }
            if sku.lines.count >= limits.openCommitmentsPerSKU { throw Refused(.tooManyCommitments) }
            sku.closed["line \(id)"] = nil
            lineQueue.removeAll { $0.name == "line \(id)" && skus[$0.sku] === sku }
            let hold = done.content.hasPrefix("hold ") ? String(done.content.dropFirst(5)) : nil
            sku.lines[id] = Line(
                location: shipment.content, ordered: done.quantity, open: 0, shipped: done.shipped, returned: done.returned,
                cores: done.cores, hold: hold)
        } else {
            throw Refused(isBefore(event, lineHorizon) ? .tooOld : .orderLineUnknown)
        }
        sku.lines[id]!.open += quantity
        sku.lines[id]!.shipped -= quantity
        try add(quantity, .sellable, shipment.content, sku)
        sku.gone -= quantity
        close(name, sku, record, Closed(status: "voided", quantity: quantity, content: shipment.content, at: now))
        bookSerial(event, name, sku, "in stock")
        return quantity
    }
}
