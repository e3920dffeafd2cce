import StockCore

extension ReferenceModel {
    func send(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let id = event.document.description
        let (from, to) = (event.location.description, event.counterpart.description)
        let before = sku.transfers[id]
        if let before {
            let isSame = before.from == from && before.to == to && before.disposition == event.disposition
            if isSame && before.sent == event.quantity { throw Refused.repeated }
            if !isSame || event.quantity < before.sent { throw Refused(.transferConflict) }
        } else if let done = sku.closed["transfer \(id)"] {
            throw done.quantity == event.quantity ? Refused.repeated : Refused(.transferClosed)
        } else if isBefore(event, horizon) {
            throw Refused(.tooOld)
        }
        let difference = event.quantity - (before?.sent ?? 0)
        try checkLate(event, event.disposition, from, sku)
        if !isAbsorbed(event, event.disposition, from, sku) {
            let there = sku.levels[from]?.units[event.disposition] ?? 0
            if there < difference { throw Refused(.insufficientStock) }
            if event.disposition == .sellable && there - difference < sku.promised(from) { throw Refused(.belowPromised) }
        }
        if before == nil && sku.documents >= limits.openDocumentsPerSKU { throw Refused(.tooManyDocuments) }
        try openLevel(to, sku)
        if sku.levels[to] == nil { sku.levels[to] = Level() }
        try delta(event, -difference, event.disposition, from, sku)
        var transfer = before ?? Transfer(from: from, to: to, disposition: event.disposition, sent: 0)
        transfer.sent = event.quantity
        sku.transfers[id] = transfer
        return difference
    }

    private func transfer(_ event: StockEvent, _ sku: SKU, isRepeat: (Closed) -> Bool) throws -> Transfer {
        let id = event.document.description
        if let transfer = sku.transfers[id] { return transfer }
        guard let done = sku.closed["transfer \(id)"] else { throw Refused(isBefore(event, horizon) ? .tooOld : .transferUnknown) }
        throw isRepeat(done) ? Refused.repeated : Refused(.transferClosed)
    }

    func arriveTransfer(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let given = event.rejected == Policy.absent ? nil : event.rejected
        var line = try transfer(event, sku) { $0.content == "\(event.quantity) \(given ?? 0)" }
        let rejected = given ?? line.rejected
        if line.accepted == event.quantity && line.rejected == rejected { throw Refused.repeated }
        if event.quantity < line.accepted || rejected < line.rejected { throw Refused(.transferConflict) }
        if event.quantity + rejected > line.sent { throw Refused(.quantityExceeds) }
        let disposition = event.hasDisposition ? event.disposition : line.disposition
        let apart = event.toDisposition == .sellable ? Disposition.quarantine : event.toDisposition
        try checkLate(event, disposition, line.to, sku)
        try checkLate(event, apart, line.to, sku)
        let quantity = event.quantity - line.accepted
        try delta(event, quantity, disposition, line.to, sku)
        try delta(event, rejected - line.rejected, apart, line.to, sku)
        (line.accepted, line.rejected) = (event.quantity, rejected)
        sku.transfers[event.document.description] = line
        if line.inTransit == 0 { end(line, event, "done", back: 0, name, sku) }
        return quantity
    }

    func closeTransfer(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let status = event.rest == .back ? "back" : "lost"
        let line = try transfer(event, sku) { $0.status == status }
        let quantity = line.inTransit
        if event.rest == .back {
            try add(quantity, line.disposition, line.from, sku)
        } else {
            sku.found -= quantity
        }
        end(line, event, status, back: event.rest == .back ? quantity : 0, name, sku)
        return quantity
    }

    private func end(_ line: Transfer, _ event: StockEvent, _ status: String, back: Int64, _ name: String, _ sku: SKU) {
        let id = event.document.description
        sku.transfers[id] = nil
        let content = "\(line.accepted) \(line.rejected)"
        let closed = Closed(
            status: status, quantity: line.sent, shipped: line.accepted + line.rejected, returned: back, content: content, at: now)
        close(name, sku, "transfer \(id)", closed)
    }
}
