// Serials: which unit is here, and which has left for whom.

extension Auditor {
    /// Units arrive by a receipt: none of those that are named is here, or at a customer's.
    func takeIn(_ event: AuditedEvent, _ quantity: Int64, _ sku: SKUBooks) -> String? {
        var fault: String?
        let receipt = event.serial == nil ? receiptKey(event) : ""
        for serial in event.serials {
            let was = sku.serials.updateValue(SerialBooks(receipt: receipt), forKey: serial)
            if was != nil { fault = "receives serial \(serial), which is here or at a customer's" }
        }
        if event.serials.count > quantity { fault = "names more serials than the \(quantity) units that come" }
        return sku.hasForgotten ? nil : fault
    }

    /// Units of a receipt are taken back: those that are named came with it.
    func giveBack(_ event: AuditedEvent, _ quantity: Int64, _ sku: SKUBooks) -> String? {
        var fault: String?
        for serial in event.serials {
            let was = sku.serials.removeValue(forKey: serial)
            if event.serial == nil, was?.place == .gone { fault = "takes back serial \(serial), which is at a customer's" }
            if event.serial == nil, !isOfReceipt(was, event) { fault = "takes back serial \(serial), which came otherwise" }
        }
        if event.serials.count > quantity { fault = "names more serials than the \(quantity) units that go" }
        return sku.hasForgotten ? nil : fault
    }

    func isOfReceipt(_ serial: SerialBooks?, _ event: AuditedEvent) -> Bool {
        guard let serial else { return false }
        return serial.place != .here || serial.receipt.isEmpty || serial.receipt == receiptKey(event)
    }

    /// Units leave for an order line: each by its serial, which leaves once until it has come back. Their warranty begins.
    func sendOut(_ event: AuditedEvent, _ quantity: Int64, _ line: String, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        guard sku.hasSerials else { return nil }
        let serials = event.serials
        let isTold = Int64(serials.count) == quantity || event.isForced && serials.count < quantity
        var fault = isTold ? nil : "sends out \(quantity) units with \(serials.count) serials"
        let start = min(entry.occurredAtMilliseconds, entry.timeMilliseconds)
        let isCovered = sku.warrantyDays > 0 && !serials.isEmpty
        let until = isCovered ? max(1, start + sku.warrantyDays * EventRules.day) : 0
        for serial in serials {
            if sku.serials[serial]?.place == .gone, !sku.hasForgotten { fault = "sends out serial \(serial), which is gone already" }
            sku.serials[serial] = SerialBooks(
                place: .gone, orderLine: line, shipment: event.document ?? "", warrantyUntilMilliseconds: until)
        }
        let told = entry.warrantyUntilMilliseconds
        return fault ?? (told == until ? nil : "has a warranty until \(told) in the ledger and until \(until) by the books")
    }

    /// A shipment is taken back with all the serials with which it left.
    func bringBack(_ event: AuditedEvent, _ shipment: FinishedBooks, _ sku: SKUBooks) -> String? {
        var fault: String?
        for serial in event.serials {
            if sku.serials[serial]?.place == .back { fault = "takes back serial \(serial), which has come back before" }
            sku.serials[serial] = SerialBooks()
        }
        if event.serial == nil, Set(event.serials) != shipment.serials {
            fault = "takes a shipment back with other serials than it left with"
        }
        return sku.hasForgotten ? nil : fault
    }

    /// Units come back by a return: those for whose order line, and with whose shipment, they had left. A claim needs a warranty that runs.
    func comeBack(_ event: AuditedEvent, _ line: String, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        var fault: String?
        for serial in event.serials {
            let was = sku.serials[serial]
            let isOf = was?.place == .gone && was?.orderLine == line && was?.shipment == event.texts["ofShipment"] ?? was?.shipment
            if !isOf { fault = "takes back serial \(serial), which has not left for order line \(line)" }
            if event.texts["claim"] != nil, let was, !isUnderWarranty(was, entry) {
                fault = "honours a warranty of serial \(serial) that is over"
            }
            sku.serials[serial, default: SerialBooks()].place = .back
        }
        if event.serials.count > event.quantity ?? 0 { fault = "names more serials than come back" }
        return sku.hasForgotten ? nil : fault
    }

    private func isUnderWarranty(_ serial: SerialBooks, _ entry: AuditedLedger) -> Bool {
        min(entry.occurredAtMilliseconds, entry.timeMilliseconds) < serial.warrantyUntilMilliseconds
    }

    // MARK: Refusals

    /// Whether a refusal for the serials that an event names is right; nil: it can't be seen from here, or is none of those.
    func isRightSerialRefusal(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> Bool? {
        let unlessForgotten: Bool? = sku.hasForgotten ? nil : false
        let name = event.serial ?? entry.serial
        guard entry.rejection != "serial-required" else { return isSerialMissing(event, sku) }
        guard entry.rejection != "serials-exceed" else {
            let before = sku.finished[receiptKey(event)]?.quantity ?? 0
            return event.lists["serials"] != nil && event.serials.count > abs((event.quantity ?? 0) - before) ? true : unlessForgotten
        }
        guard entry.rejection != "serials-differ" else {
            return sku.finished[shipmentKey(event)].map { $0.serials != Set(event.lists["serials"]?.compactMap(\.text) ?? []) }
                ?? unlessForgotten
        }
        guard entry.rejection.hasPrefix("serial-") || entry.rejection.hasPrefix("warranty-") else { return nil }
        // Of a list the refusal names the one that is the reason.
        guard event.serials.contains(name) else { return entry.rejection == "serial-not-tracked" ? !sku.hasSerials : false }
        let known = sku.serials[name]
        switch entry.rejection {
        case "serial-shipped": return known.map { $0.place == .gone } ?? unlessForgotten
        case "serial-in-stock": return known.map { $0.place != .gone } ?? unlessForgotten
        case "serial-not-received": return !isOfReceipt(known, event)
        case "serial-returned": return known.map { $0.place == .back } ?? unlessForgotten
        case "serial-unknown":
            guard let known, known.place != .here else { return true }
            return known.orderLine != event.orderLine || known.shipment != event.texts["ofShipment"] ?? known.shipment
        case "warranty-none": return known.map { $0.warrantyUntilMilliseconds == 0 } ?? unlessForgotten
        case "warranty-expired": return known.map { !isUnderWarranty($0, entry) } ?? unlessForgotten
        default: return nil
        }
    }

    private func isSerialMissing(_ event: AuditedEvent, _ sku: SKUBooks) -> Bool? {
        guard sku.hasSerials, !event.isForced else { return false }
        let open = event.orderLine.flatMap { sku.lines[$0]?.open }
        guard let quantity = event.quantity ?? (event.serials.isEmpty ? open : Int64(event.serials.count)) else { return nil }
        return event.serials.count < quantity
    }
}
