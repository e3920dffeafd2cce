import StockCore

// Serials: a closed record under their own name, with the order line and the shipment that they left for.
extension ReferenceModel {
    func checkSerialArrival(_ event: StockEvent, _ sku: SKU) throws {
        guard !event.serial.isEmpty, let known = sku.closed["serial \(event.serial)"] else { return }
        throw Refused(known.status == "shipped" ? .serialShipped : .serialInStock)
    }

    func checkSerialDeparture(_ event: StockEvent, _ sku: SKU) throws {
        guard sku.policy["serials"] == 1 else { return }
        if event.serial.isEmpty && !event.isForced { throw Refused(.serialRequired) }
        if sku.closed["serial \(event.serial)"]?.status == "shipped" { throw Refused(.serialShipped) }
    }

    func checkSerialReturn(_ event: StockEvent, _ sku: SKU) throws {
        guard !event.serial.isEmpty else { return }
        let line = event.orderLine.description
        guard let known = sku.closed["serial \(event.serial)"], known.status != "in stock" else {
            let isKnown = sku.lines[line] != nil || sku.closed["line \(line)"] != nil
            if lineHorizon == nil || isKnown { throw Refused(.serialUnknown) }
            return
        }
        let parts = known.content.split(separator: " ", omittingEmptySubsequences: false)
        if parts[0] != line || !event.counterpart.isEmpty && parts[1] != event.counterpart.description { throw Refused(.serialUnknown) }
        if known.status == "returned" { throw Refused(.serialReturned) }
        guard !event.claim.isEmpty else { return }
        if known.quantity == 0 { throw Refused(.warrantyNone) }
        if min(event.occurredAtMilliseconds, now) >= known.quantity { throw Refused(.warrantyExpired) }
    }

    /// What stands in a serial's record beside its status: the end of its warranty, and for whom it left.
    func bookSerial(_ event: StockEvent, _ name: String, _ sku: SKU, _ status: String) {
        guard !event.serial.isEmpty else { return }
        let record = "serial \(event.serial)"
        var closed = sku.closed[record] ?? Closed(status: status, quantity: 0, content: "- -", at: now)
        closed.status = status
        closed.at = now
        if status == "shipped" {
            let days = sku.policy["warranty"] ?? 0
            closed.quantity = days > 0 ? min(event.occurredAtMilliseconds, now) + days * 86_400_000 : 0
            closed.content = "\(event.orderLine) \(event.document)"
        } else if status == "in stock" {
            (closed.quantity, closed.content) = (0, "- -")
        }
        close(name, sku, record, closed)
    }

    func forgetSerial(_ event: StockEvent, _ name: String, _ sku: SKU) {
        let record = "serial \(event.serial)"
        guard !event.serial.isEmpty, sku.closed[record] != nil else { return }
        sku.closed[record] = nil
        lineQueue.removeAll { $0.sku == name && $0.name == record }
    }
}

extension StockEvent {
    var serialSuffix: String { serial.isEmpty ? "" : " #\(serial)" }
}
