import StockCore

extension ReferenceModel {
    func expect(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let id = event.counterpart.description
        let location = event.location.description
        let record = "incoming \(id)"
        let before = sku.incoming[id]
        let done = sku.closed[record]
        if let before, before.location == location && before.total == event.quantity { throw Refused.repeated }
        if let done, done.quantity == event.quantity { throw Refused.repeated }
        if before == nil && done == nil && isBefore(event, horizon) { throw Refused(.tooOld) }
        if before == nil && sku.documents >= limits.openDocumentsPerSKU { throw Refused(.tooManyDocuments) }
        try openLevel(location, sku)
        if sku.levels[location] == nil { sku.levels[location] = Level() }
        drop(record, sku)
        let line = Incoming(location: location, total: event.quantity, arrived: before?.arrived ?? done?.shipped ?? 0)
        settle(line, id, name, sku)
        return event.quantity - (before?.total ?? done?.quantity ?? 0)
    }

    func correct(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let location = event.location.description
        let record = "receipt \(event.document) \(event.line)\(event.serialSuffix)"
        let content = "\(location) \(event.disposition) \(event.counterpart)"
        guard let booked = sku.closed[record] else { throw Refused(isBefore(event, horizon) ? .tooOld : .receiptUnknown) }
        if booked.content != content { throw Refused(.receiptConflict) }
        if booked.quantity == event.quantity { throw Refused.repeated }
        if let serial = sku.closed["serial \(event.serial)"] {
            if serial.status == "shipped" { throw Refused(.serialShipped) }
            if event.quantity > booked.quantity { throw Refused(.serialInStock) }
        }
        let difference = event.quantity - booked.quantity
        let left = (sku.levels[location]?.units[event.disposition] ?? 0) + difference
        if difference < 0 {
            if left < 0 { throw Refused(.insufficientStock) }
            if event.disposition == .sellable && left < sku.promised(location) { throw Refused(.belowPromised) }
        } else {
            try checkArrival(difference, event, sku)
        }
        try add(difference, event.disposition, location, sku)
        sku.received += difference
        arrive(difference, event, name, sku)
        close(name, sku, record, Closed(status: "done", quantity: event.quantity, content: content, at: now))
        if event.quantity == 0 { forgetSerial(event, name, sku) } else { bookSerial(event, name, sku, "in stock") }
        return difference
    }

    func checkArrival(_ difference: Int64, _ event: StockEvent, _ sku: SKU) throws {
        guard !event.counterpart.isEmpty else { return }
        let id = event.counterpart.description
        let open = sku.incoming[id].map { ($0.total, $0.arrived) }
        guard let (total, arrived) = open ?? sku.closed["incoming \(id)"].map({ ($0.quantity, $0.shipped) }) else {
            throw Refused(isBefore(event, horizon) ? .tooOld : .incomingUnknown)
        }
        let most = total + total * (sku.policy["overReceipt"] ?? 0) / 100
        if arrived + difference > most { throw Refused(.overReceipt) }
    }

    func arrive(_ difference: Int64, _ event: StockEvent, _ name: String, _ sku: SKU) {
        guard !event.counterpart.isEmpty else { return }
        let id = event.counterpart.description
        if var line = sku.incoming[id] {
            line.arrived = max(0, line.arrived + difference)
            settle(line, id, name, sku)
        } else if let done = sku.closed["incoming \(id)"] {
            let line = Incoming(
                location: event.location.description, total: done.quantity, arrived: max(0, done.shipped + difference))
            drop("incoming \(id)", sku)
            settle(line, id, name, sku)
        }
    }

    private func settle(_ line: Incoming, _ id: String, _ name: String, _ sku: SKU) {
        if line.open > 0 {
            sku.incoming[id] = line
        } else {
            sku.incoming[id] = nil
            close(
                name, sku, "incoming \(id)",
                Closed(status: "done", quantity: line.total, shipped: line.arrived, content: "", at: now))
        }
    }

    private func drop(_ record: String, _ sku: SKU) {
        guard sku.closed[record] != nil else { return }
        sku.closed[record] = nil
        shortQueue.removeAll { $0.name == record && skus[$0.sku] === sku }
    }
}
